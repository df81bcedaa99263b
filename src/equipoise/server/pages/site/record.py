"""The page of a record: what it says, who signed it, what was asked about it, and what can be done with it."""

from typing import Any

from django.http import HttpResponse

from equipoise.conduct import ACTIONS, CORRECTABLE, Subject, open_queries, signature_holds
from equipoise.conduct.command import refuse
from equipoise.conduct.state import Record
from equipoise.server.pages.page import Call
from equipoise.server.pages.possible import possible_actions
from equipoise.server.pages.record_shown import shown_fields
from equipoise.server.pages.seen import seen_subject
from equipoise.server.pages.setup.known import called
from equipoise.server.pages.words import translated as _
from equipoise.server.pages.words_of_record import kind_words

__all__ = ["record_page"]


def record_page(call: Call, record: str) -> HttpResponse:
    """Show a record of a patient, as the role may know it."""
    patient = seen_subject(call)
    found = next((r for by_name in patient.records.values() for r in by_name.values() if r.name == record), None)
    if found is None:
        refuse("record_unknown", _("There is no such record."), _("Open the patient's page and choose one."))
    possible = {p.command for p in possible_actions(call) if p.refusal is None}
    return call.render(
        "pages/site/record.html",
        patient=patient,
        record=found,
        by=called([found.actor])[found.actor],
        title=kind_words(found.kind),
        fields=shown_fields(call, found),
        may_correct="correct" in possible and found.kind in CORRECTABLE and not found.retracted,
        actions=_actions(call, found, possible),
        signatures=_signatures(patient, found),
        queries=_queries(patient, found),
    )


def _actions(call: Call, record: Record, possible: set[str]) -> list[dict[str, str]]:
    if record.retracted:
        return []
    wanted = [
        ("sign", "of", _("Sign this record")),
        ("open_query", "of", _("Ask the site about it")),
        ("retract", "record", _("Take this record back")),
    ]
    if record.kind == "adverse_event_recorded":
        wanted.insert(0, ("update_adverse_event", "record", _("Bring the event up to date")))
        if record.values["serious"]:
            wanted.insert(1, ("report_serious_event", "event", _("Report it as serious")))
    return [
        {"label": label, "url": f"{call.url('subject_command', command=command)}?{field}={record.name}"}
        for command, field, label in wanted
        if command in possible and call.desk.role in ACTIONS[command].roles
    ]


def _signatures(patient: Subject, record: Record) -> list[dict[str, Any]]:
    signed = [r for r in patient.records.get("signed", {}).values() if r.values["of"] == record.name]
    names = called(r.actor for r in signed)
    return [
        {"meaning": r.values["meaning"], "by": names[r.actor], "at": r.at, "holds": signature_holds(patient, r.values)}
        for r in signed
    ]


def _queries(patient: Subject, record: Record) -> list[dict[str, Any]]:
    unanswered = {q["record"] for q in open_queries(patient)}
    return [
        {
            "record": q["record"],
            "text": q["text"],
            "closed": q["record"] not in unanswered,
            "answers": [a["text"] for a in patient.live("query_answered") if a["query"] == q["record"]],
        }
        for q in patient.live("query_opened")
        if q["of"] == record.name
    ]
