"""The vault in the database, as `conduct` asks it: receipts, kit numbers, yes or no; it reveals nothing."""

import datetime as dt
from collections.abc import Mapping
from functools import cached_property

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
from equipoise.server.sources import entropy
from equipoise.server.vault.models import Allocation, Counts, KitUse
from equipoise.server.vault.opening import (
    COUNTS_EVERY,
    OpenVault,
    contents,
    counts_context,
    day_of,
    open_vault,
    sealed_row,
)

__all__ = ["DatabaseVault"]


class DatabaseVault:
    """Implements `conduct.vault.Vault` inside the caller's transaction.

    Parameters
    ----------
    key
        Key file of the trial.
    stages
        Design of each allocation stage, from the protocol versions of the record.
    """

    def __init__(self, key: TrialKey, stages: Mapping[int, StageDesign]) -> None:
        self._key = key
        self._stages = stages

    @cached_property
    def _open(self) -> OpenVault:
        return open_vault(self._key, self._stages)

    def draw(
        self, slot: Slot, stratum: str, factors: Mapping[str, str], *, subject: str, cohort: str | None = None
    ) -> str:
        """Allocate a subject and give the receipt; a subject who has a slot gets the receipt of that one."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM vault_allocation WHERE subject = %s", [subject])
            known = cursor.fetchone() is not None
        if known:
            return self._row(subject).receipt
        self._check(slot, factors, cohort)
        opened = self._open
        allocator = opened.allocator(slot.stage, cohort, slot.number)
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
        if slot.number % COUNTS_EVERY == 0:
            nonce, sealed = opened.seal(allocator.snapshot(), counts_context(slot.stage, cohort, slot.number))
            Counts.objects.create(
                stage=slot.stage, cohort=cohort or "", number=slot.number, nonce=nonce, ciphertext=sealed
            )
        return row.receipt

    def kit_for(self, subject: str, site: str, *, request: str, day: dt.date) -> str:
        """Give the number of the kit to dispense; the same request of the same subject gives the same kit."""
        row = self._row(subject)
        known = KitUse.objects.filter(subject=subject, request=request).first()
        if known is not None:
            return str(known.number)
        store = self._stock(site)
        number = store.assign(subject, site, request=request, day=day, treatment=lambda: self._treatment(row))
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

    def _check(self, slot: Slot, factors: Mapping[str, str], cohort: str | None) -> None:
        if slot.stage not in self._stages:
            raise VaultError(VaultErrorCode.STAGE_UNKNOWN, f"stage {slot.stage} is not open")
        with connection.cursor() as cursor:
            cursor.execute("SELECT COALESCE(MAX(number), 0) FROM vault_allocation WHERE stage = %s", [slot.stage])
            due = cursor.fetchone()[0] + 1
        if slot.number < due:
            raise VaultError(VaultErrorCode.SLOT_TAKEN, f"slot {slot.number} is another subject's: take {due}")
        if slot.number > due:
            raise VaultError(VaultErrorCode.SLOT_NOT_NEXT, f"slot {slot.number} is not the next one, {due}")
        check_factors(self._stages[slot.stage], factors, cohort)

    @staticmethod
    def _keep(row: SealedRow) -> None:
        Allocation.objects.create(
            stage=row.slot.stage,
            number=row.slot.number,
            subject=row.subject,
            stratum=row.stratum,
            factors=canonical_text(dict(row.factors)),
            cohort=row.cohort,
            nonce=row.nonce,
            ciphertext=row.ciphertext,
            version=row.version,
        )

    @staticmethod
    def _row(subject: str) -> SealedRow:
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


_ORDER = {status.value: place for place, status in enumerate(KitStatus)}


def _crossed(subject: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM ledger_event WHERE subject = %s AND chain = 'trial' AND kind = 'open_label_started' LIMIT 1",
            [subject],
        )
        return cursor.fetchone() is not None
