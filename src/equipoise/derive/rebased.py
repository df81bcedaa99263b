"""Readings that begin anew: after crossover, or under the next therapy, with a new baseline and a new nadir.

The new baseline is the last visit with a scan at most ``window`` days before the first dose. What was a new lesion
there is a non-target lesion from then on. Readings without lesions are taken as recorded after that day.
"""

from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from equipoise.criteria import recist_responses
from equipoise.derive.adrs import Responses
from equipoise.derive.imputation import add_period
from equipoise.derive.lesions import charter_of
from equipoise.derive.source import KEYS, Source, domain_code
from equipoise.derive.tumors import Tumors
from equipoise.terms import Assessor, LesionKind, Response

__all__ = ["Measured", "new_readings"]

_DEFAULT_WINDOW = 28
_SERIES = [*KEYS, "READER"]


@dataclass(frozen=True, slots=True)
class Measured:
    """What the readings that begin anew are made of."""

    read: Tumors
    accepted: pl.DataFrame
    """KEYS, ASSESSOR, READER of the reading that counts."""
    responses: Responses
    """Readings of each assessor from randomization on."""


def new_readings(
    source: Source, measured: Measured, starts: pl.DataFrame, assessor: Assessor
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Readings of an assessor after a new start.

    Parameters
    ----------
    starts
        KEYS, START and RANDDT of the subjects concerned.

    Returns
    -------
    tuple
        Readings in the columns of ``readings.readings`` (with COUNTS), and KEYS of the subjects with a new baseline.
    """
    crossover, plan = source.protocol.crossover, source.protocol.visits.tumor_assessment
    window = crossover.new_baseline_scan_days if crossover is not None else None
    if window is None:
        window = plan.baseline_window_days if plan is not None else _DEFAULT_WINDOW
    old = measured.responses.get(assessor)
    based = _scanned(source, starts, window, old)
    if old is None:
        return pl.DataFrame(), based
    later = old.join(starts.select(*KEYS, "START"), on=KEYS, how="inner", maintain_order="left")
    later = later.filter(pl.col("ADT") > pl.col("START")).drop("START")
    rows, again = _remeasured(source, measured, starts, assessor, window)
    if rows is None:
        return later, based
    later = later.join(again, on=KEYS, how="anti", maintain_order="left")
    table = pl.concat([later, rows.select(later.columns)]).sort([*KEYS, "ADT", "SRCSEQ"], nulls_last=True)
    based = pl.concat([based.join(again, on=KEYS, how="anti"), rows.select(KEYS).unique()]).unique().sort(KEYS)
    return table, based


def _remeasured(
    source: Source, measured: Measured, starts: pl.DataFrame, assessor: Assessor, window: int
) -> tuple[pl.DataFrame | None, pl.DataFrame]:
    """Readings recomputed from lesions after the start; KEYS of all subjects whose lesions were measured."""
    found = measured.read.lesions
    own = measured.accepted.filter(pl.col("ASSESSOR") == assessor.value).select(_SERIES)
    if found is None or source.protocol.review.response_from == "recorded":
        return None, own.select(KEYS).head(0)
    rows = found.rows.join(own, on=_SERIES, how="semi").join(starts, on=KEYS, how="inner")
    subjects = rows.select(KEYS).unique()
    if rows.is_empty():
        return None, subjects
    rows = _renewed(rows.filter(pl.col("DAY").is_not_null()), window)
    if rows.is_empty():
        return measured.responses[assessor].head(0), subjects
    columns = [c for c in rows.columns if c not in ("START", "RANDDT", "DATE", "DATASET")]
    responses = recist_responses(rows.select(columns), charter_of(source))
    scans = found.scans.select(*_SERIES, "VISIT", "AVISIT", "AVISITN", "EXACT", "DATASET", SRCSEQ="SEQ")
    table = responses.visits.join(scans, on=[*_SERIES, "VISIT"], how="left", maintain_order="left")
    table = table.join(responses.best.select(*_SERIES, "PDDAY"), on=_SERIES, how="left", maintain_order="left")
    table = table.join(starts, on=KEYS, how="left", maintain_order="left")
    first = ~pl.col("AFTERPD") & pl.col("AFTERPD").shift(-1).over(_SERIES).fill_null(True)
    day = pl.when(pl.col("PDDAY").is_not_null() & first).then("PDDAY").otherwise("DAY")
    known = pl.col("FINAL").replace({"iCR": "CR", "iPR": "PR", "iSD": "SD", "NON-iCR/NON-iUPD": "NON-CR/NON-PD"})
    known = pl.when(pl.col("PDDAY").is_not_null() & first).then(pl.lit("PD")).otherwise(known)
    return table.select(
        *KEYS,
        pl.lit(assessor.value).alias("ASSESSOR"),
        "AVISIT",
        "AVISITN",
        "EXACT",
        "SRCSEQ",
        ADT=pl.col("START") + pl.duration(days=day - 1),
        ADTF=pl.lit(None, dtype=pl.String),
        FIRST=pl.col("START") + pl.duration(days=pl.col("FIRSTDAY") - 1),
        AVALC=known,
        RSSEQ=pl.lit(None, dtype=pl.Int64),
        SRCDOM="DATASET",
        SRCVAR=pl.lit("TRDTC"),
        USED=known.is_in(list(Response)),
        COUNTS=known.is_in(list(Response)),
    ), subjects


def _renewed(rows: pl.DataFrame, window: int) -> pl.DataFrame:
    """Measurements from the new baseline on, with days counted from the start."""
    rows = rows.with_columns(DATE=pl.col("RANDDT") + pl.duration(days=pl.col("DAY") - 1))
    before = (pl.col("DATE") <= pl.col("START")) & (pl.col("DATE") >= pl.col("START") - timedelta(days=window))
    last = pl.col("VISIT").filter(before).last().over(_SERIES)
    rows = rows.sort([*_SERIES, "DATE", "VISIT"], maintain_order=True).with_columns(LAST=last)
    base = before & (pl.col("VISIT") == pl.col("LAST"))
    rows = rows.with_columns(BASELINE=base.fill_null(False))
    rows = rows.filter(pl.col("LAST").is_not_null() & (pl.col("BASELINE") | (pl.col("DATE") > pl.col("START"))))
    rows = rows.filter(~(pl.col("BASELINE").not_() & (pl.col("VISIT") == pl.col("LAST"))))
    lesion = [*_SERIES, "LESION"]
    there = (pl.col("BASELINE") & (pl.col("KIND") == LesionKind.NEW)).any().over(lesion)
    settled = pl.col("STATE").str.to_uppercase().is_in(["UNEQUIVOCAL", "EQUIVOCAL"])
    return rows.with_columns(
        KIND=pl.when(there).then(pl.lit(LesionKind.NON_TARGET.value)).otherwise("KIND"),
        STATE=pl.when(there & settled).then(pl.lit("PRESENT")).otherwise("STATE"),
        DAY=(pl.col("DATE") - pl.col("START")).dt.total_days() + 1,
        VISITDY=pl.lit(None, dtype=pl.Int64),
    ).drop("LAST")


def _scanned(source: Source, starts: pl.DataFrame, window: int, readings: pl.DataFrame | None) -> pl.DataFrame:
    """Subjects with a scan in the days before the start: in TU or TR, else a reading."""
    parts = []
    for name in sorted(source.data):
        code = domain_code(name)
        if code in ("TU", "TR") and len(name) <= 3 and source.has(name, f"{code}DTC"):
            parts.append(source.data[name].select(*KEYS, TEXT=f"{code}DTC").unique())
    dates = add_period(pl.concat(parts), "TEXT") if parts else None
    spans = [dates.select(*KEYS, "FIRST", "LAST")] if dates is not None else []
    if readings is not None:
        spans.append(readings.filter(pl.col("ADT").is_not_null()).select(*KEYS, FIRST="ADT", LAST="ADT"))
    if not spans:
        return starts.select(KEYS)
    rows = pl.concat(spans).join(starts, on=KEYS, how="inner")
    inside = (pl.col("FIRST") <= pl.col("START")) & (pl.col("LAST") >= pl.col("START") - timedelta(days=window))
    return rows.filter(inside.fill_null(False)).select(KEYS).unique().sort(KEYS)
