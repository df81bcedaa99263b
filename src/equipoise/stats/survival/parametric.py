"""Regression of the log time to an event: Weibull, exponential, log-normal and log-logistic models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from equipoise.stats.errors import InputProblem, StatsError
from equipoise.stats.result import Result
from equipoise.stats.survival.cox import ChiSquare
from equipoise.stats.survival.grid import time_grid
from equipoise.stats.survival.groups import present_levels
from equipoise.stats.survival.intervals import check_order, read_intervals
from equipoise.stats.survival.log_time_fit import Fit, fit_log_times
from equipoise.stats.survival.log_time_likelihood import ABOVE, BELOW, BETWEEN, EXACT
from equipoise.stats.survival.sample import read_sample
from equipoise.stats.tails import chi2_upper, normal_quantile, normal_two_sided
from equipoise.stats.validate import InputCheck, Missing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

Distribution = Literal["weibull", "exponential", "lognormal", "loglogistic"]
DISTRIBUTIONS = ("weibull", "exponential", "lognormal", "loglogistic")
PROPORTIONAL_HAZARDS = ("weibull", "exponential")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class LogTimeModel(Result):
    """A fitted model log T = intercept + x beta + scale W: one entry of the arrays per name, the intercept first.

    `time_ratio` with its limits is exp(coef): times are longer by that factor per unit. For Weibull and exponential
    models with one scale `hazard_ratio` = exp(-coef / scale), with limits by the delta method; it is nan for the
    intercept and for other models. `vcov` is of the coefficients and then of log `scale`, one per level of `strata`
    (none for exponential models). `status` is "NE" for a covariate that is constant or depends on others, "monotone"
    where the likelihood rises without end, and `reason` says so.
    """

    names: tuple[str, ...]
    coef: NDArray[np.float64]
    std_error: NDArray[np.float64]
    conf_low: NDArray[np.float64]
    conf_high: NDArray[np.float64]
    conf_level: float
    z: NDArray[np.float64]
    p_value: NDArray[np.float64]
    time_ratio: NDArray[np.float64]
    time_ratio_conf_low: NDArray[np.float64]
    time_ratio_conf_high: NDArray[np.float64]
    hazard_ratio: NDArray[np.float64]
    hazard_ratio_conf_low: NDArray[np.float64]
    hazard_ratio_conf_high: NDArray[np.float64]
    scale: NDArray[np.float64]
    strata: tuple[Any, ...]
    vcov: NDArray[np.float64]
    loglik: float
    loglik_null: float
    lr: ChiSquare
    aic: float
    n: int
    n_events: int
    distribution: str
    iterations: int
    converged: bool
    status: tuple[str, ...]
    reason: str
    dropped: dict[str, NDArray[np.int64]]
    method: str

    def _title(self) -> str:
        return self.method

    def _facts(self) -> Mapping[str, object]:
        facts: dict[str, object] = {"n": self.n, "events": self.n_events, "loglik": self.loglik, "aic": self.aic}
        facts["scale"] = ", ".join(f"{value:.4g}" for value in self.scale)
        return {**facts, "note": self.reason} if self.reason else facts

    def _columns(self) -> Mapping[str, Sequence[object] | NDArray[Any]]:
        shown = ("coef", "std_error", "z", "p_value", "time_ratio", "hazard_ratio")
        columns: dict[str, Sequence[object] | NDArray[Any]] = {"variable": list(self.names)}
        return columns | {name: getattr(self, name) for name in shown} | {"status": list(self.status)}


def aft_regression(
    time: ArrayLike,
    event: ArrayLike,
    x: object | None = None,
    *,
    distribution: Distribution = "weibull",
    entry: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    strata: object | None = None,
    conf_level: float = 0.95,
    missing: Missing = "raise",
) -> LogTimeModel:
    """Fit an accelerated failure time model to right-censored times, with delayed entry if any.

    Parameters
    ----------
    time
        (n,) times above 0.
    event, entry
        As in `kaplan_meier`.
    x
        (n, p) covariates: matrix, frame or mapping of columns; None for the distribution alone.
    distribution
        "weibull", "exponential", "lognormal" or "loglogistic".
    weights
        (n,) positive frequency weights: a row of weight 3 stands for 3 subjects.
    strata
        (n,) labels, or several factors; each stratum has its own scale.
    conf_level
        Confidence level of the normal limits.
    missing
        "raise", or "drop" rows with missing values and list them in `dropped`.

    Raises
    ------
    StatsError
        If an argument holds values that cannot be used, a time is 0, or no row has an event.

    References
    ----------
    J. D. Kalbfleisch, R. L. Prentice (2002). The Statistical Analysis of Failure Time Data, chapter 3.
    Formulas: docs/methods/parametric.md.

    Examples
    --------
    >>> model = aft_regression([2, 3, 5, 8, 13], [1, 1, 0, 1, 1], distribution="exponential")
    >>> model.coef.round(4).tolist() == np.log([31 / 4]).round(4).tolist()
    True
    """
    check = InputCheck(missing=missing)
    kind_of_weight = None if weights is None else "frequency"
    sample = read_sample(check, time, event, entry=entry, weights=weights, weight_type=kind_of_weight)
    matrix, names, blocks = _read_model(check, x, strata, sample.time.size)
    level = _read_settings(check, distribution, conf_level)
    check.finish()
    sample = sample.kept(check)
    matrix = check.keep(matrix)[0] if matrix.size else matrix[: sample.time.size]
    _positive("time", sample.time)
    if sample.entry is not None:
        time_grid(sample.time, sample.entry)
    kind = np.where(sample.event, EXACT, ABOVE)
    log_time = np.log(sample.time)
    rows = (kind, log_time, log_time)
    weight = sample.weights if sample.weights.size else np.ones(sample.time.size)
    levels, codes = _levels(check, blocks, sample.time.size)
    scales = (codes, max(len(levels), 1))
    fit = fit_log_times(rows, matrix, scales=scales, weight=weight, entry=sample.entry, distribution=distribution)
    return _model(
        fit,
        names=names,
        levels=levels,
        distribution=distribution,
        conf_level=level,
        check=check,
        event=sample.event,
    )


def aft_interval_regression(
    left: ArrayLike,
    right: ArrayLike,
    x: object | None = None,
    *,
    distribution: Distribution = "weibull",
    strata: object | None = None,
    conf_level: float = 0.95,
    missing: Missing = "raise",
) -> LogTimeModel:
    """Fit an accelerated failure time model to events known to lie in intervals (left, right].

    Parameters
    ----------
    left
        (n,) last time at which the row was free of the event; 0 if it never was seen so.
    right
        (n,) first time at which the event had happened; infinite or missing if it had not, equal to `left` where
        the time is known exactly.
    x, distribution, strata, conf_level, missing
        As in `aft_regression`.

    Raises
    ------
    StatsError
        If an argument holds values that cannot be used, or a right end comes before the left one.

    Examples
    --------
    >>> model = aft_interval_regression([0, 2, 4, 6], [2, 4, 6, None], distribution="exponential")
    >>> model.n, model.n_events
    (4, 3)
    """
    check = InputCheck(missing=missing)
    found = read_intervals(check, left, right)
    matrix, names, blocks = _read_model(check, x, strata, found.left.size)
    level = _read_settings(check, distribution, conf_level)
    check.finish()
    check_order(found)
    low, high = check.keep(found.left, found.right)
    matrix = check.keep(matrix)[0] if matrix.size else matrix[: low.size]
    _positive("right", high)
    event = np.isfinite(high)
    kind = np.select([low == high, ~event, low == 0.0], [EXACT, ABOVE, BELOW], BETWEEN)
    unknown = (kind == ABOVE) & (low == 0.0)
    if unknown.any():
        raise StatsError(f"left, right: row {int(np.flatnonzero(unknown)[0])} is (0, infinity), which says nothing")
    log_low = np.log(np.where(low > 0.0, low, 1.0))
    log_high = np.log(np.where(event, high, 1.0))
    levels, codes = _levels(check, blocks, low.size)
    scales = (codes, max(len(levels), 1))
    fit = fit_log_times(
        (kind, log_low, log_high),
        matrix,
        scales=scales,
        weight=np.ones(low.size),
        entry=None,
        distribution=distribution,
    )
    return _model(
        fit, names=names, levels=levels, distribution=distribution, conf_level=level, check=check, event=event
    )


def _read_model(
    check: InputCheck, x: object | None, strata: object | None, n: int
) -> tuple[NDArray[np.float64], tuple[str, ...], Any]:
    matrix, names = (np.empty((n, 0)), ()) if x is None else check.matrix("x", x)
    return matrix, names, None if strata is None else check.strata("strata", strata)


def _read_settings(check: InputCheck, distribution: str, conf_level: float) -> float:
    check.choice("distribution", distribution, DISTRIBUTIONS)
    return check.open_interval("conf_level", conf_level, 0.0, 1.0)


def _levels(check: InputCheck, blocks: Any, n: int) -> tuple[tuple[Any, ...], NDArray[np.int64]]:
    if blocks is None:
        return (), np.zeros(n, np.int64)
    return present_levels(blocks.levels, check.keep(blocks.codes)[0])


def _positive(name: str, values: NDArray[np.float64]) -> None:
    bad = np.flatnonzero(values <= 0.0)
    if bad.size:
        message = "a model of the log time needs times above 0 (count from day 1, or move the origin)"
        raise StatsError(
            [InputProblem(argument=name, message=message, position=int(bad[0]), value=0.0, count=int(bad.size))]
        )


def _model(
    fit: Fit,
    *,
    names: tuple[str, ...],
    levels: tuple[Any, ...],
    distribution: str,
    conf_level: float,
    check: InputCheck,
    event: NDArray[np.bool_],
) -> LogTimeModel:
    quantile = normal_quantile(conf_level)
    p = fit.coef.size
    std_error = np.sqrt(np.diag(fit.vcov)[:p])
    half = quantile * std_error
    with np.errstate(over="ignore"):
        ratios = [np.exp(v) for v in (fit.coef, fit.coef - half, fit.coef + half)]
    with np.errstate(invalid="ignore"):
        z = fit.coef / std_error
    log_hr, hr_error = _log_hazard_ratio(fit, distribution, len(levels))
    with np.errstate(over="ignore"):
        hazards = [np.exp(v) for v in (log_hr, log_hr - quantile * hr_error, log_hr + quantile * hr_error)]
    gain = 2.0 * (fit.loglik - fit.loglik_null)
    estimated = sum(1 for status in fit.status if status == "")
    df = estimated - 1 if fit.status[0] == "" else 0
    n_scales = 0 if distribution == "exponential" else fit.scale.size
    strata = f", {len(levels)} scales" if len(levels) > 1 and n_scales else ""
    return LogTimeModel(
        names=("(Intercept)", *names),
        coef=fit.coef,
        std_error=std_error,
        conf_low=fit.coef - half,
        conf_high=fit.coef + half,
        conf_level=conf_level,
        z=z,
        p_value=np.array([normal_two_sided(value) for value in z]),
        time_ratio=ratios[0],
        time_ratio_conf_low=ratios[1],
        time_ratio_conf_high=ratios[2],
        hazard_ratio=hazards[0],
        hazard_ratio_conf_low=hazards[1],
        hazard_ratio_conf_high=hazards[2],
        scale=fit.scale,
        strata=levels,
        vcov=fit.vcov,
        loglik=fit.loglik,
        loglik_null=fit.loglik_null,
        lr=ChiSquare(statistic=gain if df else float("nan"), df=df, p_value=chi2_upper(gain, df)),
        aic=-2.0 * fit.loglik + 2.0 * (estimated + n_scales),
        n=event.size,
        n_events=int(np.count_nonzero(event)),
        distribution=distribution,
        iterations=fit.iterations,
        converged=fit.converged,
        status=fit.status,
        reason=fit.reason,
        dropped=check.dropped,
        method=f"{distribution.capitalize()} regression of log time{strata}",
    )


def _log_hazard_ratio(fit: Fit, distribution: str, n_levels: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return -coef / scale and its standard error by the delta method; nan where hazards are not proportional."""
    p = fit.coef.size
    value, error = np.full(p, np.nan), np.full(p, np.nan)
    if distribution not in PROPORTIONAL_HAZARDS or (distribution == "weibull" and n_levels > 1):
        return value, error
    sigma = float(fit.scale[0])
    for j in range(1, p):
        value[j] = -fit.coef[j] / sigma
        gradient = np.zeros(fit.vcov.shape[0])
        gradient[j] = -1.0 / sigma
        if distribution == "weibull":
            gradient[p] = fit.coef[j] / sigma
        used = gradient != 0.0
        error[j] = np.sqrt(gradient[used] @ fit.vcov[np.ix_(used, used)] @ gradient[used])
    return value, error
