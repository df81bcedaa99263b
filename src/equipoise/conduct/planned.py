"""What the protocol and the record ask for of a patient, whatever day it is: each thing with the days of its window.

Nothing here knows today, so that the list of a patient changes when something is recorded and at no other time: a list
kept beside the record stays right until then. `equipoise.conduct.due` looks at it on a day. Questionnaires are not in
it: their windows follow each other without end, and `equipoise.conduct.nouns.diaries.forms_due` gives those of a day.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from equipoise.conduct.nouns.queries import open_queries
from equipoise.conduct.nouns.visits import target_date
from equipoise.conduct.nouns.withdrawal import LEVELS
from equipoise.conduct.rights import Stage
from equipoise.conduct.rulebook import Rulebook
from equipoise.conduct.state import Site, Subject

__all__ = ["Planned", "planned"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One thing to be done."""

    action: str
    """Command that does it."""
    what: str
    """Visit or record that it is about."""
    target: str | None = None
    """Planned day."""
    first: str | None = None
    """First day of the window; asked for at once where there is none."""
    last: str | None = None
    """Last day of the window."""
    until: str | None = None
    """Last day on which it is asked for at all; until it is done where there is none."""
    late: bool = False
    """Whether it is late from the beginning."""


def planned(rules: Rulebook, site: Site, subject: Subject) -> tuple[Planned, ...]:
    """List what is asked for of a patient, in the order of the protocol.

    Parameters
    ----------
    rules
        Version of the protocol in force at the site.
    site
        The patient's site.
    subject
        The patient.
    """
    if subject.stage not in (Stage.SCREENING, Stage.RANDOMIZED):
        return ()
    found = [*_always(site, subject)]
    if subject.stage is Stage.RANDOMIZED and subject.death is None and not _lost(subject):
        if not _withdrawn(subject, "visits"):
            found += [*_visits(rules, subject), *_scans(rules, subject)]
        if not _withdrawn(subject, "survival"):
            found += _contacts(rules, subject)
    return tuple(found)


def _withdrawn(subject: Subject, level: str) -> bool:
    return any(LEVELS.index(w["level"]) >= LEVELS.index(level) for w in subject.live("withdrawn"))


def _lost(subject: Subject) -> bool:
    lost, found = subject.last("lost_to_follow_up"), subject.last("found_again")
    return lost is not None and (found is None or found["date"] < lost["date"])


def _shift(day: str, days: int) -> str:
    return (dt.date.fromisoformat(day) + dt.timedelta(days=days)).isoformat()


def _window(action: str, what: str, target: str, days: tuple[int, int], until: str | None = None) -> Planned:
    first, last = _shift(target, -days[0]), _shift(target, days[1])
    return Planned(action=action, what=what, target=target, first=first, last=last, until=until)


def _always(site: Site, subject: Subject) -> Iterator[Planned]:
    if not subject.has("consented"):
        yield Planned(action="record_consent", what="study")
    for form in ("study", "crossover"):
        yield from _consents(site, subject, form)
    answered = {a["query"] for a in subject.live("query_answered")}
    for query in open_queries(subject):
        if query["record"] not in answered:
            yield Planned(action="answer_query", what=query["record"])
    reported = {s["event"] for s in subject.live("serious_event_reported")}
    for event in subject.live("adverse_event_recorded"):
        if event["serious"] and event["record"] not in reported:
            yield Planned(action="report_serious_event", what=event["record"], late=True)


def _consents(site: Site, subject: Subject, form: str) -> Iterator[Planned]:
    """Give each later version that the patient is to be asked to sign, from its first day until that of the next."""
    given = [c for c in subject.live("consented") if c["form"] == form]
    if not given:
        return
    last = max(given, key=lambda c: str(c["date"]))
    forms = sorted(
        (f for f in site.live("consent_form_approved") if f["form"] == form), key=lambda f: str(f["effective"])
    )
    signed = next((f["effective"] for f in forms if f["version"] == last["version"]), "")
    newer = [f for f in forms if f["effective"] > signed]
    for place, version in enumerate(newer):
        if any(f["reconsent"] for f in newer[: place + 1]):
            follows = newer[place + 1]["effective"] if place + 1 < len(newer) else None
            until = None if follows is None else _shift(follows, -1)
            what = f"{form} {version['version']}"
            yield Planned(action="record_consent", what=what, first=version["effective"], until=until)


def _visits(rules: Rulebook, subject: Subject) -> Iterator[Planned]:
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
        yield _window("record_visit", f"{name} {number}", target, (visit.window_before, visit.window_after))


def _scans(rules: Rulebook, subject: Subject) -> Iterator[Planned]:
    plan, allocated = rules.protocol.visits.tumor_assessment, subject.last("randomized")
    if plan is None or allocated is None or subject.has("unblinded"):
        return
    anchor = subject.doses[0] if plan.anchor == "first_dose" and subject.doses else str(allocated["date"])
    if plan.until == "local_progression" and subject.local_progression:
        return
    number = max((int(m["assessment"]) for m in subject.live("tumors_measured")), default=0) + 1
    intervals = [phase.every_weeks for phase in plan.phases] or [plan.every_weeks or 1]
    days = plan.days(round(7 * number * max(intervals)) + 8)
    if number <= len(days):
        target = _shift(anchor, days[number - 1] - 1)
        yield _window("measure_tumors", f"assessment {number}", target, (plan.window_days, plan.window_days))


def _contacts(rules: Rulebook, subject: Subject) -> Iterator[Planned]:
    visits = rules.protocol.visits
    weeks, years = visits.survival_follow_up_every_weeks, visits.survival_follow_up_years
    allocated = subject.last("randomized")
    ended = [r["date"] for kind in ("treatment_stopped", "blinded_treatment_ended") for r in subject.live(kind)]
    if weeks is None or allocated is None or not ended:
        return
    end = None if years is None else _shift(allocated["date"], round(365.25 * years))
    seen = [c["date"] for c in subject.live("contact_recorded") if c["status"] == "alive"]
    target = _shift(max([*seen, *ended]), round(7 * weeks))
    yield _window("record_contact", "survival", target, (14, 14), end)
    if end is not None:
        yield Planned(action="end_study", what="follow-up of the protocol is complete", first=_shift(end, 1))
