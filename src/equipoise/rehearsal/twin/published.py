"""Published figures beside those of a rehearsed trial: one line each, with its source, its tolerance and its standing.

The figures to compare with stand in a file beside the protocol (`published.yaml`), the computed ones are rows of the
results. A line is **published** (in print), **inferred** (recovered from print) or **assumed**; it was **calibrated**
(the search looked at it) or is **emergent** (nobody did). What the trial could not show is a line too: not attempted,
and why.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import polars as pl
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from equipoise.protocol import Problem, ProtocolError
from equipoise.protocol.source import read_source, read_text
from equipoise.rehearsal.errors import RehearsalError
from equipoise.rehearsal.patients import MONTH

__all__ = ["PUBLISHED", "Compared", "Line", "Standing", "compare", "computed", "load_published"]


class Standing(Enum):
    """How a comparison ended."""

    INSIDE = "inside"
    OUTSIDE = "OUTSIDE"
    NOT_ATTEMPTED = "not attempted"
    NOT_PUBLISHED = "no published number"
    NOT_ASKED = "no tolerance asked"


PUBLISHED = "published.yaml"
"""Name of the file beside the protocol."""


def _listed(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


Row = dict[str, str | int | float | bool | None]


class Line(BaseModel):
    """One figure in print.

    `rows` names the columns of the results that single out one row; the values of several rows are added; with `over`
    the figure is their share, in percent, of the sum of those rows. `digits`
    asks for equality after rounding as printed, `tolerance` for a distance, `below` for a bound (a P value printed as
    < .001), `low` and `high` for a range.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    label: str
    group: str = ""
    source: str = ""
    status: Literal["published", "inferred", "assumed"] = "published"
    role: Literal["calibrated", "emergent"] = "emergent"
    cut: str | None = None
    unit: Literal["", "months", "percent", "proportion", "days"] = ""
    rows: Annotated[tuple[Row, ...], BeforeValidator(_listed), Field(strict=False)] = ()
    over: Annotated[tuple[Row, ...], BeforeValidator(_listed), Field(strict=False)] = ()
    figure: str | None = None
    """The same figure as the searches name it, for its place among trials that nobody calibrated."""
    complement: bool = False
    """Whether the figure is what is left to 100 percent."""
    value: float | None = None
    printed: str | None = None
    digits: int | None = None
    tolerance: float | None = None
    below: float | None = None
    low: float | None = None
    high: float | None = None
    note: str = ""
    not_attempted: str | None = None
    no_published_number: str | None = None
    not_asked: str | None = None
    """Why a figure in print is shown beside the computed one without a tolerance."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.not_attempted is not None:
            return self
        rules = [self.digits, self.tolerance, self.below, self.low]
        given = sum(rule is not None for rule in rules)
        if not self.rows:
            raise ValueError("rows: say which row of the results shows this figure, or not_attempted and why")
        if (self.no_published_number or self.not_asked) and given:
            raise ValueError("a tolerance, where none is asked: leave one of them out")
        if self.no_published_number is None and self.not_asked is None and given != 1:
            raise ValueError("give one of digits, tolerance, below, or low and high")
        if (self.digits is not None or self.tolerance is not None) and self.value is None:
            raise ValueError("value: say what was printed")
        if (self.low is None) != (self.high is None):
            raise ValueError("low and high: give both")
        return self

    def holds(self, value: float | None) -> bool:
        """Whether a computed figure is as near to the printed one as the line asks."""
        if value is None or math.isnan(value):
            return False
        if self.digits is not None:
            return _rounded(value, self.digits) == _rounded(self.value or 0.0, self.digits)
        if self.tolerance is not None:
            return abs(value - (self.value or 0.0)) <= self.tolerance + 1e-9
        if self.below is not None:
            return value < self.below
        return self.low is not None and self.high is not None and self.low <= value <= self.high


@dataclass(frozen=True, slots=True)
class Compared:
    """A line of the table: what is in print, what the rehearsed trial shows, and whether that is near enough."""

    name: str
    line: Line
    value: float | None
    standing: Standing
    percentile: float | None = None
    """Where the printed figure lies among trials of the model that nobody calibrated, in percent."""
    row_ids: tuple[int, ...] = ()
    """Rows of the results behind the computed figure; none for a figure of another data cut."""

    @property
    def shown(self) -> str:
        """The computed figure in words, with a digit more than is printed where that matters."""
        if self.value is None:
            return "" if self.standing is Standing.NOT_ATTEMPTED else "not reached"
        unit, line = self.line.unit, self.line
        if unit == "months":
            return f"{self.value:.1f} months"
        if unit in ("percent", "proportion"):
            return f"{self.value:.1f}%"
        if line.below is not None or (line.digits is not None and line.digits >= 3):
            return f"{self.value:.4f}"
        return f"{self.value:.0f}" if line.digits == 0 or (line.not_asked and not unit) else f"{self.value:.2f}"

    @property
    def asked(self) -> str:
        """How near the line asks the figure to be."""
        line = self.line
        if line.digits is not None:
            return "as printed" if line.digits or line.unit else "exact"
        if line.tolerance is not None:
            unit = {"months": " month", "percent": " point", "proportion": " point"}.get(line.unit, "")
            return f"within {line.tolerance:g}{unit}{'s' if unit and line.tolerance != 1 else ''}"
        if line.below is not None:
            return f"below {line.below:g}"
        return f"{line.low:g} to {line.high:g}" if line.low is not None else ""

    def record(self) -> dict[str, Any]:
        """The line as plain values, for `trial.json` of the results and the report drawn from it."""
        why = self.line.not_attempted or self.line.no_published_number or self.line.not_asked or ""
        return {
            "name": self.name,
            "label": self.line.label,
            "group": self.line.group,
            "printed": self.line.printed or "",
            "reproduced": self.shown,
            "value": self.value,
            "asked": self.asked,
            "standing": self.standing.value,
            "status": self.line.status,
            "role": self.line.role,
            "percentile": self.percentile,
            "row_ids": list(self.row_ids),
            "source": self.line.source,
            "cut": self.line.cut,
            "note": "; ".join(text for text in (why, self.line.note) if text),
        }


def load_published(path: Path) -> dict[str, Line]:
    """Read the file of published figures.

    Raises
    ------
    RehearsalError
        The file cannot be read, is no YAML, or lines are wrong: all of them at once, with file and line.
    """
    try:
        source = read_source(read_text(path), str(path))
    except ProtocolError as error:
        raise RehearsalError(error.problems) from None
    given = source.data.get("lines")
    if not isinstance(given, dict) or set(source.data) != {"lines"}:
        source.add((), "not a file of published figures", expected="one mapping `lines` of name -> figure")
        given = {}
    lines = dict[str, Line]()
    for name, item in given.items():
        try:
            lines[name] = Line.model_validate_json(json.dumps(item))
        except ValidationError as error:
            for wrong in error.errors(include_url=False):
                place = ("lines", name, *wrong["loc"])
                seen = None if isinstance(wrong["input"], dict | list) else json.dumps(wrong["input"])
                source.add(place, wrong["msg"].removeprefix("Value error, "), seen=seen)
    if source.problems:
        raise RehearsalError(tuple(source.problems))
    return lines


def compare(
    lines: Mapping[str, Line],
    statistics: Mapping[str, pl.DataFrame],
    *,
    default_cut: str,
    percentiles: Mapping[str, float] | None = None,
) -> tuple[Compared, ...]:
    """Set the figures in print beside those computed.

    Parameters
    ----------
    lines
        Published figures by name, as `load_published` gives them.
    statistics
        Statistics of the results, by the name of the data cut.
    default_cut
        Cut of the lines that name none.
    percentiles
        Line -> where the printed figure lies among trials that were not calibrated, in percent.

    Raises
    ------
    RehearsalError
        A line names a row that the results do not have, or several; all such lines at once.
    """
    found, problems = [], list[Problem]()

    def refuse(name: str, message: str) -> None:
        problems.append(Problem(file=PUBLISHED, path=f"lines.{name}", message=message))

    for name, line in lines.items():
        if line.not_attempted is not None:
            found.append(Compared(name, line, None, Standing.NOT_ATTEMPTED))
            continue
        cut = line.cut or default_cut
        if cut not in statistics:
            refuse(name, f"there are no results of the cut {cut}: analyze it, or say not_attempted and why")
            continue
        try:
            value, rows = computed(line, statistics[cut])
        except LookupError as error:
            refuse(name, str(error))
            continue
        shown = rows if cut == default_cut else ()
        if line.no_published_number is not None:
            found.append(Compared(name, line, value, Standing.NOT_PUBLISHED, row_ids=shown))
            continue
        standing = Standing.INSIDE if line.holds(value) else Standing.OUTSIDE
        if line.not_asked is not None:
            standing = Standing.NOT_ASKED
        found.append(Compared(name, line, value, standing, (percentiles or {}).get(name), shown))
    if problems:
        raise RehearsalError(tuple(problems))
    return tuple(found)


def computed(line: Line, statistics: pl.DataFrame) -> tuple[float | None, tuple[int, ...]]:
    """Give the figure of a line in its unit, and the rows behind it; None where it is not reached or not estimable.

    Raises
    ------
    LookupError
        The rows named do not single out one row each.
    """
    total, ids = _sum(line.rows, statistics)
    if line.over:
        whole, more = _sum(line.over, statistics)
        ids = tuple(dict.fromkeys((*ids, *more)))
        total = 100.0 * total / whole if total is not None and whole else None
    if total is None:
        return None, ids
    shown = total / MONTH if line.unit == "months" else 100.0 * total if line.unit == "proportion" else total
    return 100.0 - shown if line.complement else shown, ids


def _sum(rows: tuple[Row, ...], statistics: pl.DataFrame) -> tuple[float | None, tuple[int, ...]]:
    """Add the values of rows; None where one has none."""
    total, ids, known = 0.0, list[int](), True
    for row in rows:
        unknown = sorted(set(row) - set(statistics.columns))
        if unknown:
            raise LookupError(f"the results have no column {', '.join(unknown)}")
        asked = [pl.col(name).is_null() if want is None else pl.col(name) == want for name, want in row.items()]
        hits = statistics.filter(*asked)
        if hits.height != 1:
            raise LookupError(f"{hits.height} rows of the results match {row}: expected 1")
        ids += hits["row_id"].to_list() if "row_id" in hits.columns else []
        known = known and hits["value"][0] is not None
        total += hits["value"][0] or 0.0
    return total if known else None, tuple(ids)


def _rounded(value: float, digits: int) -> Decimal:
    return Decimal(repr(value)).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
