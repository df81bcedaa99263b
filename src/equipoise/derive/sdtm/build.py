"""The record of a trial at a data cut as SDTM, blinded or with arms; of many trials in one go.

What people acted on stands as it was recorded (responses, central results, strata); nothing is recomputed here. Without
arms the data sets hold no arm, treatment or kit, and nothing of a subject after its unblinding. Every clinical date is
the calendar date of the site.
"""

from collections.abc import Callable, Collection, Iterable, Mapping

import polars as pl

from equipoise.cdisc import Sdtm
from equipoise.derive.sdtm.baseline import add_baseline
from equipoise.derive.sdtm.demographics import add_demographics, add_strata
from equipoise.derive.sdtm.disposition import add_disposition
from equipoise.derive.sdtm.events import (
    add_adverse_events,
    add_contacts,
    add_deviations,
    add_therapies,
    add_visits,
    therapy_domains,
)
from equipoise.derive.sdtm.exposure import add_exposure
from equipoise.derive.sdtm.measured import add_questionnaires, add_tests
from equipoise.derive.sdtm.records import Records, records_from_ledger
from equipoise.derive.sdtm.source import OPENING, Source
from equipoise.derive.sdtm.tables import Tables
from equipoise.derive.sdtm.tumors import add_tumors
from equipoise.ledger import Event, LedgerCut, current, kinds
from equipoise.protocol import Protocol

__all__ = ["KINDS", "sdtm_from_ledger", "sdtm_from_records"]

KINDS = (
    "screened",
    "site_opened",
    "consented",
    "baseline_recorded",
    "registered",
    "screen_failed",
    "randomized",
    "randomized_in_error",
    "dose_recorded",
    "treatment_stopped",
    "blinded_treatment_ended",
    "open_label_dose_recorded",
    "open_label_stopped",
    "visit_recorded",
    "labs_recorded",
    "vitals_recorded",
    "diary_submitted",
    "diary_missed",
    "tumors_measured",
    "response_assessed",
    "review_requested",
    "read_locked",
    "adjudicated",
    "central_result",
    "adverse_event_recorded",
    "therapy_recorded",
    "deviation_recorded",
    "contact_recorded",
    "lost_to_follow_up",
    "found_again",
    "death_recorded",
    "withdrawn",
    "study_ended",
)
"""Kinds of events that reach SDTM; blinded data need `OPENING` too, where events after them are still there."""


def sdtm_from_ledger(
    protocol: Protocol,
    events: Iterable[Event],
    cut: LedgerCut | None = None,
    arms: Mapping[str, str] | None = None,
    *,
    domains: Collection[str] | None = None,
) -> Sdtm:
    """Write the record of a trial as SDTM.

    Parameters
    ----------
    protocol
        Protocol version in force at the cut.
    events
        Events of the trial chain in order.
    cut
        Snapshot and clinical cut-off; everything unless given.
    arms
        Subject number -> arm identifier of every subject randomized; None for blinded data.
    domains
        Data sets to write; all unless given. Qualifiers come with the data set that they qualify.

    Returns
    -------
    Sdtm
        Data sets DM, SUPPDM, DS, EX, TU, TR, RS, SUPPRS, LB, VS, QS, AE, CM, PR, DV, SV, SS as far as they have rows.

    Raises
    ------
    DeriveError
        An arm that the protocol does not have, or a randomized subject without one; all at once.
    """
    chosen = list(events)
    if arms is None:
        chosen = _blinded(chosen)
    known = current(chosen, cut)
    patients = {name: number for number, name in enumerate(dict.fromkeys(r.subject for r in known if r.subject), 1)}
    given = None if arms is None else _arms_frame(arms, patients)
    return sdtm_from_records(protocol, records_from_ledger(known, patients, KINDS), given, domains=domains)


def sdtm_from_records(
    protocol: Protocol,
    records: Records,
    arms: pl.DataFrame | None = None,
    *,
    domains: Collection[str] | None = None,
) -> Sdtm:
    """Write records of one trial or many as SDTM: what `sdtm_from_ledger` gives of the same records.

    Parameters
    ----------
    protocol
        Protocol of all the trials.
    records
        Kind of event -> frame, as `equipoise.derive.sdtm.records` says. Of trial 0 STUDYID is the protocol's, of
        another the same with its number behind it: ``A021202-0007``.
    arms
        ``TRIAL``, ``PATIENT``, ``arm`` (identifier) of every patient randomized; None for blinded data.
    domains
        Data sets to write; all unless given. Qualifiers come with the data set that they qualify.

    Returns
    -------
    Sdtm
        Data sets by trial and subject number.

    Raises
    ------
    DeriveError
        An arm that the protocol does not have, or a randomized subject without one; all at once.
    """
    tables = Tables(Source(protocol, records, arms), domains)
    for datasets, add in _writers(tables):
        if tables.wants(*datasets):
            add(tables)
    return Sdtm(datasets=tables.frames(), files={})


def _writers(tables: Tables) -> list[tuple[tuple[str, ...], Callable[[Tables], None]]]:
    """What writes which data sets, in the order in which rows of the same data set follow each other."""
    homes = {field.sdtm.domain for field in tables.protocol.baseline.values() if field.sdtm is not None}
    return [
        (("DM",), add_demographics),
        (tuple(sorted(homes - {"DM"})), add_baseline),
        (("SUPPDM",), add_strata),
        (("DS",), add_disposition),
        (("EX",), add_exposure),
        (("AE",), add_adverse_events),
        (tuple(sorted(therapy_domains(tables))), add_therapies),
        (("DV",), add_deviations),
        (("SV",), add_visits),
        (("SS",), add_contacts),
        (("LB",), lambda into: add_tests(into, "LB", "labs_recorded")),
        (("VS",), lambda into: add_tests(into, "VS", "vitals_recorded")),
        (("QS",), add_questionnaires),
        (("RS", "TR", "TU"), add_tumors),
    ]


def _arms_frame(arms: Mapping[str, str], patients: dict[str, int]) -> pl.DataFrame:
    numbers = [patients.get(subject, 0) for subject in arms]
    schema = {"TRIAL": pl.Int32(), "PATIENT": pl.Int32(), "arm": pl.String()}
    return pl.DataFrame({"TRIAL": [0] * len(arms), "PATIENT": numbers, "arm": list(arms.values())}, schema=schema)


def _blinded(events: list[Event]) -> list[Event]:
    """Leave out what tells an arm by being there, and everything of a subject after its unblinding."""
    declared, opened, kept = kinds(), set[str](), []
    for event in events:
        if event.subject is not None and event.subject in opened:
            continue
        if event.kind in OPENING and event.subject is not None:
            opened.add(event.subject)
        elif not declared[event.kind].sealed:
            kept.append(event)
    return kept
