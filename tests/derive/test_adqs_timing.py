"""Windows, baseline, and what keeps a form out of the comparison of arms.

Target days are 85, 169, 253; the windows are study days 2 to 127, 128 to 211, 212 to 295.
"""

import random
from typing import Any

import polars as pl
import pytest
from tests.derive.made_up import protocol, sdtm, subject
from tests.derive.made_up_forms import derived, form, qlq_c30, with_forms

from equipoise.cdisc import Finding
from equipoise.derive import Derived, derive
from equipoise.protocol import data_cut

PAIN = [
    {
        "name": "PAIN",
        "every_weeks": 12,
        "items": {"A": {"low": 0, "high": 100}, "B": {"low": 0, "high": 100}},
        "define": {
            "PA": {"label": "Pain", "items": ["A"], "better": "low"},
            "PB": {"label": "Other pain", "items": ["B"], "better": "low"},
        },
    }
]
CROSSOVER = {"from": "placebo", "to": "drug"}
DOSE = {"EXTRT": "DRUG", "EXDOSE": 800.0, "EXSTDTC": 1, "EXENDTC": 60}


def pain(day: int | str | None, a: object, b: object = None, name: str = "S", **more: Any) -> list[dict[str, Any]]:
    return form(name, day, {"A": a, "B": b}, "PAIN", **more)


def chosen(result: Derived, scale: str = "PA") -> dict[int, float]:
    rows = result.adam["ADQS"].filter(pl.col("SCALE") == scale, pl.col("ANL01FL") == "Y")
    return dict(rows.select("AVISITN", "AVAL").iter_rows())


def excluded(result: Derived, scale: str = "PA") -> dict[float, str]:
    rows = result.adam["ADQS"].filter(pl.col("SCALE") == scale, pl.col("ANL01FL").is_null())
    return dict(rows.select("AVAL", "EXCLRSN").iter_rows())


def told(result: Derived, code: str) -> list[Finding]:
    return [finding for finding in result.findings if finding.code == code]


@pytest.mark.parametrize(
    ("day", "visit", "span"),
    [
        (2, 85, (2, 127)),
        (127, 85, (2, 127)),
        (128, 169, (128, 211)),
        (211, 169, (128, 211)),
        (212, 253, (212, 295)),
    ],
)
def test_windows_are_contiguous_and_meet_half_way(day: int, visit: int, span: tuple[int, int]) -> None:
    rows = derived([pain(1, 10), pain(day, 20)], instruments=PAIN).adam["ADQS"].filter(SCALE="PA", AVAL=20)

    assert rows.select("AVISITN", "AWTARGET", "AWLO", "AWHI", "AVISIT").rows() == [
        (visit, visit, *span, f"Week {(visit - 1) // 7}")
    ]
    assert rows["AWTDIFF"].to_list() == [abs(day - visit)]


@pytest.mark.parametrize(
    ("forms", "value"),
    [
        ([(80, 1), (88, 2)], 2),
        ([(82, 1), (89, 2)], 1),
        ([(81, 1), (89, 2)], 1),
        ([(89, 2), (81, 1), (60, 3)], 1),
    ],
)
def test_the_form_nearest_its_target_wins_and_of_equals_the_earlier(forms: list[tuple[int, int]], value: int) -> None:
    result = derived([pain(1, 50), *(pain(day, answer) for day, answer in forms)], instruments=PAIN)

    assert chosen(result)[85] == value
    assert set(excluded(result).values()) == {"not_nearest"}


def test_where_the_nearest_form_lacks_a_scale_the_next_has_it() -> None:
    result = derived([pain(1, 50, 50), pain(70, 1, 2), pain(85, 3)], instruments=PAIN)

    assert chosen(result)[85] == 3
    assert chosen(result, "PB")[85] == 2
    assert excluded(result, "PB") == {None: "not_scored"}


def test_the_baseline_is_the_last_score_up_to_the_first_dose() -> None:
    late = subject("S", "DRG", ex=[DOSE | {"EXSTDTC": 5}])
    forms = [pain(-20, 1, 11), pain(-3, 2, 12), pain(4, 3), pain(5, 4), pain(6, 5), pain(85, 6)]
    result = derived(forms, [late], PAIN)
    rows = result.adam["ADQS"].filter(SCALE="PA")

    assert chosen(result) == {0: 4, 85: 6}
    assert chosen(result, "PB") == {0: 12}
    assert excluded(result) == {1: "before_baseline", 2: "before_baseline", 3: "before_baseline", 5: "not_nearest"}
    assert rows["ADY"].to_list() == [-21, -4, 4, 5, 6, 85]
    assert rows["BASE"].to_list() == [4.0] * 6
    assert rows["CHG"].to_list() == [None, None, None, None, 1.0, 2.0]
    assert rows["ABLFL"].to_list() == [None, None, None, "Y", None, None]


def test_without_a_dose_the_baseline_ends_at_randomization() -> None:
    result = derived([pain(1, 1), pain(2, 2)], [subject("S", "DRG")], PAIN)

    assert chosen(result) == {0: 1, 85: 2}


def test_study_days_may_count_from_the_first_dose() -> None:
    late = [subject("S", "DRG", ex=[DOSE | {"EXSTDTC": 11}]), subject("U", "PLA")]
    forms = [pain(10, 1), pain(95, 2), pain(1, 3, name="U"), pain(95, 4, name="U")]
    rows = derived(forms, late, [PAIN[0] | {"anchor": "first_dose"}]).adam["ADQS"].filter(SCALE="PA")

    assert rows.select("USUBJID", "ADY", "AVISITN").rows() == [("S", -1, 0), ("S", 85, 85), ("U", 1, 0), ("U", 95, 85)]


def test_forms_after_crossover_are_left_out_and_do_not_compete() -> None:
    second = {"EXTRT": "DRUG", "EXDOSE": 800.0, "EXSTDTC": 84, "EXENDTC": 300}
    first = {"EXTRT": "PLACEBO", "EXDOSE": 0.0, "EXSTDTC": 1, "EXENDTC": 70}
    crossed = subject("S", "PLA", ex=[first, second])
    forms = [pain(1, 1), pain(75, 2), pain(84, 3), pain(85, 4), pain(169, 5)]
    result = derived(forms, [crossed], PAIN, crossover=CROSSOVER)

    assert chosen(result) == {0: 1, 85: 3}
    assert excluded(result) == {2: "not_nearest", 4: "after_crossover", 5: "after_crossover"}
    assert result.adam["ADQS"].filter(AVAL=5)["CHG"].to_list() == [4.0]


def test_forms_after_unblinding_are_left_out_and_those_after_the_stop_of_drug_kept() -> None:
    who = subject("S", "DRG", stop=60, ex=[DOSE], ds=[{"DSCAT": "OTHER EVENT", "DSDECOD": "UNBLINDED", "DSSTDTC": 100}])
    result = derived([pain(1, 1), pain(100, 2), pain(101, 3), pain(169, 4)], [who], PAIN)

    assert chosen(result) == {0: 1, 85: 2}
    assert excluded(result) == {3: "after_unblinding", 4: "after_unblinding"}
    home = {"domain": "DS", "variable": "DSSTDTC", "where": {"DSDECOD": ["CODE BROKEN"]}}
    own = derived([pain(1, 1), pain(100, 2), pain(101, 3)], [who], PAIN, data={"dates": {"unblinding": home}})
    assert excluded(own) == {3: "not_nearest"}


def test_a_form_after_death_is_left_out_and_told_of() -> None:
    died = subject("S", "DRG", death=90, ex=[DOSE])
    result = derived([pain(1, 1), pain(90, 2), pain(91, 3, VISIT="WEEK 12")], [died], PAIN)

    (finding,) = told(result, "form-after-death")
    assert chosen(result) == {0: 1, 85: 2}
    assert excluded(result) == {3: "after_death"}
    assert (finding.severity, finding.subject) == ("error", "S")
    assert finding.row_key == "USUBJID=S, QSCAT=PAIN, VISIT=WEEK 12, QSDTC=2020-04-05"
    assert finding.expected == "a day up to death on 2020-04-04"


def test_two_forms_on_one_day_the_one_with_more_answers_counts() -> None:
    forms = [pain(1, 1), pain(85, 2, VISIT="WEEK 12"), pain(85, 3, 9, VISIT="UNSCHEDULED")]
    result = derived(forms, instruments=PAIN)

    (finding,) = told(result, "form-twice")
    assert chosen(result) == {0: 1, 85: 3}
    assert excluded(result) == {2: "same_day_duplicate"}
    assert finding.subject == "S"
    assert finding.seen == "2 forms on 2020-03-30 (QSSEQ 3: 1 answers; QSSEQ 5: 2 answers)"
    assert finding.effect.endswith("is used: QSSEQ 5")


def test_two_equal_forms_on_one_day_the_first_recorded_counts() -> None:
    result = derived([pain(1, 1), pain(85, 2, 8), pain(85, 3, 9)], instruments=PAIN)

    assert chosen(result) == {0: 1, 85: 2}
    assert chosen(result, "PB") == {85: 8}
    assert excluded(result) == {3: "same_day_duplicate"}
    assert len(told(result, "form-twice")) == 1


def test_times_of_day_tell_two_forms_apart() -> None:
    evening = [row | {"QSDTC": "2020-03-30T20:00"} for row in pain(85, 3)]
    morning = [row | {"QSDTC": "2020-03-30T08:00"} for row in pain(85, 2, 7)]
    rows = [part for pair in zip(evening, morning, strict=True) for part in pair]
    result = derived([pain(1, 1), rows], instruments=PAIN)

    assert chosen(result) == {0: 1, 85: 2}
    assert chosen(result, "PB") == {85: 7}


def test_the_same_answers_twice_are_one_form() -> None:
    result = derived([pain(1, 1), pain(85, 2, 3), pain(85, 2, 3)], instruments=PAIN)

    assert chosen(result) == {0: 1, 85: 2}
    assert excluded(result) == {}
    assert told(result, "form-twice")[0].effect == "equal answers count once"


@pytest.mark.parametrize("text", ["2020-03", "2020", None])
def test_a_form_without_a_full_date_is_left_out(text: str | None) -> None:
    result = derived([pain(1, 1), pain(text, 2, VISIT="WEEK 12")], instruments=PAIN)

    assert chosen(result) == {0: 1}
    assert excluded(result) == {2: "undated"}
    assert told(result, "form-undated")[0].row_key.startswith("USUBJID=S, QSCAT=PAIN, VISIT=WEEK 12")


def test_a_form_outside_all_windows_is_told_of() -> None:
    own = [PAIN[0] | {"until_week": 12}]
    result = derived([pain(1, 1), pain(168, 2), pain(169, 3, VISIT="WEEK 24")], instruments=own)

    (finding,) = told(result, "form-outside-windows")
    assert chosen(result) == {0: 1, 85: 2}
    assert excluded(result) == {3: "outside_windows"}
    assert (finding.seen, finding.row_key) == (
        "study day 169",
        "USUBJID=S, QSCAT=PAIN, VISIT=WEEK 24, QSDTC=2020-06-22",
    )
    open_ended = [own[0] | {"last_window": "open"}]
    assert chosen(derived([pain(1, 1), pain(900, 2)], instruments=open_ended)) == {0: 1, 85: 2}


def test_windows_may_be_declared() -> None:
    visits = {"month_1": {"day": 29}, "month_3": {"label": "Month three", "day": 85}}
    own = [
        {k: v for k, v in PAIN[0].items() if k != "every_weeks"}
        | {"at": ["month_1", "month_3"], "windows": {"month_1": {"first": 20, "last": 35}, "month_3": {"first": 70}}}
    ]
    forms = [pain(1, 1), pain(19, 2), pain(20, 3), pain(36, 4), pain(200, 5)]
    result = derived(forms, instruments=own, visits__schedule=visits)

    assert chosen(result) == {0: 1, 29: 3, 85: 5}
    assert excluded(result) == {2: "outside_windows", 4: "outside_windows"}
    assert result.adam["ADQS"].filter(AVAL=5)["AVISIT"].to_list() == ["Month three"]


def test_without_planned_visits_only_the_baseline_is_analyzed() -> None:
    own = [{k: v for k, v in PAIN[0].items() if k != "every_weeks"}]
    result = derived([pain(1, 1), pain(85, 2)], instruments=own)

    assert chosen(result) == {0: 1}
    assert told(result, "questionnaire-without-visits")[0].seen == "1 forms after baseline, no planned visit"


def test_forms_of_strangers_are_told_of_and_those_not_randomized_have_no_rows() -> None:
    people = [subject("S", "DRG", ex=[DOSE]), subject("F", None)]
    result = derived([pain(1, 1), pain(1, 2, name="F"), pain(1, 3, name="GHOST")], people, PAIN)

    assert result.adam["ADQS"]["USUBJID"].unique().to_list() == ["S"]
    assert [f.subject for f in result.findings if "GHOST" in f.row_key] == ["GHOST"]


def test_the_cut_off_is_respected() -> None:
    cuts = {"early": {"cutoff": "2020-03-30"}}
    result = derived([pain(1, 1), pain(85, 2), pain(86, 3)], instruments=PAIN, cut="early", data_cuts=cuts)

    assert chosen(result) == {0: 1, 85: 2}
    assert result.adam["ADQS"]["AVAL"].drop_nulls().max() == 2


def test_shuffled_rows_give_the_same_data() -> None:
    people = [subject(name, "DRG", ex=[DOSE]) for name in ("S", "T", "U")]
    forms = [form(who, day, qlq_c30(Q1=1 + (day + len(who)) % 4)) for who in "STU" for day in (-3, 1, 60, 60, 85, 170)]
    own = protocol(instruments=[{"name": "QLQ-C30", "every_weeks": 12, "important_difference": 10}])
    data = with_forms(sdtm(*people), forms)
    straight = derive(own, data, cut=data_cut(own))
    order = list(range(data["QS"].height))
    random.Random(1).shuffle(order)  # noqa: S311
    mixed = derive(own, data | {"QS": data["QS"][order]}, cut=data_cut(own))

    for name in ("ADQS", "ADPRO"):
        assert straight.adam[name].equals(mixed.adam[name])
    assert straight.findings == mixed.findings
    assert straight.adam["ADQS"].height == 3 * 6 * 16 - 3 * 16
