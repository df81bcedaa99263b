"""What ends a time to event and where subjects without an event are censored: the endpoint's declaration in words."""

from collections.abc import Iterable, Mapping
from typing import Any

from equipoise.report.facts import Facts
from equipoise.report.questionnaires import scale_facts
from equipoise.report.rows import Row
from equipoise.report.words import RULE_SETS

__all__ = ["deterioration_words", "event_words", "has_rule_set", "rule_line", "rule_notes", "rule_set_words"]

EVENTS: Mapping[str, str] = {
    "central_progression": "progression",
    "local_progression": "progression",
    "treatment_stop": "end of treatment",
    "new_therapy": "new anticancer therapy",
    "adverse_event": "adverse event",
    "death": "death",
}
PLACES: Mapping[str, str] = {
    "last_assessment": "the last adequate assessment",
    "last_alive": "the last date known to be alive",
    "last_dose": "the last dose",
    "end_of_study": "the end of the study, when last seen if still in it",
}


def has_rule_set(facts: Facts, endpoint: str | None) -> bool:
    """Whether rules of censoring apply: progression ends the time, or the protocol does not say what does."""
    declared = facts.endpoint(endpoint)
    if declared.get("reverse_of") or declared.get("kind") not in (None, "time_to_event"):
        return False
    events = declared.get("events")
    return events is None or any("progression" in str(event) for event in events)


def event_words(facts: Facts, endpoint: str | None) -> str:
    """Events of an endpoint: "progression, end of treatment or death"; empty where none is declared."""
    declared = {str(event) for event in facts.endpoint(endpoint).get("events") or ()}
    words = list(dict.fromkeys(text for name, text in EVENTS.items() if name in declared))
    return " or ".join(part for part in (", ".join(words[:-1]), words[-1]) if part) if words else ""


def rule_set_words(facts: Facts, endpoint: str | None, rule_set: str) -> str:
    """A rule set as it works for an endpoint, with the events and the place of censoring that the endpoint declares."""
    declared = facts.endpoint(endpoint)
    events = event_words(facts, endpoint) or "progression or death"
    place = PLACES[_place(declared, "last_assessment")]
    if rule_set == "P":
        return f"P: {events} whenever observed, else censored at {place}"
    if rule_set == "A":
        therapy = "" if "new anticancer therapy" in events else "new anticancer therapy or "
        text = f"A: documented {events} on its own date; {therapy}missed visits before it censor at the last adequate"
        moved = place != PLACES["last_assessment"]
        return f"{text} assessment{f'; without an event, censored at {place}' if moved else ''}"
    return RULE_SETS.get(rule_set, rule_set)


def rule_line(facts: Facts, endpoint: str | None, rule_set: str | None) -> tuple[str, str]:
    """Name and words of what governs the times of an endpoint; both empty where the protocol says nothing."""
    declared = facts.endpoint(endpoint)
    if declared.get("kind") == "deterioration":
        return "Event", deterioration_words(facts, endpoint)
    if rule_set and has_rule_set(facts, endpoint):
        return "Rule set", rule_set_words(facts, endpoint, rule_set)
    if declared.get("reverse_of"):
        label = facts.endpoint_label(str(declared["reverse_of"]))
        return "Event", f"end of follow-up; an event of {label} censors"
    events = event_words(facts, endpoint)
    if not events or declared.get("kind") not in (None, "time_to_event"):
        return "", ""
    place = _place(declared, "last_alive")
    place = "last_alive" if place == "last_assessment" else place
    return "Event", f"{events}; subjects without it are censored at {PLACES[place]}"


def deterioration_words(facts: Facts, endpoint: str | None) -> str:
    """What a deterioration is, and what death and missing scores do, as the endpoint declares."""
    declared = facts.endpoint(endpoint)
    own = declared.get("deterioration") or {}
    scale = scale_facts(facts, str(declared.get("instrument")), str(declared.get("scale")))
    points = own.get("threshold") or scale.worse_by
    by = f" by {points:g} points or more" if points else ""
    reference = "the best score so far" if own.get("reference") == "best" else "the baseline"
    definitive = ", after which no score comes back above it" if own.get("definitive") else ""
    death = {
        "event": "death without it counts as an event",
        "competing": "death without it is a competing event, censored in the curves",
    }.get(str(own.get("death")), "death without it is censored at the last score")
    name = scale.label if scale.label != scale.code else f"scale {scale.code}"
    return f"first worsening of {name}{by} from {reference}{definitive}; {death}; {_lacking(own)}"


def _lacking(own: Mapping[str, Any]) -> str:
    """What happens to subjects without a baseline or without a later score."""
    words = {"event": "counts as an event on the first day", "exclude": "is left out"}
    otherwise = "is censored on the first day"
    start, later = (words.get(str(own.get(key)), otherwise) for key in ("no_baseline", "no_follow_up"))
    if start == later:
        return f"who has no baseline or no later score {start}"
    return f"who has no baseline {start}, who has no later score {later}"


def rule_notes(facts: Facts, rows: Iterable[Row]) -> list[str]:
    """Footnotes that say what governs the times shown; endpoints are named where several are shown."""
    keys = dict.fromkeys((row.endpoint, row.rule_set) for row in rows if row.rule_set)
    several = len({endpoint for endpoint, _ in keys}) > 1
    notes = []
    for endpoint, rule_set in keys:
        name, words = rule_line(facts, endpoint, rule_set)
        if not words:
            continue
        text = f"{name} {words}." if name == "Rule set" else f"{name}: {words}."
        notes.append(f"{facts.endpoint_label(endpoint)}. {text}" if several else text)
    return list(dict.fromkeys(notes))


def _place(declared: Mapping[str | None, Any], otherwise: str) -> str:
    place = str(declared.get("censor_at") or otherwise)
    return place if place in PLACES else otherwise
