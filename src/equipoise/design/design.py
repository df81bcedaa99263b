"""A protocol to its design: sizes, bounds, operating characteristics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from equipoise.design.allocator import MOST_TESTS, allocator_behavior, logrank_sizes, read_allocator
from equipoise.design.assumptions import designed, median_of, read_assumptions, what_is_missing
from equipoise.design.comparison_paragraph import comparison_paragraph
from equipoise.design.comparison_size import comparison_sizes
from equipoise.design.comparisons import compared, comparison_design, read_comparison
from equipoise.design.errors import DesignError
from equipoise.design.paragraph import statistical_paragraph
from equipoise.design.scenarios import accrual_scenarios, event_curve, shape_scenarios
from equipoise.design.simulation import Mapper, on_threads, simulated_power
from equipoise.design.size import (
    METHODS,
    average_hazard_ratios,
    finite,
    fixed_events,
    fixed_sizes,
    other_looks,
    planned_design,
    power_curve,
    realized_size,
)
from equipoise.protocol import assumed_items

if TYPE_CHECKING:
    from equipoise.design.assumptions import Assumptions
    from equipoise.protocol import Protocol
    from equipoise.stats import GroupSequential

__all__ = ["design_analysis", "design_comparison", "design_trial"]

MOST_COMPARED = 500
"""Trials in which all tests are compared: they cost more than a log-rank test."""
MOST_ALLOCATED = 10_000


def design_trial(
    protocol: Protocol, *, trials: int | None = None, mapper: Mapper = on_threads, simulate: bool = True
) -> dict[str, Any]:
    """Compute the design of every analysis that declares one: the content of design.json.

    Parameters
    ----------
    protocol
        The protocol; analyses need power and, with a log-rank test, medians or a hazard ratio, else ``design.response``
        or ``design.mean``.
    trials
        Simulated trials; as the protocol says unless given.
    mapper
        Where blocks of trials are simulated.
    simulate
        Whether to simulate; False gives sizes and bounds only.

    Raises
    ------
    DesignError
        No analysis has a design (says what each lacks), or one that is impossible.
    """
    survival, others = designed(protocol), compared(protocol)
    names = [name for name in protocol.analyses if name in survival or name in others]
    if not names:
        lacking = [
            f"{name} lacks {', '.join(_lacking(protocol, name))}"
            for name, analysis in protocol.analyses.items()
            if analysis.role == "primary" or (analysis.test is not None and analysis.test.logrank is not None)
        ]
        reason = "; ".join(lacking) or "no analysis is primary"
        raise DesignError(f"the protocol declares no design that can be computed: {reason}")
    designs = {
        name: design_analysis(protocol, name, trials=trials, mapper=mapper, simulate=simulate)
        if name in survival
        else design_comparison(protocol, name, trials=trials, simulate=simulate)
        for name in names
    }
    return {
        "study_id": protocol.study_id,
        "title": protocol.trial.title,
        "trial": protocol.trial.id,
        "synthetic": protocol.trial.synthetic,
        "analyses": designs,
        "without_design": {
            name: _lacking(protocol, name)
            for name, analysis in protocol.analyses.items()
            if name not in names and analysis.role == "primary"
        },
    }


def _lacking(protocol: Protocol, name: str) -> list[str]:
    """Say what a design of an analysis would need, by what it is of."""
    analysis = protocol.analyses[name]
    kind = protocol.endpoints[analysis.endpoint].kind
    if (analysis.test is not None and analysis.test.logrank is not None) or kind in ("time_to_event", "deterioration"):
        return what_is_missing(protocol, analysis)
    design = analysis.design
    found = [] if analysis.power is not None else ["power"]
    if design is None or (design.response is None and design.mean is None):
        found.append("design.mean" if kind == "change" else "design.response")
    return found


def design_comparison(
    protocol: Protocol, name: str, *, trials: int | None = None, simulate: bool = True
) -> dict[str, Any]:
    """Compute the design of an analysis of responses or means; parameters and errors as `design_trial`."""
    plan = read_comparison(protocol, name)
    count = _trials(plan.declared.trials, trials)
    arms = {"experimental": protocol.arms[plan.experimental].label}
    if plan.control is not None:
        arms["control"] = protocol.arms[plan.control].label
    ratio = protocol.ratio(plan.cohort)
    pair = [ratio[arm] for arm in (plan.experimental, plan.control) if arm in ratio]
    content: dict[str, Any] = {
        "label": _label(protocol, plan.endpoint, plan.cohort),
        "kind": plan.kind,
        "endpoint": plan.endpoint,
        "cohort": plan.cohort,
        "arms": arms,
        "other_comparisons": [] if plan.control is None else _others(protocol, name, plan.experimental, plan.control),
        "ratio": None if plan.control is None else plan.ratio,
        "all_arms": 1.0 if plan.control is None else sum(ratio.values()) / sum(pair),
        "alpha": plan.alpha,
        "sided": plan.sided,
        "power": plan.power,
        "patients": plan.patients,
        **comparison_design(plan),
        "seed": plan.declared.seed,
        "allocator": None,
        "assumed": _assumed(protocol, name),
    }
    if simulate and plan.control is not None:
        allocator = read_allocator(protocol, plan)
        sizes = comparison_sizes(plan, allocator, min(count, MOST_TESTS))
        content["allocator"] = allocator_behavior(plan, allocator, trials=min(count, MOST_ALLOCATED), sizes=sizes)
    content["paragraph"] = comparison_paragraph(content)
    return content


def _trials(declared: int, asked: int | None) -> int:
    if asked is not None and asked < 1:
        raise DesignError(f"trials: expected 1 or more, got {asked}")
    return declared if asked is None else asked


def _label(protocol: Protocol, endpoint: str, cohort: str | None) -> str:
    return protocol.endpoints[endpoint].label + (f", {protocol.cohorts[cohort].label}" if cohort else "")


def design_analysis(
    protocol: Protocol,
    name: str,
    *,
    trials: int | None = None,
    mapper: Mapper = on_threads,
    simulate: bool = True,
) -> dict[str, Any]:
    """Compute the design of one analysis; parameters and errors as `design_trial`."""
    plan = read_assumptions(protocol, name)
    count = _trials(plan.declared.trials, trials)
    sequential, events = planned_design(plan)
    allocator = read_allocator(protocol, plan)
    content: dict[str, Any] = {
        "label": _label(protocol, plan.endpoint, plan.cohort),
        "kind": "survival",
        "endpoint": plan.endpoint,
        "cohort": plan.cohort,
        "arms": {
            "experimental": protocol.arms[plan.experimental].label,
            "control": protocol.arms[plan.control].label,
        },
        "other_comparisons": _others(protocol, name, plan.experimental, plan.control),
        "ratio": plan.ratio,
        "alpha": plan.alpha,
        "sided": plan.sided,
        "power": plan.power,
        "stratified": plan.stratified,
        "patients": plan.patients,
        "planned_events": plan.planned_events,
        "effect": _effect(plan, (sequential.information * events).tolist()),
        "fixed": {"methods": fixed_sizes(plan), "planned": _planned(plan)},
        "sequential": _sequential(plan, sequential, events),
        "other_looks": other_looks(plan),
        "realized": realized_size(plan),
        "power_curve": power_curve(plan, sequential, events),
        "accrual": accrual_scenarios(plan, sequential, events),
        "event_curve": event_curve(plan, events),
        "seed": plan.declared.seed,
        "simulation": None,
        "shapes": None,
        "allocator": None,
        "assumed": _assumed(protocol, name),
    }
    if simulate:
        sizes = logrank_sizes(plan, allocator, min(count, MOST_TESTS))
        content["allocator"] = allocator_behavior(plan, allocator, trials=min(count, MOST_ALLOCATED), sizes=sizes)
        if plan.declared.accrual is not None and plan.patients is not None:
            run = {"mapper": mapper}
            content["simulation"] = simulated_power(plan, allocator, sequential, events, trials=count, **run)
            compared = min(count, MOST_COMPARED)
            content["shapes"] = shape_scenarios(plan, allocator, sequential, events, trials=compared, **run)
    content["paragraph"] = statistical_paragraph(content)
    return content


def _others(protocol: Protocol, name: str, experimental: str, control: str) -> list[list[str]]:
    """Labels of the other pairs of arms that the analysis compares."""
    pairs = [pair for pair in protocol.comparisons(protocol.analyses[name]) if pair != (experimental, control)]
    return [[protocol.arms[arm].label for arm in pair] for pair in pairs]


def _planned(plan: Assumptions) -> dict[str, Any]:
    method = plan.declared.method
    return {"method": method, "label": METHODS[method], "events": fixed_events(plan)}


def _effect(plan: Assumptions, events: list[float]) -> dict[str, Any]:
    constant = len(plan.effect.rates) == 1 and len(plan.control_hazard.rates) == 1
    return {
        "hazard_ratio": plan.hazard_ratio,
        "hazard_ratios": list(plan.effect.rates),
        "changes_at_months": list(plan.effect.cuts),
        "average_hazard_ratios": average_hazard_ratios(plan, events),
        "medians": {"control": median_of(plan.control_hazard), "experimental": plan.median_experimental}
        if constant
        else None,
    }


def _sequential(plan: Assumptions, design: GroupSequential, events: float) -> dict[str, Any]:
    solution = next(
        (row for row in fixed_sizes(plan, inflation=design.inflation) if row["method"] == plan.declared.method), {}
    )
    even = np.arange(1, design.information.size + 1) / design.information.size
    under = {"planned": design.crossing(design.drift), "none": design.crossing(0.0)}
    return {
        "boundary": design.boundary,
        "boundary_parameter": design.boundary_parameter,
        "futility": design.futility,
        "futility_parameter": design.futility_parameter,
        "binding": design.binding,
        "information": design.information.tolist(),
        "equally_spaced": bool(np.allclose(design.information, even, atol=1e-9)),
        "upper": finite(design.upper.tolist()),
        "lower": finite(design.lower.tolist()),
        "inner": None if design.inner is None else finite(design.inner.tolist()),
        "p_value": design.p_value.tolist(),
        "alpha_spent": design.alpha_spent.tolist(),
        "beta_spent": design.beta_spent.tolist(),
        "events": (design.information * events).tolist(),
        "total_events": events,
        "inflation": design.inflation,
        "drift": design.drift,
        "expected_events": {name: c.expected_information * events for name, c in under.items()},
        "solution": {key: value for key, value in solution.items() if key not in ("method", "label")},
    }


def _assumed(protocol: Protocol, name: str) -> dict[str, str | None]:
    place = f"analyses.{name}"
    return {
        key.removeprefix(place + "."): note
        for key, note in assumed_items(protocol).items()
        if key == place or key.startswith(place + ".")
    }
