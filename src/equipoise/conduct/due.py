"""What is due for a patient today, by the protocol's schedule and by what is recorded: for the people of the site.

A thing is due from the first day of its window and overdue after the last. Nothing is due of what a withdrawal, a death
or the end of follow-up has ended.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from equipoise.conduct.nouns.diaries import FormDue, expected_of, forms_unanswered
from equipoise.conduct.planned import Planned, planned
from equipoise.conduct.rights import Stage
from equipoise.conduct.rulebook import Rulebook
from equipoise.conduct.state import Site, Subject

__all__ = ["Due", "asked_for", "due", "on_day", "planned_forms"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One thing to be done."""

    action: str
    """Command that does it."""
    what: str
    """Visit, questionnaire or record that it is about."""
    target: str | None = None
    """Planned day."""
    first: str | None = None
    """First day of the window."""
    last: str | None = None
    """Last day of the window."""
    overdue: bool = False
    """Whether the last day has passed."""


def due(rules: Rulebook, site: Site, subject: Subject, today: str) -> tuple[Due, ...]:
    """List what is due for a patient today.

    Parameters
    ----------
    rules
        Version of the protocol in force at the site.
    site
        The patient's site.
    subject
        The patient.
    today
        Calendar date at the site.

    Returns
    -------
    tuple of Due
        Overdue things first, each group by its last day.
    """
    things = (*planned(rules, site, subject), *planned_forms(rules, subject, today))
    return tuple(sorted(on_day(things, today), key=_order))


def planned_forms(rules: Rulebook, subject: Subject, day: str, *, ahead: int = 0) -> list[Planned]:
    """List the questionnaires of a randomized patient whose windows are open on a day, or open soon after it.

    Where a window closes without answers, the site is asked why from the next day on: it is overdue until then.
    """
    if subject.stage is not Stage.RANDOMIZED or _lost(subject):
        return []
    found = []
    for form in forms_unanswered(rules, subject, day, ahead=ahead):
        if form.last is None or day <= form.last:
            found.append(_form("submit_diary", form, first=form.first, until=form.last))
        if form.last is not None and expected_of(rules, subject, form):
            after = (dt.date.fromisoformat(form.last) + dt.timedelta(days=1)).isoformat()
            found.append(_form("miss_diary", form, first=after, until=None))
    return found


def _form(action: str, form: FormDue, *, first: str | None, until: str | None) -> Planned:
    what = f"{form.instrument} {form.target}"
    return Planned(action=action, what=what, target=form.planned, first=first, last=form.last, until=until)


def asked_for(thing: Planned, today: str) -> bool:
    """Whether something is asked for on a day at all."""
    return (thing.first is None or thing.first <= today) and (thing.until is None or today <= thing.until)


def on_day(things: Iterable[Planned], today: str) -> Iterator[Due]:
    """Look at what is asked for on a day: what is due, and whether it is overdue."""
    for thing in things:
        if asked_for(thing, today):
            overdue = thing.late or (thing.last is not None and today > thing.last)
            yield Due(
                action=thing.action,
                what=thing.what,
                target=thing.target,
                first=thing.first,
                last=thing.last,
                overdue=overdue,
            )


def _order(entry: Due) -> tuple[bool, str, str, str]:
    return not entry.overdue, entry.last or entry.target or "", entry.action, entry.what


def _lost(subject: Subject) -> bool:
    lost, found = subject.last("lost_to_follow_up"), subject.last("found_again")
    return lost is not None and (found is None or found["date"] < lost["date"])
