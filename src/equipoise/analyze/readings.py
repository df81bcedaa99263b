"""Readings of tumors by position: what each reader concluded of a patient, and what was read of each scan."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from equipoise.analyze.study import POSITION, Study
from equipoise.terms import Assessor

__all__ = ["Conclusions", "accepted", "conclusions", "day_of", "readers", "scan_responses", "visit_of"]

Dates = npt.NDArray[np.datetime64]
_NO_DATE = np.datetime64("NaT", "D")


@dataclass(frozen=True, kw_only=True)
class Conclusions:
    """What one reader, or one assessor's accepted reading, concluded of each subject; arrays by position."""

    read: npt.NDArray[np.bool_]
    """Whether the subject was read."""
    progressed: npt.NDArray[np.bool_]
    progression: Dates
    """Date of progression; not a time without one."""
    best: npt.NDArray[np.object_]
    """Best overall response without confirmation; None where there is none."""
    confirmed: npt.NDArray[np.object_]
    """Best overall response with confirmation; None where there is none."""
    last: Dates
    """Last scan that could be evaluated."""


def readers(study: Study) -> list[str]:
    """Numbers of the independent readers of whom there are conclusions, in order; not the adjudicator."""
    rows = study.frame("ADREVIEW")
    if rows is None:
        return []
    named = rows.filter((pl.col("ASSESSOR") == str(Assessor.CENTRAL)) & (pl.col("PARAMCD") == "PD"))["READER"]
    numbers = {str(value) for value in named.drop_nulls().to_list() if str(value).isdigit()}
    return sorted(numbers, key=int)


def accepted(study: Study, assessor: Assessor) -> Conclusions:
    """Conclusions of the reading that counts for an assessor."""
    return _conclusions(study, (pl.col("ASSESSOR") == str(assessor)) & (pl.col("ACCPTFL") == "Y"))


def conclusions(study: Study, reader: str) -> Conclusions:
    """Conclusions of one independent reader, accepted or not."""
    return _conclusions(study, (pl.col("ASSESSOR") == str(Assessor.CENTRAL)) & (pl.col("READER") == reader))


def _conclusions(study: Study, chosen: pl.Expr) -> Conclusions:
    size = study.adsl.height
    rows = study.frame("ADREVIEW")
    found = None if rows is None else rows.filter(chosen)

    def of(parameter: str) -> pl.DataFrame:
        if found is None:
            return pl.DataFrame(schema={POSITION: pl.Int64, "AVALC": pl.String, "ADT": pl.Date})
        part = found.filter(pl.col("PARAMCD") == parameter)
        return part.unique(POSITION, keep="first", maintain_order=True)

    def words(parameter: str) -> npt.NDArray[np.object_]:
        values = np.full(size, None, dtype=object)
        part = of(parameter)
        values[part[POSITION].to_numpy()] = part["AVALC"].to_list()
        return values

    progress = of("PD")
    read, progressed = np.zeros(size, dtype=bool), np.zeros(size, dtype=bool)
    read[progress[POSITION].to_numpy()] = True
    with_date = progress.filter((pl.col("AVALC") == "Y") & pl.col("ADT").is_not_null())
    progressed[with_date[POSITION].to_numpy()] = True
    return Conclusions(
        read=read,
        progressed=progressed,
        progression=_dates(size, with_date),
        best=words("BOR"),
        confirmed=words("CBOR"),
        last=_dates(size, of("LASTREAD")),
    )


def _dates(size: int, rows: pl.DataFrame) -> Dates:
    dates = np.full(size, _NO_DATE, dtype="datetime64[D]")
    if rows.height:
        dates[rows[POSITION].to_numpy()] = rows["ADT"].to_numpy().astype("datetime64[D]")
    return dates


def day_of(study: Study, variable: str) -> Dates:
    """Dates of an ADSL variable by position; not a time where missing."""
    dates = [np.datetime64(d, "D") if d is not None else _NO_DATE for d in study.text(variable)]
    return np.array(dates, dtype="datetime64[D]")


def scan_responses(study: Study) -> pl.DataFrame:
    """Overall responses of both assessors' accepted readings at one scheduled assessment.

    Columns ``position``, ``AVISITN``, ``local``, ``central``, sorted by the first two. Of several readings in the
    window of an assessment progression counts, else the last one. Scans after the first crossover dose are left out.
    """
    shape: dict[str, type[pl.DataType]] = {
        POSITION: pl.Int64, "AVISITN": pl.Float64, "local": pl.String, "central": pl.String,
    }  # fmt: skip
    rows = study.frame("ADTR")
    if rows is None or "AVISITN" not in rows.columns:
        return pl.DataFrame(schema=shape)
    crossover = pl.DataFrame(
        {POSITION: np.arange(study.adsl.height), "crossed": pl.Series(list(study.text("TR02SDT")), dtype=pl.Date)}
    )
    rows = (
        rows.filter((pl.col("PARAMCD") == "OVRLRESP") & (pl.col("ACCPTFL") == "Y") & (pl.col("AVISITN") > 0))
        .filter(pl.col("AVALC").is_not_null())
        .join(crossover, on=POSITION, how="left")
        .filter((pl.col("ADT") < pl.col("crossed")) | pl.col("crossed").is_null() | pl.col("ADT").is_null())
        .with_columns(later=pl.col("ADT"), worse=(pl.col("AVALC") == "PD"))
        .sort(POSITION, "AVISITN", "ASSESSOR", "worse", "later", "AVALC", nulls_last=False)
        .unique([POSITION, "AVISITN", "ASSESSOR"], keep="last", maintain_order=True)
    )
    sides = [
        rows.filter(pl.col("ASSESSOR") == str(assessor)).select(POSITION, "AVISITN", pl.col("AVALC").alias(name))
        for assessor, name in ((Assessor.LOCAL, "local"), (Assessor.CENTRAL, "central"))
    ]
    both = sides[0].join(sides[1], on=[POSITION, "AVISITN"], how="full", coalesce=True)
    return both.select(*shape).sort(POSITION, "AVISITN")


def visit_of(study: Study, chosen: pl.Expr, dates: Dates) -> npt.NDArray[np.float64]:
    """Scheduled assessment of a date of each subject: that of the reading nearest to it; nan without one.

    A progression can be dated by the first scan of its assessment and the response by the last one, so the nearest
    reading is looked for, of the readings that ``chosen`` selects.
    """
    found = np.full(len(dates), np.nan)
    rows = study.frame("ADTR")
    if rows is None or "AVISITN" not in rows.columns:
        return found
    wanted = pl.DataFrame({POSITION: np.arange(len(dates)), "wanted": dates}).filter(pl.col("wanted").is_not_null())
    near = (
        rows.filter(chosen & (pl.col("PARAMCD") == "OVRLRESP") & pl.col("AVISITN").is_not_null())
        .join(wanted.cast({POSITION: pl.Int64, "wanted": pl.Date}), on=POSITION, how="inner")
        .with_columns(gap=(pl.col("ADT") - pl.col("wanted")).dt.total_days().abs())
        .sort(POSITION, "gap", "AVISITN")
        .unique(POSITION, keep="first", maintain_order=True)
    )
    found[near[POSITION].to_numpy()] = near["AVISITN"].to_numpy()
    return found
