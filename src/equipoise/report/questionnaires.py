"""Questionnaires as results describe them: names, directions, important differences, and the rows of each scale."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from equipoise.report.facts import Facts
from equipoise.report.numbers import Style, format_number
from equipoise.report.rows import Row, Rows

__all__ = [
    "COMPLIANCE",
    "MODEL_MEASURES",
    "Course",
    "ScaleFacts",
    "courses",
    "points_text",
    "questionnaire",
    "scale_facts",
]

COMPLIANCE = "patient_reported_compliance"
MODEL_MEASURES = ("model_mean", "model_change", "model_difference", "model_change_difference")


@dataclass(frozen=True, kw_only=True)
class ScaleFacts:
    """A scale: its name, the end that is good for the subject, the points that matter."""

    code: str
    label: str
    better: str | None
    worse_by: float | None
    better_by: float | None
    low: float | None = None
    """Lowest possible score."""
    high: float | None = None

    @property
    def direction(self) -> str:
        """The direction in words; empty where it is not known."""
        return {"high": "higher is better", "low": "lower is better"}.get(self.better or "", "")


@dataclass(frozen=True, kw_only=True)
class Course:
    """The scales of one questionnaire in one analysis."""

    analysis_id: str
    instrument: str
    scales: tuple[str, ...]
    rows: Sequence[Row]

    @property
    def name(self) -> str:
        """Name for files and anchors."""
        words = "".join(c if c.isalnum() else "_" for c in self.instrument.lower()).strip("_")
        return words if self.analysis_id == "patient_reported" else f"{self.analysis_id}_{words}"

    def of(self, scale: str, measure: str | None = None) -> list[Row]:
        """Rows of a scale, or of one measure of it."""
        return [r for r in self.rows if r.variable == scale and (measure is None or r.measure == measure)]


def questionnaire(facts: Facts, name: str) -> Mapping[str, Any]:
    """What the results say of a questionnaire."""
    known: Mapping[str, Any] = facts.trial.get("questionnaires") or {}
    return known.get(name) or {}


def scale_facts(facts: Facts, instrument: str, code: str) -> ScaleFacts:
    """Facts of a scale; its code stands in for a name that is not recorded."""
    found: Mapping[str, Any] = (questionnaire(facts, instrument).get("scales") or {}).get(code) or {}
    ends = found.get("range") or (None, None)
    return ScaleFacts(
        code=code,
        label=str(found.get("label") or code),
        better=found.get("better"),
        worse_by=found.get("worse_by"),
        better_by=found.get("better_by"),
        low=ends[0],
        high=ends[1],
    )


def points_text(estimate: float | None, low: float | None, high: float | None, style: Style) -> str:
    """Points with their interval, a cell such as ``-1.0 (-3.1 to 1.2)``; NE where there is none."""
    if estimate is None:
        return "NE"
    number = format_number(estimate, 1, style)
    if low is None and high is None:
        return number
    return f"{number} ({format_number(low, 1, style)} to {format_number(high, 1, style)})"


def courses(rows: Rows, facts: Facts) -> list[Course]:
    """Every questionnaire of every analysis that has scores, in the order of the file."""
    found: dict[tuple[str, str], dict[str, list[Row]]] = {}
    for name in dict.fromkeys([*facts.analyses, "patient_reported"]):
        for row in rows.analysis(name):
            known = row.parent_level is not None and questionnaire(facts, row.parent_level)
            if known and row.variable and (row.measure is None or row.measure in _MEASURES):
                found.setdefault((name, str(row.parent_level)), {}).setdefault(row.variable, []).append(row)
    return [
        Course(
            analysis_id=name,
            instrument=instrument,
            scales=tuple(scales),
            rows=[row for own in scales.values() for row in own],
        )
        for (name, instrument), scales in found.items()
    ]


_MEASURES = frozenset({*MODEL_MEASURES, "model", "model_subjects", "score", "change", "risk_difference", "fisher"})
