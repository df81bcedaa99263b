"""Checks estimates of survival had nobody crossed over."""

from equipoise.protocol.analyses import Analysis
from equipoise.protocol.checks.report import Report
from equipoise.protocol.crossover_adjustment import CrossoverAdjustment, TimeVarying
from equipoise.protocol.model import Protocol
from equipoise.protocol.source import KeyPath
from equipoise.terms import DateName, EventSource

__all__ = ["check_crossover_adjustment"]

_FINDINGS_ONLY = "a test code of a findings domain, for example {domain: QS, testcd: ECOG101}"


def check_crossover_adjustment(protocol: Protocol, report: Report) -> None:
    """Note problems of every analysis that asks for such estimates."""
    homes: dict[str, tuple[KeyPath, TimeVarying]] = {}
    for name, analysis in protocol.analyses.items():
        declared = analysis.crossover_adjustment
        if declared is None:
            continue
        path: KeyPath = ("analyses", name, "crossover_adjustment")
        _check_place(protocol, analysis, path, report)
        _check_lists(declared, path, report)
        _check_covariates(protocol, declared, path, report)
        for key, item in declared.time_varying.items():
            _check_home(item, (*path, "time_varying", key), report)
            earlier = homes.setdefault(key.replace("_", "")[:8], ((*path, "time_varying", key), item))
            if earlier[1].sdtm != item.sdtm:
                message = "two measurements with other homes cannot share the first 8 letters of their names"
                report.add((*path, "time_varying", key), message, seen=f"{key} and {earlier[0][-1]}")


def _check_place(protocol: Protocol, analysis: Analysis, path: KeyPath, report: Report) -> None:
    """The analysis must be of a death after randomization, between the arms of the crossover."""
    endpoint = protocol.endpoints.get(analysis.endpoint)
    if endpoint is not None:
        if endpoint.kind != "time_to_event" or set(endpoint.events) != {EventSource.DEATH}:
            message = "crossover is taken out of overall survival alone: an endpoint whose only event is death"
            seen = f"{analysis.endpoint}: {', '.join(endpoint.events) or endpoint.kind}"
            report.add(path, message, seen=seen)
        elif endpoint.origin is not DateName.RANDOMIZATION:
            report.add(path, "time must run from randomization", seen=f"origin: {endpoint.origin.value}")
    rule = protocol.crossover
    if rule is None:
        if not report.is_left_out(("crossover",)):
            report.add(path, "the protocol declares no crossover", expected="a section crossover with from and to")
        return
    pairs = protocol.comparisons(analysis)
    if (rule.to_arm, rule.from_arm) not in pairs and not report.is_incomplete("arms"):
        seen = ", ".join(f"{first} v {second}" for first, second in pairs) or "no comparison"
        message = "the analysis does not compare the arms of the crossover"
        report.add(path, message, seen=seen, expected=f"{rule.to_arm} v {rule.from_arm}")


def _check_lists(declared: CrossoverAdjustment, path: KeyPath, report: Report) -> None:
    for key in ("methods", "recensor", "effect_after_switch", "covariates"):
        values = getattr(declared, key)
        twice = [value for place, value in enumerate(values) if value in values[:place]]
        if twice:
            report.add((*path, key), "a value stands twice", seen=str(twice[0]).lower())
    if declared.effect_after_switch and 1 not in declared.effect_after_switch:
        message = "the model with the same effect after crossover is the one the others are held against"
        seen = ", ".join(f"{value:g}" for value in declared.effect_after_switch)
        report.add((*path, "effect_after_switch"), message, seen=seen, expected="1 among the values")
    if declared.bootstrap and declared.bootstrap < 50:
        message = "percentiles of fewer than 50 samples say nothing"
        report.add((*path, "bootstrap"), message, seen=str(declared.bootstrap), expected="0, or 50 and more")


def _check_covariates(protocol: Protocol, declared: CrossoverAdjustment, path: KeyPath, report: Report) -> None:
    for index, name in enumerate(declared.covariates):
        report.must_be_known((*path, "covariates", index), name, "baseline", "baseline field")
        field = protocol.baseline.get(name)
        if field is not None and field.type not in ("number", "integer", "category", "boolean"):
            message = "a covariate is a number, a category or a boolean field"
            report.add((*path, "covariates", index), message, seen=f"{name}: {field.type}")


def _check_home(item: TimeVarying, path: KeyPath, report: Report) -> None:
    if item.sdtm.testcd is None:
        report.add((*path, "sdtm"), "a measurement has dates: its home needs a test code", expected=_FINDINGS_ONLY)
