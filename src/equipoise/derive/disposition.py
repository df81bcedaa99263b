"""When and why treatment and study ended, and why subjects were not randomized."""

import polars as pl

from equipoise.derive.imputation import add_imputed
from equipoise.derive.source import KEYS, Source, domain_code
from equipoise.protocol import TherapySource

__all__ = ["PROGRESSION_TERMS", "not_randomized_reason", "stops"]

PROGRESSION_TERMS = (
    "PROGRESSIVE DISEASE",
    "DISEASE PROGRESSION",
    "DISEASE RELAPSE",
    "PROGRESSION OF DISEASE",
    "PROGRESSIVE DISEASE (PD)",
)
"""DSDECOD values that mean progression."""

_STUDY = TherapySource(
    domain="DS", date="DSSTDTC", where={"DSCAT": ("DISPOSITION EVENT",), "DSSCAT": ("STUDY PARTICIPATION",)}
)
_TREATMENT = TherapySource(
    domain="DS", date="DSSTDTC", where={"DSCAT": ("DISPOSITION EVENT",), "DSSCAT": ("STUDY TREATMENT",)}
)


def stops(source: Source, what: str, deaths: pl.DataFrame) -> pl.DataFrame:
    """End of ``treatment`` or ``study`` per subject: KEYS, DATE, TERM (DSDECOD) of the last record.

    Homes unless the protocol names others: disposition events in DS of the subcategory STUDY TREATMENT or STUDY
    PARTICIPATION.
    """
    declared = source.protocol.data.treatment_stop if what == "treatment" else source.protocol.data.study_stop
    place = declared or (_TREATMENT if what == "treatment" else _STUDY)
    if not source.has(place.domain, place.date, *place.where):
        return pl.DataFrame(schema={**dict.fromkeys(KEYS, pl.String), "DATE": pl.Date, "TERM": pl.String})
    code = domain_code(place.domain)
    rows = source.rows(place.domain, place.where, [place.date, f"{code}DECOD", f"{code}TERM"])
    rows = rows.join(deaths.select(*KEYS, "DTHDT"), on=KEYS, how="left", maintain_order="left")
    limit = pl.min_horizontal(pl.col("DTHDT"), pl.lit(source.cutoff, dtype=pl.Date))
    rows = add_imputed(rows, place.date, "stop", date="DATE", not_after=limit)
    rows = rows.with_columns(TERM=pl.coalesce(f"{code}DECOD", f"{code}TERM"))
    last = rows.sort([*KEYS, "DATE"], nulls_last=False, maintain_order=True).unique(
        KEYS, keep="last", maintain_order=True
    )
    return last.select(*KEYS, "DATE", "TERM")


def not_randomized_reason(source: Source) -> pl.DataFrame:
    """Why subjects were not randomized: KEYS, REASON.

    The first eligibility criterion not met in IE, else the disposition event in DS, else ARMNRS in DM.
    """
    parts: list[pl.DataFrame] = []
    if source.has("IE", "IETEST"):
        rows = source.rows("IE", columns=["IETEST"]).filter(pl.col("IETEST").is_not_null())
        parts.append(rows.unique(KEYS, keep="first", maintain_order=True).select(*KEYS, REASON="IETEST"))
    if source.has("DS", "DSDECOD", "DSCAT"):
        rows = source.rows("DS", {"DSCAT": ["DISPOSITION EVENT"]}, ["DSDECOD"])
        parts.append(rows.unique(KEYS, keep="first", maintain_order=True).select(*KEYS, REASON="DSDECOD"))
    if source.has("DM", "ARMNRS"):
        parts.append(source.rows("DM").select(*KEYS, REASON="ARMNRS").filter(pl.col("REASON").is_not_null()))
    if not parts:
        return pl.DataFrame(schema={**dict.fromkeys(KEYS, pl.String), "REASON": pl.String})
    return pl.concat(parts).unique(KEYS, keep="first", maintain_order=True)
