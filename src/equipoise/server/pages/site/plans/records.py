"""Corrections with the old value beside, records taken back, queries, signatures."""

import json
from typing import Any

from equipoise.conduct import CORRECTABLE, Field, Refusal, find_record, open_queries, record_hash
from equipoise.server.pages.forms.build import Understood
from equipoise.server.pages.forms.inputs import Tuned
from equipoise.server.pages.forms.plan import Beside, Plan, Planner
from equipoise.server.pages.page import Call
from equipoise.server.pages.record_shown import shown_fields
from equipoise.server.pages.seen import seen_subject
from equipoise.server.pages.site.plans.tumors import lesion_inputs
from equipoise.server.pages.words import translated as _
from equipoise.server.pages.words_of_record import kind_words

__all__ = ["PLANS", "correctable_field"]


def _given(call: Call, name: str) -> str:
    """A part of a form that its address, or the form itself, names."""
    return str(call.request.POST.get(name) or call.request.GET.get(name) or "")


def correctable_field(call: Call, kind: str, name: str) -> Field | None:
    """Field by whose type the right value is asked for; None where it cannot be corrected."""
    head, _dot, inner = name.partition(".")
    field = next((f for f in CORRECTABLE.get(kind, ()) if f.name == head), None)
    if field is None or not inner:
        return field
    declared = call.context.rules.protocol.baseline.get(inner)
    if declared is None:
        return None
    label = declared.label or inner.replace("_", " ")
    if declared.type == "category":
        return Field(inner, "choice", label, False, choices=tuple(declared.level_labels()))
    types = {"boolean": "boolean", "integer": "integer", "number": "decimal", "date": "date", "text": "text"}
    return Field(inner, types[declared.type], label, False)


def _correct(call: Call) -> Plan:
    name, path = _given(call, "record"), _given(call, "field")
    record = find_record(seen_subject(call), name)
    field = correctable_field(call, record.kind, path) if record is not None else None
    if record is None or field is None:
        return Plan(intro=_("Open the record on the patient's page, and choose the value to correct."))
    head, _dot, inner = path.partition(".")
    value = record.values.get(head)
    value = value.get(inner) if inner and isinstance(value, dict) else value
    label = field.doc.partition(";")[0]
    new = Tuned(
        stands_for=field, value=value, label=label[:1].upper() + label[1:], inner=lesion_inputs(new=True, rare=True)
    )
    return Plan(
        title=_("Correct %(record)s") % {"record": f"{kind_words(record.kind)} {name}"},
        intro=_("The value of today stays readable in the audit trail, with your reason."),
        fields={
            "record": Tuned(hidden=True, value=name),
            "field": Tuned(hidden=True, value=path),
            "old": Tuned(hidden=True, value=json.dumps(value)),
            "new": new,
        },
        prepare=_with_old,
        after=lambda here: here.url("record", record=name),
        button=_("Correct the value"),
    )


def _with_old(_call: Call, payload: dict[str, Any]) -> dict[str, Any]:
    """Bring the old value back into the type it has in the record."""
    try:
        old = json.loads(payload.get("old", "null"))
    except ValueError:
        return payload
    return {**payload, "old": old, "new": payload.get("new")}


def _retract(call: Call) -> Plan:
    name = _given(call, "record")
    return Plan(
        intro=_("The record no longer counts; it stays readable in the audit trail, with your reason."),
        fields={"record": Tuned(value=name or None, fixed=bool(name))},
        button=_("Take back %(name)s") % {"name": name} if name else "",
    )


def _query(call: Call) -> Plan:
    name = _given(call, "of")
    of = Tuned(label=_("Record"), value=name or None, fixed=bool(name))
    return Plan(fields={"of": of, "text": Tuned(label=_("Question"))}, button=_("Ask the site"))


def _open_queries(call: Call) -> tuple[tuple[str, str], ...]:
    return tuple(
        (str(q["record"]), f"{q['record']} ({q['of']}): {q['text'][:120]}") for q in open_queries(seen_subject(call))
    )


def _answer(call: Call) -> Plan:
    queries = _open_queries(call)
    chosen = _given(call, "query") or (queries[0][0] if len(queries) == 1 else None)
    fields = {"query": Tuned(label=_("Query"), choices=queries, value=chosen), "text": Tuned(label=_("Answer"))}
    return Plan(fields=fields, button=_("Answer the query"))


def _close(call: Call) -> Plan:
    queries = _open_queries(call)
    chosen = _given(call, "query") or (queries[0][0] if len(queries) == 1 else None)
    return Plan(fields={"query": Tuned(label=_("Query"), choices=queries, value=chosen)}, button=_("Close the query"))


def _sign(call: Call) -> Plan:
    name = _given(call, "of")
    record = find_record(seen_subject(call), name)
    if record is None:
        remedy = _("Open the record on the patient's page, and sign it there.")
        return Plan(blocked=Refusal("record_unknown", _("There is no such record."), remedy))
    meanings = (
        ("author", _("I recorded this, and it is right")),
        ("review", _("I have reviewed this")),
        ("approval", _("I approve this")),
    )
    return Plan(
        title=_("Sign %(record)s") % {"record": f"{kind_words(record.kind)} {name}"},
        intro=_("You sign what the record says now; if it is corrected later, the signature no longer holds."),
        fields={
            "of": Tuned(hidden=True, value=name),
            "meaning": Tuned(label=_("What your signature means"), choices=meanings),
            "hash": Tuned(hidden=True, value=record_hash(record)),
        },
        beside=_record_beside,
        after=lambda here: here.url("record", record=name),
        button=_("Sign %(name)s") % {"name": name},
    )


def _record_beside(call: Call, understood: Understood) -> Beside:
    record = find_record(seen_subject(call), str(understood.payload.get("of", "")))
    fields = [f for f in shown_fields(call, record) if f.text != "-"] if record is not None else []
    return "pages/site/record_values.html", {"fields": fields}


PLANS: dict[str, Planner] = {
    "correct": _correct,
    "retract": _retract,
    "open_query": _query,
    "answer_query": _answer,
    "close_query": _close,
    "sign": _sign,
}
