"""Swimmer plot: a row for every member, in order; bars, lines and marks at their days."""

from dataclasses import replace
from itertools import pairwise

import polars as pl
import pytest
from tests.analyze.review_trial import review_results
from tests.report.figures.patients import PATIENTS, flat, patient_results

from equipoise.report.figures import Figure, FigureError, swimmer_figure
from equipoise.report.figures.scene import Circle, Path, Shape
from equipoise.results import Results


def draw(results: Results) -> Figure:
    figure = swimmer_figure(results, "response")
    assert figure is not None
    return figure


def shapes(figure: Figure, name: str) -> list[Shape]:
    return [shape for shape in figure.wide.scene.shapes if shape.part == name]


def row_of(figure: Figure, subject: str) -> float:
    return float(next(r["y"] for rows in figure.geometry["rows"].values() for r in rows if r["subject"] == subject))


def test_every_member_has_a_row_the_longest_treated_first() -> None:
    figure = draw(patient_results())
    rows = figure.geometry["rows"]
    assert [row["subject"] for row in rows["drug"]] == ["D1", "D2", "D3", "D4"]
    assert [row["subject"] for row in rows["control"]] == ["C2", "C1", "C3"]
    counts = [text.text for text in figure.wide.scene.texts if text.part == "count"]
    assert counts == ["n = 4", "n = 3"]


def test_bars_run_from_the_first_to_the_last_day_of_treatment() -> None:
    figure = draw(patient_results())
    _, x = figure.geometry["panels"]["drug"]
    bars = {shape.label.partition(":")[0]: shape for shape in shapes(figure, "treatment")}
    assert set(bars) == {"D1", "D2", "D3", "C1", "C2"}
    (corners,) = bars["D2"].subpaths
    assert (corners[0][0], corners[1][0]) == pytest.approx((x(1 / 30), x(169 / 30)))
    (crossed,) = shapes(figure, "crossover")
    assert isinstance(crossed, Path)
    assert crossed.fill == "#0072B2"  # the color of the arm to which the control patient changed
    assert crossed.opacity < bars["C1"].opacity


def test_marks_stand_at_their_days() -> None:
    figure = draw(patient_results())
    _, drug = figure.geometry["panels"]["drug"]
    _, control = figure.geometry["panels"]["control"]
    deaths = [(c.x, c.y) for c in shapes(figure, "death") if isinstance(c, Circle)]
    assert flat(deaths) == pytest.approx(
        flat(
            [
                (drug(399 / 30), row_of(figure, "D2")),
                (control(319 / 30), row_of(figure, "C2")),
            ]
        )
    )
    crosses = [
        (sum(p[0] for p in s.subpaths[0]) / 2, sum(p[1] for p in s.subpaths[0]) / 2)
        for s in shapes(figure, "progression")
        if isinstance(s, Path)
    ]
    wanted = [("D2", drug, 167), ("D3", drug, 83), ("C2", control, 167), ("C1", control, 83)]
    assert flat(crosses) == pytest.approx(flat([(x(day / 30), row_of(figure, subject)) for subject, x, day in wanted]))
    (arrow,) = shapes(figure, "ongoing")
    assert isinstance(arrow, Path)
    assert arrow.subpaths[0][0][0] == pytest.approx(drug(299 / 30))


def test_response_runs_from_its_first_day_to_progression_or_the_last_day_seen() -> None:
    figure = draw(patient_results())
    _, drug = figure.geometry["panels"]["drug"]
    _, control = figure.geometry["panels"]["control"]
    lines = [s.subpaths[0] for s in shapes(figure, "response") if isinstance(s, Path)]
    assert flat([(a[0], b[0]) for a, b in lines]) == pytest.approx(
        flat(
            [
                (drug(167 / 30), drug(299 / 30)),
                (control(83 / 30), control(167 / 30)),
            ]
        )
    )


def test_the_thin_line_is_the_time_off_treatment() -> None:
    figure = draw(patient_results())
    box, x = figure.geometry["panels"]["control"]
    lines = [s.subpaths[0] for s in shapes(figure, "follow_up") if isinstance(s, Path)]
    thin = [(a, b) for a, b in lines if a[1] == row_of(figure, "C1") and a[0] >= box.left]
    assert flat([(a[0], b[0]) for a, b in thin]) == pytest.approx(
        flat([(x(89 / 30), x(99 / 30)), (x(199 / 30), x(599 / 30))])
    )


def test_the_legend_names_what_occurs() -> None:
    keys = [text.text for text in draw(patient_results()).wide.scene.texts if text.part == "key"]
    assert keys[:3] == ["Assigned treatment", "Crossover treatment", "Alive, off treatment"]
    few = draw(patient_results(PATIENTS[3:4]))
    assert [text.text for text in few.wide.scene.texts if text.part == "key"] == ["Alive, off treatment"]


def test_words_say_what_is_drawn() -> None:
    assert draw(patient_results()).summary == (
        "Objective response: course of every subject. "
        "Drug, 4 subjects: 3 treated, 1 on treatment at the cut-off, 1 with a response, 2 with progression, "
        "0 crossed over, 1 dead. "
        "Control, 3 subjects: 2 treated, 0 on treatment at the cut-off, 1 with a response, 2 with progression, "
        "1 crossed over, 1 dead."
    )


def test_it_is_drawn_without_measurements_too() -> None:
    figure = draw(patient_results(measured=False))
    assert len(shapes(figure, "treatment")) == 5


def test_rows_that_are_no_members_are_refused() -> None:
    results = patient_results()
    fewer = results.subjects.filter(pl.col("subject") != "D4")
    with pytest.raises(FigureError, match="Drug: 3 subjects, the population has 4"):
        swimmer_figure(replace(results, subjects=fewer), "response")


@pytest.mark.parametrize("subjects", [171, 500])
def test_rows_do_not_overlap_and_fit_a_page(subjects: int) -> None:
    figure = draw(review_results(subjects))
    for rows in figure.geometry["rows"].values():
        gaps = [b["y"] - a["y"] for a, b in pairwise(rows)]
        assert min(gaps) == pytest.approx(figure.geometry["step"])
    assert figure.geometry["step"] >= 1.1
    assert figure.wide.scene.height < 720
    assert sum(map(len, figure.geometry["rows"].values())) == subjects
