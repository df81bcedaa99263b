"""One patient without a frame: the same answers as the frame gives, and refusals."""

import subprocess
import sys

import polars as pl
import pytest
from tests.criteria.recist_cases import CASES, case_frame

from equipoise.criteria import Charter, CriteriaError, Measurement, patient_response, recist_responses

LINES = CASES.strip().splitlines()


def measurements(frame: pl.DataFrame) -> list[Measurement]:
    return [
        Measurement(
            day=row["DAY"],
            lesion=row["LESION"],
            kind=row["KIND"],
            diameter=row["DIAMETER"],
            state=row["STATE"],
            nodal=bool(row["NODAL"]),
            part=str(row["PART"] or ""),
        )
        for row in frame.to_dicts()
    ]


@pytest.mark.parametrize("criteria", ["RECIST 1.1", "RECIST 1.0", "iRECIST"])
def test_patient_and_frame_agree_on_the_worked_cases(criteria: str) -> None:
    charter = Charter(criteria=criteria)  # type: ignore[arg-type]
    for line in LINES:
        frame = case_frame(line)
        expected = recist_responses(frame, charter)
        visits, best = expected.visits, expected.best.row(0, named=True)

        found = patient_response(measurements(frame), charter)

        names = ("day", "total", "measured", "nadir", "target", "non_target", "new_lesion", "overall", "final")
        columns = ("DAY", "SUM", "MEASURED", "NADIR", "TARGET", "NONTARGET", "NEWLESION", "OVERALL", "FINAL")
        rows = [tuple(getattr(visit, name) for name in (*names, "after_progression")) for visit in found.visits]
        assert rows == visits.select(*columns, "AFTERPD").rows(), line
        answers = {
            "BASELINE": found.baseline, "BOR": found.best, "BORDAY": found.best_day, "CBOR": found.confirmed,
            "CBORDAY": found.confirmed_day, "RESPDAY": found.response_day, "CRESPDAY": found.confirmed_response_day,
            "PDDAY": found.progression_day, "PDCAUSE": found.progression_cause, "PDKNOWN": found.progression_known_day,
            "UPDDAY": found.unconfirmed_day,
        }  # fmt: skip
        assert answers == {name: best[name] for name in answers}, line


def lesion(day: int, diameter: float | None, **values: object) -> Measurement:
    return Measurement(**{"day": day, "lesion": "T1", "kind": "TARGET", "diameter": diameter, **values})  # type: ignore[arg-type]


def test_scans_of_a_visit_belong_together() -> None:
    rows = [
        lesion(-3, 50.0, visit=0),
        lesion(-1, 50.0, visit=0, lesion="T2"),
        lesion(110, 60.0, visit=1, scheduled_day=112),
        lesion(114, 65.0, visit=1, scheduled_day=112, lesion="T2"),
    ]
    days = {
        rule: patient_response(rows, Charter(progression_date=rule)).progression_day  # type: ignore[arg-type]
        for rule in ("first_scan", "last_target_scan", "scheduled_visit")
    }
    assert days == {"first_scan": 110, "last_target_scan": 114, "scheduled_visit": 112}
    assert [visit.visit for visit in patient_response(rows).visits] == [1]


def test_new_therapy_ends_what_counts() -> None:
    rows = [lesion(1, 50.0), lesion(57, 30.0), lesion(113, 30.0)]
    assert patient_response(rows).confirmed == "PR"
    assert patient_response(rows, new_therapy_day=60).confirmed == "SD"


def test_everything_that_cannot_be_used_is_refused_at_once() -> None:
    rows = [
        lesion(1, -5.0),
        lesion(1, float("nan"), lesion="T2"),
        lesion(1, None, state="GONE"),
        lesion(1, 20.0, kind="MASS"),
        lesion(57, 20.0, state="ABSENT"),
    ]
    with pytest.raises(CriteriaError) as error:
        patient_response(rows)
    assert [problem.split(":")[0] for problem in error.value.problems] == [
        "lesion T1 on day 1",
        "lesion T2 on day 1",
        "lesion T1 on day 1",
        "lesion T1 on day 1",
        "lesion T1 on day 57",
    ]


@pytest.mark.parametrize(
    ("extra", "problem"),
    [
        (lesion(57, 31.0), "another measurement of the same day disagrees"),
        (lesion(57, 20.0, lesion="T9"), "not recorded at baseline"),
        (lesion(1, None, lesion="T9"), "without a diameter at baseline"),
        (lesion(-60, 20.0), "before the baseline"),
    ],
)
def test_rows_that_the_frame_would_set_aside_are_refused(extra: Measurement, problem: str) -> None:
    with pytest.raises(CriteriaError, match=problem):
        patient_response([lesion(1, 50.0), lesion(57, 30.0), extra])


def test_nothing_measured_is_no_response() -> None:
    found = patient_response([])
    assert (found.visits, found.best, found.progression_day) == ((), None, None)


def test_the_compiler_is_loaded_on_first_use() -> None:
    code = "import sys, equipoise.criteria; print('numba' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
        == "False"
    )
