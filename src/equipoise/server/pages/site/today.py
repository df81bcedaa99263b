"""What is due today, by role: the first page."""

from typing import Any

from django.db.models import Q
from django.http import HttpResponse

from equipoise.conduct import ACTIONS, REACH, Reach, Role
from equipoise.server.accounts.changes import recent_resets
from equipoise.server.agenda.lines import due_of
from equipoise.server.agenda.models import AgendaRow
from equipoise.server.pages.page import Call
from equipoise.server.pages.setup.known import called
from equipoise.server.pages.tasks import task_of
from equipoise.server.pages.today_parts import Part, Task, declare_part, today_parts
from equipoise.server.pages.words import translated as _
from equipoise.server.subjects.view import OPEN_TREATMENT

__all__ = ["due_tasks", "overdue_follow_up", "overdue_tasks", "today"]

_MOST = 60
_SUBJECTS = 50
_LINES = 50


def today(call: Call) -> HttpResponse:
    """Show what is due, and what is wrong, at this desk."""
    own = [change for change in recent_resets() if change.account == call.account]
    names = called(change.by for change in own)
    resets = [(names[change.by], change.at) for change in own]
    return call.render("pages/today.html", parts=today_parts(call), resets=resets)


def _rows(call: Call) -> Any:
    """Lines of the agenda that the role may know.

    Of patients who were unblinded nothing is told to who does not treat them: what is due then depends on what the
    role may not know.
    """
    rows = AgendaRow.objects.all()
    if REACH[call.desk.role] is Reach.OWN_SITE:
        rows = rows.filter(site=call.desk.site)
    return rows if call.desk.role in OPEN_TREATMENT else rows.filter(opened=False)


def due_tasks(call: Call, *actions: str) -> list[Task]:
    """What is due today at a site, of some commands or of all; overdue things first."""
    return _tasks(call, _rows(call).filter(site=call.desk.site), actions, overdue_only=False)


def overdue_tasks(call: Call, *actions: str, start: int = 0) -> tuple[list[Task], int]:
    """What is overdue at all sites: of fifty subjects, longest overdue first, from a place in their order on.

    Returns
    -------
    tasks, subjects
        What is overdue; and how many subjects there are with something that is.
    """
    rows = _rows(call).filter(soonest__lt=call.today)
    if actions:
        wanted = Q()
        for action in actions:
            wanted |= Q(things__contains=f'"{action}"')
        rows = rows.filter(wanted)
    chosen = rows.order_by("soonest", "subject")[start : start + _SUBJECTS]
    return _tasks(call, chosen, actions, overdue_only=True), rows.count()


def _tasks(call: Call, rows: Any, actions: tuple[str, ...], *, overdue_only: bool) -> list[Task]:
    found = []
    for subject, things in rows.values_list("subject", "things"):
        for entry in due_of(things, call.today, actions or None):
            if entry.overdue or not overdue_only:
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
    tasks, subjects = overdue_tasks(call)
    title = _("Overdue at the sites: %(n)s subjects") % {"n": subjects} if subjects else _("Overdue at the sites")
    return Part(
        title=title,
        tasks=tuple(tasks[:_MOST]),
        empty=_("Nothing is overdue at any site."),
        more=call.url("due") if len(tasks) > _MOST or subjects > _SUBJECTS else "",
    )


_KINDS = {
    "survival": ("record_contact", "end_study"),
    "visits": ("record_visit",),
    "scans": ("measure_tumors",),
    "forms": ("submit_diary", "miss_diary"),
    "queries": ("answer_query",),
    "safety": ("report_serious_event",),
}


def overdue_follow_up(call: Call) -> HttpResponse:
    """Everything that is due at a site, or overdue at all sites; of one kind where one is asked for."""
    chosen = call.request.GET.get("what", "")
    actions = _KINDS.get(chosen, ())
    text = call.request.GET.get("from", "0")
    start = int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0
    if call.desk.at_site:
        tasks = due_tasks(call, *actions)
        shown, total, late = tasks[start : start + _LINES], len(tasks), sum(task.late for task in tasks)
        words = _("%(n)s things, %(late)s overdue") % {"n": total, "late": late}
    else:
        shown, total = overdue_tasks(call, *actions, start=start)
        words = _("%(n)s subjects with something overdue, longest overdue first") % {"n": total}
    part = Part(title=_("Due"), tasks=tuple(shown), empty=_("Nothing of this kind is due."))
    step = _LINES if call.desk.at_site else _SUBJECTS
    return call.render(
        "pages/site/due.html",
        part=part,
        chosen=chosen if actions else "",
        words=words,
        before=max(0, start - step) if start else None,
        after=start + step if start + step < total else None,
    )
