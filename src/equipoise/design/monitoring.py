"""An interim look: bounds at the events that are there, and what Z means."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from equipoise.design.assumptions import Assumptions, read_assumptions
from equipoise.design.errors import DesignError
from equipoise.design.size import average_hazard_ratios, finite, planned_design
from equipoise.stats import conditional_power, group_sequential, monitoring_bounds, predictive_power

if TYPE_CHECKING:
    from collections.abc import Sequence

    from equipoise.protocol import Protocol
    from equipoise.stats import GroupSequential

__all__ = ["LookPlan", "MonitoredLook", "monitor_look", "plan_looks"]


@dataclass(frozen=True, kw_only=True)
class LookPlan:
    """The looks of an analysis as planned."""

    assumptions: Assumptions
    design: GroupSequential
    events: tuple[float, ...]
    """Events planned at the looks."""
    endpoints: tuple[str, ...]
    """Endpoint read at each look."""
    hazard_ratio: float
    """Hazard ratio planned; its average over the events of the final analysis where it changes with time."""

    @property
    def looks(self) -> int:
        """Number of looks, the final one included."""
        return len(self.events)


@dataclass(frozen=True, kw_only=True)
class MonitoredLook:
    """A look at the events that are there. Z is positive in favor of the experimental arm."""

    look: int
    final: bool
    sided: int
    events: tuple[int, ...]
    """Events at the looks so far."""
    planned_events: float
    """Events planned for this look."""
    information: float
    """Fraction of the events planned for the last look."""
    planned_information: float
    upper: float
    """Efficacy bound at these events."""
    planned_upper: float
    lower: float | None
    """Futility bound of Z at these events, with two sides of its size, where the design has one."""
    alpha_spent: float
    """Up to this look."""
    alpha_spent_before: float
    p_bound: float
    """One-sided p-value that reaches the bound."""
    z: float | None
    log_hazard_ratio: float | None
    """Minus Z over the root of the information."""
    conf_low: float | None
    conf_high: float | None
    """Repeated limits of the hazard ratio."""
    conditional_power_planned: float | None
    conditional_power_trend: float | None
    predictive_power: float | None

    @property
    def crossed(self) -> bool | None:
        """Whether Z reaches the efficacy bound; None without Z."""
        return None if self.z is None else self.z >= self.upper

    @property
    def futile(self) -> bool | None:
        """Whether Z, with two sides its size, lies at or below the futility bound; None without Z or bound."""
        if self.z is None or self.lower is None or self.final:
            return None
        return (abs(self.z) if self.sided == 2 else self.z) <= self.lower

    @property
    def crossed_other_side(self) -> bool | None:
        """Whether Z reaches the bound in favor of the control arm; None without Z or with one side."""
        return None if self.z is None or self.sided == 1 else self.z <= -self.upper


def plan_looks(protocol: Protocol, analysis: str) -> LookPlan:
    """Read the looks of an analysis off a protocol.

    Raises
    ------
    DesignError
        As `design_trial`.
    """
    plan = read_assumptions(protocol, analysis)
    design, needed = planned_design(plan)
    total = float(plan.planned_events or needed)
    declared = protocol.analyses[analysis]
    events = tuple((design.information * total).tolist())
    return LookPlan(
        assumptions=plan,
        design=design,
        hazard_ratio=(average_hazard_ratios(plan, events) or [plan.hazard_ratio])[-1],
        events=events,
        endpoints=(*(look.source or declared.endpoint for look in declared.interims), declared.endpoint),
    )


def monitor_look(
    plan: LookPlan, *, look: int, events: Sequence[int], z: float | None = None, share: float | None = None
) -> MonitoredLook:
    """Recompute the bounds of a look at the events that are there.

    Parameters
    ----------
    plan
        The looks as planned.
    look
        Number of the look, from 1; the last one spends all alpha that is left.
    events
        Events at the looks that took place, this one last.
    z
        Log-rank statistic, positive in favor of the experimental arm.
    share
        Share of the patients in the experimental arm; that planned unless given.

    Raises
    ------
    DesignError
        A look that the design does not have, events that do not rise.
    """
    if not 1 <= look <= plan.looks:
        raise DesignError(
            f"there is no look {look}: the design has {plan.looks} look{'s' * (plan.looks != 1)}, "
            "the last one is the final analysis"
        )
    final, total = look == plan.looks, plan.events[-1]
    try:
        bounds = monitoring_bounds(plan.design, [float(n) for n in events], planned=total, final=final)
    except ValueError as error:
        raise DesignError(f"look {look} with {', '.join(map(str, events))} events so far: {error}") from error
    k = len(events) - 1
    p = plan.assumptions.ratio / (1.0 + plan.assumptions.ratio) if share is None else share
    now = events[-1] * p * (1.0 - p)
    upper = float(bounds.upper[k])
    chances = _chances(plan, look, events, z, p) if z is not None and not final else (None, None, None)
    estimate = -z / math.sqrt(now) if z is not None and now > 0.0 else None
    half = upper / math.sqrt(now) if now > 0.0 else math.inf
    return MonitoredLook(
        look=look,
        final=final,
        sided=plan.assumptions.sided,
        events=tuple(events),
        planned_events=plan.events[look - 1],
        information=events[-1] / total,
        planned_information=float(plan.design.information[look - 1]),
        upper=upper,
        planned_upper=float(plan.design.upper[look - 1]),
        lower=_futility(plan, look, events),
        alpha_spent=float(bounds.alpha_spent[k]),
        alpha_spent_before=float(bounds.alpha_spent[k - 1]) if k else 0.0,
        p_bound=float(bounds.p_value[k]),
        z=z,
        log_hazard_ratio=estimate,
        conf_low=None if estimate is None else math.exp(estimate - half),
        conf_high=None if estimate is None else math.exp(estimate + half),
        conditional_power_planned=chances[0],
        conditional_power_trend=chances[1],
        predictive_power=chances[2],
    )


def _still_planned(plan: LookPlan, look: int, now: int) -> list[float]:
    """Events of the looks to come; a look that is overtaken already is left out, the last one stays ahead."""
    later = [count for count in plan.events[look:] if count > now]
    return later or [now + 1.0]


def _chances(
    plan: LookPlan, look: int, events: Sequence[int], z: float, share: float
) -> tuple[float | None, float | None, float | None]:
    """Conditional power under the effect planned and under the trend, and predictive power."""
    unit = share * (1.0 - share)
    later = _still_planned(plan, look, events[-1])
    if events[-1] >= plan.events[-1]:
        return None, None, None
    ahead = monitoring_bounds(plan.design, [*map(float, events), *later], planned=plan.events[-1], final=True)
    now, amounts, upper = events[-1] * unit, np.array(later) * unit, ahead.upper[len(events) :]
    effect = -math.log(plan.hazard_ratio)
    planned = conditional_power(z, now=now, information=amounts, upper=upper, effect=effect)
    trend = conditional_power(z, now=now, information=amounts, upper=upper)
    return planned.power, trend.power, predictive_power(z, now=now, information=amounts, upper=upper).power


def _futility(plan: LookPlan, look: int, events: Sequence[int]) -> float | None:
    """Futility bound of this look, solved again with the events that are there and the looks still planned."""
    declared, a = plan.assumptions.declared, plan.assumptions
    if look == plan.looks or plan.design.futility is None:
        return None
    if declared.futility is None:
        bounds = plan.design.lower if plan.design.inner is None else plan.design.inner
        return finite([float(bounds[look - 1])])[0]
    later = _still_planned(plan, look, events[-1])
    looks = [*map(float, events), *later]
    ahead = monitoring_bounds(plan.design, looks, planned=plan.events[-1], final=True)
    again = group_sequential(
        np.array(looks),
        alpha=a.alpha,
        sided=a.sided,  # type: ignore[arg-type]
        power=a.power,
        boundary=ahead.alpha_spent,
        futility=declared.futility,
        futility_parameter=declared.futility_parameter,
    )
    bounds = again.lower if again.inner is None else again.inner
    return finite([float(bounds[len(events) - 1])])[0]
