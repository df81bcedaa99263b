"""A trial to be simulated, declared in the field's words and turned into arrays."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from equipoise.stats._kernels.simulation import BY_CALENDAR, BY_EVENTS, TrialModel
from equipoise.stats.allocation import n_arms, n_rows, state_rows
from equipoise.stats.errors import InputProblem, StatsError
from equipoise.stats.sample_size.hazards import Accrual, PiecewiseHazard

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from equipoise.stats.allocation import Plan

__all__ = [
    "WITHOUT_END",
    "Crossover",
    "Look",
    "ReadingDelay",
    "SimulatedStratum",
    "TrialPlan",
    "arrays_of",
    "look_arrays",
    "look_problems",
]

NO_DROPOUT = PiecewiseHazard((0.0,))
MOST_PATIENTS = 100_000
WITHOUT_END = 1e200
"""Calendar time at which a trial without an end is looked at when its events are never reached."""


@dataclass(frozen=True, slots=True)
class Look:
    """A look at the data, when so many events of the arms compared are known or at a calendar time: one of the two."""

    events: int | None = None
    time: float | None = None


@dataclass(frozen=True, slots=True)
class Crossover:
    """Crossover of control patients.

    A share of them becomes free to cross over, at an exponential time with this hazard since entry; from then on their
    hazard is multiplied by `hazard_ratio`.
    """

    share: float
    hazard: float
    hazard_ratio: float


@dataclass(frozen=True, slots=True)
class ReadingDelay:
    """Time from an event to its being known to the data: a fixed part, and an exponential one with a mean."""

    fixed: float = 0.0
    mean: float = 0.0


@dataclass(frozen=True, slots=True)
class SimulatedStratum:
    """A stratum: its share of the patients, the hazard of each arm, the levels of the factors of the allocation."""

    share: float
    hazards: tuple[PiecewiseHazard, ...]
    levels: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class TrialPlan:
    """A trial to be simulated.

    Parameters
    ----------
    n
        Patients.
    allocation
        Allocation plan of `equipoise.stats.allocation`: the one that runs the live trial.
    strata
        Strata with the hazards of each arm, in the order of the arms.
    accrual
        Duration and rates of accrual; the rates are scaled to n patients.
    looks
        Looks in order, the final analysis last. One that would come before the look ahead of it (events against
        calendar) is made together with that.
    random_accrual
        Whether patients come at random times (order statistics of the accrual pattern) or evenly by it.
    dropout
        Hazard of dropping out in each arm; one for all arms; none.
    crossover, delay
        Crossover of control patients and delay of readings, where there are any.
    experimental, control
        Numbers of the arms compared.
    stratified
        Whether the test is stratified as the strata are.
    end
        Calendar time at which the trial ends at the latest, from the first entry possible.
    """

    n: int
    allocation: Plan
    strata: tuple[SimulatedStratum, ...]
    accrual: Accrual
    looks: tuple[Look, ...]
    random_accrual: bool = True
    dropout: tuple[PiecewiseHazard, ...] = (NO_DROPOUT,)
    crossover: Crossover | None = None
    delay: ReadingDelay = ReadingDelay()
    experimental: int = 1
    control: int = 0
    stratified: bool = True
    end: float = math.inf


def arrays_of(plan: TrialPlan) -> TrialModel:
    """Check a plan and turn it into arrays.

    Raises
    ------
    StatsError
        Lists everything that is wrong.
    """
    looks = look_problems(plan.looks, plan.n)
    problems = [*_size_problems(plan), *_stratum_problems(plan), *looks, *_other_problems(plan)]
    if problems:
        raise StatsError(problems)
    arms = n_arms(plan.allocation)
    dropout = plan.dropout if len(plan.dropout) > 1 else plan.dropout * arms
    hazards = [h for stratum in plan.strata for h in stratum.hazards]
    cuts = np.array(sorted({0.0, *(c for h in [*hazards, *dropout] for c in h.cuts)}))
    by_arm = [[stratum.hazards[a] for stratum in plan.strata] for a in range(arms)]
    levels = np.array([s.levels for s in plan.strata], dtype=np.int64).reshape(len(plan.strata), -1)
    accrual = plan.accrual.scaled(plan.n)
    edges = np.array([0.0, *accrual.cuts, accrual.duration])
    patients = PiecewiseHazard(accrual.rates, accrual.cuts).cumulative(edges)
    wanted = np.append(np.diff(patients) > 0.0, True)
    crossover = plan.crossover or Crossover(0.0, 1.0, 1.0)
    return TrialModel(
        n=plan.n,
        experimental=plan.experimental,
        control=plan.control,
        stratum_below=np.cumsum([s.share for s in plan.strata]),
        stratum_rows=state_rows(plan.allocation, levels, len(plan.strata)),
        stratum_test=np.arange(len(plan.strata)) if plan.stratified else np.zeros(len(plan.strata), np.int64),
        n_state_rows=n_rows(plan.allocation),
        random_accrual=plan.random_accrual,
        entry_patients=_without_pauses(patients, wanted),
        entry_times=_without_pauses(edges, wanted),
        cuts=cuts,
        hazard=np.array([[h.at(cuts) for h in row] for row in by_arm]),
        cumulative=np.array([[h.cumulative(cuts) for h in row] for row in by_arm]),
        dropout=np.array([[h.at(cuts)] for h in dropout]),
        dropout_cumulative=np.array([[h.cumulative(cuts)] for h in dropout]),
        may_drop_out=any(rate > 0.0 for h in dropout for rate in h.rates),
        cross_probability=float(crossover.share),
        cross_hazard=float(crossover.hazard),
        cross_factor=float(crossover.hazard_ratio),
        delay_fixed=float(plan.delay.fixed),
        delay_mean=float(plan.delay.mean),
        look_kind=look_arrays(plan.looks)[0],
        look_at=look_arrays(plan.looks)[1],
        end=min(float(plan.end), WITHOUT_END),
    )


def look_arrays(looks: tuple[Look, ...]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Kinds of the looks, and their events or times."""
    kind = [BY_EVENTS if look.time is None else BY_CALENDAR for look in looks]
    at = [float(look.events if look.time is None else look.time) for look in looks]  # type: ignore[arg-type]
    return np.array(kind, np.int64), np.array(at)


def _without_pauses(values: NDArray[np.float64], wanted: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Leave out the beginning of stretches in which nobody comes; the first point stays."""
    keep = wanted.copy()
    keep[0] = True
    return values[keep]


def _problem(argument: str, message: str, position: int | None = None, value: Any = None) -> InputProblem:
    return InputProblem(argument=argument, message=message, position=position, value=value)


def _size_problems(plan: TrialPlan) -> list[InputProblem]:
    problems = []
    if not (isinstance(plan.n, int | np.integer) and 2 <= plan.n <= MOST_PATIENTS):
        problems.append(_problem("n", f"expected a whole number of patients from 2 to {MOST_PATIENTS}, got {plan.n!r}"))
    arms = n_arms(plan.allocation)
    for name in ("experimental", "control"):
        value = getattr(plan, name)
        if not 0 <= value < arms:
            problems.append(_problem(name, f"expected an arm from 0 to {arms - 1}, got {value!r}"))
    if plan.experimental == plan.control:
        problems.append(_problem("control", "is the experimental arm"))
    if len(plan.dropout) not in (1, arms):
        problems.append(_problem("dropout", f"expected one hazard or one for each of {arms} arms"))
    return problems


def _stratum_problems(plan: TrialPlan) -> list[InputProblem]:
    arms, factors = n_arms(plan.allocation), plan.allocation.n_levels.size
    problems = []
    total = sum(s.share for s in plan.strata)
    if not plan.strata or abs(total - 1.0) > 1e-9 or any(s.share < 0.0 for s in plan.strata):
        problems.append(_problem("strata", f"expected shares that add up to 1, got {total!r}"))
    for i, stratum in enumerate(plan.strata):
        if len(stratum.hazards) != arms:
            message = f"expected a hazard for each of {arms} arms, got {len(stratum.hazards)}"
            problems.append(_problem("strata", message, i))
        if len(stratum.levels) != factors:
            message = f"expected the levels of {factors} factors of the allocation, got {len(stratum.levels)}"
            problems.append(_problem("strata", message, i))
    return problems


def look_problems(looks: tuple[Look, ...], n: int) -> list[InputProblem]:
    """Check looks: at least one, each by events or by time, each after the one before it."""
    problems = []
    if not looks:
        problems.append(_problem("looks", "expected at least the final analysis"))
    last = {"events": 0.0, "time": 0.0}
    for i, look in enumerate(looks):
        given = [name for name in ("events", "time") if getattr(look, name) is not None]
        if len(given) != 1:
            problems.append(_problem("looks", "expected a number of events or a time, one of the two", i))
            continue
        name = given[0]
        value = float(getattr(look, name))
        if not (math.isfinite(value) and value > last[name]):
            message = f"expected more {name} than at the look before it ({last[name]:g})"
            problems.append(_problem("looks", message, i, value))
        last[name] = max(last[name], value)
        if name == "events" and isinstance(n, int) and value > n:
            message = f"more events than the {n} patients can have"
            problems.append(_problem("looks", message, i, value))
    return problems


def _other_problems(plan: TrialPlan) -> list[InputProblem]:
    problems = []
    if not plan.end > 0.0:
        problems.append(_problem("end", f"expected a time above 0, got {plan.end!r}"))
    elif plan.end < plan.accrual.duration:
        message = f"patients come in for {plan.accrual.duration:g}, longer than the study, which ends at {plan.end:g}"
        problems.append(_problem("accrual", message))
    if plan.crossover is not None:
        c = plan.crossover
        if not 0.0 <= c.share <= 1.0:
            problems.append(_problem("crossover", f"expected a share from 0 to 1, got {c.share!r}"))
        if not (0.0 < c.hazard < math.inf and 0.0 < c.hazard_ratio < math.inf):
            problems.append(_problem("crossover", "expected a hazard and a hazard ratio above 0"))
    if not all(0.0 <= part < math.inf for part in (plan.delay.fixed, plan.delay.mean)):
        problems.append(_problem("delay", "expected times of 0 or more"))
    return problems
