"""ADTTE: every time to event, under its primary and its sensitivity rule sets.

AVAL = ADT - STARTDT + 1 in days, so that an event on the day of origin has 1 (``day_count: exclusive`` leaves out the
1). There is one event or one censoring date per subject and rule set: ``criteria.censor`` decides where progression
is an event, ``_outcomes_without_scans`` elsewhere.
"""

from collections.abc import Collection
from dataclasses import replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from equipoise.criteria import (
    NEVER,
    REASON_WORDS,
    RULES,
    Cause,
    CensorOptions,
    CensorReason,
    Histories,
    Outcomes,
    Rules,
    censor,
    progression_interval,
)
from equipoise.derive.histories import days, histories, schedule
from equipoise.derive.origins import analyzed
from equipoise.derive.readings import assessor_of
from equipoise.derive.rebased import Measured
from equipoise.derive.second_progression import second_progression
from equipoise.derive.source import KEYS, Source
from equipoise.derive.tte_sources import CENSOR_PLACES, days_as_dates, label_rows, with_sources
from equipoise.protocol import Endpoint
from equipoise.terms import DateName, EventSource, RuleSet

__all__ = ["derive_adtte"]

_COLUMNS = [
    *("STUDYID", "USUBJID", "PARAMCD", "PARAM", "ENDPT", "RULESET", "PRIMFL", "STARTDT", "ADT", "AVAL", "CNSR"),
    *("EVNTDESC", "CNSDTDSC", "CNSREAS", "SRCDOM", "SRCVAR", "SRCSEQ", "AVALLO", "AVALHI"),
]
_ALIVE = "Alive at the data cut-off"
_UNDATED = "Died on an unknown date, censored when last known alive"
_TYPES = {
    **dict.fromkeys(_COLUMNS, pl.String),
    **dict.fromkeys(("STARTDT", "ADT"), pl.Date),
    **dict.fromkeys(("AVAL", "CNSR", "AVALLO", "AVALHI"), pl.Int32),
    "SRCSEQ": pl.Int64,
}


def derive_adtte(
    source: Source,
    subjects: pl.DataFrame,
    adae: pl.DataFrame | None,
    measured: Measured,
    wanted: Collection[str] | None = None,
) -> pl.DataFrame:
    """Derive times to event.

    Parameters
    ----------
    subjects
        Subject-level table with the sources of death (``adsl.Subjects.table``).
    adae
        Adverse events, for endpoints that are one.
    measured
        Readings by assessor, and what those that begin anew are made of.
    wanted
        Endpoints; all unless given.
    """
    parts: list[pl.DataFrame] = []
    endpoints = source.protocol.endpoints
    chosen = {name: endpoints[name] for name in endpoints if wanted is None or name in wanted}
    needed = {*chosen, *(endpoint.reverse_of for endpoint in chosen.values())}
    for name, endpoint in endpoints.items():
        if endpoint.kind == "time_to_event" and endpoint.reverse_of is None and name in needed:
            table = analyzed(source, endpoint, subjects, adae, measured.responses)
            parts += _endpoint(source, name, endpoint, table, measured)
    table = pl.concat(parts) if parts else pl.DataFrame(schema=_TYPES)
    reversed_parts = [
        _reverse(table, name, endpoint) for name, endpoint in chosen.items() if endpoint.reverse_of is not None
    ]
    table = pl.concat([table, *reversed_parts]).filter(pl.col("ENDPT").is_in(list(chosen)))
    order = {name: place for place, name in enumerate(endpoints)}
    place = pl.col("ENDPT").replace_strict(order, default=None, return_dtype=pl.Int32)
    table = table.with_columns(_O=place, _P=pl.col("PRIMFL").is_null()).sort([*KEYS, "_O", "_P", "RULESET"])
    if source.protocol.conventions.censor_codes == "binary" and table.height:
        table = table.with_columns(CNSR=(pl.col("CNSR") > 0).cast(pl.Int32))
    return table.select(_COLUMNS)


def _endpoint(
    source: Source, name: str, endpoint: Endpoint, table: pl.DataFrame, measured: Measured
) -> list[pl.DataFrame]:
    """Rows of one endpoint, a frame per rule set."""
    if table.is_empty():
        return []
    if EventSource.SECOND_PROGRESSION in endpoint.events:
        again = second_progression(source, endpoint, table, measured)
        table = table.hstack(again.drop(KEYS).rename({c: f"PD2{c}" for c in again.columns if c not in KEYS}))
    past, readings = histories(source, endpoint, table, measured)
    if EventSource.RESPONSE in endpoint.events and endpoint.assessor is not None:
        readings = measured.responses.get(endpoint.assessor)
    past = _after_origin(past)
    rule_sets = [endpoint.rule_set, *(r for r in endpoint.sensitivity if r is not endpoint.rule_set)]
    labeled = with_sources(source, endpoint, table)
    parts = []
    for rule_set in rule_sets:
        outcomes, place = _outcomes(source, endpoint, table, past, rule_set)
        outcomes, place = _completed(endpoint, table, (outcomes, place))
        bounds = None
        if rule_set is RuleSet.I:
            outcomes, bounds = _inside_interval(past, outcomes)
        rows = label_rows(endpoint, labeled, (outcomes, place), readings)
        parts.append(_finish(name, endpoint, rows, rule_set, bounds))
    return parts


def _completed(
    endpoint: Endpoint, table: pl.DataFrame, found: tuple[Outcomes, NDArray[np.int64]]
) -> tuple[Outcomes, NDArray[np.int64]]:
    """End observation where treatment was completed as planned, if its stop is an event: nothing has failed."""
    if EventSource.TREATMENT_STOP not in endpoint.events:
        return found
    outcomes, place = found
    completed = table.select(DATE=pl.when(pl.col("EOTSTT") == "COMPLETED").then("EOTDT"))
    end = days(completed, "DATE")
    ended = (end < NEVER) & (end >= days(table, "ORIGIN")) & (end < outcomes.day)
    reason = np.where(ended, CensorReason.ONGOING, outcomes.reason)
    return replace(
        outcomes,
        event=outcomes.event & ~ended,
        day=np.where(ended, end, outcomes.day),
        source_day=np.where(ended, end, outcomes.source_day),
        reason=reason,
        cause=np.where(ended, Cause.ORIGIN, outcomes.cause),
    ), np.where(ended, CENSOR_PLACES.index("completed"), place)


Bounds = tuple[NDArray[np.int64], NDArray[np.int64]]


def _inside_interval(past: Histories, outcomes: Outcomes) -> tuple[Outcomes, Bounds]:
    """Place progression in the middle of (last day known without, first day known with it], half days upward.

    Other events keep their exact day; a censored subject has no upper bound.
    """
    low, high = progression_interval(past)
    inside = outcomes.event & (outcomes.cause == Cause.PROGRESSION)
    exact = outcomes.event & ~inside
    day = np.where(inside, low + (high - low + 1) // 2, outcomes.day)
    low = np.where(exact, outcomes.day, low)
    low = np.where(outcomes.event, low, outcomes.day)
    high = np.where(outcomes.event, np.where(exact, outcomes.day, high), NEVER)
    return replace(outcomes, day=day), (low, high)


def _after_origin(past: Histories) -> Histories:
    """Things dated before the origin are no events."""
    names = ("death", "new_therapy", "clinical_progression", "treatment_stop", "other_event")
    kept = {n: np.where(getattr(past, n) < past.origin, NEVER, getattr(past, n)) for n in names}
    return replace(past, **kept)


def _outcomes(
    source: Source, endpoint: Endpoint, table: pl.DataFrame, past: Histories, rule_set: RuleSet
) -> tuple[Outcomes, NDArray[np.int64]]:
    """Outcomes and the place of censoring (index in ``CENSOR_PLACES``)."""
    if assessor_of(endpoint) is None:
        return _outcomes_without_scans(endpoint, table, past)
    options = CensorOptions(
        missed_rule=endpoint.missed_visits.rule,
        missed_count=endpoint.missed_visits.count,
        stop_for_toxicity=endpoint.stop_for_toxicity,
        early_death=endpoint.early_death,
    )
    facts = np.concatenate(
        [past.reading_day, past.death, past.new_therapy, past.clinical_progression, past.other_event]
    )
    last_day = int(facts[facts < NEVER].max(initial=int(past.anchor.min())))
    plan = schedule(source, last_day - int(past.anchor.min()) + 1)
    outcomes = censor(past, RULES[rule_set], plan, options)
    place = np.where(
        outcomes.cause == Cause.LAST_ASSESSMENT, CENSOR_PLACES.index("last_assessment"), CENSOR_PLACES.index("origin")
    )
    if endpoint.censor_at in (None, "last_assessment"):
        return outcomes, place
    return _censored_at(endpoint, table, past, RULES[rule_set], (outcomes, place))


def _outcomes_without_scans(
    endpoint: Endpoint, table: pl.DataFrame, past: Histories
) -> tuple[Outcomes, NDArray[np.int64]]:
    """First event, else the place of censoring; what ends observation (last dose, end of study) hides later events."""
    event_day = np.minimum(past.death, past.other_event)
    where = endpoint.censor_at or "last_alive"
    if where == "last_assessment":  # nobody reads scans for this endpoint
        where = "last_alive"
    end, place = _censor_days(where, table, past.origin)
    happened = event_day < NEVER
    if where in ("last_dose", "end_of_study"):
        happened &= event_day <= end
    cause = np.where(past.other_event <= past.death, Cause.OTHER, Cause.DEATH)
    reason = np.where(happened, 0, np.where(past.left_study, CensorReason.LEFT_STUDY, CensorReason.ONGOING))
    day = np.where(happened, event_day, end)
    return Outcomes(event=happened, day=day, reason=reason, cause=np.where(happened, cause, 0), source_day=day), place


def _censored_at(
    endpoint: Endpoint,
    table: pl.DataFrame,
    past: Histories,
    rules: Rules,
    censored: tuple[Outcomes, NDArray[np.int64]],
) -> tuple[Outcomes, NDArray[np.int64]]:
    """Move subjects without any event, whose observation no other rule ended, to the protocol's place of censoring."""
    outcomes, place = censored
    end, other = _censor_days(endpoint.censor_at or "last_alive", table, past.origin)
    followed = np.isin(outcomes.reason, (CensorReason.NO_ASSESSMENT, CensorReason.LEFT_STUDY, CensorReason.ONGOING))
    moved = ~outcomes.event & followed & ~_ended(endpoint, past, rules)
    day = np.where(moved, end, outcomes.day)
    source_day = np.where(moved, end, outcomes.source_day)
    return replace(outcomes, day=day, source_day=source_day), np.where(moved, other, place)


def _ended(endpoint: Endpoint, past: Histories, rules: Rules) -> NDArray[np.bool_]:
    """Whether there was an event, counted or not, or new therapy or a stop of treatment that ends observation."""
    days = [progression_interval(past)[1], past.other_event]
    if rules.clinical_progression == "event":
        days.append(past.clinical_progression)
    if rules.new_therapy == "censor":
        days.append(past.new_therapy)
        if endpoint.stop_for_toxicity == "censor":
            days.append(past.treatment_stop)
    ended: NDArray[np.bool_] = np.minimum.reduce(days) < NEVER
    return ended


def _censor_days(
    where: str, table: pl.DataFrame, origin: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    variable = {
        "last_alive": "LSTALVDT",
        "last_dose": "TRTEDT",
        "end_of_study": "EOSDT",
        "last_assessment": "LSTALVDT",
    }[where]
    day = days(table, variable)
    if variable == "EOSDT":  # still in the study: the end is the last day on which the subject was seen
        day = np.where(day == NEVER, days(table, "LSTALVDT"), day)
    known = (day < NEVER) & (day > origin)
    place = np.where(known, CENSOR_PLACES.index(where), CENSOR_PLACES.index("origin"))
    return np.where(known, day, origin), place


def _finish(
    name: str, endpoint: Endpoint, rows: pl.DataFrame, rule_set: RuleSet, bounds: Bounds | None
) -> pl.DataFrame:
    """Add names, AVAL and the reason in words."""
    primary = rule_set is endpoint.rule_set
    words = {int(code): text for code, text in REASON_WORDS.items()}
    if endpoint.events == (EventSource.DEATH,):
        words[int(CensorReason.ONGOING)] = _ALIVE
    if endpoint.origin is DateName.FIRST_RESPONSE:
        words[int(CensorReason.NO_ASSESSMENT)] = "No adequate assessment after the first response"
    inclusive = 1 if endpoint.day_count == "inclusive" else 0
    low, high = (days_as_dates(b) for b in bounds) if bounds is not None else (None, None)
    sides = {"AVALLO": low, "AVALHI": high}
    rows = rows.with_columns(
        pl.lit(None, dtype=pl.Date).alias(c) if b is None else b.alias(c) for c, b in sides.items()
    )
    reason = pl.col("CNSR").replace_strict(words, default=None, return_dtype=pl.String)
    return rows.with_columns(
        PARAMCD=pl.lit(endpoint.paramcd if primary else f"{endpoint.paramcd}{rule_set.value}"),
        PARAM=pl.lit(endpoint.label if primary else f"{endpoint.label} (rule set {rule_set.value})"),
        ENDPT=pl.lit(name),
        RULESET=pl.lit(rule_set.value),
        PRIMFL=pl.lit("Y" if primary else None, dtype=pl.String),
        STARTDT="ORIGIN",
        AVAL=((pl.col("ADT") - pl.col("ORIGIN")).dt.total_days() + inclusive).cast(pl.Int32),
        CNSREAS=pl.when((pl.col("DTHFL") == "Y") & pl.col("DTHDT").is_null() & (reason == _ALIVE))
        .then(pl.lit(_UNDATED))
        .otherwise(reason),
        **{c: ((pl.col(c) - pl.col("ORIGIN")).dt.total_days() + inclusive).cast(pl.Int32) for c in sides},
    ).select(_COLUMNS)


def _reverse(table: pl.DataFrame, name: str, endpoint: Endpoint) -> pl.DataFrame:
    """Follow-up: events and censorings of the other endpoint change places."""
    rows = table.filter(pl.col("ENDPT") == endpoint.reverse_of, pl.col("PRIMFL") == "Y")
    was_event = pl.col("CNSR") == 0
    return rows.with_columns(
        PARAMCD=pl.lit(endpoint.paramcd),
        PARAM=pl.lit(endpoint.label),
        ENDPT=pl.lit(name),
        CNSR=was_event.cast(pl.Int32),
        EVNTDESC=pl.when(~was_event).then(pl.lit("End of follow-up")),
        CNSDTDSC=pl.when(was_event).then(pl.col("EVNTDESC")),
        CNSREAS=pl.when(was_event).then(pl.col("EVNTDESC")),
        AVALLO=pl.lit(None, dtype=pl.Int32),
        AVALHI=pl.lit(None, dtype=pl.Int32),
    )
