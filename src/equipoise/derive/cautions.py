"""What looks wrong with a trial as a whole: each at most one finding, with how many subjects it concerns."""

from typing import Literal

import polars as pl

from equipoise.cdisc import Finding
from equipoise.derive.adrs import Responses
from equipoise.derive.readings import assessor_of
from equipoise.derive.source import KEYS, Source
from equipoise.terms import Assessor

__all__ = ["cautions"]

_MANY = 0.1
"""Share of subjects without any assessment from which it is told."""


def cautions(source: Source, adsl: pl.DataFrame, responses: Responses) -> list[Finding]:
    """Findings about the trial as a whole."""
    return [
        *_sites(source),
        *_adverse_events(source, adsl),
        *_last_contact(adsl),
        *_without_assessment(source, adsl, responses),
    ]


def _finding(severity: Literal["warning", "note"], code: str, dataset: str, variable: str, **text: str) -> Finding:
    return Finding(severity=severity, code=code, dataset=dataset, row_key="", variable=variable, **text)


def _sites(source: Source) -> list[Finding]:
    if source.has("DM", "SITEID"):
        return []
    text = {"seen": "SITEID not found", "expected": "Add SITEID to DM", "effect": "accrual by site is not done"}
    return [_finding("warning", "variable-absent", "DM", "SITEID", **text)]


def _adverse_events(source: Source, adsl: pl.DataFrame) -> list[Finding]:
    if "AE" not in source.data:
        text = {
            "seen": "AE not found",
            "expected": "the data set AE, if adverse events were collected",
            "effect": "no ADAE; adverse events are not analyzed",
        }
        return [_finding("note", "no-adverse-event-data", "AE", "", **text)]
    treated = adsl.filter(pl.col("TRTSDT").is_not_null()).height
    if source.data["AE"].height:
        return _not_coded(source.data["AE"])
    if not treated:
        return []
    text = {
        "seen": f"no row for any of {treated} treated subjects",
        "expected": "adverse events, or no data set AE where they were not collected",
        "effect": "the tables say that nobody had an adverse event",
    }
    return [_finding("warning", "adverse-events-empty", "AE", "", **text)]


def _not_coded(events: pl.DataFrame) -> list[Finding]:
    name = next((column for column in ("AEBODSYS", "AESOC") if column in events.columns), None)
    if name is None:
        return []
    system = pl.col(name).cast(pl.String).str.strip_chars().str.to_uppercase()
    left = events.filter(system.is_null() | system.is_in(["", "NOT CODED", "UNCODED"]))
    if left.is_empty():
        return []
    terms = left["AETERM" if "AETERM" in left.columns else "AEDECOD"].drop_nulls().unique().sort()
    seen = f"{left.height} of {events.height} adverse events without a system organ class"
    text = {
        "seen": f"{seen}, for example {terms[0]!r}" if terms.len() else seen,
        "expected": "preferred term and system organ class of the trial's dictionary",
        "effect": "they stand under their own words, in a class of their own",
    }
    return [_finding("warning", "adverse-events-not-coded", "AE", name, **text)]


def _last_contact(adsl: pl.DataFrame) -> list[Finding]:
    lost = pl.col("DCSREAS").str.to_uppercase().str.contains("LOST", literal=True)
    late = adsl.filter(lost & (pl.col("EOSDT") > pl.col("LSTALVDT"))).sort(KEYS)
    if late.is_empty():
        return []
    first = late.row(0, named=True)
    word = "subject" if late.height == 1 else "subjects"
    text = {
        "seen": f"{late.height} {word} lost to follow-up on a day after they were last known alive, for example "
        f"{first['USUBJID']}: {first['EOSDT']}, last known alive {first['LSTALVDT']}",
        "expected": "the last contact as a dated row of SV or SS, or of a domain that data.proof_of_life names",
        "effect": "they are censored when last known alive: the day of being declared lost proves no life",
    }
    return [_finding("warning", "lost-after-last-contact", "DS", "DSSTDTC", **text)]


def _without_assessment(source: Source, adsl: pl.DataFrame, responses: Responses) -> list[Finding]:
    findings = []
    randomized = adsl.filter(pl.col("RANDFL") == "Y").select(KEYS)
    endpoints: dict[Assessor, list[str]] = {}
    for name, endpoint in source.protocol.endpoints.items():
        assessor = assessor_of(endpoint)
        if endpoint.kind == "time_to_event" and endpoint.reverse_of is None and assessor is not None:
            endpoints.setdefault(assessor, []).append(name)
    for assessor, names in endpoints.items():
        rows = responses.get(assessor)
        without = randomized
        if rows is not None:
            without = randomized.join(rows.filter("USED").select(KEYS), on=KEYS, how="anti")
        if without.height < 2 or without.height < _MANY * randomized.height:
            continue
        text = {
            "seen": f"{without.height} of {randomized.height} randomized subjects have no {assessor.value} assessment",
            "expected": f"assessments after randomization for {', '.join(names)}",
            "effect": "without event they are censored on the day of origin, unless censor_at says otherwise",
        }
        findings.append(_finding("warning", "without-assessment", "ADRS", "AVALC", **text))
    return findings
