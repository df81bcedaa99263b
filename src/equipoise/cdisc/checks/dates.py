"""Dates that cannot be: no date at all, in the future, before birth."""

import datetime as dt
import itertools
from collections.abc import Iterable, Mapping

import polars as pl

from equipoise.cdisc.checks.marks import ROW, SUBJECT, Mark, mark
from equipoise.cdisc.checks.rules import rule
from equipoise.cdisc.dates import parse_dtc

__all__ = ["check_dates", "possible_days"]

_GAP = dt.timedelta(days=5479)  # 15 years
_OLDEST = dt.date(1900, 1, 1)
_STARTS = ("RFICDTC", "RFSTDTC", "RFXSTDTC", "DMDTC")


def check_dates(
    datasets: Mapping[str, pl.DataFrame], *, cutoff: dt.date | None = None, extracted: dt.date | None = None
) -> list[Mark]:
    """Marks of the group ``dates``: per row and variable at most one."""
    calendar = {(d, v): possible_days(frame[v]) for d, frame in datasets.items() for v in _date_variables(frame)}
    limit = extracted or _latest_plausible(calendar.values(), cutoff)
    births = _births(datasets.get("DM"), limit)
    marks: list[Mark] = []
    for dataset in sorted(datasets):
        frame = datasets[dataset]
        own = {f"{dataset[:2]}DTC"} if f"{dataset[:2]}TESTCD" in frame.columns else set()
        for variable in _date_variables(frame):
            finding = variable in own
            days = calendar[dataset, variable]
            marks += _impossible(dataset, frame, variable, days, limit, finding=finding)
            if variable != "BRTHDTC" and births is not None:
                marks += _before_birth(dataset, frame, variable, days, births, finding=finding)
    if "DM" in datasets and births is not None:
        marks += _late_births(datasets["DM"], limit)
    return marks


def possible_days(texts: pl.Series) -> pl.DataFrame:
    """Distinct texts with the first and the last day they can mean: text, bad, first, last."""
    distinct = texts.drop_nulls().unique(maintain_order=True).alias("text").to_frame()
    parts = distinct.with_columns(d=parse_dtc(pl.col("text"))).unnest("d")
    year, month, day = pl.col("year"), pl.col("month"), pl.col("day")
    first = pl.date(year, month.fill_null(1), pl.when(month.is_null()).then(1).otherwise(day.fill_null(1)))
    last = (
        pl.when(month.is_null())
        .then(pl.date(year, 12, 31))
        .when(day.is_null())
        .then(pl.date(year, month.fill_null(1), 1).dt.month_end())
        .otherwise(pl.col("date"))
    )
    return parts.select(
        "text",
        "bad",
        first=pl.when(year.is_not_null()).then(first),
        last=pl.when(year.is_not_null()).then(last),
    )


def _latest_plausible(calendars: Iterable[pl.DataFrame], cutoff: dt.date | None) -> dt.date | None:
    """Latest date that can have been observed: the last before a gap of more than 15 years, or the cut-off if later."""
    columns = [days["first"] for days in calendars]
    days: list[dt.date] = pl.concat(columns).drop_nulls().unique().sort().to_list() if columns else []
    if not days:
        return cutoff
    half = days[len(days) // 2 :]
    limit = next((a for a, b in itertools.pairwise(half) if b - a > _GAP), half[-1])
    return max(limit, cutoff) if cutoff else limit


def _date_variables(frame: pl.DataFrame) -> list[str]:
    return [c for c, t in frame.schema.items() if c.endswith("DTC") and t == pl.String]


def _rows(frame: pl.DataFrame, variable: str, texts: pl.Series) -> pl.DataFrame:
    columns = [c for c in (*SUBJECT, variable) if c in frame.columns]
    if texts.is_empty():
        return frame.select(columns).clear().with_row_index(ROW)
    return frame.select(columns).with_row_index(ROW).filter(pl.col(variable).is_in(texts.to_list()))


def _impossible(
    dataset: str, frame: pl.DataFrame, variable: str, days: pl.DataFrame, limit: dt.date | None, *, finding: bool
) -> list[Mark]:
    bad = _rows(frame, variable, days.filter("bad")["text"])
    marks = mark(rule("bad-date-of-finding" if finding else "bad-date"), dataset, variable, bad, seen=pl.col(variable))
    old = _rows(frame, variable, days.filter(pl.col("last") < _OLDEST)["text"])
    early = rule("finding-before-birth" if finding else "date-before-birth")
    marks += mark(early, dataset, variable, old, seen=pl.col(variable), expected=pl.lit("a date from 1900 on"))
    if limit is not None:
        late = _rows(frame, variable, days.filter(pl.col("first") > limit)["text"])
        future = rule("finding-in-future" if finding else "date-in-future")
        marks += mark(future, dataset, variable, late, seen=pl.col(variable), expected=pl.lit(f"a date up to {limit}"))
    return marks


def _births(dm: pl.DataFrame | None, limit: dt.date | None) -> pl.DataFrame | None:
    """Subject keys with the first day of birth that is possible, births after the start of the trial left out."""
    if dm is None or "BRTHDTC" not in dm.columns or "USUBJID" not in dm.columns:
        return None
    keys = [k for k in SUBJECT if k in dm.columns]
    births = _dm_days(dm, limit).filter(~pl.col("late") & (pl.col("BIRTH") >= _OLDEST))
    return births.group_by(keys).agg(pl.col("BIRTH").min())


def _dm_days(dm: pl.DataFrame, limit: dt.date | None) -> pl.DataFrame:
    """DM with the first possible day of birth and whether it is after the start of the trial for the subject."""
    frame = dm.with_row_index(ROW)
    for variable in ("BRTHDTC", *(v for v in _STARTS if v in dm.columns)):
        days = possible_days(dm[variable]).filter(~pl.col("bad"))
        if limit is not None:
            days = days.filter(pl.col("first") <= limit)
        bound = "first" if variable == "BRTHDTC" else "last"
        days = days.select(pl.col("text").alias(variable), pl.col(bound).alias(f"_{variable}"))
        frame = frame.join(days, on=variable, how="left", maintain_order="left")
    starts = [f"_{v}" for v in _STARTS if v in dm.columns]
    start = pl.min_horizontal(starts) if starts else pl.lit(None, dtype=pl.Date)
    return frame.with_columns(BIRTH=pl.col("_BRTHDTC"), START=start).with_columns(
        late=(pl.col("BIRTH") > pl.col("START")).fill_null(False)
    )


def _late_births(dm: pl.DataFrame, limit: dt.date | None) -> list[Mark]:
    late = _dm_days(dm, limit).filter("late")
    expected = pl.format("a birth before {}", pl.col("START"))
    return mark(rule("birth-after-start"), "DM", "BRTHDTC", late, seen=pl.col("BRTHDTC"), expected=expected)


def _before_birth(
    dataset: str, frame: pl.DataFrame, variable: str, days: pl.DataFrame, births: pl.DataFrame, *, finding: bool
) -> list[Mark]:
    latest = births["BIRTH"].max()
    if latest is None or "USUBJID" not in frame.columns:
        return []
    days = days.filter((pl.col("last") < latest) & (pl.col("last") >= _OLDEST))
    rows = _rows(frame, variable, days["text"])
    if rows.is_empty():
        return []
    keys = [k for k in SUBJECT if k in rows.columns and k in births.columns]
    rows = rows.join(days.select(pl.col("text").alias(variable), "last"), on=variable, maintain_order="left")
    rows = rows.join(births, on=keys, maintain_order="left").filter(pl.col("last") < pl.col("BIRTH"))
    code = rule("finding-before-birth" if finding else "date-before-birth")
    expected = pl.format("a date from the birth on, {}", pl.col("BIRTH"))
    return mark(code, dataset, variable, rows, seen=pl.col(variable), expected=expected)
