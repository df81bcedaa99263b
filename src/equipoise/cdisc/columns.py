"""Make the columns of any file alike: names, blanks, numbers, dates.

Names are upper case. Text has no trailing blanks, and empty text is missing. Numbers are Float64 (nan is missing), and
Int64 where the specification has whole numbers or the file did. A ``--DTC`` is ISO 8601 text whatever the file held;
other dates stay Date, times lose their zone (UTC). Variables that the specification has as numbers become numbers,
those it has as text become text (``7.0`` is ``7``), and in ADaM a ``--DT`` becomes Date. In a number column ``.`` and
``NA`` are missing; anything else that is no number is a finding, and the value missing.
"""

import re

import polars as pl

from equipoise.cdisc.errors import CdiscError
from equipoise.cdisc.findings import Finding
from equipoise.cdisc.spec import variable_spec

__all__ = ["tidy_columns"]

_INTEGER = re.compile(r"^(..(SEQ|DY|STDY|ENDY|LLTCD|PTCD|HLTCD|HLGTCD|BDSYCD|SOCCD)|VISITDY|TAETORD)$")
_NUMBER = re.compile(r"^(..(STRESN|STNRLO|STNRHI|DOSE|DOSTOT|TPTNUM)|VISITNUM)$")
_TEXT = re.compile(r"^..(ORRES|STRESC|TESTCD|GRPID|SPID|REFID|LNKID|LNKGRP)$")
_MISSING_NUMBER = ("", ".", "NA")


def tidy_columns(frame: pl.DataFrame, dataset: str, source: str) -> tuple[pl.DataFrame, list[Finding]]:
    """Apply the rules of this module.

    Raises CdiscError for two columns of one name and for columns that hold lists or bytes.
    """
    names = [name.strip().upper() for name in frame.columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    problems = [
        f"{source}: column {name} is there {names.count(name)} times (letter case aside); keep one" for name in twice
    ]
    if "" in names:
        problems.append(f"{source}: column {names.index('') + 1} has no name; name or remove it")
    nested = [n for n, t in zip(names, frame.dtypes, strict=True) if t.is_nested() or t in (pl.Binary, pl.Object)]
    problems += [f"{source}: column {name} holds lists or bytes, expected text, numbers or dates" for name in nested]
    if problems:
        raise CdiscError(problems)
    findings: list[Finding] = []
    left = frame.get_columns()[::-1]
    del frame
    # a column is let go as soon as its successor is made: large data sets are in memory once, not twice
    return pl.DataFrame([_tidy(left.pop().alias(n).rechunk(), dataset, findings) for n in names]), findings


def _kind(dataset: str, name: str) -> str:
    """text, integer, number, date, or empty where neither specification nor the name says it."""
    variable = variable_spec(dataset, name)
    if variable is None and (_INTEGER.match(name) or _NUMBER.match(name)):
        return "integer" if _INTEGER.match(name) else "number"
    if variable is None and dataset.startswith("AD") and len(dataset) > 2 and name.endswith("DT"):
        return "date"
    if variable is None:
        return "text" if _TEXT.match(name) else ""
    return "text" if variable.kind == "dtc" else variable.kind


def _tidy(series: pl.Series, dataset: str, findings: list[Finding]) -> pl.Series:
    name, dtype = series.name, series.dtype
    kind = _kind(dataset, name)
    if dtype in (pl.String, pl.Categorical, pl.Enum, pl.Null):
        return _from_text(_text(series.cast(pl.String)), kind, dataset, findings)
    if dtype == pl.Boolean:
        return series.replace_strict({True: "Y", False: "N"}, return_dtype=pl.String)
    if dtype.is_numeric():
        number = series.cast(pl.Int64) if dtype.is_integer() else series.cast(pl.Float64).fill_nan(None)
        return _digits(number) if kind == "text" else _whole(number) if kind == "integer" else number
    return _time(series)


def _time(series: pl.Series) -> pl.Series:
    if series.name.endswith("DTC") or series.dtype not in (pl.Date, pl.Datetime):
        return _iso(series)
    return series if series.dtype == pl.Date else series.dt.replace_time_zone(None).cast(pl.Datetime("us"))


def _from_text(text: pl.Series, kind: str, dataset: str, findings: list[Finding]) -> pl.Series:
    if kind in {"number", "integer"}:
        values = _converted(text, text.str.strip_chars().cast(pl.Float64, strict=False), dataset, findings)
        return _whole(values) if kind == "integer" else values
    if kind == "date":
        return _converted(text, text.str.strip_chars().str.to_date("%Y-%m-%d", strict=False), dataset, findings)
    return text


def _text(series: pl.Series) -> pl.Series:
    if series.str.ends_with(" ").any():
        series = series.str.strip_chars_end(" ")
    if not (series == "").any():
        return series
    return series.to_frame().select(pl.when(pl.col(series.name) != "").then(pl.col(series.name)))[series.name]


def _whole(series: pl.Series) -> pl.Series:
    """Whole numbers as such: transport files and CSV know no integers, and equal data shall be equal."""
    if series.dtype == pl.Int64:
        return series
    whole = series.cast(pl.Int64, strict=False)
    return whole if whole.cast(pl.Float64).equals(series) else series


def _digits(series: pl.Series) -> pl.Series:
    """Numbers as text, without ``.0``."""
    return series.cast(pl.String).str.replace(r"\.0$", "")


def _iso(series: pl.Series) -> pl.Series:
    if series.dtype == pl.Date:
        return series.dt.to_string("%Y-%m-%d")
    if series.dtype == pl.Datetime:
        return series.dt.to_string("%Y-%m-%dT%H:%M:%S").str.replace("T00:00:00$", "")
    return series.cast(pl.String)


def _converted(text: pl.Series, values: pl.Series, dataset: str, findings: list[Finding]) -> pl.Series:
    """Values that were made of text; each distinct text that gave none, or an infinite number, is a finding."""
    number = values.dtype == pl.Float64
    if number:
        values = values.to_frame().select(pl.when(pl.col(text.name).is_finite()).then(pl.col(text.name)))[text.name]
    stripped = text.str.strip_chars()
    missing = stripped.is_in(list(_MISSING_NUMBER)) if number else stripped == ""
    wrong = stripped.filter(values.is_null() & stripped.is_not_null() & ~missing)
    findings += [
        Finding(
            severity="warning",
            code="not-a-number" if number else "bad-date",
            dataset=dataset,
            row_key="",
            variable=text.name,
            seen=f"{value} ({count} {'row' if count == 1 else 'rows'})",
            expected="a number with a decimal point" if number else "a date as YYYY-MM-DD",
            effect="value treated as missing",
        )
        for value, count in wrong.value_counts().sort(text.name).iter_rows()
    ]
    return values
