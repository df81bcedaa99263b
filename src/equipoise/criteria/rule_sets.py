"""Rule sets: what turns a history of assessments into one event or one censoring date, as data.

A, B and C follow the three example tables of the FDA guidance on endpoints for the approval of cancer drugs (appendix
3); P is treatment policy (the event is counted whenever it is observed); K is a composite in which new therapy and
clinical progression are events; I has the events of P, with progression inside the interval since the last adequate
assessment (``censoring.progression_interval``). The page docs/methods/censoring.md says each rule in words, with the
worked cases.
"""

from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType
from typing import Literal

from equipoise.terms import RuleSet

__all__ = ["REASON_WORDS", "RULES", "CensorReason", "Rules"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """One rule set."""

    new_therapy: Literal["ignore", "censor", "event"]
    """New anticancer therapy strictly before the event: nothing, end of observation, or an event itself."""
    clinical_progression: Literal["ignore", "event"]
    """Progression claimed without imaging."""
    needs_baseline: bool
    """Subjects without an adequate baseline are censored on the day of origin."""
    missed_visits: bool
    """An event after too many missed visits is censored at the last adequate assessment."""
    nominal_dates: bool
    """Progression and censoring are dated by the schedule.

    Inside a window its nominal day, progression between windows the next nominal day.
    """


RULES: MappingProxyType[RuleSet, Rules] = MappingProxyType(
    {
        RuleSet.A: Rules(
            new_therapy="censor",
            clinical_progression="ignore",
            needs_baseline=True,
            missed_visits=True,
            nominal_dates=False,
        ),
        RuleSet.B: Rules(
            new_therapy="censor",
            clinical_progression="ignore",
            needs_baseline=True,
            missed_visits=True,
            nominal_dates=True,
        ),
        RuleSet.C: Rules(
            new_therapy="censor",
            clinical_progression="event",
            needs_baseline=True,
            missed_visits=True,
            nominal_dates=True,
        ),
        RuleSet.P: Rules(
            new_therapy="ignore",
            clinical_progression="ignore",
            needs_baseline=False,
            missed_visits=False,
            nominal_dates=False,
        ),
        RuleSet.K: Rules(
            new_therapy="event",
            clinical_progression="event",
            needs_baseline=False,
            missed_visits=False,
            nominal_dates=False,
        ),
        RuleSet.I: Rules(
            new_therapy="ignore",
            clinical_progression="ignore",
            needs_baseline=False,
            missed_visits=False,
            nominal_dates=False,
        ),
    }
)
"""The rule sets by letter."""


class CensorReason(IntEnum):
    """Why a subject is censored; a censored subject has exactly one, and the lowest that holds is taken."""

    EVENT = 0
    NO_BASELINE = 1
    NO_ASSESSMENT = 2
    NEW_THERAPY = 3
    MISSED_VISITS = 4
    LEFT_STUDY = 5
    ONGOING = 6


REASON_WORDS: MappingProxyType[CensorReason, str] = MappingProxyType(
    {
        CensorReason.NO_BASELINE: "No adequate baseline assessment",
        CensorReason.NO_ASSESSMENT: "No adequate assessment after baseline",
        CensorReason.NEW_THERAPY: "New anticancer therapy before the event",
        CensorReason.MISSED_VISITS: "Event after missed assessments",
        CensorReason.LEFT_STUDY: "Withdrew or was lost before the data cut-off",
        CensorReason.ONGOING: "Without event at the data cut-off",
    }
)
"""The reasons as tables print them."""
