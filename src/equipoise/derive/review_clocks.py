"""The clock of central review, and which version of a reading counts.

Supplemental qualifiers of RS, TR and TU carry what SDTM has no variable for: REQDTC (day on which the review was
requested), LOCKDTC (day on which the reading was locked) and VERSION (1, 2, ... of a reading of one visit).
"""

from collections.abc import Mapping

import polars as pl

from equipoise.cdisc import Finding
from equipoise.criteria import working_days_between
from equipoise.derive.imputation import complete_date
from equipoise.derive.readings import ASSESSORS
from equipoise.derive.source import KEYS, Source, domain_code
from equipoise.terms import Assessor

__all__ = ["latest_versions", "turnaround"]

_QUALIFIERS = ("VERSION", "LOCKDTC", "REQDTC")


def turnaround(source: Source) -> pl.DataFrame:
    """Request and lock of each subject's first requested central review: KEYS, STARTDT, ADT, AVAL (working days).

    The result is locked when the last reading of that request is: readers and adjudicator.
    """
    parts = []
    for name in sorted(source.data):
        if name[:2] == "RS" and len(name) <= 3:
            frame = qualified(source.data, name)
            if {"REQDTC", "LOCKDTC", "RSEVAL"} <= set(frame.columns):
                central = pl.col("RSEVAL").cast(pl.String) == ASSESSORS[Assessor.CENTRAL]
                parts.append(frame.filter(central).select(*KEYS, "REQDTC", "LOCKDTC"))
    schema = {**dict.fromkeys(KEYS, pl.String), "STARTDT": pl.Date, "ADT": pl.Date, "AVAL": pl.Float64}
    if not parts:
        return pl.DataFrame(schema=schema)
    rows = pl.concat(parts).select(
        *KEYS, STARTDT=complete_date(pl.col("REQDTC")), LOCK=complete_date(pl.col("LOCKDTC"))
    )
    rows = rows.filter(pl.col("STARTDT").is_not_null() & (pl.col("LOCK") >= pl.col("STARTDT")))
    rows = rows.filter(pl.col("STARTDT") == pl.col("STARTDT").min().over(KEYS))
    table = rows.group_by([*KEYS, "STARTDT"]).agg(ADT=pl.col("LOCK").max()).sort(KEYS)
    days = working_days_between(
        table["STARTDT"].to_physical().cast(pl.Int64).to_numpy(), table["ADT"].to_physical().cast(pl.Int64).to_numpy()
    )
    return table.with_columns(AVAL=pl.Series(days).cast(pl.Float64)).select(*schema)


def qualified(data: Mapping[str, pl.DataFrame], name: str) -> pl.DataFrame:
    """A data set with the qualifiers of this module as variables, where its SUPP-- holds any."""
    frame, supp = data[name], data.get(f"SUPP{name}")
    sequence = f"{domain_code(name)}SEQ"
    if supp is None or not {"QNAM", "QVAL", "IDVARVAL"} <= set(supp.columns) or sequence not in frame.columns:
        return frame
    rows = supp.filter(pl.col("QNAM").is_in(_QUALIFIERS)).select(
        *KEYS,
        pl.col("QNAM"),
        pl.col("QVAL").cast(pl.String),
        pl.col("IDVARVAL").cast(pl.String).cast(pl.Float64, strict=False).cast(pl.Int64, strict=False).alias("_SEQ"),
    )
    frame = frame.with_columns(_SEQ=pl.col(sequence).cast(pl.Int64, strict=False))
    for qualifier in _QUALIFIERS:
        values = rows.filter(pl.col("QNAM") == qualifier).sort([*KEYS, "_SEQ", "QVAL"])
        if values.height and qualifier not in frame.columns:
            values = values.unique([*KEYS, "_SEQ"], keep="last", maintain_order=True)
            values = values.select(*KEYS, "_SEQ", pl.col("QVAL").alias(qualifier))
            frame = frame.join(values, on=[*KEYS, "_SEQ"], how="left", maintain_order="left")
    return frame.drop("_SEQ")


def latest_versions(data: Mapping[str, pl.DataFrame]) -> tuple[dict[str, pl.DataFrame], list[Finding]]:
    """Keep the latest locked version of every answer of a reader at a visit.

    An answer given again bears a higher VERSION. Without a version a second lock of the same answer is a reading after
    the lock: the first one counts.
    """
    kept, findings = dict(data), list[Finding]()
    for name in sorted(data):
        if name[:2] in ("RS", "TR", "TU") and len(name) <= 3:
            frame = qualified(data, name)
            if {"VERSION", "LOCKDTC"} & set(frame.columns) - set(data[name].columns):
                kept[name], found = _latest(name, frame, data[name].columns)
                findings += found
    return kept, findings


def _latest(name: str, frame: pl.DataFrame, columns: list[str]) -> tuple[pl.DataFrame, list[Finding]]:
    code = domain_code(name)
    names = [f"{code}{s}" for s in ("EVAL", "EVALID", "TESTCD", "LNKID")] + ["VISITNUM", "VISIT"]
    key = [*KEYS, *(c for c in names if c in frame.columns)]
    if not {"VISITNUM", "VISIT"} & set(key):
        key.append(f"{code}DTC")
    missing = [pl.lit(None, dtype=pl.String).alias(c) for c in ("VERSION", "LOCKDTC") if c not in frame.columns]
    frame = frame.with_columns(missing).with_columns(
        _V=pl.col("VERSION").cast(pl.Float64, strict=False), _L=pl.col("LOCKDTC")
    )
    order = [*key, "_V", "_L", f"{code}SEQ"]
    frame = frame.sort([c for c in order if c in frame.columns], nulls_last=True)
    versions, locks = pl.col("_V").drop_nulls().n_unique().over(key), pl.col("_L").drop_nulls().n_unique().over(key)
    versioned, again = versions > 1, (versions <= 1) & (locks > 1)
    frame = frame.with_columns(
        _OLD=versioned & (pl.col("_V") < pl.col("_V").max().over(key)).fill_null(True),
        _LATE=again & (pl.col("_L") > pl.col("_L").min().over(key)).fill_null(False),
    )
    result = f"{code}STRESC" if f"{code}STRESC" in frame.columns else f"{code}ORRES"
    final = pl.col(result).cast(pl.String).filter(~pl.col("_OLD") & ~pl.col("_LATE")).last().over(key)
    aside = frame.with_columns(_NOW=final).filter(pl.col("_OLD") | pl.col("_LATE"))
    findings = [_superseded(name, code, result, row) for row in aside.iter_rows(named=True)]
    return frame.filter(~pl.col("_OLD") & ~pl.col("_LATE")).select(columns), findings


def _superseded(name: str, code: str, result: str, row: dict[str, object]) -> Finding:
    late = bool(row["_LATE"])
    parts = {
        "USUBJID": row["USUBJID"],
        "reader": row.get(f"{code}EVALID") or row.get(f"{code}EVAL"),
        "visit": row.get("VISIT") or row.get("VISITNUM"),
        "lesion": row.get(f"{code}LNKID"),
        f"{code}SEQ": row.get(f"{code}SEQ"),
    }
    when = f"locked {row['LOCKDTC']}" if row["LOCKDTC"] else "not locked"
    version = f"version {row['VERSION']}, " if row["VERSION"] else ""
    return Finding(
        severity="error" if late else "warning",
        code="read-after-lock" if late else "reading-superseded",
        dataset=name,
        row_key=", ".join(f"{k}={v}" for k, v in parts.items() if v is not None),
        variable=result,
        seen=f"{row[result]} ({version}{when})",
        expected="a new version, with its reason, of a locked reading"
        if late
        else f"the latest locked version: {row['_NOW']}",
        effect=f"not used: the first locked reading counts, {row['_NOW']}"
        if late
        else f"the latest version counts: {row['_NOW']}",
        subject=str(row["USUBJID"]),
    )
