"""Answers that cannot be used are problems with their place; instruments that do not fit together are refused."""

from dataclasses import FrozenInstanceError, replace
from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise.criteria import (
    INSTRUMENTS,
    CriteriaError,
    Instrument,
    Item,
    Scale,
    score_questionnaires,
    single_items,
)

C30 = INSTRUMENTS["QLQ-C30"]
LASA = INSTRUMENTS["LASA"]


def forms(**changes: Any) -> pl.DataFrame:
    answers = {f"Q{i}": [1, 1] for i in range(1, 31)} | changes
    return pl.DataFrame({"USUBJID": ["01", "02"], **answers})


def lasa(values: list[Any], kind: Any = None) -> tuple[list[Any], list[tuple[Any, ...]]]:
    found = score_questionnaires(pl.DataFrame({"QOL": pl.Series(values, dtype=kind)}), LASA)
    return found.scores["QOL_SCORE"].to_list(), found.problems.select("ROW", "code", "seen").rows()


def test_item_out_of_range_is_missing_and_a_problem() -> None:
    found = score_questionnaires(forms(Q29=[1, 5], Q30=[1, 8], Q1=[0, 1]), C30)
    assert found.scores["QL"].to_list() == [0, pytest.approx(66.6667, abs=5e-5)]
    assert found.scores["PF"].to_list() == [100, 100]
    assert found.scores["NMISSING"].to_list() == [1, 1]
    assert found.problems.drop("effect").rows() == [
        ("error", "item-out-of-range", 0, "01", "Q1", "0", "a whole number from 1 to 4"),
        ("error", "item-out-of-range", 1, "02", "Q30", "8", "a whole number from 1 to 7"),
    ]


def test_text_instead_of_number_is_a_problem_and_text_of_a_number_is_not() -> None:
    scores, problems = lasa(["7", " 7.0 ", "seven", "", "nan", None], pl.String)
    assert scores == [70, 70, None, None, None, None]
    assert problems == [(2, "item-not-number", "seven"), (4, "item-not-number", "nan")]


def test_numbers_between_answers_and_beyond_them_are_problems() -> None:
    scores, problems = lasa([7.5, 11.0, -1.0, float("nan"), float("inf"), 3.0])
    assert scores == [None, None, None, None, None, 30]
    assert [code for _, code, _ in problems] == [
        "item-not-whole",
        "item-out-of-range",
        "item-out-of-range",
        "item-not-number",
    ]


def test_not_applicable_counts_only_where_the_form_offers_it() -> None:
    found = score_questionnaires(forms(Q1=["N/A", "1"]), C30)
    assert found.problems["code"].to_list() == ["item-not-number"]
    assert found.scores["NNOTAPPL"].to_list() == [0, 0]


def test_not_applicable_may_be_a_number() -> None:
    ginet = replace(INSTRUMENTS["QLQ-GINET21"], not_applicable=("9",))
    frame = pl.DataFrame({f"Q{i}": [9 if i in {39, 31} else 1] for i in range(31, 52)})
    found = score_questionnaires(frame, ginet)
    assert found.problems["ITEM"].to_list() == ["Q31"]
    assert found.scores.select("NANSWER", "NNOTAPPL", "NMISSING").row(0) == (19, 1, 1)


def test_all_wrong_columns_are_named_at_once() -> None:
    frame = forms(Q2=[date(2020, 1, 1)] * 2, PF=[1.0, 2.0]).drop("Q1", "Q30")
    with pytest.raises(CriteriaError) as caught:
        score_questionnaires(frame, C30, columns={"Q99": "Q3", "Q4": "Q5"})
    text = str(caught.value)
    for part in ("column Q1 of", "column Q30 of", "Q2 holds Date", "column PF has", "'Q99'", "'Q5' is given"):
        assert part in text
    with pytest.raises(CriteriaError, match="key column SUBJECT is missing"):
        score_questionnaires(forms(), C30, keys=["SUBJECT"])


def test_no_questionnaires_give_no_scores() -> None:
    found = score_questionnaires(forms().clear(), C30)
    assert found.scores.height == found.problems.height == 0
    assert found.scores.schema["PF"] == pl.Float64
    assert found.problems.columns == ["severity", "code", "ROW", "USUBJID", "ITEM", "seen", "expected", "effect"]


def test_item_columns_are_left_out_and_others_kept() -> None:
    codes = [scale.code for scale in C30.scales]
    counts = ["NANSWER", "NNOTAPPL", "NMISSING"]
    assert score_questionnaires(forms(), C30).scores.columns == ["USUBJID", *codes, "SUMMARY", *counts]


@given(st.lists(st.lists(st.one_of(st.none(), st.integers(1, 4)), min_size=5, max_size=5), min_size=1, max_size=20))
def test_scale_is_the_mean_answer_turned_and_stretched(rows: list[list[int | None]]) -> None:
    scale = Scale(code="S", label="S", items=("a", "b", "c", "d", "e"), better="high", reversed=True)
    instrument = Instrument(name="own", items=tuple(Item(name=name) for name in "abcde"), scales=(scale,))
    frame = pl.DataFrame(rows, schema=dict.fromkeys("abcde", pl.Int64), orient="row")
    found = score_questionnaires(frame, instrument).scores["S"].to_list()
    for row, score in zip(rows, found, strict=True):
        there = [value for value in row if value is not None]
        if len(there) < 3:
            assert score is None
        else:
            assert score == pytest.approx(100 * (1 - (sum(there) / len(there) - 1) / 3), abs=1e-10)


def test_answers_of_single_items_may_stay_as_they_are() -> None:
    instrument = single_items("PRO-CTCAE", {"NAUSEA_FREQ": "low"}, low=0, high=4, percent=False)
    found = score_questionnaires(pl.DataFrame({"NAUSEA_FREQ": [0, 3, 5]}), instrument)
    assert found.scores["NAUSEA_FREQ_SCORE"].to_list() == [0, 3, None]
    assert instrument.scale("NAUSEA_FREQ_SCORE").better == "low"
    assert instrument.step("NAUSEA_FREQ_SCORE") == 1


@pytest.mark.parametrize("name", ["QLQ-C30", "QLQ-C30 v2", "QLQ-GINET21", "QLQ-GINET21 original", "LASA"])
def test_every_item_is_used_once(name: str) -> None:
    instrument = INSTRUMENTS[name]
    used = [item for scale in instrument.scales for item in scale.items]
    assert sorted(used) == sorted(item.name for item in instrument.items)
    assert {t.scale for t in instrument.thresholds} <= {s.code for s in instrument.scales}


def test_smallest_steps() -> None:
    steps = {code: round(C30.step(code), 4) for code in ("DY", "RF", "FA", "EF", "PF", "QL")}
    assert steps == {"DY": 33.3333, "RF": 16.6667, "FA": 11.1111, "EF": 8.3333, "PF": 6.6667, "QL": 8.3333}


def test_half_rule() -> None:
    assert {len(s.items): s.minimum for s in C30.scales} == {1: 1, 2: 1, 3: 2, 4: 2, 5: 3}


def test_thresholds_by_scale_and_use() -> None:
    found = {(t.scale, t.use, t.meaning): (t.low, t.high) for t in C30.thresholds}
    assert found["PF", "between groups", "medium"] == (14, 22)
    assert found["FA", "group change", "small decline"] == (-10, -5)
    assert found["PF", "score", "important below"] == (None, 83)
    assert found["FI", "between groups", "medium"] == (10, None)
    assert ("FI", "between groups", "large") not in found
    assert ("EF", "between groups", "small") not in found


def test_items_of_a_scale_may_be_replaced() -> None:
    ginet = INSTRUMENTS["QLQ-GINET21"].with_items({"WL": ("Q48",), "MBP": ("Q45",)})
    frame = pl.DataFrame({f"Q{i}": [4 if i == 48 else 1] for i in range(31, 52)})
    assert score_questionnaires(frame, ginet).scores.select("WL", "MBP").row(0) == (100, 0)
    assert INSTRUMENTS["QLQ-GINET21"].scale("WL").items == ("Q45",)
    with pytest.raises(CriteriaError, match="'Q48' stands in the scales"):
        ginet.with_items({"MBP": ("Q48",)})
    with pytest.raises(CriteriaError, match="has no scale 'XX'"):
        ginet.with_items({"XX": ("Q48",)})


def test_instrument_whose_parts_do_not_fit_is_refused() -> None:
    items = (Item(name="a"), Item(name="a"), Item(name="b", low=3, high=3))
    scales = (
        Scale(code="S", label="S", items=("a", "b", "c"), better="low"),
        Scale(code="T", label="T", items=(), better="low"),
    )
    with pytest.raises(CriteriaError) as caught:
        Instrument(name="own", items=items, scales=scales, summary=("U",))
    text = str(caught.value)
    for part in ("'a' stands twice", "from 3 to 3", "unknown item 'c'", "T has no items", "different ranges", "'U'"):
        assert part in text
    with pytest.raises(FrozenInstanceError):
        C30.name = "other"  # type: ignore[misc]
