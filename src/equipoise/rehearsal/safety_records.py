"""Records of adverse events: as they stand in the end, what was said first, reports of serious events.

A site records an event when it hears of it. One that has not ended by then is brought up to date later: the frame of
revisions holds what the first record said.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import ndtri

from equipoise.rehearsal.model.safety import RELATED, UNRELATED, SafetyModel
from equipoise.rehearsal.safety import ACTIONS, Events
from equipoise.rehearsal.timeline import DAY, NEVER, Timeline, as_dates, at_work, named_slot, numbered

__all__ = ["REVISED", "SafetyRecords", "safety_records"]

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

REVISED = {
    "TRIAL": pl.Int32(),
    "PATIENT": pl.Int32(),
    "AT": pl.Int64(),
    "KIND": pl.String(),
    "NTH": pl.Int32(),
    "HOW": pl.String(),
    "FIELD": pl.String(),
    "OLD": pl.String(),
    "NEW": pl.String(),
}
"""Columns of revisions: the record (KIND, NTH) that is revised AT a time, HOW (updated: the event goes on and is
brought up to date; corrected: it was entered wrongly), the field, and its values as JSON. The record frames hold the
new values."""

_HOUR = 3600


@dataclass(frozen=True, slots=True, eq=False)
class SafetyRecords:
    """What was recorded about adverse events."""

    records: dict[str, pl.DataFrame]
    """adverse_event_recorded, serious_event_reported, safety_unblinded."""
    revised: pl.DataFrame
    """Updates, as `REVISED` says."""


def safety_records(model: SafetyModel, times: Timeline, events: Events) -> SafetyRecords:
    """Write adverse events as records.

    Parameters
    ----------
    model
        Words and delays.
    times
        Days of the patients.
    events
        What happened.

    Returns
    -------
    SafetyRecords
        Records are numbered (NTH from 0) in the order in which they are made; nothing is recorded after the last day
        on which anything is recorded of the patient. Serious events are recorded when the site is aware of them.
    """
    chance = _chance(times, events)
    aware, entered = _entered(model, times, events, chance)
    hours = model.report_hours * np.exp(model.report_spread * ndtri(chance[:, 2]))
    frame = _events(model, times, events).with_columns(
        AT=pl.Series(entered), AWARE=pl.Series(aware), HOURS=pl.Series(hours), LATE=pl.Series(chance[:, 3])
    )
    frame = numbered(frame)
    recorded = frame.drop("ROW", "AWARE", "HOURS", "LATE", "END", "LISTED", "CLOSED")
    reports = _reports(frame.filter("serious"))
    looked_up = _looked_up(model, frame)
    records = {"adverse_event_recorded": recorded, "serious_event_reported": reports, "safety_unblinded": looked_up}
    return SafetyRecords(records=records, revised=_updates(frame))


def _chance(times: Timeline, events: Events) -> Floats:
    """Four uniforms an event, by patient, term and onset, so that no event changes those of another."""
    slot = named_slot("safety", "records of events", 4096)
    day = events.onset - times.randomized[events.row]
    place = (events.term * 37 + day) % 2048
    parts = [times.draws.pairs(slot, events.row, 2 * place + j) for j in (0, 1)]
    return np.concatenate(parts, axis=1)


def _entered(model: SafetyModel, times: Timeline, events: Events, chance: Floats) -> tuple[Integers, Integers]:
    """When the site was aware of each event and when it recorded it, in seconds."""
    mean = np.where(events.serious, model.aware_days, model.noticed_days)
    start = np.where(events.grade == 5, events.end, events.onset)
    day = start + np.floor(-np.log(chance[:, 0]) * mean).astype(np.int64)
    day = np.minimum(day, times.closed[events.row])
    aware = at_work(day, chance[:, 1])
    return aware, aware + np.where(events.serious, 0.5 * _HOUR, 0).astype(np.int64)


def _events(model: SafetyModel, times: Timeline, events: Events) -> pl.DataFrame:
    """The events as they stand in the end."""
    fatal = model.fatal
    terms = [t.term for t in model.terms.values()] + list(fatal.terms)
    systems = [t.body_system for t in model.terms.values()] + [fatal.body_systems[name] for name in fatal.terms]
    listed = [t.listed for t in model.terms.values()] + [False] * len(fatal.terms)
    words = (*UNRELATED, *RELATED)
    place = pl.Series(events.term)
    died, open_ = pl.col("grade") == 5, pl.col("END") >= NEVER
    onset = as_dates(events.onset).dt.to_string("%Y-%m-%d")
    month = onset.str.slice(0, 7)
    partial = pl.Series(events.partial & _alone(events, month))
    table = pl.DataFrame({
        **times.keys(events.row),
        "ROW": events.row,
        "term": pl.Series(_reported(model, events)),
        "code": pl.Series(terms).gather(place),
        "body_system": pl.Series(systems).gather(place),
        "grade": pl.Series(events.grade, dtype=pl.Int64),
        "END": events.end,
        "CLOSED": times.closed[events.row],
        "LISTED": pl.Series(listed).gather(place),
        "related": pl.Series(words).gather(pl.Series(events.related)),
        "action": pl.Series(ACTIONS).gather(pl.Series(events.action)),
        "serious": events.serious,
        "life": events.life_threatening,
        "sequelae": events.sequelae,
    })  # fmt: skip
    end = as_dates(events.end).dt.to_string("%Y-%m-%d")
    outcome = (
        pl.when(died).then(pl.lit("fatal")).when(open_).then(pl.lit("not recovered"))
        .when("sequelae").then(pl.lit("recovered with sequelae")).otherwise(pl.lit("recovered"))
    )  # fmt: skip
    criterion = pl.when(died).then(pl.lit("death")).when("life").then(pl.lit("life-threatening"))
    why: pl.Expr = criterion.otherwise(pl.lit("hospitalization"))
    return table.with_columns(
        onset=pl.select(pl.when(partial).then(month).otherwise(onset)).to_series(),
        end=end,
        outcome=outcome,
        criteria=pl.when("serious").then(pl.concat_list(why)),
        expected=pl.when("serious").then(pl.col("LISTED") & (pl.col("grade") < 5)),
    ).drop("life", "sequelae")


def _reported(model: SafetyModel, events: Events) -> list[str]:
    """Words of the site: those of a term in turn, by the day of onset."""
    terms = [t.reported or (t.term,) for t in model.terms.values()] + [(name,) for name in model.fatal.terms]
    sizes = np.array([len(words) for words in terms])
    offsets = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    flat = np.array([word for words in terms for word in words], dtype=object)
    found: list[str] = flat[offsets[events.term] + events.onset % sizes[events.term]].tolist()
    return found


def _alone(events: Events, month: pl.Series) -> NDArray[np.bool_]:
    """Whether no other event of the same patient and term began in the same month."""
    table = pl.DataFrame({"row": events.row, "term": events.term, "month": month})
    return table.select(pl.len().over("row", "term", "month") == 1).to_series().to_numpy()


def _reports(serious: pl.DataFrame) -> pl.DataFrame:
    """Reports of serious events, some of them late."""
    latest = (pl.col("CLOSED") + 1) * DAY - 60
    at = pl.max_horizontal(pl.min_horizontal(pl.col("AWARE") + pl.col("HOURS") * _HOUR, latest), pl.col("AT") + 300)
    table = serious.with_columns(REPORT=at.cast(pl.Int64))
    due = pl.col("AWARE") + DAY
    judged = pl.when(pl.col("related").is_in(RELATED)).then(pl.lit("A reasonable possibility of a causal relation."))
    table = table.select(
        "TRIAL",
        "PATIENT",
        AT="REPORT",
        event=pl.format("AE-{}", pl.col("NTH") + 1),
        aware=_utc(pl.col("AWARE")),
        due=_utc(due),
        late=pl.col("REPORT") > due,
        narrative=pl.format("{} of grade {}, onset {}. Synthetic.", "code", "grade", "onset"),
        causality=judged.otherwise(pl.lit("Another cause is more likely.")),
    )
    return numbered(table)


def _utc(seconds: pl.Expr) -> pl.Expr:
    return (seconds * 1_000_000).cast(pl.Datetime("us")).dt.strftime("%Y-%m-%dT%H:%M:%SZ")


def _looked_up(model: SafetyModel, frame: pl.DataFrame) -> pl.DataFrame:
    """Unblinding by the safety office: of serious, suspected, unexpected events."""
    suspected = pl.col("related").is_in(RELATED)
    wanted = pl.col("serious") & suspected & ~pl.col("expected") & (pl.col("LATE") < model.unblinded_for_safety)
    later = pl.col("AT") + 2 * DAY
    found = frame.filter(wanted & (later < (pl.col("CLOSED") + 1) * DAY))
    table = found.select(
        "TRIAL",
        "PATIENT",
        AT=later,
        event=pl.format("AE-{}", pl.col("NTH") + 1),
        date=(later // DAY).cast(pl.Int32).cast(pl.Date),
    )
    return numbered(table)


def _updates(frame: pl.DataFrame) -> pl.DataFrame:
    """What the first record of an event said that had not ended by then."""
    went_on = (pl.col("END") < NEVER) & (pl.col("END") > pl.col("AT") // DAY) & (pl.col("grade") < 5)
    told = pl.min_horizontal((pl.col("END") + 7) * DAY + 15 * _HOUR, (pl.col("CLOSED") + 1) * DAY - 60)
    later = frame.filter(went_on).with_columns(MADE="AT", AT=told).filter(pl.col("AT") > pl.col("MADE"))
    parts = [
        later.select(
            "TRIAL", "PATIENT", "AT", "NTH",
            KIND=pl.lit("adverse_event_recorded"), HOW=pl.lit("updated"), FIELD=pl.lit(field),
            OLD=pl.lit(old), NEW=pl.format('"{}"', field),
        )
        for field, old in (("end", "null"), ("outcome", '"not recovered"'))
    ]  # fmt: skip
    table = pl.concat(parts).select(pl.col(name).cast(dtype) for name, dtype in REVISED.items())
    return table.sort("TRIAL", "PATIENT", "AT", "NTH", "FIELD")
