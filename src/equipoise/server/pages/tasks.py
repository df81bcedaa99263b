"""What is due, in words and with the address that does it."""

from equipoise.conduct import ACTIONS
from equipoise.conduct.due import Due
from equipoise.conduct.planned import Planned
from equipoise.server.pages.dates import day
from equipoise.server.pages.page import Call
from equipoise.server.pages.today_parts import Task
from equipoise.server.pages.words import translated as _
from equipoise.server.pages.words_of_record import visit_words

__all__ = ["task_of", "window_words"]

_WORDS = {
    "record_consent": "Ask for consent: %(what)s",
    "answer_query": "Answer query %(what)s",
    "report_serious_event": "Report serious adverse event %(what)s",
    "record_visit": "Record visit: %(what)s",
    "measure_tumors": "Measure tumors: %(what)s",
    "submit_diary": "Questionnaire: %(what)s",
    "miss_diary": "Questionnaire not filled in, say why: %(what)s",
    "record_contact": "Ask how the patient is",
    "end_study": "Record the end of follow-up",
}
_FIELD = {"answer_query": "query", "report_serious_event": "event"}


def task_of(call: Call, entry: Due | Planned, subject: str) -> Task:
    """Say what is due; with the address of its form, where the role of the desk may fill it in."""
    visits = call.context.rules.protocol.visits.schedule
    what = entry.what
    if entry.action == "record_visit":
        name, _space, number = what.rpartition(" ")
        planned = visits.get(name)
        what = visit_words(planned.label if planned else None, name, int(number) if number != "1" or not planned or
                           planned.repeats_every_days else None)  # fmt: skip
    if entry.action == "measure_tumors":
        what = _("assessment %(number)s") % {"number": what.rpartition(" ")[2]}
    if entry.action in ("submit_diary", "miss_diary"):
        name, _space, target = what.rpartition(" ")
        what = _("%(name)s, baseline") % {"name": name} if target == "0" else f"{name}, {_('day')} {target}"
    words = _(_WORDS.get(entry.action, "%(what)s")) % {"what": what}
    url = ""
    if call.desk.role in ACTIONS[entry.action].roles:
        url = call.url("subject_command", subject=subject, command=entry.action)
        if entry.action in ("submit_diary", "miss_diary"):
            name, _space, target = entry.what.rpartition(" ")
            url += f"?instrument={name}&target={target}"
        if entry.action == "record_visit":
            name, _space, number = entry.what.rpartition(" ")
            url += f"?visit={name}&number={number}"
        if entry.action in _FIELD:
            url += f"?{_FIELD[entry.action]}={entry.what}"
    late = entry.overdue if isinstance(entry, Due) else entry.late
    return Task(what=words, subject=subject, url=url, when=window_words(entry.first, entry.last), late=late,
                target=entry.target or "")  # fmt: skip


def window_words(first: str | None, last: str | None) -> str:
    """Say a window."""
    if first is None and last is None:
        return ""
    if last is None:
        return _("from %(first)s") % {"first": day(first)}
    return _("%(first)s to %(last)s") % {"first": day(first), "last": day(last)}
