"""Overall responses of each assessor, as recorded."""

import polars as pl

from equipoise.cdisc import Finding
from equipoise.derive.imputation import add_imputed, add_period
from equipoise.derive.source import KEYS, Source, domain_code, match
from equipoise.protocol import Endpoint, ReadingSource
from equipoise.terms import Assessor, EventSource, Response

__all__ = ["ASSESSORS", "assessor_of", "no_readings", "reading_source", "readings", "used_assessors"]

ASSESSORS = {Assessor.CENTRAL: "INDEPENDENT ASSESSOR", Assessor.LOCAL: "INVESTIGATOR"}
"""RSEVAL by default."""

_PROGRESSION = {EventSource.CENTRAL_PROGRESSION: Assessor.CENTRAL, EventSource.LOCAL_PROGRESSION: Assessor.LOCAL}
_WORST = {Response.NE: 1, Response.CR: 2, Response.PR: 3, Response.SD: 4, Response.NON_CR_NON_PD: 5, Response.PD: 6}
"""Of several responses on one day the highest is used."""


def reading_source(source: Source, assessor: Assessor) -> ReadingSource:
    """Rows of an assessor: as the protocol maps them, else RS by RSEVAL (accepted readers by RSACPTFL)."""
    declared = source.protocol.review.sources.get(assessor.value)
    if declared is not None:
        return declared
    where: dict[str, tuple[str, ...]] = {"RSEVAL": (ASSESSORS[assessor],)}
    frame = source.data.get("RS")
    flagged = assessor is Assessor.CENTRAL and frame is not None and "RSACPTFL" in frame.columns
    if flagged and frame is not None and frame["RSACPTFL"].cast(pl.String).eq("Y").any():
        where["RSACPTFL"] = ("Y",)
    return ReadingSource(dataset="RS", where=where)


def used_assessors(source: Source) -> list[Assessor]:
    """Assessors who read anything, or whom an endpoint names."""
    found, named = [], _named(source)
    for assessor in ASSESSORS:
        place = reading_source(source, assessor)
        test, *rest = _variables(place)
        if not source.has(place.dataset, *place.where, test, *rest):
            continue
        reads = match({**place.where, test: place.test}).any()
        if assessor in named or source.data[place.dataset].select(reads).item():
            found.append(assessor)
    return found


def _named(source: Source) -> set[Assessor | None]:
    endpoints = source.protocol.endpoints.values()
    return {e.assessor for e in endpoints} | {assessor_of(e) for e in endpoints}


def assessor_of(endpoint: Endpoint) -> Assessor | None:
    """Whose progression ends the time; None where progression is not an event."""
    named = [_PROGRESSION[event] for event in endpoint.events if event in _PROGRESSION]
    return named[0] if named else None


def _variables(place: ReadingSource) -> tuple[str, str, str]:
    code = domain_code(place.dataset)
    return f"{code}TESTCD", f"{code}STRESC", f"{code}DTC"


def readings(source: Source, subjects: pl.DataFrame, assessor: Assessor) -> tuple[pl.DataFrame, list[Finding]]:
    """One row per recorded overall response of an assessor.

    Parameters
    ----------
    subjects
        KEYS, RANDDT.

    Returns
    -------
    polars.DataFrame
        KEYS, ASSESSOR, ADT, ADTF, AVISIT, AVISITN, AVALC, RSSEQ, SRCDOM, SRCVAR, SRCSEQ, USED (a response of the
        codelist on a known day from randomization on, the worst of its day), EXACT (the day is recorded), sorted by
        subject and day. A partial date is imputed to the last possible day to be shown, except of a progression; only
        exact days enter times to event.
    """
    place = reading_source(source, assessor)
    test, result, date = _variables(place)
    code = domain_code(place.dataset)
    rows = source.rows(place.dataset, {**place.where, test: place.test}, [result, date, "VISIT", "VISITNUM"])
    rows = rows.join(subjects.select(*KEYS, "RANDDT"), on=KEYS, how="inner", maintain_order="left")
    rows = rows.filter(pl.col(result).is_not_null())
    progressed = pl.col(result) == Response.PD
    rows = add_imputed(rows, date, "assessment", date="SHOWN", flag="SHOWNF").pipe(add_period, date)
    rows = rows.with_columns(
        EXACT=pl.col("FLAG").is_null() & pl.col("FIRST").is_not_null(),
        RANK=pl.col(result).replace_strict(_WORST, default=None, return_dtype=pl.Int32),
    ).with_columns(
        ADT=pl.when(progressed & ~pl.col("EXACT")).then(None).otherwise(pl.col("SHOWN")),
        ADTF=pl.when(~progressed).then(pl.col("SHOWNF")),
    )
    findings = _findings(rows, place.dataset, result, date)
    usable = pl.col("RANK").is_not_null() & (pl.col("ADT") >= pl.col("RANDDT")).fill_null(False)
    sequence = f"{code}SEQ"
    rows = rows.sort([*KEYS, "ADT", "RANK", sequence], nulls_last=True, maintain_order=True)
    place_in_day = (
        pl.when(usable).then(pl.struct("RANK", sequence)).rank("ordinal", descending=True).over([*KEYS, "ADT"])
    )
    rows = rows.with_columns(USED=(usable & (place_in_day == 1)).fill_null(False))
    findings += _conflicts(rows.filter(usable), place.dataset, result)
    return rows.select(
        *KEYS,
        pl.lit(assessor.value).alias("ASSESSOR"),
        "ADT",
        "ADTF",
        "FIRST",
        AVISIT=pl.col("VISIT"),
        AVISITN=pl.col("VISITNUM").cast(pl.Float64, strict=False),
        AVALC=pl.col(result),
        RSSEQ=pl.col(sequence).cast(pl.Int64, strict=False),
        SRCDOM=pl.lit(place.dataset),
        SRCVAR=pl.lit(date),
        SRCSEQ=pl.col(sequence).cast(pl.Int64, strict=False),
        USED="USED",
        EXACT="EXACT",
    ), findings


def no_readings() -> pl.DataFrame:
    """An empty table of readings."""
    texts = dict.fromkeys([*KEYS, "ASSESSOR", "ADTF", "AVISIT", "AVALC", "SRCDOM", "SRCVAR"], pl.String)
    others = {"ADT": pl.Date, "FIRST": pl.Date, "AVISITN": pl.Float64, "RSSEQ": pl.Int64, "SRCSEQ": pl.Int64}
    return pl.DataFrame(schema={**texts, **others, "USED": pl.Boolean, "EXACT": pl.Boolean})


def _conflicts(rows: pl.DataFrame, dataset: str, result: str) -> list[Finding]:
    """Different responses of one assessor on one day."""
    days = rows.sort([*KEYS, "ADT", "RANK"]).group_by([*KEYS, "ADT"], maintain_order=True)
    differ = days.agg(pl.col(result).unique(maintain_order=True)).filter(pl.col(result).list.len() > 1)
    return [
        Finding(
            severity="warning",
            code="conflicting-readings",
            dataset=dataset,
            row_key=f"USUBJID={row['USUBJID']}",
            variable=result,
            seen=f"{', '.join(row[result])} on {row['ADT']}",
            expected="one response of an assessor on a day",
            effect=f"the worst is used: {row[result][-1]}",
            subject=row["USUBJID"],
        )
        for row in differ.iter_rows(named=True)
    ]


def _findings(rows: pl.DataFrame, dataset: str, result: str, date: str) -> list[Finding]:
    sequence = f"{domain_code(dataset)}SEQ"

    def key(row: dict[str, object]) -> str:
        return f"USUBJID={row['USUBJID']}, {sequence}={row[sequence]}"

    unknown = [
        Finding(
            severity="error",
            code="value-not-allowed",
            dataset=dataset,
            row_key=key(row),
            variable=result,
            seen=row[result],
            expected=f"one of {', '.join(_WORST)}",
            effect="the reading is shown but not used",
            subject=row["USUBJID"],
        )
        for row in rows.filter(pl.col("RANK").is_null()).iter_rows(named=True)
    ]
    partial = [
        Finding(
            severity="error" if row[result] == Response.PD else "warning",
            code="partial-date",
            dataset=dataset,
            row_key=key(row),
            variable=date,
            seen=row[date] or "",
            expected="a complete date",
            effect="a progression is never dated by imputation: it and later readings are kept out of times to event"
            if row[result] == Response.PD
            else "shown on the last possible day; kept out of times to event",
            subject=row["USUBJID"],
        )
        for row in rows.filter(~pl.col("EXACT") & pl.col("RANK").is_not_null()).iter_rows(named=True)
    ]
    return [*unknown, *partial]
