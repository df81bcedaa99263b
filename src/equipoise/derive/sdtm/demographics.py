"""DM and SUPPDM: one row for each subject who was screened."""

import polars as pl

from equipoise.derive.sdtm.baseline import baseline_of_dm
from equipoise.derive.sdtm.records import FACTORS
from equipoise.derive.sdtm.source import ROW, Source
from equipoise.derive.sdtm.tables import Tables
from equipoise.protocol import SdtmHome

__all__ = ["add_demographics", "add_strata"]


def add_demographics(tables: Tables) -> None:
    """Add DM; without arms the data are blinded."""
    source = tables.source
    doses = source.frame("dose_recorded").filter(pl.col("amount").cast(pl.Float64) > 0)
    treated = doses.group_by(ROW).agg(first=pl.col("start").min(), last=pl.coalesce("end", "start").max())
    agreed = source.frame("consented").filter(pl.col("form") == "study").group_by(ROW).agg(consent=pl.col("date").min())
    dates = pl.concat(
        [
            source.per_subject(treated, "first", "last"),
            source.per_subject(agreed, "consent"),
            source.per_subject(source.first("randomized"), "date").rename({"date": "allocated"}),
            source.per_subject(source.last("study_ended"), "date").rename({"date": "ended"}),
            source.per_subject(source.last("death_recorded"), "date").rename({"date": "died"}),
            source.per_subject(source.first("screen_failed"), "date").rename({"date": "failed"}),
        ],
        how="horizontal",
    )
    rows = pl.concat([source.subjects, dates], how="horizontal")
    died = (
        source.per_subject(source.last("death_recorded"), "record")["record"].is_not_null()
        | dates["died"].is_not_null()
    )
    rows = rows.with_columns(
        RFSTDTC=pl.coalesce("first", "allocated"),
        RFXSTDTC="first",
        RFXENDTC="last",
        RFICDTC="consent",
        RFPENDTC="ended",
        DTHDTC="died",
        DTHFL=pl.when(died).then(pl.lit("Y")),
    )
    rows = _with_arms(source, rows)
    kept = [name for name in rows.columns if name == ROW or name.isupper()]
    listed = rows.select(kept).drop("TRIAL", "PATIENT", "STUDYID", "USUBJID")
    tables.add("DM", pl.concat([listed, baseline_of_dm(source)], how="horizontal"))


def _with_arms(source: Source, rows: pl.DataFrame) -> pl.DataFrame:
    declared = source.protocol.arms
    codes = {name: arm.sdtm[0] if arm.sdtm else name.upper() for name, arm in declared.items()}
    labels = {name: arm.label for name, arm in declared.items()}
    arm = pl.lit(None, pl.String) if source.blinded else pl.col("arm")
    allocated, failed = pl.col("allocated").is_not_null(), pl.col("failed").is_not_null()
    code, label = (
        pl.when(allocated)
        .then(arm.replace_strict(names, default=None, return_dtype=pl.String))
        .when(failed)
        .then(pl.lit(of_failures))
        .otherwise(pl.lit(of_others))
        for names, of_failures, of_others in (
            (codes, "SCRNFAIL", "NOTASSGN"),
            (labels, "Screen Failure", "Not Assigned"),
        )
    )
    return rows.with_columns(ARMCD=code, ARM=label, ACTARMCD=code, ACTARM=label)


def add_strata(tables: Tables) -> None:
    """Add the levels of the factors at randomization, at the homes that the protocol gives them."""
    allocated = tables.source.first("randomized")
    for name, stratum in tables.protocol.randomization.strata_items().items():
        home, column = stratum.sdtm, f"{FACTORS}{name}"
        if home is None or not home.domain.startswith("SUPP") or column not in allocated.columns:
            continue
        level = _level(home, pl.col(column), allocated[column].drop_nulls().unique().to_list())
        rows = allocated.filter(pl.col(column).is_not_null()).select(ROW, QVAL=level)
        tables.qualify(home.domain[4:], (rows, home.qnam or name.upper()[:8], stratum.label or name))


def _level(home: SdtmHome, level: pl.Expr, levels: list[str]) -> pl.Expr:
    """Level as the data would have it: the first value that means it, where the home names any."""
    shown: dict[str, str] = {}
    for each in levels:
        named = (str(seen) for seen, meant in home.values.items() if str(meant).lower() == each.lower())
        shown[each] = next(named, {"true": "Y", "false": "N"}.get(each, each))
    return level.replace(shown)
