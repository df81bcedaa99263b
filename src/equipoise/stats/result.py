"""What every result of `equipoise.stats` has in common: frozen fields, a frame, a dictionary, a text and an HTML view.

A result says what it shows in two methods: `_facts`, the numbers that stand once, and `_columns`, the table. Text, HTML
and frame are drawn from the same two, so they cannot disagree. Numbers are unrounded everywhere but in the two views.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from html import escape
from importlib import import_module
from math import isnan
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import polars as pl

SHOWN_ROWS = 20
"""Rows of a table that the text and HTML views show before they leave out the middle."""

_ARRAY_FIELDS: dict[type, tuple[str, ...]] = {}
"""Fields that may hold arrays, by class: found once."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class Result:
    """Base of all results: frozen, keyword only, arrays copied and read-only."""

    def __post_init__(self) -> None:
        """Copy every array field and lock the copy, so that a frozen result cannot be changed through an array."""
        kind = type(self)
        names = _ARRAY_FIELDS.get(kind) or _ARRAY_FIELDS.setdefault(kind, _may_hold_arrays(kind))
        for name in names:
            value = getattr(self, name)
            if type(value) is np.ndarray:
                object.__setattr__(self, name, _locked(value))
            elif type(value) is dict:
                object.__setattr__(
                    self, name, {k: _locked(v) if type(v) is np.ndarray else v for k, v in value.items()}
                )

    def _title(self) -> str:
        """Give the first line of the views."""
        return type(self).__name__

    def _facts(self) -> Mapping[str, object]:
        """Give the numbers and settings that stand once: by default every field that is not an array."""
        return {
            f.name: v
            for f in fields(self)
            if not f.name.startswith("_")
            if not isinstance(v := getattr(self, f.name), np.ndarray | dict | tuple | Result)
        }

    def _columns(self) -> Mapping[str, Sequence[object] | np.ndarray]:
        """Give the table, column by column, all of one length: by default one row of the facts."""
        return {name: [value] for name, value in self._facts().items()}

    def to_dict(self) -> dict[str, Any]:
        """Return every public field as plain Python values: arrays become lists, nested results dictionaries."""
        return {f.name: plain(getattr(self, f.name)) for f in fields(self) if not f.name.startswith("_")}

    def to_frame(self) -> pl.DataFrame:
        """Return the table of the result as a polars frame, unrounded; `nan` where a number cannot be given."""
        polars = import_module("polars")
        frame: pl.DataFrame = polars.DataFrame(
            {k: np.asarray(v) if isinstance(v, np.ndarray) else list(v) for k, v in self._columns().items()}
        )
        return frame

    def __str__(self) -> str:
        """Return the text view, in the manner of R."""
        facts, columns = self._facts(), self._columns()
        lines = [self._title()]
        if facts:
            lines.append(", ".join(f"{name} = {cell(value)}" for name, value in facts.items() if cell(value)))
        if not _is_facts(columns, facts):
            lines += ["", *_text_table(_cells(columns))]
        return "\n".join(lines)

    def __repr__(self) -> str:
        """Return the text view."""
        return str(self)

    def _repr_html_(self) -> str:
        """Return the HTML view: the cells of the text view."""
        facts, columns = self._facts(), self._columns()
        parts = [f"<p><strong>{escape(self._title())}</strong></p>"]
        if facts:
            parts.append(
                "<p>" + ", ".join(f"{escape(k)} = {escape(cell(v))}" for k, v in facts.items() if cell(v)) + "</p>"
            )
        if not _is_facts(columns, facts):
            head, *rows = _cells(columns)
            body = "".join("<tr>" + "".join(f"<td>{escape(c)}</td>" for c in row) + "</tr>" for row in rows)
            parts.append(
                "<table><thead><tr>"
                + "".join(f"<th>{escape(c)}</th>" for c in head)
                + f"</tr></thead><tbody>{body}</tbody></table>"
            )
        return "".join(parts)


def plain(value: object) -> Any:
    """Turn arrays, NumPy scalars and nested results into lists, Python scalars and dictionaries."""
    if isinstance(value, Result):
        return value.to_dict()
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    return value


def cell(value: object) -> str:
    """Write one value for the views: four significant digits, `NA` for what is missing."""
    if value is None:
        return "NA"
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, int | np.integer):
        return str(value)
    if isinstance(value, float | np.floating):
        number = float(value)
        if isnan(number):
            return "NA"
        return str(int(number)) if number.is_integer() and abs(number) < 1e7 else f"{number:.4g}"
    return str(value)


def _may_hold_arrays(result: type[Result]) -> tuple[str, ...]:
    """Name the fields that are not declared as numbers or text."""
    return tuple(f.name for f in fields(result) if f.type not in ("float", "int", "str", "bool", float, int, str, bool))


def _locked(array: np.ndarray) -> np.ndarray:
    copy = array.copy()
    copy.flags.writeable = False
    return copy


def _is_facts(columns: Mapping[str, Any], facts: Mapping[str, object]) -> bool:
    return list(columns) == list(facts)


def _cells(columns: Mapping[str, Any]) -> list[list[str]]:
    head = [str(name) for name in columns]
    length = max((len(column) for column in columns.values()), default=0)
    shown = list(range(length))
    if length > SHOWN_ROWS:
        shown = [*range(SHOWN_ROWS // 2), -1, *range(length - SHOWN_ROWS // 2, length)]
    rows = [["..." if i < 0 else cell(column[i]) for column in columns.values()] for i in shown]
    return [head, *rows]


def _text_table(cells: list[list[str]]) -> list[str]:
    widths = [max(len(row[j]) for row in cells) for j in range(len(cells[0]))]
    return [" ".join(text.rjust(width) for text, width in zip(row, widths, strict=True)) for row in cells]
