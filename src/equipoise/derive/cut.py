"""The data cut, applied to SDTM before anything is derived.

A row is dated by the start of what it records (``--STDTC``, else ``--DTC``). Rows dated after the cut-off vanish; a
partial date is after the cut-off only if its first possible day is. What ended after the cut-off had not ended: its
end date is emptied, and with the end date of an adverse event its outcome. In DM dates after the cut-off are emptied,
the arm of subjects randomized later is emptied, and subjects first known later vanish. SUPP-- rows follow their
subject.

Who died after the cut-off had not died: the date of death is taken from all sources, most trusted first, before the
cut, and where it lies after the cut-off every record of the death is emptied or vanishes, dated or not: DTHFL and
DTHDTC, the fatal outcome, grade 5 and AESDTH of adverse events, the death in DS and DD. A death without any date
stays.
"""

from collections.abc import Mapping
from datetime import date

import polars as pl

from equipoise.derive.death import DEATH_SOURCES, death_records
from equipoise.derive.fatal import FATAL_VALUES, fatal_event
from equipoise.derive.imputation import add_period
from equipoise.derive.source import KEYS, Source, domain_code, match
from equipoise.protocol import DateSource, Protocol

__all__ = ["apply_cut", "fact_date"]

_DM_DATES = ("RFSTDTC", "RFENDTC", "RFXSTDTC", "RFXENDTC", "RFPENDTC", "DTHDTC")
_DM_ENTRY = ("RFICDTC", "RFSTDTC", "DMDTC", "RFXSTDTC")
_ARM = ("ARMCD", "ARM", "ACTARMCD", "ACTARM")


def fact_date(name: str, frame: pl.DataFrame) -> list[str]:
    """Variables that date a row, best first."""
    code = domain_code(name)
    return [v for v in (f"{code}STDTC", f"{code}DTC") if v in frame.columns]


def apply_cut(
    protocol: Protocol, data: Mapping[str, pl.DataFrame], cutoff: date | None, randomization: DateSource
) -> dict[str, pl.DataFrame]:
    """Remove from every data set what is dated after the cut-off; no change without a cut-off."""
    if cutoff is None:
        return dict(data)
    day = cutoff.isoformat()
    data = _without_later_deaths(protocol, data, cutoff)
    cut = {name: _cut_domain(name, frame, day) for name, frame in data.items() if name != "DM"}
    if "DM" not in data:
        return cut
    cut["DM"] = _cut_subjects(data, day, randomization)
    known = cut["DM"].select(KEYS)
    for name in [n for n in cut if n.startswith("SUPP") and set(KEYS) <= set(cut[n].columns)]:
        cut[name] = cut[name].join(known, on=KEYS, how="semi", maintain_order="left")
    return {name: cut[name] for name in data}


def _without_later_deaths(
    protocol: Protocol, data: Mapping[str, pl.DataFrame], cutoff: date
) -> dict[str, pl.DataFrame]:
    """Take back every record of the death of subjects who died after the cut-off."""
    dated = add_period(death_records(Source(protocol, data, None), further=DEATH_SOURCES), "TEXT")
    dated = dated.filter(pl.col("FIRST").is_not_null()).with_columns(_P=pl.col("DATE").is_null())
    best = dated.sort([*KEYS, "_P", "RANK", "FIRST"]).unique(KEYS, keep="first", maintain_order=True)
    later = best.filter(pl.col("FIRST") > cutoff).select(KEYS)
    if later.is_empty():
        return dict(data)
    places = [*(protocol.data.death or ()), *DEATH_SOURCES]
    return {
        name: _taken_back(name, frame, later, [p for p in places if p.domain == name]) for name, frame in data.items()
    }


def _taken_back(name: str, frame: pl.DataFrame, later: pl.DataFrame, places: list[DateSource]) -> pl.DataFrame:
    """A data set without the records of death of the subjects in ``later``."""
    places = [p for p in places if {p.variable, *p.where} <= set(frame.columns)]
    if not set(KEYS) <= set(frame.columns) or (not places and name not in ("DM", "DD", "AE")):
        return frame
    frame = frame.join(later.with_columns(_LATER=True), on=KEYS, how="left", maintain_order="left")
    gone = pl.col("_LATER").fill_null(False)
    if name == "DD":
        frame = frame.filter(~gone)
    elif name == "DM":
        variables = {p.variable for p in places} | ({"DTHFL"} & set(frame.columns))
        frame = frame.with_columns(_emptied(v, gone) for v in sorted(variables))
    elif name == "AE":
        fatal = {v: pl.col(v).cast(pl.String).is_in(list(x)).fill_null(False) for v, x in FATAL_VALUES.items()}
        frame = frame.with_columns(_emptied(v, gone & test) for v, test in fatal.items() if v in frame.columns)
    else:
        rows = [match(p.where) for p in places if p.where]
        if rows:
            frame = frame.filter(~(gone & pl.any_horizontal(rows)))
        frame = frame.with_columns(_emptied(p.variable, gone) for p in places if not p.where)
    return frame.drop("_LATER")


def _emptied(variable: str, where: pl.Expr) -> pl.Expr:
    return pl.when(~where).then(pl.col(variable)).alias(variable)


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
    if domain_code(name) == "AE" and "AEOUT" in kept.columns:
        kept = kept.with_columns(_emptied("AEOUT", open_end & ~fatal_event(kept.columns)))
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
