"""What RECIST leaves to the reading charter, as data."""

from dataclasses import dataclass
from typing import Literal

__all__ = ["Charter"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Charter:
    """Decisions of the reading charter; the defaults are those of a trial that has decided nothing else.

    Days are counted as in the data: ``reference_day`` is the study day of the reference date (randomization or first
    dose), by default day 1.
    """

    criteria: Literal["RECIST 1.1", "RECIST 1.0", "iRECIST"] = "RECIST 1.1"
    """Published criteria."""
    reference_day: int = 1
    """Study day of the reference date; scans up to it belong to the baseline unless the data say otherwise."""
    baseline_window_days: int = 28
    """Baseline scans at most this many days before the reference date."""
    minimum_sd_days: int = 42
    """Stable disease counts as a best response from this many days after the reference date."""
    confirmation_days: int = 28
    """A response is confirmed by another at least this many days later."""
    confirmation_ne_allowed: int = 1
    """Readings not evaluable allowed between response and confirmation."""
    confirmation_sd_allowed: int = 0
    """Readings of stable disease allowed between two partial responses."""
    node_returns: Literal["progression", "reimage"] = "progression"
    """A target node of 10 mm or more again after an overall complete response: progression, or the sum decides."""
    lesion_returns: Literal["progression", "sum"] = "progression"
    """Any target lesion seen again after an overall complete response: progression whatever its size, or by the sum."""
    progression_date: Literal["first_scan", "last_target_scan", "scheduled_visit"] = "first_scan"
    """Date of a progression: the first scan of the visit among those that show it, the last target scan where the sum
    shows it, or the scheduled day of the visit."""
    adjudicate: tuple[Literal["progression_date", "best_response", "response"], ...] = (
        "progression_date",
        "best_response",
    )
    """Differences between two readers that call the adjudicator; read by central review."""
    agreed_reader: int = 1
    """Reader whose reading is reported when two agree; read by central review."""
    response_date: Literal["last_scan", "first_scan", "scheduled_visit"] = "last_scan"
    """Date of a visit's response."""
    adequate: Literal["not_ne", "any"] = "not_ne"
    """Which overall responses are an adequate assessment."""
    missed_visits: int = 2
    """Missed visits in a row that censor; read by the censoring rules."""
    small_new_node: Literal["wait", "new_lesion"] = "wait"
    """A node, normal at baseline, of 10 to less than 15 mm: equivocal until 15 mm or seen again, or new at once."""
    keep_partial_response: Literal["never", "confirmed", "always"] = "confirmed"
    """Whether a partial response goes on until progression when the sum rises above 70% of the baseline."""
    irecist_confirmation_days: int = 28
    """Under iRECIST progression is confirmed at the earliest this many days after it was first seen."""

    @property
    def limits(self) -> tuple[int, int]:
        """Largest number of target lesions in all and in one organ."""
        return (10, 5) if self.criteria == "RECIST 1.0" else (5, 2)
