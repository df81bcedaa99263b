"""ADREVIEW: what each reader of a patient concluded, what they differed in, and how long the review took.

| PARAMCD | meaning |
| --- | --- |
| PD | progression (Y, N) and its date |
| BOR, CBOR | best response without and with confirmation |
| LASTREAD, NREADS | last evaluable scan, number of assessments read |
| ADJUD | whether the readers differ in what calls the adjudicator (ADJREAS), and whether one read (RECORDED) |
| ENDORSED | number of the reader endorsed, where there was something to settle |
| TURNARND | working days from the request of the review to the lock of its result |
"""

import polars as pl

from equipoise.derive.central_review import Review
from equipoise.derive.source import KEYS
from equipoise.terms import Assessor

__all__ = ["derive_adreview"]

_PARAMS = {
    "PD": "Disease Progression",
    "BOR": "Best Overall Response (confirmation not required)",
    "CBOR": "Best Confirmed Overall Response",
    "LASTREAD": "Last Evaluable Scan",
    "NREADS": "Assessments Read",
    "ADJUD": "Adjudication Called by the Readings",
    "ENDORSED": "Reader Endorsed",
    "TURNARND": "Turn-around of the Review (working days)",
}
_SCHEMA = {
    **dict.fromkeys([*KEYS, "ASSESSOR", "READER", "ACCPTFL", "PARAMCD", "AVALC"], pl.String),
    "AVAL": pl.Float64,
    "STARTDT": pl.Date,
    "ADT": pl.Date,
    **dict.fromkeys(["ADJREAS", "RECORDED"], pl.String),
}


def derive_adreview(adsl: pl.DataFrame, review: Review, clocks: pl.DataFrame) -> pl.DataFrame:
    """Derive the data set of reviews.

    Parameters
    ----------
    adsl
        KEYS, RANDDT.
    review
        Readings and their review.
    clocks
        KEYS, STARTDT, ADT, AVAL of each subject's review (``review_clocks.turnaround``).
    """
    readers = review.readers.with_columns(READER="NUMBER", ACCPTFL=pl.when("ACCEPTED").then(pl.lit("Y")))
    progressed = pl.when(pl.col("PDDT").is_not_null()).then(pl.lit("Y")).otherwise(pl.lit("N"))
    central = review.subjects.with_columns(ASSESSOR=pl.lit(Assessor.CENTRAL.value))
    called = pl.col("TRIGGERS").list.len() > 0
    yes_no = pl.when(called).then(pl.lit("Y")).otherwise(pl.lit("N"))
    recorded = pl.when("ADJUDICATED").then(pl.lit("Y")).otherwise(pl.lit("N"))
    endorsed = central.filter(pl.col("ENDORSED").is_not_null())
    parts = [
        _rows(readers, "PD", AVALC=progressed, ADT=pl.col("PDDT")),
        _rows(readers, "BOR", AVALC=pl.col("BOR"), ADT=pl.col("BORDT")),
        _rows(readers, "CBOR", AVALC=pl.col("CBOR"), ADT=pl.col("CBORDT")),
        _rows(readers, "LASTREAD", ADT=pl.col("LASTDT")),
        _rows(readers, "NREADS", AVAL=pl.col("NREADS")),
        _rows(central, "ADJUD", AVALC=yes_no, ADJREAS=pl.col("TRIGGERS").list.join("; "), RECORDED=recorded),
        _rows(endorsed, "ENDORSED", AVALC=pl.col("ENDORSED")),
        _rows(
            clocks.with_columns(ASSESSOR=pl.lit(Assessor.CENTRAL.value)),
            "TURNARND",
            AVAL=pl.col("AVAL"),
            STARTDT=pl.col("STARTDT"),
            ADT=pl.col("ADT"),
        ),
    ]
    table = pl.concat(parts).with_columns(pl.col("ADJREAS").replace("", None))
    table = table.join(adsl.select(*KEYS, "RANDDT"), on=KEYS, how="left", maintain_order="left")
    days = (pl.col("ADT") - pl.col("RANDDT")).dt.total_days()
    order = {code: place for place, code in enumerate(_PARAMS)}
    return (
        table.with_columns(
            PARAM=pl.col("PARAMCD").replace_strict(_PARAMS, return_dtype=pl.String),
            ADY=(days + (days >= 0).cast(pl.Int64)).cast(pl.Int32),
            ORDER=pl.col("PARAMCD").replace_strict(order, return_dtype=pl.Int32),
        )
        .sort([*KEYS, "ASSESSOR", "READER", "ORDER"], nulls_last=True)
        .select(
            *("STUDYID", "USUBJID", "ASSESSOR", "READER", "ACCPTFL", "PARAMCD", "PARAM", "AVALC", "AVAL"),
            *("STARTDT", "ADT", "ADY", "ADJREAS", "RECORDED"),
        )
    )


def _rows(table: pl.DataFrame, code: str, **columns: pl.Expr) -> pl.DataFrame:
    """Rows of one parameter with every column."""
    given = {**columns, "PARAMCD": pl.lit(code)}
    own = [c for c in table.columns if c in (*KEYS, "ASSESSOR", "READER", "ACCPTFL") and c not in given]
    return table.select(
        (given[name] if name in given else pl.col(name) if name in own else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in _SCHEMA.items()
    )
