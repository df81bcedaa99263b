"""Baseline fields: read from their SDTM homes, or computed from other fields.

A field with a test code is the last value on or before the first dose, else before randomization where there is no
dose. Values that do not fit the field's type or levels are findings and stay missing.
"""

from typing import Any

import polars as pl

from equipoise.cdisc import Finding
from equipoise.derive.imputation import complete_date
from equipoise.derive.source import KEYS, Source, domain_code
from equipoise.derive.units import conversion, converted
from equipoise.protocol import BaselineField, SdtmHome, parse_expression
from equipoise.protocol.expressions import column

__all__ = ["DTYPES", "add_baseline", "home_values"]

DTYPES: dict[str, Any] = {
    "category": pl.String,
    "text": pl.String,
    "boolean": pl.Boolean,
    "integer": pl.Float64,
    "number": pl.Float64,
    "date": pl.Date,
}
_TRUE = ("Y", "YES", "TRUE", "1", "1.0", "T")
_FALSE = ("N", "NO", "FALSE", "0", "0.0", "F")


def add_baseline(source: Source, facts: pl.DataFrame) -> tuple[pl.DataFrame, list[Finding]]:
    """Add a column per baseline field to ``facts`` (KEYS and the built-in facts), named as in the protocol."""
    findings: list[Finding] = []
    fields = source.protocol.baseline
    for name, field in fields.items():
        if field.sdtm is not None and field.derive is None:
            values, found = _read(source, facts, name, field, field.sdtm)
            facts = facts.join(values, on=KEYS, how="left", maintain_order="left")
            findings += found
        elif field.derive is None:
            facts = facts.with_columns(pl.lit(None, dtype=DTYPES[field.type]).alias(name))
    waiting = {name: parse_expression(source.protocol, f.derive) for name, f in fields.items() if f.derive is not None}
    while waiting:
        ready = [name for name, expression in waiting.items() if set(expression.fields) <= set(facts.columns)]
        if not ready:
            raise ValueError(f"baseline fields {sorted(waiting)} are computed from each other")
        facts = facts.with_columns(column(waiting[name]).cast(DTYPES[fields[name].type]).alias(name) for name in ready)
        for name in ready:
            del waiting[name]
    return facts, findings


def home_values(source: Source, home: SdtmHome, facts: pl.DataFrame | None = None) -> pl.DataFrame:
    """Values at a home as KEYS, RAW (text) and UNIT: one per subject, the last in time where there are several.

    UNIT is AGEU for AGE and --STRESU or --ORRESU beside a result of a findings domain, null elsewhere.

    ``facts`` (KEYS, FIRST_DAY: first dose, else randomization) limits a test of a findings domain to values on or
    before that day.
    """
    code = domain_code(home.domain)
    where = dict(home.where)
    if home.testcd:
        where[f"{code}TESTCD"] = (home.testcd,)
    if home.qnam:
        where["QNAM"] = (home.qnam,)
    variable = home_variable(home, source)
    dates = [d for d in (f"{code}DTC", f"{code}STDTC") if d in source.data[home.domain].columns and d != variable]
    unit = _unit_variable(source, home, variable)
    read = [variable, *dates, *([unit] if unit else [])]
    rows = source.rows(home.domain, where, read).filter(pl.col(variable).is_not_null())
    rows = rows.with_columns(
        RAW=_text(pl.col(variable), rows.schema[variable]),
        UNIT=pl.col(unit).cast(pl.String).str.strip_chars() if unit else pl.lit(None, dtype=pl.String),
    )
    sequence = [c for c in rows.columns if c.endswith("SEQ")]
    if home.testcd and dates and facts is not None:
        rows = rows.with_columns(DAY=complete_date(pl.col(dates[0]))).join(facts, on=KEYS, how="inner")
        rows = rows.filter(pl.col("DAY") <= pl.col("FIRST_DAY")).sort([*KEYS, "DAY", *dates[:1], *sequence, "RAW"])
        return rows.unique(KEYS, keep="last", maintain_order=True).select(*KEYS, "RAW", "UNIT")
    return (
        rows.sort([*KEYS, *sequence, "RAW"], nulls_last=True)
        .unique(KEYS, keep="first", maintain_order=True)
        .select(*KEYS, "RAW", "UNIT")
    )


def _unit_variable(source: Source, home: SdtmHome, variable: str) -> str | None:
    """Variable with the unit of a value, where the data have one."""
    code = domain_code(home.domain)
    beside = {
        "AGE": "AGEU",
        f"{code}STRESN": f"{code}STRESU",
        f"{code}STRESC": f"{code}STRESU",
        f"{code}ORRES": f"{code}ORRESU",
    }
    unit = beside.get(variable)
    return unit if unit and source.has(home.domain, unit) else None


def home_variable(home: SdtmHome, source: Source) -> str:
    """Variable that holds the value of a home."""
    if home.variable:
        return home.variable
    if home.qnam:
        return "QVAL"
    code = domain_code(home.domain)
    return next(
        (v for v in (f"{code}STRESN", f"{code}STRESC", f"{code}ORRES") if source.has(home.domain, v)), f"{code}ORRES"
    )


def _text(value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """Values as text; whole numbers without a decimal point, so that 1.0 and 1 are one value."""
    if not dtype.is_float():
        return value.cast(pl.String)
    return (
        pl.when(value == value.round())
        .then(value.cast(pl.Int64, strict=False).cast(pl.String))
        .otherwise(value.cast(pl.String))
    )


def _read(
    source: Source, facts: pl.DataFrame, name: str, field: BaselineField, home: SdtmHome
) -> tuple[pl.DataFrame, list[Finding]]:
    if home.testcd and home.variable is None and field.type in ("category", "text", "boolean"):
        code = domain_code(home.domain)
        home = home.model_copy(update={"variable": f"{code}STRESC"})
    day = facts.select(*KEYS, FIRST_DAY=pl.coalesce("first_dose", "randomization"))
    values = home_values(source, home, day)
    mapping = {str(k): _plain(v) for k, v in home.values.items()}
    values = values.with_columns(VALUE=pl.col("RAW").replace(mapping) if mapping else pl.col("RAW"))
    values = values.with_columns(_typed(field).alias(name))
    lost = values.filter(pl.col(name).is_null()).join(facts.select(KEYS), on=KEYS, how="semi").sort(KEYS)
    findings = [
        Finding(
            severity="error",
            code="value-not-allowed",
            dataset=home.domain,
            row_key=f"USUBJID={row['USUBJID']}",
            variable=home_variable(home, source),
            seen=row["RAW"],
            expected=_expected(field),
            effect=f"{name} is missing for the subject",
            subject=row["USUBJID"],
        )
        for row in lost.iter_rows(named=True)
    ]
    if field.unit and field.type in ("integer", "number"):
        values, found = _in_unit(source, values.join(facts.select(KEYS), on=KEYS, how="semi"), name, field, home)
        findings += found
    return values.select(*KEYS, name), findings


def _in_unit(
    source: Source, values: pl.DataFrame, name: str, field: BaselineField, home: SdtmHome
) -> tuple[pl.DataFrame, list[Finding]]:
    """Numbers in the unit of the field; each value in another unit is a finding."""
    wanted = field.unit or ""
    seen = values["UNIT"].drop_nulls().unique().sort().to_list()
    foreign = {unit: conversion(unit, wanted) for unit in seen if conversion(unit, wanted) != (1.0, 0.0)}
    values = values.with_columns(_NEW=converted(pl.col(name), pl.col("UNIT"), seen, wanted))
    rows = values.filter(pl.col("UNIT").is_in(list(foreign)), pl.col(name).is_not_null()).sort(KEYS)
    findings = [
        Finding(
            severity="error" if foreign[row["UNIT"]] is None else "warning",
            code="unit-unknown" if foreign[row["UNIT"]] is None else "unit-converted",
            dataset=home.domain,
            row_key=f"USUBJID={row['USUBJID']}",
            variable=_unit_variable(source, home, home_variable(home, source)) or "",
            seen=f"{row['RAW']} {row['UNIT']}",
            expected=f"a value in {wanted}",
            effect=f"{name} is missing for the subject"
            if foreign[row["UNIT"]] is None
            else f"{name} is {row['_NEW']:.6g} {wanted}",
            subject=row["USUBJID"],
        )
        for row in rows.iter_rows(named=True)
    ]
    return values.with_columns(pl.col("_NEW").alias(name)), findings


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _typed(field: BaselineField) -> pl.Expr:
    value = pl.col("VALUE")
    match field.type:
        case "category":
            return pl.when(value.is_in(list(field.levels))).then(value)
        case "boolean":
            upper = value.str.to_uppercase()
            return pl.when(upper.is_in(_TRUE)).then(True).when(upper.is_in(_FALSE)).then(False)
        case "integer" | "number":
            number = value.cast(pl.Float64, strict=False)
            return pl.when(number.is_finite()).then(number)
        case "date":
            return complete_date(value)
        case _:
            return value


def _expected(field: BaselineField) -> str:
    words = {"boolean": "Y or N", "integer": "a number", "number": "a number", "date": "a complete date"}
    return words.get(field.type, f"one of {', '.join(field.levels)}")
