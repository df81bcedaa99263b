"""Adverse events with term and grade of the dictionary, the 24-hour clock of serious ones, narratives."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from equipoise.conduct.nouns.adverse_events import CRITERIA
from equipoise.server.pages.dictionary import dictionary_of
from equipoise.server.pages.forms.build import Understood
from equipoise.server.pages.forms.inputs import Tuned
from equipoise.server.pages.forms.plan import Beside, Plan, Planner
from equipoise.server.pages.page import Call
from equipoise.server.pages.seen import seen_subject
from equipoise.server.pages.words import translated as _

__all__ = ["PLANS"]


def _grades() -> tuple[tuple[str, str], ...]:
    return (
        ("1", _("1 mild")),
        ("2", _("2 moderate")),
        ("3", _("3 severe")),
        ("4", _("4 life-threatening")),
        ("5", _("5 death")),
    )


def _event_fields(call: Call) -> dict[str, Tuned]:
    dictionary = dictionary_of(call.subject.site)
    return {
        "term": Tuned(label=_("What happened"), why=_("In the words of the patient or the chart.")),
        "code": Tuned(
            label=_("Term of the dictionary"),
            why=_("Type a few letters and choose; the class is filled in from the dictionary (%(name)s).")
            % {"name": dictionary.name},
            options=tuple(dictionary.terms),
        ),
        "body_system": Tuned(label=_("Class of the term"), why=_("Only for a term that the dictionary does not have.")),
        "grade": Tuned(label=_("Grade (CTCAE)"), choices=_grades()),
        "onset": Tuned(label=_("First day")),
        "end": Tuned(label=_("Last day"), why=_("Empty while it goes on.")),
        "serious": Tuned(label=_("Is it serious?"), why=_("Report a serious event within 24 hours of learning of it.")),
        "criteria": Tuned(label=_("What makes it serious"), choices=tuple((c, _(c)) for c in CRITERIA)),
        "expected": Tuned(label=_("Listed in the reference safety information?")),
    }


def _with_class(call: Call, payload: dict[str, Any]) -> dict[str, Any]:
    dictionary = dictionary_of(call.subject.site)
    system = dictionary.terms.get(payload.get("code", ""))
    filled = {**payload, "body_system": system} if system and not payload.get("body_system") else payload
    return {**filled, "criteria": payload.get("criteria") or []}


def _record(call: Call) -> Plan:
    return Plan(
        fields=_event_fields(call),
        prepare=_with_class,
        after=lambda here: here.url("subject", subject=here.context.command.subject) + "#safety",
        button=_("Record the adverse event"),
    )


def _update(call: Call) -> Plan:
    events = list(seen_subject(call).live("adverse_event_recorded"))
    name = call.request.GET.get("record") or call.request.POST.get("record")
    known = next((e for e in events if e["record"] == name), None)
    fields = _event_fields(call)
    choices = tuple((str(e["record"]), f"{e['record']}: {e['term']}, {e['onset']}") for e in events)
    fields["record"] = Tuned(label=_("Event"), choices=choices, value=name)
    if known is not None:
        for key, tuned in list(fields.items()):
            if key != "record":
                fields[key] = Tuned(**{**_plain(tuned), "value": known.get(key)})
        for key in ("outcome", "related", "action"):
            fields[key] = Tuned(value=known.get(key))
    return Plan(fields=fields, prepare=_with_class, button=_("Bring the adverse event up to date"))


def _plain(tuned: Tuned) -> dict[str, Any]:
    return {name: getattr(tuned, name) for name in ("label", "why", "choices", "options", "kind", "unit")}


def _serious_events(call: Call, *, reported: bool) -> tuple[tuple[str, str], ...]:
    seen = seen_subject(call)
    done = {s["event"] for s in seen.live("serious_event_reported")}
    return tuple(
        (str(e["record"]), f"{e['record']}: {e['term']}, {e['onset']}")
        for e in seen.live("adverse_event_recorded")
        if e["serious"] and (e["record"] in done) is reported
    )


def _report(call: Call) -> Plan:
    events = _serious_events(call, reported=False)
    zone = call.context.site.time_zone
    return Plan(
        intro=_("The clock runs for 24 hours from the moment at which the site learned of the event."),
        fields={
            "event": Tuned(choices=events, value=events[0][0] if len(events) == 1 else None),
            "aware": Tuned(
                label=_("When did the site learn of it?"), why=_("Date and time on the clock of the site (%(zone)s).")
                % {"zone": zone},
            ),
            "narrative": Tuned(label=_("Narrative")),
            "causality": Tuned(label=_("Causality"), why=_("Judgment of the investigator, with the reason for it.")),
        },
        beside=_clock,
        button=_("Report the serious adverse event"),
    )  # fmt: skip


def _clock(call: Call, understood: Understood) -> Beside:
    aware = understood.payload.get("aware")
    if aware is None:
        return "pages/site/clock.html", {"due": None}
    zone = ZoneInfo(call.context.site.time_zone)
    due = dt.datetime.fromisoformat(aware) + dt.timedelta(hours=24)
    left = due - dt.datetime.fromisoformat(call.context.command.at)
    hours, minutes = divmod(abs(int(left.total_seconds())) // 60, 60)
    local = due.astimezone(zone)
    told = {
        "due": local.strftime("%Y-%m-%d %H:%M"),
        "hours": hours,
        "minutes": minutes,
        "late": left.total_seconds() < 0,
    }
    return "pages/site/clock.html", told


def _narrate(call: Call) -> Plan:
    events = _serious_events(call, reported=True)
    chosen = Tuned(choices=events, value=events[0][0] if len(events) == 1 else None)
    return Plan(fields={"event": chosen}, button=_("Add to the narrative"))


PLANS: dict[str, Planner] = {
    "record_adverse_event": _record,
    "update_adverse_event": _update,
    "report_serious_event": _report,
    "add_narrative": _narrate,
}
