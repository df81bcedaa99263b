"""Questionnaires that a patient filled in on paper, and why one was not filled in."""

from equipoise.conduct import Field
from equipoise.conduct.nouns.diaries import forms_due, item_ranges
from equipoise.server.pages.forms.inputs import Choice, Tuned
from equipoise.server.pages.forms.plan import Plan, Planner
from equipoise.server.pages.page import Call
from equipoise.server.pages.words import translated as _

__all__ = ["PLANS"]

_FEW = 11


def _instruments(call: Call) -> tuple[Choice, ...]:
    parts = call.context.rules.protocol.instruments
    return tuple((p, p) if isinstance(p, str) else (p.name, p.label or p.name) for p in parts)


def _asked(call: Call) -> tuple[str, str | None]:
    """Questionnaire and target day that the address names, else the first that is due."""
    sent = call.request.POST or call.request.GET
    if sent.get("instrument"):
        return str(sent["instrument"])[:80], sent.get("target")
    due = forms_due(call.context.rules, call.subject, call.today)
    return (due[0].instrument, str(due[0].target)) if due else ("", None)


def _submit(call: Call) -> Plan:
    name, target = _asked(call)
    ranges = item_ranges(call.context.rules, name) if name else {}
    items = tuple(_item(item, low, high) for item, (low, high) in ranges.items())
    labels = {
        item: Tuned(label=_("Item %(name)s") % {"name": item.removeprefix("item_")}, quiet=True, unit=f"{low}-{high}",
                    choices=tuple((str(n), str(n)) for n in range(low, high + 1)) if high - low < _FEW else None)
        for item, (low, high) in ranges.items()
    }  # fmt: skip
    intro = _("For a questionnaire that the patient filled in on paper. Leave open what the patient left open.")
    return Plan(
        title=_("Enter a questionnaire"),
        intro=intro,
        fields={
            "instrument": Tuned(label=_("Questionnaire"), choices=_instruments(call), value=name or None),
            "target": Tuned(label=_("Planned study day"), value=target),
            "date": Tuned(value=call.today),
            "answers": Tuned(fields=items, inner=labels),
            "started": Tuned(left_out=True),
        },
        button=_("Record the answers"),
    )


def _item(name: str, low: int, high: int) -> Field:
    return Field(name, "integer", name, False, minimum=low, maximum=high)


def _miss(call: Call) -> Plan:
    name, target = _asked(call)
    return Plan(
        fields={
            "instrument": Tuned(label=_("Questionnaire"), choices=_instruments(call), value=name or None),
            "target": Tuned(label=_("Planned study day"), value=target),
            "date": Tuned(label=_("Day"), value=call.today),
        },
        button=_("Record why it is missing"),
    )


PLANS: dict[str, Planner] = {"submit_diary": _submit, "miss_diary": _miss}
