"""DS: consents, milestones, the ends of treatment and of participation."""

import polars as pl

from equipoise.derive.sdtm.source import ROW, Source
from equipoise.derive.sdtm.tables import Tables

__all__ = ["add_disposition"]

_STOPS = {
    "progression": "PROGRESSIVE DISEASE",
    "clinical progression": "CLINICAL PROGRESSION",
    "adverse event": "ADVERSE EVENT",
    "withdrawal by patient": "WITHDRAWAL BY SUBJECT",
    "physician decision": "PHYSICIAN DECISION",
    "death": "DEATH",
    "other therapy": "OTHER THERAPY",
    "lost to follow-up": "LOST TO FOLLOW-UP",
    "completed": "COMPLETED",
    "other": "OTHER",
}
_EVENT, _MILESTONE, _OTHER = "DISPOSITION EVENT", "PROTOCOL MILESTONE", "OTHER EVENT"
_TREATMENT, _OPEN, _STUDY = "STUDY TREATMENT", "OPEN-LABEL TREATMENT", "STUDY PARTICIPATION"


def add_disposition(tables: Tables) -> None:
    """Add DS, kind after kind."""
    source = tables.source
    why = pl.col("why").replace_strict(_STOPS, return_dtype=pl.String)
    form = pl.format("Consent to form {}, version {}", "form", "version")
    _add(tables, source.frame("consented"), "INFORMED CONSENT OBTAINED", _MILESTONE, verbatim=form)
    _add(tables, source.frame("registered"), "REGISTERED", _MILESTONE)
    _add(tables, source.frame("randomized"), "RANDOMIZED", _MILESTONE)
    listed = pl.col("criteria").list.join("; ")
    failed = pl.when(pl.col("comment") != "").then("comment").when(listed != "").then(listed)
    _add(tables, source.frame("screen_failed"), "SCREEN FAILURE", _EVENT, sub=_STUDY, verbatim=failed)
    _add(tables, source.frame("treatment_stopped"), why, _EVENT, sub=_TREATMENT, verbatim=pl.col("detail"))
    _add(tables, source.frame("blinded_treatment_ended"), "PROGRESSIVE DISEASE", _EVENT, sub=_TREATMENT)
    _add(tables, source.frame("open_label_stopped"), why, _EVENT, sub=_OPEN, verbatim=pl.col("detail"))
    _withdrawals(tables, source)
    _add(tables, _still_lost(source), "LOST TO FOLLOW-UP", _EVENT, sub=_STUDY)
    _add(tables, source.frame("study_ended"), why, _EVENT, sub=_STUDY)


def _withdrawals(tables: Tables, source: Source) -> None:
    left = pl.col("level").is_in(["survival", "data"])
    term = (
        pl.when(left).then(pl.lit("WITHDRAWAL BY SUBJECT"))
        .otherwise(pl.lit("WITHDRAWAL FROM ") + pl.col("level").str.to_uppercase())
    )  # fmt: skip
    category, sub = pl.when(left).then(pl.lit(_EVENT)).otherwise(pl.lit(_OTHER)), pl.when(left).then(pl.lit(_STUDY))
    _add(tables, source.frame("withdrawn"), term, category, sub=sub)


def _still_lost(source: Source) -> pl.DataFrame:
    """Losses after which the patient was not found again."""
    lost = source.frame("lost_to_follow_up")
    found = source.frame("found_again").group_by(ROW).agg(_found=pl.col("date").max())
    joined = lost.join(found, on=ROW, how="left", maintain_order="left")
    return joined.filter(pl.col("_found").is_null() | (pl.col("_found") < pl.col("date")))


def _add(
    tables: Tables,
    rows: pl.DataFrame,
    term: str | pl.Expr,
    category: str | pl.Expr,
    *,
    sub: str | pl.Expr | None = None,
    verbatim: pl.Expr | None = None,
) -> None:
    """Add a row for each record; without words of its own it bears the term."""
    decoded = _literal(term)
    said = decoded if verbatim is None else pl.when(verbatim != "").then(verbatim).otherwise(decoded)
    block = rows.select(
        ROW, DSTERM=said, DSDECOD=decoded, DSCAT=_literal(category), DSSCAT=_literal(sub), DSSTDTC=pl.col("date")
    )
    tables.add("DS", block)


def _literal(value: str | pl.Expr | None) -> pl.Expr:
    return value if isinstance(value, pl.Expr) else pl.lit(value, pl.String)
