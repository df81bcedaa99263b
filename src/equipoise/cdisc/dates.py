"""Dates of SDTM: ISO 8601 text, complete or not.

A ``--DTC`` holds year, month and day as far as they are known: ``2014``, ``2014-05``, ``2014-05-07``, ``2014---07``
(month unknown), ``--05-07`` (year unknown); a time of day may follow and is ignored, because time in equipoise is
integer days. Everything else is bad: ``2014-5-7``, ``07MAY2014``, ``2014-02-30``, ``2014-13-01``.
"""

import polars as pl

__all__ = ["parse_dtc"]

_HOUR, _MINUTE = r"(?:[01]\d|2[0-4]|-)", r"(?:[0-5]\d|-)"
_SECOND = r"(?:(?:[0-5]\d|60)(?:[.,]\d+)?|-)"
_TIME = rf"[T ]{_HOUR}(?::{_MINUTE}(?::{_SECOND})?)?(?:Z|[+-]\d{{2}}(?::?\d{{2}})?)?"
_PATTERN = rf"^(\d{{4}}|-)(?:-(\d{{2}}|-)(?:-(\d{{2}}|-))?)?({_TIME})?$"

_PARTS = pl.Struct(
    {
        "date": pl.Date,
        "year": pl.Int32,
        "month": pl.Int32,
        "day": pl.Int32,
        "precision": pl.String,
        "bad": pl.Boolean,
    }
)


def parse_dtc(expr: pl.Expr) -> pl.Expr:
    """Take ISO 8601 text of SDTM apart.

    Parameters
    ----------
    expr
        Text, complete or partial; null stays unknown and is not bad.

    Returns
    -------
    polars.Expr
        Struct of ``date`` (Date, null unless year, month and day are known), ``year``, ``month``, ``day`` (Int32, null
        where unknown), ``precision`` ("D", "M", "Y", null where the year is unknown) and ``bad`` (Boolean: text that is
        no date, or a day that the calendar does not have; all other fields are null then).

    Examples
    --------
    >>> frame = pl.DataFrame({"AESTDTC": ["2014-05-07T10:30", "2014-05", "2014-02-30", None]})
    >>> frame.select(d=parse_dtc(pl.col("AESTDTC"))).unnest("d").select("date", "precision", "bad").rows()
    [(datetime.date(2014, 5, 7), 'D', False), (None, 'M', False), (None, None, True), (None, None, False)]
    """
    return expr.map_batches(_parse, return_dtype=_PARTS, is_elementwise=True)


def _parse(text: pl.Series) -> pl.Series:
    """Take every distinct text apart once: a data set holds few distinct dates."""
    text = text.cast(pl.String).rechunk().alias("text")
    distinct = text.drop_nulls().unique().to_frame().filter(pl.col("text").str.strip_chars() != "").rechunk()
    parsed = distinct.with_columns(parts=pl.col("text").str.strip_chars().str.extract_groups(_PATTERN))
    parsed = parsed.select("text", parts=_calendar(parsed))
    rows = text.to_frame().join(parsed, on="text", how="left", maintain_order="left")["parts"]
    unknown = pl.struct(
        *(pl.lit(False if f.name == "bad" else None, dtype=f.dtype).alias(f.name) for f in _PARTS.fields)
    )
    return rows.to_frame().select(
        pl.when(pl.col("parts").is_null()).then(unknown).otherwise(pl.col("parts")).alias("parts")
    )["parts"]


def _calendar(frame: pl.DataFrame) -> pl.Series:
    """Numbers and calendar day of text that was split by ``_PATTERN``."""
    parts = frame["parts"].struct
    numbers = pl.DataFrame({n: parts.field(str(i)) for i, n in enumerate(("year", "month", "day", "time"), start=1)})
    numbers = numbers.with_columns(pl.col("year", "month", "day").cast(pl.Int32, strict=False))
    # 2000 stands in for an unknown year: a leap year
    padded = pl.concat_str(
        pl.col("year").fill_null(2000).cast(pl.String).str.zfill(4),
        pl.col("month").fill_null(1).cast(pl.String).str.zfill(2),
        pl.col("day").fill_null(1).cast(pl.String).str.zfill(2),
        separator="-",
    )
    known = pl.any_horizontal(pl.col("year", "month", "day", "time").is_not_null())
    numbers = numbers.with_columns(date=padded.str.to_date("%Y-%m-%d", strict=False)).with_columns(
        bad=~known | pl.col("date").is_null() | (pl.col("year") == 0).fill_null(False)
    )
    numbers = numbers.with_columns(
        pl.when(~pl.col("bad")).then(pl.col(c)).alias(c) for c in ("year", "month", "day", "date")
    )
    complete = pl.all_horizontal(pl.col("year", "month", "day").is_not_null())
    precision = (
        pl.when(complete)
        .then(pl.lit("D"))
        .when(pl.col("year").is_not_null() & pl.col("month").is_not_null())
        .then(pl.lit("M"))
        .when(pl.col("year").is_not_null())
        .then(pl.lit("Y"))
    )
    numbers = numbers.with_columns(pl.when(complete).then(pl.col("date")).alias("date"), precision.alias("precision"))
    return numbers.select(parts=pl.struct(*(f.name for f in _PARTS.fields)))["parts"]
