"""The course of single patients, as the waterfall, spider and swimmer plots draw it, from ``subjects``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from equipoise.report.facts import Arm, Facts
from equipoise.report.figures.figure import FigureError
from equipoise.report.rows import ALL, Row, Rows
from equipoise.results import Results

__all__ = ["Course", "Courses", "Span", "course_analyses", "course_note", "read_courses"]


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of study days; the end can be unknown."""

    first: float
    last: float | None
    text: str | None


@dataclass(slots=True, kw_only=True)
class Course:
    """What is known of one patient; days are study days, changes percent of the sum at baseline."""

    subject: str
    arm: str
    best_change: float | None = None
    best_response: str | None = None
    absent: str | None = None
    """Why no change is known."""
    changes: list[tuple[float, float]] = field(default_factory=list)
    new_lesion: float | None = None
    progression: float | None = None
    death: float | None = None
    treatment: Span | None = None
    crossover: Span | None = None
    response: Span | None = None
    follow_up: Span | None = None

    @property
    def responder(self) -> bool:
        """Whether the best response is complete or partial."""
        return self.best_response in ("CR", "PR")


@dataclass(frozen=True, slots=True)
class Courses:
    """Patients of an analysis by arm, and the rows that count them."""

    analysis: str
    endpoint: str | None
    population: str | None
    arms: tuple[Arm, ...]
    patients: Mapping[str, Sequence[Course]]
    counted: Mapping[str, Row]
    """Arm -> row of the subjects with a known change."""
    reasons: Mapping[str, int]
    """Why a change is not known -> subjects, all arms."""
    responses: Mapping[tuple[str, str], Row]
    """(arm, best response) -> row of its count."""

    @property
    def measured(self) -> bool:
        """Whether the analysis tells of any change of tumors."""
        return bool(self.counted)

    def rows_of(self, course: Course) -> tuple[int, ...]:
        """Row behind the best response of a patient."""
        row = self.responses.get((course.arm, course.best_response or "(missing)"))
        return (row.row_id,) if row else ()


def course_analyses(results: Results) -> list[str]:
    """Analyses with single patients to draw, in protocol order."""
    if not results.subjects.height:
        return []
    chosen = results.subjects.filter(pl.col("mark") == "follow_up")
    found = set(chosen["analysis_id"].drop_nulls().unique().to_list())
    return [name for name in Facts.of(results).analyses if name in found]


def read_courses(results: Results, analysis: str) -> Courses | None:
    """Patients of an analysis; None where there is none.

    Raises
    ------
    FigureError
        If the patients drawn are not as many as the statistics count.
    """
    facts = Facts.of(results)
    marks = results.subjects.filter(pl.col("analysis_id") == analysis)
    if not marks.height:
        return None
    rows = Rows.of(results.statistics.filter(pl.col("analysis_id") == analysis))
    patients = _patients(marks)
    arms = tuple(arm for arm in facts.arms if arm.id in patients)
    best: dict[tuple[str, str], Row] = {}
    for row in rows.where(analysis, "best_response", statistic="n"):
        best.setdefault((row.group_level or "", row.variable_level or ""), row)
    counted = {
        row.group_level: row
        for row in rows.where(analysis, "tumor_change", statistic="n")
        if row.group_level not in (None, ALL)
    }
    reasons = {
        row.variable_level or "": round(row.value or 0)
        for row in rows.where(analysis, "no_tumor_change", statistic="n", group_level=ALL)
    }
    found = Courses(
        analysis=analysis,
        endpoint=marks["endpoint"][0],
        population=marks["population"][0],
        arms=arms,
        patients=patients,
        counted={str(level): row for level, row in counted.items()},
        reasons=reasons,
        responses=best,
    )
    _check(found)
    return found


def _patients(marks: pl.DataFrame) -> dict[str, list[Course]]:
    known: dict[str, Course] = {}
    for row in marks.iter_rows(named=True):
        course = known.setdefault(row["subject"], Course(subject=row["subject"], arm=row["group_level"]))
        mark, day, value, text = row["mark"], row["time_days"], row["value"], row["text"]
        if mark == "best_change":
            course.best_change = value
        elif mark == "best_response":
            course.best_response = text
        elif mark == "no_change":
            course.absent = text
        elif mark == "change":
            course.changes.append((day, value))
        elif mark in ("new_lesion", "progression", "death"):
            setattr(course, mark, day)
        elif mark in ("treatment", "crossover", "response", "follow_up"):
            setattr(course, mark, Span(day, value, text))
    found: dict[str, list[Course]] = {}
    for course in known.values():
        course.changes.sort()
        found.setdefault(course.arm, []).append(course)
    return found


def _check(courses: Courses) -> None:
    wrong = []
    for arm in courses.arms:
        row = courses.counted.get(arm.id)
        drawn = sum(course.best_change is not None for course in courses.patients[arm.id])
        if row is not None and row.value != drawn:
            wrong.append(f"{arm.label}: {drawn} subjects with a change, the statistics count {round(row.value or 0)}")
        if row is not None and row.n != len(courses.patients[arm.id]):
            wrong.append(f"{arm.label}: {len(courses.patients[arm.id])} subjects, the population has {row.n}")
    if wrong:
        raise FigureError(f"patients of {courses.analysis} do not agree with the statistics: {'; '.join(wrong)}")


def course_note(courses: Courses, facts: Facts, *parts: str) -> str:
    """What must stand under a figure of single patients."""
    label = facts.population_label(courses.population) if courses.population else ""
    said = [f"Population: {label}" if label else "", *parts, f"data cut: {facts.data_cut}"]
    return "; ".join(part for part in said if part) + "."
