"""EX: periods at one dose, blinded and open."""

import polars as pl

from equipoise.derive.sdtm.source import ROW, Source
from equipoise.derive.sdtm.tables import Tables

__all__ = ["BLINDED_TREATMENT", "add_exposure"]

BLINDED_TREATMENT = "STUDY TREATMENT"
"""EXTRT of every dose in blinded data."""


def add_exposure(tables: Tables) -> None:
    """Add EX: of each subject the assigned treatment, then the open one."""
    source, protocol = tables.source, tables.protocol
    names = {
        arm: declared.treatments[0] if declared.treatments else arm.upper() for arm, declared in protocol.arms.items()
    }
    _add(tables, "dose_recorded", _assigned(source, names), "TREATMENT")
    crossover = protocol.crossover
    later = _assigned(source, names) if crossover is None else pl.lit(names[crossover.to_arm])
    _add(tables, "open_label_dose_recorded", later, "OPEN-LABEL TREATMENT")


def _assigned(source: Source, names: dict[str, str]) -> pl.Expr:
    if source.blinded:
        return pl.lit(BLINDED_TREATMENT)
    arm = pl.col("arm").replace_strict(names, default=None, return_dtype=pl.String)
    return arm.fill_null(BLINDED_TREATMENT)


def _add(tables: Tables, kind: str, treatment: pl.Expr, epoch: str) -> None:
    doses = tables.source.frame(kind).sort(ROW, "start", maintain_order=True)
    if not tables.source.blinded:
        doses = doses.with_columns(arm=tables.source.subjects["arm"].gather(doses[ROW]))
    block = doses.select(
        ROW,
        EXTRT=treatment,
        EXDOSE=pl.col("amount").cast(pl.Float64),
        EXDOSU=pl.col("unit"),
        EXADJ=pl.col("why"),
        EPOCH=pl.lit(epoch),
        EXSTDTC=pl.col("start"),
        EXENDTC=pl.col("end"),
    )
    tables.add("EX", block)
