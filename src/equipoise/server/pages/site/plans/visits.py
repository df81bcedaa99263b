"""Visits with their windows, laboratory results with the laboratory's limits, vital signs."""

from typing import Any

from django.db import connection

from equipoise.conduct.planned import planned
from equipoise.ledger import TRIAL, parse_canonical
from equipoise.server.pages.dates import day
from equipoise.server.pages.forms.build import Understood
from equipoise.server.pages.forms.inputs import Choice, Tuned
from equipoise.server.pages.forms.plan import Beside, Plan, Planner
from equipoise.server.pages.page import Call
from equipoise.server.pages.seen import seen_subject
from equipoise.server.pages.words import translated as _
from equipoise.server.pages.words_of_record import LAB_TESTS, VITAL_SIGNS, lab_test_words, visit_words

__all__ = ["PLANS", "laboratory_limits"]

_FIRST_PANEL = ("HGB", "WBC", "NEUT", "PLAT", "ALT", "AST", "BILI", "CREAT")
_RECENT = 60


def _visit_choices(call: Call) -> tuple[Choice, ...]:
    schedule = call.context.rules.protocol.visits.schedule
    return (*((name, visit_words(v.label, name)) for name, v in schedule.items()), ("unscheduled", _("Unscheduled")))


def _visit(call: Call) -> Plan:
    due = [
        thing
        for thing in planned(call.context.rules, call.context.site, call.subject)
        if thing.action == "record_visit"
    ]
    asked = call.request.GET.get("visit")
    chosen = next((t for t in due if asked in (None, t.what.rpartition(" ")[0])), None)
    visit, _space, number = chosen.what.rpartition(" ") if chosen else ("", "", "1")
    intro = ""
    if chosen is not None:
        label = call.context.rules.protocol.visits.schedule[visit].label
        told = {"visit": visit_words(label, visit), "target": day(chosen.target), "first": day(chosen.first),
                "last": day(chosen.last)}  # fmt: skip
        intro = _("Next by the schedule: %(visit)s, planned for %(target)s, window %(first)s to %(last)s.") % told
    return Plan(
        intro=intro,
        fields={
            "visit": Tuned(label=_("Visit"), choices=_visit_choices(call), value=visit or None),
            "number": Tuned(label=_("Number"), why=_("Which one of a repeated visit; else 1."), value=int(number)),
            "status": Tuned(
                label=_("Did it take place?"),
                choices=(("done", _("Yes")), ("missed", _("No, it was missed"))),
                value="done",
            ),
            "date": Tuned(value=call.today, why=_("Empty, if the visit was missed.")),
            "why": Tuned(label=_("Why it was missed or off schedule")),
        },
        button=_("Record the visit"),
    )


def laboratory_limits(site: str) -> dict[str, dict[str, dict[str, Any]]]:
    """Limits of each laboratory as last recorded at a site: laboratory -> test -> unit, low, high."""
    query = (
        "SELECT payload FROM ledger_event WHERE chain = %s AND site = %s AND kind = 'labs_recorded' "
        "ORDER BY seq DESC LIMIT %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(query, [TRIAL, site, _RECENT])
        payloads = [parse_canonical(text) for (text,) in cursor.fetchall()]
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for payload in payloads:
        tests = found.setdefault(payload["laboratory"], {})
        for result in payload["results"]:
            limits = {name: result.get(name) for name in ("unit", "low", "high")}
            if limits["low"] is not None or limits["high"] is not None:
                tests.setdefault(result["test"], limits)
    return found


def _labs(call: Call) -> Plan:
    limits = laboratory_limits(call.subject.site)
    last = seen_subject(call).last("labs_recorded")
    laboratory = call.request.GET.get("laboratory") or (last["laboratory"] if last else next(iter(limits), None))
    known = limits.get(laboratory or "", {})
    tests = [r["test"] for r in last["results"]] if last else list(_FIRST_PANEL)
    rows = [{"test": t, "unit": LAB_TESTS.get(t, ("", ""))[1] or None, **_given(known.get(t))} for t in tests]
    codes = dict.fromkeys([*LAB_TESTS, *tests])
    inner = {
        "test": Tuned(label=_("Test"), choices=tuple((code, lab_test_words(code)) for code in codes)),
        "value": Tuned(label=_("Result")),
        "text": Tuned(label=_("Not a number")),
        "low": Tuned(label=_("Lower limit")),
        "high": Tuned(label=_("Upper limit")),
    }
    intro = _("Limits and units are those last recorded for the laboratory at this site; correct them if they changed.")
    return Plan(
        intro=intro,
        fields={
            "date": Tuned(value=call.today),
            "laboratory": Tuned(value=laboratory, options=tuple(sorted(limits)), kind="text"),
            "visit": Tuned(choices=_visit_choices(call)),
            "results": Tuned(value=rows, inner=inner, counts=("value", "text")),
        },
        beside=_labs_flagged,
        button=_("Record laboratory results"),
    )


def _given(limits: dict[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (limits or {}).items() if value is not None}


def _labs_flagged(_call: Call, understood: Understood) -> Beside:
    flagged = []
    for result in understood.payload.get("results", ()):
        value, low, high = (_number(result.get(name)) for name in ("value", "low", "high"))
        if value is None:
            continue
        side = _("below the limit") if low is not None and value < low else ""
        side = side or (_("above the limit") if high is not None and value > high else "")
        without = _("no limits given") if low is None and high is None else ""
        if side or without:
            name = lab_test_words(result.get("test", ""))
            flagged.append(
                {
                    "test": name,
                    "value": result["value"],
                    "unit": result.get("unit") or "",
                    "said": side or without,
                    "out": bool(side),
                }
            )
    return "pages/site/labs.html", {"flagged": flagged}


def _number(text: str | None) -> float | None:
    return None if text is None else float(text)


def _vitals(call: Call) -> Plan:
    rows = [{"test": code, "unit": unit} for code, (_name, unit) in VITAL_SIGNS.items()]
    inner = {
        "test": Tuned(label=_("Sign"), choices=tuple((code, lab_test_words(code)) for code in VITAL_SIGNS)),
        "value": Tuned(label=_("Result")),
    }
    return Plan(
        fields={
            "date": Tuned(value=call.today),
            "visit": Tuned(choices=_visit_choices(call)),
            "results": Tuned(value=rows, inner=inner, counts=("value", "text")),
        },
        button=_("Record vital signs"),
    )


PLANS: dict[str, Planner] = {"record_visit": _visit, "record_labs": _labs, "record_vitals": _vitals}
