"""Forms due and forms received. Target days are 85, 169 and 253 from randomization on day 1."""

from typing import Any

import polars as pl
import pytest
from tests.derive.made_up import subject
from tests.derive.made_up_forms import derived, form

from equipoise.derive import Derived

PAIN = {
    "name": "PAIN",
    "every_weeks": 12,
    "until_week": 36,
    "items": {"A": {"low": 0, "high": 10}, "B": {"low": 0, "high": 10}, "C": {"low": 0, "high": 10}},
    "define": {"P": {"label": "Pain", "items": ["A", "B", "C"], "better": "low"}},
}
DOSE = {"EXTRT": "DRUG", "EXDOSE": 800.0, "EXSTDTC": 1, "EXENDTC": 60}
LONG = subject("Z", "PLA", ok=[400], ex=[{"EXTRT": "PLACEBO", "EXDOSE": 0.0, "EXSTDTC": 1, "EXENDTC": 60}])
CROSSOVER = {"from": "placebo", "to": "drug"}


def pain(day: int | None, *answers: Any, **more: Any) -> list[dict[str, Any]]:
    return form("S", day, dict(zip("ABC", answers, strict=False)), "PAIN", **more)


def rows(result: Derived, *columns: str) -> list[tuple[Any, ...]]:
    table = result.adam["ADPRO"].filter(pl.col("USUBJID") == "S").sort("AVISITN")
    return table.select("AVISITN", *columns).rows()


def reasons(result: Derived) -> dict[int, str | None]:
    return dict(rows(result, "MISSREAS"))


def test_forms_received_expected_and_evaluable() -> None:
    who = subject("S", "DRG", ex=[DOSE])
    forms = [pain(-2, 1, 2, 3), pain(1, 1, 2), pain(84, 5, None, None), pain(100, 4, 4, 4), pain(170, 1, 1, 1)]
    result = derived(forms, [who, LONG], [PAIN])

    assert rows(result, "EXPECTFL", "ALIVEFL", "RECEIVFL", "EVALFL", "MISSREAS") == [
        (0, "Y", "Y", "Y", "Y", None),
        (85, "Y", "Y", "Y", "N", "too few answers"),
        (169, "Y", "Y", "Y", "Y", None),
        (253, "Y", "Y", "N", "N", "not recorded"),
    ]
    assert rows(result, "NMISSING") == [(0, 1), (85, 2), (169, 0), (253, None)]
    assert [day.isoformat() if day else None for _, day in rows(result, "ADT")] == [
        "2020-01-06",
        "2020-03-29",
        "2020-06-23",
        None,
    ]
    assert rows(result, "AVISIT", "AWTARGET", "AWLO", "AWHI")[:2] == [
        (0, "Baseline", 1, None, 1),
        (85, "Week 12", 85, 2, 127),
    ]


@pytest.mark.parametrize(
    ("facts", "changes", "expected"),
    [
        ({"death": 100}, {}, {169: "died", 253: "died"}),
        ({"left": 100}, {}, {169: "left study", 253: "left study"}),
        ({"left": 100, "death": 200}, {}, {169: "left study", 253: "died"}),
        ({"stop": 60}, {}, {169: "not recorded", 253: "not recorded"}),
        ({"stop": 60}, {"expected_until": "end_of_treatment"}, {169: "off treatment", 253: "off treatment"}),
        ({"death": 300}, {"expected_until": "end_of_treatment"}, {169: "off treatment", 253: "off treatment"}),
    ],
)
def test_why_no_form_is_expected(facts: dict[str, Any], changes: dict[str, Any], expected: dict[int, str]) -> None:
    who = subject("S", "DRG", ex=[DOSE], **facts)
    result = derived([pain(1, 1, 2, 3), pain(85, 1, 2, 3)], [who, LONG], [PAIN | changes])

    assert reasons(result) == {0: None, 85: None, **expected}
    due = {visit: flag for visit, flag in rows(result, "EXPECTFL") if visit > 85}
    assert due == {visit: "Y" if reason == "not recorded" else "N" for visit, reason in expected.items()}
    alive = {visit: flag for visit, flag in rows(result, "ALIVEFL") if visit > 85}
    assert alive == {visit: "N" if reason == "died" else "Y" for visit, reason in expected.items()}


def test_a_form_before_death_counts_as_due() -> None:
    who = subject("S", "DRG", ex=[DOSE], death=160)
    result = derived([pain(1, 1, 2, 3), pain(150, 1, 2, 3)], [who, LONG], [PAIN])

    assert rows(result, "EXPECTFL", "RECEIVFL")[2] == (169, "Y", "Y")
    assert reasons(result) == {0: None, 85: "not recorded", 169: None, 253: "died"}


def test_the_comparison_ends_at_crossover_and_unblinding() -> None:
    second = {"EXTRT": "DRUG", "EXDOSE": 800.0, "EXSTDTC": 120, "EXENDTC": 300}
    first = {"EXTRT": "PLACEBO", "EXDOSE": 0.0, "EXSTDTC": 1, "EXENDTC": 70}
    crossed = subject("S", "PLA", ex=[first, second])
    opened = subject("S", "DRG", ex=[DOSE], ds=[{"DSCAT": "OTHER EVENT", "DSDECOD": "UNBLINDED", "DSSTDTC": 120}])
    forms = [pain(1, 1, 2, 3), pain(85, 1, 2, 3), pain(169, 1, 2, 3)]

    after = {0: None, 85: None, 169: "crossed over", 253: "crossed over"}
    assert reasons(derived(forms, [crossed, LONG], [PAIN], crossover=CROSSOVER)) == after
    assert reasons(derived(forms, [opened, LONG], [PAIN])) == {k: v and "unblinded" for k, v in after.items()}


def test_visits_after_the_cut_off_are_not_yet_due() -> None:
    who = subject("S", "DRG", ex=[DOSE])
    cuts = {"early": {"cutoff": "2020-04-30"}}
    result = derived([pain(1, 1, 2, 3), pain(150, 1, 1, 1)], [who, LONG], [PAIN], cut="early", data_cuts=cuts)

    assert rows(result, "EXPECTFL", "MISSREAS") == [
        (0, "Y", None),
        (85, "Y", "not recorded"),
        (169, "N", "not yet due"),
        (253, "N", "not yet due"),
    ]


def test_without_an_end_visits_are_planned_as_far_as_anybody_is_followed() -> None:
    endless = {key: value for key, value in PAIN.items() if key != "until_week"}
    result = derived([pain(1, 1, 2, 3)], [subject("S", "DRG", ex=[DOSE]), LONG], [endless])

    assert [visit for visit, *_ in rows(result)] == [0, 85, 169, 253, 337]


def test_without_an_end_no_visit_is_planned_after_the_last_form_expected_or_received() -> None:
    endless = PAIN | {"expected_until": "end_of_treatment"}
    del endless["until_week"]
    who = subject("S", "DRG", ex=[DOSE | {"EXENDTC": 100}], stop=100)
    people = [who, subject("Z", "PLA", ok=[400], ex=[DOSE | {"EXTRT": "PLACEBO", "EXDOSE": 0.0}], stop=60)]

    assert [visit for visit, *_ in rows(derived([pain(1, 1, 2, 3)], people, [endless]))] == [0, 85]
    late = [pain(1, 1, 2, 3), pain(250, 1, 2, 3)]
    assert [visit for visit, *_ in rows(derived(late, people, [endless]))] == [0, 85, 169, 253]


@pytest.mark.parametrize(
    "how",
    [
        {"QSDTC": "2020-06-20"},
        {"QSDTC": None, "VISITDY": 168.0},
        {"QSDTC": None, "VISIT": "WEEK 24"},
        {"QSDTC": None, "VISIT": "wk24"},
    ],
)
def test_the_recorded_reason_is_given(how: dict[str, Any]) -> None:
    missed = [row | how for row in pain(None, None, QSSTAT="NOT DONE", QSREASND="SUBJECT TOO ILL")]
    result = derived([pain(1, 1, 2, 3), missed], [subject("S", "DRG", ex=[DOSE]), LONG], [PAIN])

    assert reasons(result) == {0: None, 85: "not recorded", 169: "SUBJECT TOO ILL", 253: "not recorded"}


def test_a_form_without_any_usable_answer_is_not_received() -> None:
    result = derived([pain(1, 1, 2, 3), pain(85, 99, "x")], [subject("S", "DRG", ex=[DOSE]), LONG], [PAIN])

    assert rows(result, "EXPECTFL", "RECEIVFL", "MISSREAS")[1] == (85, "Y", "N", "no usable answer")


def test_every_randomized_subject_has_every_planned_form() -> None:
    people = [subject("S", "DRG", ex=[DOSE]), subject("T", "PLA"), subject("F", None), LONG]
    table = derived([pain(1, 1, 2, 3)], people, [PAIN, {"name": "LASA", "every_weeks": 12, "asked_at_baseline": False}])
    counts = table.adam["ADPRO"].group_by("INSTR", "USUBJID").len().sort("INSTR", "USUBJID")

    assert counts.rows() == [("LASA", who, 4) for who in "STZ"] + [("PAIN", who, 4) for who in "STZ"]
    assert table.adam["ADPRO"].filter(INSTR="LASA")["AVISITN"].unique().sort().to_list() == [85, 169, 253, 337]
