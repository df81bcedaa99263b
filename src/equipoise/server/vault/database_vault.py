"""The vault in the database, as `conduct` asks it: receipts, kit numbers, yes or no; it reveals nothing."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from typing import Any

from django.db import connection

from equipoise.conduct.allocation_stage import StageDesign
from equipoise.conduct.balance import BalanceReport, balance_report
from equipoise.conduct.kits import Kit, KitStatus, KitStore
from equipoise.conduct.memory_vault import check_factors
from equipoise.conduct.replay import replay_rows
from equipoise.conduct.sealing import NONCE_BYTES, SealedRow, seal_allocation
from equipoise.conduct.vault import CROSS_OVER, Grant, ReplayReport, Slot, VaultError, VaultErrorCode
from equipoise.ledger import canonical_text
from equipoise.server.keys import TrialKey
from equipoise.server.ledger.round_trip import Statement, ask
from equipoise.server.sources import entropy
from equipoise.server.vault.last_seal import last_seal
from equipoise.server.vault.models import Allocation, KitUse, Seal, Shipment
from equipoise.server.vault.opening import (
    ALLOCATION,
    COUNTS_EVERY,
    OpenVault,
    contents,
    counts_context,
    day_of,
    open_vault,
    row_of,
    sealed_row,
)

__all__ = ["DatabaseVault", "drawing", "foreseen"]


class DatabaseVault:
    """Implements `conduct.vault.Vault` inside the caller's transaction.

    An allocation is written with the events: the caller runs ``writes`` in the same transaction.

    Parameters
    ----------
    key
        Key file of the trial.
    stages
        Design of each allocation stage, from the protocol versions of the record.
    last
        The seal that holds; read when it is needed unless given.
    kept
        Allocators that the process remembers with the record, each with the slot up to which it was brought.
    drawn
        Stage and slot with which `drawing` was asked beforehand, and its answers; asked when needed unless given.
    """

    def __init__(
        self,
        key: TrialKey,
        stages: Mapping[int, StageDesign],
        *,
        last: Seal | None = None,
        kept: Mapping[Any, Any] | None = None,
        drawn: tuple[tuple[int, int], Sequence[Any]] | None = None,
    ) -> None:
        self._key = key
        self._stages = stages
        self._last = last
        self._kept = kept or {}
        self._asked = drawn
        self._drawn: dict[str, SealedRow] = {}
        self.writes: list[Statement] = []
        """What is to be written together with the events."""
        self.keep: dict[Any, Any] = {}
        """Allocators as they stand after this, to be remembered once it is committed."""

    @cached_property
    def _open(self) -> OpenVault:
        return open_vault(self._key, self._stages, self._last)

    def draw(
        self, slot: Slot, stratum: str, factors: Mapping[str, str], *, subject: str, cohort: str | None = None
    ) -> str:
        """Allocate a subject and give the receipt; a subject who has a slot gets the receipt of that one."""
        remembered = self._kept.get((_ALLOCATOR, slot.stage, cohort))
        after = slot.number - 1 if remembered is None else remembered[0]
        if self._asked is None or self._asked[0] != (slot.stage, after):
            self._asked = ((slot.stage, after), ask(*drawing(subject, slot.stage, after)))
        ((known, last),), later = self._asked[1]
        if known or subject in self._drawn:
            return self._row(subject).receipt
        self._check(slot, factors, cohort, due=1 + last)
        rows = [row_of(row) for row in later]
        opened = self._open
        if remembered is None:
            allocator = opened.allocator(slot.stage, cohort, slot.number)
        else:
            allocator = remembered[1].copy()
            opened.go_on(allocator, cohort, rows)
        arm = allocator.allocate(factors, opened.seed.uniforms(slot.stage, slot.number))
        row = seal_allocation(
            opened.key,
            entropy(NONCE_BYTES),
            self._stages[slot.stage].cohorts[cohort].arms.index(arm),
            slot=slot,
            subject=subject,
            stratum=stratum,
            factors=factors,
            cohort=cohort,
        )
        self._keep(row)
        self.keep[_ALLOCATOR, slot.stage, cohort] = (slot.number, allocator)
        if slot.number % COUNTS_EVERY == 0:
            nonce, sealed = opened.seal(allocator.snapshot(), counts_context(slot.stage, cohort, slot.number))
            self.writes.append(Statement(_KEEP_COUNTS, [slot.stage, cohort or "", slot.number, nonce, sealed]))
        return row.receipt

    @property
    def commitment(self) -> str:
        """SHA-256 of the sealed seed."""
        return str((self._last or last_seal()).commitment)

    def sent_to(self, site: str) -> Collection[str]:
        """Give the numbers of the kits that were sent to a site."""
        return set(Shipment.objects.filter(site=site).values_list("number", flat=True))

    def kit_for(
        self, subject: str, site: str, *, request: str, day: dt.date, received: Collection[str] | None = None
    ) -> str:
        """Give the number of the kit to dispense; the same request of the same subject gives the same kit."""
        row = self._row(subject)
        known = KitUse.objects.filter(subject=subject, request=request).first()
        if known is not None:
            return str(known.number)
        store = self._stock(site)
        number = store.assign(
            subject, site, request=request, day=day, treatment=lambda: self._treatment(row), received=received
        )
        KitUse.objects.create(number=number, status=KitStatus.ASSIGNED.value, subject=subject, request=request)
        return number

    def permits(self, subject: str, action: str) -> bool:
        """Say whether `CROSS_OVER` or `kit:NUMBER` is open to a subject."""
        row = self._row(subject)
        if action.startswith("kit:"):
            uses = list(KitUse.objects.filter(number=action.removeprefix("kit:")).values_list("status", "subject"))
            return uses == [(KitStatus.ASSIGNED.value, subject)]
        if action == CROSS_OVER:
            design = self._stages[row.slot.stage]
            return design.crosses_from is not None and self._open.arm(row) == design.crosses_from
        raise VaultError(VaultErrorCode.NOT_ENTITLED, f"unknown action {action!r}: expected {CROSS_OVER} or kit:NUMBER")

    def cross_over(self, subject: str) -> bool:
        """Say whether a subject gets the treatment of `crossover.to` from now on: the event that follows gives it."""
        return self.permits(subject, CROSS_OVER)

    def balance(self) -> BalanceReport:
        """Give counts by arm and the balance alarm of every stage."""
        rows = [sealed_row(row) for row in Allocation.objects.order_by("stage", "number")]
        allocated = [(row.slot.stage, row.cohort, row.factors, self._open.arm(row)) for row in rows]
        return balance_report(self._stages, allocated)

    def replay(self) -> ReplayReport:
        """Allocate everybody again and compare."""
        return self.replay_against(None)

    def replay_against(self, receipts: Mapping[Slot, str] | None) -> ReplayReport:
        """Allocate everybody again, and compare with the receipts of the record besides."""
        rows = [sealed_row(row) for row in Allocation.objects.order_by("stage", "number")]
        return replay_rows(rows, self._stages, self._open.seed, self._open.key, receipts)

    def reveal(self, subject: str, grant: Grant) -> str:
        """Refuse: only the app of unblinding reveals, and never to a rule."""
        raise VaultError(VaultErrorCode.NOT_ENTITLED, f"grant {grant.event} does not open {subject} here")

    def _check(self, slot: Slot, factors: Mapping[str, str], cohort: str | None, *, due: int) -> None:
        if slot.stage not in self._stages:
            raise VaultError(VaultErrorCode.STAGE_UNKNOWN, f"stage {slot.stage} is not open")
        if slot.number < due:
            raise VaultError(VaultErrorCode.SLOT_TAKEN, f"slot {slot.number} is another subject's: take {due}")
        if slot.number > due:
            raise VaultError(VaultErrorCode.SLOT_NOT_NEXT, f"slot {slot.number} is not the next one, {due}")
        check_factors(self._stages[slot.stage], factors, cohort)

    def _keep(self, row: SealedRow) -> None:
        slot, factors = row.slot, canonical_text(dict(row.factors))
        values = (slot.stage, slot.number, row.subject, row.stratum, factors, row.cohort, row.nonce, row.ciphertext)
        self.writes.append(Statement(_KEEP, (*values, row.version)))
        self._drawn[row.subject] = row

    def _row(self, subject: str) -> SealedRow:
        if subject in self._drawn:
            return self._drawn[subject]
        found = Allocation.objects.filter(subject=subject).first()
        if found is None:
            raise VaultError(VaultErrorCode.SUBJECT_UNKNOWN, f"subject {subject} has no allocation")
        return sealed_row(found)

    def _treatment(self, row: SealedRow) -> str:
        to = self._stages[row.slot.stage].crosses_to
        return to if to is not None and _crossed(row.subject) else self._open.arm(row)

    def _stock(self, site: str) -> KitStore:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT k.number, k.lot, k.expiry, k.nonce, k.ciphertext FROM vault_kit k "
                "JOIN vault_shipment s ON s.number = k.number WHERE s.site = %s ORDER BY k.number",
                [site],
            )
            rows = cursor.fetchall()
            cursor.execute(
                "SELECT u.number, u.status, u.subject, u.request FROM vault_kit_use u "
                "JOIN vault_shipment s ON s.number = u.number WHERE s.site = %s",
                [site],
            )
            uses = cursor.fetchall()
        kits = {
            number: Kit(number=number, lot=lot, expiry=day_of(expiry), site=site, status=KitStatus.STOCK)
            for number, lot, expiry, _, _ in rows
        }
        for number, status, subject, request in sorted(uses, key=lambda use: _ORDER[use[1]]):
            old = kits[number]
            kits[number] = Kit(
                number=number,
                lot=old.lot,
                expiry=old.expiry,
                site=site,
                status=KitStatus(status),
                subject=subject or old.subject,
                request=request or old.request,
            )
        return KitStore.restored(entropy, self._open.arms, kits, contents(self._open, rows))


_ALLOCATOR = "allocator"
_KEEP = f"INSERT INTO vault_allocation ({ALLOCATION}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)"  # noqa: S608
_KEEP_COUNTS = "INSERT INTO vault_counts (stage, cohort, number, nonce, ciphertext) VALUES (%s, %s, %s, %s, %s)"


def foreseen(kept: Mapping[Any, Any]) -> tuple[int, int] | None:
    """Say which stage, and after which slot, the next draw will most likely ask for."""
    known = [(key[1], kept[key][0]) for key in kept if key[0] == _ALLOCATOR]
    return max(known, default=None)


def drawing(subject: str, stage: int, after: int) -> list[Statement]:
    """Say how to ask whether a subject has a slot, for the last slot of a stage, and for those after a number."""
    known = "SELECT COUNT(*) FROM vault_allocation WHERE subject = %s"
    last = "SELECT COALESCE(MAX(number), 0) FROM vault_allocation WHERE stage = %s"
    later = f"SELECT {ALLOCATION} FROM vault_allocation WHERE stage = %s AND number > %s ORDER BY number"  # noqa: S608
    return [Statement(f"SELECT ({known}), ({last})", [subject, stage]), Statement(later, [stage, after])]


_ORDER = {status.value: place for place, status in enumerate(KitStatus)}


def _crossed(subject: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM ledger_event WHERE subject = %s AND chain = 'trial' AND kind = 'open_label_started' LIMIT 1",
            [subject],
        )
        return cursor.fetchone() is not None
