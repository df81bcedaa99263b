"""What only those read who may know treatments: a patient's arm, balance, deliveries. Each reading is recorded."""

import datetime as dt
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import ConfigDict, Field, StringConstraints

from equipoise.conduct.vault import VaultError
from equipoise.ledger import Draft
from equipoise.server import trial
from equipoise.server.api.access import AUTH, asker, may, proved
from equipoise.server.api.commands import REFUSALS
from equipoise.server.api.payloads import Identifier, ProofIn
from equipoise.server.api.problem import ProblemError
from equipoise.server.deliveries import make_kits, send_kits
from equipoise.server.ledger import shards as states
from equipoise.server.sources import entropy
from equipoise.server.unblinding.reading import read_arm
from equipoise.server.write import record_access

__all__ = ["router"]

router = Router(tags=["unblinded"], auth=AUTH)


class RoleIn(Schema):
    """In which role something unblinded is asked for; with proof where the table of rights wants it."""

    model_config = ConfigDict(extra="forbid")
    role: Identifier
    site: Identifier | None = None
    proof: ProofIn | None = None


class ArmOut(Schema):
    """A patient's treatment."""

    subject: str
    arm: str
    label: str


class CohortBalanceOut(Schema):
    """Balance of one cohort in one stage of allocation."""

    stage: int
    cohort: str | None
    counts: dict[str, int]
    alarm: bool


class BalanceOut(Schema):
    """Counts by arm, and whether the allocation departs from its design."""

    n: int
    alarm: bool
    alpha: float
    cohorts: list[CohortBalanceOut]


class DeliveryIn(RoleIn):
    """Sets of kits under one lot and expiry date; a set holds one kit of each arm."""

    lot: Identifier
    expires: dt.date
    sets: Annotated[int, Field(ge=1, le=5000)]


class ShipmentIn(RoleIn):
    """Sets of a lot for a site."""

    to: Identifier
    lot: Identifier
    sets: Annotated[int, Field(ge=1, le=5000)]


class KitsOut(Schema):
    """Numbers of kits, in order."""

    lot: Annotated[str, StringConstraints(max_length=80)]
    kits: list[str]


@router.post("/subjects/{subject}/arm", response={200: ArmOut, **REFUSALS}, summary="The treatment of one patient.")
def arm(request: HttpRequest, subject: Identifier, body: RoleIn) -> dict[str, str]:
    """Learn a patient's treatment after unblinding, code break or for a safety report; the reading is recorded."""
    action: Literal["see_arm", "see_arm_for_safety"] = (
        "see_arm_for_safety" if body.role == "safety_office" else "see_arm"
    )
    context = may(
        request, action, body.role, site=body.site, subject=subject, second_factor=proved(request, body.proof)
    )
    found = _asked(lambda: read_arm(context, action))
    if found is None:
        remedy = "Unblind the patient first, by confirmed progression or, in an emergency, by breaking the code."
        raise ProblemError(409, "not_unblinded", "The patient has not been unblinded.", remedy)
    return {"subject": subject, "arm": found, "label": context.rules.protocol.arms[found].label}


@router.post("/balance", response={200: BalanceOut, **REFUSALS}, summary="Balance of the arms, and its alarm.")
def balance(request: HttpRequest, body: RoleIn) -> dict[str, Any]:
    """Counts by arm against the design, for the unblinded statistician."""
    context = may(request, "see_balance", body.role, site=body.site, second_factor=proved(request, body.proof))
    _note(request, body.role, Draft("unblinded_read", {"what": "balance by arm", "grant": None}))
    report = _asked(lambda: trial.vault(context.study).balance())
    cohorts = [
        {"stage": c.stage, "cohort": c.cohort, "counts": dict(c.counts), "alarm": c.alarm} for c in report.cohorts
    ]
    return {"n": report.n, "alarm": report.alarm, "alpha": report.alpha, "cohorts": cohorts}


@router.post("/depot/deliveries", response={200: KitsOut, **REFUSALS}, summary="Make kits.")
def deliver(request: HttpRequest, body: DeliveryIn) -> dict[str, Any]:
    """Make scrambled kit numbers for a delivery; what a kit holds stays sealed."""
    context = may(request, "stock_depot", body.role, site=body.site, second_factor=proved(request, body.proof))
    who = {"actor": asker(request).account.id, "role": body.role}
    kits = _asked(lambda: make_kits(_key(), context.study, lot=body.lot, expires=body.expires, sets=body.sets, **who))
    return {"lot": body.lot, "kits": kits}


@router.post("/depot/shipments", response={200: KitsOut, **REFUSALS}, summary="Send kits to a site.")
def ship(request: HttpRequest, body: ShipmentIn) -> dict[str, Any]:
    """Choose kits for a site: equally many of every arm, given in order of their numbers."""
    context = may(request, "stock_depot", body.role, site=body.site, second_factor=proved(request, body.proof))
    if not states.load([f"site:{body.to}"])[f"site:{body.to}"].seq:
        raise ProblemError(
            404, "site_unknown", "There is no such site.", "Check the site number, or open the site first."
        )
    who = {"actor": asker(request).account.id, "role": body.role}
    kits = _asked(lambda: send_kits(_key(), context.study, lot=body.lot, to=body.to, sets=body.sets, **who))
    return {"lot": body.lot, "kits": kits}


def _key() -> Any:
    found = trial.key()
    if found is None:
        raise ProblemError(503, "vault_closed", str(trial.key_problem()), "Set the key file and restart the server.")
    return found


def _asked(question: Any) -> Any:
    try:
        return question()
    except VaultError as error:
        raise ProblemError(409, f"vault_{error.code.value}", str(error), "Check what was asked for.") from error


def _note(request: HttpRequest, role: str, draft: Draft) -> None:
    record_access(draft, actor=asker(request).account.id, role=role, request_id=f"access-{entropy(8).hex()}")
