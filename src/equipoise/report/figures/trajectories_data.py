"""What a figure of trajectories shows: model means by arm and visit, with their intervals and numbers of subjects."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from equipoise.report.facts import Arm, Facts
from equipoise.report.questionnaires import Course, ScaleFacts, questionnaire, scale_facts
from equipoise.report.rows import Row

__all__ = ["ArmCourse", "Difference", "Panel", "Point", "Trajectories", "read_trajectories"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A mean at a visit; ``modeled`` tells a mean of the model from an observed one."""

    day: float
    label: str
    mean: float
    low: float | None
    high: float | None
    n: int
    rows: tuple[int, ...]
    modeled: bool = True


@dataclass(frozen=True, kw_only=True)
class ArmCourse:
    """An arm: its means in order of time."""

    arm: Arm
    points: tuple[Point, ...]
    counts: Mapping[float, tuple[int, int]]
    """Day -> subjects with a score in the model, and the row of their number."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """The declared comparison of two arms."""

    experimental: Arm
    reference: Arm
    rows: Mapping[str, Row]
    change: bool


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One scale."""

    scale: ScaleFacts
    arms: tuple[ArmCourse, ...]
    differences: tuple[Difference, ...]
    base: float | None
    """Level around which a difference is important: the mean at baseline, or no change."""
    bounds: tuple[float, float] | None = None
    """Ends of the scale, where scores are shown and they are known."""
    obstacle: str = ""
    """Why the model gives nothing; empty where it does."""

    @property
    def band(self) -> tuple[float, float] | None:
        """Levels between which a mean has not moved by the important difference."""
        if self.base is None or not (self.scale.worse_by or self.scale.better_by):
            return None
        worse, better = self.scale.worse_by or 0.0, self.scale.better_by or 0.0
        below, above = (worse, better) if self.scale.better != "low" else (better, worse)
        return self.base - below, self.base + above

    @property
    def days(self) -> list[float]:
        """Days with a mean, in order."""
        return sorted({point.day for arm in self.arms for point in arm.points})

    @property
    def beyond(self) -> bool:
        """Whether a limit lies beyond the ends of the scale."""
        if self.bounds is None:
            return False
        limits = [v for arm in self.arms for p in arm.points for v in (p.low, p.high) if v is not None]
        return any(not self.bounds[0] <= limit <= self.bounds[1] for limit in limits)

    def reach(self) -> tuple[float, float] | None:
        """Lowest and highest level to be shown."""
        points = [point for arm in self.arms for point in arm.points]
        ends = [v for p in points for v in (p.mean, p.low, p.high) if v is not None]
        means = [p.mean for p in points]
        if self.bounds is not None and points:  # limits beyond the ends of the scale are cut off
            ends = [min(max(v, self.bounds[0]), self.bounds[1]) for v in ends] + means
        ends += list(self.band or ()) + ([self.base] if self.base is not None and points else [])
        return (min(ends), max(ends)) if points else None


@dataclass(frozen=True, kw_only=True)
class Trajectories:
    """All that one figure of trajectories shows."""

    course: Course
    label: str
    panels: tuple[Panel, ...]
    arms: tuple[Arm, ...]
    change: bool
    """Whether changes from baseline are shown, not scores."""
    observed_baseline: bool
    """Whether the baseline shown is the observed mean: it is a covariate of the model."""
    bars: str
    conf_level: float
    anchor: str
    population: str
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def days(self) -> list[float]:
        """Days with a mean in any panel."""
        return sorted({day for panel in self.panels for day in panel.days})


def read_trajectories(course: Course, facts: Facts) -> Trajectories | None:
    """Read a figure from rows; None where no scale has a model, estimable or not."""
    details = questionnaire(facts, course.instrument)
    means = [row for row in course.rows if row.measure == "model_mean"]
    if not means:
        return None
    arms = [arm for arm in facts.arms if any(row.group_level == arm.id for row in means)]
    change = details.get("baseline") == "covariate" and details.get("response") == "change"
    panels = tuple(_panel(course, facts, code, arms, details, change=change) for code in course.scales)
    limits = [row for row in means if row.statistic == "conf_low" and row.conf_level]
    return Trajectories(
        course=course,
        label=str(details.get("label") or course.instrument),
        panels=panels,
        arms=tuple(arms),
        change=change,
        observed_baseline=details.get("baseline") == "covariate",
        bars=str(details.get("bars") or "confidence"),
        conf_level=float(limits[0].conf_level or 0.95) if limits else 0.95,
        anchor=str(details.get("anchor") or "randomization").replace("_", " "),
        population=facts.population_label(means[0].population),
        details=details,
    )


def _panel(
    course: Course, facts: Facts, code: str, arms: Sequence[Arm], details: Mapping[str, Any], *, change: bool
) -> Panel:
    means = [row for row in course.of(code, "model_mean") if row.visit is not None]
    observed = [r for r in course.of(code, "score") if r.time_days == 0.0 and r.statistic in ("n", "mean")]
    base = 0.0 if change else _baseline_level(means, observed)
    drawn = [
        _arm(arm, means, observed if details.get("baseline") == "covariate" else [], details, change=change)
        for arm in arms
    ]
    scale = scale_facts(facts, course.instrument, code)
    known = scale.low is not None and scale.high is not None and not change
    return Panel(
        scale=scale,
        bounds=(float(scale.low or 0), float(scale.high or 0)) if known else None,
        arms=tuple(drawn),
        differences=tuple(_differences(course, facts, code)),
        base=base,
        obstacle=next((row.text or row.status or "" for row in means if row.value is None), "")
        if not any(row.known for row in means)
        else "",
    )


def _baseline_level(means: Sequence[Row], observed: Sequence[Row]) -> float | None:
    """Mean at baseline of all arms together, from the model where the baseline is in it, else as observed."""
    modeled = [row for row in means if row.time_days == 0.0 and row.statistic == "estimate" and row.known]
    pairs = [(float(row.value or 0), int(row.n or 0)) for row in modeled]
    if not pairs:
        counts = {row.group_level: int(row.value or 0) for row in observed if row.statistic == "n"}
        pairs = [
            (float(r.value), counts.get(r.group_level, 0))
            for r in observed
            if r.statistic == "mean" and r.value is not None
        ]
    total = sum(n for _, n in pairs)
    return sum(mean * n for mean, n in pairs) / total if total else None


def _arm(
    arm: Arm, means: Sequence[Row], observed: Sequence[Row], details: Mapping[str, Any], *, change: bool
) -> ArmCourse:
    own = [row for row in means if row.group_level == arm.id]
    found: dict[float, dict[str, Row]] = {}
    for row in own:
        found.setdefault(float(row.time_days or 0), {})[row.statistic] = row
    points = [
        _point(day, rows, str(details.get("bars") or ""))
        for day, rows in sorted(found.items())
        if rows["estimate"].known
    ]
    counts = {day: (int(rows["estimate"].n or 0), rows["estimate"].row_id) for day, rows in sorted(found.items())}
    first = {row.statistic: row for row in observed if row.group_level == arm.id}
    if points and "mean" in first and first["mean"].value is not None:
        level = 0.0 if change else float(first["mean"].value)
        rows = (first["mean"].row_id,)
        start = Point(day=0.0, label="Baseline", mean=level, low=None, high=None, n=0, rows=rows, modeled=False)
        points = [start, *points]
        counts = {0.0: (int(first["n"].value or 0), first["n"].row_id), **counts}
    return ArmCourse(arm=arm, points=tuple(points), counts=counts)


def _point(day: float, rows: Mapping[str, Row], bars: str) -> Point:
    mean = rows["estimate"]
    level = float(mean.value or 0)
    if bars == "standard_error":
        error = rows.get("std_error")
        half = error.value if error is not None else None
        low, high = (None, None) if half is None else (level - half, level + half)
    else:
        low, high = (rows[name].value if name in rows else None for name in ("conf_low", "conf_high"))
    return Point(
        day=day,
        label=mean.visit or "",
        mean=level,
        low=low,
        high=high,
        n=int(mean.n or 0),
        rows=tuple(row.row_id for row in rows.values()),
    )


def _differences(course: Course, facts: Facts, code: str) -> list[Difference]:
    arms = {arm.id: arm for arm in facts.arms}
    found: dict[tuple[str, str, str], dict[str, Row]] = {}
    for row in course.of(code):
        if row.declared and row.measure in ("model_difference", "model_change_difference"):
            key = (str(row.group_level), str(row.reference_level), row.measure)
            found.setdefault(key, {})[row.statistic] = row
    return [
        Difference(
            experimental=arms[first], reference=arms[second], rows=rows, change=kind == "model_change_difference"
        )
        for (first, second, kind), rows in found.items()
        if first in arms and second in arms
    ]
