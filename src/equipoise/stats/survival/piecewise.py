"""Piecewise exponential model: a constant hazard in each interval of time, times exp(x beta)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from equipoise.stats.counts.rates import poisson_limits
from equipoise.stats.errors import StatsError
from equipoise.stats.result import Result
from equipoise.stats.survival.cox import ChiSquare
from equipoise.stats.survival.grid import time_grid
from equipoise.stats.survival.log_time_fit import usable_columns
from equipoise.stats.survival.piecewise_fit import PiecewiseFit, fit_piecewise
from equipoise.stats.survival.sample import read_sample
from equipoise.stats.tails import chi2_upper, normal_quantile, normal_two_sided
from equipoise.stats.validate import InputCheck, Missing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class PiecewiseModel(Result):
    """A fitted piecewise exponential model.

    Per interval (`start`, `stop`], an event at `stop` counting inside: `n_events`, `exposure` (time at risk), and the
    `hazard` at covariates 0 with its limits; the last `stop` is infinite. Without covariates the limits are exact
    (Poisson), else from the log scale. An interval without events has hazard 0; one that nobody reaches has nan.

    Per covariate, in the order of `names`: `coef` (log hazard ratio), `std_error`, `hazard_ratio` with limits. `status`
    is "NE" for a covariate that is constant or depends on others, "monotone" for one without finite estimate.
    """

    start: NDArray[np.float64]
    stop: NDArray[np.float64]
    n_events: NDArray[np.int64]
    exposure: NDArray[np.float64]
    hazard: NDArray[np.float64]
    hazard_conf_low: NDArray[np.float64]
    hazard_conf_high: NDArray[np.float64]
    names: tuple[str, ...]
    coef: NDArray[np.float64]
    std_error: NDArray[np.float64]
    vcov: NDArray[np.float64]
    hazard_ratio: NDArray[np.float64]
    conf_low: NDArray[np.float64]
    conf_high: NDArray[np.float64]
    conf_level: float
    z: NDArray[np.float64]
    p_value: NDArray[np.float64]
    loglik: float
    loglik_null: float
    lr: ChiSquare
    n: int
    converged: bool
    status: tuple[str, ...]
    reason: str
    dropped: dict[str, NDArray[np.int64]]
    method: str

    def survival(self, times: ArrayLike) -> NDArray[np.float64]:
        """Return the survival probability at covariates 0.

        Raises
        ------
        StatsError
            If a time is negative, missing or infinite.
        """
        check = InputCheck()
        when = check.times("times", np.atleast_1d(np.asarray(times)))
        check.finish()
        lived = np.clip(when[:, None] - self.start[None, :], 0.0, (self.stop - self.start)[None, :])
        risk = np.where(lived > 0.0, lived * np.where(np.isnan(self.hazard), np.nan, self.hazard), 0.0)
        return np.asarray(np.exp(-risk.sum(axis=1)))

    def _facts(self) -> Mapping[str, object]:
        facts: dict[str, object] = {"n": self.n, "events": int(self.n_events.sum()), "loglik": self.loglik}
        for j, name in enumerate(self.names):
            facts[f"hazard ratio of {name}"] = float(self.hazard_ratio[j])
        return {**facts, "note": self.reason} if self.reason else facts

    def _columns(self) -> Mapping[str, Sequence[object] | NDArray[Any]]:
        names = ("start", "stop", "n_events", "exposure", "hazard", "hazard_conf_low", "hazard_conf_high")
        return {name: getattr(self, name) for name in names}


def piecewise_exponential(
    time: ArrayLike,
    event: ArrayLike,
    x: object | None = None,
    *,
    cuts: ArrayLike = (),
    entry: ArrayLike | None = None,
    conf_level: float = 0.95,
    missing: Missing = "raise",
) -> PiecewiseModel:
    """Fit a hazard that is constant between cut points, with proportional covariates if any.

    Parameters
    ----------
    time, event, entry
        As in `kaplan_meier`.
    x
        (n, p) covariates: matrix, frame or mapping of columns; None for the hazards alone.
    cuts
        Increasing times above 0 at which the hazard may change; none for the exponential model.
    conf_level
        Confidence level.
    missing
        "raise", or "drop" rows with missing values and list them in `dropped`.

    Raises
    ------
    StatsError
        If an argument holds values that cannot be used, cuts do not increase, or no row has an event.

    References
    ----------
    M. Friedman (1982). Piecewise exponential models for survival data with covariates. Annals of Statistics 10.
    Formulas: docs/methods/parametric.md.

    Examples
    --------
    >>> model = piecewise_exponential([2, 3, 5, 8, 13], [1, 1, 0, 1, 1], cuts=[4])
    >>> model.exposure.tolist(), model.hazard.round(4).tolist()
    ([17.0, 14.0], [0.1176, 0.1429])
    """
    check = InputCheck(missing=missing)
    sample = read_sample(check, time, event, entry=entry)
    matrix, names = (np.empty((sample.time.size, 0)), ()) if x is None else check.matrix("x", x)
    level = check.open_interval("conf_level", conf_level, 0.0, 1.0)
    check.finish()
    edges = _edges(cuts)
    sample = sample.kept(check)
    matrix = check.keep(matrix)[0] if matrix.size else matrix[: sample.time.size]
    if sample.entry is not None:
        time_grid(sample.time, sample.entry)
    if not sample.time.any():
        raise StatsError("time: every time is 0, so that nobody was at risk")
    if not sample.event.any():
        raise StatsError("event: no events, so that hazards have no estimate but 0")
    entries = np.zeros(sample.time.size) if sample.entry is None else sample.entry
    exposure = np.clip(
        np.minimum(sample.time[:, None], edges[1:]) - np.maximum(entries[:, None], edges[:-1]), 0.0, None
    )
    piece = np.searchsorted(edges[1:-1], sample.time, side="left")
    mean, spread, kept = usable_columns(matrix)
    scaled = (matrix[:, kept] - mean[kept]) / spread[kept]
    fit = fit_piecewise(exposure, piece, sample.event, scaled)
    return _model(fit, edges=edges, prepared=(mean, spread, kept), names=names, level=level, check=check)


def _edges(cuts: ArrayLike) -> NDArray[np.float64]:
    check = InputCheck()
    points = np.empty(0)
    if np.size(np.asarray(cuts, dtype=object)):
        points = check.times("cuts", cuts)
        check.finish()
    bad = np.flatnonzero(np.diff(np.concatenate([[0.0], points])) <= 0.0)
    if bad.size:
        check.problem(
            "cuts", "cut points must increase from above 0", position=int(bad[0]), value=float(points[bad[0]])
        )
        check.finish()
    return np.concatenate([[0.0], points, [np.inf]])


def _model(
    fit: PiecewiseFit,
    *,
    edges: NDArray[np.float64],
    prepared: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]],
    names: tuple[str, ...],
    level: float,
    check: InputCheck,
) -> PiecewiseModel:
    mean, spread, kept = prepared
    p, q = len(names), kept.size
    coef, status = np.full(p, np.nan), np.full(p, "NE", object)
    vcov = np.full((p, p), np.nan)
    status[kept] = np.where(fit.endless, "monotone", "")
    coef[kept] = np.where(fit.endless, np.nan, fit.beta / spread[kept])
    vcov[np.ix_(kept, kept)] = fit.vcov / np.outer(spread[kept], spread[kept])
    std_error = np.sqrt(np.diag(vcov))
    z_level = normal_quantile(level)
    with np.errstate(over="ignore", invalid="ignore"):
        ratio, low, high = (np.exp(coef + k * z_level * std_error) for k in (0.0, -1.0, 1.0))
        z = coef / std_error
    hazard, hazard_low, hazard_high = _hazards(fit, mean[kept] / spread[kept], level)
    gain, df = 2.0 * (fit.loglik - fit.loglik_null), q
    reason = "a covariate is constant or depends on the ones before it" if q < p else ""
    if fit.endless.any():
        reason = "the likelihood rises without end: a group has no events where it is at risk"
    return PiecewiseModel(
        start=edges[:-1],
        stop=edges[1:],
        n_events=fit.n_events.astype(np.int64),
        exposure=fit.exposure,
        hazard=hazard,
        hazard_conf_low=hazard_low,
        hazard_conf_high=hazard_high,
        names=names,
        coef=coef,
        std_error=std_error,
        vcov=vcov,
        hazard_ratio=ratio,
        conf_low=low,
        conf_high=high,
        conf_level=level,
        z=z,
        p_value=np.array([normal_two_sided(value) for value in z]),
        loglik=fit.loglik,
        loglik_null=fit.loglik_null,
        lr=ChiSquare(statistic=gain if df else float("nan"), df=df, p_value=chi2_upper(gain, df)),
        n=fit.n,
        converged=fit.converged,
        status=tuple(status.tolist()),
        reason=reason,
        dropped=check.dropped,
        method=f"piecewise exponential, {edges.size - 1} interval{'s' if edges.size > 2 else ''}",
    )


def _hazards(
    fit: PiecewiseFit, origin: NDArray[np.float64], level: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the hazards at covariates 0, which lie at -origin on the scale of the fit, and their limits."""
    with np.errstate(invalid="ignore", divide="ignore"):
        if not fit.beta.size:
            limits = np.array([poisson_limits(int(d), "exact", (1.0 - level) / 2.0) for d in fit.n_events])
            reached = np.where(fit.exposure > 0.0, fit.exposure, np.nan)
            return fit.n_events / reached, limits[:, 0] / reached, limits[:, 1] / reached
        if fit.endless.any():
            nothing = np.full(fit.exposure.size, np.nan)
            return nothing, nothing, nothing
        hazard = np.where(fit.exposure > 0.0, fit.hazard * np.exp(-fit.beta @ origin), np.nan)
        shift = fit.mean_covariate + origin
        variance = 1.0 / fit.n_events + np.einsum("ki,ij,kj->k", shift, fit.vcov, shift)
        half = normal_quantile(level) * np.sqrt(np.where(fit.n_events > 0, variance, np.nan))
        return hazard, hazard * np.exp(-half), hazard * np.exp(half)
