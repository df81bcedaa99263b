"""A patient's treatment, for who may know it; for everybody else on the page, why it is closed and what opens it."""

from typing import Any, Literal

from django.http import HttpResponse

from equipoise.conduct import ACTIONS
from equipoise.conduct.nouns.blinding import may_know_treatment
from equipoise.ledger import kinds
from equipoise.server.errors import ServerError
from equipoise.server.pages.page import Call
from equipoise.server.pages.record_short import in_short
from equipoise.server.pages.seen import records_of, seen_subject
from equipoise.server.pages.unblinding.steps import closed_for, gate_steps, open_steps, why_closed
from equipoise.server.pages.words import translated as _
from equipoise.server.pages.words_of_record import kind_words
from equipoise.server.unblinding.reading import read_arm
from equipoise.server.write import UnavailableError

__all__ = ["for_safety", "open_treatment", "treatment"]

_NEXT = ("end_blinded_treatment", "start_open_label", "record_open_label_dose", "stop_open_label")
_WORDS = {
    "end_blinded_treatment": "End blinded treatment",
    "start_open_label": "Record the begin of open treatment",
    "record_open_label_dose": "Record a dose of open treatment",
    "stop_open_label": "Record the end of open treatment",
}


def treatment(call: Call) -> HttpResponse:
    """Show the treatment to the investigator once the blind is lifted; before, why it is not."""
    known = may_know_treatment(call.subject, str(call.desk.role), site=call.desk.site)
    content: dict[str, Any] = {"subject": call.subject.id, "broken": call.subject.has("code_broken")}
    if not known:
        content |= {"closed": why_closed(call), "steps": gate_steps(call), "planned": call.subject.has("unblinded")}
        return call.render("pages/unblinding/closed.html", **content)
    arm = _arm(call, "see_arm")
    content |= {"arm": arm, "planned": call.subject.has("unblinded")}
    return call.render("pages/unblinding/treatment.html", unblinded=True, **content)


def open_treatment(call: Call) -> HttpResponse:
    """Show what follows blinded treatment to those who treat the patient: one page, whatever follows."""
    subject = call.subject
    if not subject.has("unblinded"):
        content: dict[str, Any] = {
            "subject": subject.id,
            "closed": why_closed(call),
            "steps": gate_steps(call),
            "broken": False,
        }
        return call.render("pages/unblinding/closed.html", planned=False, **content)
    patient = seen_subject(call)
    sealed = sorted(kind for kind in patient.records if kinds()[kind].sealed)
    rows = [
        {"kind": kind_words(record.kind), "short": in_short(record), "name": record.name}
        for record in records_of(patient, "blinded_treatment_ended", *sealed)
    ]
    return call.render(
        "pages/unblinding/open.html",
        unblinded=True,
        subject=subject.id,
        steps=open_steps(call),
        started=subject.has("open_label_started"),
        rows=rows,
        next=_possible(call),
    )


def _possible(call: Call) -> list[tuple[str, str]]:
    """What the role may record next: words and address; those with something against them are left out."""
    done = {"end_blinded_treatment"} if call.subject.has("blinded_treatment_ended") else set[str]()
    return [
        (_(_WORDS[command]), call.url("subject_command", command=command))
        for command in _NEXT
        if command not in done and call.desk.role in ACTIONS[command].roles and closed_for(call, command) is None
    ]


def for_safety(call: Call) -> HttpResponse:
    """Show the treatment to the safety office, for a report that it has opened it for."""
    arm = _arm(call, "see_arm_for_safety")
    events = [record["event"] for record in call.subject.live("safety_unblinded")]
    return call.render(
        "pages/unblinding/safety.html", unblinded=arm is not None, subject=call.subject.id, arm=arm, events=events
    )


def _arm(call: Call, action: Literal["see_arm", "see_arm_for_safety"]) -> str | None:
    """Label of the patient's arm; that it was read is in the access chain before it is shown."""
    try:
        arm = read_arm(call.context, action)
    except ServerError as error:
        raise UnavailableError(str(error)) from error
    return None if arm is None else call.context.rules.protocol.arms[arm].label
