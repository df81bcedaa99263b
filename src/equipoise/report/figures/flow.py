"""The flow of subjects, and the proof that its boxes add up.

Sums (CONSORT 2025): assessed = excluded + randomized + not randomized without a reason; randomized = the arms. In every
arm: randomized = received + received another + not received; received + received another = on treatment + completed +
discontinued + status unknown; randomized = analyzed + not analyzed in each population. Every count that has reasons is
the sum of its reasons.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from equipoise.report.facts import Arm, Facts
from equipoise.report.figures.figure import FigureError
from equipoise.report.rows import ALL, Row, Rows
from equipoise.report.words import sentence_case
from equipoise.results import Results

__all__ = ["ArmFlow", "Count", "Flow", "FlowError", "Population", "check_flow", "read_flow"]


class FlowError(FigureError):
    """A flow of subjects whose boxes do not add up; ``problems`` lists every sum that fails."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("the flow of subjects does not add up: " + "; ".join(problems))


@dataclass(frozen=True, slots=True)
class Count:
    """A number of subjects, what it counts, and its results row."""

    label: str
    n: int
    rows: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Reasoned:
    """A count with the reasons that make it up."""

    n: int
    rows: tuple[int, ...] = ()
    reasons: tuple[Count, ...] = ()


@dataclass(frozen=True, slots=True)
class Population:
    """Subjects of an arm in and out of an analysis population."""

    label: str
    analyzed: Count
    not_analyzed: Reasoned


@dataclass(frozen=True, kw_only=True)
class ArmFlow:
    """What became of the subjects of one arm."""

    arm: Arm
    randomized: Count
    received: Count
    received_other: tuple[Count, ...] = ()
    not_received: Reasoned = field(default_factory=lambda: Reasoned(0))
    on_treatment: Count | None = None
    completed: Count | None = None
    discontinued: Reasoned | None = None
    status_unknown: Count | None = None
    left_study: Reasoned | None = None
    crossed_over: Count | None = None
    crossed_to: str = ""
    populations: tuple[Population, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Flow:
    """All boxes of the diagram; ``assessed`` is None where screening was not recorded."""

    randomized: Count
    arms: tuple[ArmFlow, ...]
    assessed: Count | None = None
    excluded: Reasoned | None = None
    unexplained: Count | None = None


def read_flow(results: Results) -> Flow | None:
    """Flow of subjects from the rows of ``flow``; None where there are none."""
    facts, rows = Facts.of(results), Rows.of(results.statistics.filter(pl.col("analysis_id") == "flow"))
    if not rows.analysis("flow"):
        return None
    reader = _Reader(facts, rows)
    randomized = reader.count("randomized", ALL)
    arms = tuple(reader.arm(arm) for arm in facts.arms if reader.row("randomized", arm.id) is not None)
    total = randomized or Count("randomized", sum(arm.randomized.n for arm in arms))
    return Flow(
        randomized=total,
        arms=arms,
        assessed=reader.count("assessed", ALL),
        excluded=reader.reasoned("excluded", ALL),
        unexplained=reader.count("not_randomized_unexplained", ALL),
    )


class _Reader:
    def __init__(self, facts: Facts, rows: Rows) -> None:
        self.facts, self.rows = facts, rows

    def row(self, variable: str, level: str, population: str | None = None) -> Row | None:
        where = {"population": population} if population else {}
        return self.rows.one("flow", variable, statistic="n", group_level=level, **where)

    def count(self, variable: str, level: str, population: str | None = None) -> Count | None:
        row = self.row(variable, level, population)
        return _count(row, variable) if row is not None else None

    def reasoned(self, variable: str, level: str, population: str | None = None) -> Reasoned | None:
        row = self.row(variable, level, population)
        if row is None:
            return None
        where = {"population": population} if population else {}
        found = self.rows.where("flow", f"{variable}_reason", statistic="n", group_level=level, **where)
        reasons = tuple(_count(r, sentence_case(r.variable_level or "Not recorded")) for r in found)
        if variable == "excluded":
            reasons = self._criteria(reasons)
        return Reasoned(int(row.value or 0), (row.row_id,), reasons)

    def _criteria(self, reasons: tuple[Count, ...]) -> tuple[Count, ...]:
        """Protocol criteria in order, zeros too, where exclusions are recorded by criterion; then other reasons."""
        declared = self.facts.protocol.get("eligibility") or {}
        texts = {name: str((item or {}).get("text") or name) for name, item in declared.items()}
        by_label = {reason.label: reason for reason in reasons}
        if not any(sentence_case(word) in by_label for item in texts.items() for word in item):
            return reasons
        listed = []
        for name, text in texts.items():
            known = by_label.pop(sentence_case(name), None) or by_label.pop(sentence_case(text), None)
            listed.append(Count(text, known.n if known else 0, known.rows if known else ()))
        return (*listed, *by_label.values())

    def arm(self, arm: Arm) -> ArmFlow:
        others = self.rows.where("flow", "received_other", statistic="n", group_level=arm.id)
        named = [(row, row.text or self.facts.arm_label(row.variable_level)) for row in others if row.variable_level]
        crossover = self.facts.protocol.get("crossover") or {}
        crossed = self.count("crossed_over", arm.id)
        applies = crossed is not None and (crossed.n > 0 or crossover.get("from") == arm.id)
        analyzed = self.rows.where("flow", "analyzed", group_level=arm.id)
        populations = [name for name in dict.fromkeys(row.population for row in analyzed) if name]
        return ArmFlow(
            arm=arm,
            randomized=self.count("randomized", arm.id) or Count("randomized", 0),
            received=self.count("received", arm.id) or Count("received", 0),
            received_other=tuple(_count(row, f"Received {label} instead") for row, label in named if row.value),
            not_received=self.reasoned("not_received", arm.id) or Reasoned(0),
            on_treatment=self.count("on_treatment", arm.id),
            completed=self.count("completed", arm.id),
            discontinued=self.reasoned("discontinued", arm.id),
            status_unknown=self.count("status_unknown", arm.id),
            left_study=self.reasoned("left_study", arm.id),
            crossed_over=crossed if applies else None,
            crossed_to=self.facts.arm_label(str(crossover["to"])) if crossover.get("to") else "",
            populations=tuple(self._population(arm, name) for name in populations),
        )

    def _population(self, arm: Arm, name: str) -> Population:
        return Population(
            self.facts.population_label(name),
            self.count("analyzed", arm.id, name) or Count("analyzed", 0),
            self.reasoned("not_analyzed", arm.id, name) or Reasoned(0),
        )


def _count(row: Row, label: str) -> Count:
    return Count(label, int(row.value or 0), (row.row_id,))


def check_flow(flow: Flow) -> None:
    """Refuse a flow whose boxes do not add up.

    Raises
    ------
    FlowError
        With every sum that fails, its place and both sides.
    """
    problems: list[str] = []
    if flow.assessed is not None:
        parts = [("excluded", flow.excluded.n if flow.excluded else 0), ("randomized", flow.randomized.n)]
        if flow.unexplained is not None:
            parts.append(("not randomized without a reason", flow.unexplained.n))
        problems += _sum("assessed", flow.assessed.n, parts)
    if flow.excluded is not None:
        problems += _reasons("excluded", flow.excluded)
    problems += _sum("randomized", flow.randomized.n, [(arm.arm.label, arm.randomized.n) for arm in flow.arms])
    for arm in flow.arms:
        problems += [f"{arm.arm.label}: {problem}" for problem in _arm_problems(arm)]
    if problems:
        raise FlowError(problems)


def _arm_problems(arm: ArmFlow) -> list[str]:
    took = [("received", arm.received.n), *((other.label.lower(), other.n) for other in arm.received_other)]
    problems = _sum("randomized", arm.randomized.n, [*took, ("not received", arm.not_received.n)])
    problems += _reasons("not received", arm.not_received)
    follow_up = {
        "on treatment": arm.on_treatment,
        "completed": arm.completed,
        "discontinued": arm.discontinued,
        "status unknown": arm.status_unknown,
    }
    known = [(label, count.n) for label, count in follow_up.items() if count is not None]
    if known:
        problems += _sum("treated", sum(n for _, n in took), known)
    for label, count in (("discontinued", arm.discontinued), ("left the study", arm.left_study)):
        if count is not None:
            problems += _reasons(label, count)
    for label, part in (("left the study", arm.left_study), ("crossed over", arm.crossed_over)):
        if part is not None and not 0 <= part.n <= arm.randomized.n:
            problems.append(f"{label} {part.n} of {arm.randomized.n} randomized")
    for population in arm.populations:
        split = [("analyzed", population.analyzed.n), ("not analyzed", population.not_analyzed.n)]
        problems += _sum(f"randomized ({population.label})", arm.randomized.n, split)
        problems += _reasons(f"not analyzed ({population.label})", population.not_analyzed)
    return problems


def _sum(label: str, whole: int, parts: Sequence[tuple[str, int]]) -> list[str]:
    negative = [f"{name} is {n}" for name, n in parts if n < 0]
    total = sum(n for _, n in parts)
    if total == whole and not negative:
        return []
    words = " + ".join(f"{name} {n}" for name, n in parts) or "nothing"
    return [f"{label} {whole}, but {words} = {total}", *negative]


def _reasons(label: str, count: Reasoned) -> list[str]:
    if not count.reasons and not count.n:
        return []
    return _sum(label, count.n, [(reason.label, reason.n) for reason in count.reasons])
