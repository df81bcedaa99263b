"""What is recorded along the course of disease: visits, adverse events, laboratory, questionnaires, what goes wrong.

Record frames hold what counts in the end. `Additions` also holds how it came about, for the road through `conduct`:
what was said first and revised later, what was taken back, what was tried in vain; `as_entered` gives the records as
people enter them.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import polars as pl

from equipoise.protocol import Protocol
from equipoise.rehearsal.attempts import ATTEMPTS, attempts, baseline_in_parts
from equipoise.rehearsal.cycles import visit_records
from equipoise.rehearsal.incidents import incidents, merged
from equipoise.rehearsal.laboratory import measurements
from equipoise.rehearsal.model.patient_model import PatientModel
from equipoise.rehearsal.questionnaires import questionnaires
from equipoise.rehearsal.safety import adverse_events
from equipoise.rehearsal.safety_records import REVISED, safety_records
from equipoise.rehearsal.timeline import DAY, numbered, timeline

__all__ = ["ADDED", "Additions", "add_parts", "as_entered"]

ADDED = ("visits", "safety", "laboratory", "questionnaires", "incidents")
"""Parts; ``laboratory`` needs visits and brings them along."""

Records = Mapping[str, pl.DataFrame]

_RECORD = {"adverse_event_recorded": "AE", "contact_recorded": "FU"}
"""Kind -> what the names of its records begin with, for kinds that are revised."""


@dataclass(frozen=True, slots=True, eq=False)
class Additions:
    """Records of all parts, and how they came about."""

    records: dict[str, pl.DataFrame]
    """Every kind that was added or changed."""
    entered: dict[str, pl.DataFrame]
    """Records that were entered in error and taken back, and how."""
    revised: pl.DataFrame
    """Revisions, as `equipoise.rehearsal.safety_records.REVISED` says."""
    attempts: pl.DataFrame
    """What was tried in vain, as `equipoise.rehearsal.attempts.ATTEMPTS` says."""


def add_parts(
    protocol: Protocol, model: PatientModel, draws: pl.DataFrame, patients: pl.DataFrame, records: Records,
    *, parts: Collection[str] = ADDED,
) -> Additions:  # fmt: skip
    """Add parts to the records of a course of disease.

    Parameters
    ----------
    protocol, model
        The trial and its synthetic patients; parts that the model does not have are left out.
    draws
        Candidates of the patients.
    patients, records
        ``patients`` and ``records`` of `equipoise.rehearsal.facts`.
    parts
        What is wanted, of `ADDED`.
    """
    patients = patients.sort("TRIAL", "PATIENT")
    times = timeline(protocol, model.seed, patients, draws)
    screened = patients["SCREENED"].cast(pl.Int32).cast(pl.Int64).to_numpy()
    found: dict[str, pl.DataFrame] = {}
    revised, events = pl.DataFrame(schema=REVISED), None
    if model.safety is not None and "safety" in parts:
        events = adverse_events(model.safety, times, _dose_changes(records))
        written = safety_records(model.safety, times, events)
        found |= written.records
        revised = written.revised
    if {"visits", "laboratory"} & set(parts):
        found["visit_recorded"] = visit_records(protocol, model.visits, times, screened)
    if model.laboratory is not None and "laboratory" in parts:
        adverse = (model.safety, events) if model.safety is not None and events is not None else None
        found |= measurements(model.laboratory, times, found["visit_recorded"], patients, adverse)
    if model.questionnaires is not None and "questionnaires" in parts:
        found |= questionnaires(protocol, model.questionnaires, times, screened)
    if model.incidents is None or "incidents" not in parts:
        return Additions(found, {}, revised, pl.DataFrame(schema=ATTEMPTS))
    whole = {**records, **found}
    baseline = whole["baseline_recorded"]
    whole["baseline_recorded"] = baseline_in_parts(protocol, model.incidents, times, patients, baseline)
    found["baseline_recorded"] = whole["baseline_recorded"]
    happened = incidents(protocol, model.incidents, times, patients, whole, revised)
    tried = attempts(protocol, model.incidents, times, patients, {**whole, **happened.records})
    tried = _outside(tried, happened.spans)
    revised = pl.concat([revised, happened.revised])
    return Additions(found | happened.records, happened.entered, revised, tried)


def _outside(tried: pl.DataFrame, spans: pl.DataFrame) -> pl.DataFrame:
    """Leave out what is tried while a patient is thought dead or lost."""
    inside = tried.join(spans, on=["TRIAL", "PATIENT"]).filter(
        (pl.col("AT") >= pl.col("FROM") * DAY) & (pl.col("AT") < (pl.col("TO") + 1) * DAY)
    )
    return tried.join(inside.select("TRIAL", "PATIENT", "ATTEMPT").unique(), on=["TRIAL", "PATIENT", "ATTEMPT"],
                      how="anti", maintain_order="left")  # fmt: skip


def _dose_changes(records: Records) -> pl.DataFrame:
    """Changes of the dose that the log puts down to adverse events."""
    parts = [pl.DataFrame(schema={"TRIAL": pl.Int32, "PATIENT": pl.Int32, "DAY": pl.Int64, "ACTION": pl.String})]
    for kind in ("treatment_stopped", "open_label_stopped"):
        if kind in records:
            stopped = records[kind].filter(pl.col("why") == "adverse event")
            parts.append(_change(stopped, "date", pl.lit("withdrawn")))
    for kind in ("dose_recorded", "open_label_dose_recorded"):
        if kind not in records or "why" not in records[kind].columns:
            continue
        told = records[kind].filter(pl.col("why").cast(pl.String).str.contains("(?i)adverse|toxic"))
        paused = pl.col("amount").cast(pl.Float64) == 0
        action = pl.when(paused).then(pl.lit("interrupted")).otherwise(pl.lit("reduced"))
        parts.append(_change(told, "start", action))
    return pl.concat(parts)


def _change(frame: pl.DataFrame, date: str, action: pl.Expr) -> pl.DataFrame:
    day = pl.col(date).cast(pl.Date).cast(pl.Int32).cast(pl.Int64)
    return frame.select(pl.col("TRIAL", "PATIENT").cast(pl.Int32), DAY=day, ACTION=action)


def as_entered(records: Records, additions: Additions) -> dict[str, pl.DataFrame]:
    """Give the records as people enter them.

    Parameters
    ----------
    records
        Everything on record, as it counts in the end.
    additions
        How it came about.

    Returns
    -------
    dict of str to polars.DataFrame
        Kind -> frame. Of a record that is revised the frame holds what was said first; an adverse event that is brought
        up to date has a row more with the same ``record``. ``corrected`` has ``record``, ``field``, ``old``, ``new``;
        ``death_retracted`` names no field.
    """
    found = dict(records)
    for kind, start in _RECORD.items():
        if kind in found:
            name = pl.format(f"{start}-{{}}", pl.col("NTH") + 1)
            found[kind] = _first_said(kind, found[kind].with_columns(record=name), additions.revised)
    corrected = additions.revised.filter(HOW="corrected")
    if corrected.height:
        prefix = pl.col("KIND").replace_strict(_RECORD, return_dtype=pl.String)
        record = pl.format("{}-{}", prefix, pl.col("NTH") + 1)
        found["corrected"] = numbered(corrected.select(
            "TRIAL", "PATIENT", "AT", record=record, field="FIELD", old=_plain("OLD"), new=_plain("NEW"),
        ))  # fmt: skip
    for kind, frame in additions.entered.items():
        found[kind] = merged(found.get(kind), frame)
    return found


def _plain(column: str) -> pl.Expr:
    """Texts behind JSON texts; none for null."""
    return pl.when(pl.col(column) != "null").then(pl.col(column).str.strip_chars('"'))


def _first_said(kind: str, frame: pl.DataFrame, revised: pl.DataFrame) -> pl.DataFrame:
    """Put the old values into the records, and add a row for each update."""
    keys = ["TRIAL", "PATIENT", "NTH"]
    mine = revised.filter(KIND=kind)
    if mine.is_empty():
        return frame
    later = _with_old(frame, mine.filter(HOW="corrected"), keys)
    updates = mine.filter(HOW="updated")
    when = updates.group_by(keys).agg(pl.col("AT").max().alias("_at"))
    brought = later.join(when, on=keys, how="inner", maintain_order="left").with_columns(AT=pl.col("_at")).drop("_at")
    first = _with_old(later, updates, keys)
    both = pl.concat([first, brought]).sort("TRIAL", "PATIENT", "AT", "NTH", maintain_order=True)
    return numbered(both.drop("NTH"))


def _with_old(frame: pl.DataFrame, revised: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    for field in revised["FIELD"].unique().sort().to_list():
        old = revised.filter(FIELD=field).unique(keys, keep="first", maintain_order=True)
        table = old.select(*keys, _plain("OLD").alias("_old"), pl.lit(True).alias("_there"))
        frame = frame.join(table, on=keys, how="left", maintain_order="left")
        value = pl.when("_there").then("_old").otherwise(pl.col(field))
        frame = frame.with_columns(value.alias(field)).drop("_old", "_there")
    return frame
