"""The queue of reads, by role; every read has the same clock, whatever the site has said of the patient."""

from typing import Any

from django.http import HttpResponse

from equipoise.conduct import Role
from equipoise.server.pages.dates import day
from equipoise.server.pages.page import Call
from equipoise.server.pages.reading.shown import assessment_words, reader_words, trigger_words
from equipoise.server.pages.setup.known import called
from equipoise.server.pages.today_parts import Part, Task, declare_part
from equipoise.server.pages.words import translated as _
from equipoise.server.reading.view import queue_rows, scans_to_check

__all__ = ["review_queue"]

_MOST = 20
_PAGE = 50


def review_queue(call: Call) -> HttpResponse:
    """Show what is to be read, oldest first; to the data manager also the scans that are to be checked."""
    runs = call.desk.role is Role.DATA_MANAGER
    text = call.request.GET.get("from", "0")
    start = int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0
    every = queue_rows(call.context)
    scans = scans_to_check() if runs else []
    lines = every[start : start + _PAGE]
    names = called(line["person"] for line in lines if line.get("person"))
    shown = [{**_row(call, line), "person": names.get(line.get("person") or "")} for line in lines]
    return call.render(
        "pages/reading/queue.html",
        runs=runs,
        adjudicates=call.desk.role is Role.ADJUDICATOR,
        rows=shown,
        total=len(every),
        late=sum(line["overdue"] for line in every),
        before=max(0, start - _PAGE) if start else None,
        after=start + _PAGE if start + _PAGE < len(every) else None,
        scans=scans[:_PAGE],
        scans_total=len(scans),
    )


def _row(call: Call, line: dict[str, Any]) -> dict[str, Any]:
    return {
        **line,
        "what": assessment_words(line["assessment"]),
        "who": reader_words(line["reader"], blinded=False),
        "differ": trigger_words(line["triggers"]),
        "url": _address(call, line),
    }


def _address(call: Call, line: dict[str, Any]) -> str:
    """Where it is done: reader and adjudicator have a form, the data manager a page of the patient's review."""
    if call.desk.role is Role.DATA_MANAGER:
        return call.url("review", subject=line["subject"])
    command = "adjudicate" if call.desk.role is Role.ADJUDICATOR else "lock_read"
    return call.url("subject_command", subject=line["subject"], command=command)


@declare_part(Role.CENTRAL_READER_1, Role.CENTRAL_READER_2, Role.ADJUDICATOR)
def _mine(call: Call) -> Part:
    rows, judges = queue_rows(call.context), call.desk.role is Role.ADJUDICATOR
    tasks = []
    for line in rows[:_MOST]:
        told = {"subject": line["subject"], "what": assessment_words(line["assessment"])}
        what = _("Adjudicate %(subject)s") if judges else _("Read %(subject)s: %(what)s")
        when = _("by %(day)s") % {"day": day(line["due"])} if line["due"] else ""
        told_by = Task(what=what % told, subject=line["subject"], bare=True, url=_address(call, line), when=when,
                       late=line["overdue"])  # fmt: skip
        tasks.append(told_by)
    if judges:
        title, empty = _("To be adjudicated"), _("Nothing is to be adjudicated. A patient appears here when the "
                                                 "readers differ.")  # fmt: skip
    else:
        title, empty = _("To be read"), _("Nothing is to be read. Scans appear here once their quality is checked.")
    more = call.url("review_queue") if len(rows) > _MOST else ""
    return Part(title=title, tasks=tuple(tasks), empty=empty, total=len(rows), more=more)


@declare_part(Role.DATA_MANAGER)
def _review(call: Call) -> Part:
    scans = scans_to_check()
    late = [line for line in queue_rows(call.context) if line["overdue"]]
    tasks = [
        Task(
            what=_("Check the quality of scan %(scan)s") % {"scan": line["scan"]},
            subject=line["subject"],
            url=call.url("review", subject=line["subject"]),
            when=_("sent %(day)s") % {"day": day(line["since"])},
        )
        for line in scans[:_MOST]
    ]
    tasks += [
        Task(
            what=f"{reader_words(line['reader'], blinded=False)}: {assessment_words(line['assessment'])}",
            subject=line["subject"],
            url=call.url("review", subject=line["subject"]),
            when=_("due %(day)s") % {"day": day(line["due"])},
            late=True,
        )
        for line in late[:_MOST]
    ]
    return Part(
        title=_("Central review"),
        tasks=tuple(tasks),
        empty=_("No scan waits to be checked and no read is late."),
        total=len(scans) + len(late),
        more=call.url("review_queue"),
    )
