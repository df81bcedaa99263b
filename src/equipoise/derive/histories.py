"""The days of each subject that decide an endpoint, as the arrays that the rule sets take."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from equipoise.criteria import NEVER, Histories, Reading, Schedule
from equipoise.derive.disposition import PROGRESSION_TERMS
from equipoise.derive.imputation import add_period
from equipoise.derive.readings import assessor_of
from equipoise.derive.rebased import Measured, new_readings
from equipoise.derive.source import KEYS, Source, domain_code
from equipoise.derive.therapies import clinical_progression, new_therapy
from equipoise.protocol import Endpoint
from equipoise.terms import DateName, EventSource, Response

__all__ = ["days", "histories", "never_treated", "schedule", "stopped_treatment"]


def days(frame: pl.DataFrame, variable: str) -> NDArray[np.int64]:
    """Dates as days since 1970-01-01, NEVER where missing."""
    return frame[variable].cast(pl.Date).to_physical().cast(pl.Int64).fill_null(NEVER).to_numpy().copy()


def schedule(source: Source, last_day: int) -> Schedule:
    """Planned assessments up to a day after the anchor; empty where the protocol has none."""
    plan = source.protocol.visits.tumor_assessment
    if plan is None:
        return Schedule(())
    reach = (
        last_day + 2 * plan.window_days + max([p.every_weeks for p in plan.phases] + [plan.every_weeks or 0]) * 7 + 1
    )
    return Schedule.from_study_days(plan.days(int(reach)), plan.window_days)


def histories(
    source: Source, endpoint: Endpoint, table: pl.DataFrame, measured: Measured
) -> tuple[Histories, pl.DataFrame | None]:
    """Histories of the subjects of ``table`` (ADSL with ORIGIN), in its order, and the readings they come from.

    From the first crossover dose everything begins anew: baseline, nadir and the schedule of assessments.
    """
    n = table.height
    none = np.full(n, NEVER)
    origin = days(table, "ORIGIN")
    plan = source.protocol.visits.tumor_assessment
    anchor = days(table, "TRTSDT" if plan is not None and plan.anchor == "first_dose" else "RANDDT")
    assessor = assessor_of(endpoint)
    readings = measured.responses.get(assessor) if assessor else None
    has_baseline = _has_baseline(source, table) if assessor else np.ones(n, dtype=np.bool_)
    if assessor and readings is not None and endpoint.origin is DateName.FIRST_CROSSOVER_DOSE:
        anchor = origin
        readings, based = new_readings(source, measured, table.select(*KEYS, "RANDDT", START="ORIGIN"), assessor)
        has_baseline = _members(table, based)
    subject, day, kind = _readings(source, table, readings)
    therapy = new_therapy(source, endpoint, table)
    past = Histories(
        origin=origin,
        anchor=np.where(anchor == NEVER, origin, anchor),
        has_baseline=has_baseline,
        reading_subject=subject,
        reading_day=day,
        reading=kind,
        death=days(table, "DTHDT") if EventSource.DEATH in endpoint.events else none,
        new_therapy=days(therapy, "DATE"),
        clinical_progression=days(clinical_progression(source, endpoint, table), "DATE"),
        treatment_stop=_stop(table),
        other_event=_other(endpoint, table, therapy),
        left_study=_left(table),
    )
    return past, readings


def _members(table: pl.DataFrame, some: pl.DataFrame) -> NDArray[np.bool_]:
    """Whether each subject of ``table`` is among some."""
    seen = some.select(KEYS).unique().with_columns(SEEN=pl.lit(True))
    found = table.select(KEYS).join(seen, on=KEYS, how="left", maintain_order="left")
    return found["SEEN"].fill_null(False).to_numpy().copy()


def _readings(
    source: Source, table: pl.DataFrame, rows: pl.DataFrame | None
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Subject, day and kind of the readings that enter times to event.

    A progression without a complete date ends what is known of the subject: later readings do not prove that there
    was none.
    """
    if rows is None:
        empty = np.empty(0, dtype=np.int64)
        return empty, empty, empty
    place = table.select(KEYS).with_row_index("PLACE")
    undated = (
        rows.filter((pl.col("AVALC") == Response.PD) & ~pl.col("EXACT")).group_by(KEYS).agg(END=pl.col("FIRST").min())
    )
    used = rows.filter(pl.col("USED") & pl.col("EXACT")).join(place, on=KEYS).join(undated, on=KEYS, how="left")
    used = used.filter((pl.col("ADT") < pl.col("END")).fill_null(True)).sort("PLACE", "ADT")
    adequate = pl.lit(True) if source.protocol.review.adequate == "any" else pl.col("AVALC") != Response.NE
    kind = (
        pl.when(pl.col("AVALC") == Response.PD)
        .then(int(Reading.PROGRESSION))
        .when(adequate)
        .then(int(Reading.ADEQUATE))
        .otherwise(int(Reading.NOT_ADEQUATE))
    )
    used = used.select(pl.col("PLACE").cast(pl.Int64), "ADT", KIND=kind.cast(pl.Int64))
    return used["PLACE"].to_numpy(), days(used, "ADT"), used["KIND"].to_numpy()


def _has_baseline(source: Source, table: pl.DataFrame) -> NDArray[np.bool_]:
    """Whether a tumor was identified or measured in the baseline window; true for all where no data set tells."""
    plan = source.protocol.visits.tumor_assessment
    parts = []
    for name in sorted(source.data):
        code = domain_code(name)
        if code in ("TU", "TR") and len(name) <= 3 and source.has(name, f"{code}DTC"):
            parts.append(source.data[name].select(*KEYS, TEXT=f"{code}DTC").unique())
    if not parts:
        return np.ones(table.height, dtype=np.bool_)
    anchor = "TRTSDT" if plan is not None and plan.anchor == "first_dose" else "RANDDT"
    window = plan.baseline_window_days if plan is not None else 28
    rows = add_period(pl.concat(parts), "TEXT").join(table.select(*KEYS, ANCHOR=pl.coalesce(anchor, "RANDDT")), on=KEYS)
    earliest = pl.col("ANCHOR") - pl.duration(days=window)
    inside = (pl.col("FIRST") <= pl.col("ANCHOR")) & (pl.col("LAST") >= earliest)
    return _members(table, rows.filter(inside.fill_null(False)))


def _stop(table: pl.DataFrame) -> NDArray[np.int64]:
    """Stop of treatment for another reason than progression or completion."""
    progressed = pl.col("DCTREAS").str.to_uppercase().is_in(PROGRESSION_TERMS).fill_null(False)
    early = (pl.col("EOTSTT") == "DISCONTINUED") & ~progressed
    return days(table.select(DATE=pl.when(early).then(pl.col("EOTDT"))), "DATE")


def stopped_treatment(endpoint: Endpoint) -> pl.Expr:
    """Whether treatment was stopped for good; on the day of a death that is an event itself, the death counts."""
    stopped = pl.col("EOTSTT") == "DISCONTINUED"
    if EventSource.DEATH not in endpoint.events:
        return stopped
    return stopped & (pl.col("EOTDT") != pl.col("DTHDT")).fill_null(True)


def never_treated() -> pl.Expr:
    """Whether a randomized subject had no dose."""
    return pl.col("TRTSDT").is_null()


def _other(endpoint: Endpoint, table: pl.DataFrame, therapy: pl.DataFrame) -> NDArray[np.int64]:
    """Events beside progression and death: stop of treatment, new therapy, a response."""
    events = [np.full(table.height, NEVER)]
    if EventSource.TREATMENT_STOP in endpoint.events:
        stopped = pl.when(stopped_treatment(endpoint)).then(pl.col("EOTDT"))
        events.append(days(table.select(DATE=stopped), "DATE"))
    if EventSource.NEW_THERAPY in endpoint.events:
        events.append(days(therapy, "DATE"))
    if EventSource.ADVERSE_EVENT in endpoint.events:
        events.append(days(table, "AEDT"))
    if EventSource.SECOND_PROGRESSION in endpoint.events:
        events.append(days(table, "PD2DATE"))
    if EventSource.RESPONSE in endpoint.events:
        events.append(days(table, "RSPDATE"))
    if endpoint.never_treated == "event":
        events.append(days(table.select(DATE=pl.when(never_treated()).then("ORIGIN")), "DATE"))
    first: NDArray[np.int64] = np.minimum.reduce(events)
    return first


def _left(table: pl.DataFrame) -> NDArray[np.bool_]:
    """Whether a subject left the study before the data cut-off, other than by completing it or dying."""
    left = (pl.col("EOSSTT") == "DISCONTINUED") & (pl.col("DTHFL") != "Y")
    return table.select(LEFT=left.fill_null(False))["LEFT"].to_numpy().copy()
