"""Checks of counts, tables and settings; every problem of a call is reported at once."""

import math
import operator
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

import numpy as np

from equipoise.stats.errors import InputProblem, StatsError

__all__ = ["Arguments"]


class Arguments:
    """Collects problems of the arguments of one call; `done` raises them together."""

    def __init__(self) -> None:
        self.problems: list[InputProblem] = []

    def add(self, argument: str, message: str, position: int | None = None, value: object = None) -> None:
        """Note one problem."""
        self.problems.append(InputProblem(argument=argument, message=message, position=position, value=value))

    def done(self) -> None:
        """Raise `StatsError` when anything was wrong."""
        if self.problems:
            raise StatsError(self.problems)

    def fail(self, argument: str, message: str) -> NoReturn:
        """Note a problem without which nothing else can be checked, and raise."""
        self.add(argument, message)
        raise StatsError(self.problems)

    def count(self, argument: str, value: Any, position: int | None = None) -> int:
        """Check one whole number, 0 or more."""
        whole = _whole(value)
        if whole is None:
            self.add(argument, f"expected a whole number, got {value!r}", position, value)
            return 0
        if whole < 0:
            self.add(argument, f"a count is 0 or more, got {whole}", position, value)
            return 0
        return whole

    def counts(self, argument: str, values: Any) -> list[int]:
        """Check a one-dimensional sequence of counts."""
        listed = _as_list(values)
        if listed is None:
            self.add(argument, f"expected a one-dimensional sequence of counts, got {type(values).__name__}")
            return []
        return [self.count(argument, value, i) for i, value in enumerate(listed)]

    def events(self, x: tuple[str, Any], n: tuple[str, Any], position: int | None = None) -> tuple[int, int]:
        """Check a number of events and of subjects: 0 <= x <= n."""
        before = len(self.problems)
        events, subjects = self.count(*x, position), self.count(*n, position)
        if len(self.problems) == before and events > subjects:
            self.add(x[0], f"more events than subjects: {events} of {n[0]} = {subjects}", position, events)
        return events, subjects

    def positive(self, argument: str, value: Any) -> float:
        """Check a finite number greater than 0."""
        number = _real(value)
        if not (math.isfinite(number) and number > 0.0):
            self.add(argument, f"expected a number greater than 0, got {value!r}")
            return 1.0
        return number

    def exposure(self, argument: str, value: Any) -> float:
        """Check a finite observation time, 0 or more."""
        number = _real(value)
        if not (math.isfinite(number) and number >= 0.0):
            self.add(argument, f"expected an observation time of 0 or more, got {value!r}")
            return 0.0
        return number

    def conf_level(self, value: Any) -> float:
        """Check a confidence level, strictly between 0 and 1."""
        number = _real(value)
        if not 0.0 < number < 1.0:
            hint = f"; did you mean {number / 100:g}?" if 1.0 < number < 100.0 else ""
            self.add("conf_level", f"expected a number between 0 and 1, got {value!r}{hint}")
            return 0.95
        return number

    def choice(self, argument: str, value: Any, allowed: Iterable[str]) -> str:
        """Check that a word is one of those allowed."""
        words = list(allowed)
        if value not in words:
            self.add(argument, f"expected one of {', '.join(map(repr, words))}, got {value!r}")
            return words[0]
        return str(value)

    def table(self, argument: str, values: Any) -> np.ndarray:
        """Check a rectangular two-way table of counts with at least one row and column."""
        rows = _as_list(values)
        cells = None if rows is None else [_as_list(row) for row in rows]
        if not cells or any(row is None or not row for row in cells) or len({len(row) for row in cells if row}) != 1:
            self.fail(argument, "expected a rectangular table of counts, rows of equal length")
        checked = [
            [self.count(f"{argument}[{i}]", v, j) for j, v in enumerate(row or ())] for i, row in enumerate(cells)
        ]
        return np.array(checked, dtype=np.int64)

    def two_by_two(self, argument: str, values: Any) -> tuple[int, int, int, int]:
        """Check a table of two rows and two columns."""
        table = self.table(argument, values)
        if table.shape != (2, 2):
            self.fail(argument, f"expected two rows and two columns, got {table.shape[0]} x {table.shape[1]}")
        a, b, c, d = (int(v) for v in table.ravel())
        return a, b, c, d


def _whole(value: Any) -> int | None:
    if isinstance(value, bool | np.bool_):
        return None
    try:
        return operator.index(value)
    except TypeError:
        number = _real(value)
        return int(number) if math.isfinite(number) and number.is_integer() and not isinstance(value, str) else None


def _real(value: Any) -> float:
    if isinstance(value, bool | np.bool_ | str):
        return math.nan
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan


def _as_list(values: Any) -> Sequence[Any] | None:
    if isinstance(values, str) or not hasattr(values, "__len__"):
        return None
    if isinstance(values, np.ndarray):
        return values.tolist() if values.ndim else None
    return list(values) if hasattr(values, "__iter__") else None
