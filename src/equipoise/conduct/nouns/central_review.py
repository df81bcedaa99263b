"""Blinded central review: scans, locked reads in order, adjudication, results. The rules are `criteria.review`'s.

Days of the review are ordinals of the calendar. The reading rules that hold for a patient are those of the protocol
version under which he was randomized, and stand in the event that opens the review.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from equipoise.conduct.command import refuse, sentences
from equipoise.conduct.context import Applies, CommandSpec, Context, ordinal
from equipoise.conduct.form import choice, date, identifier, integer, records, text
from equipoise.conduct.nouns.tumors import LESION, check_lesions
from equipoise.conduct.roles import READER_NUMBER, SITE_ROLES, Role
from equipoise.conduct.rulebook import Rulebook
from equipoise.conduct.state import Subject
from equipoise.criteria import (
    Adjudicate,
    AssignReader,
    Charter,
    CloseReading,
    LockVisit,
    OpenVisit,
    PatientReview,
    ReceiveScan,
    Refusal,
    ReopenVisit,
    ReviewAction,
    adjudication_due,
    review_after,
    review_answer,
    review_attempt,
    start_review,
)
from equipoise.criteria.review_state import current_person
from equipoise.ledger import Event
from equipoise.terms import Response, Text, said

__all__ = [
    "APPLIES",
    "COMMANDS",
    "REVIEW_KINDS",
    "RUNS_REVIEW",
    "allow",
    "central_answer",
    "check_person",
    "open_review",
    "review_of",
]

REVIEW_KINDS = frozenset(
    {
        "adjudicated",
        "adjudication_requested",
        "central_result",
        "read_locked",
        "read_opened",
        "read_reopened",
        "reader_assigned",
        "reading_closed",
        "review_opened",
        "scan_rejected",
    }
)
"""How the central review goes on: no business of the site, nor of who looks after its data."""
RUNS_REVIEW = frozenset({Role.DATA_MANAGER, Role.AUDITOR})
"""Roles that know of it besides those who read."""


def _date(ordinal: int | None) -> str | None:
    return None if ordinal is None else dt.date.fromordinal(ordinal).isoformat()


def open_review(c: Context, day: str) -> None:
    """Begin the central review of a patient who is being randomized, where the protocol has one."""
    central = c.rules.protocol.review.central
    if central is not None:
        charter = c.rules.charter_at(ordinal(day))
        given = {each.name: getattr(charter, each.name) for each in fields(charter)}
        values = {name: list(v) if isinstance(v, tuple) else v for name, v in given.items()}
        c.record("REVIEW", "review_opened", {"charter": values, "readers": central.readers})


def central_answer(rules: Rulebook, subject: Subject) -> str | None:
    """The one word that the site is told: pending, confirmed, not confirmed, not evaluable; none where none is due.

    A site that has not called progression hears nothing, unless the protocol tells it of central progressions.
    """
    central = rules.protocol.review.central
    if central is None or subject.review is None:
        return None
    results = subject.review.results
    if subject.local_progression:
        return answer_to_site(subject)
    told = central.tell_site_of_central_progression and any(r.answer == "confirmed" for r in results)
    return "confirmed" if told else None


def answer_to_site(subject: Subject) -> str:
    """What central review says of the last progression that the site has called; pending until it has read so far."""
    called = [r["assessment"] for r in subject.live("response_assessed") if r["overall"] == Response.PD]
    return "pending" if subject.review is None else review_answer(subject.review, asked=max(called, default=None))


def review_of(c: Context) -> PatientReview:
    """Give the central review of the patient, or refuse."""
    if c.subject.review is None:
        refuse("not_in_protocol", "This patient has no central review.", "Check the protocol, or randomize first.")
    return c.subject.review


def allow(state: PatientReview, action: ReviewAction) -> PatientReview:
    """Give the review after an action, or refuse in the words of the criteria."""
    after = review_attempt(state, action)
    if isinstance(after, Refusal):
        refusal = after
        code = refusal.code.replace("-", "_")
        refuse(code, *sentences(refusal.message))
    return after


def _submit(c: Context) -> None:
    day, assessment = c.payload["date"], c.payload["assessment"]
    unblinded = c.subject.last("unblinded")
    if unblinded is not None and day > unblinded["date"]:
        reason = "The patient was unblinded before this scan; central review reads no later scans."
        refuse("review_ended", reason, "Judge the scan at the site.")
    if c.rules.protocol.review.central is None:
        refuse("not_in_protocol", "The protocol has no central review.", "Nothing is to be done.")
    if assessment > 0 and not c.subject.has("randomized"):
        refuse("visit_out_of_order", "The patient is not randomized.", "Only the baseline comes before randomization.")
    if any(s["reference"] == c.payload["reference"] for s in c.subject.live("scan_submitted")):
        refuse("already_done", "This scan has been sent.", "Nothing is to be done.")
    c.record("SCAN", "scan_submitted")


def _scan(c: Context) -> Mapping[str, Any]:
    name = c.payload["scan"]
    found = c.subject.one("scan_submitted", name)
    if found is None:
        refuse("record_unknown", said("There is no scan {name}.", name=name), "Check the number of the scan.")
    judged = (*c.subject.live("scan_accepted"), *c.subject.live("scan_rejected"))
    if any(s["scan"] == name for s in judged):
        refuse("already_done", "The quality of this scan has been checked.", "Nothing is to be done.")
    return found


def _accept(c: Context) -> None:
    scan = _scan(c)
    if c.subject.review is not None:
        allow(c.subject.review, ReceiveScan(visit=scan["assessment"], scan_day=ordinal(scan["date"])))
    values = {"assessment": scan["assessment"], "date": scan["date"], "scan": scan["record"]}
    c.record("ACC", "scan_accepted", values)


def _reject(c: Context) -> None:
    scan = _scan(c)
    values = {"assessment": scan["assessment"], "scan": scan["record"], "why": c.payload["why"]}
    c.record("REJ", "scan_rejected", values)


def check_person(c: Context, person: str, role: str) -> None:
    """Refuse somebody who does not hold the role, or works at the patient's site."""
    held = c.study.people.get(person)
    if held is None or (role, None) not in held.roles:
        reason = said("The person is not {role}.", role=Text(role.replace("_", " ")))
        refuse("role_not_held", reason, "The administrator grants roles.")
    if any(site == c.subject.site and name in SITE_ROLES for name, site in held.roles):
        refuse("own_patient", "The person works at the patient's site.", "Choose somebody who does not.")


def _assign(c: Context) -> None:
    reader, person = c.payload["reader"], c.payload["person"]
    check_person(c, person, f"central_reader_{reader}")
    action = AssignReader(reader=reader, person=person, reason=(c.command.reason or ""))
    allow(review_of(c), action)
    c.record("READER", "reader_assigned", {"reader": reader, "person": person})


def _open(c: Context) -> None:
    _opened(c, c.payload["assessment"])


def _opened(c: Context, assessment: int) -> PatientReview:
    state, person = review_of(c), c.command.actor
    reader = READER_NUMBER[c.command.role]
    if current_person(state, reader) is None:
        check_person(c, person, c.command.role)
        state = allow(state, AssignReader(reader=reader, person=person))
        c.record("READER", "reader_assigned", {"reader": reader, "person": person})
    elif current_person(state, reader) != person:
        refuse("not_a_reader", "Somebody else reads this patient.", "The core laboratory assigns readers.")
    state = allow(state, OpenVisit(person=person, visit=assessment))
    c.record("ROPEN", "read_opened", {"reader": reader, "assessment": assessment})
    return state


def _lock(c: Context) -> None:
    assessment, person, p = c.payload["assessment"], c.command.actor, c.payload
    reader, state = READER_NUMBER[c.command.role], review_of(c)
    if (reader, assessment) not in state.opened:
        state = _opened(c, assessment)
    check_lesions(c, assessment, p["lesions"])
    response, back = p.get("response"), p.get("progression_assessment")
    progressed = p.get("progression_date")
    action = LockVisit(
        person=person,
        visit=assessment,
        on=ordinal(c.today),
        response=None if response is None else Response(response),
        progression_visit=back,
        progression_day=None if progressed is None else ordinal(progressed),
    )
    after = allow(state, action)
    read = after.reads[-1]
    values = {
        "reader": reader,
        "assessment": assessment,
        "version": read.version,
        "day": _date(read.day),
        "response": response,
        "progression_assessment": back,
        "progression_date": progressed,
        "lesions": list(p["lesions"]),
        "on": c.today,
    }
    c.record("READ", "read_locked", values)
    _conclude(c, state, after)


def _conclude(c: Context, before: PatientReview, after: PatientReview) -> None:
    """Add what follows from a read, an endorsement or the end of reading: a result, or a call for the adjudicator."""
    if len(after.results) > len(before.results):
        result = after.results[-1]
        values = {
            "version": result.version,
            "answer": result.answer,
            "through": result.through_visit,
            "reader": result.reader,
            "adjudicated": result.adjudicated,
            "progression_assessment": result.progression_visit,
            "progression_date": _date(result.progression_day),
            "best_response": None if result.best_response is None else str(result.best_response),
        }
        c.record("RESULT", "central_result", values)
        return
    due = adjudication_due(after)
    if due and due != adjudication_due(before):
        through = max(read.visit for read in after.reads)
        c.record("ADJREQ", "adjudication_requested", {"triggers": list(due), "through": through})


def _reopen(c: Context) -> None:
    reader, assessment, how = c.payload["reader"], c.payload["assessment"], c.payload["how"]
    action = ReopenVisit(reader=reader, visit=assessment, reason=c.command.reason or "", kind=how)
    allow(review_of(c), action)
    c.record("REOPEN", "read_reopened", {"reader": reader, "assessment": assessment, "how": how})


def _adjudicate(c: Context) -> None:
    check_person(c, c.command.actor, "adjudicator")
    state = review_of(c)
    action = Adjudicate(
        person=c.command.actor, endorses=c.payload["endorses"], reason=c.payload["why"], on=ordinal(c.today)
    )
    after = allow(state, action)
    c.record("ADJ", "adjudicated", {**c.payload, "on": c.today})
    _conclude(c, state, after)


def _close(c: Context) -> None:
    state = review_of(c)
    after = allow(state, CloseReading(on=ordinal(c.today)))
    c.record("CLOSE", "reading_closed", {"date": c.today})
    _conclude(c, state, after)


def _began(subject: Subject, event: Event) -> Subject:
    given: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in event.payload["charter"].items()}
    state = start_review(subject.id, Charter(**given), readers=event.payload["readers"])
    for scan in subject.live("scan_accepted"):
        state = review_after(state, ReceiveScan(visit=scan["assessment"], scan_day=ordinal(scan["date"])))
    return subject.but(review=state)


_ACTIONS: dict[str, Callable[[Event, Mapping[str, Any]], ReviewAction]] = {
    "scan_accepted": lambda _, p: ReceiveScan(visit=p["assessment"], scan_day=ordinal(p["date"])),
    "reader_assigned": lambda e, p: AssignReader(reader=p["reader"], person=p["person"], reason=e.reason or ""),
    "read_opened": lambda e, p: OpenVisit(person=e.actor, visit=p["assessment"]),
    "read_locked": lambda e, _: _locked_visit(e),
    "read_reopened": lambda e, p: ReopenVisit(
        reader=p["reader"], visit=p["assessment"], reason=e.reason or "", kind=p["how"]
    ),
    "adjudicated": lambda e, p: Adjudicate(
        person=e.actor, endorses=p["endorses"], reason=p["why"], on=ordinal(p["on"])
    ),
    "reading_closed": lambda _, p: CloseReading(on=ordinal(p["date"])),
}
"""Kind of event -> the action of the review that it records."""


def _locked_visit(event: Event) -> LockVisit:
    p = event.payload
    response, progressed = p.get("response"), p.get("progression_date")
    return LockVisit(
        person=event.actor,
        visit=p["assessment"],
        on=ordinal(p["on"]),
        response=None if response is None else Response(response),
        progression_visit=p.get("progression_assessment"),
        progression_day=None if progressed is None else ordinal(progressed),
    )


def _went_on(subject: Subject, event: Event) -> Subject:
    if subject.review is None:
        return subject
    action = _ACTIONS[event.kind](event, event.payload)
    return subject.but(review=review_after(subject.review, action))


def _result(subject: Subject, event: Event) -> Subject:
    return subject.but(gate=True) if event.payload["answer"] == "confirmed" else subject


_ASSESSMENT = integer("assessment", "number of the assessment; 0 for the baseline", 0, 500)
_READER = integer("reader", "number of the reader", 1, 2)
_SCAN = identifier("scan", "number of the scan")

COMMANDS = (
    CommandSpec(
        "submit_scan",
        "Send a scan to the core laboratory.",
        _submit,
        (_ASSESSMENT, date("date", "day of the scan"), text("reference", "where the images are", most=500)),
        dates=("date",),
    ),
    CommandSpec("accept_scan", "Let a scan be read: its quality is good.", _accept, (_SCAN,)),
    CommandSpec("reject_scan", "Send a scan back.", _reject, (_SCAN, text("why", "what is wrong with it"))),
    CommandSpec(
        "assign_reader",
        "Let a person read the patient; in place of another only with a reason.",
        _assign,
        (_READER, identifier("person", "account of the person")),
    ),
    CommandSpec("open_read", "Begin to read an assessment.", _open, (_ASSESSMENT,)),
    CommandSpec(
        "lock_read",
        "Sign the reading of an assessment; it is never changed.",
        _lock,
        (
            _ASSESSMENT,
            choice("response", "overall response; none at baseline", *Response, required=False),
            integer(
                "progression_assessment", "earlier assessment to which progression goes back", 1, 500, required=False
            ),
            date("progression_date", "day of the scan that shows progression", required=False),
            records("lesions", "lesions", *LESION, least=0),
        ),
        dates=("progression_date",),
        after_death=True,
    ),
    CommandSpec(
        "reopen_read",
        "Ask a reader for a new version of a locked reading.",
        _reopen,
        (_READER, _ASSESSMENT, choice("how", "why it is read anew", "correction", "re-read")),
    ),
    CommandSpec(
        "adjudicate",
        "Endorse one reader's reading of the whole patient.",
        _adjudicate,
        (integer("endorses", "number of the reader endorsed", 1, 2), text("why", "reason")),
    ),
    CommandSpec("close_reading", "Record that no further scan is expected.", _close),
)

APPLIES: Applies = {
    "review_opened": {"subject": _began},
    **{kind: {"subject": _went_on} for kind in _ACTIONS},
    "central_result": {"subject": _result},
}
