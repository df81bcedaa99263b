"""Responses of every reader as recorded in RS: a row per visit with its components side by side."""

import polars as pl

from equipoise.derive.imputation import add_period
from equipoise.derive.readings import ASSESSORS, reading_source, used_assessors
from equipoise.derive.source import KEYS, Source, domain_code, match
from equipoise.protocol import ReadingSource
from equipoise.terms import Assessor

__all__ = ["COMPONENTS", "recorded_visits"]

COMPONENTS = {"TRGRESP": "TARGET", "NTRGRESP": "NONTARGET", "NEWLPROG": "NEWLESION", "NEWLRESP": "NEWLESION"}
"""RSTESTCD -> column of a component; the overall response is OVERALL."""

_NEW_WORDS = {"UNEQUIVOCAL": "Y", "YES": "Y", "PD": "Y", "NO": "N", "ABSENT": "N"}
_SCHEMA = {
    **dict.fromkeys([*KEYS, "READER", "VISITNAME"], pl.String),
    "VISITNUM": pl.Float64,
    "DATE": pl.Date,
    "EXACT": pl.Boolean,
    **dict.fromkeys(["OVERALL", "TARGET", "NONTARGET", "NEWLESION"], pl.String),
    "RSSEQ": pl.Int64,
    "ACCEPTED": pl.Boolean,
    "DATASET": pl.String,
    "DTC": pl.String,
}


def recorded_visits(source: Source, subjects: pl.DataFrame) -> pl.DataFrame:
    """Responses of all readers of randomized subjects.

    Returns
    -------
    polars.DataFrame
        KEYS, READER (``assessor|evaluator``), VISITNUM, VISITNAME, DATE (last possible day), EXACT, OVERALL, TARGET,
        NONTARGET, NEWLESION (Y, EQUIVOCAL, N), RSSEQ (of the overall response), ACCEPTED (null where nothing says),
        DATASET and DTC. Several answers of a reader to one question at a visit: the row of the last sequence number.
    """
    parts = [_of_assessor(source, subjects, assessor) for assessor in used_assessors(source)]
    frame = pl.concat(parts) if parts else pl.DataFrame(schema=_SCHEMA)
    return frame.sort([*KEYS, "READER", "DATE", "VISITNUM", "RSSEQ"], nulls_last=True)


def _of_assessor(source: Source, subjects: pl.DataFrame, assessor: Assessor) -> pl.DataFrame:
    place = reading_source(source, assessor)
    code = domain_code(place.dataset)
    frame = source.data[place.dataset]
    tests = {**dict.fromkeys(place.test, "OVERALL"), **COMPONENTS}
    frame = frame.filter(match({**_who(place, assessor, frame), f"{code}TESTCD": tuple(tests)}))
    frame = frame.join(subjects.filter(pl.col("RANDDT").is_not_null()).select(KEYS), on=KEYS, how="semi")
    plain = _plain(frame, code, assessor, tests, place)
    plain = add_period(plain, "DTC").with_columns(EXACT=pl.col("FLAG").is_null() & pl.col("FIRST").is_not_null())
    visit = [*KEYS, "READER", "VISITNUM", "VISITNAME", "DTC"]
    plain = plain.sort([*visit, "WHAT", "SEQ", "VALUE"], nulls_last=True)

    def last(what: str, column: str = "VALUE") -> pl.Expr:
        return pl.col(column).filter(pl.col("WHAT") == what).last()

    wide = plain.group_by(visit, maintain_order=True).agg(
        DATE=pl.col("LAST").first(),
        EXACT=pl.col("EXACT").first(),
        OVERALL=last("OVERALL"),
        TARGET=last("TARGET"),
        NONTARGET=last("NONTARGET"),
        NEWLESION=last("NEWLESION").replace(_NEW_WORDS),
        RSSEQ=last("OVERALL", "SEQ"),
        ACCEPTED=pl.col("FLAGGED").any(ignore_nulls=True) if plain["FLAGGED"].null_count() < plain.height else None,
        DATASET=pl.lit(place.dataset),
    )
    return wide.select(pl.col(name).cast(dtype) for name, dtype in _SCHEMA.items())


def _who(place: ReadingSource, assessor: Assessor, frame: pl.DataFrame) -> dict[str, tuple[str, ...]]:
    """Conditions that tell the assessor, without those that choose among the readers."""
    where = {v: x for v, x in place.where.items() if not v.endswith(("ACPTFL", "EVALID"))}
    evaluator = f"{domain_code(place.dataset)}EVAL"
    if not where and evaluator in frame.columns:
        where = {evaluator: (ASSESSORS[assessor],)}
    return where


def _plain(
    frame: pl.DataFrame, code: str, assessor: Assessor, tests: dict[str, str], place: ReadingSource
) -> pl.DataFrame:
    def column(stem: str, dtype: type[pl.DataType] = pl.String) -> pl.Expr:
        name = f"{code}{stem}" if stem not in ("VISIT", "VISITNUM") else stem
        return (pl.col(name) if name in frame.columns else pl.lit(None)).cast(dtype, strict=False)

    choosing = {v: x for v, x in place.where.items() if v.endswith(("ACPTFL", "EVALID"))}
    accepted = f"{code}ACPTFL"
    if choosing:
        flagged = match(choosing)
    elif accepted in frame.columns and frame[accepted].cast(pl.String).eq("Y").any():
        flagged = (pl.col(accepted) == "Y").fill_null(False)
    else:
        flagged = pl.lit(None, dtype=pl.Boolean)
    reader = pl.lit("") if assessor is Assessor.LOCAL else column("EVALID").str.strip_chars().fill_null("")
    test = column("TESTCD").str.strip_chars().str.to_uppercase()
    return frame.select(
        *KEYS,
        READER=pl.lit(f"{assessor.value}|") + reader,
        VISITNUM=column("VISITNUM", pl.Float64),
        VISITNAME=column("VISIT"),
        DTC=column("DTC"),
        WHAT=test.replace_strict({k.upper(): v for k, v in tests.items()}, default=None, return_dtype=pl.String),
        VALUE=column("STRESC").str.strip_chars(),
        SEQ=column("SEQ", pl.Int64),
        FLAGGED=flagged,
    ).filter(pl.col("VALUE").is_not_null())
