"""Cox regression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from equipoise.stats._kernels.cox import linear_predictor
from equipoise.stats.errors import StatsError
from equipoise.stats.result import Result
from equipoise.stats.survival.baseline import BaselineHazard, PredictedCurves, baseline_of, predict_curves
from equipoise.stats.survival.concordance import Concordance, concordance_of_model
from equipoise.stats.survival.cox_data import CoxData, read_cox
from equipoise.stats.survival.cox_fit import CoxFit, fit_cox
from equipoise.stats.survival.cox_residuals import CoxResiduals, ResidualKind, residuals_of
from equipoise.stats.survival.cox_variance import robust_score_statistic, robust_variance
from equipoise.stats.survival.limits import ConfType
from equipoise.stats.survival.profile import profile_limit
from equipoise.stats.survival.proportional_hazards import (
    ProportionalHazardsTest,
    TimeTransform,
    proportional_hazards_of,
)
from equipoise.stats.survival.sample import WeightType
from equipoise.stats.tails import chi2_upper, normal_quantile, normal_two_sided
from equipoise.stats.validate import InputCheck, Missing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

Ties = Literal["efron", "breslow", "exact"]
NAN = float("nan")
MONOTONE = "monotone"
NOT_ESTIMABLE = "NE"


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class ChiSquare(Result):
    """A chi-square statistic; nan with 0 degrees of freedom."""

    statistic: float
    df: int
    p_value: float


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class CoxModel(Result):
    """A fitted Cox model: one entry of the arrays per covariate, in the order of `names`.

    `std_error` and `vcov` are of the coefficients (log hazard ratios), robust where `robust`; `model_vcov` is the
    inverse information. `conf_low` and `conf_high` are limits of the hazard ratio. `score`, `wald` and `lr` test that
    all coefficients are 0; `robust_score` is the score test with the robust variance, nan where the variance is not.

    `status` is empty for an ordinary coefficient; "NE" where a covariate is constant within strata or a combination
    of the ones before it (the numbers are nan); "monotone" where the likelihood rises without end, as when an arm has
    no events: then the coefficient is infinite, `std_error` nan, `p_value` that of the score test, the one finite
    limit comes from the profile likelihood, and `reason` says so. `iterations` counts Newton steps. `dropped` gives
    the rows left out, by reason.
    """

    names: tuple[str, ...]
    coef: NDArray[np.float64]
    std_error: NDArray[np.float64]
    vcov: NDArray[np.float64]
    model_vcov: NDArray[np.float64]
    hazard_ratio: NDArray[np.float64]
    conf_low: NDArray[np.float64]
    conf_high: NDArray[np.float64]
    conf_level: float
    z: NDArray[np.float64]
    p_value: NDArray[np.float64]
    loglik: float
    loglik_null: float
    score: ChiSquare
    wald: ChiSquare
    lr: ChiSquare
    robust_score: ChiSquare
    n: int
    n_events: int
    ties: str
    robust: bool
    weight_type: str
    strata: tuple[Any, ...]
    iterations: int
    converged: bool
    status: tuple[str, ...]
    reason: str
    n_times_joined: int
    dropped: dict[str, NDArray[np.int64]]
    method: str
    _data: CoxData
    _fit: CoxFit

    @property
    def aic(self) -> float:
        """Return Akaike's criterion, -2 log-likelihood + 2 parameters."""
        return -2.0 * self.loglik + 2.0 * self.lr.df

    @property
    def bic(self) -> float:
        """Return Schwarz's criterion with the number of events as sample size."""
        return float(-2.0 * self.loglik + np.log(max(self.n_events, 1)) * self.lr.df)

    def residuals(self, kind: ResidualKind) -> CoxResiduals:
        """Return residuals: "martingale", "deviance", "score", "schoenfeld", "scaled_schoenfeld" or "dfbeta"."""
        return residuals_of(self._data, self._fit, kind, self.model_vcov)

    def linear_predictor(self) -> NDArray[np.float64]:
        """Return x times the coefficients plus the offset, for the rows of the model in the order of the arguments."""
        data, kept = self._data, self._fit.kept
        means = data.means[data.strata_of_rows()][:, kept] / data.scale[kept]
        eta = (data.x[:, kept] + means) @ self._fit.beta + data.offset
        back = np.empty_like(eta)
        back[data.order] = eta
        return back

    def baseline_hazard(self) -> BaselineHazard:
        """Return the cumulative hazard of each stratum at covariates 0, by the model's rule for ties."""
        return baseline_of(self._data, self._fit)

    def predict(self, x: object, *, conf_type: ConfType = "log-log", conf_level: float = 0.95) -> PredictedCurves:
        """Return survival curves for the rows of `x` (columns as in the model) in every stratum, with limits."""
        return predict_curves(self._data, self._fit, x, self.vcov, conf_type=conf_type, conf_level=conf_level)

    def proportional_hazards_test(
        self, transform: TimeTransform = "km", *, terms: Mapping[str, Sequence[str]] | None = None
    ) -> ProportionalHazardsTest:
        """Test whether coefficients change with g(time): "km" (1 - S(t-)), "rank", "identity" or "log".

        `terms` maps names to covariates that are tested together, as the levels of a factor are; by default each alone.
        """
        return proportional_hazards_of(self._data, self._fit, transform, terms)

    def concordance(self, conf_level: float = 0.95) -> Concordance:
        """Return the concordance of the linear predictor with the time to event, within strata."""
        eta, _ = linear_predictor(
            self._data.x[:, self._fit.kept], self._data.offset, self._data.weights, self._fit.beta
        )
        return concordance_of_model(self._data, eta, conf_level)

    def profile_limits(self, name: str, conf_level: float | None = None) -> tuple[float, float]:
        """Return limits of the hazard ratio of one covariate by the profile likelihood; 0 or infinite where it gives
        none.

        Raises
        ------
        StatsError
            If no covariate has that name, or its coefficient cannot be estimated.
        """
        level = self.conf_level if conf_level is None else conf_level
        column = self._column(name)
        low, high = (profile_limit(self._data, self._fit, column, level, upper=upper) for upper in (False, True))
        with np.errstate(over="ignore"):
            return float(np.exp(low)), float(np.exp(high))

    def _column(self, name: str) -> int:
        if name not in self.names:
            raise StatsError(f"name: {name!r} is not a covariate of the model; they are {', '.join(self.names)}")
        column = self.names.index(name)
        if self.status[column] == NOT_ESTIMABLE:
            raise StatsError(f"name: the coefficient of {name!r} cannot be estimated ({self.reason})")
        return column

    def _title(self) -> str:
        return self.method

    def _facts(self) -> Mapping[str, object]:
        facts: dict[str, object] = {"n": self.n, "events": self.n_events}
        for name, test in (("likelihood ratio", self.lr), ("Wald", self.wald), ("score", self.score)):
            facts[name] = f"{test.statistic:.4g} on {test.df} df (p = {test.p_value:.3g})"
        return {**facts, "note": self.reason} if self.reason else facts

    def _columns(self) -> Mapping[str, Sequence[object] | NDArray[Any]]:
        shown = ("coef", "hazard_ratio", "std_error", "z", "p_value", "conf_low", "conf_high")
        columns: dict[str, Sequence[object] | NDArray[Any]] = {"variable": list(self.names)}
        return columns | {name: getattr(self, name) for name in shown} | {"status": list(self.status)}


def cox_ph(
    time: ArrayLike,
    event: ArrayLike,
    x: object,
    *,
    entry: ArrayLike | None = None,
    strata: object | None = None,
    weights: ArrayLike | None = None,
    weight_type: WeightType | None = None,
    offset: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
    ties: Ties = "efron",
    conf_level: float = 0.95,
    missing: Missing = "raise",
) -> CoxModel:
    """Fit the proportional hazards model h(t) = h_stratum(t) exp(x beta + offset) by maximum partial likelihood.

    Parameters
    ----------
    time, event, entry, weights, weight_type : as in `kaplan_meier`. Several rows per subject (time-dependent
        covariates, recurrent events) are rows with `entry`; give the subject as `cluster` where a subject can have
        several events. A frequency weight w is w identical rows; with sampling weights tied deaths share their mean
        weight and the variance is robust.
    x : (n, p) covariates: matrix, frame or mapping of columns; a vector is one covariate. Columns keep their names.
    strata : (n,) labels, or several factors whose combinations are the strata; each has its own baseline hazard.
    offset : (n,) known part of the linear predictor.
    cluster : (n,) labels of rows that belong together: the variance is the sandwich of sums of score residuals per
        label.
    ties : "efron", "breslow" or "exact" (discrete time: all subsets; no weights or clusters).
    conf_level : confidence level of the limits of the hazard ratios.
    missing : "raise", or "drop" rows with missing values and list them in `dropped`.

    Raises
    ------
    StatsError
        If an argument holds values that cannot be used; all problems are listed with argument, row and value.

    References
    ----------
    Cox (1972) JRSS B. Efron (1977) JASA. Lin and Wei (1989) JASA. Formulas: docs/methods/cox.md.

    Examples
    --------
    >>> model = cox_ph([1, 2, 3, 4, 5, 6], [1, 1, 1, 1, 1, 0], [0, 1, 0, 1, 0, 1])
    >>> model.coef.round(4).tolist(), model.status
    ([-0.6321], ('',))
    """
    check = InputCheck(missing=missing)
    level = check.open_interval("conf_level", conf_level, 0.0, 1.0)
    data = read_cox(
        check,
        time,
        event,
        x,
        entry=entry,
        strata=strata,
        weights=weights,
        weight_type=weight_type,
        offset=offset,
        cluster=cluster,
        ties=ties,
    )
    fit = fit_cox(data)
    return _model(data, fit, level, check)


def _model(data: CoxData, fit: CoxFit, conf_level: float, check: InputCheck) -> CoxModel:
    kept, scale = fit.kept, data.scale[fit.kept]
    model_vcov = _spread(fit.vcov / np.outer(scale, scale), kept, data.n_columns)
    vcov = model_vcov
    if data.sample.robust and kept.size:
        vcov = _spread(robust_variance(data, fit) / np.outer(scale, scale), kept, data.n_columns)
    coef = np.full(data.n_columns, NAN)
    coef[kept] = fit.beta / scale
    std_error = np.sqrt(np.diag(vcov))
    half = normal_quantile(conf_level) * std_error
    with np.errstate(over="ignore"):
        hazard_ratio, low, high = np.exp(coef), np.exp(coef - half), np.exp(coef + half)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = coef / std_error
    p_value = np.array([normal_two_sided(value) for value in z])
    status = np.full(data.n_columns, NOT_ESTIMABLE, object)
    status[kept] = ""
    for j, sign in fit.infinite.items():
        status[j], coef[j], hazard_ratio[j] = MONOTONE, sign * np.inf, np.inf if sign > 0 else 0.0
        p_value[j] = fit.infinite_p_value
        low[j], high[j] = (NAN, np.inf) if sign > 0 else (0.0, NAN)
        if len(fit.infinite) == 1:
            limit = np.exp(profile_limit(data, fit, j, conf_level, upper=sign < 0))
            low[j], high[j] = (limit, np.inf) if sign > 0 else (0.0, limit)
    robust_df = kept.size if data.sample.robust and not fit.infinite else 0
    wald = NAN
    if kept.size and not fit.infinite and np.isfinite(std_error[kept]).all() and std_error[kept].all():
        wald = float(coef[kept] @ np.linalg.solve(vcov[np.ix_(kept, kept)], coef[kept]))
    return CoxModel(
        names=data.names,
        coef=coef,
        std_error=std_error,
        vcov=vcov,
        model_vcov=model_vcov,
        hazard_ratio=hazard_ratio,
        conf_low=low,
        conf_high=high,
        conf_level=conf_level,
        z=z,
        p_value=p_value,
        loglik=fit.loglik,
        loglik_null=fit.loglik_null,
        score=_chi_square(fit.score_test, fit.df),
        wald=_chi_square(wald, 0 if np.isnan(wald) else fit.df),
        lr=_chi_square(2.0 * (fit.loglik - fit.loglik_null), fit.df),
        robust_score=_chi_square(robust_score_statistic(data, kept) if data.sample.robust else NAN, robust_df),
        n=data.event.size,
        n_events=int(np.count_nonzero(data.event)),
        ties=data.ties,
        robust=data.sample.robust,
        weight_type=data.sample.weight_type,
        strata=data.strata,
        iterations=fit.iterations,
        converged=fit.converged,
        status=tuple(status.tolist()),
        reason=fit.reason,
        n_times_joined=data.grid.n_joined,
        dropped=check.dropped,
        method=_method(data),
        _data=data,
        _fit=fit,
    )


def _chi_square(statistic: float, df: int) -> ChiSquare:
    value = statistic if df else NAN
    return ChiSquare(statistic=float(value), df=df, p_value=chi2_upper(value, df))


def _spread(matrix: NDArray[np.float64], kept: NDArray[np.int64], p: int) -> NDArray[np.float64]:
    """Put the variance of the estimated coefficients into the full matrix, nan elsewhere."""
    out = np.full((p, p), NAN)
    out[np.ix_(kept, kept)] = matrix
    return out


def _method(data: CoxData) -> str:
    parts = [f"Cox regression, {data.ties.capitalize() if data.ties != 'exact' else 'exact'} ties"]
    if data.strata:
        parts.append(f"{len(data.strata)} strata")
    if data.sample.robust:
        parts.append("robust variance")
    return ", ".join(parts)
