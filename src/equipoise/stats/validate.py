"""Arguments in: arrays of any library become checked NumPy arrays, and everything wrong is said at once.

`InputCheck` collects problems (argument, row, value, what was expected) while the arguments of one call are read, and
`finish` raises them together. Missing values (NaN, None, NA) are errors, or, with `missing="drop"`, rows that `keep`
takes out and `dropped` lists.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from equipoise.stats._kernels.inputs import read_events, scan_numbers
from equipoise.stats.errors import InputProblem, StatsError
from equipoise.stats.labels import Labels, code_labels, cross, is_missing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from equipoise.stats._kernels.inputs import NumberScan

Missing = Literal["raise", "drop"]


class InputCheck:
    """Read the arguments of one call; collect what is wrong with them."""

    def __init__(self, *, missing: Missing = "raise") -> None:
        self.problems: list[InputProblem] = []
        self.dropped: dict[str, NDArray[np.int64]] = {}
        self._n: int | None = None
        self._first = ""
        self._mask: NDArray[np.bool_] | None = None
        if missing not in ("raise", "drop"):
            self.problem("missing", f"expected 'raise' or 'drop', got {missing!r}")
        self._drop = missing == "drop"

    @property
    def n(self) -> int:
        """Rows of the arguments read so far."""
        return self._n or 0

    def problem(
        self, argument: str, message: str, *, position: int | None = None, value: object = None, count: int = 1
    ) -> None:
        """Note one thing that is wrong."""
        self.problems.append(
            InputProblem(argument=argument, message=message, position=position, value=value, count=count)
        )

    def finish(self) -> None:
        """Raise everything found, if anything was."""
        if self.problems:
            raise StatsError(self.problems)
        if self._mask is not None and not self._mask.any():
            raise StatsError(
                [
                    InputProblem(
                        argument=self._first, message="no rows are left after rows with missing values were dropped"
                    )
                ]
            )

    def keep(self, *arrays: NDArray[Any]) -> tuple[NDArray[Any], ...]:
        """Take the rows without missing values out of arrays as long as the arguments."""
        if self._mask is None:
            return arrays
        return tuple(array[self._mask] for array in arrays)

    def kept_rows(self) -> NDArray[np.int64]:
        """Give the positions, in the arguments, of the rows that are kept."""
        return np.arange(self.n) if self._mask is None else np.flatnonzero(self._mask)

    def drop(self, reason: str, rows: NDArray[np.int64]) -> None:
        """Take rows out of the analysis and say why."""
        if rows.size == 0:
            return
        self.dropped[reason] = rows
        if self._mask is None:
            self._mask = np.ones(self.n, np.bool_)
        self._mask[rows] = False

    def times(self, name: str, values: object) -> NDArray[np.float64]:
        """Read times: finite numbers from 0 on."""
        array, scan = self._numbers(name, values, "times must be finite numbers")
        if scan and scan.n_negative:
            at = scan.first_negative
            self.problem(name, "times must not be negative", position=at, value=array[at], count=scan.n_negative)
        return array

    def numbers(self, name: str, values: object) -> NDArray[np.float64]:
        """Read finite numbers."""
        return self._numbers(name, values, "expected finite numbers")[0]

    def weights(self, name: str, values: object) -> NDArray[np.float64]:
        """Read weights: finite and positive."""
        array, scan = self._numbers(name, values, "weights must be finite numbers")
        if scan:
            if scan.n_negative:
                at = scan.first_negative
                self.problem(name, "weights must be positive", position=at, value=array[at], count=scan.n_negative)
            if scan.n_zero:
                at = scan.first_zero
                self.problem(
                    name,
                    "weights must be positive: leave out rows of weight zero",
                    position=at,
                    value=0.0,
                    count=scan.n_zero,
                )
        return array

    def events(self, name: str, values: object) -> NDArray[np.bool_]:
        """Read event indicators: True or 1 where the event happened, False or 0 where the row is censored."""
        raw = self._array(name, values)
        if raw is None:
            return np.empty(0, np.bool_)
        if raw.dtype.kind == "b":
            self._length(name, raw)
            flags: NDArray[np.bool_] = np.ascontiguousarray(raw, np.bool_)
            return flags
        array = self._floats(name, raw)
        if array is None:
            return np.empty(0, np.bool_)
        self._length(name, array)
        event, n_bad = read_events(array)
        if n_bad:
            self._missing(name, array, "expected 0, 1, True or False")
            bad = np.flatnonzero(~event & (array != 0.0) & ~np.isnan(array))
            if bad.size:
                message = "expected 0, 1, True or False" + _event_hint(array)
                self.problem(name, message, position=int(bad[0]), value=array[bad[0]], count=bad.size)
        return event

    def labels(self, name: str, values: object) -> Labels:
        """Read one categorical argument: integers, text, booleans."""
        raw = self._array(name, values)
        if raw is None:
            return Labels((), np.empty(0, np.int64))
        self._length(name, raw)
        coded = code_labels(raw)
        missing = np.flatnonzero(coded.codes < 0)
        if missing.size:
            self._note_missing(name, missing, None, "a label is missing")
        return coded

    def strata(self, name: str, values: object) -> Labels:
        """Read strata: one array, or several (a sequence of arrays, a matrix, a frame).

        The strata of several factors are the combinations that occur; their levels are tuples.
        """
        columns = _factor_columns(values)
        if columns is None:
            return self.labels(name, values)
        if not columns:
            self.problem(name, "expected an array or at least one factor")
            return Labels((), np.empty(0, np.int64))
        parts = [self.labels(f"{name}[{j}]", column) for j, column in enumerate(columns)]
        if len({part.codes.size for part in parts}) > 1:
            return Labels((), np.empty(0, np.int64))
        return cross(parts)

    def matrix(self, name: str, values: object) -> tuple[NDArray[np.float64], tuple[str, ...]]:
        """Read covariates, rows x columns (a vector is one column); return them with the names of the columns."""
        names, columns = _matrix_columns(values)
        if columns is None:
            array = np.ascontiguousarray(values, np.float64)
            self._length(name, array)
            bad = ~np.isfinite(array)
            if bad.any():
                for j in np.flatnonzero(bad.any(axis=0)):
                    self._missing(f"{name}[:, {j}]", array[:, j], "expected finite numbers")
            return array, tuple(f"x{j + 1}" for j in range(array.shape[1]))
        labels = names or tuple(f"x{j + 1}" for j in range(len(columns)))
        if not columns:
            self.problem(name, "expected at least one column")
            return np.empty((0, 0)), ()
        read = [
            self.numbers(name if len(columns) == 1 else f"{name}[{label}]", c)
            for label, c in zip(labels, columns, strict=True)
        ]
        if any(column.size != self.n for column in read):
            return np.empty((0, len(read))), labels
        return np.column_stack(read), labels

    def open_interval(self, name: str, value: object, low: float, high: float) -> float:
        """Read one number strictly between `low` and `high`."""
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float | np.integer | np.floating)
            or not low < value < high
        ):
            self.problem(name, f"expected a number between {low:g} and {high:g}, got {value!r}")
            return (low + high) / 2 if np.isfinite(low + high) else 0.0
        return float(value)

    def choice(self, name: str, value: object, allowed: Sequence[str]) -> None:
        """Note a problem unless `value` is one of `allowed`."""
        if value not in allowed:
            self.problem(name, f"expected one of {', '.join(map(repr, allowed))}, got {value!r}")

    def _numbers(self, name: str, values: object, expected: str) -> tuple[NDArray[np.float64], NumberScan | None]:
        raw = self._array(name, values)
        array = None if raw is None else self._floats(name, raw)
        if array is None:
            return np.empty(0), None
        self._length(name, array)
        return array, self._missing(name, array, expected)

    def _array(self, name: str, values: object) -> NDArray[Any] | None:
        if values is None or isinstance(values, str | bytes):
            self.problem(name, f"expected a one-dimensional array, got {values!r}")
            return None
        try:
            array = np.asarray(values)
        except (TypeError, ValueError) as error:
            self.problem(name, f"expected a one-dimensional array ({error})")
            return None
        if isinstance(values, np.ma.MaskedArray):
            array = np.array(values.tolist(), object)
        if array.ndim != 1:
            self.problem(name, f"expected a one-dimensional array, got shape {array.shape} ({type(values).__name__})")
            return None
        return array

    def _floats(self, name: str, raw: NDArray[Any]) -> NDArray[np.float64] | None:
        if raw.dtype.kind in "biuf":
            return np.ascontiguousarray(raw, np.float64)
        if raw.dtype.kind != "O":
            self.problem(name, f"expected numbers, got an array of {raw.dtype}")
            return None
        out = np.empty(raw.size)
        bad: list[int] = []
        for i, value in enumerate(raw):
            number = _number(value)
            if number is None:
                bad.append(i)
            else:
                out[i] = number
        if bad:
            self.problem(name, "expected a number", position=bad[0], value=raw[bad[0]], count=len(bad))
            return None
        return out

    def _length(self, name: str, array: NDArray[Any]) -> None:
        n = array.shape[0]
        if self._n is None:
            self._n, self._first = n, name
            if n == 0:
                self.problem(name, "is empty: expected at least one row")
        elif n != self._n:
            self.problem(name, f"has {n} rows where {self._first} has {self._n}")

    def _missing(self, name: str, array: NDArray[np.float64], expected: str) -> NumberScan | None:
        if array.size == 0:
            return None
        scan = scan_numbers(np.ascontiguousarray(array))
        if scan.n_inf:
            self.problem(name, expected, position=scan.first_inf, value=array[scan.first_inf], count=scan.n_inf)
        if scan.n_nan:
            self._note_missing(name, np.flatnonzero(np.isnan(array)), np.nan, expected)
        return scan

    def _note_missing(self, name: str, rows: NDArray[np.int64], value: object, expected: str) -> None:
        if not self._drop:
            message = f"{expected}; remove the row or give missing='drop'"
            self.problem(name, message, position=int(rows[0]), value=value, count=rows.size)
        elif self._n is not None and rows[-1] < self._n:
            self.drop(f"{name} missing", rows)


def _factor_columns(values: object) -> list[object] | None:
    """Split several factors into columns; None where `values` is one array."""
    names = getattr(values, "columns", None)
    if names is not None and not isinstance(values, np.ndarray):
        return [values[name] for name in _column_names(values)]  # type: ignore[index]
    if isinstance(values, np.ndarray):
        return [values[:, j] for j in range(values.shape[1])] if values.ndim == 2 else None
    if isinstance(values, list | tuple):
        if values and all(_is_array(v) for v in values):
            return list(values)
        return None
    return None


def _matrix_columns(values: object) -> tuple[tuple[str, ...] | None, list[object] | None]:
    """Split covariates into named columns; no columns where `values` is a plain numeric matrix."""
    if isinstance(values, np.ndarray) and values.ndim == 2 and values.dtype.kind in "biuf" and values.shape[1] > 0:
        return None, None
    if isinstance(values, np.ndarray):
        return None, [values[:, j] for j in range(values.shape[1])] if values.ndim == 2 else [values]
    if isinstance(values, dict):
        return tuple(str(k) for k in values), list(values.values())
    if getattr(values, "columns", None) is not None:
        names = _column_names(values)
        return names, [values[name] for name in names]  # type: ignore[index]
    if isinstance(values, list | tuple) and values and all(_is_array(v) for v in values):
        return _matrix_columns(np.asarray(values, object if len({len(v) for v in values}) > 1 else None))
    name = getattr(values, "name", None)
    return ((name,) if isinstance(name, str) and name else None), [values]


def _column_names(values: object) -> tuple[Any, ...]:
    """Name the columns of a pandas or polars frame or of an arrow table."""
    names = getattr(values, "column_names", None)
    return tuple(names if names is not None else values.columns)  # type: ignore[attr-defined]


def _is_array(value: object) -> bool:
    return hasattr(value, "__len__") and not isinstance(value, str | bytes)


def _number(value: object) -> float | None:
    """Turn one object into a float, missing into nan, anything else into None."""
    if is_missing(value):
        return float("nan")
    if isinstance(value, str | bytes):
        return None
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None


def _event_hint(array: NDArray[np.float64]) -> str:
    values = np.unique(array[~np.isnan(array)])
    if values.size == 2 and values.tolist() == [1.0, 2.0]:
        return "; the values are 1 and 2: give event == 2 if 2 marks the event"
    if values.size <= 5:
        return f"; the values are {', '.join(f'{v:g}' for v in values)}: give event == the value that marks the event"
    return ""
