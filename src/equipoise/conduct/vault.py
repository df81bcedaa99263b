"""The vault: the only place where treatment codes are, seen from outside.

State, events and refusals never hold an arm; what they need of one they ask here. The vault answers with receipts, kit
numbers and yes or no. Nothing that it says to a blinded role, a refusal included, depends on an arm:

* an allocation is answered by its **receipt**, SHA-256 of slot, nonce and ciphertext, which the record keeps: it
  proves the vault, and shows nothing;
* a kit is named by a scrambled number; whether a site has stock for a patient is decided by totals, never by the stock
  of the patient's arm; a kit that was not assigned to a patient is "not valid for this patient", whatever it holds.

`permits` with the action `CROSS_OVER`, `balance`, `replay` and `reveal` depend on arms. Their answers go to the role
that may know them, or to a decision whose outcome is shown to nobody else.

Slots are numbered from 1 within an **allocation stage**. An amendment that changes arms, ratio, method or strata starts
a new stage with empty counts; slots of earlier stages are replayed under the design of their own stage.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date, datetime

    from equipoise.conduct.balance import BalanceReport

__all__ = ["CROSS_OVER", "Grant", "GrantKind", "ReplayReport", "Slot", "Vault", "VaultError", "VaultErrorCode"]

CROSS_OVER = "cross_over"
"""The action of `permits` that is allowed to patients of the protocol's arm `crossover.from`."""


class Slot(NamedTuple):
    """A place in the order of allocation: number `number` (from 1) of allocation stage `stage` (from 1)."""

    stage: int
    number: int


class GrantKind(Enum):
    """On what ground a treatment is revealed."""

    EMERGENCY = "emergency"
    PLANNED = "planned"
    SAFETY = "safety"
    DMC = "dmc"
    END_OF_TRIAL = "end_of_trial"


@dataclass(frozen=True, kw_only=True, slots=True)
class Grant:
    """The right to learn one subject's arm, given by a decision that stands in the record."""

    subject: str
    """The subject; `*` for everybody, which only `dmc` and `end_of_trial` may be."""
    kind: GrantKind
    actor: str
    at: datetime
    event: str
    """Identifier of the event in the record that gave the right."""


class VaultErrorCode(Enum):
    """Why the vault refuses; none of the reasons depends on an arm."""

    SLOT_TAKEN = "slot_taken"
    SLOT_NOT_NEXT = "slot_not_next"
    STAGE_UNKNOWN = "stage_unknown"
    FACTORS_WRONG = "factors_wrong"
    SCHEDULE_EXHAUSTED = "schedule_exhausted"
    SUBJECT_UNKNOWN = "subject_unknown"
    OUT_OF_STOCK = "out_of_stock"
    KIT_NOT_VALID = "kit_not_valid"
    NOT_ENTITLED = "not_entitled"
    KEY_WRONG = "key_wrong"
    DAMAGED = "damaged"


class VaultError(Exception):
    """The vault refuses; `code` says why, the message says what was expected. Neither depends on an arm."""

    def __init__(self, code: VaultErrorCode, message: str) -> None:
        self.code = code
        super().__init__(message)


@dataclass(frozen=True, kw_only=True, slots=True)
class ReplayReport:
    """Every allocation computed again from the sealed seed, the design of its stage and the recorded factors.

    `first_wrong` is the first slot at which the stored arm is not the one that the declared method gives, or whose row
    does not open or does not match its receipt; `reason` says which. It names no arm.
    """

    n_checked: int
    n_wrong: int
    first_wrong: Slot | None = None
    reason: str | None = None

    @property
    def ok(self) -> bool:
        """True when every allocation is the declared one."""
        return self.n_wrong == 0


class Vault(Protocol):
    """What `conduct` may ask."""

    @property
    def commitment(self) -> str:
        """SHA-256 of the sealed seed, which is published before the first patient of a stage."""
        ...

    def draw(
        self, slot: Slot, stratum: str, factors: Mapping[str, str], *, subject: str, cohort: str | None = None
    ) -> str:
        """Allocate a subject and give the receipt (64 hexadecimal digits).

        `stratum` is the text of the stratum as it stands in the record, `factors` the level of each factor. A subject
        who has a slot gets the receipt of that slot again, whatever slot is asked for.

        Raises
        ------
        VaultError
            The slot is another subject's, is not the next of its stage, the stage is not open, a factor is missing or
            not declared, or an imported schedule has no line left.
        """
        ...

    def sent_to(self, site: str) -> Collection[str]:
        """Give the numbers of the kits that were sent to a site."""
        ...

    def kit_for(
        self, subject: str, site: str, *, request: str, day: date, received: Collection[str] | None = None
    ) -> str:
        """Give the number of the kit to dispense; the same request of the same subject gives the same kit.

        Only kits among `received`, those whose receipt the site has recorded, are given; all that were sent unless
        given.
        """
        ...

    def permits(self, subject: str, action: str) -> bool:
        """Say whether an action that depends on the arm is open to a subject: `CROSS_OVER`, or `kit:NUMBER`.

        `kit:NUMBER` is true only for a kit that `kit_for` assigned to this subject; it does not depend on the arm.
        """
        ...

    def cross_over(self, subject: str) -> bool:
        """Give a subject the treatment of `crossover.to` from the next kit on, if `permits` allows it; say whether."""
        ...

    def balance(self) -> BalanceReport:
        """Give counts by arm and the balance alarm: for the unblinded statistician only."""
        ...

    def replay(self) -> ReplayReport:
        """Allocate everybody again and compare."""
        ...

    def reveal(self, subject: str, grant: Grant) -> str:
        """Give the arm of the subject named in the grant; the vault keeps the grant.

        Raises
        ------
        VaultError
            The grant is for another subject, or the subject has no slot.
        """
        ...
