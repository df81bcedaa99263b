"""Who is analyzed for an endpoint, and the day on which time begins."""

import polars as pl

from equipoise.criteria import TimePoint, first_response
from equipoise.derive.adrs import Responses
from equipoise.derive.readings import assessor_of
from equipoise.derive.response_rules import response_rules
from equipoise.derive.source import KEYS, Source, match
from equipoise.protocol import Endpoint, population_flag
from equipoise.terms import Assessor, DateName, EventSource, Response

__all__ = ["ORIGIN_VARIABLES", "analyzed"]

ORIGIN_VARIABLES = {
    DateName.CONSENT: "RFICDT",
    DateName.REGISTRATION: "REGDT",
    DateName.RANDOMIZATION: "RANDDT",
    DateName.FIRST_DOSE: "TRTSDT",
    DateName.LAST_DOSE: "TRTEDT",
    DateName.FIRST_CROSSOVER_DOSE: "TR02SDT",
    DateName.DEATH: "DTHDT",
    DateName.LAST_ALIVE: "LSTALVDT",
}
"""Variable of each origin; the first response comes from the readings."""


def analyzed(
    source: Source, endpoint: Endpoint, subjects: pl.DataFrame, adae: pl.DataFrame | None, responses: Responses
) -> pl.DataFrame:
    """Randomized subjects of the endpoint's population who have its ORIGIN, with AEDT and AESEQ of an adverse event.

    Of a time to response the responders alone, with the day of their first response in RSPDATE.
    """
    table = subjects.filter(pl.col("RANDFL") == "Y")
    if endpoint.population is not None:
        table = table.filter(pl.col(population_flag(endpoint.population)) == "Y")
    if endpoint.origin is DateName.FIRST_RESPONSE:
        first = _responders(source, endpoint, table, responses)
        table = table.join(first, on=KEYS, how="inner", maintain_order="left")
    else:
        table = table.with_columns(ORIGIN=pl.col(ORIGIN_VARIABLES[endpoint.origin]))
    if EventSource.RESPONSE in endpoint.events:
        first = _responders(source, endpoint, table, responses).rename({"ORIGIN": "RSPDATE"})
        table = table.join(first, on=KEYS, how="inner", maintain_order="left")
    table = table.filter(pl.col("ORIGIN").is_not_null()).sort(KEYS)
    if EventSource.ADVERSE_EVENT in endpoint.events and adae is not None:
        return table.join(_first_adverse_event(endpoint, table, adae), on=KEYS, how="left", maintain_order="left")
    return table.with_columns(AEDT=pl.lit(None, dtype=pl.Date), AESEQ=pl.lit(None, dtype=pl.Int64))


def _responders(source: Source, endpoint: Endpoint, table: pl.DataFrame, responses: Responses) -> pl.DataFrame:
    """Day of the first response per responder."""
    rows = responses.get(endpoint.assessor or assessor_of(endpoint) or Assessor.CENTRAL)
    found: list[tuple[str, str, object]] = []
    if rows is not None:
        rules = response_rules(source.protocol, confirmed=endpoint.confirmed)
        used = rows.filter(pl.col("COUNTS") & pl.col("EXACT")).join(table.select(*KEYS, "RANDDT"), on=KEYS)
        used = used.with_columns(DAY=(pl.col("ADT") - pl.col("RANDDT")).dt.total_days()).sort([*KEYS, "ADT"])
        groups = used.group_by(KEYS, maintain_order=True).agg("DAY", "AVALC", "ADT")
        for study, subject, day, value, date in groups.iter_rows():
            points = [TimePoint(d, Response(v)) for d, v in zip(day, value, strict=True)]
            index = first_response(points, rules)
            if index is not None:
                found.append((study, subject, date[index]))
    return pl.DataFrame(found, schema={**dict.fromkeys(KEYS, pl.String), "ORIGIN": pl.Date}, orient="row")


def _first_adverse_event(endpoint: Endpoint, table: pl.DataFrame, adae: pl.DataFrame) -> pl.DataFrame:
    """First onset of a matching adverse event on or after the origin."""
    rows = adae.filter(match(endpoint.adverse_event)).join(table.select(*KEYS, "ORIGIN"), on=KEYS)
    rows = rows.filter(pl.col("ASTDT") >= pl.col("ORIGIN")).sort([*KEYS, "ASTDT", "AESEQ"], nulls_last=True)
    first = rows.unique(KEYS, keep="first", maintain_order=True)
    return first.select(*KEYS, AEDT="ASTDT", AESEQ=pl.col("AESEQ").cast(pl.Int64, strict=False))
