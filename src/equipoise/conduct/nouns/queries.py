"""Queries, signatures, and the lock of a patient's records."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from equipoise.conduct.command import refuse
from equipoise.conduct.context import Applies, CommandSpec, Context
from equipoise.conduct.field import Field
from equipoise.conduct.form import choice, identifier, text
from equipoise.conduct.nouns.central_review import REVIEW_KINDS, RUNS_REVIEW
from equipoise.conduct.nouns.records import find_record, record_hash
from equipoise.conduct.roles import SITE_ROLES
from equipoise.conduct.state import Record, Subject
from equipoise.ledger import Event, kinds
from equipoise.terms import said

__all__ = ["APPLIES", "COMMANDS", "open_queries", "signature_holds", "visible"]


def visible(subject: Subject, record: Record, *, at_site: bool) -> bool:
    """Whether somebody who may not know treatments sees a record: nothing of a patient after unblinding.

    Parameters
    ----------
    subject
        The patient.
    record
        One of the patient's records.
    at_site
        Whether the person works at the site that follows the patient: who treats a patient who was unblinded knows.
    """
    if at_site:
        return True
    if kinds()[record.kind].sealed:
        return False
    since = unblinded_at(subject)
    return since is None or record.at <= since


def unblinded_at(subject: Subject) -> str | None:
    """Time, UTC, at which the treating physician first might know the treatment; none before."""
    opened = [
        r.at for kind in ("unblinded", "code_broken") if kind in subject.records for r in subject.records[kind].values()
    ]
    return min(opened, default=None)


def _record(c: Context, name: str) -> Record:
    record = find_record(c.subject, name)
    at_site = c.command.role in SITE_ROLES
    hidden = record is not None and record.kind in REVIEW_KINDS and c.command.role not in RUNS_REVIEW
    if record is None or hidden or not visible(c.subject, record, at_site=at_site):
        refuse("record_unknown", said("There is no record {name}.", name=name), "Check its number.")
    return record


def open_queries(subject: Subject) -> list[Mapping[str, Any]]:
    """Queries that nobody has closed."""
    closed = {q["query"] for q in subject.live("query_closed")}
    return [q for q in subject.live("query_opened") if q["record"] not in closed]


def _open(c: Context) -> None:
    _record(c, c.payload["of"])
    c.record("Q", "query_opened", {"field": None, **c.payload})


def _query(c: Context) -> Mapping[str, Any]:
    name = c.payload["query"]
    found = next((q for q in open_queries(c.subject) if q["record"] == name), None)
    if found is None:
        refuse("record_unknown", said("There is no open query {name}.", name=name), "Check its number.")
    return found


def _answer(c: Context) -> None:
    _query(c)
    c.record("A", "query_answered")


def _close(c: Context) -> None:
    _query(c)
    c.record("QEND", "query_closed")


def _sign(c: Context) -> None:
    record = _record(c, c.payload["of"])
    if record_hash(record) != c.payload["hash"]:
        reason = "The record was changed after you opened it."
        refuse("changed_meanwhile", reason, "Look at it again, then sign what it says now.")
    meaning = c.payload["meaning"]
    if any(s["of"] == record.name and s["meaning"] == meaning and s["hash"] == c.payload["hash"]
           for s in c.subject.live("signed")):  # fmt: skip
        refuse("already_done", "The record is signed with this meaning.", "Nothing is to be done.")
    c.record("SIG", "signed")


def signature_holds(subject: Subject, signature: Mapping[str, Any]) -> bool:
    """Whether a record still says what was signed."""
    record = find_record(subject, signature["of"])
    return record is not None and record_hash(record) == signature["hash"]


def _lock(c: Context) -> None:
    waiting = [q["record"] for q in open_queries(c.subject)]
    if waiting:
        problems = tuple((name, "not closed") for name in waiting)
        reason = said("Open queries: {waiting}.", waiting=waiting)
        refuse("queries_open", reason, "Close them first.", problems=problems)
    c.record("LOCK", "subject_locked", {})


def _unlock(c: Context) -> None:
    if c.study.locked:
        refuse("database_locked", "The records of all patients are locked.", "Unlock the database first.")
    c.record("UNLOCK", "subject_unlocked", {})


def _locked(subject: Subject, _event: Event) -> Subject:
    return replace(subject, locked=True)


def _unlocked(subject: Subject, _event: Event) -> Subject:
    return replace(subject, locked=False)


_QUERY = identifier("query", "number of the query")

COMMANDS = (
    CommandSpec(
        "open_query",
        "Ask the site about a record.",
        _open,
        (
            identifier("of", "number of the record"),
            text("field", "field", required=False, most=100),
            text("text", "question"),
        ),
    ),
    CommandSpec("answer_query", "Answer a query.", _answer, (_QUERY, text("text", "answer"))),
    CommandSpec("close_query", "Close a query.", _close, (_QUERY,)),
    CommandSpec(
        "sign",
        "Sign a record as it is now.",
        _sign,
        (
            identifier("of", "number of the record"),
            choice("meaning", "what the signature means", "author", "review", "approval"),
            Field("hash", "hash", "hash of what was shown"),
        ),
    ),
    CommandSpec("lock_subject", "Close the records of a patient.", _lock),
    CommandSpec("unlock_subject", "Open the records of a patient again.", _unlock),
)

APPLIES: Applies = {"subject_locked": {"subject": _locked}, "subject_unlocked": {"subject": _unlocked}}
