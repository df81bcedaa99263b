"""Baseline facts at the homes that the protocol gives them: DM, its qualifiers, or a test of another domain."""

import polars as pl

from equipoise.derive.sdtm.records import BASELINE
from equipoise.derive.sdtm.source import ROW, Source
from equipoise.derive.sdtm.tables import Tables
from equipoise.protocol import BaselineField, SdtmHome

__all__ = ["add_baseline", "baseline_of_dm"]


def baseline_of_dm(source: Source) -> pl.DataFrame:
    """Columns of baseline facts that live in DM, in the order of the subjects."""
    columns: dict[str, pl.Series] = {}
    for name, field, home in _fields(source):
        if home.domain != "DM":
            continue
        value = source.per_subject(_facts(source, name, home), "text")["text"]
        columns[home.variable or name.upper()] = (
            value.cast(pl.Float64) if field.type in ("integer", "number") else value
        )
        if home.variable == "AGE":
            unit = (field.unit or "years").upper()
            columns["AGEU"] = pl.select(pl.when(value.is_not_null()).then(pl.lit(unit))).to_series()
    return pl.DataFrame(columns)


def add_baseline(tables: Tables) -> None:
    """Add baseline facts that live elsewhere: as supplemental qualifiers, or as rows of visit BASELINE."""
    source = tables.source
    for name, field, home in _fields(source):
        if home.domain == "DM" or not tables.wants(home.domain):
            continue
        facts = _facts(source, name, home)
        if home.domain.startswith("SUPP"):
            rows = facts.select(ROW, QVAL="text")
            tables.qualify(home.domain[4:], (rows, home.qnam or name.upper()[:8], field.label or name))
        else:
            tables.add(home.domain, _test(facts, field, home))


def _fields(source: Source) -> list[tuple[str, BaselineField, SdtmHome]]:
    columns = source.frame("baseline_recorded").columns
    return [
        (name, field, field.sdtm)
        for name, field in source.protocol.baseline.items()
        if field.sdtm is not None and field.derive is None and f"{BASELINE}{name}" in columns
    ]


def _facts(source: Source, name: str, home: SdtmHome) -> pl.DataFrame:
    """Last value of a field of each subject as ``text``, the way the data would have it, and its ``date``."""
    column = pl.col(f"{BASELINE}{name}")
    said = source.frame("baseline_recorded").filter(column.is_not_null()).unique(ROW, keep="last", maintain_order=True)
    shown = {"true": "Y", "false": "N"}
    for seen, meant in reversed(home.values.items()):
        shown[str(meant).lower() if isinstance(meant, bool) else str(meant)] = str(seen)
    return said.select(ROW, "date", text=column.replace(shown))


def _test(facts: pl.DataFrame, field: BaselineField, home: SdtmHome) -> pl.DataFrame:
    code = home.domain[:2]
    text = pl.col("text")
    columns = {name: pl.lit(accepted[0]) for name, accepted in home.where.items() if accepted}
    if home.testcd:
        columns |= {
            f"{code}TESTCD": pl.lit(home.testcd),
            f"{code}TEST": pl.lit(field.label or home.testcd),
            f"{code}ORRES": text,
            f"{code}STRESC": text,
            f"{code}STRESU": pl.lit(field.unit, pl.String),
            f"{code}STRESN": text.cast(pl.Float64, strict=False),
        }
    if home.variable:
        columns[home.variable] = text
    columns |= {"VISIT": pl.lit("BASELINE"), "VISITNUM": pl.lit(0.0), f"{code}DTC": pl.col("date")}
    return facts.select(ROW, **columns)
