"""The vault in memory, for the rehearsal and for tests: it seals and proves its rows as the one in the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equipoise.conduct.allocation_stage import Allocator, StageDesign
from equipoise.conduct.balance import BalanceReport, balance_report
from equipoise.conduct.entropy import Entropy, SealedSeed
from equipoise.conduct.kits import KitStore
from equipoise.conduct.replay import replay_rows
from equipoise.conduct.sealing import KEY_BYTES, NONCE_BYTES, SealedRow, VaultKey, seal_allocation
from equipoise.conduct.vault import CROSS_OVER, Grant, ReplayReport, Slot, VaultError, VaultErrorCode

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date

    from equipoise.protocol import Protocol

__all__ = ["MemoryVault"]

EVERYBODY = "*"
"""Subject of a grant that opens all arms."""


class MemoryVault:
    """Allocations, kits and grants of one trial in memory; implements `conduct.vault.Vault`.

    Parameters
    ----------
    entropy
        Source of seed, key, nonces and kits.
    protocol
        Protocol of the first allocation stage; `open_stage` begins the next.
    limit
        Most slots of a stage; none for no limit.
    """

    def __init__(self, entropy: Entropy, protocol: Protocol, *, limit: int | None = None) -> None:
        self._entropy = entropy
        self._key = VaultKey(entropy(KEY_BYTES))
        self._seed = SealedSeed.new(entropy)
        self._limit = limit
        self._stages: list[StageDesign] = []
        self._allocators: dict[tuple[int, str | None], Allocator] = {}
        self._used: dict[int, int] = {}
        self._rows: dict[Slot, SealedRow] = {}
        self._slots: dict[str, Slot] = {}
        self._crossed: set[str] = set()
        self._grants: list[Grant] = []
        self.open_stage(protocol)
        arms = {arm: None for design in self._stages[0].cohorts.values() for arm in design.arms}
        self.kits = KitStore(entropy, tuple(arms))

    @property
    def commitment(self) -> str:
        """SHA-256 that is published before the first patient."""
        return self._seed.commitment

    @property
    def grants(self) -> tuple[Grant, ...]:
        """Every grant that was used, in order: the list of breaks."""
        return tuple(self._grants)

    @property
    def rows(self) -> tuple[SealedRow, ...]:
        """The sealed rows in order of their slots."""
        return tuple(self._rows[slot] for slot in sorted(self._rows))

    def next_slot(self, stage: int | None = None) -> Slot:
        """Give the slot that the next patient of a stage gets; of the latest stage unless given."""
        which = len(self._stages) if stage is None else stage
        return Slot(which, 1 + self._used.get(which, 0))

    def open_stage(self, protocol: Protocol) -> int:
        """Begin an allocation stage with empty counts; give its number.

        Earlier stages stay open: sites take up an amendment on different days.
        """
        design = StageDesign.of(protocol)
        self._stages.append(design)
        stage = len(self._stages)
        self._allocators.update({(stage, name): Allocator(cohort) for name, cohort in design.cohorts.items()})
        return stage

    def draw(
        self, slot: Slot, stratum: str, factors: Mapping[str, str], *, subject: str, cohort: str | None = None
    ) -> str:
        """Allocate a subject and give the receipt; a subject who has a slot gets the receipt of that one."""
        known = self._slots.get(subject)
        if known is not None:
            return self._rows[known].receipt
        self._check(slot, factors, cohort)
        row = self._allocated(slot, stratum, factors, subject, cohort)
        self._rows[slot] = row
        self._slots[subject] = slot
        self._used[slot.stage] = slot.number
        return row.receipt

    def sent_to(self, site: str) -> Collection[str]:
        """Give the numbers of the kits that were sent to a site."""
        return {kit.number for kit in self.kits.at_site(site)}

    def kit_for(
        self, subject: str, site: str, *, request: str, day: date, received: Collection[str] | None = None
    ) -> str:
        """Give the number of the kit to dispense; the same request of the same subject gives the same kit."""
        self._slot_of(subject)
        return self.kits.assign(
            subject, site, request=request, day=day, treatment=lambda: self._treatment(subject), received=received
        )

    def permits(self, subject: str, action: str) -> bool:
        """Say whether `CROSS_OVER` or `kit:NUMBER` is open to a subject."""
        self._slot_of(subject)
        if action.startswith("kit:"):
            return self.kits.is_valid(subject, action.removeprefix("kit:"))
        if action == CROSS_OVER:
            design = self._stages[self._slots[subject].stage - 1]
            return design.crosses_from is not None and self._arm(subject) == design.crosses_from
        raise VaultError(VaultErrorCode.NOT_ENTITLED, f"unknown action {action!r}: expected {CROSS_OVER} or kit:NUMBER")

    def cross_over(self, subject: str) -> bool:
        """Give a subject the treatment of `crossover.to` from now on, if his arm may have it; say whether."""
        allowed = self.permits(subject, CROSS_OVER)
        if allowed:
            self._crossed.add(subject)
        return allowed

    def balance(self) -> BalanceReport:
        """Give counts by arm and the balance alarm of every stage."""
        allocated = [(row.slot.stage, row.cohort, row.factors, self._arm(row.subject)) for row in self.rows]
        return balance_report(dict(enumerate(self._stages, start=1)), allocated)

    def replay(self) -> ReplayReport:
        """Allocate everybody again under the design of his stage and compare."""
        return replay_rows(self.rows, dict(enumerate(self._stages, start=1)), self._seed, self._key)

    def reveal(self, subject: str, grant: Grant) -> str:
        """Give the arm of the subject named in the grant, and keep the grant."""
        self._slot_of(subject)
        if grant.subject not in (subject, EVERYBODY):
            raise VaultError(VaultErrorCode.NOT_ENTITLED, "the grant is for another subject")
        self._grants.append(grant)
        return self._arm(subject)

    def reveal_all(self, grant: Grant) -> dict[str, str]:
        """Give the arm of every subject, for a grant whose subject is `*`, and keep the grant."""
        if grant.subject != EVERYBODY:
            raise VaultError(VaultErrorCode.NOT_ENTITLED, "the grant is for one subject")
        self._grants.append(grant)
        return {row.subject: self._arm(row.subject) for row in self.rows}

    def _check(self, slot: Slot, factors: Mapping[str, str], cohort: str | None) -> None:
        due = self.next_slot(slot.stage)
        if not 1 <= slot.stage <= len(self._stages):
            message = f"stage {slot.stage} is not open: expected 1 to {len(self._stages)}"
            raise VaultError(VaultErrorCode.STAGE_UNKNOWN, message)
        if slot in self._rows:
            raise VaultError(VaultErrorCode.SLOT_TAKEN, f"slot {slot.number} is another subject's: take {due.number}")
        if slot != due:
            raise VaultError(VaultErrorCode.SLOT_NOT_NEXT, f"slot {slot.number} is not the next one, {due.number}")
        if self._limit is not None and slot.number > self._limit:
            raise VaultError(VaultErrorCode.SCHEDULE_EXHAUSTED, f"all {self._limit} slots of the stage are used")
        check_factors(self._stages[slot.stage - 1], factors, cohort)

    def _allocated(
        self, slot: Slot, stratum: str, factors: Mapping[str, str], subject: str, cohort: str | None
    ) -> SealedRow:
        arm = self._allocators[slot.stage, cohort].allocate(factors, self._seed.uniforms(slot.stage, slot.number))
        return seal_allocation(
            self._key,
            self._entropy(NONCE_BYTES),
            self._stages[slot.stage - 1].cohorts[cohort].arms.index(arm),
            slot=slot,
            subject=subject,
            stratum=stratum,
            factors=factors,
            cohort=cohort,
        )

    def _slot_of(self, subject: str) -> Slot:
        if subject not in self._slots:
            raise VaultError(VaultErrorCode.SUBJECT_UNKNOWN, f"subject {subject} has no allocation")
        return self._slots[subject]

    def _arm(self, subject: str) -> str:
        row = self._rows[self._slots[subject]]
        number = row.arm_number(self._key)
        if number is None:
            raise VaultError(VaultErrorCode.DAMAGED, f"the row of slot {row.slot.number} does not open")
        return self._stages[row.slot.stage - 1].cohorts[row.cohort].arms[number]

    def _treatment(self, subject: str) -> str:
        to = self._stages[self._slots[subject].stage - 1].crosses_to
        return to if subject in self._crossed and to is not None else self._arm(subject)

    def __repr__(self) -> str:
        """Count the slots; show nothing else."""
        return f"MemoryVault({len(self._rows)} slots)"


def check_factors(design: StageDesign, factors: Mapping[str, str], cohort: str | None) -> None:
    """Refuse a cohort or factors other than the design's.

    Raises
    ------
    VaultError
        Naming everything that is missing or not declared.
    """
    if cohort not in design.cohorts:
        names = ", ".join(str(name) for name in design.cohorts)
        raise VaultError(VaultErrorCode.FACTORS_WRONG, f"unknown cohort {cohort!r}: expected one of {names}")
    expected = design.cohorts[cohort].factors
    wrong = [f"{name} is missing" for name in expected if not factors.get(name)]
    wrong += [f"{name} is not a factor" for name in factors if name not in expected]
    if wrong:
        raise VaultError(VaultErrorCode.FACTORS_WRONG, f"{'; '.join(wrong)}: expected {', '.join(expected) or 'none'}")
