"""Checks endpoints and kinds of new therapy."""

import itertools

from equipoise.protocol.checks.report import Report
from equipoise.protocol.endpoints import Endpoint
from equipoise.protocol.model import Protocol
from equipoise.protocol.source import KeyPath
from equipoise.terms import Assessor, DateName, EventSource, RuleSet

__all__ = ["check_endpoints"]

_CENTRAL = {EventSource.CENTRAL_PROGRESSION}
_PROGRESSION = {EventSource.CENTRAL_PROGRESSION, EventSource.LOCAL_PROGRESSION}


def check_endpoints(protocol: Protocol, report: Report) -> None:
    """Note problems of endpoints: what they name, what they need, and names that collide."""
    _check_therapies(protocol, report)
    for name, endpoint in protocol.endpoints.items():
        path: KeyPath = ("endpoints", name)
        for index, therapy in enumerate(endpoint.new_therapy or ()):
            if therapy not in report.names("new_therapy"):
                report.unknown(
                    (*path, "new_therapy", index), "kind of new therapy", therapy, report.names("new_therapy")
                )
        report.must_be_known((*path, "population"), endpoint.population, "populations", "population")
        if endpoint.rule_set in endpoint.sensitivity:
            report.add((*path, "sensitivity"), f"rule set {endpoint.rule_set} is the primary one already")
        if len(set(endpoint.sensitivity)) != len(endpoint.sensitivity):
            report.add((*path, "sensitivity"), "a rule set stands twice", seen=", ".join(endpoint.sensitivity))
        _check_landmarks(endpoint, path, report)
        _check_kind(protocol, endpoint, path, report)
    _check_codes(protocol, report)


def _check_landmarks(endpoint: Endpoint, path: KeyPath, report: Report) -> None:
    months = endpoint.landmarks_months
    if any(not month > 0 for month in months) or any(b <= a for a, b in itertools.pairwise(months)):
        report.add(
            (*path, "landmarks_months"),
            "landmarks are months after the origin in ascending order",
            seen=", ".join(f"{month:g}" for month in months),
            expected=", ".join(f"{month:g}" for month in sorted({m for m in months if m > 0}))
            or "numbers above 0, each once, ascending",
        )


def _check_therapies(protocol: Protocol, report: Report) -> None:
    for name, kind in protocol.new_therapy.items():
        if kind.crossover and protocol.crossover is None and not report.is_left_out(("crossover",)):
            report.add(
                ("new_therapy", name, "crossover"),
                "the protocol has no crossover",
                expected="a section 'crossover', or no such kind",
            )


def _check_kind(protocol: Protocol, endpoint: Endpoint, path: KeyPath, report: Report) -> None:
    if endpoint.kind == "time_to_event":
        _check_time_to_event(protocol, endpoint, path, report)
    elif endpoint.events or endpoint.reverse_of:
        report.add(
            path,
            f"an endpoint of kind {endpoint.kind} has no events",
            seen="events or reverse_of",
            expected="kind: time_to_event" if endpoint.kind != "deterioration" else "deterioration.death for deaths",
        )
    if endpoint.kind == "response" and endpoint.assessor is None and not report.is_left_out((*path, "assessor")):
        report.add(path, "a response needs its assessor", expected="assessor: central, or assessor: local")
    if endpoint.assessor is Assessor.CENTRAL and not _has_central_readings(protocol, report):
        report.add(
            (*path, "assessor"), "there are no central readings", expected="review.central or review.sources.central"
        )
    if endpoint.kind == "biomarker_response" and (endpoint.measure is None or endpoint.decrease_percent is None):
        report.add(path, "a biomarker response needs its measure and decrease_percent")
    if endpoint.kind == "change" and endpoint.measure is None and endpoint.instrument is None:
        report.add(path, "a change needs a measure or an instrument")
    if endpoint.instrument is not None:
        known = [instrument.name for instrument in protocol.instrument_items()]
        if endpoint.instrument not in known and not report.is_left_out(("instruments",)):
            report.unknown((*path, "instrument"), "instrument", endpoint.instrument, known)


def _has_central_readings(protocol: Protocol, report: Report) -> bool:
    return (
        protocol.review.central is not None or "central" in protocol.review.sources or report.is_left_out(("review",))
    )


def _check_time_to_event(protocol: Protocol, endpoint: Endpoint, path: KeyPath, report: Report) -> None:
    if bool(endpoint.events) == bool(endpoint.reverse_of) and not report.is_left_out((*path, "events")):
        seen = "both" if endpoint.events else "neither"
        report.add(path, "a time to event needs either events or reverse_of", seen=seen)
    if endpoint.reverse_of is not None:
        report.must_be_known((*path, "reverse_of"), endpoint.reverse_of, "endpoints", "endpoint")
        other = protocol.endpoints.get(endpoint.reverse_of)
        if other is not None and (other.kind != "time_to_event" or other.reverse_of is not None):
            report.add(
                (*path, "reverse_of"), "only a time to event of its own can be reversed", seen=endpoint.reverse_of
            )
    if endpoint.origin is DateName.FIRST_CROSSOVER_DOSE and protocol.crossover is None:
        report.add((*path, "origin"), "the protocol has no crossover", seen="first_crossover_dose")
    _check_events(protocol, endpoint, path, report)
    _check_rule_sets(protocol, endpoint, path, report)
    if endpoint.never_treated == "event" and EventSource.TREATMENT_STOP not in endpoint.events:
        expected = "treatment_stop among the events"
        report.add((*path, "never_treated"), "only a time to treatment failure has it", seen="event", expected=expected)
    if endpoint.second_progression and EventSource.SECOND_PROGRESSION not in endpoint.events:
        expected = "second_progression among the events"
        report.add((*path, "second_progression"), "a second progression is no event here", expected=expected)


def _check_events(protocol: Protocol, endpoint: Endpoint, path: KeyPath, report: Report) -> None:
    events = set(endpoint.events)
    if len(events) != len(endpoint.events):
        report.add((*path, "events"), "an event stands twice", seen=", ".join(endpoint.events))
    if events >= _PROGRESSION:
        seen = "central_progression and local_progression"
        report.add((*path, "events"), "progression has one assessor in an endpoint", seen=seen, expected="one of them")
    if events & _CENTRAL and not _has_central_readings(protocol, report):
        expected = "review.central or review.sources.central"
        report.add((*path, "events"), "progression is read centrally, but there are no readings", expected=expected)
    if EventSource.ADVERSE_EVENT in events and not endpoint.adverse_event:
        expected = "adverse_event, for example {AEDECOD: [...]}"
        report.add(path, "the event is an adverse event, but none is named", expected=expected)
    if EventSource.RESPONSE in events:
        _check_time_to_response(endpoint, path, report)


def _check_time_to_response(endpoint: Endpoint, path: KeyPath, report: Report) -> None:
    """The time to response is that of the responders: there is nothing else that could end it."""
    if len(endpoint.events) > 1:
        seen = ", ".join(endpoint.events)
        report.add((*path, "events"), "a time to response has no other event", seen=seen, expected="events: [response]")
    if endpoint.assessor is None and not report.is_left_out((*path, "assessor")):
        report.add(path, "a response needs its assessor", expected="assessor: central, or assessor: local")


def _check_rule_sets(protocol: Protocol, endpoint: Endpoint, path: KeyPath, report: Report) -> None:
    if not endpoint.events:
        return
    if not set(endpoint.events) & _PROGRESSION:
        if endpoint.sensitivity:
            message = "rule sets say when progression is censored, and this endpoint has no progression"
            report.add((*path, "sensitivity"), message, seen=", ".join(endpoint.sensitivity), expected="none")
        return
    needy = {RuleSet.A, RuleSet.B, RuleSet.C} & {endpoint.rule_set, *endpoint.sensitivity}
    if needy and protocol.visits.tumor_assessment is None and not report.is_left_out(("visits",)):
        message = f"rule sets {', '.join(sorted(needy))} need the schedule of assessments"
        report.add(path, message, expected="visits.tumor_assessment")


def _check_codes(protocol: Protocol, report: Report) -> None:
    """A sensitivity rule set adds its letter to PARAMCD: no two may become equal."""
    owners: dict[str, str] = {}
    for name, endpoint in protocol.endpoints.items():
        letters = ["", *dict.fromkeys(rule.value for rule in endpoint.sensitivity if rule is not endpoint.rule_set)]
        for code in (endpoint.paramcd + letter for letter in letters):
            if owners.setdefault(code, name) != name:
                message = f"the endpoints {owners[code]!r} and {name!r} share the PARAMCD {code}"
                if code != endpoint.paramcd or code != protocol.endpoints[owners[code]].paramcd:
                    message += ", which a sensitivity rule set makes by adding its letter"
                report.add(("endpoints", name, "paramcd"), message, expected="another paramcd")
