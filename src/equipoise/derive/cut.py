"""The data cut, applied to SDTM before anything is derived.

A row is dated by the start of what it records (``--STDTC``, else ``--DTC``). Rows dated after the cut-off vanish; a
partial date is after the cut-off only if its first possible day is. What ended after the cut-off had not ended: its
end date is emptied, and with the end date of an adverse event its fatal outcome. In DM dates after the cut-off are
emptied, the arm of subjects randomized later is emptied, and subjects first known later vanish. SUPP-- rows follow
their subject.
"""

from collections.abc import Mapping
from datetime import date

import polars as pl

from equipoise.derive.source import KEYS, domain_code, match
from equipoise.protocol import DateSource

__all__ = ["apply_cut", "fact_date"]

_DM_DATES = ("RFSTDTC", "RFENDTC", "RFXSTDTC", "RFXENDTC", "RFPENDTC", "DTHDTC")
_DM_ENTRY = ("RFICDTC", "RFSTDTC", "DMDTC", "RFXSTDTC")
_ARM = ("ARMCD", "ARM", "ACTARMCD", "ACTARM")


def fact_date(name: str, frame: pl.DataFrame) -> list[str]:
    """Variables that date a row, best first."""
    code = domain_code(name)
    return [v for v in (f"{code}STDTC", f"{code}DTC") if v in frame.columns]


def apply_cut(
    data: Mapping[str, pl.DataFrame], cutoff: date | None, randomization: DateSource
) -> dict[str, pl.DataFrame]:
    """Remove from every data set what is dated after the cut-off; no change without a cut-off."""
    if cutoff is None:
        return dict(data)
    day = cutoff.isoformat()
    cut = {name: _cut_domain(name, frame, day) for name, frame in data.items() if name != "DM"}
    if "DM" not in data:
        return cut
    cut["DM"] = _cut_subjects(data, day, randomization)
    known = cut["DM"].select(KEYS)
    for name in [n for n in cut if n.startswith("SUPP") and set(KEYS) <= set(cut[n].columns)]:
        cut[name] = cut[name].join(known, on=KEYS, how="semi", maintain_order="left")
    return {name: cut[name] for name in data}


def _later(text: pl.Expr, day: str) -> pl.Expr:
    """Whether ISO 8601 text lies after a day: as text, where a partial date is the prefix of its first possible day."""
    return (text.str.head(10) > day).fill_null(False)


def _cut_domain(name: str, frame: pl.DataFrame, day: str) -> pl.DataFrame:
    dates = fact_date(name, frame)
    if name.startswith("SUPP") or "USUBJID" not in frame.columns or not dates:
        return frame
    later = frame.select(_later(pl.coalesce(dates), day).alias("LATER"))["LATER"]
    kept = frame.filter(~later) if later.any() else frame
    end = f"{domain_code(name)}ENDTC"
    if end not in kept.columns:
        return kept
    open_end = _later(pl.col(end), day)
    if domain_code(name) == "AE":
        fatal = (
            {"AEOUT": pl.col("AEOUT") == "FATAL", "AESDTH": pl.col("AESDTH") == "Y"} if "AEOUT" in kept.columns else {}
        )
        kept = kept.with_columns(
            pl.when(open_end & test).then(None).otherwise(pl.col(v)).alias(v)
            for v, test in fatal.items()
            if v in kept.columns
        )
    return kept.with_columns(pl.when(open_end).then(None).otherwise(pl.col(end)).alias(end))


def _cut_subjects(data: Mapping[str, pl.DataFrame], day: str, randomization: DateSource) -> pl.DataFrame:
    frame = data["DM"]
    entry = [v for v in _DM_ENTRY if v in frame.columns]
    if entry:
        first = pl.min_horizontal(pl.col(v).str.head(10) for v in entry)
        frame = frame.filter(~_later(first, day))
    died_later = _later(pl.col("DTHDTC"), day) if "DTHDTC" in frame.columns else pl.lit(False)
    if "DTHFL" in frame.columns:
        frame = frame.with_columns(pl.when(died_later).then(None).otherwise(pl.col("DTHFL")).alias("DTHFL"))
    frame = frame.with_columns(
        pl.when(_later(pl.col(v), day)).then(None).otherwise(pl.col(v)).alias(v)
        for v in _DM_DATES
        if v in frame.columns
    )
    later = _randomized_later(data, day, randomization)
    if later is None:
        return frame
    frame = frame.join(later.with_columns(LATER=pl.lit(True)), on=KEYS, how="left", maintain_order="left")
    emptied = [v for v in _ARM if v in frame.columns]
    return frame.with_columns(pl.when(pl.col("LATER")).then(None).otherwise(pl.col(v)).alias(v) for v in emptied).drop(
        "LATER"
    )


def _randomized_later(data: Mapping[str, pl.DataFrame], day: str, randomization: DateSource) -> pl.DataFrame | None:
    """Keys of subjects with a randomization after the cut-off and none before."""
    full = data.get(randomization.domain)
    if full is None or not {*KEYS, randomization.variable, *randomization.where} <= set(full.columns):
        return None
    rows = full.filter(match(randomization.where), pl.col(randomization.variable).is_not_null())
    later = _later(pl.col(randomization.variable), day)
    before = rows.filter(~later).select(KEYS)
    return rows.filter(later).select(KEYS).unique().join(before, on=KEYS, how="anti")
