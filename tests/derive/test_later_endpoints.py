"""Time to treatment failure, second progression, progression after crossover: histories worked by hand."""

from typing import Any

import polars as pl
from tests.derive.made_up import protocol, sdtm, subject
from tests.derive.made_up_lesions import reading, with_tumors

from equipoise.derive import derive
from equipoise.protocol import DataCut

DOSE = [{"EXTRT": "DRUG", "EXDOSE": 800.0, "EXSTDTC": 8, "EXENDTC": 100}]
CROSSOVER = {
    "crossover": {"from": "placebo", "to": "drug", "when": "central_progression", "new_baseline_scan_days": 28},
    "new_therapy__crossed": {"label": "Crossover", "counts": True, "crossover": True},
}


def rows(endpoint: dict[str, Any], *subjects: Any, lesions: Any = (), **changes: Any) -> dict[str, tuple[Any, ...]]:
    """AVAL, CNSR, description and place of censoring by subject, for one endpoint."""
    trial = protocol(endpoints={"it": {"label": "It", "paramcd": "IT", **endpoint}}, **changes)
    data = sdtm(*subjects)
    if lesions:
        data = with_tumors(data, *lesions)
    table = derive(trial, data, cut=("all", DataCut())).adam["ADTTE"].filter(pl.col("PRIMFL") == "Y")
    return {r["USUBJID"]: (r["AVAL"], r["CNSR"], r["EVNTDESC"], r["CNSDTDSC"]) for r in table.iter_rows(named=True)}


def stopped(reason: str, day: int) -> list[dict[str, Any]]:
    where = {"DSCAT": "DISPOSITION EVENT", "DSSCAT": "STUDY TREATMENT", "DSSTDTC": day}
    return [{**where, "DSDECOD": reason, "DSTERM": reason}]


def test_treatment_failure_counts_every_way_to_fail_and_not_completion() -> None:
    failure = {"events": ["central_progression", "treatment_stop", "new_therapy", "death"]}
    people = (
        subject("completed", ex=DOSE, ok=[85], ds=stopped("COMPLETED", 101), pd=[169]),
        subject("toxicity", ex=DOSE, ok=[85], ds=stopped("ADVERSE EVENT", 101), pd=[169]),
        subject("progression", ex=DOSE, pd=[85], ds=stopped("PROGRESSIVE DISEASE", 101)),
        subject("therapy", ex=DOSE, ok=[85], nact=[90], ds=stopped("ADVERSE EVENT", 101)),
        subject("untreated", ok=[85], pd=[169]),
        subject("untreated and dead", death=40),
    )
    found = rows(failure, *people)
    assert found == {
        "completed": (101, 6, None, "Treatment completed as planned"),
        "toxicity": (101, 0, "Treatment stopped", None),
        "progression": (85, 0, "Disease progression", None),
        "therapy": (90, 0, "New anticancer therapy", None),
        "untreated": (169, 0, "Disease progression", None),
        "untreated and dead": (40, 0, "Death", None),
    }
    as_event = rows({**failure, "never_treated": "event"}, *people)
    changed = {"untreated": (1, 0, "Never treated", None), "untreated and dead": (1, 0, "Never treated", None)}
    assert as_event == found | changed


def test_second_progression_is_the_first_one_under_the_next_therapy() -> None:
    endpoint = {"events": ["second_progression", "death"], "assessor": "central"}
    people = (
        subject("twice", ok=[85], pd=[169, 337], nact=[180]),
        subject("once", ok=[85], pd=[169, 253]),  # no next therapy: the second PD is the old one
        subject("therapy first", ok=[85], nact=[100], pd=[169]),  # a therapy before the first progression is not next
        subject("dead", ok=[85], pd=[169], nact=[180], death=300),
        subject("alive", ok=[85], pd=[169], nact=[180]),
    )
    assert rows(endpoint, *people) == {
        "twice": (337, 0, "Second progression", None),
        "once": (253, 6, None, "Last known alive"),
        "therapy first": (169, 6, None, "Last known alive"),
        "dead": (300, 0, "Death", None),
        "alive": (180, 6, None, "Last known alive"),
    }


def test_second_progression_can_be_recorded() -> None:
    place = {"domain": "DS", "date": "DSSTDTC", "where": {"DSDECOD": ["SECOND PROGRESSION"]}}
    endpoint = {"events": ["second_progression", "death"], "second_progression": [place]}
    people = subject("1", pd=[85], ds=[{"DSDECOD": "SECOND PROGRESSION", "DSTERM": "PD2", "DSSTDTC": 200}])
    assert rows(endpoint, people) == {"1": (200, 0, "Second progression", None)}


def crossed(name: str, first: int, **facts: Any) -> Any:
    """A subject of the placebo arm who takes the drug from a day on."""
    doses = [
        {"EXTRT": "PLACEBO", "EXDOSE": 0.0, "EXSTDTC": 1, "EXENDTC": first - 1},
        {"EXTRT": "DRUG", "EXDOSE": 800.0, "EXSTDTC": first, "EXENDTC": first + 90},
    ]
    return subject(name, "PLA", ex=doses, baseline=False, **facts)


AFTER = {"origin": "first_crossover_dose", "events": ["local_progression", "death"], "sensitivity": ["A"]}


def test_after_crossover_baseline_and_nadir_are_new() -> None:
    # 50 at baseline, 80 at progression on day 169; crossover on day 180. 70 on day 253 is the new nadir:
    # 84 is +20%; against the old nadir of 50 day 253 would already be a progression
    course = {-6: {"T1": 50}, 85: {"T1": 50}, 169: {"T1": 80}, 253: {"T1": 70}, 337: {"T1": 84}}
    late = {-6: {"T1": 50}, 85: {"T1": 50}, 169: {"T1": 80}, 300: {"T1": 70}, 384: {"T1": 84}}
    still = {-6: {"T1": 50}, 85: {"T1": 50}, 169: {"T1": 80}, 253: {"T1": 70}}
    people = crossed("new nadir", 180), crossed("no new baseline", 220), crossed("still", 180), subject("never", "PLA")
    lesions = [reading(name, c) for name, c in (("new nadir", course), ("no new baseline", late), ("still", still))]
    found = rows(AFTER, *people, lesions=lesions, **CROSSOVER)
    assert found == {
        "new nadir": (337 - 180 + 1, 0, "Disease progression", None),
        "no new baseline": (1, 1, None, "First crossover dose"),  # the last scan was 51 days before
        "still": (253 - 180 + 1, 6, None, "Last adequate assessment"),
    }


def test_a_new_lesion_of_the_first_progression_is_no_new_lesion_after_crossover() -> None:
    seen = {"T1": 50, "X1": "UNEQUIVOCAL"}
    course: dict[Any, Any] = {-6: {"T1": 50}, 169: seen, 253: seen}
    course[337] = {**seen, "X2": "UNEQUIVOCAL"}
    found = rows(AFTER, crossed("1", 180), lesions=[reading("1", course)], **CROSSOVER)
    assert found == {"1": (337 - 180 + 1, 0, "Disease progression", None)}


def test_recorded_readings_after_crossover_are_taken_as_they_are() -> None:
    found = rows(
        {**AFTER, "events": ["central_progression", "death"]},
        crossed("1", 180, ok=[85], pd=[169, 337]),
        crossed("2", 180, ok=[85, 253], pd=[169]),
        **CROSSOVER,
    )
    assert found == {
        "1": (337 - 180 + 1, 0, "Disease progression", None),
        "2": (253 - 180 + 1, 6, None, "Last adequate assessment"),
    }


def test_second_progression_after_crossover_is_read_against_the_new_baseline() -> None:
    course = {-6: {"T1": 50}, 85: {"T1": 50}, 169: {"T1": 80}, 253: {"T1": 70}, 337: {"T1": 84}}
    endpoint = {"events": ["second_progression", "death"], "assessor": "local"}
    found = rows(endpoint, crossed("1", 180), lesions=[reading("1", course)], **CROSSOVER)
    assert found == {"1": (337, 0, "Second progression", None)}


def test_duration_and_time_of_response_from_lesions() -> None:
    course = {-6: {"T1": 50}, 85: {"T1": 35}, 169: {"T1": 30}, 253: {"T1": 40}}
    duration = {"origin": "first_response", "events": ["local_progression", "death"], "assessor": "local"}
    found = rows(duration, subject("1", baseline=False), lesions=[reading("1", course)])
    assert found == {"1": (253 - 85 + 1, 0, "Disease progression", None)}
