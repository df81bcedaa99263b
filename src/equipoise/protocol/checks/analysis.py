"""Checks analyses, subgroups, safety and data cuts."""

import itertools

from equipoise.protocol.analyses import Analysis
from equipoise.protocol.checks.report import Report
from equipoise.protocol.model import Protocol
from equipoise.protocol.source import KeyPath

__all__ = ["check_analyses"]

_RESERVED = frozenset(
    {"flow", "populations", "strata", "accrual", "baseline", "exposure", "follow_up", "deaths", "unknown_onset"}
    | {"central_review", "reader_agreement", "turnaround"}
    | {"safety_overview", "safety_terms", "safety_overview_crossover", "safety_terms_crossover"}
)
"""Names that results use for analyses of every trial."""


def check_analyses(protocol: Protocol, report: Report) -> None:
    """Note problems of analyses, subgroups, safety and data cuts."""
    for name, analysis in protocol.analyses.items():
        path: KeyPath = ("analyses", name)
        if name in _RESERVED or name.endswith(("_subgroups", "_univariate", "_without_crossover")):
            report.add(path, f"{name!r} is a name that the results use for another table", expected="another name")
        _check_references(protocol, analysis, path, report)
        _check_methods(protocol, analysis, path, report)
        _check_interims(analysis, path, report)
    _check_subgroups(protocol, report)
    if report.names("populations") and "safety" in protocol.model_fields_set:
        report.must_be_known(("safety", "population"), protocol.safety.population, "populations", "population")
    defaults = [name for name, cut in protocol.data_cuts.items() if cut.default]
    for name in defaults[1:]:
        report.add(
            ("data_cuts", name, "default"),
            "there is more than one default data cut",
            seen=" and ".join(defaults),
            expected="one default",
        )


def _check_references(protocol: Protocol, analysis: Analysis, path: KeyPath, report: Report) -> None:
    report.must_be_known((*path, "endpoint"), analysis.endpoint, "endpoints", "endpoint")
    report.must_be_known((*path, "population"), analysis.population, "populations", "population")
    report.must_be_known((*path, "cohort"), analysis.cohort, "cohorts", "cohort")
    report.must_be_known((*path, "data_cut"), analysis.data_cut, "data_cuts", "data cut")
    for index, arm in enumerate(analysis.arms or ()):
        report.must_be_known((*path, "arms", index), arm, "arms", "arm")
    for index, pair in enumerate(analysis.comparisons or ()):
        for place, arm in enumerate(pair):
            report.must_be_known((*path, "comparisons", index, place), arm, "arms", "arm")
            if analysis.arms is not None and arm not in analysis.arms:
                report.add(
                    (*path, "comparisons", index, place), f"the arm {arm!r} is compared, but not among the arms shown"
                )
        if pair[0] == pair[1]:
            report.add((*path, "comparisons", index), "an arm cannot be compared with itself", seen=pair[0])
    wants_comparison = analysis.test is not None or analysis.effect is not None
    if wants_comparison and not protocol.comparisons(analysis) and not report.is_incomplete("arms"):
        report.add(path, "there is nothing to compare: an experimental and a control arm are needed, or comparisons")


def _check_methods(protocol: Protocol, analysis: Analysis, path: KeyPath, report: Report) -> None:
    test = report.exactly_one((*path, "test"), analysis.test, ("logrank", "fisher", "cmh")) if analysis.test else None
    effect = (
        report.exactly_one((*path, "effect"), analysis.effect, ("cox", "risk_difference")) if analysis.effect else None
    )
    endpoint = protocol.endpoints.get(analysis.endpoint)
    if endpoint is not None:
        is_time = endpoint.kind in ("time_to_event", "deterioration")
        for key, method in (("test", test), ("effect", effect)):
            if method and (method in ("logrank", "cox")) is not is_time:
                report.add(
                    (*path, key),
                    f"{method} does not fit the endpoint {analysis.endpoint!r}",
                    seen=f"kind: {endpoint.kind}",
                )
        if analysis.subgroups and not is_time:
            report.add(
                (*path, "subgroups"), "the forest plot is made for a time to event", seen=f"kind: {endpoint.kind}"
            )
    has_strata = bool(protocol.randomization.strata) or report.is_left_out(("randomization",))
    named = [
        ("test", analysis.test and (analysis.test.logrank or analysis.test.cmh)),
        ("effect", analysis.effect and analysis.effect.cox),
    ]
    for key, stratified in named:
        if stratified and stratified.strata != "none" and not has_strata:
            message = "the analysis is stratified, but randomization has no strata"
            report.add((*path, key), message, seen=f"strata: {stratified.strata}", expected="strata: none")


def _check_interims(analysis: Analysis, path: KeyPath, report: Report) -> None:
    for key, counts in (
        ("at_fraction", [(index, look.at_fraction) for index, look in enumerate(analysis.interims)]),
        ("at_events", [(index, look.at_events) for index, look in enumerate(analysis.interims)]),
    ):
        given = [(index, float(count)) for index, count in counts if count is not None]
        for (_, before), (index, after) in itertools.pairwise(given):
            if after <= before:
                report.add(
                    (*path, "interims", index, key),
                    "the looks stand in order of time",
                    seen=f"{after:g} after {before:g}",
                )
    for index, look in enumerate(analysis.interims):
        report.must_be_known((*path, "interims", index, "source"), look.source, "endpoints", "endpoint")
        if look.at_events is not None and look.at_fraction is not None:
            report.add((*path, "interims", index), "a look is at a number of events or at a fraction of them, not both")


def _check_subgroups(protocol: Protocol, report: Report) -> None:
    for name, subgroup in protocol.subgroups.items():
        path: KeyPath = ("subgroups", name)
        report.exactly_one(path, subgroup, ("field", "levels"))
        if subgroup.field is None:
            continue
        report.must_be_known((*path, "field"), subgroup.field, "baseline", "baseline field")
        field = protocol.baseline.get(subgroup.field)
        if field is not None and field.type not in ("category", "boolean"):
            message = "only a category or a boolean field has levels to show"
            report.add(
                (*path, "field"), message, seen=f"{subgroup.field}: {field.type}", expected="levels by expressions"
            )
