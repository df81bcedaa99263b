"""Questionnaires of patients: windows, one form for each, an end with death or withdrawal."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from equipoise.conduct.command import refuse, refuse_marked
from equipoise.conduct.context import Applies, CommandSpec, Context, days_between
from equipoise.conduct.field import Field, not_fitting
from equipoise.conduct.form import choice, date, identifier, integer
from equipoise.conduct.nouns.withdrawal import LEVELS, refuse_withdrawn
from equipoise.conduct.rights import Stage
from equipoise.conduct.rulebook import Rulebook
from equipoise.conduct.state import Subject
from equipoise.criteria import INSTRUMENTS
from equipoise.protocol import Instrument
from equipoise.terms import said

__all__ = [
    "APPLIES",
    "COMMANDS",
    "FormDue",
    "diary_closed",
    "diary_targets",
    "diary_window",
    "expected_of",
    "forms_due",
    "forms_unanswered",
    "item_ranges",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class FormDue:
    """One questionnaire to be filled in."""

    instrument: str
    target: int
    """Target study day; 0 for the baseline."""
    planned: str | None
    """Planned day; none before randomization."""
    first: str | None
    """First day of the window; none before randomization."""
    last: str | None
    """Last day of the window; none before randomization."""


def diary_closed(subject: Subject, today: str) -> bool:
    """Whether no questionnaires are asked for any more: death, withdrawal from visits, end of follow-up."""
    if subject.stage not in (Stage.SCREENING, Stage.RANDOMIZED) or subject.death is not None:
        return True
    withdrawn = (w for w in subject.live("withdrawn") if LEVELS.index(w["level"]) >= LEVELS.index("visits"))
    return any(w["date"] <= today for w in withdrawn)


def forms_due(rules: Rulebook, subject: Subject, today: str, *, ahead: int = 0) -> list[FormDue]:
    """List the questionnaires that a patient may fill in today, in order of their planned days.

    Parameters
    ----------
    rules
        Version of the protocol in force at the site.
    subject
        The patient.
    today
        Calendar date at the site.
    ahead
        Days beyond today; forms whose windows open by then are listed too.
    """
    found = forms_unanswered(rules, subject, today, ahead=ahead)
    return [form for form in found if form.last is None or today <= form.last]


def forms_unanswered(rules: Rulebook, subject: Subject, today: str, *, ahead: int = 0) -> list[FormDue]:
    """List the questionnaires whose windows have opened and of which nothing is recorded, answers or a reason.

    Arguments are those of `forms_due`; those whose windows have closed are listed too.
    """
    if diary_closed(subject, today):
        return []
    known = {(d["instrument"], d["target"]) for kind in ("diary_submitted", "diary_missed") for d in subject.live(kind)}
    found = []
    for instrument in rules.instruments.values():
        for form in _forms(rules, instrument, subject, today, ahead):
            if (form.instrument, form.target) not in known:
                found.append(form)
    return sorted(found, key=lambda f: (f.planned or "", f.instrument, f.target))


def expected_of(rules: Rulebook, subject: Subject, form: FormDue) -> bool:
    """Whether a form is still expected of a patient: not after the end of treatment, where the protocol says so."""
    instrument = _instrument(rules, form.instrument)
    if instrument is None or instrument.expected_until != "end_of_treatment":
        return True
    ended = [r["date"] for kind in ("treatment_stopped", "blinded_treatment_ended") for r in subject.live(kind)]
    return not ended or (form.planned or "") <= min(ended)


def _forms(rules: Rulebook, instrument: Instrument, subject: Subject, today: str, ahead: int) -> list[FormDue]:
    allocated = subject.last("randomized")
    if allocated is None:
        if diary_window(rules, instrument, 0) is None:
            return []
        return [FormDue(instrument=instrument.name, target=0, planned=None, first=None, last=None)]
    anchor = subject.doses[0] if instrument.anchor == "first_dose" and subject.doses else str(allocated["date"])
    day = days_between(anchor, today) + 1
    found = []
    for target in diary_targets(rules, instrument, day + ahead + 400):
        window = diary_window(rules, instrument, target)
        if window is not None and window[0] <= day + ahead:
            planned, first, last = (_study_date(anchor, d) for d in (max(target, 1), *window))
            form = FormDue(instrument=instrument.name, target=target, planned=planned, first=first, last=last)
            found.append(form)
    return found


def _study_date(anchor: str, day: int) -> str:
    return (dt.date.fromisoformat(anchor) + dt.timedelta(days=day - 1 if day >= 1 else day)).isoformat()


def _instrument(rules: Rulebook, name: str) -> Instrument | None:
    return rules.instruments.get(name)


def diary_targets(rules: Rulebook, instrument: Instrument, last_day: int) -> list[int]:
    """Target study days of a questionnaire up to a day; 0 is the baseline, day 1 the anchor."""
    targets = {0} if instrument.asked_at_baseline else set()
    schedule = rules.protocol.visits.schedule
    for visit in instrument.at:
        planned = schedule.get(visit)
        if planned is not None:
            day = planned.day
            while day <= last_day:
                if day > 1:
                    targets.add(day)
                if not planned.repeats_every_days:
                    break
                day += planned.repeats_every_days
    weeks = instrument.every_weeks
    if weeks:
        end = last_day if instrument.until_week is None else min(last_day, round(1 + 7 * instrument.until_week))
        targets |= {round(1 + 7 * weeks * k) for k in range(1, int(end // (7 * weeks)) + 2) if 1 + 7 * weeks * k <= end}
    return sorted(targets)


def diary_window(rules: Rulebook, instrument: Instrument, target: int) -> tuple[int, int] | None:
    """Study days on which the form of a target day may be filled in; none where there is no such form.

    Windows meet half-way between target days. The baseline's ends on day 1, the first one after it begins on day 2.
    """
    if (instrument.name, target) not in rules.windows:
        rules.windows[instrument.name, target] = _window(rules, instrument, target)
    return rules.windows[instrument.name, target]


def _window(rules: Rulebook, instrument: Instrument, target: int) -> tuple[int, int] | None:
    targets = diary_targets(rules, instrument, target * 2 + 400)
    if target not in targets:
        return None
    place = targets.index(target)
    if target == 0:
        return -27, 1
    before = targets[place - 1] if place else 0
    after = targets[place + 1] if place + 1 < len(targets) else 2 * target - before
    return max(2, (before + target) // 2 + 1), (target + after) // 2


def _check(c: Context, day: str) -> None:
    name, target = c.payload["instrument"], c.payload["target"]
    instrument = _instrument(c.rules, name)
    if instrument is None:
        known = ", ".join(p if isinstance(p, str) else p.name for p in c.rules.protocol.instruments)
        reason = said("The protocol has no questionnaire {name}.", name=name)
        refuse("instrument_unknown", reason, said("Questionnaires: {known}.", known=known))
    subject = c.subject
    if subject.death is not None:
        refuse("diary_closed", "No more questionnaires are asked for.", "Nothing is to be done.")
    refuse_withdrawn(c, "visits", day)
    if _recorded(subject, name, target):
        refuse("already_done", "This questionnaire has been answered.", "Nothing is to be done.")
    window = diary_window(c.rules, instrument, target)
    if window is None:
        reason = said("No questionnaire is planned for day {day}.", day=target)
        refuse("not_planned", reason, "Choose one that is due.")
    study_day = _study_day(subject, instrument, day)
    if study_day is not None and not window[0] <= study_day <= window[1]:
        words = "This questionnaire belongs to days {first} to {last}; today is day {today}."
        reason = said(words, first=window[0], last=window[1], today=study_day)
        refuse("outside_window", reason, "Answer the questionnaire that is due now.")


def _recorded(subject: Subject, name: str, target: int) -> bool:
    """Whether the form of a day was handed in, or recorded as missed."""
    for kind in ("diary_submitted", "diary_missed"):
        for form in subject.live(kind):
            if form["target"] == target and form["instrument"] == name:
                return True
    return False


def _study_day(subject: Subject, instrument: Instrument, day: str) -> int | None:
    allocated = subject.last("randomized")
    if allocated is None:
        return None
    anchor = subject.doses[0] if instrument.anchor == "first_dose" and subject.doses else str(allocated["date"])
    off = days_between(anchor, day)
    return off + 1 if off >= 0 else off


def _submit(c: Context) -> None:
    day = c.payload["date"]
    if c.subject.last("randomized") is None and c.payload["target"] != 0:
        refuse("not_planned", "Only the baseline questionnaire is answered before randomization.", "Choose that one.")
    _check(c, day)
    _check_answers(c)
    c.record("QS", "diary_submitted", {"started": None, **c.payload, "answers": dict(c.payload["answers"])})


def item_ranges(rules: Rulebook, name: str) -> dict[str, tuple[int, int]]:
    """Lowest and highest answer of each item of a questionnaire, in order; empty where none is known."""
    return dict(_ranges(rules, name))


def _ranges(rules: Rulebook, name: str) -> Mapping[str, tuple[int, int]]:
    known = rules.answers.get(name)
    if known is None:
        known = rules.answers[name] = _found_ranges(_instrument(rules, name), name)
    return known


def _found_ranges(instrument: Instrument | None, name: str) -> dict[str, tuple[int, int]]:
    own = {item: (limits.low, limits.high) for item, limits in instrument.items.items()} if instrument else {}
    catalog = INSTRUMENTS.get(name)
    return own if catalog is None else {item.name: (item.low, item.high) for item in catalog.items} | own


def _check_answers(c: Context) -> None:
    ranges = _ranges(c.rules, c.payload["instrument"])
    problems: list[tuple[str, str]] = []
    if not ranges:
        return
    for item, answer in c.payload["answers"].items():
        limits = ranges.get(item)
        if limits is None:
            problems.append((item, "no item of this questionnaire"))
        elif answer is not None and not (type(answer) is int and limits[0] <= answer <= limits[1]):
            wanted = said("{low} to {high}", low=limits[0], high=limits[1])
            problems.append((item, not_fitting(repr(answer), wanted)))
    if problems:
        refuse_marked(problems)


def _miss(c: Context) -> None:
    name, target = c.payload["instrument"], c.payload["target"]
    instrument = _instrument(c.rules, name)
    if instrument is None or diary_window(c.rules, instrument, target) is None:
        reason = said("No questionnaire {name} is planned for day {day}.", name=name, day=target)
        refuse("not_planned", reason, "Choose one that is due.")
    if _recorded(c.subject, name, target):
        refuse("already_done", "This questionnaire is recorded.", "Nothing is to be done.")
    c.record("QSMISS", "diary_missed")


_WHICH = (
    identifier("instrument", "questionnaire"),
    integer("target", "target study day; 0 for the baseline", 0, 10_000),
    date("date", "day on which it was filled in"),
)

COMMANDS = (
    CommandSpec(
        "submit_diary",
        "Hand in a questionnaire.",
        _submit,
        (*_WHICH, Field("answers", "values", "item -> answer; nothing where the patient gave none"),
         Field("started", "time", "when it was begun, UTC", False)),
        dates=("date",),
    ),
    CommandSpec(
        "miss_diary",
        "Record why a questionnaire was not filled in.",
        _miss,
        (*_WHICH, choice("why", "why", "too ill", "refused", "not asked", "technical", "other")),
        dates=("date",),
    ),
)  # fmt: skip

APPLIES: Applies = {}
