"""Treatment, how it ends, crossover, death, follow-up."""

from typing import Literal, Self

from pydantic import model_validator

from equipoise.rehearsal.model.part import ByArm, NotNegative, Part, Positive, Rate, Span

__all__ = ["Cause", "CrossoverCourse", "Deaths", "Dropout", "FollowUp", "Hazard", "Therapies", "Treatment"]

Why = Literal["adverse event", "withdrawal by patient", "physician decision", "other therapy", "other"]
Level = Literal["drug", "scans", "visits", "survival", "data"]


class Hazard(Part):
    """Events a month by arm, constant between the months given."""

    months: tuple[Positive, ...] = ()
    """Months at which the rates change, rising."""
    rates: dict[str, tuple[NotNegative, ...]]
    """Arm -> a rate for each period, one more than there are months."""

    @model_validator(mode="after")
    def fits(self) -> Self:
        """Refuse months that do not rise, and arms with another number of rates."""
        if list(self.months) != sorted(set(self.months)):
            raise ValueError("the months do not rise")
        for arm, rates in self.rates.items():
            if len(rates) != len(self.months) + 1:
                raise ValueError(f"{arm}: {len(rates)} rates; expected {len(self.months) + 1}, one for each period")
        return self


class Treatment(Part):
    """Blinded treatment."""

    never: dict[str, Rate]
    """Arm -> patients who are never treated."""
    start: Span
    """Days from randomization to the first dose."""
    reduced: ByArm
    """Arm -> reductions of the dose a month; each takes the next lower level."""
    paused: ByArm
    """Arm -> interruptions a month."""
    pause: Span
    """Days of an interruption."""


class Cause(Part):
    """A reason for which patients leave treatment or more, before progression is confirmed."""

    why: Why
    hazard: Hazard
    """From randomization."""
    then: dict[Level, NotNegative]
    """What ends: the drug alone, scans too (without withdrawal), or withdrawal from visits, survival or data."""


class Dropout(Part):
    """How patients leave before progression is confirmed."""

    causes: dict[str, Cause]
    lost: Hazard
    """Loss to follow-up, at any time."""
    notice: Span
    """Days from the last contact to the report of a loss."""


class Deaths(Part):
    """When patients die."""

    hazard: Hazard
    """From randomization, in patients with median growth; the arms may cross."""
    growth_power: NotNegative
    """Exponent of the patient's growth rate relative to the median."""
    after_crossover: Positive = 1.0
    """Factor on the hazard after crossover."""
    causes: dict[Literal["disease", "other", "unknown"], NotNegative]
    """Shares of causes."""
    by_treatment: dict[str, Rate]
    """Arm -> deaths within 30 days of a dose that the treatment caused."""
    known: Span
    """Days until the site records a death."""


class CrossoverCourse(Part):
    """Open treatment after crossover."""

    takes: Rate
    """Patients offered the open treatment who take it."""
    start: Span
    """Days from unblinding to the first open dose."""
    stops: Hazard
    """Adverse events and the like that end it, from its start; the arm named is that crossed from."""


class Therapies(Part):
    """Anticancer therapy after the trial's treatment."""

    rate: Rate
    """Patients who get one after treatment and progression."""
    kinds: dict[str, Positive]
    """Kind of the protocol -> share."""
    names: dict[str, str]
    """Kind -> drug or procedure as it is recorded."""
    after: Span
    """Days from the end of treatment."""


class FollowUp(Part):
    """Contacts for survival."""

    spread_days: NotNegative
    """Standard deviation around the planned day of a contact."""
    missed: Rate
    """Contacts that do not take place."""
    last_months: tuple[Positive, Positive]
    """The last contact takes place between these months after randomization."""
    last_early: Positive = 1.0
    """Exponent: above 1 the last contacts come early in that span."""
