"""Waterfall plot: order and height of the bars, what is cut, what is counted but not drawn."""

from dataclasses import replace

import polars as pl
import pytest
from tests.analyze.review_trial import review_results
from tests.report.figures.patients import PATIENTS, patient_results

from equipoise.report.figures import Figure, FigureError, waterfall_figure
from equipoise.report.figures.scene import Path
from equipoise.results import Results


def draw(results: Results) -> Figure:
    figure = waterfall_figure(results, "response")
    assert figure is not None
    return figure


def parts(figure: Figure, name: str) -> list[Path]:
    return [shape for shape in figure.wide.scene.shapes if shape.part == name and isinstance(shape, Path)]


def test_bars_fall_from_the_largest_growth_to_the_largest_decrease() -> None:
    figure = draw(patient_results())
    drug, control = (figure.geometry["bars"][arm] for arm in ("drug", "control"))
    assert [(bar["subject"], bar["change"]) for bar in drug] == [("D3", 230.0), ("D2", 10.0), ("D1", -40.0)]
    assert [(bar["subject"], bar["change"]) for bar in control] == [("C1", 25.0), ("C2", -31.0)]
    left = [bar["x"] for bar in drug]
    assert left == sorted(left)


@pytest.mark.parametrize("arm", ["drug", "control"])
def test_a_bar_ends_at_its_value_on_the_axis(arm: str) -> None:
    figure = draw(patient_results())
    box, y = figure.geometry["panels"][arm]
    for bar in figure.geometry["bars"][arm]:
        share = (100 - min(bar["change"], 100.0)) / 200
        assert bar["end"] == pytest.approx(box.top + share * (box.bottom - box.top))
    limits = sorted({point[1] for path in parts(figure, "limit") for point in path.subpaths[0]})
    assert limits == pytest.approx([y(20), y(-30)])


def test_a_growth_beyond_the_axis_is_cut_marked_and_told() -> None:
    figure = draw(patient_results())
    assert [bar["subject"] for bar in figure.geometry["bars"]["drug"] if bar["cut"]] == ["D3"]
    assert len(parts(figure, "cut")) == 1
    assert "* cut at +100%, the largest is +230%" in figure.caption
    without = draw(patient_results(tuple(p for p in PATIENTS if p["id"] != "D3")))
    assert "cut at" not in without.caption


def test_who_is_not_shown_is_counted_with_the_reason() -> None:
    figure = draw(patient_results())
    assert "not shown: 2 (1 no measurement after baseline; 1 no target lesion measured at baseline)" in figure.caption
    counts = [text.text for text in figure.wide.scene.texts if text.part == "count"]
    assert counts == ["3 of 4 shown", "2 of 3 shown"]


def test_strips_mark_responses_and_new_lesions_under_their_bars() -> None:
    figure = draw(patient_results())
    bars = {bar["subject"]: bar for arm in figure.geometry["bars"].values() for bar in arm}
    for name, subjects in (("responder", ["D1", "C2"]), ("new_lesion", ["D2", "C2"])):
        boxes = [box for path in parts(figure, name) for box in path.subpaths]
        middles = [(box[0][0] + box[1][0]) / 2 for box in boxes]
        for subject, middle in zip(subjects, middles, strict=True):
            assert bars[subject]["x"] <= middle <= bars[subject]["x"] + bars[subject]["width"] + 1


def test_a_bar_opens_the_row_of_its_best_response() -> None:
    results = patient_results()
    figure = draw(results)
    rows = {row["row_id"]: row for row in results.statistics.iter_rows(named=True)}
    for path in parts(figure, "bar"):
        (row_id,) = path.rows
        assert rows[row_id]["variable"] == "best_response"
        assert path.label.endswith(rows[row_id]["variable_level"])


def test_words_say_what_is_drawn() -> None:
    assert draw(patient_results()).summary == (
        "Objective response: best change of the sum of diameters. "
        "Drug: 3 of 4 subjects shown, 1 with any decrease, 1 with a decrease of 30% or more, 1 with an increase "
        "of 20% or more; from +230% to \N{MINUS SIGN}40%. "
        "Control: 2 of 3 subjects shown, 1 with any decrease, 1 with a decrease of 30% or more, 1 with an "
        "increase of 20% or more; from +25% to \N{MINUS SIGN}31%."
    )


def test_bars_that_the_statistics_do_not_count_are_refused() -> None:
    results = patient_results()
    fewer = results.subjects.filter(~((pl.col("subject") == "D1") & (pl.col("mark") == "best_change")))
    with pytest.raises(FigureError, match="Drug: 2 subjects with a change, the statistics count 3"):
        waterfall_figure(replace(results, subjects=fewer), "response")


def test_nothing_is_drawn_without_measurements() -> None:
    assert waterfall_figure(patient_results(measured=False), "response") is None
    assert waterfall_figure(patient_results(()), "response") is None


def test_nobody_with_a_change_gives_empty_panels() -> None:
    figure = draw(patient_results(tuple(p for p in PATIENTS if "absent" in p)))
    assert figure.geometry["bars"] == {"drug": [], "control": []}
    assert "none of 1 subjects has a measurement after baseline" in figure.summary


@pytest.mark.parametrize("subjects", [171, 500])
def test_every_bar_lies_inside_its_panel_however_many(subjects: int) -> None:
    figure = draw(review_results(subjects))
    for drawing in (figure.wide, figure.narrow):
        for arm, bars in drawing.geometry["bars"].items():
            box, _ = drawing.geometry["panels"][arm]
            assert all(box.left < bar["x"] and bar["x"] + bar["width"] <= box.right for bar in bars)
            assert all(bar["width"] > 0.4 for bar in bars)
            assert box.right < drawing.scene.width
