"""Days and visits of scans: which scans are the baseline, which make one visit, where a partial date belongs.

* Baseline: scans up to the anchor of the assessment schedule (randomization or first dose); where a reader has none,
  those up to the first dose; flagged baseline scans (TRBLFL, TRLOBXFL) wherever there are any. Scans older than the
  window do not count where there are newer ones.
* Visit: scans of one visit number (or name) at most ``gap`` days apart; without either each day is a visit.
* A partial date takes the day of the other scans of its visit if that is possible, else, at the first visit, the
  anchor, else the last possible day. It is shown, and never dates a progression.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from equipoise.derive.imputation import add_period
from equipoise.derive.source import KEYS, Source

__all__ = ["assessment_number", "date_scans", "schedule_days"]

Days = NDArray[np.int64]
_SERIES = [*KEYS, "READER"]
_SCAN = [*_SERIES, "DTC", "VISITNUM", "VISITNAME"]
_LEAST_GAP = 14
_DROPPED = ("DTC", "RANDDT", "TRTSDT", "VISITNUM", "VISITNAME", "BLFL", "SEQ", "TEST", "DATASET", "ACPTFL")


def date_scans(source: Source, rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Add DAY, VISIT, VISITDY and BASELINE to measurements.

    Also one row per visit with its name and whether its dates are exact, and the visit of each scan.
    """
    plan = source.protocol.visits.tumor_assessment
    scans = rows.group_by([*_SCAN, "RANDDT", "TRTSDT"]).agg(
        DATASET=pl.col("DATASET").drop_nulls().min(),
        FLAGGED=(pl.col("BLFL") == "Y").any(ignore_nulls=True) if "BLFL" in rows.columns else pl.lit(False),
        SEQ=pl.col("SEQ").min() if "SEQ" in rows.columns else pl.lit(None, dtype=pl.Int64),
        ACCEPTED=(pl.col("ACPTFL") == "Y").any(ignore_nulls=True) if "ACPTFL" in rows.columns else pl.lit(False),
    )
    scans = scans.with_columns(
        LABEL=pl.coalesce(pl.col("VISITNUM").cast(pl.String), "VISITNAME"),
        ANCHOR=pl.coalesce("TRTSDT", "RANDDT") if plan is not None and plan.anchor == "first_dose" else "RANDDT",
    )
    scans = _dated(scans).sort([*_SERIES, "DATE", "VISITNUM", "VISITNAME", "DTC"], nulls_last=True)
    scans = _with_baseline(scans, plan.baseline_window_days if plan is not None else 28)
    gap = max(_LEAST_GAP, 2 * plan.window_days if plan is not None else 0)
    scans = _with_visits(scans, gap)
    scans = scans.with_columns(DAY=(pl.col("DATE") - pl.col("RANDDT")).dt.total_days() + 1)
    scans = _with_schedule(source, scans)
    joined = ["VISIT", "DAY", "VISITDY", "BASELINE"]
    rows = rows.join(scans.select(*_SCAN, *joined), on=_SCAN, how="left", nulls_equal=True, maintain_order="left")
    by_visit = scans.group_by([*_SERIES, "VISIT", "BASELINE"]).agg(
        AVISIT=pl.col("VISITNAME").sort_by("DATE", "VISITNAME", nulls_last=True).first(),
        AVISITN=pl.col("VISITNUM").sort_by("DATE", "VISITNUM", nulls_last=True).first(),
        EXACT=pl.col("EXACT").all(),
        PARTIAL=pl.col("DTC").filter(~pl.col("EXACT")).sort().first(),
        PARTIALFROM=pl.col("FIRST").filter(~pl.col("EXACT")).min(),
        SEQ=pl.col("SEQ").min(),
        DATE=pl.col("DATE").max(),
        FIRSTDATE=pl.col("DATE").min(),
        DATASET=pl.col("DATASET").first(),
        ACCEPTED=pl.col("ACCEPTED").any(),
    )
    return rows.select(c for c in rows.columns if c not in _DROPPED), by_visit, scans.select(*_SCAN, "VISIT")


def _dated(scans: pl.DataFrame) -> pl.DataFrame:
    """Add DATE, EXACT and FIRST; a partial or missing date is placed in its visit."""
    texts = add_period(scans.select("DTC").unique(), "DTC")
    scans = scans.join(texts, on="DTC", how="left", nulls_equal=True)
    exact = pl.col("FIRST").is_not_null() & pl.col("FLAG").is_null()
    scans = scans.with_columns(EXACT=exact, DATE=pl.when(exact).then("FIRST"))
    partial = scans.filter(~pl.col("EXACT"))
    if partial.is_empty():
        return scans.drop("LAST", "FLAG")
    visit = [*_SERIES, "LABEL"]
    others = scans.filter("EXACT", pl.col("LABEL").is_not_null()).group_by(visit).agg(OTHER=pl.col("DATE").max())
    lowest = scans.group_by(_SERIES).agg(LOWEST=pl.col("VISITNUM").min())
    partial = partial.join(others, on=visit, how="left").join(lowest, on=_SERIES, how="left")
    fits = pl.col("FIRST").is_null() | pl.col("OTHER").is_between("FIRST", "LAST")
    first_visit = (pl.col("VISITNUM") == pl.col("LOWEST")).fill_null(False) & (pl.col("FIRST") <= pl.col("ANCHOR"))
    partial = partial.with_columns(
        DATE=pl.when(fits & pl.col("OTHER").is_not_null())
        .then("OTHER")
        .when(first_visit)
        .then(pl.min_horizontal("LAST", "ANCHOR"))
        .otherwise("LAST")
    )
    return pl.concat([scans.filter("EXACT"), partial.select(scans.columns)]).drop("LAST", "FLAG")


def _with_baseline(scans: pl.DataFrame, window: int) -> pl.DataFrame:
    flagged = pl.col("DATE").filter("FLAGGED").max().over(_SERIES)
    early = (pl.col("DATE") <= pl.col("ANCHOR")).any().over(_SERIES)
    end = pl.coalesce(flagged, pl.when(early).then("ANCHOR").otherwise(pl.col("TRTSDT")), "ANCHOR")
    scans = scans.with_columns(UNTIL=end).with_columns(BASELINE=(pl.col("DATE") <= pl.col("UNTIL")).fill_null(False))
    recent = pl.col("BASELINE") & (pl.col("DATE") >= pl.col("RANDDT") - pl.duration(days=window))
    old = pl.col("BASELINE") & ~recent & recent.any().over(_SERIES)
    return scans.with_columns(BASELINE=pl.col("BASELINE") & ~old).drop("UNTIL", "FLAGGED")


def _with_visits(scans: pl.DataFrame, gap: int) -> pl.DataFrame:
    """Number the visits: scans of one label no more than ``gap`` days apart."""
    label = pl.coalesce("LABEL", pl.format("day {}", "DATE"), pl.lit("undated"))
    scans = scans.with_columns(LABEL=label).sort([*_SERIES, "LABEL", "DATE"], nulls_last=True, maintain_order=True)
    same = pl.all_horizontal(pl.col(c).eq_missing(pl.col(c).shift()) for c in (*_SERIES, "LABEL", "BASELINE"))
    near = (pl.col("DATE") - pl.col("DATE").shift()).dt.total_days() <= gap
    return scans.with_columns(VISIT=(~(same & near).fill_null(False)).cum_sum().cast(pl.Int64)).drop("LABEL")


def _with_schedule(source: Source, scans: pl.DataFrame) -> pl.DataFrame:
    """Add VISITDY: nominal day, counted from randomization, of the visit in whose window the scan lies."""
    plan = source.protocol.visits.tumor_assessment
    shift = (scans["ANCHOR"] - scans["RANDDT"]).dt.total_days().fill_null(0).to_numpy()
    days = scans["DAY"].fill_null(-(10**6)).to_numpy() - shift
    nominal = schedule_days(source, int(days.max(initial=1)))
    if plan is None or not len(nominal):
        return scans.with_columns(VISITDY=pl.lit(None, dtype=pl.Int64))
    place = assessment_number(nominal, days) - 1
    inside = np.abs(days - nominal[place]) <= plan.window_days
    return scans.with_columns(
        VISITDY=pl.when(pl.Series(inside) & ~pl.col("BASELINE")).then(pl.Series(nominal[place] + shift))
    )


def schedule_days(source: Source, last: int) -> Days:
    """Nominal days of the assessment schedule, the first beyond ``last`` included."""
    plan = source.protocol.visits.tumor_assessment
    if plan is None:
        return np.empty(0, dtype=np.int64)
    longest = max([p.every_weeks for p in plan.phases] + [plan.every_weeks or 0]) * 7
    return np.asarray(plan.days(int(max(last, 1) + 2 * longest + 1)), dtype=np.int64)


def assessment_number(nominal: Days, days: Days) -> Days:
    """Number of the scheduled assessment whose half-way window holds each day after the baseline: 1, 2, ..."""
    half_way = (nominal[1:] + nominal[:-1]) / 2
    return np.searchsorted(half_way, days, side="left") + 1
