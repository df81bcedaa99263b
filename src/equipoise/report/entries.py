"""Results rows as printed numbers that remember their rows.

Tables print percentages with one decimal, sentences follow the protocol's number style; a number that is not there
prints as NE.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast

from equipoise.report.cells import Column, Model, Number, Part
from equipoise.report.facts import Arm, Facts
from equipoise.report.numbers import (
    Style,
    format_count_percent,
    format_estimate,
    format_median,
    format_months,
    format_number,
    format_p,
    format_percent_estimate,
    missing_word,
)
from equipoise.report.rows import ALL, Row, Rows, row_ids
from equipoise.terms import Status

__all__ = ["LIMITS", "NOTHING", "Source", "by_statistic", "group_by_level", "level_of", "limits_of", "not_in_data"]

NOTHING = "\N{EN DASH}"
NOT_IN_DATA = "not in the data"
NOT_RECORDED = "not recorded"
LIMITS = ("estimate", "conf_low", "conf_high")


def by_statistic(rows: Iterable[Row]) -> dict[str, Row]:
    """First row of each statistic."""
    found: dict[str, Row] = {}
    for row in rows:
        found.setdefault(row.statistic, row)
    return found


def group_by_level(rows: Iterable[Row]) -> dict[str | None, dict[str, Row]]:
    """Group level (arm) -> statistic -> first row."""
    found: dict[str | None, dict[str, Row]] = {}
    for row in rows:
        found.setdefault(row.group_level, {}).setdefault(row.statistic, row)
    return found


def limits_of(rows: Mapping[str, Row]) -> tuple[float | None, float | None, float | None]:
    """Estimate, lower and upper limit; None where there is none."""
    estimate, low, high = (rows[name].value if name in rows else None for name in LIMITS)
    return estimate, low, high


def level_of(rows: Mapping[str, Row]) -> float | None:
    """Confidence level of an interval, from whichever of its rows says it."""
    levels = (rows[name].conf_level for name in ("conf_low", "conf_high", "estimate") if name in rows)
    return next((level for level in levels if level is not None), None)


@dataclass(frozen=True)
class Source:
    """Rows and facts of one trial, and how its numbers are printed."""

    rows: Rows
    facts: Facts

    @property
    def style(self) -> Style:
        """Number style of the protocol."""
        return cast(Style, self.facts.style)

    def count(self, row: Row | None, *, absent: str = "0") -> Part:
        """A count; ``absent`` where there is no row."""
        if row is None:
            return absent
        return Number(_uncounted(row) if row.value is None else str(round(row.value)), (row.row_id,))

    def count_percent(self, rows: Mapping[str, Row], *, absent: str = "0") -> Part:
        """A count with its percentage, from rows ``n`` and ``percent``."""
        count, percent = rows.get("n"), rows.get("percent")
        if count is None or count.value is None or percent is None:
            return self.count(count, absent=absent)
        if count.value == 0:
            return Number("0", row_ids(count, percent))
        share = format_number(percent.value, 1, self.style, missing=self._missing(percent))
        return Number(f"{round(count.value)} ({share})", row_ids(count, percent))

    def events_of(self, row: Row) -> Part:
        """Events among counted subjects from one row, a cell such as ``45/48``."""
        if row.value is None or row.n_events is None:
            return self.count(row)
        return Number(f"{row.n_events}/{round(row.value)}", (row.row_id,))

    def part_of(self, row: Row | None, whole: Row | None, *, absent: str = "0") -> Part:
        """A count with its percentage of another count."""
        if row is None or row.value is None or whole is None or not whole.value or row.value > whole.value:
            return self.count(row, absent=absent)
        text = format_count_percent(round(row.value), round(whole.value), self.style, decimals=1)
        return Number(text, row_ids(row, whole))

    def ratio(self, rows: Mapping[str, Row], *, names_model: bool = False) -> Part:
        """Ratio with its interval, a cell such as ``0.54 (0.37 to 0.79)``."""
        row = rows.get("estimate")
        if row is None:
            return NOTHING
        text = format_estimate(*limits_of(rows), style=self.style, missing=self._missing(row))
        return Number(text, self._ids(rows, *LIMITS), "effect", Model.of(row), names_model)

    def share(self, rows: Mapping[str, Row], *, role: Literal["", "effect"] = "") -> Part:
        """Proportion, or difference of proportions, with its interval in percent."""
        row = rows.get("estimate")
        if row is None:
            return NOTHING
        if row.value is None and not any(rows[s].known for s in LIMITS if s in rows):
            return Number(self._missing(row), self._ids(rows, *LIMITS))
        text = format_percent_estimate(*limits_of(rows), style=self.style, missing=self._missing(row)).replace(
            "% (", " ("
        )
        return Number(text, self._ids(rows, *LIMITS), role, Model.of(row) if role else None)

    def months(self, rows: Mapping[str, Row], endpoint: str | None) -> Part:
        """Time in months with its interval, a cell such as ``11.6 (9.2 to 13.7)``."""
        row = rows.get("estimate")
        if row is None:
            return NOTHING
        if limits_of(rows) == (None, None, None):
            return Number(self._missing(row), self._ids(rows, *LIMITS))
        days = self.facts.month_days(endpoint)
        text = format_median(
            *limits_of(rows), style=self.style, months_days=days, cell=True, missing=self._missing(row)
        )
        return Number(text, self._ids(rows, *LIMITS))

    def month_text(self, days: float | None, endpoint: str | None) -> str:
        """Days as "6 months"; whole months without decimals."""
        months = (days or 0) / self.facts.month_days(endpoint)
        whole = abs(months - round(months)) < 0.02
        text = format_months(days, self.facts.month_days(endpoint), self.style, decimals=0 if whole else 1)
        return f"{text} month" if text == "1" else f"{text} months"

    def p(self, row: Row | None, *, names_model: bool = False) -> Part:
        """P value as a cell under a head that names the sides."""
        if row is None:
            return NOTHING
        text = format_p(row.value, self.style, label=False, missing=self._missing(row))
        return Number(text, (row.row_id,), "test", Model.of(row), names_model)

    def value(self, row: Row | None, decimals: int) -> Part:
        """A plain number."""
        if row is None:
            return NOTHING
        return Number(format_number(row.value, decimals, self.style, missing=self._missing(row)), (row.row_id,))

    def values(self, rows: Sequence[Row | None], decimals: int, pattern: str) -> Part:
        """Several plain numbers in one cell; ``pattern`` has a ``{}`` for each."""
        if any(row is None for row in rows):
            return NOTHING
        if all(row.value is None for row in rows if row):
            return Number(self._missing(rows[0]) if rows[0] else NOTHING, row_ids(*rows))
        texts = [format_number(row.value, decimals, self.style, missing=self._missing(row)) for row in rows if row]
        return Number(pattern.format(*texts), row_ids(*rows))

    def arm_columns(self, population: str | None, arms: Sequence[Arm], *, total: bool = False) -> list[Column]:
        """Heads "Arm (N = 97)" of a population, with the rows of N where the populations table has them."""
        members = {row.group_level: row for row in self.rows.where("populations", "members", population=population)}
        return self.columns(arms, members, total=total)

    def columns(self, arms: Sequence[Arm], members: Mapping[str | None, Row], *, total: bool = False) -> list[Column]:
        """Heads "Arm (N = 97)" with N from these rows; the last one is for all arms together when asked."""
        columns = [_arm_column(arm.id, arm.label, members.get(arm.id)) for arm in arms]
        return [*columns, _arm_column(None, "All", members.get(ALL))] if total else columns

    def arms_of(self, rows: Iterable[Row]) -> list[Arm]:
        """Arms of the trial that occur in rows, in protocol order; all arms when none does."""
        seen = {row.group_level for row in rows if row.group in (None, "arm")}
        return [arm for arm in self.facts.arms if arm.id in seen] or self.facts.arms

    @staticmethod
    def _missing(row: Row) -> str:
        return missing_word(row.status or "NE", "table")

    @staticmethod
    def _ids(rows: Mapping[str, Row], *names: str) -> tuple[int, ...]:
        return row_ids(*(rows.get(name) for name in names))


def not_in_data(rows: Iterable[Row]) -> str:
    """Sentence with the reasons why nothing was counted; empty where something was."""
    found = list(rows)
    if not found or any(row.status != Status.NOT_DONE for row in found):
        return ""
    reasons = dict.fromkeys(row.text for row in found if row.text)
    return f"Not in the data{': ' if reasons else ''}{'; '.join(reason.rstrip('.') for reason in reasons)}."


def _uncounted(row: Row) -> str:
    """Words of a count that is not there, which is never zero."""
    if row.status == Status.NOT_DONE:
        return NOT_IN_DATA
    return NOT_RECORDED if row.text == NOT_RECORDED else missing_word(row.status or "NE", "table")


def _arm_column(arm: str | None, label: str, row: Row | None) -> Column:
    if row is None or row.value is None:
        return Column(head=label, arm=arm)
    return Column(head=f"{label} (N = {round(row.value)})", row_ids=(row.row_id,), arm=arm)
