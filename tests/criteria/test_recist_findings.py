"""What is wrong with lesion measurements is a finding with its place and its effect, and the effect is what happens."""

from typing import Any

import polars as pl
import pytest

from equipoise.criteria import Charter, CriteriaError, TumorResponses, compare_responses, recist_responses

BASE: list[dict[str, Any]] = [
    {"DAY": 1, "LESION": "T1", "KIND": "TARGET", "DIAMETER": 60.0},
    {"DAY": 1, "LESION": "T2", "KIND": "TARGET", "DIAMETER": 40.0},
    {"DAY": 57, "LESION": "T1", "KIND": "TARGET", "DIAMETER": 40.0},
    {"DAY": 57, "LESION": "T2", "KIND": "TARGET", "DIAMETER": 30.0},
]


def table(rows: list[dict[str, Any]], **types: Any) -> pl.DataFrame:
    schema = {"DAY": pl.Int64, "LESION": pl.String, "KIND": pl.String, "DIAMETER": pl.Float64, **types}
    frame = pl.DataFrame(rows, schema=schema)
    return frame.with_columns(STUDYID=pl.lit("S"), USUBJID=pl.lit("01"), READER=pl.lit("R1"))


def changed(place: int, **values: Any) -> list[dict[str, Any]]:
    return [{**row, **values} if i == place else row for i, row in enumerate(BASE)]


def texts(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**row, "DIAMETER": str(row["DIAMETER"])} for row in rows]


def only(found: TumorResponses) -> dict[str, Any]:
    assert found.findings.height == 1, found.findings
    return found.findings.row(0, named=True)


def sums(found: TumorResponses) -> list[float | None]:
    return found.visits["SUM"].to_list()


def check(found: TumorResponses, code: str, severity: str, day: int, *place: str) -> None:
    row = only(found)
    expected = {"code": code, "severity": severity, "STUDYID": "S", "USUBJID": "01", "READER": "R1", "DAY": day}
    assert {name: row[name] for name in expected} == expected
    assert (row["LESION"], row["seen"]) == place
    assert row["effect"]
    assert row["expected"]


def test_clean_measurements_give_no_findings() -> None:
    found = recist_responses(table(BASE))
    assert found.findings.is_empty()
    assert sums(found) == [70.0]


def test_negative_diameter_is_not_measured() -> None:
    found = recist_responses(table(changed(3, DIAMETER=-30.0)))
    check(found, "diameter-negative", "error", 57, "T2", "-30.0")
    assert sums(found) == [None]
    assert found.visits["OVERALL"].to_list() == ["NE"]


@pytest.mark.parametrize("text", ["<5", "30 mm", "nan", "inf", "3O"])
def test_text_that_is_no_number_is_not_measured(text: str) -> None:
    found = recist_responses(table(texts(changed(3, DIAMETER=text)), DIAMETER=pl.String))
    check(found, "diameter-not-a-number", "error", 57, "T2", text)
    assert found.visits["OVERALL"].to_list() == ["NE"]


def test_numbers_written_as_text_are_numbers() -> None:
    found = recist_responses(table(texts(changed(3, DIAMETER=" 30.5 ")), DIAMETER=pl.String))
    assert sums(found) == [70.5]
    assert found.findings.is_empty()


def test_centimeters_among_millimeters_are_converted() -> None:
    rows = [{**row, "UNIT": "mm"} for row in changed(3, DIAMETER=3.0)]
    rows[3]["UNIT"] = "cm"
    found = recist_responses(table(rows, UNIT=pl.String))
    check(found, "unit-is-cm", "warning", 57, "T2", "3.0 cm")
    assert sums(found) == [70.0]


@pytest.mark.parametrize(("unit", "seen"), [(None, "30.0 without unit"), ("in", "30.0 in")])
def test_a_size_without_known_unit_is_not_measured(unit: str | None, seen: str) -> None:
    rows = [{**row, "UNIT": "mm"} for row in BASE]
    rows[3]["UNIT"] = unit
    found = recist_responses(table(rows, UNIT=pl.String))
    check(found, "unit-unknown", "error", 57, "T2", seen)
    assert sums(found) == [None]


def test_a_lesion_that_was_not_there_at_baseline_is_in_no_sum() -> None:
    extra = {"DAY": 57, "LESION": "T3", "KIND": "TARGET", "DIAMETER": 25.0}
    found = recist_responses(table([*BASE, extra]))
    check(found, "not-at-baseline", "error", 57, "T3", "TARGET lesion")
    assert sums(found) == [70.0]


def test_a_target_not_measured_at_baseline_is_in_no_sum() -> None:
    found = recist_responses(table(changed(1, DIAMETER=None)))
    assert found.findings["code"].to_list() == ["baseline-not-measured"] * 2
    assert found.findings["DAY"].to_list() == [1, 57]
    assert sums(found) == [40.0]
    assert found.best["NTARGET"].item() == 1


def test_two_answers_on_one_day_are_none() -> None:
    again = {"DAY": 57, "LESION": "T2", "KIND": "TARGET", "DIAMETER": 35.0}
    for rows in ([*BASE, again], [again, *BASE]):
        found = recist_responses(table(rows))
        assert found.findings.select("code", "severity", "DAY", "LESION").rows() == [
            ("measured-twice", "error", 57, "T2")
        ]
        assert sums(found) == [None]


def test_the_same_answer_twice_counts_once() -> None:
    found = recist_responses(table([*BASE, BASE[3]]))
    check(found, "measured-twice", "note", 57, "T2", "30.0")
    assert sums(found) == [70.0]


def test_within_a_visit_the_later_scan_is_used() -> None:
    rows = [{**row, "VISIT": 1 if row["DAY"] > 1 else 0} for row in BASE]
    rows.append({**rows[3], "DAY": 60, "DIAMETER": 35.0})
    found = recist_responses(table(rows, VISIT=pl.Int64))
    check(found, "measured-again", "warning", 57, "T2", "30.0")
    assert sums(found) == [75.0]


def test_a_scan_before_the_baseline_is_not_used() -> None:
    early = {"DAY": -60, "LESION": "T1", "KIND": "TARGET", "DIAMETER": 20.0}
    found = recist_responses(table([*BASE, early]))
    check(found, "visit-before-baseline", "error", -60, "T1", "day -60")
    assert found.best["BASELINE"].item() == 100.0
    stated = [{**row, "BASELINE": row["DAY"] == 1} for row in [*BASE, early]]
    found = recist_responses(table(stated, BASELINE=pl.Boolean))
    check(found, "visit-before-baseline", "error", -60, "T1", "day -60")
    assert sums(found) == [70.0]


def test_of_two_baseline_scans_the_later_is_used() -> None:
    found = recist_responses(table([*BASE, {"DAY": -10, "LESION": "T1", "KIND": "TARGET", "DIAMETER": 50.0}]))
    check(found, "visit-before-baseline", "warning", -10, "T1", "50.0")
    assert found.best["BASELINE"].item() == 100.0


def test_an_old_baseline_is_used_and_named() -> None:
    found = recist_responses(table([{**row, "DAY": -40} if row["DAY"] == 1 else row for row in BASE]))
    assert found.findings.select("code", "DAY", "LESION", "effect").rows() == [
        ("baseline-too-old", -40, "T1", "used as baseline"),
        ("baseline-too-old", -40, "T2", "used as baseline"),
    ]
    assert sums(found) == [70.0]


def test_a_patient_without_baseline_is_not_evaluable() -> None:
    found = recist_responses(table(BASE[2:]))
    codes = found.findings["code"].to_list()
    assert codes == ["no-baseline", "not-at-baseline", "not-at-baseline"]
    assert found.visits["OVERALL"].to_list() == ["NE"]


def targets(n: int, **columns: Any) -> list[dict[str, Any]]:
    row = {"KIND": "TARGET", "DIAMETER": 20.0, **columns}
    return [{"DAY": day, "LESION": f"T{i}", **row} for day in (1, 57) for i in range(n)]


def test_six_target_lesions_are_named_and_summed() -> None:
    found = recist_responses(table(targets(6)))
    row = only(found)
    assert (row["code"], row["seen"], row["DAY"]) == ("too-many-targets", "6 target lesions", 1)
    assert row["LESION"] == "T0, T1, T2, T3, T4, T5"
    assert sums(found) == [120.0]
    assert recist_responses(table(targets(6)), Charter(criteria="RECIST 1.0")).findings.is_empty()


def test_three_target_lesions_in_an_organ_are_named() -> None:
    rows = targets(3, ORGAN="Liver")
    found = recist_responses(table(rows, ORGAN=pl.String))
    row = only(found)
    assert (row["code"], row["seen"]) == ("too-many-targets-in-organ", "3 target lesions in LIVER")
    assert row["LESION"] == "T0, T1, T2"
    rows = [{**row, "VISIT": "BASELINE" if row["DAY"] == 1 else "WEEK 8"} for row in rows]
    assert only(recist_responses(table(rows, ORGAN=pl.String, VISIT=pl.String)))["VISIT"] == "BASELINE"


def test_paired_organs_and_all_nodes_are_one_organ() -> None:
    lungs = [
        {**row, "ORGAN": organ} for row, organ in zip(targets(3), ["Left lung", "Lung, right", "LUNG"] * 2, strict=True)
    ]
    assert only(recist_responses(table(lungs, ORGAN=pl.String)))["seen"] == "3 target lesions in LUNG"
    nodes = [
        {**row, "ORGAN": organ, "NODAL": True}
        for row, organ in zip(targets(3), ["Neck", "Groin", "Axilla"] * 2, strict=True)
    ]
    found = recist_responses(table(nodes, ORGAN=pl.String, NODAL=pl.Boolean))
    assert only(found)["seen"] == "3 target lesions in LYMPH NODE"


@pytest.mark.parametrize(
    ("nodal", "diameter", "code"),
    [(True, 14.9, "node-too-small"), (True, 15.0, None), (False, 9.9, "lesion-too-small"), (False, 10.0, None)],
)
def test_small_target_lesions_are_named_and_used(nodal: bool, diameter: float, code: str | None) -> None:
    rows = [{**row, "NODAL": False} for row in changed(1, DIAMETER=diameter)]
    rows[1]["NODAL"] = rows[3]["NODAL"] = nodal
    found = recist_responses(table(rows, NODAL=pl.Boolean))
    assert found.findings.select("code", "LESION", "seen").rows() == ([(code, "T2", f"{diameter} mm")] if code else [])
    assert found.best["BASELINE"].item() == 60.0 + diameter


def test_a_response_without_scan_and_one_that_differs_are_named() -> None:
    recorded = pl.DataFrame({"DAY": [57, 113], "OVERALL": ["SD", "PR"]})
    recorded = recorded.with_columns(STUDYID=pl.lit("S"), USUBJID=pl.lit("01"), READER=pl.lit("R1"))
    found = compare_responses(recist_responses(table(BASE)), recorded)
    assert found.select("code", "USUBJID", "DAY", "seen", "effect").rows() == [
        ("response-differs", "01", 57, "OVERALL SD; the measurements give PR", "the recorded response is kept"),
        ("response-without-scan", "01", 113, "OVERALL PR", "the recorded response is kept"),
    ]


def test_findings_name_the_visit_where_visits_have_names() -> None:
    rows = [{**row, "VISIT": "WEEK 8" if row["DAY"] > 1 else "SCREENING"} for row in changed(3, DIAMETER=-30.0)]
    found = recist_responses(table(rows, VISIT=pl.String))
    assert found.findings.select("USUBJID", "VISIT", "DAY", "LESION").row(0) == ("01", "WEEK 8", 57, "T2")
    recorded = pl.DataFrame({"VISIT": ["WEEK 16"], "OVERALL": ["PR"]})
    recorded = recorded.with_columns(STUDYID=pl.lit("S"), USUBJID=pl.lit("01"), READER=pl.lit("R1"))
    assert compare_responses(found, recorded).select("code", "VISIT").row(0) == ("response-without-scan", "WEEK 16")


def test_words_that_nobody_knows() -> None:
    rows = [{**row, "STATE": None} for row in BASE]
    rows.append({"DAY": 1, "LESION": "N1", "KIND": "NON-TARGET", "STATE": "present"})
    rows.append({"DAY": 57, "LESION": "N1", "KIND": "NON-TARGET", "STATE": "better"})
    rows.append({"DAY": 57, "LESION": "X", "KIND": "OTHER", "STATE": "PRESENT"})
    found = recist_responses(table(rows, STATE=pl.String))
    assert found.findings.select("code", "LESION", "seen").rows() == [
        ("state-unknown", "N1", "better"),
        ("kind-unknown", "X", "KIND OTHER"),
    ]
    assert found.visits["NONTARGET"].to_list() == ["NE"]


def test_a_state_that_contradicts_the_diameter_is_not_measured() -> None:
    rows = [{**row, "STATE": None} for row in BASE]
    rows[3]["STATE"] = "ABSENT"
    found = recist_responses(table(rows, STATE=pl.String))
    check(found, "state-contradicts-diameter", "error", 57, "T2", "ABSENT with a diameter of 30.0")
    assert sums(found) == [None]


def test_rows_of_nobody_and_no_day_are_not_used() -> None:
    frame = table([*BASE, {**BASE[0], "DAY": None}])
    nobody = table(BASE[:1]).with_columns(USUBJID=pl.lit(None, dtype=pl.String))
    found = recist_responses(pl.concat([frame, nobody]))
    assert sorted(found.findings["code"].to_list()) == ["day-missing", "key-missing"]
    assert sums(found) == [70.0]


def test_more_than_two_decimals_are_rounded_and_more_than_half_a_meter_is_named() -> None:
    found = recist_responses(table(changed(3, DIAMETER=30.125)))
    check(found, "diameter-too-precise", "note", 57, "T2", "30.125")
    assert sums(found) == [70.13]
    found = recist_responses(table(changed(3, DIAMETER=500.5)))
    check(found, "diameter-implausible", "warning", 57, "T2", "500.5")


def test_a_new_lesion_at_baseline_is_not_used() -> None:
    found = recist_responses(table([*BASE, {"DAY": 1, "LESION": "X", "KIND": "NEW", "DIAMETER": 10.0}]))
    check(found, "new-at-baseline", "warning", 1, "X", "new lesion at baseline")
    assert found.visits["OVERALL"].to_list() == ["PR"]


def test_columns_that_cannot_be_meant_are_refused_at_once() -> None:
    frame = table(BASE).drop("LESION").with_columns(DAY=pl.lit("2024-01-01"), NODAL=pl.lit("Y"))
    with pytest.raises(CriteriaError) as error:
        recist_responses(frame)
    assert len(error.value.problems) == 3
    assert "column LESION is missing" in error.value.problems[0]
    assert "column DAY is String: it must be whole days" in error.value.problems[1]


def test_no_rows_give_no_responses() -> None:
    found = recist_responses(table([]))
    assert (found.visits.height, found.best.height, found.findings.height) == (0, 0, 0)
    assert found.visits.columns == recist_responses(table(BASE)).visits.columns
