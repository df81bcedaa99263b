"""Answers of one questionnaire in SDTM: which rows they are, whose, of which item and when."""

import polars as pl

from equipoise.cdisc import Finding
from equipoise.derive.adqs_instruments import Questionnaire
from equipoise.derive.imputation import complete_date
from equipoise.derive.source import KEYS, Source, domain_code, match

__all__ = ["ANSWER_SOURCES", "Answers", "read_answers"]

ANSWER_SOURCES = tuple(
    f"QS{stem}" for stem in ("SEQ", "CAT", "TESTCD", "STRESN", "STRESC", "ORRES", "DTC", "STAT", "REASND")
)
"""Variables of QS that are read besides those of visits."""

Answers = pl.DataFrame
"""A row per record, in no order: _S (row of the subject), ITEM, ANSWER (text, null where there is none), DATE, DTC,
VISIT, VISITNUM, VISITDY, QSSEQ, REASON (why it was not done)."""

_TYPES = {
    "_S": pl.UInt32,
    **dict.fromkeys(("ITEM", "ANSWER"), pl.String),
    "DATE": pl.Date,
    **dict.fromkeys(("DTC", "VISIT"), pl.String),
    **dict.fromkeys(("VISITNUM", "VISITDY"), pl.Float64),
    "QSSEQ": pl.Int64,
    "REASON": pl.String,
}
_SHOWN = 8


def read_answers(source: Source, one: Questionnaire, subjects: pl.DataFrame) -> tuple[Answers, list[Finding]]:
    """Read the answers of a questionnaire.

    Parameters
    ----------
    subjects
        KEYS of the subjects who are analyzed and their row _S.
    """
    names = [one.plan.source.dataset] if one.plan.source.dataset else [n for n in source.data if n.startswith("QS")]
    parts: list[Answers] = []
    findings: list[Finding] = []
    categories: set[str] = set()
    for name in sorted(names):
        if not source.has(name, *KEYS, f"{domain_code(name)}TESTCD"):
            continue
        frame, seen, found = _rows(source, name, one)
        categories |= seen
        findings += found
        if frame.height:
            parts.append(_standard(frame, domain_code(name), one, subjects))
    rows = pl.concat(parts) if parts else pl.DataFrame(schema=_TYPES)
    if not findings and not parts:
        findings.append(_no_rows(one, categories))
    known = rows.filter(pl.col("ITEM").is_not_null())
    if parts and not findings:
        findings += _absent_items(one, rows, known)
    return rows, findings


def _rows(source: Source, name: str, one: Questionnaire) -> tuple[pl.DataFrame, set[str], list[Finding]]:
    """Rows of the questionnaire in one data set, and the categories that stand there."""
    frame, code = source.data[name], domain_code(name)
    category = f"{code}CAT"
    if one.plan.source.where:
        if not set(one.plan.source.where) <= set(frame.columns):
            return frame.clear(), set(), []
        frame = frame.filter(match(one.plan.source.where))
    if category not in frame.columns:
        return frame, set(), []
    values: list[str] = frame[category].cast(pl.String).drop_nulls().unique().sort().to_list()
    mine = values if one.plan.source.where else [value for value in values if one.holds(value)]
    other = {value: version for value in mine if (version := one.other_version(value)) is not None}
    findings = [_version(one, name, value, version, frame) for value, version in other.items()]
    usable = [value for value in mine if value not in other]
    kept = pl.col(category).cast(pl.String).is_in(usable).fill_null(False)
    if one.plan.source.where:
        kept = kept | pl.col(category).is_null()
    return frame.filter(kept), set(values), findings


def _standard(frame: pl.DataFrame, code: str, one: Questionnaire, subjects: pl.DataFrame) -> Answers:
    """The rows under the names of ``Answers``."""

    def text(stem: str) -> pl.Expr:
        variable = stem if stem.startswith("VISIT") else f"{code}{stem}"
        if variable not in frame.columns:
            return pl.lit(None, dtype=pl.String)
        value = pl.col(variable)
        return (value.fill_nan(None) if frame[variable].dtype.is_float() else value).cast(pl.String)

    def number(variable: str) -> pl.Expr:
        present = variable in frame.columns
        return pl.col(variable).cast(pl.Float64, strict=False) if present else pl.lit(None, dtype=pl.Float64)

    own = one.plan.source.answer
    candidates = [text("STRESN"), text("STRESC"), text("ORRES")]
    if own is not None:
        candidates = [pl.col(own).cast(pl.String) if own in frame.columns else pl.lit(None, dtype=pl.String)]
    stripped = [candidate.str.strip_chars().replace("", None) for candidate in candidates]
    not_done = text("STAT").str.strip_chars().str.to_uppercase() == "NOT DONE"
    item = text("TESTCD").str.strip_chars().str.to_uppercase()
    return (
        frame.join(subjects.select(*KEYS, "_S"), on=KEYS, how="inner")
        .select(
            "_S",
            ITEM=item.replace_strict(one.codes, default=None, return_dtype=pl.String),
            ANSWER=pl.when(not_done.fill_null(False)).then(None).otherwise(pl.coalesce(stripped)),
            DATE=complete_date(text("DTC")),
            DTC=text("DTC").str.strip_chars().replace("", None),
            VISIT=text("VISIT").str.strip_chars(),
            VISITNUM=number("VISITNUM"),
            VISITDY=number("VISITDY"),
            QSSEQ=number(f"{code}SEQ").cast(pl.Int64),
            REASON=text("REASND").str.strip_chars().replace("", None),
        )
        .cast(_TYPES)  # type: ignore[arg-type]
    )


def _version(one: Questionnaire, dataset: str, category: str, version: str, frame: pl.DataFrame) -> Finding:
    rows = frame.filter(pl.col(f"{domain_code(dataset)}CAT").cast(pl.String) == category).height
    ours = one.scorer.version if one.scorer is not None else None
    return Finding(
        severity="error",
        code="other-version",
        dataset=dataset,
        row_key="",
        variable=f"{domain_code(dataset)}CAT",
        seen=f"{category} ({rows} rows)",
        expected=f"version {ours} of {one.name} (instruments.{one.index} of the protocol): versions are not mixed",
        effect=f"the forms of version {version} are left out",
    )


def _no_rows(one: Questionnaire, categories: set[str]) -> Finding:
    shown = sorted(categories)[:_SHOWN]
    place = one.plan.source.where or "its name"
    return Finding(
        severity="warning",
        code="questionnaire-without-rows",
        dataset=one.plan.source.dataset or "QS",
        row_key="",
        variable="QSCAT",
        seen=f"QSCAT is {', '.join(shown)}" if shown else "no rows",
        expected=f"rows of {one.name} (by {place}); else name them in instruments.{one.index}.source.where",
        effect=f"no score of {one.name}",
    )


def _absent_items(one: Questionnaire, rows: Answers, known: Answers) -> list[Finding]:
    """Items that occur nowhere: their codes are others than those looked for, or they were never asked."""
    seen = set(known["ITEM"].unique().to_list())
    lost = [item for item in dict.fromkeys(one.codes.values()) if item not in seen]
    if not lost or rows.is_empty():
        return []
    more = f" and {len(lost) - _SHOWN} more" if len(lost) > _SHOWN else ""
    codes = [code for code, item in one.codes.items() if item == lost[0]]
    return [
        Finding(
            severity="error" if not seen else "warning",
            code="items-absent",
            dataset=one.plan.source.dataset or "QS",
            row_key="",
            variable="QSTESTCD",
            seen=f"no record of {', '.join(lost[:_SHOWN])}{more}",
            expected=f"QSTESTCD {' or '.join(codes)} for {lost[0]}; else instruments.{one.index}.source.tests",
            effect="these items count as not answered",
        )
    ]
