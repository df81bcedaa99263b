"""Protocol versions: adoption, amendments, stages of allocation, decisions that hold for the whole trial."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from equipoise.conduct.command import Command, refuse
from equipoise.conduct.context import Applies, CommandSpec, Context
from equipoise.conduct.field import Field
from equipoise.conduct.form import choice, date, flag, identifier, integer, text
from equipoise.conduct.reading_queue import adjudication_queue, reading_queue, unchecked_scans
from equipoise.conduct.roles import Role
from equipoise.conduct.state import Counters, Site, Study
from equipoise.ledger import Draft, Event
from equipoise.protocol import Protocol, ProtocolError, compare_protocols, parse_protocol
from equipoise.terms import Text, said

__all__ = ["APPLIES", "COMMANDS"]

_TEXT = (
    identifier("version", "number of the version"),
    text("text", "text of the protocol file", most=2_000_000),
    Field("sha256", "hash", "SHA-256 of the text, in hexadecimal"),
)


@lru_cache(maxsize=4)
def _protocol_of(text: str) -> Protocol:
    return parse_protocol(text)


def _parsed(c: Context) -> Protocol:
    content = str(c.payload["text"])
    if hashlib.sha256(content.encode()).hexdigest() != c.payload["sha256"]:
        refuse(
            "hash_differs",
            "The hash does not fit the text of the protocol.",
            "Send the file as it is, and its SHA-256.",
        )
    try:
        protocol = _protocol_of(content)
    except ProtocolError as error:
        problems = tuple((p.path or f"line {p.line}", str(p)) for p in error.problems)
        remedy = "Correct the file; `equipoise check` lists the same problems."
        reason = said("The protocol has {count} problems.", count=len(problems))
        refuse("protocol_wrong", reason, remedy, problems=problems)
    central = protocol.review.central
    if central is not None and central.readers > 2:
        refuse(
            "too_many_readers", "The record holds two central readers and an adjudicator.", "Plan at most two readers."
        )
    return protocol


def _adopt(c: Context) -> None:
    protocol, payload = _parsed(c), c.payload
    version = payload["version"]
    c.drafts.append(_versioned(c, "protocol_adopted", version, {**payload, "study_id": protocol.study_id, "stage": 1}))
    name = c.study.next_name("ROLE", "role_granted")
    role = {"record": name, "person": c.command.actor, "role": str(Role.ADMINISTRATOR)}
    c.drafts.append(_versioned(c, "role_granted", version, role))


def _versioned(c: Context, kind: str, version: str, payload: Mapping[str, Any]) -> Draft:
    return Draft(kind, payload, None, None, c.command.reason, version)


def _amend(c: Context) -> None:
    version = c.payload["version"]
    if version in c.study.versions:
        reason = said("Version {version} has been adopted already.", version=version)
        refuse("version_exists", reason, "Give the new version its own number.")
    new, latest = _parsed(c), c.study.versions[-1]
    old = c.rulebook(latest).protocol
    if new.study_id != old.study_id:
        reason = said("The protocol is of trial {given}; this is {own}.", given=new.study_id, own=old.study_id)
        refuse("other_trial", reason, "Send the protocol of this trial.")
    moved = any("allocation stage" in (change.meaning or "") for change in compare_protocols(old, new))
    stage = c.study.stages[latest] + moved
    payload = {k: c.payload[k] for k in ("version", "text", "sha256", "approved", "summary")}
    c.drafts.append(_versioned(c, "amended", version, {**payload, "changes_allocation": moved, "stage": stage}))


def _adopted(study: Study, event: Event) -> Study:
    version = event.payload["version"]
    return replace(study, versions=(*study.versions, version), stages={**study.stages, version: event.payload["stage"]})


def _site_of(c: Context) -> Site:
    site = c.site_named(c.payload["site"])
    if site.status == "none":
        reason = said("There is no site {site}.", site=site.id)
        refuse("site_unknown", reason, "Check the site number, or open the site first.")
    return site


def _activate(c: Context) -> None:
    site, version, effective = _site_of(c), c.payload["version"], c.payload["effective"]
    if version not in c.study.versions:
        reason = said("There is no version {version}.", version=version)
        refuse("version_unknown", reason, said("Versions: {versions}.", versions=list(c.study.versions)))
    if any(known == version for _, known in site.versions):
        reason = said("Site {site} follows version {version} already.", site=site.id, version=version)
        refuse("version_exists", reason, "Nothing is to be done.")
    if site.versions and effective <= site.versions[-1][0]:
        start, current = site.versions[-1]
        reason = said("Version {version} is in force from {start}.", version=current, start=start)
        refuse("dates_out_of_order", reason, "Give a later day.")
    if effective < c.today:
        remedy = said("Give {today} or a later day.", today=c.today)
        refuse("date_in_past", "A version cannot come into force before today.", remedy)
    c.event("version_activated", {"version": version, "effective": effective}, site=site.id)


def _activated(site: Site, event: Event) -> Site:
    return replace(site, versions=(*site.versions, (event.payload["effective"], event.payload["version"])))


def _approve_form(c: Context) -> None:
    site, payload = _site_of(c), c.payload
    forms = [f for f in site.live("consent_form_approved") if f["form"] == payload["form"]]
    if any(f["version"] == payload["version"] for f in forms):
        refuse("version_exists", "This version of the form is approved already.", "Nothing is to be done.")
    if forms and payload["effective"] <= max(f["effective"] for f in forms):
        refuse("dates_out_of_order", "A version with a later day is approved already.", "Give a later day.")
    c.event(
        "consent_form_approved", {k: payload[k] for k in ("form", "version", "effective", "reconsent")}, site=site.id
    )


def _commit(c: Context) -> None:
    stage = c.payload["stage"]
    if stage not in c.study.stages.values():
        reason = said("No protocol version has the allocation stage {stage}.", stage=stage)
        refuse("stage_unknown", reason, "Amend the protocol first.")
    if stage in c.counters.commitments:
        refuse("already_done", "The commitment of this stage is published already.", "Nothing is to be done.")
    if c.payload["commitment"] != c.vault.commitment:
        differs = "This is not the hash of the sealed seed of this trial."
        refuse("commitment_differs", differs, "Publish the hash that stands in the record for the first stage.")
    c.event("allocation_committed", dict(c.payload))


def _committed(counters: Counters, event: Event) -> Counters:
    payload = event.payload
    return replace(counters, commitments={**counters.commitments, payload["stage"]: payload["commitment"]})


def _open_crossover(c: Context) -> None:
    crossover = c.rules.protocol.crossover
    if crossover is None or crossover.when not in ("interim_decision", "end_of_core"):
        refuse("not_in_protocol", "The protocol asks for no such decision.", "Amend the protocol.")
    if c.study.has("crossover_opened"):
        refuse("already_done", "Crossover is open already.", "Nothing is to be done.")
    c.shard_record(c.study, "XO", "crossover_opened", {"date": c.payload["date"]})


def _lock(c: Context) -> None:
    problems = _unread(c)
    if problems:
        words = "Central review of {count} patients is not complete: every scan of every patient is read."
        reason = said(words, count=len(problems))
        remedy = (
            "Check the quality of the scans named, and have them read and adjudicated; the review queue lists them."
        )
        refuse("review_incomplete", reason, remedy, problems=problems)
    c.shard_record(c.study, "LOCK", "database_locked", {"meaning": c.payload["meaning"]})


def _unread(c: Context) -> tuple[tuple[str, str], ...]:
    """What central review still waits for, by patient."""
    problems = []
    for name, subject in sorted(c.state.subjects.items()):
        reads, scans = len(reading_queue([subject])), len(unchecked_scans(subject))
        waiting = [said("{scans} scans to be checked", scans=scans)] if scans else []
        waiting += [said("{reads} reads to be made", reads=reads)] if reads else []
        waiting += [Text("readers differ")] if adjudication_queue([subject]) else []
        if waiting:
            problems.append((name, said("{parts}", parts=waiting)))
    return tuple(problems)


def _unlock(c: Context) -> None:
    c.shard_record(c.study, "UNLOCK", "database_unlocked", {})


def _closed(study: Study, _event: Event) -> Study:
    return replace(study, locked=True)


def _opened(study: Study, _event: Event) -> Study:
    return replace(study, locked=False)


def _cut(c: Context) -> None:
    if any(cut["name"] == c.payload["name"] for cut in c.study.live("data_cut_made")):
        refuse("name_taken", "There is a data cut of this name.", "Give another name.")
    c.event("data_cut_made", {"name": c.payload["name"], "cutoff": c.payload.get("cutoff")})


def _needs_site(command: Command) -> tuple[str, ...]:
    return (f"site:{command.payload.get('site')}",)


SITE = identifier("site", "site number")

COMMANDS = (
    CommandSpec("adopt_protocol", "Begin the trial's record with its protocol.", _adopt, _TEXT),
    CommandSpec(
        "amend_protocol",
        "Adopt a new version of the protocol; sites follow it from their own effective dates.",
        _amend,
        (*_TEXT, date("approved", "day of approval"), text("summary", "what it changes")),
    ),
    CommandSpec(
        "activate_version",
        "Set the day from which a site follows a version of the protocol.",
        _activate,
        (SITE, identifier("version", "protocol version"), date("effective", "first day in force at the site")),
        shards=_needs_site,
    ),
    CommandSpec(
        "approve_consent_form",
        "Bring a version of a consent form into use at a site.",
        _approve_form,
        (
            SITE,
            choice("form", "which form", "study", "crossover"),
            identifier("version", "version of the form"),
            date("effective", "first day in use"),
            flag("reconsent", "whether patients who consented before are asked again"),
        ),
        shards=_needs_site,
    ),
    CommandSpec(
        "commit_allocation",
        "Publish the hash of the sealed seed of an allocation stage.",
        _commit,
        (integer("stage", "stage of allocation", 1), Field("commitment", "hash", "hash of the sealed seed")),
    ),
    CommandSpec(
        "open_crossover",
        "Record the decision that opens crossover, where the protocol asks for one.",
        _open_crossover,
        (date("date", "day of the decision"),),
        dates=("date",),
    ),
    CommandSpec(
        "lock_database",
        "Close the records of all patients, once central review is complete.",
        _lock,
        (text("meaning", "what is confirmed"),),
        everybody=True,
    ),
    CommandSpec("unlock_database", "Open the records again.", _unlock),
    CommandSpec(
        "cut_data",
        "Make a data cut: a clinical cut-off date and the record as it is now.",
        _cut,
        (identifier("name", "name of the cut"), date("cutoff", "clinical cut-off date", required=False)),
    ),
)

APPLIES: Applies = {
    "protocol_adopted": {"study": _adopted},
    "amended": {"study": _adopted},
    "version_activated": {"site": _activated},
    "allocation_committed": {"counters": _committed},
    "database_locked": {"study": _closed},
    "database_unlocked": {"study": _opened},
}
