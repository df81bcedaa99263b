"""What is due for a patient today, by the protocol's schedule and by what is recorded: for the people of the site.

A thing is due from the first day of its window and overdue after the last. Nothing is due of what a withdrawal, a death
or the end of follow-up has ended.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from equipoise.conduct.context import days_between
from equipoise.conduct.nouns.consent import reconsent_due
from equipoise.conduct.nouns.diaries import forms_due
from equipoise.conduct.nouns.queries import open_queries
from equipoise.conduct.nouns.visits import target_date
from equipoise.conduct.nouns.withdrawal import LEVELS
from equipoise.conduct.rights import Stage
from equipoise.conduct.rulebook import Rulebook
from equipoise.conduct.state import Site, Subject

__all__ = ["Due", "due"]


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
    if subject.stage not in (Stage.SCREENING, Stage.RANDOMIZED):
        return ()
    found = [*_always(site, subject, today)]
    if subject.stage is Stage.RANDOMIZED and subject.death is None and not _lost(subject):
        if not _withdrawn(subject, "visits"):
            found += [*_visits(rules, subject, today), *_scans(rules, subject, today), *_forms(rules, subject, today)]
        if not _withdrawn(subject, "survival"):
            found += _contacts(rules, subject, today)
    return tuple(sorted(found, key=lambda d: (not d.overdue, d.last or d.target or "", d.action, d.what)))


def _withdrawn(subject: Subject, level: str) -> bool:
    return any(LEVELS.index(w["level"]) >= LEVELS.index(level) for w in subject.live("withdrawn"))


def _lost(subject: Subject) -> bool:
    lost, found = subject.last("lost_to_follow_up"), subject.last("found_again")
    return lost is not None and (found is None or found["date"] < lost["date"])


def _shift(day: str, days: int) -> str:
    return (dt.date.fromisoformat(day) + dt.timedelta(days=days)).isoformat()


def _window(action: str, what: str, target: str, days: tuple[int, int], today: str) -> Iterator[Due]:
    first, last = _shift(target, -days[0]), _shift(target, days[1])
    if first <= today:
        yield Due(action=action, what=what, target=target, first=first, last=last, overdue=today > last)


def _always(site: Site, subject: Subject, today: str) -> Iterator[Due]:
    if not subject.has("consented"):
        yield Due(action="record_consent", what="study")
    for form in ("study", "crossover"):
        version = reconsent_due(site, subject, today, form)
        if version is not None:
            yield Due(action="record_consent", what=f"{form} {version}")
    answered = {a["query"] for a in subject.live("query_answered")}
    for query in open_queries(subject):
        if query["record"] not in answered:
            yield Due(action="answer_query", what=query["record"])
    reported = {s["event"] for s in subject.live("serious_event_reported")}
    for event in subject.live("adverse_event_recorded"):
        if event["serious"] and event["record"] not in reported:
            yield Due(action="report_serious_event", what=event["record"], overdue=True)


def _visits(rules: Rulebook, subject: Subject, today: str) -> Iterator[Due]:
    ended = [r["date"] for kind in ("treatment_stopped", "blinded_treatment_ended") for r in subject.live(kind)]
    going_on = not ended or (subject.has("open_label_started") and not subject.has("open_label_stopped"))
    for name, visit in rules.protocol.visits.schedule.items():
        known = {v["number"] for v in subject.live("visit_recorded") if v["visit"] == name}
        number = max(known, default=0) + 1
        if number > 1 and not visit.repeats_every_days:
            continue
        target = target_date(rules, subject, name, number)
        if target is None or (visit.repeats_every_days and not going_on and target > ended[0]):
            continue
        yield from _window("record_visit", f"{name} {number}", target, (visit.window_before, visit.window_after), today)


def _scans(rules: Rulebook, subject: Subject, today: str) -> Iterator[Due]:
    plan, allocated = rules.protocol.visits.tumor_assessment, subject.last("randomized")
    if plan is None or allocated is None or subject.has("unblinded"):
        return
    anchor = subject.doses[0] if plan.anchor == "first_dose" and subject.doses else str(allocated["date"])
    if plan.until == "local_progression" and subject.local_progression:
        return
    number = max((int(m["assessment"]) for m in subject.live("tumors_measured")), default=0) + 1
    days = plan.days(days_between(anchor, today) + 1 + plan.window_days)
    if number <= len(days):
        target = _shift(anchor, days[number - 1] - 1)
        yield from _window(
            "measure_tumors", f"assessment {number}", target, (plan.window_days, plan.window_days), today
        )


def _forms(rules: Rulebook, subject: Subject, today: str) -> Iterator[Due]:
    for form in forms_due(rules, subject, today):
        what = f"{form.instrument} {form.target}"
        yield Due(action="submit_diary", what=what, target=form.planned, first=form.first, last=form.last)


def _contacts(rules: Rulebook, subject: Subject, today: str) -> Iterator[Due]:
    visits = rules.protocol.visits
    weeks, years = visits.survival_follow_up_every_weeks, visits.survival_follow_up_years
    allocated = subject.last("randomized")
    ended = [r["date"] for kind in ("treatment_stopped", "blinded_treatment_ended") for r in subject.live(kind)]
    if weeks is None or allocated is None or not ended:
        return
    if years is not None and today > _shift(allocated["date"], round(365.25 * years)):
        yield Due(action="end_study", what="follow-up of the protocol is complete")
        return
    seen = [c["date"] for c in subject.live("contact_recorded") if c["status"] == "alive"]
    target = _shift(max([*seen, *ended]), round(7 * weeks))
    yield from _window("record_contact", "survival", target, (14, 14), today)
