"""What is due today, by role: the first page."""

from django.http import HttpResponse

from equipoise.conduct import ACTIONS, REACH, Reach, Role
from equipoise.server.agenda.lines import due_of
from equipoise.server.agenda.models import AgendaRow
from equipoise.server.pages.page import Call
from equipoise.server.pages.tasks import task_of
from equipoise.server.pages.today_parts import Part, Task, declare_part, today_parts
from equipoise.server.pages.words import translated as _
from equipoise.server.subjects.view import OPEN_TREATMENT

__all__ = ["due_tasks", "overdue_follow_up", "today"]

_MOST = 60


def today(call: Call) -> HttpResponse:
    """Show what is due, and what is wrong, at this desk."""
    return call.render("pages/today.html", parts=today_parts(call))


def due_tasks(call: Call, *actions: str, overdue_only: bool = False) -> list[Task]:
    """What is due today for the patients whom the role reaches, of some commands or of all; overdue things first.

    Of patients who were unblinded nothing is told to who does not treat them: what is due then depends on what the
    role may not know.
    """
    rows = AgendaRow.objects.order_by("subject")
    if REACH[call.desk.role] is Reach.OWN_SITE:
        rows = rows.filter(site=call.desk.site)
    if call.desk.role not in OPEN_TREATMENT:
        rows = rows.filter(opened=False)
    if overdue_only:
        rows = rows.filter(soonest__lt=call.today)
    found = []
    for subject, things in rows.values_list("subject", "things"):
        for entry in due_of(things, call.today):
            if (not actions or entry.action in actions) and (entry.overdue or not overdue_only):
                found.append((not entry.overdue, entry.last or entry.target or "9999", subject, entry))
    return [task_of(call, entry, subject) for _late, _last, subject, entry in sorted(found, key=lambda f: f[:3])]


@declare_part(Role.SITE_COORDINATOR, Role.INVESTIGATOR, Role.LOCAL_READER)
def _due(call: Call) -> Part:
    mine = [name for name, row in ACTIONS.items() if call.desk.role in row.roles and not row.reads]
    tasks = due_tasks(call, *mine)
    late = sum(task.late for task in tasks)
    title = _("Due at site %(site)s, %(late)s overdue") if late else _("Due at site %(site)s")
    return Part(
        title=title % {"site": call.desk.site, "late": late},
        tasks=tuple(tasks[:_MOST]),
        empty=_("Nothing is due today. Visits, scans, queries and follow-up appear here when their windows open."),
        total=len(tasks),
        more=call.url("due") if len(tasks) > _MOST else "",
    )


@declare_part(Role.DATA_MANAGER, Role.MONITOR)
def _overdue_everywhere(call: Call) -> Part:
    tasks = due_tasks(call, overdue_only=True)
    return Part(
        title=_("Overdue at the sites"),
        tasks=tuple(tasks[:_MOST]),
        empty=_("Nothing is overdue at any site."),
        total=len(tasks),
        more=call.url("due") if len(tasks) > _MOST else "",
    )


def overdue_follow_up(call: Call) -> HttpResponse:
    """Everything that is due, a hundred at a time, survival follow-up alone where it is asked for."""
    chosen = call.request.GET.get("what", "")
    actions = {"survival": ("record_contact", "end_study"), "visits": ("record_visit",), "scans": ("measure_tumors",),
               "queries": ("answer_query",), "safety": ("report_serious_event",)}.get(chosen, ())  # fmt: skip
    tasks = due_tasks(call, *actions, overdue_only=call.desk.role not in OPEN_TREATMENT)
    text = call.request.GET.get("from", "0")
    start = int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0
    part = Part(title=_("Due"), tasks=tuple(tasks[start : start + 100]), empty=_("Nothing of this kind is due."))
    after = start + 100 if start + 100 < len(tasks) else None
    return call.render("pages/site/due.html", part=part, chosen=chosen, total=len(tasks), after=after,
                       late=sum(task.late for task in tasks))  # fmt: skip
