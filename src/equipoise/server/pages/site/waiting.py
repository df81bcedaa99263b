"""What waits at a site beside the schedule: kits for new patients, answers of central review."""

from django.db.models import QuerySet

from equipoise.conduct import Role, Site, Subject
from equipoise.server.agenda.models import AgendaRow
from equipoise.server.ledger import shards as states
from equipoise.server.pages.page import Call
from equipoise.server.pages.today_parts import Part, Task, declare_part
from equipoise.server.pages.words import translated as _
from equipoise.server.subjects.models import SubjectRow

__all__ = ["answered", "kit_waiting", "kits_to_hand_out"]

_MOST = 20


def kit_waiting(patient: Subject, site: Site) -> str | None:
    """Kit that was assigned to a patient and lies at this site to be handed out; one of a former site does not."""
    handed = {d["kit"] for d in patient.live("dispensed")}
    given = [str(a["kit"]) for a in patient.live("kit_assigned") if a["kit"] not in handed]
    return given[-1] if given and site.kits.get(given[-1], ("", ""))[1] == "stock" else None


@declare_part(Role.PHARMACIST)
def kits_to_hand_out(call: Call) -> Part:
    """List patients who were randomized and have no kit yet."""
    rows = _rows(call).exclude(progress__contains='"dosed"').exclude(progress__contains='"died"')
    rows = rows.exclude(progress__contains='"stopped"').exclude(progress__contains='"withdrawn"')
    tasks = []
    for patient in _patients(rows.filter(stage="randomized").order_by("randomized", "subject")):
        waits = kit_waiting(patient, call.context.site) is not None
        if patient.has("dispensed") and not waits:
            continue
        words = _("Hand out the kit of %(subject)s") if waits else _("Ask which kit to hand out to %(subject)s")
        url = call.url("subject_command", subject=patient.id, command="dispense" if waits else "assign_kit")
        tasks.append(Task(what=words % {"subject": patient.id}, url=url))
    title = _("First kits to be handed out")
    return Part(title=title, tasks=tuple(tasks), plain=True, empty=_("No patient waits for a first kit."))


@declare_part(Role.INVESTIGATOR)
def answered(call: Call) -> Part:
    """List patients whose progression central review has confirmed, and who are not unblinded."""
    rows = _rows(call).filter(progress__contains='"answers"', stage="randomized").exclude(progress__contains='"died"')
    opened = AgendaRow.objects.filter(site=call.desk.site, opened=True).values("subject")
    tasks = tuple(
        Task(
            what=_("Central review has confirmed the progression of %(subject)s") % {"subject": patient.id},
            url=call.url("treatment", subject=patient.id),
        )
        for patient in _patients(rows.exclude(subject__in=opened).order_by("subject"))
        if patient.gate and not patient.unblinded
    )
    empty = _("No answer of central review waits. Where it confirms a progression, the way to unblinding appears here.")
    return Part(title=_("Central review"), tasks=tasks, plain=True, empty=empty)


def _rows(call: Call) -> "QuerySet[SubjectRow]":
    return SubjectRow.objects.filter(site=call.desk.site)


def _patients(rows: "QuerySet[SubjectRow]") -> list[Subject]:
    names = [f"subject:{name}" for name in rows.values_list("subject", flat=True)[:_MOST]]
    loaded = states.load(names) if names else {}
    return [loaded[name].state for name in names]
