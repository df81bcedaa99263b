"""Rows of the results, written with the subjects behind them.

Every count goes through ``Book.count`` and every description of a number through ``Book.distribution``: method,
denominator and source set cannot be forgotten there.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from equipoise.analyze.distribution import describe
from equipoise.analyze.study import ALL, Positions, Study
from equipoise.cdisc import Finding
from equipoise.results import ResultsWriter
from equipoise.terms import Status

__all__ = ["ALL", "MISSING", "NOT_RECORDED", "Book", "Columns", "Reason", "ranked"]

Columns = dict[str, Any]
"""Columns of the statistics table, with their values."""
Reason = Callable[[int], str]
"""Why something holds for the subject at a position."""

MISSING = "(missing)"
NOT_RECORDED = "(not recorded)"


@dataclass
class Book:
    """The writer of rows for one study."""

    study: Study
    writer: ResultsWriter
    findings: list[Finding] = field(default_factory=list)
    _sets: dict[bytes, str] = field(default_factory=dict)

    def source(self, positions: Positions, label: str) -> str:
        """Identifier of the set of these subjects."""
        key = positions.tobytes()
        if key not in self._sets:
            subjects = self.study.subjects
            self._sets[key] = self.writer.source_set([subjects[i] for i in positions], label)
        return self._sets[key]

    @staticmethod
    def union(first: Positions, second: Positions) -> Positions:
        """Subjects of two groups, in rising order."""
        return np.union1d(first, second)

    def count(self, positions: Positions, *, of: int, label: str, percent: bool = False, **columns: Any) -> None:
        """Write how many subjects these are and, if asked, their percentage of ``of``; ``label`` names the set."""
        n = len(positions)
        shared: Columns = {
            "group": "arm",
            "n": of,
            "n_events": n,
            "source_set": self.source(positions, label),
            **columns,
        }
        self.writer.add("n", n, method="count", **shared)
        if percent:
            self.percent(n, of, **shared)

    def percent(self, count: int, of: int, **columns: Any) -> None:
        """Write a percentage; one of nobody is not estimable."""
        method = "percentage of subjects"
        if of == 0:
            nobody: Columns = {"text": "no subjects", **columns}  # a text that is a grade stays
            self.writer.add("percent", None, status=Status.NOT_ESTIMABLE, method=method, unit="%", **nobody)
        else:
            self.writer.add("percent", 100.0 * count / of, method=method, unit="%", **columns)

    def reasons(
        self, groups: Iterable[tuple[str, Positions]], reason: Reason, *, of: Mapping[str, int], **columns: Any
    ) -> None:
        """Write the counts of each reason for several groups: the most frequent first, zeros included."""
        members = dict(groups)
        values = {level: np.array([reason(i) for i in positions], dtype=object) for level, positions in members.items()}
        for text in ranked(v for level, v in values.items() if level != ALL or len(values) == 1):
            for level, positions in members.items():
                chosen = positions[values[level] == text]
                label = f"{columns['variable'].replace('_', ' ')}: {text}"
                self.count(chosen, of=of[level], label=label, variable_level=text, group_level=level, **columns)

    def distribution(
        self, values: npt.NDArray[np.float64], positions: Positions, *, label: str, **columns: Any
    ) -> None:
        """Write the distribution of a number among these subjects; nan is missing."""
        known = positions[~np.isnan(values)]
        shared: Columns = {
            "group": "arm",
            "n": len(positions),
            "source_set": self.source(known, label),
            "method": "moments; quantiles of type 7 (R)",
            **columns,
        }
        numbers = describe(values)
        self.writer.add_values({k: numbers[k] for k in ("n", "n_missing")}, **{**shared, "unit": None})
        rest = {k: v for k, v in numbers.items() if k not in ("n", "n_missing")}
        missing = {"text": "too few known values"} if None in rest.values() else {}
        for statistic, value in rest.items():
            if value is None:
                self.writer.add(statistic, None, status=Status.NOT_ESTIMABLE, **{**shared, **missing})
            else:
                self.writer.add(statistic, value, **shared)

    def nothing(
        self, statistics: Sequence[str], why: str, *, status: Status = Status.NOT_ESTIMABLE, **columns: Any
    ) -> None:
        """Write that numbers cannot be given, and why."""
        for statistic in statistics:
            self.writer.add(statistic, None, status=status, **{**columns, "text": why})

    def not_done(self, analysis: str, variable: str, why: str) -> None:
        """Write that a count per arm was not done, and why."""
        for arm in self.study.arms:
            columns: Columns = {"analysis_id": analysis, "variable": variable, "group": "arm", "group_level": arm}
            self.nothing(("n",), why, status=Status.NOT_DONE, method="count", **columns)

    def find(self, severity: str, code: str, **what: Any) -> None:
        """Report something that was wrong with the data."""
        blank = {"dataset": "ADSL", "row_key": "", "variable": "", "seen": "", "expected": "", "effect": ""}
        self.findings.append(Finding(severity=severity, code=code, **{**blank, **what}))  # type: ignore[arg-type]


def ranked(values: Iterable[npt.NDArray[np.object_]]) -> list[str]:
    """Distinct texts, the most frequent first, equals in alphabetical order, ``(not recorded)`` last."""
    counts: dict[str, int] = {}
    for array in values:
        for value in array:
            counts[value] = counts.get(value, 0) + 1
    return sorted(counts, key=lambda text: (text == NOT_RECORDED, -counts[text], text))
