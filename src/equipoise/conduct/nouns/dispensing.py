"""Kits for a patient: the vault names one, the site hands out that one and no other."""

import datetime as dt
from dataclasses import replace

from equipoise.conduct.command import refuse
from equipoise.conduct.context import Applies, CommandSpec, Context
from equipoise.conduct.form import date, identifier, integer, text
from equipoise.conduct.state import Site
from equipoise.ledger import Event
from equipoise.terms import said

__all__ = ["APPLIES", "COMMANDS", "waiting_kit"]


def waiting_kit(c: Context) -> str | None:
    """Kit of the site that was assigned to the patient and neither handed out nor lost.

    A kit of the site that followed the patient before is not here to be handed out.
    """
    used = {d["kit"] for d in c.subject.live("dispensed")}
    waiting = [a["kit"] for a in c.subject.live("kit_assigned") if a["kit"] not in used]
    return waiting[-1] if waiting and c.site.kits.get(waiting[-1], ("", ""))[1] == "stock" else None


def _assign(c: Context) -> None:
    subject, day = c.subject, c.payload["date"]
    if subject.death is not None:
        refuse("after_death", "The patient has died.", "If the death was recorded in error, retract it.")
    if not subject.has("open_label_started"):
        if subject.has("blinded_treatment_ended") or subject.has("treatment_stopped"):
            refuse("treatment_ended", "Treatment of this patient has ended.", "Nothing is to be dispensed.")
    elif subject.has("open_label_stopped"):
        refuse("treatment_ended", "Treatment of this patient has ended.", "Nothing is to be dispensed.")
    waiting = waiting_kit(c)
    if waiting is not None:
        reason = said("Kit {waiting} is assigned and has not been handed out.", waiting=waiting)
        refuse("kit_waiting", reason, said("Hand out kit {waiting}, or report it as lost or damaged.", waiting=waiting))
    asked = dt.date.fromisoformat(day)
    kit = c.vault.kit_for(subject.id, c.site.id, request=c.command.request_id, day=asked, received=c.site.kits.keys())
    c.record("KIT", "kit_assigned", {"kit": kit, "date": day})


def _dispense(c: Context) -> None:
    kit, day = c.payload["kit"], c.payload["date"]
    if kit != waiting_kit(c):
        refuse("kit_not_valid", "This kit is not valid for this patient.", "Hand out the kit that was assigned.")
    expires, _ = c.site.kits.get(kit, (day, "stock"))
    if expires < day:
        remedy = "Take the kit out of the stock and ask for another."
        refuse("kit_expired", said("Kit {kit} expired on {expires}.", kit=kit, expires=expires), remedy)
    c.record("DISP", "dispensed", {"quantity": None, **c.payload})


def _handed_out(site: Site, event: Event) -> Site:
    kit = event.payload["kit"]
    if kit not in site.kits:
        return site
    return replace(site, kits={**site.kits, kit: (site.kits[kit][0], "dispensed")})


def _return(c: Context) -> None:
    kit = c.payload["kit"]
    if not any(d["kit"] == kit for d in (*c.subject.live("dispensed"), *c.subject.live("wrong_kit_dispensed"))):
        refuse("kit_not_valid", "This kit was not handed out to this patient.", "Check the number.")
    if any(r["kit"] == kit for r in c.subject.live("kit_returned")):
        refuse("already_done", "The return of this kit is recorded.", "Correct that record if it is wrong.")
    c.record("RET", "kit_returned", {"units_left": None, **c.payload})


def _wrong(c: Context) -> None:
    kit = c.payload["kit"]
    if any(d["kit"] == kit for d in c.subject.live("dispensed")):
        refuse("kit_was_right", said("Kit {kit} was assigned to this patient.", kit=kit), "Nothing is to be reported.")
    if any(d["kit"] == kit for d in c.subject.live("wrong_kit_dispensed")):
        refuse("already_done", "This is recorded.", "Correct that record if it is wrong.")
    day = c.payload["date"]
    c.record("WRONG", "wrong_kit_dispensed", {"assigned": waiting_kit(c), **c.payload})
    description = said("Kit {kit} was handed out, which was not assigned to the patient.", kit=kit)
    values = {"date": day, "category": "wrong kit", "description": description, "major": True}
    c.record("DEV", "deviation_recorded", values)


_KIT = identifier("kit", "kit number as printed")

COMMANDS = (
    CommandSpec("assign_kit", "Ask which kit to hand out.", _assign, (date("date", "day"),), dates=("date",)),
    CommandSpec(
        "dispense",
        "Hand out the kit that was assigned.",
        _dispense,
        (_KIT, date("date", "day"), integer("quantity", "units handed out", 1, required=False)),
        dates=("date",),
    ),
    CommandSpec(
        "return_kit",
        "Take back a kit.",
        _return,
        (_KIT, date("date", "day"), integer("units_left", "units left", 0, required=False)),
        dates=("date",),
        after_death=True,
    ),
    CommandSpec(
        "report_wrong_kit",
        "Report that the patient got a kit that was not assigned.",
        _wrong,
        (_KIT, date("date", "day"), text("what_was_done", "what was done about it")),
        dates=("date",),
        after_death=True,
    ),
)

APPLIES: Applies = {"dispensed": {"site": _handed_out}, "wrong_kit_dispensed": {"site": _handed_out}}
