"""Ticks, colors, accrual, and what is drawn when something may not be."""

import itertools

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.report.figures.made_up import forest_results, survival_results, trial_of
from tests.results.example import example_results

from equipoise.report.facts import Arm
from equipoise.report.figures import FigureError, accrual_figure, arm_styles, figures, forest_figure
from equipoise.report.figures.axis import Scale, count_ticks, labeled, month_step, ratio_ticks
from equipoise.results import Results, ResultsWriter


@pytest.mark.parametrize(
    ("last", "most", "step"), [(6, 8, 1), (17.5, 6, 3), (43, 8, 6), (61, 6, 12), (120, 10, 12), (5000, 5, 1080)]
)
def test_months_between_ticks_are_usual_numbers(last: float, most: int, step: int) -> None:
    assert month_step(last, most) == step


@given(st.floats(0.1, 5000), st.integers(2, 10))
def test_ticks_reach_the_last_month_within_the_number_allowed(last: float, most: int) -> None:
    step = month_step(last, most)
    assert step * most >= last - 1e-6


@given(st.integers(0, 10**7), st.integers(2, 8))
def test_counts_have_few_whole_ticks_that_reach_the_highest(highest: int, most: int) -> None:
    ticks = count_ticks(highest, most)
    assert ticks[0] == 0
    assert ticks[-1] >= highest
    assert len(ticks) <= most + 1
    assert len({b - a for a, b in itertools.pairwise(ticks)}) == 1


def test_log_scale_puts_equal_ratios_at_equal_distances() -> None:
    x = Scale(0.25, 4, 0, 100, log=True)
    assert [x(v) for v in (0.25, 0.5, 1, 2, 4)] == pytest.approx([0, 25, 50, 75, 100])


def test_numbers_on_a_short_axis_are_thinned_evenly_around_one() -> None:
    assert labeled(ratio_ticks(4), 30, 20) == [0.25, 0.5, 1, 2, 4]
    assert labeled(ratio_ticks(4), 15, 20) == [0.25, 1, 4]
    assert labeled(ratio_ticks(8), 15, 20) == [0.125, 1, 8]


def test_numbers_of_the_ratio_axis_never_overlap() -> None:
    rows = [
        ("(all)", None, (40, 60, 50, 60), (0.15, 0.13, 7.0), None),
        ("sex", "F", (40, 60, 50, 60), (0.15, 0.13, 7.0), 0.3),
    ]
    figure = forest_figure(forest_results(rows), "primary")
    assert figure is not None
    for drawing in (figure.wide, figure.narrow):
        ticks = [text for text in drawing.scene.texts if text.part == "x-tick"]
        assert all(a.left + a.width < b.left for a, b in itertools.pairwise(ticks))
        assert "1" in [text.text for text in ticks]


def luminance(color: str) -> float:
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_arm_colors_show_on_white_and_differ_without_color() -> None:
    arms = [Arm(f"a{i}", f"Arm {i}", "experimental" if i else "control") for i in range(6)]
    styles = arm_styles(arms)
    assert styles["a1"].color == "#0072B2"
    assert styles["a1"].dash == ()
    assert styles["a0"].color == "#D55E00"
    assert styles["a2"].color == "#009E73"
    # WCAG contrast against white, 3:1 for lines
    assert all(1.05 / (luminance(style.color) + 0.05) >= 3 for style in styles.values())
    assert len({style.color for style in styles.values()}) == 6
    assert len({style.dash for style in styles.values()}) == 6


def accrual(months: dict[str, tuple[int, int]], planned: int | None = 12) -> Results:
    writer = ResultsWriter(study_id="S1", data_cut="final")
    for month, (now, so_far) in months.items():
        for variable, n in (("randomized", now), ("randomized_cumulative", so_far)):
            writer.add("n", n, analysis_id="accrual", variable=variable, visit=month, group="arm", group_level="(all)")
    return writer.finish(trial_of(["drug", "control"], randomization={"planned_subjects": planned}))


def test_accrual_rises_at_the_end_of_each_month_and_shows_the_plan() -> None:
    figure = accrual_figure(accrual({"2020-11": (3, 3), "2020-12": (0, 3), "2021-01": (7, 10)}))
    assert figure is not None
    x, y = figure.geometry["x"], figure.geometry["y"]
    nov = 2020 * 12 + 10
    expected = [(nov, 0), (nov + 1, 0), (nov + 1, 3), (nov + 3, 3), (nov + 3, 10)]
    assert figure.geometry["points"] == pytest.approx([pytest.approx((x(m), y(n))) for m, n in expected])
    assert [bar[0] for bar in figure.geometry["bars"]] == [3, 0, 7]
    assert "Planned: 12" in [text.text for text in figure.wide.scene.texts]
    assert figure.summary == "10 subjects of 12 planned were randomized from Nov 2020 to Jan 2021."


def test_accrual_that_does_not_add_up_is_refused() -> None:
    with pytest.raises(FigureError, match="accrual up to 2021-02: 9 in the rows, 8 by adding months"):
        accrual_figure(accrual({"2021-01": (5, 5), "2021-02": (3, 9)}))


def test_one_bad_figure_does_not_take_the_others_with_it() -> None:
    results = example_results()
    wrong = (pl.col("analysis_id") == "flow") & (pl.col("variable") == "assessed")
    statistics = results.statistics.with_columns(value=pl.when(wrong).then(999.0).otherwise(pl.col("value")))
    broken = Results(**{**vars(results), "statistics": statistics})
    with pytest.raises(FigureError, match="assessed 999"):
        figures(broken)
    refused: dict[str, str] = {}
    made = figures(broken, refused=refused)
    assert list(refused) == ["consort"]
    assert refused["consort"].startswith("the flow of subjects does not add up: assessed 999, but")
    assert "km_primary" in made


def test_twin_readings_of_one_endpoint_share_their_time_axis() -> None:
    short = [(30, True), (60, True)]
    central, local = (
        survival_results({"drug": short, "control": times}) for times in (short, [(30, True), (600, True)])
    )
    renamed = local.curves.with_columns(analysis_id=pl.lit("local"), endpoint=pl.lit("pfs_local"))
    trial = dict(central.trial)
    trial["protocol"]["endpoints"] = {
        "pfs": {"label": "PFS, central", "events": ["central_progression", "death"], "months_days": 30.0},
        "pfs_local": {"label": "PFS, local", "events": ["death", "local_progression"], "months_days": 30.0},
    }
    both = Results(**{**vars(central), "curves": pl.concat([central.curves, renamed]), "trial": trial})
    made = figures(both)
    assert made["km_primary"].geometry["ticks"] == made["km_local"].geometry["ticks"]
    assert made["km_primary"].geometry["ticks"][-1] >= 20


def test_every_comparison_of_several_arms_has_its_forest() -> None:
    results = forest_results([("(all)", None, (40, 60, 50, 60), (0.6, 0.4, 0.9), None)])
    other = results.statistics.with_columns(
        group_level=pl.when(pl.col("group_level") == "drug").then(pl.lit("high")).otherwise(pl.col("group_level"))
    ).filter(pl.col("group_level") == "high")
    trial = trial_of(["drug", "high", "control"])
    made = figures(Results(**{**vars(results), "statistics": pl.concat([results.statistics, other]), "trial": trial}))
    assert list(made) == ["forest_primary", "forest_primary_high_control"]
    assert "High v Control" in made["forest_primary_high_control"].summary
