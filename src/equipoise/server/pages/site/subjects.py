"""The list of patients."""

from django.http import HttpResponse

from equipoise.conduct import ACTIONS, REACH, Reach
from equipoise.server.pages.page import Call
from equipoise.server.subjects.models import SubjectRow
from equipoise.server.subjects.view import OPEN_TREATMENT

__all__ = ["PAGE_SIZE", "subject_list"]

PAGE_SIZE = 100


def subject_list(call: Call) -> HttpResponse:
    """List patients that the role reaches, a hundred at a time, those of a search alone where one is made."""
    rows = SubjectRow.objects.order_by("subject")
    if REACH[call.desk.role] is Reach.OWN_SITE:
        rows = rows.filter(site=call.desk.site)
    search = call.request.GET.get("q", "").strip()[:80]
    if search:
        rows = rows.filter(subject__icontains=search)
    total, start = rows.count(), _start(call)
    treats = call.desk.role in OPEN_TREATMENT
    found = [
        {
            "subject": r.subject,
            "site": r.site,
            "stage": r.stage if treats else r.stage_blinded,
            "randomized": r.randomized,
        }
        for r in rows[start : start + PAGE_SIZE]
    ]
    after = start + PAGE_SIZE if start + PAGE_SIZE < total else None
    before = max(0, start - PAGE_SIZE) if start else None
    content = {"rows": found, "total": total, "start": start, "search": search, "after": after, "before": before}
    content |= {
        "opens": call.desk.role in ACTIONS["see_subject"].roles,
        "may_screen": call.desk.role in ACTIONS["screen"].roles,
    }
    return call.render("pages/subjects.html", **content)


def _start(call: Call) -> int:
    text = call.request.GET.get("from", "0")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 0
