"""Plans of the commands of the blind and of crossover."""

from equipoise.conduct.nouns.blinding import breaks
from equipoise.server.pages.dates import day
from equipoise.server.pages.forms.inputs import Choice, Tuned
from equipoise.server.pages.forms.plan import Beside, Plan, Planner
from equipoise.server.pages.page import Call
from equipoise.server.pages.seen import seen_subject
from equipoise.server.pages.unblinding.steps import closed_for, gate_steps, open_steps
from equipoise.server.pages.words import translated as _

__all__ = ["UNBLINDING_PLANS"]

_STEPS = "pages/unblinding/steps.html"


def _patient(call: Call) -> dict[str, str]:
    return {"subject": str(call.context.command.subject)}


def _unblind(call: Call) -> Plan:
    return Plan(
        title=_("Unblind %(subject)s") % _patient(call),
        intro=_("Possible once a locked central result confirms the progression that the site has recorded."),
        consequence=_("You and those who treat the patient at this site learn the treatment. This cannot be taken "
                      "back, and stands in the audit trail."),
        above=(_STEPS, {"title": _("What it takes"), "steps": gate_steps(call)}),
        blocked=closed_for(call, "unblind"),
        button=_("Unblind subject %(subject)s") % _patient(call),
        done=_("The patient is unblinded."),
        after=lambda here: here.url("treatment"),
    )  # fmt: skip


def _break(call: Call) -> Plan:
    return Plan(
        title=_("Emergency: break the code of %(subject)s") % _patient(call),
        intro=_("For a medical emergency in which the treatment must be known at once. Nobody has to agree."),
        consequence=_("You learn the treatment at once. The data manager, the monitor and the safety office are told "
                      "that the code was broken, not what it says. Do not tell others more than they need."),
        button=_("Break the code of subject %(subject)s") % _patient(call),
        done=_("The code is broken. The treatment stands below."),
        after=lambda here: here.url("treatment"),
    )  # fmt: skip


def _susar(call: Call) -> Plan:
    choices: list[Choice] = []
    for event in seen_subject(call).live("adverse_event_recorded"):
        suspected = event["related"] in ("possible", "probable", "definite")
        if event["serious"] and suspected and event.get("expected") is False:
            choices.append((event["record"], f"{event['record']}: {event['term']}, {day(event['onset'])}"))
    return Plan(
        title=_("Unblind %(subject)s for a safety report") % _patient(call),
        intro=_("For an event that is recorded as serious, suspected and unexpected. Only the safety office learns "
                "the treatment."),
        fields={"event": Tuned(label=_("Adverse event"), choices=tuple(choices) or None)},
        consequence=_("The safety office may read the treatment of this patient, for this report. The site stays "
                      "blinded."),
        button=_("Open the treatment to the safety office"),
        done=_("The treatment may be read."),
        after=lambda here: here.url("safety_treatment"),
    )  # fmt: skip


def _end(call: Call) -> Plan:
    return Plan(
        title=_("End blinded treatment of %(subject)s") % _patient(call),
        intro=_("The same step for every patient who was unblinded by the protocol, whatever follows."),
        fields={"date": Tuned(label=_("Last day of blinded treatment"), value=call.today)},
        consequence=_("No dose of blinded treatment can be recorded after this day."),
        blocked=closed_for(call, "end_blinded_treatment"),
        button=_("End blinded treatment"),
        done=_("The end of blinded treatment is recorded."),
        after=lambda here: here.url("open_treatment"),
    )


def _steps_beside(call: Call) -> Beside:
    return _STEPS, {"title": _("Checks before the first dose"), "steps": open_steps(call)}


def _open(call: Call) -> Plan:
    return Plan(
        title=_("Begin of open treatment of %(subject)s") % _patient(call),
        intro=_("For patients whom the protocol lets change; the sealed list is asked when you send this."),
        fields={"date": Tuned(label=_("First day"), value=call.today)},
        above=_steps_beside(call),
        blocked=closed_for(call, "start_open_label"),
        button=_("Record the begin of open treatment"),
        done=_("The begin of open treatment is recorded."),
        after=lambda here: here.url("open_treatment"),
    )


def _open_dose(call: Call) -> Plan:
    rules = call.context.rules
    levels = [f"{level.normalize():f}" for level in sorted(rules.open_doses, reverse=True)]
    crossover = rules.protocol.crossover
    unit = rules.protocol.arms[crossover.to_arm].dose_unit if crossover is not None else None
    choices = (*((level, level) for level in levels), ("0", _("0: interrupted")))
    return Plan(
        title=_("Dose of open treatment of %(subject)s") % _patient(call),
        fields={
            "start": Tuned(value=call.today),
            "amount": Tuned(label=_("Dose"), choices=choices if levels else None, unit=unit),
            "unit": Tuned(value=unit or "mg", hidden=unit is not None),
        },
        blocked=closed_for(call, "record_open_label_dose"),
        button=_("Record the dose"),
        after=lambda here: here.url("open_treatment"),
    )


def _stop(call: Call) -> Plan:
    return Plan(
        title=_("End of open treatment of %(subject)s") % _patient(call),
        fields={"date": Tuned(value=call.today)},
        blocked=closed_for(call, "stop_open_label"),
        button=_("Record the end of open treatment"),
        after=lambda here: here.url("open_treatment"),
    )


def _report(call: Call) -> Plan:
    return Plan(
        title=_("Report that a treatment became known: %(subject)s") % _patient(call),
        intro=_("Outside of the rules: by a remark, a letter, a side effect. Do not name the treatment."),
        fields={"date": Tuned(value=call.today), "how": Tuned(kind="long")},
        button=_("Report the unblinding"),
    )


def _assess(call: Call) -> Plan:
    choices = tuple(
        (each.record, f"{each.record}: {_(each.ground)}, {day(each.date)}")
        for each in breaks(seen_subject(call))
        if each.ground != "progression" and each.impact is None
    )
    return Plan(
        title=_("Say what an unblinding means for the trial"),
        fields={"of": Tuned(label=_("Unblinding"), choices=choices or None), "impact": Tuned(kind="long")},
        button=_("Record the impact"),
    )


UNBLINDING_PLANS: dict[str, Planner] = {
    "unblind": _unblind,
    "break_code": _break,
    "unblind_for_safety": _susar,
    "end_blinded_treatment": _end,
    "start_open_label": _open,
    "record_open_label_dose": _open_dose,
    "stop_open_label": _stop,
    "report_unblinding": _report,
    "assess_unblinding": _assess,
}
