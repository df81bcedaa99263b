"""What governs times to event, in words made from the protocol's declaration."""

from typing import Any

import pytest
from tests.report.made_up import row, trial_of

from equipoise.report.facts import Facts
from equipoise.report.rules import has_rule_set, rule_line, rule_notes

PFS = ["central_progression", "death"]


def facts_of(**endpoints: Any) -> Facts:
    return Facts(trial_of("a", "b", endpoints=endpoints))


@pytest.mark.parametrize(
    ("declared", "rule_set", "words"),
    [
        (
            {"events": PFS},
            "P",
            "P: progression or death whenever observed, else censored at the last adequate assessment",
        ),
        (
            {"events": ["death", "treatment_stop", "local_progression"], "censor_at": "last_dose"},
            "P",
            "P: progression, end of treatment or death whenever observed, else censored at the last dose",
        ),
        (
            {"events": PFS, "censor_at": "last_alive"},
            "A",
            "A: documented progression or death on its own date; new anticancer therapy or missed visits before it "
            "censor at the last adequate assessment; without an event, censored at the last date known to be alive",
        ),
    ],
)
def test_rule_sets_name_the_events_and_the_place_of_censoring(
    declared: dict[str, Any], rule_set: str, words: str
) -> None:
    assert rule_line(facts_of(pfs=declared), "pfs", rule_set) == ("Rule set", words)


def test_endpoints_without_progression_have_no_rule_set() -> None:
    facts = facts_of(
        os={"events": ["death"], "label": "Overall survival"},
        skin={"events": ["adverse_event"], "censor_at": "end_of_study"},
        seen={"events": [], "reverse_of": "os"},
    )
    assert not any(has_rule_set(facts, name) for name in ("os", "skin", "seen"))
    assert rule_line(facts, "os", "P") == (
        "Event",
        "death; subjects without it are censored at the last date known to be alive",
    )
    assert rule_line(facts, "skin", "P")[1] == (
        "adverse event; subjects without it are censored at the end of the study, when last seen if still in it"
    )
    assert rule_line(facts, "seen", "P") == ("Event", "end of follow-up; an event of Overall survival censors")


def test_footnotes_name_the_endpoint_where_several_are_shown() -> None:
    facts = facts_of(os={"events": ["death"], "label": "Overall survival"}, pfs={"events": PFS, "label": "PFS"})
    rows = [row(endpoint=name, rule_set="P") for name in ("pfs", "os", "pfs")]
    assert [note.split(":")[0] for note in rule_notes(facts, rows)] == ["PFS. Rule set P", "Overall survival. Event"]
    assert rule_notes(facts, rows[1:2]) == [
        "Event: death; subjects without it are censored at the last date known to be alive."
    ]


def test_analyses_of_one_endpoint_are_told_apart() -> None:
    shared = {"endpoint": "pfs", "population": "itt"}
    labels = {"itt": {"label": "All randomized"}, "pp": {"label": "Per protocol"}}
    strata = {"test": {"logrank": {"strata": "randomization"}}}
    analyses = {
        "first": shared,
        "second": {**shared, "population": "pp"},
        "third": {**shared, **strata},
        "again": dict(shared),
    }
    trial = trial_of("a", "b", endpoints={"pfs": {"label": "PFS"}}, populations=labels, analyses=analyses)
    facts = Facts(trial)
    assert [facts.analysis_label(name) for name in analyses] == [
        "PFS (All randomized, first)",
        "PFS (Per protocol)",
        "PFS (All randomized, stratified)",
        "PFS (All randomized, again)",
    ]
    alone = Facts(trial_of("a", "b", endpoints={"pfs": {"label": "PFS"}}, analyses={"first": shared}))
    assert alone.analysis_label("first") == "PFS"
