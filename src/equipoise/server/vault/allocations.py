"""Checks of sealed rows: without the key against receipts, with it by opening them."""

from collections.abc import Mapping

from equipoise.conduct.allocation_stage import StageDesign
from equipoise.conduct.vault import Slot, VaultError
from equipoise.server.keys import TrialKey
from equipoise.server.vault.models import Allocation, Counts, KitRow
from equipoise.server.vault.opening import contents, counts_context, open_vault, sealed_row

__all__ = ["counts_fault", "kits_fault", "slot_faults"]


def slot_faults(receipts: Mapping[Slot, str], slots: Mapping[Slot, tuple[str, str]]) -> str | None:
    """Name the first slot of which record and vault say different things; needs no key."""
    seen = set()
    for row in Allocation.objects.order_by("stage", "number"):
        try:
            sealed = sealed_row(row)
        except ValueError:
            return f"slot {row.number} of stage {row.stage}: its factors are damaged"
        seen.add(sealed.slot)
        subject, event = slots.get(sealed.slot, (None, ""))
        if receipts.get(sealed.slot) != sealed.receipt or subject != sealed.subject:
            where = f" (subject {subject}, event {event})" if subject else ""
            return f"slot {row.number} of stage {row.stage}{where}: is not what the record has a receipt for"
    missing = sorted(set(receipts) - seen)
    return f"slot {missing[0].number} of stage {missing[0].stage}: is missing in the vault" if missing else None


def counts_fault(key: TrialKey, stages: Mapping[int, StageDesign]) -> str | None:
    """Name the first kept counts that do not open or are not what the allocations give."""
    opened = open_vault(key, stages)
    for row in Counts.objects.order_by("stage", "number"):
        cohort = row.cohort or None
        try:
            kept = opened.open(row.nonce, row.ciphertext, counts_context(row.stage, cohort, row.number))
            fresh = opened.allocator(row.stage, cohort, row.number + 1, kept=False).snapshot()
        except (VaultError, KeyError):
            return f"counts after slot {row.number} of stage {row.stage}: do not open"
        if kept != fresh:
            return f"counts after slot {row.number} of stage {row.stage}: are not what the allocations give"
    return None


def kits_fault(key: TrialKey, stages: Mapping[int, StageDesign]) -> str | None:
    """Name the first kit that does not open."""
    opened = open_vault(key, stages)
    for row in KitRow.objects.order_by("number"):
        try:
            contents(opened, [(row.number, row.lot, row.expiry, row.nonce, row.ciphertext)])
        except (VaultError, IndexError):
            return f"kit {row.number}: does not open"
    return None
