"""Kits made and sent: a delivery is scrambled and sealed, a shipment holds equally many of every arm."""

import datetime as dt
from collections.abc import Iterable, Mapping

from equipoise.conduct.allocation_stage import StageDesign
from equipoise.conduct.kits import Kit, KitStatus, KitStore
from equipoise.conduct.vault import VaultError, VaultErrorCode
from equipoise.ledger import Event
from equipoise.server.keys import TrialKey
from equipoise.server.sources import entropy, now
from equipoise.server.vault.models import KitRow, KitUse, Shipment
from equipoise.server.vault.opening import contents, day_of, kit_context, open_vault

__all__ = ["deliver", "follow", "ship"]


def deliver(key: TrialKey, stages: Mapping[int, StageDesign], lot: str, expiry: dt.date, sets: int) -> list[str]:
    """Make ``sets`` kits of each arm under one lot and expiry date; give their numbers in order."""
    if expiry < now().date():
        raise VaultError(VaultErrorCode.KIT_NOT_VALID, f"the lot {lot!r} expired on {expiry}: check the date")
    opened = open_vault(key, stages)
    store = KitStore.restored(entropy, opened.arms, _all_kits(), {})
    made = store.deliver(lot, expiry, sets)
    filled = store.contents()
    rows = []
    for kit in made:
        day = kit.expiry.isoformat()
        plain = opened.arms.index(filled[kit.number]).to_bytes(2, "big")
        nonce, sealed = opened.seal(plain, kit_context(kit.number, kit.lot, day))
        rows.append(KitRow(number=kit.number, lot=kit.lot, expiry=day, nonce=nonce, ciphertext=sealed))
    KitRow.objects.bulk_create(rows)
    return [kit.number for kit in made]


def ship(key: TrialKey, stages: Mapping[int, StageDesign], site: str, lot: str, sets: int) -> list[str]:
    """Send ``sets`` kits of each arm of a lot to a site; give their numbers in order."""
    opened = open_vault(key, stages)
    rows = KitRow.objects.filter(lot=lot).values_list("number", "lot", "expiry", "nonce", "ciphertext")
    store = KitStore.restored(entropy, opened.arms, _all_kits(), contents(opened, rows))
    sent = store.ship(site, lot, sets)
    Shipment.objects.bulk_create([Shipment(number=kit.number, site=site) for kit in sent])
    return [kit.number for kit in sent]


def follow(events: Iterable[Event]) -> None:
    """Bring the stock of kits up to date with events: what was handed out, lost or taken out."""
    for event in events:
        if event.kind == "kits_removed":
            for number in event.payload["kits"]:
                _use(number, KitStatus.UNUSABLE, None)
        elif event.kind in ("dispensed", "wrong_kit_dispensed"):
            _use(event.payload["kit"], KitStatus.DISPENSED, event.subject)


def _use(number: str, status: KitStatus, subject: str | None) -> None:
    KitUse.objects.get_or_create(number=number, status=status.value, defaults={"subject": subject, "request": None})


def _all_kits() -> dict[str, Kit]:
    sent = dict(Shipment.objects.values_list("number", "site"))
    kits = {}
    for number, lot, expiry in KitRow.objects.values_list("number", "lot", "expiry"):
        site = sent.get(number)
        status = KitStatus.DEPOT if site is None else KitStatus.STOCK
        kits[number] = Kit(number=number, lot=lot, expiry=day_of(expiry), site=site, status=status)
    return kits
