"""Whose questionnaires are due, and words with which the site reminds a patient."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse

from equipoise.conduct import ACTIONS, REACH, Reach
from equipoise.conduct.due import Due
from equipoise.protocol import Instrument
from equipoise.server.accounts.models import DiaryLink
from equipoise.server.agenda.lines import due_of
from equipoise.server.agenda.models import AgendaRow
from equipoise.server.pages.dates import day
from equipoise.server.pages.page import Call
from equipoise.server.pages.words import translated as _
from equipoise.server.sources import now
from equipoise.server.subjects.view import OPEN_TREATMENT

__all__ = ["due_page"]

_PAGE = 50
_ACTIONS = frozenset({"submit_diary"})
_MARK = '"submit_diary"'


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """A patient with something due."""

    subject: str
    forms: tuple[dict[str, Any], ...]
    last: str
    late: bool
    has_link: bool
    reminder: str


def due_page(call: Call) -> HttpResponse:
    """List patients with a questionnaire that is due, those whose window ends first at the top."""
    rows = AgendaRow.objects.filter(things__contains=_MARK)
    if REACH[call.desk.role] is Reach.OWN_SITE:
        rows = rows.filter(site=call.desk.site)
    if call.desk.role not in OPEN_TREATMENT:
        rows = rows.filter(opened=False)
    if not call.desk.at_site:
        rows = rows.filter(soonest__lte=call.today)
    waiting, start = _waiting(rows.values_list("subject", "things"), call.today), _start(call)
    return call.render(
        "pages/diary/due.html",
        lines=_lines(call, waiting[start : start + _PAGE]),
        total=len(waiting),
        before=max(0, start - _PAGE) if start else None,
        after=start + _PAGE if start + _PAGE < len(waiting) else None,
        gives=call.desk.role in ACTIONS["give_diary_link"].roles,
        loads=call.desk.role in ACTIONS["load_wording"].roles,
        enters=call.desk.role in ACTIONS["submit_diary"].roles,
    )


def _start(call: Call) -> int:
    text = call.request.GET.get("from", "0")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0


def _waiting(rows: Iterable[tuple[str, str]], today: str) -> list[tuple[str, str, list[Due]]]:
    """Last day, patient and what is due of each, those whose window ends first at the top."""
    found = []
    for subject, things in rows:
        forms = due_of(things, today, _ACTIONS)
        if forms:
            found.append((min(entry.last or "9999" for entry in forms), subject, forms))
    return sorted(found, key=lambda line: line[:2])


def _lines(call: Call, waiting: Iterable[tuple[str, str, list[Due]]]) -> list[_Line]:
    links = set(DiaryLink.objects.filter(expires__gt=now()).values_list("subject", flat=True))
    titles = _titles(call)
    found = []
    for last, subject, forms in waiting:
        named = tuple(
            {"title": _named(entry.what, titles), "last": entry.last or "", "late": entry.overdue} for entry in forms
        )
        found.append(
            _Line(
                subject=subject,
                forms=named,
                last=last,
                late=any(entry.overdue for entry in forms),
                has_link=subject in links,
                reminder=_reminder(last),
            )
        )
    return found


def _titles(call: Call) -> dict[str, str]:
    parts = call.context.rules.protocol.instruments
    return {p.name: p.label or p.name for p in parts if isinstance(p, Instrument)}


def _named(what: str | None, titles: dict[str, str]) -> str:
    """Name of the questionnaire and its planned day, from what the agenda says: ``QLQ-C30 85``."""
    name, _space, target = str(what or "").rpartition(" ")
    title = titles.get(name, name)
    told = {"title": title, "day": target}
    return _("%(title)s, before treatment") % told if target == "0" else _("%(title)s, day %(day)s") % told


def _reminder(last: str) -> str:
    """Words for a call or a letter: no name of the trial, no illness, no treatment."""
    if last == "9999":
        return _(
            "Hello, a questionnaire is waiting in your diary. Please fill it in before your next visit. Thank you."
        )
    told = {"last": day(last)}
    return _("Hello, a questionnaire is waiting in your diary. You can fill it in until %(last)s. Thank you.") % told
