"""ADAE: adverse events with dates, period, grade and flags.

Period 1 runs from the first dose to the earlier of the last dose plus ``safety.days_after_last_dose`` and the day
before the first crossover dose; period 2 from the first crossover dose to the last one plus the same days. An event
belongs to the period of its onset. An event recorded as several rows by grade (AEGRPID) goes into period 2 only where
its grade is above the last one before crossover; a row that is not is the old event going on. An event of unknown
onset is counted in period 1 unless it ended before the first dose.
"""

import polars as pl

from equipoise.cdisc import Finding
from equipoise.derive.fatal import fatal_event
from equipoise.derive.imputation import add_imputed
from equipoise.derive.source import KEYS, Source
from equipoise.terms import Severity

__all__ = ["derive_adae"]

_SUBJECT = ["ARMID", "AARMID", "TRTSDT", "TRTEDT", "TR02SDT", "TR02EDT", "DTHDT", "EOTSTT"]
_SEVERITY = {word.value: number for number, word in enumerate(Severity, start=1)}
_WITHDRAWN = ("DRUG WITHDRAWN",)
_UNRELATED = (
    *("N", "NO", "NONE", "NOT RELATED", "UNRELATED", "UNLIKELY", "UNLIKELY RELATED", "REMOTE", "DOUBTFUL"),
    *("NOT SUSPECTED", "NOT APPLICABLE"),
)
"""AEREL values that mean not related, unless the protocol counts them as related."""
_COUNTED = {"SERFL": "serious", "RELFL": "related"}


def derive_adae(source: Source, adsl: pl.DataFrame) -> tuple[pl.DataFrame, list[Finding]]:
    """Derive the adverse event data set: every variable of AE and the analysis variables."""
    rows = source.rows("AE")
    rows = rows.join(adsl.select(*KEYS, *_SUBJECT), on=KEYS, how="inner", maintain_order="left")
    rows = rows.with_columns(pl.col("AESEQ").cast(pl.Int64, strict=False))
    if "AEBODSYS" not in rows.columns:
        rows = rows.with_columns(AEBODSYS=pl.col("AESOC"))
    rows = _add_dates(source, rows)
    rows, findings = _add_grade(source, rows)
    findings += _ends_before_start(rows)
    rows = _add_period(source, rows)
    rows = _add_flags(source, rows)
    findings += [*_unknown_onset(rows), *_unreadable(source, rows)]
    drop = [c for c in _SUBJECT if c not in ("ARMID", "AARMID")]
    return rows.drop(drop).sort([*KEYS, "AESEQ"], nulls_last=True, maintain_order=True), findings


def _add_dates(source: Source, rows: pl.DataFrame) -> pl.DataFrame:
    rows = rows.with_columns(_text(rows, "AESTDTC"), _text(rows, "AEENDTC"))
    limit = pl.min_horizontal(pl.col("DTHDT"), pl.lit(source.cutoff, dtype=pl.Date))
    rows = add_imputed(rows, "AEENDTC", "adverse_event_end", date="AENDT", flag="AENDTF", not_after=limit)
    return add_imputed(
        rows,
        "AESTDTC",
        "adverse_event_start",
        date="ASTDT",
        flag="ASTDTF",
        not_before=pl.col("TRTSDT"),
        not_after=pl.col("AENDT"),
    )


def _text(rows: pl.DataFrame, variable: str) -> pl.Expr:
    return pl.col(variable) if variable in rows.columns else pl.lit(None, dtype=pl.String).alias(variable)


def _add_grade(source: Source, rows: pl.DataFrame) -> tuple[pl.DataFrame, list[Finding]]:
    variable = source.protocol.safety.grade_variable
    text = pl.col(variable).cast(pl.String).str.strip_chars().str.to_uppercase()
    if variable == "AESEV":
        number = text.replace_strict(_SEVERITY, default=None, return_dtype=pl.Int32)
    else:
        digits = text.str.extract(r"^(?:GRADE\s*)?([1-5])(?:\.0+)?$", 1)
        number = digits.cast(pl.Int32)
    word = pl.when(number.is_not_null()).then(text if variable == "AESEV" else number.cast(pl.String))
    rows = rows.with_columns(AGRADEN=number, AGRADE=word)
    wrong = rows.filter(pl.col("AGRADEN").is_null())
    findings = [
        Finding(
            severity="warning",
            code="grade-missing",
            dataset="AE",
            row_key=f"USUBJID={row['USUBJID']}, AESEQ={row['AESEQ']}",
            variable=variable,
            seen=str(row[variable] or ""),
            expected="1 to 5" if variable == "AETOXGR" else ", ".join(_SEVERITY),
            effect="counted as an event of any grade, in no table by grade",
            subject=row["USUBJID"],
        )
        for row in wrong.iter_rows(named=True)
    ]
    return rows, findings


def _add_period(source: Source, rows: pl.DataFrame) -> pl.DataFrame:
    after = pl.duration(days=source.protocol.safety.days_after_last_dose)
    onset, first, second = pl.col("ASTDT"), pl.col("TRTSDT"), pl.col("TR02SDT")
    in_second = (onset >= second) & (onset <= pl.col("TR02EDT") + after)
    on_time = (onset <= pl.col("TRTEDT") + after) | pl.col("TRTEDT").is_null()
    in_first = (onset >= first) & on_time & ((onset < second) | second.is_null())
    over = (pl.col("AENDT") < first).fill_null(False)
    unknown = onset.is_null() & first.is_not_null() & ~over
    period = pl.when(unknown).then(1).when(in_second).then(2).when(in_first).then(1)
    rows = rows.with_columns(
        APERIOD=period.cast(pl.Int32), UNKONSFL=pl.when(onset.is_null()).then(pl.lit("Y")).otherwise(pl.lit("N"))
    )
    if "AEGRPID" not in rows.columns:
        return rows
    group = [*KEYS, "AEGRPID"]
    order = ["ASTDT", "AESEQ"]
    before = ((onset < second) & pl.col("AGRADEN").is_not_null()).sort_by(order)
    earlier = pl.col("AGRADEN").sort_by(order).filter(before).last().over(group)
    going_on = (pl.col("APERIOD") == 2) & pl.col("AEGRPID").is_not_null() & (pl.col("AGRADEN") <= earlier)
    return rows.with_columns(
        APERIOD=pl.when(going_on.fill_null(False)).then(1).otherwise(pl.col("APERIOD")).cast(pl.Int32)
    )


def _add_flags(source: Source, rows: pl.DataFrame) -> pl.DataFrame:
    relation = _text(rows, "AEREL")
    serious, action = _text(rows, "AESER"), _text(rows, "AEACN")
    return rows.with_columns(
        _yes(pl.col("APERIOD").is_not_null()).alias("TRTEMFL"),
        _yes_or_no(relation, *_relations(source)).alias("RELFL"),
        _yes_or_no(serious, ["Y"], ["N"]).alias("SERFL"),
        _yes(fatal_event(rows.columns)).alias("DTHAEFL"),
        _if_recorded(action, action.str.to_uppercase().is_in(_WITHDRAWN)).alias("DISCFL"),
    )


def _relations(source: Source) -> tuple[list[str], list[str]]:
    """Values of AEREL that mean related, and those that mean not related."""
    related = [value.strip().upper() for value in source.protocol.safety.related]
    usual = [value.upper() for value in type(source.protocol.safety)().related]
    return related, [value for value in (*_UNRELATED, *usual) if value not in related]


def _yes_or_no(text: pl.Expr, yes: list[str], no: list[str]) -> pl.Expr:
    """Y or N; null where the value is missing or neither."""
    word = text.cast(pl.String).str.strip_chars().str.to_uppercase()
    return pl.when(word.is_in(yes)).then(pl.lit("Y")).when(word.is_in(no)).then(pl.lit("N"))


def _yes(test: pl.Expr) -> pl.Expr:
    return pl.when(test.fill_null(False)).then(pl.lit("Y")).otherwise(pl.lit("N"))


def _if_recorded(value: pl.Expr, test: pl.Expr) -> pl.Expr:
    """Y or N; null throughout where no event has a value."""
    return pl.when(value.is_not_null().any()).then(_yes(test))


def _unknown_onset(rows: pl.DataFrame) -> list[Finding]:
    unknown = rows.filter((pl.col("UNKONSFL") == "Y") & (pl.col("APERIOD") == 1))
    return [
        Finding(
            severity="warning",
            code="unknown-onset",
            dataset="AE",
            row_key=f"USUBJID={row['USUBJID']}, AESEQ={row['AESEQ']}",
            variable="AESTDTC",
            seen=str(row["AESTDTC"] or ""),
            expected="an onset of which at least the year is known",
            effect="counted in period 1 as treatment-emergent",
            subject=row["USUBJID"],
        )
        for row in unknown.iter_rows(named=True)
    ]


def _unreadable(source: Source, rows: pl.DataFrame) -> list[Finding]:
    """Serious or related not known: one finding per variable and value, with its number of rows."""
    findings = []
    related, unrelated = _relations(source)
    for variable, flag, values in (
        ("AESER", "SERFL", ["Y", "N"]),
        ("AEREL", "RELFL", [*related, *unrelated]),
    ):
        lost = rows.filter(pl.col(flag).is_null())
        value = pl.col(variable).cast(pl.String) if variable in rows.columns else pl.lit(None, dtype=pl.String)
        counts = lost.with_columns(VALUE=value.fill_null("")).group_by("VALUE").len().sort("VALUE")
        findings += [
            Finding(
                severity="warning",
                code="flag-missing",
                dataset="AE",
                row_key="",
                variable=variable,
                seen=f"{seen or '(empty)'} ({count} of {rows.height} rows)",
                expected=f"one of {', '.join(values)}"
                + ("; safety.related of the protocol names further values" if variable == "AEREL" else ""),
                effect=f"{flag} is missing: the events are not counted as {_COUNTED[flag]}",
            )
            for seen, count in counts.iter_rows()
        ]
    return findings


def _ends_before_start(rows: pl.DataFrame) -> list[Finding]:
    return [
        Finding(
            severity="warning",
            code="start-after-end",
            dataset="AE",
            row_key=f"USUBJID={row['USUBJID']}, AESEQ={row['AESEQ']}",
            variable="AESTDTC",
            seen=f"{row['AESTDTC']}, end {row['AEENDTC']}",
            expected="the start on or before the end",
            effect="both used as recorded; the period is that of the start",
            subject=row["USUBJID"],
        )
        for row in rows.filter(pl.col("ASTDT") > pl.col("AENDT")).iter_rows(named=True)
    ]
