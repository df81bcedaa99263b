"""Trajectories: means, bars and numbers stand where their rows say, at the true spacing of the visits."""

import xml.etree.ElementTree as ET
from functools import cache
from typing import Any

import polars as pl
import pytest
from tests.analyze.made_up_scores import frame_of_scores, results_with, rows_of, scores
from tests.analyze.small_trial import find

from equipoise.report.facts import Arm
from equipoise.report.figures import Drawing, arm_styles, figures, trajectories_figure, trajectory_names
from equipoise.report.figures.figure import Figure
from equipoise.report.figures.scene import Circle, Path, Text
from equipoise.results import Results

NAME = "trajectories_qlq_c30"
WEEKS = {0.0: "0", 29.0: "4", 57.0: "8", 85.0: "12"}


@cache
def results(baseline: str = "response", **model: Any) -> Results:
    return results_with(scores(), baseline=baseline, model=model)


def figure_of(found: Results) -> Figure:
    figure = trajectories_figure(found, NAME)
    assert figure is not None
    return figure


def panel(drawing: Drawing) -> dict[str, Any]:
    return dict(drawing.geometry["panels"]["FA"])


def rows(found: Results, arm: str, statistic: str, measure: str = "model_mean") -> dict[float, float]:
    """Day -> value."""
    own = find(found, variable="FA", measure=measure, group_level=arm, statistic=statistic)
    return dict(own.drop_nulls("time_days").select("time_days", "value").iter_rows())


def texts(drawing: Drawing, part: str) -> list[Text]:
    return [text for text in drawing.scene.texts if text.part == part]


@pytest.mark.parametrize("width", ["wide", "narrow"])
def test_means_stand_at_their_days_and_levels(width: str) -> None:
    drawing: Drawing = getattr(figure_of(results()), width)
    drawn = panel(drawing)
    for arm in ("active", "control"):
        means = rows(results(), arm, "estimate")
        assert list(means) == [0.0, 29.0, 57.0, 85.0]
        shift = {x - drawn["x"](day) for (x, _), day in zip(drawn["points"][arm], means, strict=True)}
        assert max(shift) - min(shift) == pytest.approx(0, abs=1e-9)
        for (_, y), mean in zip(drawn["points"][arm], means.values(), strict=True):
            assert y == pytest.approx(drawn["y"](mean))


def test_the_spacing_of_visits_is_true() -> None:
    moved = scores().with_columns(AVISITN=pl.when(pl.col("AVISITN") == 85).then(169).otherwise(pl.col("AVISITN")))
    drawn = panel(figure_of(results_with(moved, baseline="response")).wide)
    ticks = {text.text: text.x for text in texts(figure_of(results_with(moved, baseline="response")).wide, "x-tick")}
    assert set(ticks) == {"0", "4", "8", "24"}
    assert (ticks["24"] - ticks["8"]) / (ticks["8"] - ticks["4"]) == pytest.approx((169 - 57) / (57 - 29))
    assert ticks["24"] == pytest.approx(drawn["x"](169))


def test_bars_are_the_limits() -> None:
    drawing = figure_of(results()).wide
    drawn = panel(drawing)
    bars = [shape for shape in drawing.scene.shapes if isinstance(shape, Path) and shape.part == "bar"]
    assert len(bars) == 2
    for arm, bar in zip(("active", "control"), bars, strict=True):
        low, high = rows(results(), arm, "conf_low"), rows(results(), arm, "conf_high")
        stems = [ends for ends in bar.subpaths if ends[0][0] == ends[1][0]]
        assert [ends[0][1] for ends in stems] == [pytest.approx(drawn["y"](v)) for v in low.values()]
        assert [ends[1][1] for ends in stems] == [pytest.approx(drawn["y"](v)) for v in high.values()]


def test_bars_of_standard_errors() -> None:
    found = results(bars="standard_error")
    drawing = figure_of(found).wide
    bar = next(shape for shape in drawing.scene.shapes if isinstance(shape, Path) and shape.part == "bar")
    means, errors = rows(found, "active", "estimate"), rows(found, "active", "std_error")
    stems = [ends for ends in bar.subpaths if ends[0][0] == ends[1][0]]
    expected = [panel(drawing)["y"](means[day] - errors[day]) for day in means]
    assert [ends[0][1] for ends in stems] == [pytest.approx(y) for y in expected]
    assert "bars: standard error" in figure_of(found).caption


def test_arms_are_dodged_by_four_percent_of_the_gap_or_more() -> None:
    drawn = panel(figure_of(results()).wide)
    gap = drawn["x"](57.0) - drawn["x"](29.0)  # the least
    apart = drawn["points"]["control"][0][0] - drawn["points"]["active"][0][0]
    assert 0.04 * gap - 1e-9 <= apart <= 0.125 * gap


def test_numbers_are_centered_under_their_ticks_in_the_color_of_the_arm() -> None:
    drawing = figure_of(results()).wide
    counts = panel(drawing)["counts"]
    styles = arm_styles([Arm("active", "Active", "experimental"), Arm("control", "Control", "control")])
    by_day = {(arm, day): (n, text) for arm, day, n, text in counts}
    assert len(by_day) == 8
    for arm in ("active", "control"):
        own = find(results(), variable="FA", measure="model_mean", group_level=arm, statistic="estimate")
        for day, n, row_id in own.drop_nulls("time_days").select("time_days", "n", "row_id").iter_rows():
            seen, text = by_day[arm, day]
            assert (seen, text.text, text.anchor, text.rows) == (n, str(n), "middle", (row_id,))
            assert text.x == pytest.approx(panel(drawing)["x"](day))
            assert text.color == styles[arm].color


def test_the_arrow_points_to_the_good_end() -> None:
    for better, up in (("low", False), ("high", True)):
        found = results_with(scores().with_columns(BETTER=pl.lit(better)), baseline="response")
        drawing = figure_of(found).wide
        head = next(s for s in drawing.scene.shapes if isinstance(s, Path) and s.part == "better" and s.closed)
        points = head.subpaths[0]
        assert (points[2][1] < points[0][1]) is up
        assert f"{'higher' if up else 'lower'} is better" in drawing.scene.description
        assert [text.text for text in texts(drawing, "better")] == ["better"]


def test_no_direction_no_arrow() -> None:
    found = results_with(scores().with_columns(BETTER=pl.lit(None, dtype=pl.String)), baseline="response")
    assert not [shape for shape in figure_of(found).wide.scene.shapes if shape.part == "better"]


def test_the_band_is_the_important_difference_around_baseline() -> None:
    drawing = figure_of(results()).wide
    drawn = panel(drawing)
    band = next(s for s in drawing.scene.shapes if isinstance(s, Path) and s.part == "important-band")
    heights = sorted({y for _, y in band.subpaths[0]})
    means, sizes = rows(results(), "active", "estimate"), rows(results(), "control", "estimate")
    middle = (12 * means[0.0] + 12 * sizes[0.0]) / 24
    assert heights == [pytest.approx(drawn["y"](middle + 5)), pytest.approx(drawn["y"](middle - 5))]
    assert "5 points from the mean at baseline" in figure_of(results()).caption


def test_changes_start_at_zero_with_hollow_signs() -> None:
    found = results("covariate", response="change")
    drawing = figure_of(found).wide
    drawn = panel(drawing)
    assert drawn["points"]["active"][0][1] == pytest.approx(drawn["y"](0.0))
    first = next(s for s in drawing.scene.shapes if isinstance(s, Circle) and s.part == "mean" and s.rows)
    assert first.fill == "#ffffff"
    assert texts(drawing, "y-label")[0].text == "Change from baseline (points)"


def test_the_comparison_stands_above_the_panel_with_its_rows() -> None:
    found = results(declared_visit="Week 12")
    text = texts(figure_of(found).wide, "difference")[0]
    own = find(found, variable="FA", measure="model_change_difference", visit="Week 12")
    assert set(text.rows) == set(own["row_id"])
    estimate = own.filter(pl.col("statistic") == "estimate")["value"][0]
    assert f"{abs(estimate):.1f}" in text.text
    assert "difference in change from baseline at Week 12 (95% CI)" in figure_of(found).caption


def test_what_is_not_estimable_is_said_in_the_panel() -> None:
    found = results_with(frame_of_scores([(s, d, 50.0) for s, d, _ in rows_of()]))
    drawing = figure_of(found).narrow
    words = " ".join(text.text for text in texts(drawing, "empty"))
    assert words == "Not estimable: every score is 50: there is no variance to model"
    assert "not estimable, every score is 50" in drawing.scene.description


def test_many_scales_are_small_multiples_that_fit() -> None:
    parts = [scores(seed).with_columns(SCALE=pl.lit(code)) for seed, code in enumerate(("QL", "PF", "FA", "PA", "DI"))]
    found = results_with(pl.concat(parts), baseline="response")
    figure = figure_of(found)
    assert figure.wide.geometry["columns"] == 3
    assert figure.narrow.geometry["columns"] == 1
    for drawing in (figure.wide, figure.narrow):
        panels = drawing.geometry["panels"]
        assert list(panels) == ["QL", "PF", "FA", "PA", "DI"]
        spans = {round(p["y"].high - p["y"].low, 9) for p in panels.values()}
        assert len(spans) == 1  # slopes can be compared
        for text in drawing.scene.texts:
            if not text.turned:
                assert text.left >= 0
                assert text.left + text.width <= drawing.scene.width + 1
                assert text.y <= drawing.scene.height


def test_scores_do_not_leave_their_scale() -> None:
    low = frame_of_scores([(s, d, max(0.0, v - 48)) for s, d, v in rows_of()])
    drawn = panel(figure_of(results_with(low, baseline="response")).wide)
    assert drawn["y"].low >= 0


def test_every_figure_is_drawn_and_readable() -> None:
    found = results()
    assert trajectory_names(found) == [NAME]
    figure = figures(found)[NAME]
    root = ET.fromstring(figure.svg)  # noqa: S314 - our own file
    assert root.tag.endswith("svg")
    assert root.find("{http://www.w3.org/2000/svg}title") is not None
    assert root.find("{http://www.w3.org/2000/svg}desc") is not None
    assert figure.pdf.startswith(b"%PDF")
    assert figure_of(found).svg == figure.svg


def test_without_questionnaires_there_is_no_figure() -> None:
    found = results_with(None)
    assert trajectory_names(found) == []
    assert trajectories_figure(found, NAME) is None
