"""The vault against the record: receipts, seal, kits, grants; and with the key, every allocation once more."""

import datetime as dt

from equipoise.conduct.vault import Slot
from equipoise.ledger import utc_text
from equipoise.server import trial
from equipoise.server.keys import TrialKey
from equipoise.server.vault.allocations import counts_fault, kits_fault, slot_faults
from equipoise.server.vault.digests import kits_digest, seal_digest
from equipoise.server.vault.models import GrantRow, KitRow, KitUse, Seal, Shipment
from equipoise.server.vault.seal import check_key
from equipoise.server.verification.access import AccessRead
from equipoise.server.verification.folding import Folded
from equipoise.server.verification.report import Report

__all__ = ["check_vault"]


def check_vault(report: Report, folded: Folded, access: AccessRead) -> None:
    """Add the checks of the vault."""
    receipts, sent, uses = folded.receipts, len(access.sent), len(folded.kits)
    report.check("vault receipts", lambda: slot_faults(receipts, folded.slots), f"{len(receipts)} match the record")
    report.check("vault seal", lambda: _wrong_seal(folded, access), f"{len(access.seals)} seals as recorded")
    report.check("kits", lambda: _wrong_kit(folded, access), f"{sent} sent, {uses} uses as recorded")
    report.check("grants", lambda: _wrong_grant(access), "every grant stands on a recorded reading")
    key = trial.key()
    if key is None:
        why = str(trial.key_problem())
        report.skip("allocations", f"allocations not checked: {why}")
        report.skip("balance", "checked by the unblinded statistician")
        return
    _check_with_key(report, key, folded)


def _check_with_key(report: Report, key: TrialKey, folded: Folded) -> None:
    designs = trial.stages(folded.study)
    vault = trial.vault(folded.study)

    def replayed() -> str | None:
        check_key(key)
        replay = vault.replay_against(folded.receipts)
        return None if replay.ok else f"{_named(replay.first_wrong, folded)}: {replay.reason}"

    def alarmed() -> str | None:
        return "the arms depart from the design: the unblinded statistician sees how" if vault.balance().alarm else None

    declared = f"{len(folded.receipts)} are what the declared method gives"
    report.check("allocations", replayed, declared)
    report.check("balance", alarmed, "no alarm")
    report.check("counts", lambda: counts_fault(key, designs), "kept counts are those of the allocations")
    report.check("kit contents", lambda: kits_fault(key, designs), "every kit opens")


def _named(slot: Slot | None, folded: Folded) -> str:
    if slot is None:
        return "the vault"
    subject, event = folded.slots.get(slot, ("", ""))
    where = f" (subject {subject}, event {event})" if subject else ""
    return f"slot {slot.number} of stage {slot.stage}{where}"


def _wrong_seal(folded: Folded, access: AccessRead) -> str | None:
    seals = list(Seal.objects.order_by("number"))
    for seal, digest in zip(seals, access.seals, strict=False):
        if seal_digest(seal) != digest:
            return f"seal {seal.number} is not as it was recorded"
    if len(seals) != len(access.seals):
        return f"{len(seals)} seals, {len(access.seals)} recorded"
    commitments = folded.shards["counters"].commitments if "counters" in folded.shards else {}
    return next(
        (f"the commitment of stage {s} is another" for s, c in commitments.items() if c != seals[0].commitment), None
    )


def _wrong_kit(folded: Folded, access: AccessRead) -> str | None:
    lots = sorted(set(KitRow.objects.values_list("lot", flat=True)))
    for lot in lots:
        if access.lots.get(lot) != kits_digest(lot):
            return f"lot {lot}: its kits are not as they were made"
    gone = sorted(set(access.lots) - set(lots))
    if gone:
        return f"lot {gone[0]} is missing"
    sent = dict(Shipment.objects.values_list("number", "site"))
    for kit in sorted(sent.keys() | access.sent.keys()):
        if sent.get(kit) != access.sent.get(kit):
            return f"kit {kit}: its shipment is not as recorded"
    uses = {(u.number, u.status): (u.subject, u.request) for u in KitUse.objects.all()}
    for use in sorted(uses.keys() | folded.kits.keys()):
        if uses.get(use) != folded.kits.get(use):
            return f"kit {use[0]}: {use[1]} is not as recorded"
    return None


def _wrong_grant(access: AccessRead) -> str | None:
    rows = {row.event: row for row in GrantRow.objects.order_by("event")}
    for name in sorted(rows.keys() | access.grants.keys()):
        row, event = rows.get(name), access.grants.get(name)
        if row is None or event is None:
            return f"grant {name}: {'is missing' if row is None else 'was never used by a recorded reading'}"
        whole = event.subject is None
        said = ("*" if whole else event.subject, event.actor, utc_text(dt.datetime.fromisoformat(event.at)))
        kind = "dmc" if whole else str(event.payload["what"]).rpartition(": ")[2]
        if (row.subject, row.actor, row.at, row.kind) != (*said, kind):
            return f"grant {name}: is not as recorded"
    return None
