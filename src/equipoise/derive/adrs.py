"""ADRS: overall responses and what follows from them, per assessor.

| PARAMCD | meaning |
| --- | --- |
| OVR | overall response at a time point |
| PD, RSP, CRSP | first progression, first response, first confirmed response (Y or N) |
| CB, CCB | clinical benefit: response, or no progression from the minimum day of stable disease |
| BOR, CBOR | best overall response without and with confirmation |
| BCP, CBCP | whether the best response is CR or PR |
| LSTA, MDIS | last assessment; measurable disease at baseline |
| DEATH | death (no assessor) |
"""

from collections.abc import Iterable

import polars as pl

from equipoise.cdisc import Finding
from equipoise.criteria import (
    TimePoint,
    best_overall_response,
    clinical_benefit,
    first_response,
    until_progression,
)
from equipoise.derive.accepted import accepted_lesions, counted
from equipoise.derive.readings import ASSESSORS, no_readings, reading_source, readings, used_assessors
from equipoise.derive.response_rules import response_rules
from equipoise.derive.source import KEYS, Source
from equipoise.derive.therapies import response_ends
from equipoise.derive.tumors import Tumors
from equipoise.protocol import Protocol
from equipoise.terms import Assessor, Response

__all__ = ["Responses", "derive_adrs", "responses_of"]

Responses = dict[Assessor, pl.DataFrame]
"""Readings of each assessor, see ``readings.readings``."""

_BY = {Assessor.CENTRAL: "Central Review", Assessor.LOCAL: "Investigator"}
_VALUES = {"CR": 1, "PR": 2, "SD": 3, "NON-CR/NON-PD": 4, "PD": 5, "NE": 6, "MISSING": 7, "Y": 1, "N": 0}
_PARAMS = {
    "OVR": "Overall Response by {}",
    "PD": "Disease Progression by {}",
    "RSP": "Response by {} (confirmation not required)",
    "CRSP": "Confirmed Response by {}",
    "CB": "Clinical Benefit by {} (confirmation for response not required)",
    "CCB": "Confirmed Clinical Benefit by {}",
    "BOR": "Best Overall Response by {} (confirmation not required)",
    "CBOR": "Best Confirmed Overall Response by {}",
    "BCP": "Best Overall Response of CR/PR by {} (confirmation not required)",
    "CBCP": "Best Confirmed Overall Response of CR/PR by {}",
    "LSTA": "Last Disease Assessment by {}",
    "MDIS": "Measurable Disease at Baseline by {}",
    "DEATH": "Death",
}
_FACT = {
    "AVALC": pl.String,
    "ADT": pl.Date,
    "ADTF": pl.String,
    "AVISIT": pl.String,
    "AVISITN": pl.Float64,
    "RSSEQ": pl.Int64,
}
_COLUMNS = [
    *("STUDYID", "USUBJID", "PARAMCD", "PARAM", "ASSESSOR", "ADT", "ADTF", "ADY", "AVISIT", "AVISITN"),
    *("AVAL", "AVALC", "ANL01FL", "RSSEQ"),
]


def responses_of(
    source: Source, adsl: pl.DataFrame, read: Tumors, readers: pl.DataFrame
) -> tuple[Responses, list[Finding]]:
    """Find the readings of each assessor that count.

    ``readers`` holds what each reading amounts to and which one counts (``central_review.Review.readers``).
    """
    findings: list[Finding] = []
    found: Responses = {}
    ends = response_ends(source, adsl)
    accepted = readers.filter("ACCEPTED")
    for assessor in _assessors(source, read):
        rows, problems = _readings(source, adsl, assessor)
        rows, problems = accepted_lesions(source, read, accepted, assessor, rows, problems)
        found[assessor] = counted(rows, ends)
        findings += problems
    return found, findings


def derive_adrs(source: Source, adsl: pl.DataFrame, responses: Responses, readers: pl.DataFrame) -> pl.DataFrame:
    """Derive the response data set for every subject of ADSL from the readings that count."""
    parts: list[pl.DataFrame] = []
    for assessor, rows in responses.items():
        parts.append(rows.with_columns(PARAMCD=pl.lit("OVR"), ANL01FL=pl.when(pl.col("USED")).then(pl.lit("Y"))))
        parts.append(_parameters(source.protocol, adsl, rows).with_columns(ASSESSOR=pl.lit(assessor.value)))
        measurable = _measurable(source, adsl, assessor, readers)
        if measurable is not None:
            parts.append(measurable.with_columns(ASSESSOR=pl.lit(assessor.value)))
    if parts:
        parts.append(_death(adsl))
    return _assemble(parts, adsl)


def _assessors(source: Source, read: Tumors) -> list[Assessor]:
    """Assessors with records, or with lesions."""
    measured = set(read.visits["READER"].str.split("|").list.first().to_list())
    recorded = used_assessors(source)
    return [assessor for assessor in ASSESSORS if assessor in recorded or assessor.value in measured]


def _readings(source: Source, adsl: pl.DataFrame, assessor: Assessor) -> tuple[pl.DataFrame, list[Finding]]:
    """Recorded readings; none where an assessor only measured lesions."""
    if assessor in used_assessors(source):
        return readings(source, adsl, assessor)
    return no_readings(), []


def _parameters(protocol: Protocol, adsl: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Every parameter of one assessor for every subject."""
    used = rows.filter(pl.col("USED")).join(adsl.select(*KEYS, "RANDDT"), on=KEYS, maintain_order="left")
    used = used.with_columns(DAY=(pl.col("ADT") - pl.col("RANDDT")).dt.total_days()).sort([*KEYS, "ADT"])
    used = used.with_row_index("ROW")
    facts = _row_numbers(protocol, used)
    table = facts.join(
        used.select("ROW", *(c for c in _FACT if c != "AVALC"), READ="AVALC"),
        on="ROW",
        how="left",
        maintain_order="left",
    )
    table = table.with_columns(AVALC=pl.coalesce("AVALC", "READ")).select(*KEYS, "PARAMCD", *_FACT)
    codes = [c for c in _PARAMS if c not in ("OVR", "DEATH", "MDIS")]
    frame = adsl.select(KEYS).join(pl.DataFrame({"PARAMCD": codes}), how="cross")
    table = frame.join(table, on=[*KEYS, "PARAMCD"], how="left", maintain_order="left")
    best = pl.col("PARAMCD").is_in(["BOR", "CBOR"])
    nothing = pl.when(best).then(pl.lit("MISSING")).when(pl.col("PARAMCD") != "LSTA").then(pl.lit("N"))
    return table.with_columns(AVALC=pl.coalesce("AVALC", nothing), ANL01FL=pl.lit("Y"))


def _row_numbers(protocol: Protocol, used: pl.DataFrame) -> pl.DataFrame:
    """KEYS, PARAMCD, AVALC and the ROW of the reading that decides, for subjects with readings."""
    plain, strict = response_rules(protocol, confirmed=False), response_rules(protocol, confirmed=True)
    out: list[tuple[str, str, str, str | None, int]] = []
    for study, subject, start, counts, points in _subjects(used):

        def add(
            code: str, value: str | None, index: int | None, key: tuple[str, str, int] = (study, subject, start)
        ) -> None:
            if index is not None:
                out.append((key[0], key[1], code, value, key[2] + index))

        shown = until_progression(points)
        add("PD", "Y", len(shown) - 1 if shown[-1].response is Response.PD else None)
        add("LSTA", None, len(points) - 1)
        before = points[:counts]
        for prefix, rules in (("", plain), ("C", strict)):
            best = best_overall_response(before, rules)
            add(f"{prefix}BOR", best.response, best.index)
            add("BCP" if not prefix else "CBCP", "Y", best.index if best.response in ("CR", "PR") else None)
            add("RSP" if not prefix else "CRSP", "Y", first_response(before, rules))
            add(f"{prefix}CB", "Y", clinical_benefit(before, rules))
    schema = {**dict.fromkeys([*KEYS, "PARAMCD", "AVALC"], pl.String), "ROW": pl.UInt32}
    return pl.DataFrame(out, schema=schema, orient="row")


def _subjects(used: pl.DataFrame) -> Iterable[tuple[str, str, int, int, list[TimePoint]]]:
    """Subject, number of the first row, how many count for the best response, and the time points in order of day."""
    groups = used.group_by(KEYS, maintain_order=True).agg(
        "DAY", "AVALC", pl.col("ROW").first(), pl.col("COUNTS").cast(pl.Int64).sum()
    )
    for study, subject, days, values, start, counts in groups.iter_rows():
        yield study, subject, start, counts, [TimePoint(d, Response(v)) for d, v in zip(days, values, strict=True)]


def _measurable(source: Source, adsl: pl.DataFrame, assessor: Assessor, readers: pl.DataFrame) -> pl.DataFrame | None:
    """Whether the reader that counts had a target lesion at baseline: as measured, else as identified in TU."""
    own = readers.filter("ACCEPTED", pl.col("ASSESSOR") == assessor.value, pl.col("NTARGET").is_not_null())
    measured = own.select(*KEYS, MEASURED=pl.when(pl.col("NTARGET") > 0).then(pl.lit("Y")).otherwise(pl.lit("N")))
    table = _identified(source, adsl, assessor)
    if table is None and measured.is_empty():
        return None
    table = adsl.select(KEYS) if table is None else table
    table = table.join(measured, on=KEYS, how="left", maintain_order="left")
    seen = (
        pl.coalesce("MEASURED", "AVALC", pl.lit("N"))
        if "AVALC" in table.columns
        else pl.coalesce("MEASURED", pl.lit("N"))
    )
    return table.select(*KEYS, PARAMCD=pl.lit("MDIS"), AVALC=seen, ANL01FL=pl.lit("Y"))


def _identified(source: Source, adsl: pl.DataFrame, assessor: Assessor) -> pl.DataFrame | None:
    """Whether the assessor identified a target lesion; the lesions of RS2 are in TU2 where there is one."""
    beside = f"TU{reading_source(source, assessor).dataset[2:]}"
    name = beside if source.has(beside, "TUSTRESC") else "TU"
    if not source.has(name, "TUSTRESC"):
        return None
    frame = source.rows(name, {"TUSTRESC": ["TARGET"]}, ["TUEVAL"])
    if source.has(name, "TUEVAL"):
        frame = frame.filter(pl.col("TUEVAL") == ASSESSORS[assessor])
    seen = frame.select(KEYS).unique().with_columns(AVALC=pl.lit("Y"))
    return adsl.select(KEYS).join(seen, on=KEYS, how="left", maintain_order="left")


def _death(adsl: pl.DataFrame) -> pl.DataFrame:
    return adsl.select(
        *KEYS,
        PARAMCD=pl.lit("DEATH"),
        AVALC="DTHFL",
        ADT="DTHDT",
        ADTF="DTHDTF",
        ANL01FL=pl.lit("Y"),
        ASSESSOR=pl.lit(None, dtype=pl.String),
    )


def _assemble(parts: list[pl.DataFrame], adsl: pl.DataFrame) -> pl.DataFrame:
    schema = {**dict.fromkeys([*KEYS, "PARAMCD", "ASSESSOR", "ANL01FL"], pl.String), **_FACT}
    if not parts:
        table = pl.DataFrame(schema=schema)
    else:
        whole = [
            part.select((pl.col(c) if c in part.columns else pl.lit(None)).cast(t).alias(c) for c, t in schema.items())
            for part in parts
        ]
        table = pl.concat(whole)
    table = table.join(adsl.select(*KEYS, "RANDDT"), on=KEYS, how="left", maintain_order="left")
    days = (pl.col("ADT") - pl.col("RANDDT")).dt.total_days()
    names = pl.col("PARAMCD").replace_strict(_PARAMS, default=None, return_dtype=pl.String)
    by = pl.col("ASSESSOR").replace_strict({k.value: v for k, v in _BY.items()}, default="", return_dtype=pl.String)
    order = {code: place for place, code in enumerate(_PARAMS)}
    return (
        table.with_columns(
            PARAM=names.str.replace("{}", by, literal=True),
            ADY=(days + (days >= 0).cast(pl.Int64)).cast(pl.Int32),
            AVAL=pl.col("AVALC").replace_strict(_VALUES, default=None, return_dtype=pl.Float64),
            ORDER=pl.col("PARAMCD").replace_strict(order, return_dtype=pl.Int32),
        )
        .sort([*KEYS, "ASSESSOR", "ORDER", "ADT", "AVISITN", "RSSEQ", "AVALC"], nulls_last=True)
        .select(_COLUMNS)
    )
