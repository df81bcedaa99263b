"""The depot: kits made under a lot, and sent to sites; their numbers tell no treatment."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect

from equipoise.conduct import Refusal, Role
from equipoise.conduct.vault import VaultError
from equipoise.server import trial
from equipoise.server.deliveries import make_kits, send_kits
from equipoise.server.pages.forms.typed import TypedError, read_date
from equipoise.server.pages.page import Call
from equipoise.server.pages.proof import given_proof
from equipoise.server.pages.setup.known import site_choices
from equipoise.server.pages.today_parts import Part, Task, declare_part
from equipoise.server.pages.words import translated as _
from equipoise.server.vault.models import KitRow, Shipment

__all__ = ["Sent", "depot_page", "kits_on_their_way"]

_MOST = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """Kits of a lot that were sent to a site and are not in its record yet."""

    lot: str
    expires: str
    kits: tuple[str, ...]


def kits_on_their_way(site: str, known: Any) -> list[Sent]:
    """Kits that were sent to a site and that its record does not know, by lot."""
    numbers = [number for number in Shipment.objects.filter(site=site).values_list("number", flat=True)
               if number not in known]  # fmt: skip
    found: dict[tuple[str, str], list[str]] = {}
    for number, lot, expires in KitRow.objects.filter(number__in=numbers).values_list("number", "lot", "expiry"):
        found.setdefault((lot, expires), []).append(number)
    return [Sent(lot=lot, expires=expires, kits=tuple(sorted(kits))) for (lot, expires), kits in sorted(found.items())]


@declare_part(Role.PHARMACIST)
def _to_receive(call: Call) -> Part:
    url = call.url("command", command="receive_kits")
    tasks = [
        Task(
            what=_("Take %(n)s kits of lot %(lot)s into stock") % {"n": len(sent.kits), "lot": sent.lot},
            url=f"{url}?lot={sent.lot}",
        )
        for sent in kits_on_their_way(str(call.desk.site), call.context.site.kits)
    ]
    return Part(
        title=_("Kits on their way to site %(site)s") % {"site": call.desk.site},
        tasks=tuple(tasks),
        empty=_("No kits are on their way. Kits that the depot has sent appear here."),
        plain=True,
    )


def depot_page(call: Call) -> HttpResponse:
    """Show the lots; make kits, or send some to a site, with password and second factor."""
    posted = call.request.POST if call.request.method == "POST" else {}
    typed = {name: str(posted.get(name, "")).strip()[:80] for name in ("lot", "expires", "sets", "to", "do")}
    problems: dict[str, str] = {}
    refusal: Refusal | None = None
    if posted:
        problems = _problems(typed)
        if not problems:
            refusal = given_proof(call)
            problems = dict(refusal.problems) if refusal else {}
        if not problems and refusal is None:
            refusal = _carried_out(call, typed)
            if refusal is None:
                return HttpResponseRedirect(call.url("depot"), status=303)
    return call.render(
        "pages/setup/depot.html",
        422 if problems or refusal else 200,
        unblinded=False,
        lots=_lots(),
        sites=site_choices(),
        typed=typed,
        problems=problems,
        refusal=refusal,
    )


def _problems(typed: dict[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    lot = typed["lot"]
    if not lot or not lot.isascii() or not all(c.isalnum() or c in "_.:-" for c in lot) or not lot[0].isalnum():
        found["lot"] = _("Letters, digits, point, dash; no spaces.")
    sets = typed["sets"]
    if not (sets.isascii() and sets.isdigit() and 1 <= int(sets) <= _MOST):
        found["sets"] = _("A whole number from 1 to %(most)s.") % {"most": _MOST}
    if typed["do"] == "make":
        try:
            typed["expires"] = read_date(typed["expires"])
        except TypedError as error:
            found["expires"] = str(error) if typed["expires"] else _("Fill this in.")
    elif typed["to"] not in {site for site, _label in site_choices()}:
        found["to"] = _("Choose a site.")
    return found


def _carried_out(call: Call, typed: dict[str, str]) -> Refusal | None:
    key, sets = trial.key(), int(typed["sets"])
    if key is None:
        return Refusal("vault_closed", str(trial.key_problem()), _("Set the key file and restart the server."))
    who = {"actor": call.account, "role": str(call.desk.role)}
    try:
        if typed["do"] == "make":
            expires = dt.date.fromisoformat(typed["expires"])
            kits = make_kits(key, call.study, lot=typed["lot"], expires=expires, sets=sets, **who)
            said = _("%(n)s kits of lot %(lot)s are made.")
        else:
            kits = send_kits(key, call.study, lot=typed["lot"], to=typed["to"], sets=sets, **who)
            said = _("%(n)s kits of lot %(lot)s are sent to site %(site)s; its pharmacist takes them into stock.")
    except VaultError as error:
        return Refusal(f"vault_{error.code.value}", str(error), _("Check lot and number."))
    messages.success(call.request, said % {"n": len(kits), "lot": typed["lot"], "site": typed["to"]})
    return None


def _lots() -> list[dict[str, Any]]:
    """Lots with their expiry, how many kits lie in the depot, and how many went to which site."""
    sent = dict(Shipment.objects.values_list("number", "site"))
    found: dict[str, dict[str, Any]] = {}
    for number, lot, expires in KitRow.objects.order_by("number").values_list("number", "lot", "expiry"):
        line = found.setdefault(lot, {"lot": lot, "expires": expires, "left": 0, "sent": Counter()})
        if number in sent:
            line["sent"][sent[number]] += 1
        else:
            line["left"] += 1
    return [{**found[lot], "sent": sorted(found[lot]["sent"].items())} for lot in sorted(found)]
