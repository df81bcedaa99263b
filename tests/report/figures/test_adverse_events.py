"""Dot plot of adverse events: which terms, in what order, where the marks stand."""

from collections.abc import Mapping

import pytest
from tests.report.figures.made_up import trial_of

from equipoise.report.figures import Figure, adverse_events_figure
from equipoise.results import Results, ResultsWriter

Counts = tuple[int, int]
"""Subjects with any grade, and with grade 3 or higher."""


def results_of(terms: Mapping[str, tuple[Counts, Counts]], n: int = 50) -> Results:
    writer = ResultsWriter(study_id="S1", data_cut="final")
    for term, arms in terms.items():
        for arm, (any_grade, grade3) in zip(("drug", "control"), arms, strict=True):
            for variable, count in (("any_grade", any_grade), ("grade3", grade3)):
                where = {"group": "arm", "group_level": arm, "parent_level": "SYSTEM", "variable_level": term, "n": n}
                writer.add("n", count, analysis_id="safety_terms", variable=variable, population="safety", **where)
                writer.add("percent", 100 * count / n, analysis_id="safety_terms", variable=variable, **where)
    return writer.finish(trial_of(["drug", "control"], safety={"dictionary": "MedDRA 24.0"}))


def draw(results: Results) -> Figure:
    figure = adverse_events_figure(results)
    assert figure is not None
    return figure


def terms_of(figure: Figure) -> list[str]:
    return [text.text for text in figure.wide.scene.texts if text.part == "term"]


TERMS = {
    "NAUSEA": ((10, 1), (20, 2)),
    "FATIGUE": ((30, 3), (5, 0)),
    "RASH": ((2, 0), (4, 0)),
    "COUGH": ((5, 0), (0, 0)),
    "PAIN": ((6, 0), (0, 0)),
    "FALL": ((7, 1), (7, 1)),
    "EDEMA": ((8, 0), (0, 0)),
}


def test_terms_reach_ten_percent_in_an_arm_and_fall_by_the_experimental_arm() -> None:
    figure = draw(results_of(TERMS))
    assert terms_of(figure) == ["Fatigue", "Nausea", "Edema", "Fall", "Pain", "Cough"]
    assert "terms with 10% or more in any arm" in figure.caption
    assert "MedDRA 24.0" in figure.caption


def test_few_frequent_terms_are_filled_up_with_the_next() -> None:
    figure = draw(results_of({**{name: TERMS[name] for name in ("NAUSEA", "RASH")}, "ITCH": ((1, 0), (0, 0))}))
    assert terms_of(figure) == ["Nausea", "Rash", "Itch"]
    assert "the 3 most frequent terms" in figure.caption


def test_marks_stand_at_percentages() -> None:
    figure = draw(results_of(TERMS))
    x = figure.geometry["x"]
    found = {(mark["term"], mark["arm"], mark["severe"]): mark["place"][0] for mark in figure.geometry["marks"]}
    assert found["Fatigue", "drug", False] == pytest.approx(x(60))
    assert found["Fatigue", "drug", True] == pytest.approx(x(6))
    assert found["Nausea", "control", False] == pytest.approx(x(40))
    assert ("Fatigue", "control", True) not in found
    assert x.start == pytest.approx(x(0))


def test_counts_stand_in_the_column_of_their_arm_with_their_row() -> None:
    results = results_of(TERMS)
    rows = {row["row_id"]: row for row in results.statistics.iter_rows(named=True)}
    counts = [text for text in draw(results).wide.scene.texts if text.part == "count"]
    assert [text.text for text in counts[:4]] == ["30 (60)", "5 (10)", "10 (20)", "20 (40)"]
    first = rows[counts[0].rows[0]]
    assert (first["variable_level"], first["group_level"], first["variable"]) == ("FATIGUE", "drug", "any_grade")


def test_arms_differ_in_shape_and_grades_in_filling() -> None:
    figure = draw(results_of(TERMS))
    marks = [shape for shape in figure.wide.scene.shapes if shape.part == "mark"]
    kinds = {(type(shape).__name__, getattr(shape, "fill", None)) for shape in marks}
    assert kinds == {("Circle", "#0072B2"), ("Circle", "#ffffff"), ("Path", "#D55E00"), ("Path", "#ffffff")}


def test_long_terms_wrap_and_nothing_leaves_the_paper() -> None:
    long = "Application and instillation site reaction with a very long name of the term as it is coded"
    figure = draw(results_of({long: ((50, 20), (1, 1)), **TERMS}))
    for drawing in (figure.wide, figure.narrow):
        graph = drawing.geometry["x"].start
        for text in drawing.scene.texts:
            assert text.left >= 0
            assert text.left + text.width <= drawing.scene.width + 0.01
            assert text.part != "term" or text.left + text.width < graph - 4


def test_no_terms_no_figure() -> None:
    assert adverse_events_figure(results_of({})) is None
    assert adverse_events_figure(results_of({"NAUSEA": ((0, 0), (0, 0))})) is None
