"""ADDV: protocol deviations with the arm of the subject."""

import polars as pl

from equipoise.derive.imputation import complete_date
from equipoise.derive.source import KEYS, Source

__all__ = ["derive_addv"]


def derive_addv(source: Source, adsl: pl.DataFrame) -> pl.DataFrame:
    """Derive the data set of deviations: one row per deviation of DV."""
    rows = source.rows("DV", columns=["DVTERM", "DVDECOD", "DVCAT", "DVSTDTC"])
    rows = rows.join(adsl.select(*KEYS, "ARMID", "AARMID"), on=KEYS, how="inner", maintain_order="left")
    return rows.select(
        *KEYS,
        "ARMID",
        "AARMID",
        DVSEQ=pl.col("DVSEQ").cast(pl.Int64, strict=False),
        DVTERM="DVTERM",
        DVDECOD="DVDECOD",
        DVCAT="DVCAT",
        ASTDT=complete_date(pl.col("DVSTDTC")),
    )
