"""Forest plots: axis, squares, arrows, order, counts, interaction."""

import itertools
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.report.figures.made_up import forest_results

from equipoise.report.figures import Figure, FigureError, forest_figure
from equipoise.report.figures.axis import ratio_limit, ratio_ticks
from equipoise.report.figures.labels import Box
from equipoise.results import Results

ALL = ("(all)", None, (40, 60, 50, 60), (0.6, 0.4, 0.9), None)
SEX = [
    ("sex", "F", (10, 20, 30, 30), (0.3, 0.05, 0.8), 0.0172),
    ("sex", "M", (30, 40, 20, 30), (0.9, 0.5, 20.0), None),
]
SITE = [
    ("site", "gut", (38, 50, 46, 50), (0.55, 0.36, 0.84), 0.45),
    ("site", "lung", (2, 8, 2, 8), None, None),
    ("site", "(missing)", (0, 2, 2, 2), None, None),
]


def draw(rows: list[Any]) -> Figure:
    figure = forest_figure(forest_results(rows), "primary")
    assert figure is not None
    return figure


def lines_of(figure: Figure) -> dict[str, dict[str, Any]]:
    return {line["row"].label: line for line in figure.geometry["rows"]}


def texts(figure: Figure, part: str) -> list[str]:
    return [text.text for text in figure.wide.scene.texts if text.part == part]


def test_ticks_are_symmetric_in_ratio_and_hold_the_estimates() -> None:
    figure = draw([ALL, *SEX])
    ticks = figure.geometry["ticks"]
    assert ticks == [0.25, 0.5, 1.0, 2.0, 4.0]
    x = figure.geometry["x"]
    for tick in ticks:
        assert x(tick) - x(1) == pytest.approx(-(x(1 / tick) - x(1)))
    gaps = [x(b) - x(a) for a, b in itertools.pairwise(ticks)]
    assert gaps == pytest.approx([gaps[0]] * len(gaps))


@pytest.mark.parametrize(
    ("estimates", "limits", "limit"),
    [([0.9], [0.7, 1.2], 2), ([0.5], [0.3, 0.9], 4), ([0.2], [0.13, 0.5], 8), ([30.0], [1.0, 90.0], 16)],
)
def test_the_axis_reaches_as_far_as_needed(estimates: list[float], limits: list[float], limit: float) -> None:
    assert ratio_limit(estimates, limits) == limit
    assert ratio_ticks(16) == [1 / 16, 0.25, 1, 4, 16]


def test_areas_of_squares_are_proportional_to_events() -> None:
    lines = lines_of(draw([ALL, *SEX, *SITE]))
    areas = {label: lines[label]["side"] ** 2 for label in ("F", "M", "gut")}
    events = {"F": 40, "M": 50, "gut": 84}
    for label, area in areas.items():
        assert area / areas["gut"] == pytest.approx(events[label] / events["gut"])


def test_marks_stand_at_estimates_and_limits_on_the_log_axis() -> None:
    figure = draw([ALL, *SITE])
    x, line = figure.geometry["x"], lines_of(figure)["gut"]
    assert (line["left"], line["x"], line["right"]) == pytest.approx((x(0.36), x(0.55), x(0.84)))
    middle = x.start + (math.log(0.55) - math.log(x.low)) / (math.log(x.high) - math.log(x.low)) * (x.end - x.start)
    assert line["x"] == pytest.approx(middle)


def test_intervals_that_leave_the_axis_end_in_arrows_and_keep_their_text() -> None:
    figure = draw([ALL, *SEX])
    lines = lines_of(figure)
    x = figure.geometry["x"]
    assert lines["F"]["clipped"] == (True, False)
    assert lines["F"]["arrows"][0][0][0] < x.start
    assert lines["M"]["clipped"] == (False, True)
    assert lines["M"]["arrows"][0][0][0] > x.end
    assert "0.30 (0.05 to 0.80)" in texts(figure, "ratio")
    assert "0.90 (0.50 to 20.00)" in texts(figure, "ratio")


def test_lines_of_no_effect_and_of_the_overall_effect() -> None:
    figure = draw([ALL, *SEX])
    x = figure.geometry["x"]
    shapes = {shape.part: shape for shape in figure.wide.scene.shapes if shape.part in ("no-effect", "overall")}
    assert shapes["no-effect"].subpaths[0][0][0] == pytest.approx(x(1))
    assert shapes["no-effect"].dash == ()
    assert shapes["overall"].subpaths[0][0][0] == pytest.approx(x(0.6))
    assert shapes["overall"].dash
    assert lines_of(figure)["All subjects"]["mark"] == "diamond"


def test_rows_keep_the_order_of_the_protocol_with_all_subjects_first() -> None:
    figure = draw([*SITE, *SEX, ALL])
    labels = [line["row"].label for line in figure.geometry["rows"]]
    assert labels == ["All subjects", "Primary site", "gut", "lung", "Missing", "Sex", "F", "M"]
    heights = [line["y"] for line in figure.geometry["rows"]]
    assert heights == sorted(heights)


def test_not_estimable_levels_print_ne_and_their_counts_but_no_mark() -> None:
    figure = draw([ALL, *SITE])
    lung = lines_of(figure)["lung"]
    assert lung["mark"] is None
    assert "NE" in texts(figure, "ratio")
    assert texts(figure, "count").count("2/8") == 2
    assert "NE: not estimable" in figure.caption


def test_interaction_stands_once_per_factor_on_its_head() -> None:
    figure = draw([ALL, *SEX, *SITE])
    assert texts(figure, "p") == [".017", ".45"]
    heights = {text.text: text.y for text in figure.wide.scene.texts if text.part in ("p", "label-factor")}
    assert heights[".017"] == heights["Sex"]
    assert heights[".45"] == heights["Primary site"]


def test_each_side_names_the_arm_it_favors() -> None:
    figure = draw([ALL, *SEX])
    x = figure.geometry["x"]
    favors = {text.text: text for text in figure.wide.scene.texts if text.part == "favors"}
    assert favors["Favors Drug"].left + favors["Favors Drug"].width < x(1)
    assert favors["Favors Control"].left > x(1)


def test_numbers_follow_the_style_of_the_protocol() -> None:
    results = forest_results([ALL, *SEX])
    results.trial["protocol"]["conventions"] = {"number_style": "Lancet"}
    figure = forest_figure(results, "primary")
    assert figure is not None
    assert texts(figure, "ratio")[0] == "0·60 (0·40–0·90)"
    assert texts(figure, "x-tick") == ["0·25", "0·5", "1", "2", "4"]
    assert texts(figure, "p") == ["0·017"]


def test_missing_level_without_subjects_is_not_shown() -> None:
    figure = draw([ALL, *SEX, ("sex", "(missing)", (0, 0, 0, 0), None, None)])
    assert "Missing" not in lines_of(figure)


def test_levels_that_lose_subjects_are_refused() -> None:
    with pytest.raises(FigureError, match="site: levels have 100 \\+ 16 = 116 subjects, all have 120"):
        draw([ALL, *SITE[:2]])


def test_texts_keep_to_their_columns_on_both_widths() -> None:
    figure = draw([ALL, *SEX, *SITE])
    for drawing in (figure.wide, figure.narrow):
        graph = next(column for column in drawing.geometry["columns"] if column.kind == "graph")
        for text in drawing.scene.texts:
            assert text.left >= 0
            assert text.left + text.width <= drawing.scene.width + 0.01
            if text.part in ("ratio", "p") and "interaction" not in text.text:
                assert text.left > graph.right - 4
            if text.part in ("count", "label-level"):
                assert text.left + text.width < graph.left


def test_no_subgroups_no_figure() -> None:
    results = forest_results([ALL])
    empty = Results(**{**vars(results), "statistics": results.statistics.clear()})
    assert forest_figure(empty, "primary") is None


names = st.text("abc defghij(+)", min_size=1, max_size=70).map("x".__add__)
effects = st.tuples(st.floats(0.001, 900), st.floats(1, 90)).map(lambda e: (e[0], e[0] / e[1], e[0] * e[1]))


@given(levels=st.dictionaries(names, st.none() | effects, min_size=1, max_size=5), labels=st.lists(names, min_size=2))
def test_columns_never_run_into_each_other(levels: dict[str, Any], labels: list[str]) -> None:
    n = len(levels)
    rows = [("(all)", None, (10_000 * n, 20_000 * n, 10 * n, 20 * n), (0.6, 0.4, 0.9), None)]
    rows += [("site", level, (10_000, 20_000, 10, 20), effect, 0.0001) for level, effect in levels.items()]
    results = forest_results(rows)
    for arm, label in zip(results.trial["arms"], labels, strict=False):
        arm["label"] = label
    results.trial["protocol"]["baseline"]["site"]["label"] = labels[-1] * 2
    figure = forest_figure(results, "primary")
    assert figure is not None
    for drawing in (figure.wide, figure.narrow):
        boxes = []
        for text in drawing.scene.texts:
            assert text.left >= -0.01
            assert text.left + text.width <= drawing.scene.width + 0.01
            boxes.append(Box(text.left, text.y - 0.7 * text.size, text.left + text.width, text.y))
        for i, box in enumerate(boxes):
            clash = [drawing.scene.texts[j].text for j, other in enumerate(boxes[:i]) if box.overlaps(other)]
            assert not clash, (drawing.scene.texts[i].text, clash)
