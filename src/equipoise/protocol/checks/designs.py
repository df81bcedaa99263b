"""Checks the looks of an analysis and the assumptions of its design."""

import itertools
import math

from equipoise.protocol.analyses import Analysis
from equipoise.protocol.checks.report import Report
from equipoise.protocol.model import Protocol
from equipoise.protocol.planning import DesignAssumptions
from equipoise.protocol.source import KeyPath

__all__ = ["check_designs"]

SLACK = 1e-12
NEEDED = {"hwang_shih_decani": "gamma", "kim_demets": "rho", "wang_tsiatis": "Delta"}
WITHOUT = ("lan_demets_obrien_fleming", "lan_demets_pocock", "obrien_fleming", "pocock", "final_only")
MOST_LOOKS = 12


def check_designs(protocol: Protocol, report: Report) -> None:
    """Note problems of planned numbers, looks and design assumptions."""
    for name, analysis in protocol.analyses.items():
        path: KeyPath = ("analyses", name)
        if analysis.power is not None and analysis.power <= analysis.alpha:
            report.add(
                (*path, "power"), "the power is not above alpha", seen=f"{analysis.power:g} and {analysis.alpha:g}"
            )
        _check_effect(analysis, path, report)
        _check_looks(analysis, path, report)
        _check_spending(analysis, path, report)
        _check_patients(protocol, analysis, path, report)
        if analysis.design is not None:
            _check_kind(protocol, analysis, analysis.design, path, report)
            _check_assumptions(protocol, analysis, analysis.design, path, report)


def _check_effect(analysis: Analysis, path: KeyPath, report: Report) -> None:
    control, experimental = analysis.median_control_months, analysis.median_experimental_months
    message = "the hazard ratio is 1: no number of events is enough"
    worse = "the experimental arm is planned to be worse than control, which the test never calls a success"
    design = analysis.design
    if design is not None and design.hazard_ratio is not None:
        if design.hazard_ratio == 1.0:
            report.add((*path, "design", "hazard_ratio"), message, seen="1", expected="a ratio below 1")
        elif design.hazard_ratio > 1.0:
            report.add(
                (*path, "design", "hazard_ratio"),
                worse,
                seen=f"{design.hazard_ratio:g}",
                expected="a ratio below 1, experimental over control",
            )
    elif control is not None and control == experimental:
        report.add((*path, "median_experimental_months"), message, seen=f"{control:g} months in both arms")
    elif control is not None and experimental is not None and experimental < control:
        report.add(
            (*path, "median_experimental_months"),
            worse,
            seen=f"{experimental:g} months against {control:g} under control",
            expected=f"more than {control:g} months",
        )
    if design is not None and design.effect and all(phase.hazard_ratio == 1.0 for phase in design.effect):
        report.add((*path, "design", "effect"), message, seen="1 at all times")


def _check_kind(
    protocol: Protocol, analysis: Analysis, design: DesignAssumptions, path: KeyPath, report: Report
) -> None:
    """Shares and means fit the analysis they are of."""
    place: KeyPath = (*path, "design")
    response, mean = design.response, design.mean
    if response is not None and mean is not None:
        report.add((*place, "mean"), "an analysis is of responses or of means", seen="both", expected="one of them")
    survival = analysis.test is not None and analysis.test.logrank is not None
    for key, value in (("response", response), ("mean", mean)):
        if value is not None and survival:
            message = "the analysis is of a time to event: a log-rank test is planned by medians or a hazard ratio"
            report.add((*place, key), message, seen=key, expected="no such plan, or a test of responses")
    if mean is not None and mean.difference == 0.0:
        report.add((*place, "mean", "difference"), "no number of patients is enough", seen="0")
    if response is None:
        return
    other = {"control": response.control, "null": response.null}
    given = [name for name, value in other.items() if value is not None]
    if len(given) != 1:
        seen, expected = ", ".join(given) or "none", "control where there are two arms, null where there is one"
        report.add((*place, "response"), "there is one share to compare with", seen=seen, expected=expected)
        return
    base = response.control if response.control is not None else response.null
    if base == response.experimental:
        seen = f"{base:g} in both"
        report.add((*place, "response", "experimental"), "no number of patients is enough", seen=seen)
    elif response.null is not None and response.experimental < response.null:
        seen, expected = f"{response.experimental:g}", f"more than {response.null:g}"
        report.add((*place, "response", "experimental"), "one arm is tested for more", seen=seen, expected=expected)
    if response.control is not None and len(protocol.arms) < 2:
        report.add((*place, "response", "control"), "there is one arm", seen="control", expected="null")


def _check_looks(analysis: Analysis, path: KeyPath, report: Report) -> None:
    planned = analysis.planned_events
    if len(analysis.interims) >= MOST_LOOKS:
        seen = f"{len(analysis.interims)} interim looks"
        report.add((*path, "interims"), "there are too many looks", seen=seen, expected=f"at most {MOST_LOOKS - 1}")
    known: list[tuple[int, float]] = []
    for index, look in enumerate(analysis.interims):
        if look.at_events is not None and planned is not None and look.at_events >= planned:
            message = "an interim look comes at the final analysis or after it"
            seen = f"{look.at_events} events, the final analysis at {planned}"
            report.add(
                (*path, "interims", index, "at_events"), message, seen=seen, expected=f"fewer than {planned} events"
            )
        if look.at_events is not None and planned is not None:
            known.append((index, look.at_events / planned))
        elif look.at_fraction is not None:
            known.append((index, look.at_fraction))
    for (before, low), (index, high) in itertools.pairwise(known):
        mixed = (analysis.interims[before].at_events is None) != (analysis.interims[index].at_events is None)
        if high <= low and mixed:
            seen = f"{high:.3g} of the planned events after {low:.3g}"
            report.add((*path, "interims", index), "the looks stand in order of time", seen=seen)


def _check_spending(analysis: Analysis, path: KeyPath, report: Report) -> None:
    total = 0.0
    for index, look in enumerate(analysis.interims):
        total += look.alpha_spent or 0.0
        if total > analysis.alpha + SLACK:
            seen = f"{total:g} up to this look, alpha is {analysis.alpha:g}"
            place = (*path, "interims", index, "alpha_spent")
            report.add(place, "the looks spend more than alpha", seen=seen, expected=f"at most {analysis.alpha:g}")
            return
    if analysis.interims and total and abs(total - analysis.alpha) <= SLACK:
        place = (*path, "interims", len(analysis.interims) - 1, "alpha_spent")
        report.add(place, "nothing is left of alpha for the final analysis", seen=f"{total:g} spent before it")


def _patients(protocol: Protocol, analysis: Analysis) -> int | None:
    """Patients planned for an analysis, where any place of the protocol says so."""
    design = analysis.design
    if design is not None and design.patients is not None:
        return design.patients
    if analysis.cohort is not None:
        cohort = protocol.cohorts.get(analysis.cohort)
        return cohort.planned_subjects if cohort is not None else None
    return protocol.randomization.planned_subjects


def _check_patients(protocol: Protocol, analysis: Analysis, path: KeyPath, report: Report) -> None:
    patients, planned = _patients(protocol, analysis), analysis.planned_events
    if patients is None or planned is None:
        return
    largest = patients * _ever(analysis)
    if planned > largest:
        message = "more events are planned than the patients can give, however long they are followed"
        seen = f"{planned} events from {patients} patients"
        report.add((*path, "planned_events"), message, seen=seen, expected=f"at most {math.floor(largest)}")


def _ever(analysis: Analysis) -> float:
    """Share of the patients who ever have an event, where dropout is planned; the larger one of the two arms."""
    design = analysis.design
    loss = design.dropout_per_year if design is not None else 0.0
    medians = [m for m in (analysis.median_control_months, analysis.median_experimental_months) if m is not None]
    if not loss or not medians or (design is not None and (design.control or design.effect)):
        return 1.0
    dropout = -math.log1p(-loss) / 12
    return max(math.log(2) / m / (math.log(2) / m + dropout) for m in medians)


def _check_assumptions(
    protocol: Protocol, analysis: Analysis, design: DesignAssumptions, path: KeyPath, report: Report
) -> None:
    place: KeyPath = (*path, "design")
    accrual = design.accrual
    if accrual is not None and design.study_months is not None:
        if accrual.months > design.study_months:
            seen = f"{accrual.months:g} months of accrual in a study of {design.study_months:g}"
            report.add((*place, "accrual", "months"), "accrual takes longer than the study", seen=seen)
        elif design.follow_up_months is not None and accrual.months + design.follow_up_months > design.study_months:
            seen = f"{accrual.months:g} + {design.follow_up_months:g} months in {design.study_months:g}"
            report.add((*place, "follow_up_months"), "accrual and follow-up take longer than the study", seen=seen)
    for key, phases in (
        (("accrual", "phases"), accrual.phases if accrual is not None else ()),
        (("control",), design.control),
        (("effect",), design.effect),
    ):
        _check_phases([phase.until_month for phase in phases], (*place, *key), report)
    _check_boundary(analysis, design, place, report)
    _check_strata(protocol, analysis, design, place, report)
    for arm in design.realized:
        report.must_be_known((*place, "realized", arm), arm, "arms", "arm")


def _check_phases(ends: list[float | None], place: KeyPath, report: Report) -> None:
    for index, end in enumerate(ends[:-1]):
        following = ends[index + 1]
        if end is None:
            report.add((*place, index), "only the last stretch goes on for ever", expected="until_month")
        elif following is not None and following <= end:
            seen = f"{following:g} after {end:g}"
            report.add((*place, index + 1, "until_month"), "the stretches stand in order of time", seen=seen)
    if ends and ends[-1] is not None:
        report.add((*place, len(ends) - 1), "the last stretch goes on for ever", expected="no until_month")


def _check_boundary(analysis: Analysis, design: DesignAssumptions, place: KeyPath, report: Report) -> None:
    for name, parameter, key in (
        (design.boundary, design.boundary_parameter, "boundary_parameter"),
        (design.futility, design.futility_parameter, "futility_parameter"),
    ):
        if name in NEEDED and parameter is None:
            report.add(place, f"{name} needs its parameter", expected=f"{key}: {NEEDED[name]}")
        elif parameter is not None and (name is None or name in WITHOUT):
            report.add((*place, key), f"{name or 'nothing'} has no parameter", seen=f"{parameter:g}")
    futile = [look.futility for look in analysis.interims]
    if analysis.sided == 2 and any(bound is not None and bound < 0 for bound in design.futility_bounds):
        seen = ", ".join("null" if bound is None else f"{bound:g}" for bound in design.futility_bounds)
        message = "with two sides the trial stops for futility where Z is near 0: the bounds are of its size"
        report.add((*place, "futility_bounds"), message, seen=seen, expected="0 or more, or null for none")
    if design.futility is not None and not all(futile):
        message = "the type II error is spent at every look, but not every look may stop for futility"
        report.add((*place, "futility"), message, expected="futility: true at each look, or futility_bounds")
    if design.futility is not None and design.futility_bounds:
        report.add((*place, "futility_bounds"), "give a spending function or bounds, not both")
    if design.futility_bounds and len(design.futility_bounds) != len(analysis.interims):
        seen = f"{len(design.futility_bounds)} bounds, {len(analysis.interims)} interim looks"
        report.add((*place, "futility_bounds"), "there is one futility bound for each interim look", seen=seen)


def _check_strata(
    protocol: Protocol, analysis: Analysis, design: DesignAssumptions, place: KeyPath, report: Report
) -> None:
    cohort = analysis.cohort if analysis.cohort in protocol.cohorts else None
    known = list(protocol.strata(cohort))
    for key, content in (("strata", design.strata), ("prognosis", design.prognosis)):
        for factor in content:
            if factor not in known:
                report.unknown((*place, key, factor), "stratification factor", factor, known)
    for factor, shares in design.strata.items():
        if abs(sum(shares.values()) - 1.0) > 1e-6:
            seen = f"{sum(shares.values()):g}"
            report.add((*place, "strata", factor), "the shares of the levels do not add up to 1", seen=seen)
