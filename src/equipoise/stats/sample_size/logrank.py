"""Patients, events and time of a trial with a log-rank test."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.special import ndtr

from equipoise.stats.errors import StatsError
from equipoise.stats.result import Result
from equipoise.stats.roots import bracketed_root
from equipoise.stats.sample_size.arguments import Check, quantiles
from equipoise.stats.sample_size.events import PER_EVENT
from equipoise.stats.sample_size.hazards import Accrual, PiecewiseHazard
from equipoise.stats.sample_size.survival_plan import FOREVER, NO_DROPOUT, Stratum, SurvivalPlan

if TYPE_CHECKING:
    from collections.abc import Sequence


__all__ = ["LogRankSize", "sample_size_logrank"]

SizeMethod = Literal["schoenfeld", "freedman", "hsieh_freedman", "lachin_foulkes"]
METHODS = (*PER_EVENT, "lachin_foulkes")
SEARCHED = np.concatenate([np.linspace(0.02, 4.0, 200), np.geomspace(4.1, 1e4, 60)])
"""Times, in units of the accrual, between which the first one with enough events is looked for."""
TINY = 1e-9


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class LogRankSize(Result):
    """Size of a trial with a log-rank test; numbers are unrounded."""

    method: str
    solved_for: str
    events: float
    events_experimental: float
    """Expected under the alternative."""
    events_control: float
    n: float
    n_experimental: float
    n_control: float
    accrual_duration: float
    follow_up: float
    """From the end of accrual to the analysis."""
    study_duration: float
    power: float
    alpha: float
    sided: int
    hazard_ratio: float
    """Average over the expected events where it changes with time."""
    null_hazard_ratio: float
    ratio: float
    largest_events: float
    """Events if everybody were followed for ever."""
    critical_hazard_ratio: float
    """Largest hazard ratio that is significant at these events."""
    plan: SurvivalPlan

    def _title(self) -> str:
        return f"Log-rank test, {self.method.replace('_', '-')}: {self.solved_for} solved for"

    def round_up(self) -> tuple[int, int, int]:
        """Round up to whole numbers: events, patients in the experimental arm, patients in the control arm."""
        slack = 1e-9  # 120.0000000001 patients are 120
        return (
            math.ceil(self.events - slack),
            math.ceil(self.n_experimental - slack),
            math.ceil(self.n_control - slack),
        )


def sample_size_logrank(
    control: PiecewiseHazard | Sequence[Stratum],
    hazard_ratio: float | PiecewiseHazard,
    *,
    accrual: Accrual,
    n: float | None = None,
    follow_up: float | None = None,
    power: float | None = 0.9,
    ratio: float = 1.0,
    alpha: float = 0.025,
    sided: int = 1,
    method: SizeMethod = "schoenfeld",
    dropout: PiecewiseHazard | None = None,
    dropout_control: PiecewiseHazard | None = None,
    null_hazard_ratio: float = 1.0,
    inflation: float = 1.0,
    accrual_rate_fixed: bool = False,
) -> LogRankSize:
    """Solve a trial for its patients, its follow-up, its accrual time or its power.

    Parameters
    ----------
    control
        Hazard under control, or strata with shares and hazards.
    hazard_ratio
        Experimental over control; a `PiecewiseHazard` of ratios for a delayed or waning effect: then the average over
        the expected events is used, which depends on the time of the analysis.
    accrual
        Duration and rates of accrual. Without `accrual_rate_fixed` only the pattern of the rates counts.
    n, follow_up, power
        What is not given is solved for: without `n` the patients, without `follow_up` the time from the end of accrual
        to the analysis, with ``power=None`` the power.
    accrual_rate_fixed
        The rates are patients per unit of time. With `follow_up` given, the duration of accrual is solved for (the last
        rate goes on); without it, n is what the rates give.
    inflation
        Factor on the events of a fixed design, from `group_sequential`.
    method
        ``schoenfeld``, ``freedman``, ``hsieh_freedman`` (events first) or ``lachin_foulkes`` (variances under the null
        and the alternative hypothesis from expected events).

    Raises
    ------
    StatsError
        Lists everything that is wrong with the arguments; more events than these patients can give (says the largest
        number).

    References
    ----------
    J. M. Lachin, M. A. Foulkes (1986). Biometrics 42:507; others as `logrank_events`.
    """
    strata = (Stratum(1.0, control),) if isinstance(control, PiecewiseHazard) else tuple(control)
    check = Check()
    check.positive(ratio=ratio, null_hazard_ratio=null_hazard_ratio, n=n, inflation=inflation)
    check.inside(alpha=alpha, **({} if power is None else {"power": power}))
    check.sides(sided)
    if power is not None:
        check.more_than_chance(power=power, alpha=alpha, sided=sided)
    check.one_of("method", method, METHODS)
    _check_effect(check, hazard_ratio, null_hazard_ratio)
    _check_strata(check, strata)
    _check_question(check, n=n, follow_up=follow_up, power=power, fixed=accrual_rate_fixed)
    check.finish()
    plan = SurvivalPlan(
        accrual=accrual.scaled(n) if n is not None else accrual,
        strata=strata,
        hazard_ratio=hazard_ratio if isinstance(hazard_ratio, PiecewiseHazard) else PiecewiseHazard((hazard_ratio,)),
        ratio=ratio,
        dropout=dropout or NO_DROPOUT,
        dropout_control=dropout_control,
    )
    question = _Question(plan, method, alpha, sided, power, null_hazard_ratio, inflation)
    if power is None:
        solved, time = "power", accrual.duration + (follow_up or 0.0)
    elif n is None and not accrual_rate_fixed:
        solved, time = "patients", accrual.duration + (follow_up or 0.0)
        question = replace(question, plan=question.with_patients(time))
    elif follow_up is None:
        solved, time = "follow-up", question.time()
    else:
        solved = "accrual time"
        question = replace(question, plan=question.with_duration(follow_up))
        time = question.plan.accrual.duration + follow_up
    return question.answer(solved, time)


def _check_effect(check: Check, hazard_ratio: float | PiecewiseHazard, null: float) -> None:
    if isinstance(hazard_ratio, PiecewiseHazard):
        if not all(rate > 0.0 for rate in hazard_ratio.rates):
            check.problem("hazard_ratio", f"expected ratios above 0, got {hazard_ratio.rates!r}")
        elif all(rate == null for rate in hazard_ratio.rates):
            check.problem("hazard_ratio", "is that of the null hypothesis at all times: no number of events is enough")
        return
    before = len(check.problems)
    check.positive(hazard_ratio=hazard_ratio)
    if len(check.problems) == before and hazard_ratio == null:
        check.problem(
            "hazard_ratio", f"is {hazard_ratio!r}, that of the null hypothesis: no number of events is enough"
        )


def _check_strata(check: Check, strata: tuple[Stratum, ...]) -> None:
    total = sum(stratum.share for stratum in strata)
    if not strata or abs(total - 1.0) > 1e-9 or any(stratum.share < 0.0 for stratum in strata):
        check.problem("control", f"expected shares of strata that add up to 1, got {total!r}")
    if any(not any(stratum.control.rates) for stratum in strata):
        check.problem("control", "expected a hazard above 0 at some time")


def _check_question(
    check: Check, *, n: float | None, follow_up: float | None, power: float | None, fixed: bool
) -> None:
    if follow_up is not None and not (math.isfinite(follow_up) and follow_up >= 0.0):
        check.problem("follow_up", f"expected 0 or more, got {follow_up!r}")
    if n is not None and fixed:
        check.problem("n", "give the patients or fixed rates of accrual, not both")
    if power is None and (follow_up is None or (n is None and not fixed)):
        check.problem("power", "to solve for the power, give the patients (or fixed rates) and the follow-up")
    if power is not None and n is not None and follow_up is not None:
        check.problem("power", "nothing is left to solve for: leave out n, follow_up, or set power=None")
    if power is not None and n is None and follow_up is None and not fixed:
        check.problem("follow_up", "give the follow-up to solve for patients, or n to solve for the follow-up")


@dataclass(frozen=True, slots=True)
class _Question:
    """A plan and the test it is for."""

    plan: SurvivalPlan
    method: str
    alpha: float
    sided: int
    power: float | None
    null: float
    inflation: float

    def required(self, time: float) -> float:
        """Events needed for the power when the analysis is at a time."""
        z_alpha, z_beta = quantiles(self.alpha, self.sided, self.power or 0.5)
        if self.plan.average_hazard_ratio(time) == self.null:
            raise StatsError(
                f"hazard_ratio: no effect on average by the analysis at {time:.6g}: no number of events is enough; "
                "follow patients for longer"
            )
        if self.method == "lachin_foulkes":
            spread_null, spread = self._spreads(time)
            effect = abs(math.log(self.plan.average_hazard_ratio(time) / self.null))
            factor = ((z_alpha * spread_null + z_beta * spread) / effect) ** 2
            return self.inflation * factor * self.plan.events(time)
        hr = self.plan.average_hazard_ratio(time)
        return self.inflation * (z_alpha + z_beta) ** 2 / PER_EVENT[self.method](hr, self.plan.ratio, self.null)

    def _spreads(self, time: float) -> tuple[float, float]:
        """Standard errors of the log hazard ratio with this plan under the null and the alternative hypothesis."""
        null, alternative = self.plan.arms(time, null=self.null), self.plan.arms(time)
        return math.sqrt(sum(1.0 / e for e in null)), math.sqrt(sum(1.0 / e for e in alternative))

    def with_patients(self, time: float) -> SurvivalPlan:
        """Scale the accrual so that the events needed are expected at the time."""
        expected = self.plan.events(time)
        if not expected > 0.0:
            raise StatsError(f"no events are expected by the analysis at {time:.6g}; follow patients for longer")
        return replace(
            self.plan, accrual=self.plan.accrual.scaled(self.plan.accrual.n * self.required(time) / expected)
        )

    def with_duration(self, follow_up: float) -> SurvivalPlan:
        """Let patients come in at the fixed rates until the events needed are expected at the end of follow-up."""

        def plan(duration: float) -> SurvivalPlan:
            return replace(self.plan, accrual=self.plan.accrual.lasting(duration))

        def excess(duration: float) -> float:
            moved = replace(self, plan=plan(duration))
            return moved.plan.events(duration + follow_up) - moved.required(duration + follow_up)

        high = self.plan.accrual.duration
        while excess(high) < 0.0:
            high *= 2.0
            if high > FOREVER:
                raise StatsError("these rates of accrual never give the events needed")
        low = high
        while excess(low) > 0.0:
            low /= 2.0
        return plan(bracketed_root(excess, low, high))

    def time(self) -> float:
        """First calendar time at which the events needed are expected; with a waning effect later ones may not do."""
        times = self.plan.accrual.duration * SEARCHED
        enough = np.array([self._excess(float(t)) >= 0.0 for t in times])
        if not enough.any():
            most = self.plan.largest()
            best = min(self.required(float(t)) if self._in_favor(float(t)) else math.inf for t in times)
            raise StatsError(
                f"{best:.6g} events are needed and cannot be reached: {self.plan.accrual.n:.6g} "
                f"patients give at most {most:.6g}, however long they are followed; plan more patients, a lower power "
                "or a larger effect"
            )
        at = int(enough.argmax())
        high = float(times[at])
        low = float(times[at - 1]) if at else high
        while at == 0 and low > TINY * high and self._excess(low) > 0.0:
            low /= 2.0
        return bracketed_root(self._excess, low, high)

    def _excess(self, time: float) -> float:
        """Events expected at a time less those needed; where the effect is on the other side, all are lacking."""
        if not self._in_favor(time):
            return -self.plan.largest() - 1.0
        return self.plan.events(time) - self.required(time)

    def _in_favor(self, time: float) -> bool:
        """Whether the average effect by a time is on the side that it has in the end."""
        here, there = (math.log(self.plan.average_hazard_ratio(t) / self.null) for t in (time, FOREVER))
        return here * there > 0.0

    def power_at(self, time: float) -> float:
        """Power when the analysis is at a time."""
        z_alpha, _ = quantiles(self.alpha, self.sided, 0.5)
        effect = abs(math.log(self.plan.average_hazard_ratio(time) / self.null))
        if self.method == "lachin_foulkes":
            spread_null, spread = self._spreads(time)
            return float(ndtr((effect / math.sqrt(self.inflation) - z_alpha * spread_null) / spread))
        hr = self.plan.average_hazard_ratio(time)
        per_event = PER_EVENT[self.method](hr, self.plan.ratio, self.null)
        return float(ndtr(math.sqrt(self.plan.events(time) / self.inflation * per_event) - z_alpha))

    def answer(self, solved: str, time: float) -> LogRankSize:
        """Write down what the plan gives at its analysis."""
        plan = self.plan
        experimental, control = plan.arms(time)
        share = plan.ratio / (1.0 + plan.ratio)
        events = experimental + control
        z_alpha, _ = quantiles(self.alpha, self.sided, 0.5)
        hr = plan.average_hazard_ratio(time)
        limit = z_alpha / math.sqrt(share * (1.0 - share) * events)
        return LogRankSize(
            method=self.method,
            solved_for=solved,
            events=events,
            events_experimental=experimental,
            events_control=control,
            n=plan.accrual.n,
            n_experimental=plan.accrual.n * share,
            n_control=plan.accrual.n * (1.0 - share),
            accrual_duration=plan.accrual.duration,
            follow_up=time - plan.accrual.duration,
            study_duration=time,
            power=self.power_at(time) if self.power is None else self.power,
            alpha=self.alpha,
            sided=self.sided,
            hazard_ratio=hr,
            null_hazard_ratio=self.null,
            ratio=plan.ratio,
            largest_events=plan.largest(),
            critical_hazard_ratio=self.null * math.exp(-limit if hr < self.null else limit),
            plan=plan,
        )
