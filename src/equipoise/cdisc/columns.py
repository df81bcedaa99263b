"""Make the columns of any file alike: names, blanks, numbers, dates.

Names are upper case. Text has no trailing blanks, and empty text is missing. Numbers are Int64 or Float64 (nan is
missing). A ``--DTC`` is ISO 8601 text whatever the file held; other dates stay Date. Variables that the standards
define as numbers become numbers, those defined as text become text (``7.0`` is ``7``). In a number column ``.`` and
``NA`` are missing; anything else that is no number is a finding.
"""

import re

import polars as pl

from equipoise.cdisc.errors import CdiscError
from equipoise.cdisc.findings import Finding

__all__ = ["tidy_columns"]

_NUMBER = re.compile(
    r"^(..(SEQ|DY|STDY|ENDY|STRESN|STNRLO|STNRHI|DOSE|DOSTOT|TPTNUM|LLTCD|PTCD|HLTCD|HLGTCD|BDSYCD|SOCCD)"
    r"|VISITNUM|VISITDY|TAETORD|AGE|AVAL|BASE|CHG|PCHG|CNSR|A(ST|EN)?DY|(AVISIT|PARAM|TRT[AP]|TRT\d\d[AP]|AGEGR\d|ATPT|ATOXGR|AGRADE)N)$"
)
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
    columns = [_tidy(frame.to_series(i).alias(name), dataset, findings) for i, name in enumerate(names)]
    return pl.DataFrame(columns), findings


def _tidy(series: pl.Series, dataset: str, findings: list[Finding]) -> pl.Series:
    name, kind = series.name, series.dtype
    if kind in (pl.String, pl.Categorical, pl.Enum, pl.Null):
        text = _text(series.cast(pl.String))
        return _number(text, dataset, findings) if _NUMBER.match(name) else text
    if kind == pl.Boolean:
        return series.to_frame().select(
            pl.when(pl.col(name)).then(pl.lit("Y")).when(~pl.col(name)).then(pl.lit("N")).alias(name)
        )[name]
    if kind.is_integer():
        series = series.cast(pl.Int64)
    elif kind.is_numeric():
        series = series.cast(pl.Float64).fill_nan(None)
    elif kind.is_temporal() and name.endswith("DTC"):
        return _iso(series)
    return series


def _text(series: pl.Series) -> pl.Series:
    name = series.name
    cut = series.str.strip_chars_end()
    return cut.to_frame().select(pl.when(pl.col(name) != "").then(pl.col(name)))[name]


def _iso(series: pl.Series) -> pl.Series:
    if series.dtype == pl.Date:
        return series.dt.to_string("%Y-%m-%d")
    if series.dtype == pl.Datetime:
        return series.dt.to_string("%Y-%m-%dT%H:%M:%S").str.replace("T00:00:00$", "")
    return series.cast(pl.String)


def _number(text: pl.Series, dataset: str, findings: list[Finding]) -> pl.Series:
    stripped = text.str.strip_chars()
    values = stripped.cast(pl.Float64, strict=False)
    values = values.to_frame().select(pl.when(pl.col(text.name).is_finite()).then(pl.col(text.name)))[text.name]
    wrong = stripped.filter(values.is_null() & stripped.is_not_null() & ~stripped.is_in(list(_MISSING_NUMBER)))
    findings += [
        Finding(
            severity="warning",
            code="not-a-number",
            dataset=dataset,
            row_key="",
            variable=text.name,
            seen=f"{value} ({count} rows)",
            expected="a number with a decimal point",
            effect="value treated as missing",
        )
        for value, count in wrong.value_counts().sort(text.name).iter_rows()
    ]
    return values
