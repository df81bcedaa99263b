"""Records that a command brings about besides its own or rules out, and those of the set-up that data sets need."""

from collections.abc import Iterable, Mapping

import polars as pl

from equipoise.rehearsal.model.accrual import Accrual

__all__ = ["opened_sites", "stops_at_withdrawal", "until_data_withdrawn"]

_KEYS = ["TRIAL", "PATIENT"]


def stops_at_withdrawal(records: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Give the ends of treatment, with those that come of a withdrawal while treatment goes on."""
    stopped, withdrawn = records["treatment_stopped"], records["withdrawn"]
    ends = [
        records[kind].select(*_KEYS, "AT") for kind in ("treatment_stopped", "blinded_treatment_ended", "unblinded")
    ]
    ended = pl.concat(ends).group_by(_KEYS).agg(_ended=pl.col("AT").min())
    allocated = records["randomized"].select(*_KEYS, _allocated="AT")
    first = withdrawn.sort(*_KEYS, "AT").unique(_KEYS, keep="first", maintain_order=True)
    open_ones = first.join(allocated, on=_KEYS).join(ended, on=_KEYS, how="left")
    on_treatment = open_ones.filter(
        pl.col("AT") > pl.col("_allocated"), pl.col("_ended").is_null() | (pl.col("_ended") > pl.col("AT"))
    )
    more = on_treatment.select(
        *_KEYS,
        "AT",
        "NTH",
        "date",
        why=pl.lit("withdrawal by patient"),
        detail=pl.lit(None, pl.String),
    )
    both = pl.concat([stopped, more.select(stopped.columns)], how="vertical_relaxed").sort(*_KEYS, "AT")
    return both.with_columns(NTH=pl.int_range(pl.len(), dtype=pl.Int32).over(_KEYS))


def until_data_withdrawn(records: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Leave out what would come after the use of data was withdrawn, such as a scan that is still on its way.

    Parameters
    ----------
    records
        Kind -> frame with TRIAL, PATIENT and AT.
    """
    gone = records["withdrawn"].filter(pl.col("level") == "data")
    if gone.is_empty():
        return dict(records)
    left = gone.group_by(_KEYS).agg(_left=pl.col("AT").min())
    return {kind: _until(frame, left) for kind, frame in records.items()}


def _until(frame: pl.DataFrame, left: pl.DataFrame) -> pl.DataFrame:
    late = (
        frame.with_row_index("_row")
        .select("_row", *_KEYS, "AT")
        .join(left, on=_KEYS)
        .filter(pl.col("AT") > pl.col("_left"))["_row"]
    )
    if late.is_empty():
        return frame
    kept = pl.Series([True]).new_from_index(0, frame.height).scatter(late, False)
    return frame.filter(kept)


def opened_sites(accrual: Accrual, trials: Iterable[int]) -> pl.DataFrame:
    """Give the sites of every trial: TRIAL, site, time_zone, country."""
    sites = pl.DataFrame(
        {
            "site": list(accrual.sites),
            "time_zone": [site.time_zone for site in accrual.sites.values()],
            "country": [site.country for site in accrual.sites.values()],
        }
    )
    return pl.DataFrame({"TRIAL": pl.Series(list(trials), dtype=pl.Int32)}).join(sites, how="cross")
