"""Times to event other than progression-free survival, worked by hand on made-up subjects."""

from typing import Any

import polars as pl
from tests.derive.made_up import protocol, sdtm, subject

from equipoise.derive import derive
from equipoise.protocol import DataCut

DOSE = [{"EXTRT": "DRUG", "EXDOSE": 800.0, "EXSTDTC": 8, "EXENDTC": 100}]


def rows(endpoint: dict[str, Any], *subjects: Any, **changes: Any) -> dict[str, tuple[Any, ...]]:
    """AVAL, CNSR, description and place of censoring by subject, for one endpoint."""
    trial = protocol(endpoints={"it": {"label": "It", "paramcd": "IT", **endpoint}}, **changes)
    table = derive(trial, sdtm(*subjects), cut=("all", DataCut())).adam["ADTTE"]
    return {r["USUBJID"]: (r["AVAL"], r["CNSR"], r["EVNTDESC"], r["CNSDTDSC"]) for r in table.iter_rows(named=True)}


def test_overall_survival_is_censored_when_last_known_alive() -> None:
    found = rows(
        {"events": ["death"]},
        subject("dead", death=50),
        subject("seen", ok=[85], ae=[{"AETOXGR": "1", "AESTDTC": 90}]),
        subject("left", ok=[85], left=100),
        subject("never seen", baseline=False, randomized=30),
    )
    assert found == {
        "dead": (50, 0, "Death", None),
        "seen": (90, 6, None, "Last known alive"),
        "left": (100, 5, None, "Last known alive"),
        "never seen": (1, 6, None, "Randomization"),
    }


def test_duration_of_response_begins_with_the_confirmed_response() -> None:
    duration = {"origin": "first_response", "events": ["central_progression", "death"], "assessor": "central"}
    people = (
        subject("confirmed", pr=[85, 169], pd=[253]),
        subject("unconfirmed", pr=[85], ok=[169], pd=[253]),
        subject("on", cr=[85, 169, 253]),
        subject("none", ok=[85]),
    )
    strict = rows(duration, *people)
    assert strict == {
        "confirmed": (253 - 85 + 1, 0, "Disease progression", None),
        "on": (253 - 85 + 1, 6, None, "Last adequate assessment"),
    }
    loose = rows({**duration, "confirmed": False}, *people)
    assert loose == strict | {"unconfirmed": (253 - 85 + 1, 0, "Disease progression", None)}


def test_time_to_response_is_that_of_the_first_confirmed_response_of_responders() -> None:
    response = {"events": ["response"], "assessor": "central"}
    people = (
        subject("confirmed", ok=[85], pr=[169, 253], pd=[337]),
        subject("unconfirmed", pr=[85], ok=[169], pd=[253]),
        subject("second time", pr=[85, 253, 337], ok=[169]),
        subject("after therapy", ok=[85], nact=[100], pr=[169, 253]),
        subject("after progression", pd=[85], pr=[169, 253]),
        subject("dead", death=40),
    )
    strict = rows(response, *people)
    assert strict == {"confirmed": (169, 0, "Response", None), "second time": (253, 0, "Response", None)}
    loose = rows({**response, "confirmed": False}, *people)
    early = dict.fromkeys(("unconfirmed", "second time"), (85, 0, "Response", None))
    assert loose == strict | early
    assert rows({**response, "assessor": "local"}, *people) == {}


def test_time_to_response_names_the_reading_it_comes_from() -> None:
    endpoints = {"ttr": {"label": "Time to response", "paramcd": "TTR", "events": ["response"], "assessor": "central"}}
    found = derive(protocol(endpoints=endpoints), sdtm(subject("1", ok=[85], pr=[169, 253])), cut=("all", DataCut()))
    row = found.adam["ADTTE"].row(0, named=True)
    response = found.adam["ADRS"].filter(pl.col("PARAMCD") == "CRSP").row(0, named=True)
    assert (row["PARAMCD"], row["ADT"], row["PRIMFL"]) == ("TTR", response["ADT"], "Y")
    assert (row["SRCDOM"], row["SRCVAR"], row["SRCSEQ"]) == ("RS", "RSDTC", response["RSSEQ"])


def test_time_to_treatment_failure() -> None:
    failure = {"events": ["central_progression", "treatment_stop", "new_therapy", "death"]}
    found = rows(
        failure,
        subject("stop", ex=DOSE, ok=[85], stop=101, pd=[169]),
        subject("progression", ex=DOSE, pd=[85], stop=101),
        subject("therapy", ex=DOSE, ok=[85], nact=[90], stop=101),
        subject("death", ex=DOSE, ok=[85], death=95),
        subject("on", ex=DOSE, ok=[85]),
    )
    assert found == {
        "stop": (101, 0, "Treatment stopped", None),
        "progression": (85, 0, "Disease progression", None),
        "therapy": (90, 0, "New anticancer therapy", None),
        "death": (95, 0, "Death", None),
        "on": (85, 6, None, "Last adequate assessment"),
    }


def test_follow_up_exchanges_events_and_censorings() -> None:
    endpoints = {
        "os": {"label": "Survival", "paramcd": "OS", "events": ["death"]},
        "follow": {"label": "Follow-up", "paramcd": "FU", "reverse_of": "os"},
    }
    data = sdtm(subject("dead", death=50), subject("alive", ok=[85]))
    table = derive(protocol(endpoints=endpoints), data, cut=("all", DataCut())).adam["ADTTE"]
    follow = table.filter(pl.col("ENDPT") == "follow").sort("USUBJID")
    assert follow.select("USUBJID", "AVAL", "CNSR", "EVNTDESC", "CNSREAS").rows() == [
        ("alive", 85, 0, "End of follow-up", None),
        ("dead", 50, 1, None, "Death"),
    ]


def test_first_adverse_event_of_a_kind() -> None:
    adverse = {
        "events": ["adverse_event"],
        "origin": "first_dose",
        "adverse_event": {"AEDECOD": ["RASH"]},
        "censor_at": "end_of_study",
        "population": "safety",
    }

    def rash(*days: int) -> list[dict[str, Any]]:
        return [{"AEDECOD": "RASH", "AETOXGR": "1", "AESTDTC": d} for d in days]

    found = rows(
        adverse,
        subject("event", ex=DOSE, ae=rash(40, 20), left=200),
        subject("before", ex=DOSE, ae=rash(5), left=200),  # onset before the first dose
        subject("after", ex=DOSE, ae=rash(201), left=200),  # onset after the end of study
        subject("other", ex=DOSE, ae=[{"AEDECOD": "FEVER", "AETOXGR": "1", "AESTDTC": 20}]),
        subject("untreated", ae=rash(20)),
    )
    assert found == {
        "event": (20 - 8 + 1, 0, "Adverse event", None),
        "before": (200 - 8 + 1, 5, None, "End of study"),
        "after": (200 - 8 + 1, 5, None, "End of study"),
        "other": (100 - 8 + 1, 6, None, "End of study"),  # still in the study: last seen on day 100
    }


def test_censoring_at_the_last_dose_hides_later_events() -> None:
    found = rows(
        {"events": ["death"], "censor_at": "last_dose"},
        subject("1", ex=DOSE, death=150),
        subject("2", ex=DOSE, death=90),
    )
    assert found == {"1": (100, 6, None, "Last dose"), "2": (90, 0, "Death", None)}


def test_schedule_can_count_from_the_first_dose() -> None:
    # first dose on day 43: visits on days 127 and 211, whose window closes on day 218
    late = [{"EXTRT": "DRUG", "EXDOSE": 800.0, "EXSTDTC": 43, "EXENDTC": 100}]
    endpoint = {"events": ["central_progression", "death"], "rule_set": "A"}
    plan = {"visits": {"tumor_assessment": {"every_weeks": 12, "window_days": 7, "anchor": "first_dose"}}}
    people = [subject(str(death), ex=late, baseline_day=40, ok=[85], death=death) for death in (218, 219)]
    assert rows(endpoint, *people, **plan) == {
        "218": (218, 0, "Death", None),
        "219": (85, 4, None, "Last adequate assessment"),
    }
    # from randomization: visits on days 85, 169 and 253; only the second is missed
    people = [subject(str(death), ex=late, ok=[85], death=death) for death in (218, 219)]
    assert rows(endpoint, *people) == {"218": (218, 0, "Death", None), "219": (219, 0, "Death", None)}
