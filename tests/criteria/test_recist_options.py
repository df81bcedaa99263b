"""RECIST 1.0 and iRECIST from lesions to the day of progression-free survival, as a frame and as one patient."""

from typing import Any

import polars as pl
import pytest
from tests.criteria.test_recist_patient import measurements

from equipoise.criteria import (
    RULES,
    Charter,
    Schedule,
    TumorResponses,
    censor,
    central_results,
    patient_response,
    progression_histories,
    recist_responses,
)
from equipoise.terms import RuleSet

SCHEDULE = Schedule.from_study_days([57, 113, 169, 225], window=7)
SCHEMA = {"DAY": pl.Int64, "LESION": pl.String, "KIND": pl.String, "NODAL": pl.Boolean, "PART": pl.Int64}


def lesions(*visits: dict[str, float | str]) -> pl.DataFrame:
    """Rows of one patient: visits on days 1, 57, ...; L target, N target node, E non-target, X new lesion."""
    kinds = {"L": "TARGET", "N": "TARGET", "E": "NON-TARGET", "X": "NEW"}
    rows: list[dict[str, Any]] = []
    for number, visit in enumerate(visits):
        for name, value in visit.items():
            row = {"DAY": 1 + 56 * number, "LESION": name, "KIND": kinds[name[0]], "NODAL": name[0] == "N"}
            row |= {"STATE": value} if isinstance(value, str) else {"DIAMETER": float(value)}
            rows.append(row)
    frame = pl.DataFrame(rows, schema={**SCHEMA, "DIAMETER": pl.Float64, "STATE": pl.String})
    return frame.with_columns(USUBJID=pl.lit("01"))


def read(frame: pl.DataFrame, charter: Charter) -> TumorResponses:
    """Responses of the frame; those of one patient are the same."""
    found = recist_responses(frame, charter)
    alone = patient_response(measurements(frame), charter)
    best = found.best.row(0, named=True)
    assert [visit.overall for visit in alone.visits] == found.visits["OVERALL"].to_list()
    assert (alone.best, alone.confirmed, alone.progression_day) == (best["BOR"], best["CBOR"], best["PDDAY"])
    return found


def survival(found: TumorResponses) -> tuple[bool, int]:
    patients = found.best.select("USUBJID")
    outcome = censor(progression_histories(patients, found), RULES[RuleSet.P], SCHEDULE)
    return bool(outcome.event[0]), int(outcome.day[0])


OLD = {
    # visits; overall response under 1.0, under 1.1; day of survival under 1.0, under 1.1
    "no absolute increase": ([{"L1": 20}, {"L1": 24}], "PD", "SD", (True, 57), (False, 57)),
    "20% exactly": ([{"L1": 50}, {"L1": 60}], "PD", "PD", (True, 57), (True, 57)),
    "just below 20%": ([{"L1": 50}, {"L1": 59.9}], "SD", "SD", (False, 57), (False, 57)),
    "a normal node is not gone": ([{"N1": 20}, {"N1": 9}], "PR", "CR", (False, 57), (False, 57)),
    "a node of 10 mm grows": ([{"N1": 20}, {"N1": 5}, {"N1": 6}], "PR PD", "CR CR", (True, 113), (False, 113)),
    "30% exactly": ([{"L1": 60, "L2": 40}, {"L1": 40, "L2": 30}], "PR", "PR", (False, 57), (False, 57)),
    "complete response and non-target left": (
        [{"L1": 30, "E1": "PRESENT"}, {"L1": 0, "E1": "PRESENT"}], "PR", "PR", (False, 57), (False, 57)
    ),
    "growth against the nadir": (
        [{"L1": 50}, {"L1": 20}, {"L1": 24}], "PR PD", "PR PR", (True, 113), (False, 113)
    ),
    "new lesion": ([{"L1": 50}, {"L1": 20, "X1": 5}], "PD", "PD", (True, 57), (True, 57)),
}  # fmt: skip


@pytest.mark.parametrize("name", OLD)
def test_recist_1_0_and_1_1(name: str) -> None:
    visits, old, new, old_day, new_day = OLD[name]
    frame = lesions(*visits)
    charter = {
        criteria: Charter(criteria=criteria, keep_partial_response="always")
        for criteria in ("RECIST 1.0", "RECIST 1.1")
    }  # type: ignore[arg-type]
    found = {criteria: read(frame, charter[criteria]) for criteria in charter}
    assert found["RECIST 1.0"].visits["OVERALL"].to_list() == old.split()
    assert found["RECIST 1.1"].visits["OVERALL"].to_list() == new.split()
    assert [survival(found[criteria]) for criteria in ("RECIST 1.0", "RECIST 1.1")] == [old_day, new_day]


IMMUNE = Charter(criteria="iRECIST")
COURSES = {
    # visits; overall; best; first unconfirmed progression; survival
    "confirmed by another 5 mm": ([{"L1": 50}, {"L1": 62}, {"L1": 67}], "iUPD iCPD", "iCPD", 57, (True, 57)),
    "never confirmed, then smaller": ([{"L1": 50}, {"L1": 62}, {"L1": 30}], "iUPD iPR", "iPR", 57, (False, 113)),
    "unchanged": ([{"L1": 50}, {"L1": 62}, {"L1": 62}], "iUPD iUPD", "iUPD", 57, (False, 113)),
    "the second is confirmed": (
        [{"L1": 50}, {"L1": 62}, {"L1": 50}, {"L1": 62}, {"L1": 67}], "iUPD iSD iUPD iCPD", "iSD", 57, (True, 169)
    ),
    "a new lesion grows": (
        [{"L1": 50}, {"L1": 50, "X1": 10}, {"L1": 50, "X1": 15}], "iUPD iCPD", "iCPD", 57, (True, 57)
    ),
    "new lesions add nothing to the sum": (
        [{"L1": 50}, {"L1": 40, "X1": 10}, {"L1": 30}], "iUPD iPR", "iPR", 57, (False, 113)
    ),
    "another category": (
        [{"L1": 50, "E1": "PRESENT"}, {"L1": 62, "E1": "PRESENT"}, {"L1": 62, "E1": "UNEQUIVOCAL"}],
        "iUPD iCPD", "iCPD", 57, (True, 57),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", COURSES)
def test_irecist(name: str) -> None:
    visits, overall, best, first, day = COURSES[name]
    found = read(lesions(*visits), IMMUNE)
    assert found.visits["OVERALL"].to_list() == overall.split()
    assert found.best.select("BOR", "UPDDAY").row(0) == (best, first)
    assert survival(found) == day


def test_sums_under_irecist_leave_new_lesions_out() -> None:
    found = read(lesions({"L1": 50}, {"L1": 40, "X1": 10}, {"L1": 30, "X1": 12}), IMMUNE)
    assert found.visits["SUM"].to_list() == [40.0, 30.0]


def test_readers_under_irecist_are_compared_by_the_progression_that_was_confirmed() -> None:
    both = {"R1": [{"L1": 50}, {"L1": 62}, {"L1": 67}], "R2": [{"L1": 50}, {"L1": 62}, {"L1": 62}]}
    frame = pl.concat([lesions(*visits).with_columns(READER=pl.lit(name)) for name, visits in both.items()])
    found = recist_responses(frame, IMMUNE)
    result = central_results(found.best, None, IMMUNE).patients
    assert result.select("TRIGGERS", "STATUS").row(0) == ("progression_date; best_response", "pending")
