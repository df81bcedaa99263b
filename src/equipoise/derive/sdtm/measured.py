"""LB, VS, QS: laboratory results, vital signs, questionnaires."""

import polars as pl

from equipoise.derive.sdtm.source import ROW
from equipoise.derive.sdtm.tables import Tables

__all__ = ["add_questionnaires", "add_tests"]


def add_tests(tables: Tables, domain: str, kind: str) -> None:
    """Add LB or VS; a result that is no number stands as text."""
    results = tables.source.frame(kind).filter(pl.col("test").is_not_null())
    number = pl.col("value")
    said = pl.when(number != "").then(number).otherwise("text") if domain == "LB" else number
    columns = {
        f"{domain}TESTCD": pl.col("test"),
        f"{domain}TEST": pl.col("test"),
        f"{domain}ORRES": said,
        f"{domain}STRESC": said,
        f"{domain}STRESN": number.cast(pl.Float64),
        f"{domain}STRESU": pl.col("unit"),
        "VISIT": pl.when(pl.col("visit") != "").then(pl.col("visit").str.to_uppercase()),
        f"{domain}DTC": pl.col("date"),
    }
    if domain == "LB":
        columns |= {"LBSTNRLO": pl.col("low").cast(pl.Float64), "LBSTNRHI": pl.col("high").cast(pl.Float64)}
    tables.add(domain, results.select(ROW, **columns))


def add_questionnaires(tables: Tables) -> None:
    """Add QS: item after item of every form, then the forms that were not filled in."""
    answers = tables.source.frame("diary_submitted").filter(pl.col("item").is_not_null())
    number = pl.col("answer")
    said = pl.coalesce(number.cast(pl.String), "answer_text")
    block = answers.select(
        ROW,
        **_items(tables, answers),
        **_visit(),
        QSORRES=said,
        QSSTRESC=said,
        QSSTRESN=number.cast(pl.Float64),
        QSSTAT=pl.when(said.is_null()).then(pl.lit("NOT DONE")),
    )
    tables.add("QS", block)
    missed = tables.source.frame("diary_missed").select(
        ROW,
        QSTESTCD=pl.lit("QSALL"),
        QSTEST=pl.lit("Questionnaire"),
        QSCAT="instrument",
        QSSTAT=pl.lit("NOT DONE"),
        QSREASND=pl.col("why").str.to_uppercase(),
        **_visit(),
    )
    tables.add("QS", missed)


def _items(tables: Tables, answers: pl.DataFrame) -> dict[str, pl.Expr]:
    """Test codes and categories of items, as the protocol finds them in data."""
    pair = pl.concat_str("instrument", "item", separator="\n")
    codes: dict[str, str] = {}
    where: dict[str, dict[str, str]] = {"QSCAT": {}}
    used = set(answers["instrument"].unique().to_list())
    for instrument in tables.protocol.instruments:
        if isinstance(instrument, str) or instrument.name not in used:
            continue
        codes |= {f"{instrument.name}\n{item}": code for item, code in instrument.source.tests.items()}
        for column, accepted in instrument.source.where.items():
            where.setdefault(column, {})[instrument.name] = accepted[0]
    code = pl.col("item") if not codes else pair.replace_strict(codes, default=pl.col("item"), return_dtype=pl.String)
    columns = {"QSTESTCD": code, "QSTEST": pl.col("item")}
    for column, names in where.items():
        given = pl.col("instrument").replace_strict(names, default=None, return_dtype=pl.String) if names else None
        own = pl.col("instrument") if column == "QSCAT" else pl.lit(None, pl.String)
        columns[column] = own if given is None else pl.coalesce(given, own)
    return columns


def _visit() -> dict[str, pl.Expr]:
    target = pl.col("target")
    return {
        "VISIT": pl.when(target == 0).then(pl.lit("BASELINE")).otherwise(pl.format("DAY {}", target)),
        "VISITNUM": target.cast(pl.Float64),
        "QSDTC": pl.col("date"),
    }
