"""Stock of kits at a site; what a kit holds is known to the vault alone."""

from dataclasses import replace

from equipoise.conduct.command import refuse
from equipoise.conduct.context import Applies, CommandSpec, Context
from equipoise.conduct.form import choice, date, identifier, texts
from equipoise.conduct.state import Site
from equipoise.ledger import Event
from equipoise.terms import said

__all__ = ["APPLIES", "COMMANDS"]


def _receive(c: Context) -> None:
    kits, known = list(c.payload["kits"]), c.site.kits
    twice = sorted({kit for kit in kits if kits.count(kit) > 1 or kit in known})
    if twice:
        problems = tuple((kit, "received already, or twice in the list") for kit in twice)
        refuse("kit_twice", said("Received already: {kits}.", kits=twice), "Leave these kits out.", problems=problems)
    sent = c.vault.sent_to(c.site.id)
    others = [kit for kit in kits if kit not in sent]
    if others:
        problems = tuple((kit, "was not sent to this site") for kit in others)
        reason = said("Not sent to this site: {others}.", others=others)
        refuse("kit_not_sent", reason, "Check the numbers against the delivery note.", problems=problems)
    if c.payload["expires"] < c.today:
        refuse("kit_expired", "These kits have expired.", "Check the date; do not put expired kits into stock.")
    c.shard_record(c.site, "RECEIPT", "kits_received", dict(c.payload))


def _received(site: Site, event: Event) -> Site:
    new = dict.fromkeys(event.payload["kits"], (event.payload["expires"], "stock"))
    return replace(site, kits={**site.kits, **new})


def _remove(c: Context) -> None:
    absent = [kit for kit in c.payload["kits"] if c.site.kits.get(kit, ("", ""))[1] != "stock"]
    if absent:
        problems = tuple((kit, "not in the site's stock") for kit in absent)
        refuse("kit_not_at_site", said("Not in stock: {kits}.", kits=absent), "Check the numbers.", problems=problems)
    c.shard_record(c.site, "REMOVAL", "kits_removed", dict(c.payload))


def _removed(site: Site, event: Event) -> Site:
    gone = {kit: (site.kits[kit][0], "removed") for kit in event.payload["kits"]}
    return replace(site, kits={**site.kits, **gone})


COMMANDS = (
    CommandSpec(
        "receive_kits",
        "Take kits into the site's stock.",
        _receive,
        (identifier("lot", "lot number"), date("expires", "last day of use"), texts("kits", "kit numbers")),
    ),
    CommandSpec(
        "remove_kits",
        "Take kits out of the site's stock.",
        _remove,
        (
            texts("kits", "kit numbers"),
            choice("why", "why", "damaged", "lost", "expired", "quarantined", "sent back", "destroyed"),
            date("date", "day"),
        ),
        dates=("date",),
    ),
)

APPLIES: Applies = {"kits_received": {"site": _received}, "kits_removed": {"site": _removed}}
