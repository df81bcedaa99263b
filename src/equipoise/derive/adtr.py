"""ADTR: sums and responses of every reader at every assessment, recomputed where there are lesions.

| PARAMCD | meaning |
| --- | --- |
| SUMDIAM | sum of diameters of the target lesions, in mm |
| TRGRESP, NTRGRESP, NEWLRESP | response of target lesions, of non-target lesions, new lesions |
| OVRLRESP | overall response |
"""

import polars as pl

from equipoise.derive.source import KEYS
from equipoise.derive.tumors import SERIES, Tumors

__all__ = ["derive_adtr"]

_PARAMS = {
    "SUMDIAM": "Sum of Diameters (mm)",
    "TRGRESP": "Target Response",
    "NTRGRESP": "Non-target Response",
    "NEWLRESP": "New Lesion Response",
    "OVRLRESP": "Overall Response",
}
_COMPONENTS = {"TRGRESP": "TARGET", "NTRGRESP": "NONTARGET", "NEWLRESP": "NEWLESION", "OVRLRESP": "OVERALL"}
_NUMBERS = ["AVAL", "BASE", "CHG", "PCHG", "NADIR", "PCHGNAD"]
_TEXTS = ["AVALC", "ABLFL", "RECORDED"]
_COLUMNS = [
    *("STUDYID", "USUBJID", "ASSESSOR", "READER", "ACCPTFL", "PARAMCD", "PARAM", "ADT", "ADTF", "ADY", "AVISIT"),
    *("AVISITN", "AVAL", "AVALC", "BASE", "CHG", "PCHG", "NADIR", "PCHGNAD", "ABLFL", "ANL01FL", "RECORDED"),
    *("SRCDOM", "SRCSEQ"),
]


def derive_adtr(adsl: pl.DataFrame, read: Tumors, readers: pl.DataFrame) -> pl.DataFrame:
    """Derive the data set of tumor measurements.

    Parameters
    ----------
    adsl
        KEYS, RANDDT.
    read
        Readings of every reader.
    readers
        ``central_review.Review.readers``.
    """
    flag = pl.when(pl.col("PARTIAL").str.len_chars() >= 7).then(pl.lit("D")).otherwise(pl.lit("M"))
    visits = read.visits.with_columns(
        ADTF=pl.when(~pl.col("EXACT")).then(flag), ANL01FL=pl.when("COUNTS").then(pl.lit("Y"))
    )
    parts = [_sums(visits), *(_responses(visits, code, column) for code, column in _COMPONENTS.items())]
    parts.append(_baseline(readers))
    table = pl.concat(parts)
    who = readers.select(*SERIES, "ASSESSOR", "NUMBER", ACCPTFL=pl.when("ACCEPTED").then(pl.lit("Y")))
    table = table.join(who, on=SERIES, how="inner", maintain_order="left")
    table = table.join(adsl.select(*KEYS, "RANDDT"), on=KEYS, how="left", maintain_order="left")
    days = (pl.col("ADT") - pl.col("RANDDT")).dt.total_days()
    order = {code: place for place, code in enumerate(_PARAMS)}
    return (
        table.with_columns(
            READER="NUMBER",
            PARAM=pl.col("PARAMCD").replace_strict(_PARAMS, return_dtype=pl.String),
            ADY=(days + (days >= 0).cast(pl.Int64)).cast(pl.Int32),
            ORDER=pl.col("PARAMCD").replace_strict(order, return_dtype=pl.Int32),
        )
        .sort([*KEYS, "ASSESSOR", "READER", "ORDER", "ADT", "AVISITN", "SRCSEQ"], nulls_last=True)
        .select(_COLUMNS)
    )


_SHARED = [*SERIES, "ADT", "ADTF", "AVISIT", "ANL01FL", "SRCDOM", "SRCSEQ"]


def _shape(table: pl.DataFrame, code: str, **columns: pl.Expr) -> pl.DataFrame:
    """Rows of one parameter with every column."""
    missing = {
        **{name: pl.lit(None, dtype=pl.Float64) for name in _NUMBERS},
        **{name: pl.lit(None, dtype=pl.String) for name in _TEXTS},
    }
    return table.select(*_SHARED, AVISITN=pl.col("NUMBER"), PARAMCD=pl.lit(code), **{**missing, **columns})


def _sums(visits: pl.DataFrame) -> pl.DataFrame:
    rows = visits.filter(pl.col("MEASURED").is_not_null())
    change = pl.col("SUM") - pl.col("BASE")
    return _shape(
        rows,
        "SUMDIAM",
        AVAL=pl.col("SUM"),
        BASE=pl.col("BASE"),
        CHG=change.round(2),
        PCHG=pl.col("CHANGE"),
        NADIR=pl.col("NADIR"),
        PCHGNAD=pl.col("NADIRCHANGE"),
    )


def _responses(visits: pl.DataFrame, code: str, column: str) -> pl.DataFrame:
    rows = visits.filter(pl.col(column).is_not_null() | pl.col(f"READ_{column}").is_not_null())
    value = pl.col("WORD") if column == "OVERALL" else pl.col(column)
    return _shape(rows, code, AVALC=value, RECORDED=pl.col(f"READ_{column}"))


def _baseline(readers: pl.DataFrame) -> pl.DataFrame:
    """The sum at baseline, where there are target lesions."""
    rows = readers.filter(pl.col("BASE").is_not_null() & pl.col("BASEDATE").is_not_null())
    rows = rows.with_columns(
        ADT="BASEDATE",
        AVISIT=pl.lit("Baseline"),
        NUMBER=pl.lit(0, dtype=pl.Int32),
        SRCDOM=pl.lit("TR"),
        SRCSEQ=pl.lit(None, dtype=pl.Int64),
        **{c: pl.lit(None, dtype=pl.String) for c in ("ADTF", "ANL01FL")},
    )
    base = pl.col("BASE")
    return _shape(rows, "SUMDIAM", AVAL=base, BASE=base, ABLFL=pl.lit("Y"))
