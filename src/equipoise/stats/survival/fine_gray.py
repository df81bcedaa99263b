"""Regression of the subdistribution hazard of one of several competing causes (Fine and Gray)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from equipoise.stats.errors import StatsError
from equipoise.stats.result import Result
from equipoise.stats.survival.causes import CauseSample, cause_index, read_causes
from equipoise.stats.survival.cox import CoxModel, cox_ph
from equipoise.stats.survival.grid import time_grid
from equipoise.stats.validate import InputCheck, Missing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

TIES = ("efron", "breslow")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class FineGrayModel(Result):
    """A fitted Fine-Gray model: one entry of the arrays per covariate, in the order of `names`.

    `coef` are log subdistribution hazard ratios, `hazard_ratio` with its limits their exponents. `std_error` and
    `vcov` are robust (score residuals summed per subject), `model_std_error` comes from the information alone and is
    too small. `status` and `reason` are those of `CoxModel`: "NE" for a covariate that cannot be estimated, "monotone"
    for an infinite coefficient. `n_rows` counts the weighted rows behind the fit.
    """

    names: tuple[str, ...]
    coef: NDArray[np.float64]
    std_error: NDArray[np.float64]
    vcov: NDArray[np.float64]
    model_std_error: NDArray[np.float64]
    hazard_ratio: NDArray[np.float64]
    conf_low: NDArray[np.float64]
    conf_high: NDArray[np.float64]
    conf_level: float
    z: NDArray[np.float64]
    p_value: NDArray[np.float64]
    loglik: float
    loglik_null: float
    cause: Any
    n: int
    n_events: int
    n_competing: int
    n_censored: int
    n_rows: int
    ties: str
    status: tuple[str, ...]
    reason: str
    n_times_joined: int
    dropped: dict[str, NDArray[np.int64]]
    method: str

    def _title(self) -> str:
        return self.method

    def _facts(self) -> Mapping[str, object]:
        facts = {"n": self.n, "events": self.n_events, "competing": self.n_competing, "censored": self.n_censored}
        return {**facts, "note": self.reason} if self.reason else facts

    def _columns(self) -> Mapping[str, Sequence[object] | NDArray[Any]]:
        shown = ("coef", "hazard_ratio", "std_error", "z", "p_value", "conf_low", "conf_high")
        columns: dict[str, Sequence[object] | NDArray[Any]] = {"variable": list(self.names)}
        return columns | {name: getattr(self, name) for name in shown} | {"status": list(self.status)}


def fine_gray(
    time: ArrayLike,
    cause: ArrayLike,
    x: object,
    *,
    cause_of_interest: object,
    censored: object = 0,
    ties: str = "efron",
    conf_level: float = 0.95,
    missing: Missing = "raise",
) -> FineGrayModel:
    """Fit the proportional subdistribution hazards model of one cause.

    A subject with another event stays at risk after it, with the weight G(t-) / G(T-), G the Kaplan-Meier estimate of
    not being censored, T its time; at a tied time events come before censorings.

    Parameters
    ----------
    time, cause, censored
        As in `aalen_johansen`.
    x
        (n, p) covariates: matrix, frame or mapping of columns; a vector is one covariate.
    cause_of_interest
        Label of the cause; all others compete with it.
    ties
        "efron" or "breslow".
    conf_level
        Confidence level of the limits of the hazard ratios.
    missing
        "raise", or "drop" rows with missing values and list them in `dropped`. Rows that lack covariates only still
        count in G, as in R's finegray.

    Raises
    ------
    StatsError
        If an argument holds values that cannot be used, or the cause does not occur.

    References
    ----------
    J. P. Fine, R. J. Gray (1999). A proportional hazards model for the subdistribution of a competing risk. JASA 94.
    R. B. Geskus (2011). Cause-specific cumulative incidence estimation and the Fine and Gray model. Biometrics 67.
    Formulas: docs/methods/competing-risks.md.

    Examples
    --------
    >>> model = fine_gray([1, 2, 3, 4, 5, 6], [1, 2, 1, 0, 1, 2], [0, 1, 1, 0, 1, 0], cause_of_interest=1)
    >>> model.n_events, model.n_competing, model.n_censored
    (3, 2, 1)
    """
    check = InputCheck(missing=missing)
    sample = read_causes(check, time, cause, censored=censored)
    matrix, names = check.matrix("x", x)
    index = cause_index(check, sample, cause_of_interest)
    check.choice("ties", ties, TIES)
    level = check.open_interval("conf_level", conf_level, 0.0, 1.0)
    check.finish()
    known = _time_and_cause_known(check)
    kept = np.isin(np.flatnonzero(known), check.kept_rows())
    everybody, matrix = sample.rows(known), check.keep(matrix)[0]
    sample = everybody.rows(kept)
    if not (sample.cause == index).any():
        raise StatsError("cause: no event of the cause of interest is left after rows with missing values were dropped")
    grid = time_grid(everybody.time)
    rows = _expand(grid.codes[kept], sample.cause, index, _not_censored(grid.codes, everybody.cause))
    fit = cox_ph(
        rows.stop,
        rows.event,
        dict(zip(names, matrix[rows.subject].T, strict=True)),
        entry=rows.start,
        weights=rows.weight,
        weight_type="sampling",
        cluster=rows.subject,
        ties="efron" if ties == "efron" else "breslow",
        conf_level=level,
    )
    return _model(fit, sample, index, grid.n_joined, check)


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Weighted rows (start, stop]: one per subject, and more for those who live on after a competing event.

    Times are the numbers of the distinct times from 1 on; a Cox model uses their order only.
    """

    subject: NDArray[np.int64]
    start: NDArray[np.int64]
    stop: NDArray[np.int64]
    event: NDArray[np.bool_]
    weight: NDArray[np.float64]


def _time_and_cause_known(check: InputCheck) -> NDArray[np.bool_]:
    """Mark the rows that tell about censoring: those dropped for a missing covariate too."""
    known = np.ones(check.n, np.bool_)
    for reason, rows in check.dropped.items():
        known[rows] &= reason.startswith("x")
    return known


def _expand(codes: NDArray[np.int64], cause: NDArray[np.int64], index: int, free: NDArray[np.float64]) -> _Rows:
    """Give each subject its own row, and after a competing event one row per run of event times of equal weight."""
    event = cause == index
    competing = np.flatnonzero((cause > 0) & ~event)
    times = np.unique(codes[event])
    last_of_run = times[np.flatnonzero(np.diff(free[times], append=np.nan) != 0.0)]
    first_run = np.searchsorted(last_of_run, codes[competing], side="right")
    counts = last_of_run.size - first_run
    who = np.repeat(np.arange(competing.size), counts)
    step = np.arange(who.size) - np.repeat(np.cumsum(counts) - counts, counts)
    stop = last_of_run[first_run[who] + step]
    start = np.where(step == 0, codes[competing][who], last_of_run[first_run[who] + step - 1])
    weight = free[stop] / free[codes[competing][who]]
    kept = weight > 0.0
    return _Rows(
        subject=np.concatenate([np.arange(codes.size), competing[who][kept]]),
        start=np.concatenate([np.zeros(codes.size, np.int64), start[kept] + 1]),
        stop=np.concatenate([codes, stop[kept]]) + 1,
        event=np.concatenate([event, np.zeros(int(kept.sum()), np.bool_)]),
        weight=np.concatenate([np.ones(codes.size), weight[kept]]),
    )


def _not_censored(codes: NDArray[np.int64], cause: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the probability of not being censored before each distinct time.

    Events come before censorings: who has an event at a time is no longer at risk of being censored at it.
    """
    k = int(codes.max()) + 1
    lost, events = np.bincount(codes[cause == 0], minlength=k), np.bincount(codes[cause > 0], minlength=k)
    at_risk = np.cumsum((lost + events)[::-1])[::-1] - events
    share = np.divide(lost, at_risk, out=np.zeros(k), where=at_risk > 0)
    return np.concatenate([[1.0], np.cumprod(1.0 - share)])[:k]


def _model(fit: CoxModel, sample: CauseSample, index: int, joined: int, check: InputCheck) -> FineGrayModel:
    return FineGrayModel(
        names=fit.names,
        coef=fit.coef,
        std_error=fit.std_error,
        vcov=fit.vcov,
        model_std_error=np.sqrt(np.diag(fit.model_vcov)),
        hazard_ratio=fit.hazard_ratio,
        conf_low=fit.conf_low,
        conf_high=fit.conf_high,
        conf_level=fit.conf_level,
        z=fit.z,
        p_value=fit.p_value,
        loglik=fit.loglik,
        loglik_null=fit.loglik_null,
        cause=sample.causes[index - 1],
        n=sample.time.size,
        n_events=int(np.count_nonzero(sample.cause == index)),
        n_competing=int(np.count_nonzero((sample.cause > 0) & (sample.cause != index))),
        n_censored=int(np.count_nonzero(sample.cause == 0)),
        n_rows=fit.n,
        ties=fit.ties,
        status=fit.status,
        reason=fit.reason,
        n_times_joined=joined,
        dropped=check.dropped,
        method=f"Fine-Gray subdistribution hazards, {fit.ties.capitalize()} ties, robust variance",
    )
