"""Slips of the pen that are corrected, and questions of the data manager."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from equipoise.rehearsal.model.incidents import IncidentModel
from equipoise.rehearsal.safety_records import REVISED
from equipoise.rehearsal.timeline import DAY, NEVER, Timeline, chosen, named_slot, numbered

__all__ = ["corrected_contacts", "corrected_events", "queries"]

Records = Mapping[str, pl.DataFrame]

_LATE = 20 * 3600 + 1800
"""Seconds of the day: after everything else of the day."""
_WAYS = ("letter", "relative", "physician")
_RELATIONS = ("not related", "unlikely", "possible", "probable", "definite")


def corrected_events(model: IncidentModel, times: Timeline, records: Records) -> pl.DataFrame:
    """Correct the relation to treatment of events that are not serious."""
    events = records.get("adverse_event_recorded")
    if events is None or events.is_empty():
        return pl.DataFrame(schema=REVISED)
    rows = times.rows_of(events)
    place = np.minimum(events["NTH"].to_numpy().astype(np.int64), 4095)
    chance = times.draws.pairs(named_slot("safety", "correction of events", 4096), rows, place)
    old = pl.Series(_RELATIONS).gather(pl.Series(chosen(chance[:, 1], (1.0,) * len(_RELATIONS))))
    ends = events["AT"].to_numpy() // DAY
    if "end" in events.columns:
        end = events["end"].str.to_date("%Y-%m-%d", strict=False).cast(pl.Int32).cast(pl.Int64).fill_null(0).to_numpy()
        ends = np.maximum(ends, end)
    at = (ends + 25) * DAY + _LATE + 20 * 60
    good = pl.Series((chance[:, 0] < model.recorded.corrected) & (at // DAY < times.closed[rows]))
    table = events.select("TRIAL", "PATIENT", "NTH", "related", "serious").with_columns(
        AT=pl.Series(at), OLD=pl.format('"{}"', old), KIND=pl.lit("adverse_event_recorded"), GOOD=good,
        HOW=pl.lit("corrected"), FIELD=pl.lit("related"), NEW=pl.format('"{}"', "related"),
    )  # fmt: skip
    table = table.filter(pl.col("GOOD") & ~pl.col("serious") & (pl.col("OLD") != pl.col("NEW")))
    return table.select(pl.col(name).cast(dtype) for name, dtype in REVISED.items())


def corrected_contacts(model: IncidentModel, times: Timeline, records: Records) -> pl.DataFrame:
    """Correct how something is known of a patient."""
    contacts = records.get("contact_recorded")
    if contacts is None or contacts.is_empty():
        return pl.DataFrame(schema=REVISED)
    rows = times.rows_of(contacts)
    place = np.minimum(contacts["NTH"].to_numpy().astype(np.int64), 4095)
    chance = times.draws.pairs(named_slot("safety", "correction of contacts", 4096), rows, place)
    old = pl.Series(_WAYS).gather(pl.Series(chosen(chance[:, 1], (1.0,) * len(_WAYS))))
    at = contacts["AT"].to_numpy() + 300
    table = contacts.select("TRIAL", "PATIENT", "NTH", "how").with_columns(
        AT=pl.Series(at), OLD=pl.format('"{}"', old), NEW=pl.format('"{}"', "how"), KIND=pl.lit("contact_recorded"),
        HOW=pl.lit("corrected"), FIELD=pl.lit("how"), GOOD=pl.Series(chance[:, 0] < model.recorded.corrected),
    )  # fmt: skip
    table = table.filter(pl.col("GOOD") & (pl.col("OLD") != pl.col("NEW")))
    return table.select(pl.col(name).cast(dtype) for name, dtype in REVISED.items())


def queries(model: IncidentModel, times: Timeline, records: Records) -> dict[str, pl.DataFrame]:
    """Queries about adverse events that were recorded before any unblinding: asked, answered, closed."""
    events = records.get("adverse_event_recorded")
    if events is None or events.is_empty():
        return {}
    rows = times.rows_of(events)
    place = np.minimum(events["NTH"].to_numpy().astype(np.int64), 4095)
    chance = times.draws.at(named_slot("safety", "queries", 4096), rows, place)
    opened = np.full(len(times), NEVER * DAY)
    for kind in ("unblinded", "code_broken"):
        if kind in records:
            np.minimum.at(opened, times.rows_of(records[kind]), records[kind]["AT"].to_numpy())
    asked = (events["AT"].to_numpy() // DAY + 10) * DAY + _LATE + 30 * 60
    good = (chance < model.recorded.queried) & (asked < opened[rows])
    good &= asked // DAY + 20 < times.closed[rows]
    table = events.select("TRIAL", "PATIENT", of=pl.format("AE-{}", pl.col("NTH") + 1)).with_columns(
        AT=pl.Series(asked)
    )
    table = numbered(table.filter(pl.Series(good)))
    name = pl.format("Q-{}", pl.col("NTH") + 1)
    query = table.with_columns(query=name).drop("of")
    return {
        "query_opened": table.with_columns(field=pl.lit("end"), text=pl.lit("Has the event ended?")),
        "query_answered": numbered(
            query.with_columns(pl.col("AT") + 8 * DAY, text=pl.lit("It is recorded as it was."))
        ),
        "query_closed": numbered(query.with_columns(pl.col("AT") + 12 * DAY + 60)),
    }
