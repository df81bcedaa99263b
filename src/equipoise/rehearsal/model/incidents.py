"""What goes wrong in a trial, each at its rate: recorded by rule, or tried and refused."""

import datetime as dt
from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from equipoise.protocol import Protocol
from equipoise.rehearsal.model.naming import Disagreement, no_share, unknown
from equipoise.rehearsal.model.part import NotNegative, Part, Rate, Span

__all__ = ["ATTEMPTS", "SITUATIONS", "ConsentVersion", "IncidentModel", "Recorded", "disagreements"]

SITUATIONS = {
    "not_eligible": "An ineligible patient is to be randomized",
    "missing_field": "A field is missing",
    "double_click": "A click is repeated",
    "retry": "A request is sent again after a lost answer",
    "site_closed": "A site that takes no patients screens",
    "training_expired": "The training of a person has expired",
    "consent_outdated": "An old version of the consent form is signed",
    "stratum_unknown": "A field of the strata is not known at randomization",
    "visit_out_of_order": "A visit is entered out of order",
    "unblind_unconfirmed": "Unblinding is asked for without central confirmation",
    "person_known": "A person known elsewhere is screened",
    "other_site": "A site writes about the patient of another",
    "old_site": "The site that a patient has left goes on writing",
    "after_withdrawal": "Data are recorded after their use was withdrawn",
}
"""What is tried and refused, or answered as before, in words."""
ATTEMPTS = tuple(SITUATIONS)
"""Names of what is tried."""


class ConsentVersion(Part):
    """A new version of the consent form."""

    version: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,19}$")]
    effective: dt.date
    """Day from which all sites use it."""
    reconsent: bool = True
    """Whether patients are to sign again."""


class Recorded(Part):
    """Rates of what is recorded: of randomized patients, unless said otherwise."""

    rescreened: Rate = 0.0
    """Screen failures who come again under a linked number, where such a person is among those screened later."""
    randomized_in_error: Rate = 0.0
    stratum_corrected: Rate = 0.0
    transferred: Rate = 0.0
    lost_and_found: Rate = 0.0
    """Patients who are lost for a while."""
    death_retracted: Rate = 0.0
    """Patients whose death is entered in error and taken back."""
    wrong_kit: Rate = 0.0
    code_broken: Rate = 0.0
    """Emergencies in which the physician looks at the treatment; the patient stays where allocated."""
    unblinding_reported: Rate = 0.0
    corrected: Rate = 0.0
    """Adverse events, contacts and deaths of which one field was first entered otherwise."""
    queried: Rate = 0.0
    """Adverse events about which the data manager asks."""


class IncidentModel(Part):
    """What goes wrong."""

    first_consent: str = "1.0"
    """Version of the consent form at the beginning."""
    consent_versions: tuple[ConsentVersion, ...] = ()
    reconsent: Span = Span(least=1, most=40)
    """Days from the new version to the patient's signature."""
    recorded: Recorded = Recorded()
    quiet_days: Annotated[int, Field(ge=3)] = 7
    """A death in error, a loss that ends and a transfer need so many days without any other record."""
    deviations: dict[str, NotNegative] = Field(default_factory=dict)
    """Category -> deviations in a patient-year of treatment."""
    attempts: dict[str, Rate] = Field(default_factory=dict)
    """What is tried in vain -> patients with such an attempt, of those in whom it can occur."""


def disagreements(model: IncidentModel, protocol: Protocol) -> Iterator[Disagreement]:
    """Find what does not fit the protocol, or together."""
    place = ("incidents",)
    versions = [model.first_consent, *(v.version for v in model.consent_versions)]
    twice = sorted({v for v in versions if versions.count(v) > 1})
    if twice:
        expected = "a version for each form"
        yield (*place, "consent_versions"), "a version stands twice", {"seen": ", ".join(twice), "expected": expected}
    days = [v.effective for v in model.consent_versions]
    if days != sorted(set(days)):
        seen = ", ".join(str(day) for day in days)
        yield (*place, "consent_versions"), "the days do not rise", {"seen": seen, "expected": "one after the other"}
    strata = protocol.randomization.strata_items()
    if model.recorded.stratum_corrected > 0 and not strata:
        yield (*place, "recorded", "stratum_corrected"), "the protocol has no strata", {"expected": "0"}
    if model.deviations:
        yield from no_share((*place, "deviations"), model.deviations)
    if protocol.crossover is None and model.attempts.get("unblind_unconfirmed", 0) > 0:
        yield (*place, "attempts", "unblind_unconfirmed"), "the protocol plans no unblinding", {"expected": "0"}
    yield from unknown((*place, "attempts"), model.attempts, ATTEMPTS, "attempt")
