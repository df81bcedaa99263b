"""Adverse events: how often they begin, by arm and time on treatment, how severe they are, how long they last."""

from collections.abc import Iterator
from typing import Annotated, Self

from pydantic import Field, model_validator

from equipoise.protocol import Protocol
from equipoise.rehearsal.model.naming import Disagreement, allocated_arms, incomplete, no_share, not_adding_up, unknown
from equipoise.rehearsal.model.part import NotNegative, Part, Positive, Rate

__all__ = ["Actions", "EventRate", "FatalEvents", "SafetyModel", "TermModel", "disagreements"]

Grades = tuple[Rate, Rate, Rate, Rate]
"""Probabilities of grades 1 to 4; grade 5 is a matter of deaths."""
YearlyRate = Annotated[float, Field(ge=0, le=1000)]


class EventRate(Part):
    """Events in a patient-year on treatment, constant between days."""

    days: tuple[Positive, ...] = ()
    """Days of treatment at which the rate changes, rising."""
    per_year: tuple[YearlyRate, ...]
    """A rate for each period, one more than there are days."""

    @model_validator(mode="after")
    def fits(self) -> Self:
        """Refuse days that do not rise, and another number of rates."""
        if list(self.days) != sorted(set(self.days)):
            raise ValueError("the days do not rise")
        if len(self.per_year) != len(self.days) + 1:
            raise ValueError(f"{len(self.per_year)} rates; expected {len(self.days) + 1}, one for each period")
        return self


class TermModel(Part):
    """One term of the dictionary."""

    term: str
    """Term, for example of CTCAE."""
    body_system: str
    """Class of the term."""
    reported: tuple[str, ...] = ()
    """Words in which sites report it, equally likely; the term itself unless given."""
    rates: dict[str, EventRate]
    """Arm -> how often it begins."""
    grades: dict[str, Grades]
    """Arm -> probabilities of grades 1 to 4."""
    related: dict[str, Rate]
    """Arm -> events that the investigator holds related to treatment."""
    median_days: Positive
    """Half of the events last at most so long."""
    listed: bool = False
    """Whether the reference safety information lists it, so that it is expected."""


class FatalEvents(Part):
    """Deaths on treatment, or soon after it, that are recorded as adverse events of grade 5.

    Deaths whose cause is the treatment always are; they are related.
    """

    share: dict[str, Rate]
    """Arm -> the other deaths on treatment that are recorded as adverse events."""
    related: Rate = 0.0
    """Those of them that are held related."""
    terms: dict[str, NotNegative]
    """Term -> share."""
    body_systems: dict[str, str]
    """Term -> class of the term."""
    median_days: Positive = 5.0
    """Half of them begin at most so many days before death."""


class Actions(Part):
    """Which event a change of the dose for an adverse event is put down to."""

    lookback_days: Annotated[int, Field(ge=0)] = 28
    """An event that began or went on within so many days before the change; the most severe one."""
    terms: dict[str, NotNegative]
    """Where there is no such event one is recorded: name of the term -> share."""
    grades: Grades
    """Its grades."""


class SafetyModel(Part):
    """Adverse events of synthetic patients."""

    follow_days: Annotated[int, Field(ge=0)] = 30
    """Days after the last dose through which events are recorded."""
    frailty: NotNegative = 0.0
    """Standard deviation of the logarithm of a patient's own factor on all rates; its mean is 1."""
    repeats: Annotated[int, Field(ge=1, le=8)] = 3
    """Most events of one term in one patient and treatment."""
    duration_spread: NotNegative = 0.8
    """Standard deviation of the logarithm of durations."""
    sequelae: Rate = 0.0
    """Events of grade 3 and 4 that end with sequelae."""
    partial_dates: Rate = 0.0
    """Events of grade 1 and 2 whose day of onset is not known, only the month."""
    serious: tuple[Rate, Rate, Rate, Rate]
    """Events of grades 1 to 4 that are serious."""
    life_threatening: Rate = 0.5
    """Serious events of grade 4 that are life-threatening; the others call for a hospital."""
    relation: dict[str, NotNegative]
    """Words for related and unrelated events -> share among those of their kind."""
    noticed_days: Positive = 6.0
    """Mean days from onset to the site's hearing of an event that is not serious (exponential)."""
    aware_days: NotNegative = 1.0
    """Mean days from onset to the site's awareness of a serious event (exponential)."""
    report_hours: Positive = 8.0
    """Half of the serious events are reported at most so many hours after awareness; 24 are allowed."""
    report_spread: NotNegative = 0.6
    """Standard deviation of the logarithm of these hours."""
    unblinded_for_safety: Rate = 1.0
    """Serious unexpected suspected reactions whose treatment the safety office looks up."""
    fatal: FatalEvents
    actions: Actions
    terms: dict[str, TermModel]
    """Name -> term. An addition changes no draw of the others."""


RELATED = ("possible", "probable", "definite")
UNRELATED = ("not related", "unlikely")


def disagreements(model: SafetyModel, protocol: Protocol) -> Iterator[Disagreement]:
    """Find what does not fit the protocol, or together."""
    place, arms = ("safety",), allocated_arms(protocol)
    for name, term in model.terms.items():
        here = (*place, "terms", name)
        for part, given in (("rates", term.rates), ("grades", term.grades), ("related", term.related)):
            yield from unknown((*here, part), given, arms, "arm of the protocol")
            yield from incomplete((*here, part), given, arms, "arm")
        for arm, grades in term.grades.items():
            yield from not_adding_up((*here, "grades", arm), grades)
    if not model.terms:
        yield (*place, "terms"), "there is no term", {"expected": "at least one"}
    seen: dict[str, str] = {}
    for name, term in model.terms.items():
        if term.term in seen:
            more: dict[str, str | None] = {
                "seen": term.term,
                "expected": f"a term other than that of {seen[term.term]}",
            }
            yield (*place, "terms", name, "term"), "the term stands twice", more
        seen.setdefault(term.term, name)
    yield from unknown((*place, "relation"), model.relation, (*UNRELATED, *RELATED), "relation to treatment")
    for words in (RELATED, UNRELATED):
        yield from no_share((*place, "relation"), {w: s for w, s in model.relation.items() if w in words})
    yield from unknown((*place, "fatal", "share"), model.fatal.share, arms, "arm of the protocol")
    yield from incomplete((*place, "fatal", "share"), model.fatal.share, arms, "arm")
    yield from no_share((*place, "fatal", "terms"), model.fatal.terms)
    yield from incomplete((*place, "fatal", "body_systems"), model.fatal.body_systems, list(model.fatal.terms), "term")
    yield from unknown((*place, "actions", "terms"), model.actions.terms, list(model.terms), "term of the model")
    yield from no_share((*place, "actions", "terms"), model.actions.terms)
    yield from not_adding_up((*place, "actions", "grades"), model.actions.grades)
