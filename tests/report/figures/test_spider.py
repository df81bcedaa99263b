"""Spider plot: where lines run, which are heavy, where they end, where new lesions stand."""

import pytest
from tests.analyze.review_trial import review_results
from tests.report.figures.patients import PATIENTS, flat, patient_results

from equipoise.report.figures import Figure, spider_figure
from equipoise.report.figures.scene import Path
from equipoise.results import Results


def draw(results: Results) -> Figure:
    figure = spider_figure(results, "response")
    assert figure is not None
    return figure


def paths(figure: Figure, name: str) -> list[Path]:
    return [shape for shape in figure.wide.scene.shapes if shape.part == name and isinstance(shape, Path)]


def test_lines_run_from_no_change_through_every_assessment() -> None:
    figure = draw(patient_results())
    _, x, y = figure.geometry["panels"]["drug"]
    lines = {line["subject"]: line for line in figure.geometry["lines"]["drug"]}
    wanted = [(x(0), y(0)), (x(84 / 30), y(-20)), (x(168 / 30), y(-40)), (x(252 / 30), y(-35))]
    assert flat(lines["D1"]["points"]) == pytest.approx(flat(wanted))
    assert set(lines) == {"D1", "D2", "D3"}


def test_a_line_ends_where_it_passes_the_upper_limit() -> None:
    figure = draw(patient_results())
    _, x, y = figure.geometry["panels"]["control"]
    (line,) = [line for line in figure.geometry["lines"]["control"] if line["subject"] == "C1"]
    assert line["cut"]
    assert line["points"][-1] == pytest.approx((x((84 + 84 * 75 / 125) / 30), y(100)))
    assert "2 lines end at +100%" in figure.caption


def test_responders_are_drawn_heavier_and_on_top() -> None:
    figure = draw(patient_results())
    drawn = [(path.label.partition(":")[0], path.width) for path in paths(figure, "line")]
    assert [subject for subject, _ in drawn] == ["D2", "D3", "D1", "C1", "C2"]
    assert [width > 1 for _, width in drawn] == [False, False, True, False, True]


def test_a_new_lesion_stands_on_its_line_or_level_with_its_end() -> None:
    figure = draw(patient_results())
    places = {}
    for arm in ("drug", "control"):
        _, x, y = figure.geometry["panels"][arm]
        places[arm] = [(x(168 / 30), y(19.0))] if arm == "drug" else [(x(168 / 30), y(-31.0))]
    diamonds = [shape for path in paths(figure, "new_lesion") for shape in path.subpaths]
    middles = [((d[1][0] + d[3][0]) / 2, (d[0][1] + d[2][1]) / 2) for d in diamonds]
    assert flat(middles) == pytest.approx(flat([*places["drug"], *places["control"]]))
    (bridge,) = paths(figure, "not_measured")
    assert bridge.subpaths[0][1] == pytest.approx(places["control"][0])


def test_panels_share_the_scale_of_time_and_change() -> None:
    figure = draw(patient_results())
    panels = figure.geometry["panels"].values()
    assert len({(x.low, x.high, y.low, y.high) for _, x, y in panels}) == 1


def test_words_say_what_is_drawn() -> None:
    assert draw(patient_results()).summary == (
        "Objective response: change of the sum of diameters over time. "
        "Drug: 3 of 4 subjects shown; at the last assessment 1 are below their baseline; 1 have a new lesion. "
        "Control: 2 of 3 subjects shown; at the last assessment 1 are below their baseline; 1 have a new lesion."
    )


def test_nothing_is_drawn_without_measurements() -> None:
    assert spider_figure(patient_results(measured=False), "response") is None


def test_nobody_with_a_change_gives_empty_panels() -> None:
    figure = draw(patient_results(tuple(p for p in PATIENTS if "absent" in p)))
    assert figure.geometry["lines"] == {"drug": [], "control": []}


def test_as_many_lines_as_the_statistics_count() -> None:
    results = review_results()
    figure = draw(results)
    counts = results.statistics.filter(analysis_id="response", variable="tumor_change", statistic="n")
    known = dict(counts.select("group_level", "value").iter_rows())
    assert {arm: len(lines) for arm, lines in figure.geometry["lines"].items()} == {
        arm: n for arm, n in known.items() if arm != "(all)"
    }
