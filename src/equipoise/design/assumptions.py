"""What a protocol says about the size of an analysis, in the units of the statistics: months, hazards, fractions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from equipoise.design.errors import DesignError
from equipoise.protocol import DesignAssumptions
from equipoise.stats import Accrual, PiecewiseHazard

if TYPE_CHECKING:
    from collections.abc import Sequence

    from equipoise.protocol import Analysis, Protocol

__all__ = ["MONTH", "Assumptions", "designed", "given_futility", "read_assumptions", "what_is_missing"]

MONTH = 30.4375
"""Days in a month."""
DEFAULT_BOUNDARY = "lan_demets_obrien_fleming"


@dataclass(frozen=True, kw_only=True)
class Assumptions:
    """Assumptions of one analysis. Times are months, hazards per month."""

    analysis: str
    endpoint: str
    cohort: str | None
    experimental: str
    control: str
    ratio: float
    """Patients in the experimental arm for one in the control arm."""
    share: float
    """Share of all patients of the analysis who are in the two arms compared."""
    alpha: float
    sided: int
    power: float
    control_hazard: PiecewiseHazard
    effect: PiecewiseHazard
    stratified: bool
    patients: int | None
    """Patients of all arms."""
    declared: DesignAssumptions
    boundary: str | tuple[float, ...]
    """Name of the boundary, or the cumulative alpha spent at each look."""
    interim_fractions: tuple[float | None, ...]
    interim_events: tuple[int | None, ...]
    planned_events: int | None

    @property
    def hazard_ratio(self) -> float:
        """Hazard ratio; of an effect that changes with time the last one."""
        return self.effect.rates[-1]

    @property
    def dropout(self) -> PiecewiseHazard:
        """Hazard of dropping out."""
        return PiecewiseHazard((-math.log1p(-self.declared.dropout_per_year) / 12.0,))

    @property
    def two_arms(self) -> int | None:
        """Patients in the two arms compared."""
        return None if self.patients is None else round(self.patients * self.share)

    @property
    def median_control(self) -> float:
        """Median under control."""
        return median_of(self.control_hazard)

    @property
    def median_experimental(self) -> float:
        """Median of the experimental arm."""
        return median_of(self.control_hazard.times(self.effect))

    @property
    def accrual(self) -> Accrual | None:
        """Accrual of the two arms compared, scaled to their patients where their number is known."""
        planned = self.declared.accrual
        if planned is None:
            return None
        rates = tuple(phase.per_month for phase in planned.phases) or (1.0,)
        cuts = tuple(phase.until_month for phase in planned.phases[:-1] if phase.until_month is not None)
        shape = Accrual(planned.months, rates, cuts)
        return shape if self.two_arms is None else shape.scaled(self.two_arms)


def median_of(hazard: PiecewiseHazard) -> float:
    """Median of a time with a piecewise constant hazard; infinite where half never have the event."""
    left, start = math.log(2.0), 0.0
    for rate, end in zip(hazard.rates, (*hazard.cuts, math.inf), strict=True):
        if rate * (end - start) >= left:
            return start + left / rate
        left -= rate * (end - start) if rate else 0.0
        start = end
    return math.inf


def designed(protocol: Protocol) -> list[str]:
    """Analyses from which a design can be computed."""
    return [name for name, analysis in protocol.analyses.items() if not what_is_missing(protocol, analysis)]


def what_is_missing(protocol: Protocol, analysis: Analysis) -> list[str]:
    """Say what a design would need that an analysis does not declare."""
    missing = []
    design = analysis.design or DesignAssumptions()
    if analysis.test is None or analysis.test.logrank is None:
        missing.append("test: {logrank: ...}")
    if analysis.power is None:
        missing.append("power")
    if analysis.median_control_months is None and not design.control:
        missing.append("median_control_months")
    if analysis.median_experimental_months is None and design.hazard_ratio is None and not design.effect:
        missing.append("median_experimental_months (or design.hazard_ratio)")
    if not protocol.comparisons(analysis):
        missing.append("an experimental and a control arm")
    return missing


def read_assumptions(protocol: Protocol, name: str) -> Assumptions:
    """Read the assumptions of an analysis off a protocol.

    Raises
    ------
    DesignError
        Listing what is missing, or a spending of alpha that is given at some looks only.
    """
    analysis = protocol.analyses[name]
    missing = what_is_missing(protocol, analysis)
    if missing:
        raise DesignError(f"analysis {name!r} has no design: it lacks {', '.join(missing)}")
    design = analysis.design or DesignAssumptions()
    experimental, control = protocol.comparisons(analysis)[0]
    ratio = protocol.ratio(analysis.cohort)
    lost = [arm for arm in (experimental, control) if arm not in ratio]
    if lost:
        raise DesignError(f"analysis {name!r}: the arm {lost[0]!r} has no share in the randomization ratio")
    test = analysis.test.logrank if analysis.test is not None else None
    return Assumptions(
        analysis=name,
        endpoint=analysis.endpoint,
        cohort=analysis.cohort,
        experimental=experimental,
        control=control,
        ratio=ratio[experimental] / ratio[control],
        share=(ratio[experimental] + ratio[control]) / sum(ratio.values()),
        alpha=analysis.alpha,
        sided=analysis.sided,
        power=analysis.power or 0.0,
        control_hazard=_control(analysis, design),
        effect=_effect(analysis, design),
        stratified=test is not None and test.strata != "none",
        patients=_patients(protocol, analysis, design),
        declared=design,
        boundary=_boundary(name, analysis, design),
        interim_fractions=tuple(look.at_fraction for look in analysis.interims),
        interim_events=tuple(look.at_events for look in analysis.interims),
        planned_events=analysis.planned_events,
    )


def _pieces(values: Sequence[float], ends: Sequence[float | None]) -> PiecewiseHazard:
    return PiecewiseHazard(tuple(values), tuple(end for end in ends[:-1] if end is not None))


def _control(analysis: Analysis, design: DesignAssumptions) -> PiecewiseHazard:
    if design.control:
        hazards = [math.log(2.0) / phase.median_months for phase in design.control]
        return _pieces(hazards, [phase.until_month for phase in design.control])
    return PiecewiseHazard.from_median(analysis.median_control_months or 1.0)


def _effect(analysis: Analysis, design: DesignAssumptions) -> PiecewiseHazard:
    if design.effect:
        ratios = [phase.hazard_ratio for phase in design.effect]
        return _pieces(ratios, [phase.until_month for phase in design.effect])
    if design.hazard_ratio is not None:
        return PiecewiseHazard((design.hazard_ratio,))
    control = analysis.median_control_months
    if control is None:
        raise DesignError(
            f"analysis of {analysis.endpoint!r}: medians give a hazard ratio under constant hazards only; "
            "give design.hazard_ratio beside design.control"
        )
    return PiecewiseHazard((control / (analysis.median_experimental_months or control),))


def _patients(protocol: Protocol, analysis: Analysis, design: DesignAssumptions) -> int | None:
    if design.patients is not None:
        return design.patients
    if analysis.cohort is not None:
        return protocol.cohorts[analysis.cohort].planned_subjects
    return protocol.randomization.planned_subjects or protocol.registry.enrollment


def _boundary(name: str, analysis: Analysis, design: DesignAssumptions) -> str | tuple[float, ...]:
    given = [look.alpha_spent for look in analysis.interims]
    if design.boundary is not None or not any(value is not None for value in given):
        return design.boundary or DEFAULT_BOUNDARY
    if any(value is None for value in given):
        raise DesignError(
            f"analysis {name!r}: alpha_spent stands at some looks only; give it at each look, or design.boundary"
        )
    spent = [math.fsum(value or 0.0 for value in given[: k + 1]) for k in range(len(given))]
    return (*spent, analysis.alpha)


def given_futility(declared: DesignAssumptions) -> list[float] | None:
    """Futility bounds given, minus infinity where there is none; None where none is given."""
    return [-math.inf if bound is None else bound for bound in declared.futility_bounds] or None
