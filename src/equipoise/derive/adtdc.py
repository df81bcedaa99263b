"""ADTDC: dated measurements that may make a patient cross over, for survival had nobody crossed over.

Every measurement that an analysis names under ``crossover_adjustment.time_varying``, of every randomized subject. A
record without a complete date or without a number is left out; of several on one day the last by sequence counts.
"""

import polars as pl

from equipoise.cdisc import ADAM
from equipoise.derive.baseline import home_variable
from equipoise.derive.imputation import complete_date
from equipoise.derive.source import KEYS, Source, domain_code
from equipoise.protocol import TimeVarying

__all__ = ["derive_adtdc"]


def derive_adtdc(source: Source, adsl: pl.DataFrame) -> pl.DataFrame | None:
    """Derive the data set; None where no analysis names a measurement that the data hold."""
    wanted: dict[str, TimeVarying] = {}
    for analysis in source.protocol.analyses.values():
        if analysis.crossover_adjustment is not None:
            wanted |= analysis.crossover_adjustment.time_varying
    parts = [
        _rows(source, name, item)
        for name, item in sorted(wanted.items())
        if source.has(item.sdtm.domain, f"{domain_code(item.sdtm.domain)}TESTCD")
    ]
    if not parts:
        return None
    people = adsl.filter((pl.col("RANDFL") == "Y") & pl.col("RANDDT").is_not_null()).select(*KEYS, "RANDDT")
    days = (pl.col("ADT") - pl.col("RANDDT")).dt.total_days()
    rows = pl.concat(parts).join(people, on=KEYS, how="inner", maintain_order="left")
    rows = rows.with_columns(ADY=(days + (days >= 0).cast(pl.Int64)).cast(pl.Int32))
    return rows.sort(*KEYS, "PARAMCD", "ADT").select(v.name for v in ADAM["ADTDC"].variables)


def _rows(source: Source, name: str, item: TimeVarying) -> pl.DataFrame:
    """Numbers of one measurement by subject and day."""
    home = item.sdtm
    code = domain_code(home.domain)
    variable = home_variable(home, source)
    where = {**home.where, f"{code}TESTCD": (home.testcd or "",)}
    rows = source.rows(home.domain, where, [variable, f"{code}DTC"])
    text = pl.col(variable).cast(pl.String).str.strip_chars()
    mapping = {str(key): str(value) for key, value in home.values.items()}
    number = (text.replace(mapping) if mapping else text).cast(pl.Float64, strict=False)
    sequence = [c for c in rows.columns if c == f"{code}SEQ"]
    found = rows.select(
        *KEYS,
        *sequence,
        PARAMCD=pl.lit(name.replace("_", "").upper()[:8]),
        PARAM=pl.lit(item.label or name.replace("_", " ")),
        ADT=complete_date(pl.col(f"{code}DTC")),
        AVAL=pl.when(number.is_finite()).then(number),
    ).filter(pl.col("ADT").is_not_null() & pl.col("AVAL").is_not_null())
    found = found.sort(*KEYS, "ADT", *sequence, "AVAL", nulls_last=True)
    return found.unique([*KEYS, "ADT"], keep="last", maintain_order=True).drop(sequence)
