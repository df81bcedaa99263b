"""The statistics table as typed rows that can be found by what they are about."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import polars as pl

from equipoise.terms import Status

__all__ = ["ALL", "Row", "Rows", "row_ids"]

ALL = "(all)"


class Row(NamedTuple):
    """One statistic, with the columns of the statistics table."""

    row_id: int
    study_id: str | None
    analysis_id: str | None
    data_cut: str | None
    look: int | None
    population: str | None
    endpoint: str | None
    rule_set: str | None
    group: str | None
    group_level: str | None
    reference_level: str | None
    subgroup: str | None
    subgroup_level: str | None
    variable: str | None
    variable_level: str | None
    parent_level: str | None
    visit: str | None
    time_days: float | None
    measure: str | None
    statistic: str
    value: float | None
    text: str | None
    status: str | None
    unit: str | None
    method: str | None
    strata: str | None
    declared: bool | None
    conf_level: float | None
    sided: int | None
    n: int | None
    n_events: int | None
    source_set: str | None

    @property
    def known(self) -> bool:
        """Whether there is a number."""
        return self.value is not None and self.status in (None, "", Status.OK)


class Rows:
    """Rows of the statistics table, found by analysis and variable first.

    Every method keeps the order of the file. A missing analysis or variable gives no rows.
    """

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows = list(rows)
        self._index: dict[str, dict[str, list[Row]]] = {}
        for row in self._rows:
            self._index.setdefault(row.analysis_id or "", {}).setdefault(row.variable or "", []).append(row)

    @classmethod
    def of(cls, statistics: pl.DataFrame) -> "Rows":
        """Rows of a frame with the columns of the statistics table."""
        columns = [name if name in statistics.columns else pl.lit(None).alias(name) for name in Row._fields]
        return cls(Row._make(values) for values in statistics.select(columns).iter_rows())

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def analysis(self, analysis_id: str, variable: str | None = None) -> list[Row]:
        """Rows of an analysis, or of one variable of it."""
        variables = self._index.get(analysis_id, {})
        if variable is not None:
            return variables.get(variable, [])
        return [row for row in self._rows if row.analysis_id == analysis_id] if variables else []

    def variables(self, analysis_id: str) -> list[str]:
        """Variables of an analysis in the order of the file."""
        return list(self._index.get(analysis_id, {}))

    def where(self, analysis_id: str, variable: str | None = None, **columns: Any) -> list[Row]:
        """Rows of an analysis whose columns have these values; a set, list or tuple means any of them."""
        found = self.analysis(analysis_id, variable)
        for name, wanted in columns.items():
            if isinstance(wanted, set | frozenset | list | tuple):
                found = [row for row in found if getattr(row, name) in wanted]
            else:
                found = [row for row in found if getattr(row, name) == wanted]
        return found

    def one(self, analysis_id: str, variable: str | None = None, **columns: Any) -> Row | None:
        """First row that fits, if there is one."""
        found = self.where(analysis_id, variable, **columns)
        return found[0] if found else None


def row_ids(*rows: Row | None) -> tuple[int, ...]:
    """Identifiers of the rows that are there, in order."""
    return tuple(row.row_id for row in rows if row is not None)
