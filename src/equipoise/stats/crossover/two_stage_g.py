"""Two-stage estimation by g-estimation: the switch may come at any time after progression."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from equipoise.stats._kernels.logistic import wald_of_last
from equipoise.stats.crossover.bootstrap import percentile_limits, resample
from equipoise.stats.crossover.rows import FollowUp, read_follow_up
from equipoise.stats.crossover.step_roots import Jump, jumps_through
from equipoise.stats.errors import StatsError
from equipoise.stats.result import Result
from equipoise.stats.survival import CoxModel, cox_ph
from equipoise.stats.tails import normal_quantile

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

__all__ = ["TwoStageG", "two_stage_g"]

GRID = np.linspace(-3.0, 3.0, 61)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class TwoStageG(Result):
    """Hazard ratio had nobody switched, the effect of the switch found by g-estimation.

    `psi` is as in `two_stage`; `roots` and `status` as in `Rpsftm`.
    """

    hazard_ratio: float
    conf_low: float
    conf_high: float
    conf_level: float
    limits: str
    """How the limits were made: by the bootstrap through both stages, or for a known psi."""
    samples: int
    samples_failed: int
    psi: float
    psi_low: float
    psi_high: float
    roots: tuple[Jump, ...]
    status: str
    recensored: bool
    n: int
    n_progressed: int
    n_switched: int
    n_events_recensored: int
    curve_psi: NDArray[np.float64]
    curve_z: NDArray[np.float64]
    """Wald Z, in the model of switching, of survival had nobody switched."""
    model: CoxModel | None
    time: NDArray[np.float64]
    event: NDArray[np.bool_]
    experimental: NDArray[np.bool_]

    def _title(self) -> str:
        return "Two-stage estimation, g-estimation"

    def _facts(self) -> Mapping[str, object]:
        names = ("status", "psi", "psi_low", "psi_high", "recensored", "n", "n_progressed", "n_switched")
        return {name: getattr(self, name) for name in names if getattr(self, name) != ""}

    def _columns(self) -> Mapping[str, list[object]]:
        return {n: [getattr(self, n)] for n in ("hazard_ratio", "conf_low", "conf_high")}


@dataclass(frozen=True, slots=True)
class _Problem:
    """Progressed control patients, and the rows in which they could switch."""

    time: NDArray[np.float64]
    event: NDArray[np.bool_]
    since: NDArray[np.float64]
    """Time of the switch; infinite where there was none."""
    limit: NDArray[np.float64]
    patient: NDArray[np.int64]
    """Patient of each row."""
    x: NDArray[np.float64]
    """The constant, and standardized columns."""
    switched: NDArray[np.bool_]

    def untreated(self, psi: float) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Times and events had nobody switched."""
        factor = math.exp(psi)
        after = np.maximum(self.time - self.since, 0.0)
        times = self.time - after + after * factor
        cut = self.limit * min(1.0, factor)
        return np.minimum(times, cut), self.event & (times <= cut)

    def z(self, psi: float) -> float:
        """Wald Z of what survival without the switch would have been, in a logistic model of switching."""
        residual = _residuals(*self.untreated(psi))[self.patient]
        spread = residual.std()
        if not spread > 0.0:
            return math.nan
        standard = (residual - residual.mean()) / spread
        return float(wald_of_last(np.column_stack([self.x, standard]), self.switched, np.zeros(self.x.shape[1] + 1)))


def two_stage_g(
    subject: ArrayLike,
    start: ArrayLike,
    stop: ArrayLike,
    event: ArrayLike,
    group: ArrayLike,
    *,
    progression_time: ArrayLike,
    switch_time: ArrayLike,
    reference: object | None = None,
    censor_time: ArrayLike | None = None,
    recensor: bool = True,
    baseline: object | None = None,
    varying: object | None = None,
    at_risk: ArrayLike | None = None,
    conf_level: float = 0.95,
    samples: int = 0,
    seed: int = 1,
) -> TwoStageG:
    """Estimate the hazard ratio had no control patient switched, with covariates between progression and switch.

    Parameters
    ----------
    subject, start, stop, event, group, switch_time, baseline, varying
        As in `ipcw_cox`. `varying` is what could make a patient switch, as known at the start of each row.
    progression_time
        Time of the patient's progression in each of his rows, missing where there was none.
    censor_time
        Potential censoring time of the patient in each of his rows; needed for recensoring.
    at_risk
        Whether a switch is possible in the row, beside being after progression; rows long after the last switch that
        anybody made only tell how well the model bends. Possible everywhere unless given.
    samples, seed
        Bootstrap samples of patients within arms, each through both stages; without any the limits take psi for known.

    Raises
    ------
    StatsError
        Lists everything that is wrong with the rows; nobody switched after progression, or everybody did.

    Notes
    -----
    Rows after progression and up to the switch make a pooled logistic model of switching on time since progression,
    its square, the covariates, and the martingale residual of survival had nobody switched at psi. psi is where that
    has no part in switching: among patients alike, who switches does not depend on how long they would have lived.

    References
    ----------
    N. R. Latimer et al. (2020). Statistical Methods in Medical Research 29:2900.
    """
    rows = read_follow_up(
        subject,
        start,
        stop,
        event,
        group,
        reference=reference,
        switch_time=switch_time,
        baseline=baseline,
        varying=varying,
        at_risk=at_risk,
    )
    if recensor and censor_time is None:
        raise StatsError("censor_time: recensoring needs the potential censoring time of every patient")
    progression = _of_rows("progression_time", progression_time, rows)
    limit = _of_rows("censor_time", censor_time, rows) if recensor else np.full(rows.stop.size, np.inf)
    problem, progressed = _problem(rows, progression, limit)
    values = np.array([problem.z(psi) for psi in GRID])
    bound = normal_quantile(conf_level)
    roots, *sides = (jumps_through(problem.z, GRID, values, target) for target in (0.0, bound, -bound))
    psi = _middle(roots)
    edges = [jump.psi for side in sides for jump in side]
    time, event_left, experimental, model = _second_stage(rows, progressed, limit, psi, conf_level)
    low, high, how = math.nan, math.nan, "second stage alone"
    if model is not None:
        low, high = float(model.conf_low[0]), float(model.conf_high[0])
    drawn = np.empty((0, 1))
    if samples:
        one = partial(_one_sample, replace(rows, order=np.arange(rows.order.size)), progression, limit)
        drawn = resample(rows.arm_of_patients(), one, samples=samples, seed=seed)
        low, high, how = percentile_limits(drawn[:, 0], conf_level)
    return TwoStageG(
        hazard_ratio=math.nan if model is None else float(model.hazard_ratio[0]),
        conf_low=low,
        conf_high=high,
        conf_level=conf_level,
        limits=how,
        samples=samples,
        samples_failed=int(np.isnan(drawn).sum()),
        psi=psi,
        psi_low=min(edges) if len(edges) > 1 else math.nan,
        psi_high=max(edges) if len(edges) > 1 else math.nan,
        roots=tuple(roots),
        status="NE" if not roots else "several roots" if len(roots) > 1 else "",
        recensored=recensor,
        n=len(rows.subjects),
        n_progressed=problem.time.size,
        n_switched=int(np.isfinite(problem.since).sum()),
        n_events_recensored=int(event_left.sum()),
        curve_psi=GRID,
        curve_z=values,
        model=model,
        time=time,
        event=event_left,
        experimental=experimental,
    )


def _middle(roots: Sequence[Jump]) -> float:
    return roots[len(roots) // 2].psi if roots else math.nan


def _one_sample(
    rows: FollowUp, progression: NDArray[np.float64], limit: NDArray[np.float64], patients: NDArray[np.int64]
) -> tuple[float, ...]:
    """Logarithm of the hazard ratio of patients drawn, through both stages; nan where there is none."""
    drawn = rows.of_patients(patients)
    try:
        problem, progressed = _problem(drawn, progression[drawn.order], limit[drawn.order])
        psi = _middle(jumps_through(problem.z, GRID, np.array([problem.z(value) for value in GRID]), 0.0))
        *_, model = _second_stage(drawn, progressed, limit[drawn.order], psi, 0.95)
        return (math.nan if model is None else math.log(float(model.hazard_ratio[0])),)
    except (StatsError, ArithmeticError, ValueError):
        return (math.nan,)


def _of_rows(name: str, values: ArrayLike | None, rows: FollowUp) -> NDArray[np.float64]:
    """Read a time of each row, missing where there is none, in the order of the sorted rows."""
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise StatsError(f"{name}: expected numbers, missing where there is none") from error
    if array.shape != rows.stop.shape:
        raise StatsError(f"{name}: expected {rows.stop.size} values, one a row, got shape {array.shape}")
    return array[rows.order]


def _problem(
    rows: FollowUp, progression: NDArray[np.float64], limit: NDArray[np.float64]
) -> tuple[_Problem, NDArray[np.float64]]:
    """Set up the first stage; also the time of the counted switch of every patient (infinite where there is none)."""
    last = np.append(np.flatnonzero(np.diff(rows.subject)), rows.subject.size - 1)
    has = ~np.isnan(progression[last]) & ~rows.experimental[last]
    switch = np.where(np.isnan(rows.switch[last]), np.inf, rows.switch[last])
    early = has & (switch < progression[last])
    if early.any():
        who = rows.subjects[int(np.flatnonzero(early)[0])]
        raise StatsError(f"switch_time: subject {who} switched before progression ({int(early.sum())} such subjects)")
    counted = np.where(has, switch, np.inf)
    finite = np.isfinite(counted[has])
    if not finite.any() or finite.all():
        who = "nobody" if not finite.any() else "everybody"
        raise StatsError(f"{who} of the {int(has.sum())} progressed control patients switched: no comparison")
    risk = has[rows.subject] & (rows.start >= progression) & (rows.start < counted[rows.subject])
    risk &= rows.at_risk
    place = np.cumsum(has) - 1
    since = rows.start[risk] - progression[risk]
    unit = max(float(since.max(initial=0.0)), 1.0)
    x = np.column_stack([since / unit, (since / unit) ** 2, rows.baseline[risk], rows.varying[risk]])
    problem = _Problem(
        time=rows.stop[last][has],
        event=rows.event[last][has],
        since=counted[has],
        limit=limit[last][has],
        patient=place[rows.subject[risk]],
        x=_standardized(x),
        switched=rows.stop[risk] >= counted[rows.subject[risk]],
    )
    return problem, counted


def _standardized(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """The constant, and the other columns in units of their spread; those without any are left out."""
    spread = x.std(axis=0)
    keep = spread > 0.0
    return np.column_stack([np.ones(x.shape[0]), (x[:, keep] - x[:, keep].mean(axis=0)) / spread[keep]])


def _residuals(times: NDArray[np.float64], events: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Martingale residuals without covariates: the event less the Nelson-Aalen estimate at its time."""
    order = np.argsort(times, kind="stable")
    ordered = times[order]
    at_risk = times.size - np.searchsorted(ordered, ordered, side="left")
    hazard = np.cumsum(events[order] / at_risk)
    found = np.empty(times.size)
    found[order] = hazard[np.searchsorted(ordered, ordered, side="right") - 1]
    left: NDArray[np.float64] = events - found
    return left


def _second_stage(
    rows: FollowUp,
    switch: NDArray[np.float64],
    limit: NDArray[np.float64],
    psi: float,
    conf_level: float,
) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], CoxModel | None]:
    """Take the switch back and compare the arms."""
    last = np.append(np.flatnonzero(np.diff(rows.subject)), rows.subject.size - 1)
    time, event, experimental = rows.stop[last], rows.event[last], rows.experimental[last]
    if math.isnan(psi):
        return time, event, experimental, None
    factor = math.exp(psi)
    after = np.maximum(time - switch, 0.0)
    moved = time - after + after * factor
    cut = np.where(experimental, np.inf, limit[last] * min(1.0, factor))
    event = event & (moved <= cut)
    moved = np.minimum(moved, cut)
    x = np.column_stack([experimental.astype(float), rows.baseline[last]])
    return moved, event, experimental, cox_ph(moved, event, x, conf_level=conf_level)
