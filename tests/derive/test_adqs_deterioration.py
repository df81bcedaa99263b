"""Time to deterioration, checked against a worked example: global health status 75, 66.7, 58.3, 75, 50 on study days 1,
57, 113, 169, 225, death on day 260."""

from typing import Any

import polars as pl
import pytest
from tests.derive.made_up import subject
from tests.derive.made_up_forms import derived, form, qlq_c30

from equipoise.derive import Derived

ANSWERS = {75.0: (5, 6), 200 / 3: (5, 5), 175 / 3: (4, 5), 50.0: (4, 4), 100.0: (7, 7)}
DOSE = {"EXTRT": "DRUG", "EXDOSE": 800.0, "EXSTDTC": 1, "EXENDTC": 60}
COURSE = [(1, 75.0), (57, 200 / 3), (113, 175 / 3), (169, 75.0), (225, 50.0)]
INSTRUMENT = {"name": "QLQ-C30", "every_weeks": 8, "important_difference": 10}


def course(days: list[tuple[int, float]] = COURSE, name: str = "S") -> list[list[dict[str, Any]]]:
    return [form(name, day, qlq_c30(Q29=ANSWERS[score][0], Q30=ANSWERS[score][1])) for day, score in days]


def times(forms: list[list[dict[str, Any]]], rule: dict[str, Any] | None = None, **facts: Any) -> Derived:
    who = subject("S", "DRG", **({"ex": [DOSE], "death": 260} | facts))
    endpoint = {
        "label": "Deterioration",
        "kind": "deterioration",
        "paramcd": "TTD",
        "instrument": "QLQ-C30",
        "scale": "QL",
        "deterioration": rule or {},
    }
    crossover = {"crossover": facts["crossover"]} if "crossover" in facts else {}
    return derived(forms, [who], [INSTRUMENT], endpoints__ttd=endpoint, **crossover)


def outcome(result: Derived) -> tuple[Any, ...] | None:
    rows = result.adam["ADTTE"].filter(pl.col("ENDPT") == "ttd")
    return rows.select("AVAL", "CNSR", "EVNTDESC", "CNSDTDSC").row(0) if rows.height else None


LOST = course([pair for pair in COURSE if pair[0] != 225])


@pytest.mark.parametrize(
    ("forms", "rule", "expected"),
    [
        (course(), {}, (113, 0, "Deterioration", None)),
        (course(), {"threshold": 5}, (57, 0, "Deterioration", None)),
        (course(), {"definitive": True}, (225, 0, "Definitive deterioration", None)),
        (LOST, {}, (113, 0, "Deterioration", None)),
        (LOST, {"definitive": True}, (169, 6, None, "Last score")),
        (LOST, {"definitive": True, "death": "event"}, (260, 0, "Death", None)),
        (LOST, {"definitive": True, "death": "competing"}, (260, 7, None, "Death")),
        (course(), {"threshold": 20, "reference": "best"}, (225, 0, "Deterioration", None)),
        (course([(1, 200 / 3), (57, 100.0), (113, 75.0)]), {}, (113, 6, None, "Last score")),
        (course([(1, 200 / 3), (57, 100.0), (113, 75.0)]), {"reference": "best"}, (113, 0, "Deterioration", None)),
    ],
)
def test_first_and_definitive_deterioration(
    forms: list[list[dict[str, Any]]], rule: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    assert outcome(times(forms, rule)) == expected


def test_the_threshold_is_reached_exactly_whatever_the_last_bit() -> None:
    forms = [form("S", day, qlq_c30(Q10=value, Q12=1, Q18=1)) for day, value in ((1, 1), (57, 2))]
    own = {"name": "QLQ-C30", "every_weeks": 8, "important_difference": 100 / 9}
    endpoint = {"label": "Fatigue", "kind": "deterioration", "paramcd": "TTDFA", "instrument": "QLQ-C30", "scale": "FA"}
    result = derived(forms, [subject("S", "DRG", ex=[DOSE])], [own], endpoints__ttd=endpoint)

    assert outcome(result) == (57, 0, "Deterioration", None)
    assert result.adam["ADQS"].filter(SCALE="FA", ADY=57)["CHGCAT1"].to_list() == ["Worsened"]


@pytest.mark.parametrize(
    ("days", "choice", "expected"),
    [
        ([(57, 75.0)], {}, (1, 1, None, "Origin")),
        ([(57, 75.0)], {"no_baseline": "event"}, (1, 0, "No score", None)),
        ([(57, 75.0)], {"no_baseline": "exclude"}, None),
        ([(1, 75.0)], {}, (1, 2, None, "Origin")),
        ([(1, 75.0)], {"no_follow_up": "event"}, (1, 0, "No score", None)),
        ([(1, 75.0)], {"no_follow_up": "exclude"}, None),
        ([(1, 75.0)], {"death": "event"}, (260, 0, "Death", None)),
    ],
)
def test_subjects_without_baseline_or_later_scores(
    days: list[tuple[int, float]], choice: dict[str, Any], expected: tuple[Any, ...] | None
) -> None:
    assert outcome(times(course(days), choice)) == expected


def test_who_left_the_study_is_censored_for_that() -> None:
    result = times(course([(1, 75.0), (57, 75.0)]), death=None, left=100)

    assert outcome(result) == (57, 5, None, "Last score")
    row = result.adam["ADTTE"].filter(ENDPT="ttd").row(0, named=True)
    assert row["CNSREAS"] == "Left the study without deterioration"
    assert (row["SRCDOM"], row["SRCVAR"], row["SRCSEQ"]) == ("QS", "QSDTC", 31)
    assert (row["RULESET"], row["PRIMFL"], row["PARAM"]) == ("P", "Y", "Deterioration")


def test_scores_and_deaths_after_crossover_do_not_count() -> None:
    doses = [
        {"EXTRT": "PLACEBO", "EXDOSE": 0.0, "EXSTDTC": 1, "EXENDTC": 70},
        {"EXTRT": "DRUG", "EXDOSE": 800.0, "EXSTDTC": 100, "EXENDTC": 300},
    ]
    who = subject("S", "PLA", ex=doses, death=260)
    endpoint = {
        "label": "Deterioration",
        "kind": "deterioration",
        "paramcd": "TTD",
        "instrument": "QLQ-C30",
        "scale": "QL",
        "deterioration": {"death": "event"},
    }
    crossover = {"from": "placebo", "to": "drug"}
    result = derived(course(), [who], [INSTRUMENT], endpoints__ttd=endpoint, crossover=crossover)

    assert outcome(result) == (57, 6, None, "Last score")


def test_high_symptom_scores_are_worse() -> None:
    forms = [form("S", day, qlq_c30(Q9=value, Q19=value)) for day, value in ((1, 3), (57, 1), (113, 4))]
    endpoint = {"label": "Pain", "kind": "deterioration", "paramcd": "TTDPA", "instrument": "QLQ-C30", "scale": "PA"}
    result = derived(forms, [subject("S", "DRG", ex=[DOSE])], [INSTRUMENT], endpoints__ttd=endpoint)
    rows = result.adam["ADQS"].filter(SCALE="PA")

    assert outcome(result) == (113, 0, "Deterioration", None)
    assert rows["CHGCAT1"].to_list() == [None, "Improved", "Worsened"]
    assert rows["BETTER"].to_list() == ["low"] * 3


def test_thresholds_of_a_scale_and_direction() -> None:
    own = INSTRUMENT | {"thresholds": {"QL": {"improvement": 30}}}
    result = derived(course([(1, 75.0), (57, 100.0), (113, 200 / 3)]), [subject("S", "DRG", ex=[DOSE])], [own])
    rows = result.adam["ADQS"].filter(SCALE="QL")

    assert rows.select("DETTHR", "IMPTHR").unique().rows() == [(10.0, 30.0)]
    assert rows["CHGCAT1"].to_list() == [None, "Stable", "Stable"]
