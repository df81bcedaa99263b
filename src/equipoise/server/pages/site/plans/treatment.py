"""Kits, doses, the end of treatment, the site's stock."""

from equipoise.conduct import Refusal
from equipoise.server.pages.dates import day
from equipoise.server.pages.forms.inputs import Tuned
from equipoise.server.pages.forms.plan import Plan, Planner
from equipoise.server.pages.page import Call
from equipoise.server.pages.seen import seen_subject
from equipoise.server.pages.site.waiting import kit_waiting
from equipoise.server.pages.words import translated as _

__all__ = ["PLANS"]


def _assign(call: Call) -> Plan:
    intro = _("The kit is chosen for this patient from the stock of the site. Hand out that kit and no other.")
    return Plan(
        fields={"date": Tuned(value=call.today)},
        intro=intro,
        button=_("Ask which kit to hand out"),
        after=lambda here: here.url("subject_command", command="dispense"),
    )


def _dispense(call: Call) -> Plan:
    kit = kit_waiting(seen_subject(call), call.context.site)
    if kit is None:
        remedy = _("Ask first which kit to hand out.")
        return Plan(
            blocked=Refusal("no_kit", _("No kit of this site waits to be handed out to the patient."), remedy),
            more=(_("Ask which kit to hand out"), call.url("subject_command", command="assign_kit")),
        )
    why = _("Type the number that is printed on the kit in your hand.")
    return Plan(
        intro=_("Assigned and not handed out yet: kit %(kit)s.") % {"kit": kit},
        fields={"kit": Tuned(why=why), "date": Tuned(value=call.today)},
        button=_("Record that the kit was handed out"),
    )


def _kits_of(call: Call) -> tuple[tuple[str, str], ...]:
    seen = seen_subject(call)
    back = {r["kit"] for r in seen.live("kit_returned")}
    given = [d["kit"] for kind in ("dispensed", "wrong_kit_dispensed") for d in seen.live(kind)]
    return tuple((str(kit), str(kit)) for kit in given if kit not in back)


def _return(call: Call) -> Plan:
    kits = _kits_of(call)
    kit = Tuned(choices=kits, value=kits[0][0] if len(kits) == 1 else None) if kits else Tuned()
    return Plan(fields={"kit": kit, "date": Tuned(value=call.today)}, button=_("Record the return of the kit"))


def _wrong(call: Call) -> Plan:
    return Plan(
        intro=_("Nobody is asked what the kit holds. The deviation is recorded with this report."),
        fields={"date": Tuned(value=call.today)},
        button=_("Report the wrong kit"),
    )


def _dose(call: Call) -> Plan:
    rules = call.context.rules
    levels = [f"{level.normalize():f}" for level in sorted(rules.doses, reverse=True)]
    units = sorted(rules.dose_units)
    seen = seen_subject(call)
    going_on = [d for d in seen.live("dose_recorded") if d.get("end") is None]
    intro = ""
    if going_on:
        told = {"amount": going_on[-1]["amount"], "unit": going_on[-1]["unit"], "day": day(going_on[-1]["start"])}
        intro = _("Recorded as going on: %(amount)s %(unit)s since %(day)s. Correct its last day first.") % told
    choices = (*((level, level) for level in levels), ("0", _("0: interrupted")))
    return Plan(
        intro=intro,
        fields={
            "start": Tuned(value=call.today),
            "amount": Tuned(
                label=f"{_('Dose')} ({units[0]})" if units else _("Dose"), choices=choices if levels else None
            ),
            "unit": Tuned(value=units[0] if units else "mg", hidden=len(units) == 1),
        },
        button=_("Record the dose"),
    )


def _stop(call: Call) -> Plan:
    return Plan(fields={"date": Tuned(value=call.today)}, button=_("Record the end of treatment"))


def _remove(call: Call) -> Plan:
    fields = {"kits": Tuned(label=_("Kit numbers"), why=_("One on a line.")), "date": Tuned(value=call.today)}
    return Plan(fields=fields, button=_("Take the kits out of stock"))


PLANS: dict[str, Planner] = {
    "assign_kit": _assign,
    "dispense": _dispense,
    "return_kit": _return,
    "report_wrong_kit": _wrong,
    "record_dose": _dose,
    "stop_treatment": _stop,
    "remove_kits": _remove,
}
