"""Survival figures: coordinates of steps, marks and numbers, and what is said beside them."""

import pathlib
import re
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.report.figures.made_up import Times, survival_results, trial_of

from equipoise.report.figures import Figure, FigureError, km_figure
from equipoise.report.figures.km_data import read_survival
from equipoise.report.figures.labels import Box
from equipoise.report.figures.metrics import text_width
from equipoise.report.figures.scene import Path
from equipoise.report.words import BAND
from equipoise.results import Results

SMALL: Times = [(60, True), (120, True), (120, False), (180, False)]
OTHER: Times = [(30, True), (90, True), (150, True), (210, False), (240, True)]


def two_arms(**more: object) -> Results:
    return survival_results({"drug": SMALL, "control": OTHER}, **more)  # type: ignore[arg-type]


def figure_of(results: Results, **options: object) -> Figure:
    figure = km_figure(results, "primary", **options)  # type: ignore[arg-type]
    assert figure is not None
    return figure


def shapes(figure: Figure, part: str) -> list[Any]:
    return [shape for shape in figure.wide.scene.shapes if shape.part == part]


def test_number_at_risk_counts_times_at_or_after_the_tick() -> None:
    # survival 3.5-3 (R 4.2.2), summary(survfit) at 0, 2, 4, 5, 6 for times 2 event, 4 event, 4 censored, 6 censored
    data = read_survival(survival_results({"drug": [(2, True), (4, True), (4, False), (6, False)]}), "primary")
    assert data is not None
    assert [data.arms[0].at(t).at_risk for t in (0, 2, 4, 5, 6)] == [4, 4, 3, 1, 1]
    assert [data.arms[0].at(t).censored for t in (0, 2, 4, 5, 6)] == [0, 0, 0, 1, 1]
    assert [data.arms[0].at(t).events for t in (0, 2, 4, 5, 6)] == [0, 0, 1, 2, 2]


def test_steps_fall_at_event_times_to_the_estimate() -> None:
    geometry = figure_of(two_arms()).geometry
    x, y = geometry["x"], geometry["y"]
    # months of 30 days; S = 3/4 after day 60, 1/2 after day 120; last observation at day 180
    expected = [(0, 1), (2, 1), (2, 0.75), (4, 0.75), (4, 0.5), (6, 0.5)]
    assert geometry["curves"]["drug"]["points"] == pytest.approx(np.array([(x(m), y(s)) for m, s in expected]))


def test_axes_start_at_zero_and_reach_one_hundred_percent() -> None:
    figure = figure_of(two_arms())
    geometry = figure.geometry
    assert (geometry["x"].low, geometry["y"].low, geometry["y"].high) == (0.0, 0.0, 1.0)
    assert [text.text for text in shapes(figure, "y-tick")] == ["0", "25", "50", "75", "100"]
    ticks = shapes(figure, "x-tick")
    assert [text.text for text in ticks] == ["0", "1", "2", "3", "4", "5", "6", "7", "8"]
    assert [text.x for text in ticks] == pytest.approx([geometry["x"](t) for t in range(9)])
    assert shapes(figure, "x-label")[0].text == "Time since randomization (months)"


def test_censor_marks_stand_at_censoring_times_on_the_curve_after_its_step() -> None:
    figure = figure_of(two_arms())
    x, y = figure.geometry["x"], figure.geometry["y"]
    marks = figure.geometry["curves"]["drug"]["censored"]
    assert marks == pytest.approx(np.array([(x(4), y(0.5)), (x(6), y(0.5))]))
    drawn = next(shape for shape in shapes(figure, "censored") if shape.stroke == "#0072B2")
    assert [(a[0], (a[1] + b[1]) / 2) for a, b in drawn.subpaths] == pytest.approx(np.array(marks))
    assert all(4 <= b[1] - a[1] <= 6 for a, b in drawn.subpaths)


def test_arms_have_their_colors_and_gray_print_their_dashes() -> None:
    figure = figure_of(two_arms())
    curves = {shape.stroke: shape.dash for shape in shapes(figure, "curve")}
    assert set(curves) == {"#0072B2", "#D55E00"}
    assert curves["#0072B2"] == ()
    assert len(curves["#D55E00"]) == 2
    at_risk = {cell[0]: cell[-1].color for cell in figure.geometry["at_risk"] if cell[1] == "at_risk"}
    assert at_risk == {"drug": "#0072B2", "control": "#D55E00"}


@pytest.mark.parametrize("narrow", [False, True])
def test_numbers_at_risk_are_centered_under_their_ticks(narrow: bool) -> None:
    figure = figure_of(two_arms())
    drawing = figure.narrow if narrow else figure.wide
    for _, _, month, number, text in drawing.geometry["at_risk"]:
        half_digit = text_width("0", text.size) / 2
        assert text.text == str(number)
        assert abs(text.left + text.width / 2 - drawing.geometry["x"](month)) < half_digit
        assert text.left >= 0
        assert text.left + text.width <= drawing.scene.width


times = st.lists(st.tuples(st.integers(1, 1500), st.booleans()), min_size=1, max_size=40)


@given(drug=times, control=times)
def test_columns_of_the_table_add_up_to_the_arm(drug: Times, control: Times) -> None:
    figure = figure_of(survival_results({"drug": drug, "control": control}))
    for arm, rows in (("drug", drug), ("control", control)):
        columns: dict[float, int] = {}
        at_risk = []
        for name, kind, month, number, _ in figure.geometry["at_risk"]:
            if name == arm:
                columns[month] = columns.get(month, 0) + number
                at_risk += [number] if kind == "at_risk" else []
        assert set(columns.values()) == {len(rows)}
        assert at_risk == [sum(t >= month * 30 for t, _ in rows) for month in columns]
        assert at_risk[0] == len(rows)
        assert at_risk == sorted(at_risk, reverse=True)


@given(
    data=st.lists(times, min_size=2, max_size=5),
    labels=st.lists(st.text("abc defghij(+)", min_size=1, max_size=80).map("x".__add__), min_size=5, max_size=5),
    endpoint=st.sampled_from(["Overall survival", "Time to " + 12 * "a very long event "]),
)
def test_names_and_numbers_touch_no_curve_and_stay_on_the_paper(
    data: list[Times], labels: list[str], endpoint: str
) -> None:
    arms = {f"a{i}": rows for i, rows in enumerate(data)}
    trial = trial_of(list(arms), labels=dict(zip(arms, labels, strict=False)))
    trial["protocol"]["endpoints"]["pfs"]["label"] = endpoint
    figure = figure_of(survival_results(arms, trial=trial))
    for drawing in (figure.wide, figure.narrow):
        boxes = list((drawing.geometry["names"] or {}).values())
        boxes += [Box(t.left, t.y - 0.72 * t.size, t.left + t.width, t.y) for t in drawing.geometry["inset"]]
        for curve in drawing.geometry["curves"].values():
            for box in boxes:
                assert not any(crosses(a, b, box) for a, b in zip(curve["points"], curve["points"][1:], strict=False))
        for i, box in enumerate(boxes):
            assert not any(box.overlaps(other) for other in boxes[:i])
        for text in drawing.scene.texts:
            if text.turned:
                assert text.x - 0.72 * text.size >= 0
                assert text.y + text.width / 2 <= drawing.scene.height
            else:
                assert text.left >= -0.01
                assert text.left + text.width <= drawing.scene.width + 0.01
            assert 0 < text.y < drawing.scene.height


def crosses(a: tuple[float, float], b: tuple[float, float], box: Box) -> bool:
    """Whether a level or upright line from a to b passes through a box."""
    (x1, x2), (y1, y2) = sorted((a[0], b[0])), sorted((a[1], b[1]))
    return x1 < box.right and x2 > box.left and y1 < box.bottom and y2 > box.top


def test_bands_are_pale_and_off_for_more_than_two_arms() -> None:
    bands = shapes(figure_of(two_arms()), "band")
    assert [band.opacity for band in bands] == [0.18, 0.18]
    three = figure_of(survival_results({"high": SMALL, "low": SMALL, "control": OTHER}))
    assert not shapes(three, "band")


def test_band_follows_the_limits_and_ends_where_they_end() -> None:
    figure = figure_of(survival_results({"drug": SMALL, "control": [(60, True), (90, True)]}))
    x, y = figure.geometry["x"], figure.geometry["y"]
    band = next(shape for shape in shapes(figure, "band") if shape.fill == "#D55E00")
    # S = 1/2 after day 60 with limits 0.4 and 0.6, none where S = 0 from day 90
    corners = {(round(float(px), 6), round(float(py), 6)) for px, py in band.subpaths[0]}
    for month, share in ((2, 0.6), (3, 0.6), (2, 0.4), (3, 0.4)):
        assert (round(x(month), 6), round(y(share), 6)) in corners
    assert max(px for px, _ in band.subpaths[0]) == pytest.approx(x(3))


def test_band_has_no_height_before_the_first_event() -> None:
    figure = figure_of(survival_results({"drug": [(10, False), (60, True), (90, False)], "control": OTHER}))
    x, y = figure.geometry["x"], figure.geometry["y"]
    band = next(shape for shape in shapes(figure, "band") if shape.fill == "#0072B2")
    assert {py for px, py in band.subpaths[0] if px < x(2) - 0.01} == {y(1.0)}
    assert "nan" not in figure.svg


def test_test_that_could_not_be_done_says_so() -> None:
    results = two_arms()
    nothing = pl.when(pl.col("variable") == "logrank").then(None).otherwise(pl.col("value"))
    status = pl.when(pl.col("variable") == "logrank").then(pl.lit("NE")).otherwise(pl.col("status"))
    statistics = results.statistics.with_columns(value=nothing, status=status)
    texts = [text.text for text in figure_of(Results(**{**vars(results), "statistics": statistics})).geometry["inset"]]
    assert "P, NE (log-rank, unstratified)" in texts


def test_curves_stop_where_too_few_are_at_risk() -> None:
    whole, cut = figure_of(two_arms()), figure_of(two_arms(minimum_at_risk=3))
    x = whole.geometry["x"]
    assert whole.geometry["curves"]["drug"]["points"][-1][0] == pytest.approx(x(6))
    assert cut.geometry["curves"]["drug"]["points"][-1][0] == pytest.approx(x(4))
    assert [c[3] for c in cut.geometry["at_risk"]] == [c[3] for c in whole.geometry["at_risk"]]
    assert "curves stop where fewer than 3 are at risk" in cut.caption


def test_inset_says_events_median_ratio_and_side() -> None:
    texts = [text.text for text in figure_of(two_arms()).geometry["inset"]]
    assert "2/4" in texts
    assert "4/5" in texts
    assert "HR, 0.54 [95% CI, 0.37 to 0.79] (Cox, unstratified)" in texts
    assert "P = .017 (log-rank, unstratified)" in texts


@pytest.mark.parametrize(
    ("style", "ratio", "p"),
    [
        ("AMA", "HR, 0.54; 95% CI, 0.37 to 0.79 (Cox, unstratified)", "P = .02 (log-rank, unstratified)"),
        ("NEJM", "HR, 0.54; 95% CI, 0.37 to 0.79 (Cox, unstratified)", "P=0.02 (log-rank, unstratified)"),
        ("Lancet", "HR 0·54 (95% CI 0·37–0·79) (Cox, unstratified)", "p=0·017 (log-rank, unstratified)"),
    ],
)
def test_numbers_follow_the_style_of_the_protocol(style: str, ratio: str, p: str) -> None:
    trial = trial_of(["drug", "control"], conventions={"number_style": style})
    texts = [text.text for text in figure_of(two_arms(trial=trial)).geometry["inset"]]
    assert ratio in texts
    assert p in texts


def test_one_sided_p_says_so() -> None:
    trial = trial_of(["drug", "control"])
    trial["protocol"]["analyses"]["primary"]["sided"] = 1
    texts = [text.text for text in figure_of(two_arms(trial=trial)).geometry["inset"]]
    assert "One-sided P = .009 (log-rank, unstratified)" in texts


def test_median_not_reached_is_nr_in_the_figure() -> None:
    never = [(100 * i, False) for i in range(1, 6)]
    figure = figure_of(survival_results({"drug": never, "control": OTHER}))
    medians = [text.text for text in figure.geometry["inset"] if text.part == "inset-median"]
    # curve of the control: 4/5, 3/5, 2/5 after day 150
    assert medians == ["NR", "5.0 (5.0 to NR)"]
    assert "median not reached months" not in figure.summary
    assert "median not reached" in figure.summary


def test_numbers_carry_their_rows() -> None:
    results = two_arms()
    rows = {row["row_id"]: row for row in results.statistics.iter_rows(named=True)}
    for text in figure_of(results).geometry["inset"]:
        variables = {rows[i]["variable"] for i in text.rows}
        expected = {"inset-events": {"events", "subjects"}, "inset-median": {"median"}}.get(text.part)
        assert expected is None or variables == expected
        if text.text.startswith("HR"):
            assert variables == {"hazard_ratio"}
    svg = figure_of(results).svg
    assert all(int(i) in rows for found in re.findall(r'data-row="([^"]+)"', svg) for i in found.split())


def test_a_shared_end_makes_axes_equal() -> None:
    long = figure_of(two_arms(), last_month=30.0)
    assert long.geometry["ticks"][-1] == 30.0


def test_only_at_risk_has_one_line_per_arm() -> None:
    figure = figure_of(two_arms(), at_risk="only")
    assert {cell[1] for cell in figure.geometry["at_risk"]} == {"at_risk"}
    assert shapes(figure, "at-risk-head")[0].text == "No. at risk"


def test_synthetic_data_bear_a_band() -> None:
    marked = figure_of(two_arms(trial=trial_of(["drug", "control"], trial={"synthetic": True})))
    assert any(getattr(shape, "text", "") == BAND for shape in shapes(marked, "synthetic-band"))
    assert not shapes(figure_of(two_arms()), "synthetic-band")


def test_curves_that_contradict_their_counts_are_refused() -> None:
    results = two_arms()
    curves = results.curves.with_columns(n_risk=pl.when(pl.col("time_days") == 120).then(9).otherwise(pl.col("n_risk")))
    broken = Results(**{**vars(results), "curves": curves})
    with pytest.raises(FigureError, match="at day 120 9 are at risk, but 3 are observed to that day or later"):
        km_figure(broken, "primary")
    statistics = results.statistics.with_columns(
        value=pl.when((pl.col("variable") == "events") & (pl.col("group_level") == "drug"))
        .then(3.0)
        .otherwise(pl.col("value"))
    )
    with pytest.raises(FigureError, match="the statistics say 3 events, the curve has 2"):
        km_figure(Results(**{**vars(results), "statistics": statistics}), "primary")


def test_no_curve_no_figure() -> None:
    assert km_figure(two_arms(), "secondary") is None


def test_shuffled_curve_rows_give_the_same_bytes() -> None:
    results = two_arms()
    shuffled = Results(**{**vars(results), "curves": results.curves.sample(fraction=1.0, shuffle=True, seed=3)})
    assert figure_of(shuffled).svg == figure_of(results).svg
    assert figure_of(shuffled).pdf == figure_of(results).pdf


def test_arm_without_events_is_a_level_line() -> None:
    figure = figure_of(survival_results({"drug": [(30, False), (60, False)], "control": OTHER}))
    y = figure.geometry["y"]
    assert {point[1] for point in figure.geometry["curves"]["drug"]["points"]} == {y(1.0)}
    assert all(isinstance(shape, Path) for shape in shapes(figure, "curve"))


def test_numbers_at_risk_of_lung_equal_those_of_r(reference: pathlib.Path) -> None:
    # survival 3.5-3 (R 4.2.2): summary(survfit(Surv(time, status == 2) ~ sex, lung), times = seq(0, 1000, 200))
    lung = pl.read_csv(reference / "survival" / "data" / "lung.csv", null_values="NA")
    arms = {
        name: [(row["time"], row["status"] == 2) for row in lung.filter(pl.col("sex") == sex).iter_rows(named=True)]
        for name, sex in (("men", 1), ("women", 2))
    }
    data = read_survival(survival_results(arms), "primary")
    assert data is not None
    men, women = ([curve.at(day).at_risk for day in range(0, 1001, 200)] for curve in data.arms)
    assert men == [138, 78, 31, 13, 6, 2]
    assert women == [90, 66, 26, 11, 2, 0]
