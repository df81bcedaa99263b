"""Interim looks: what took place, the open report, and the closed one for those who may know it before the lock."""

import datetime as dt
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router, Schema
from pydantic import Field

from equipoise.conduct import ACTIONS, BLINDED, Role
from equipoise.conduct.context import Context
from equipoise.conduct.vault import VaultError
from equipoise.ledger import ACCESS, TRIAL
from equipoise.server import trial
from equipoise.server.api.access import AUTH, asker, may, proved
from equipoise.server.api.commands import REFUSALS
from equipoise.server.api.payloads import Identifier
from equipoise.server.api.problem import ProblemError
from equipoise.server.api.reading import Asked
from equipoise.server.api.unblinded import RoleIn
from equipoise.server.errors import ServerError
from equipoise.server.ledger.store import read_events
from equipoise.server.monitoring.reports import note_opening, read_report, reports_of

__all__ = ["router"]

router = Router(tags=["interim looks"], auth=AUTH)
Where = Annotated[Asked, Query(...)]
Number = Annotated[int, Path(ge=1, le=99)]
_ZIP = {200: {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}}
_JSON = {200: {"content": {"application/json": {"schema": {"type": "object"}}}}}


class RecommendationOut(Schema):
    """What the committee recommended, and when it met."""

    recommendation: str
    date: dt.date
    comment: str | None = None


class OpeningOut(Schema):
    """Somebody opened the closed report, or the letters of its arms."""

    by: str
    role: str
    at: str
    report: str


class LookOut(Schema):
    """A look that took place: nothing by arm."""

    analysis: str
    look: int
    final: bool
    at: str
    by: str
    cut: dt.date
    snapshot: int | None = Field(description="Last event of the record that was seen; for the unblinded alone.")
    snapshot_hash: str | None
    data: str = Field(description="SHA-256 of the data.")
    events: int | None = Field(description="Of the arms compared, together; null with more than two arms.")
    information: str | None
    bound: str | None
    alpha_spent: str | None
    reports: list[str] = Field(description="Which reports are kept: open, closed, letters.")
    recommended: RecommendationOut | None
    opened: list[OpeningOut] = Field(description="Who opened the closed report or the letters, and when.")


@router.get("/looks", response={200: list[LookOut], **REFUSALS}, summary="Interim looks.")
def looks(request: HttpRequest, where: Where) -> list[dict[str, Any]]:
    """Every look with its data, its bound and the alpha spent, and what was recommended."""
    context = may(request, "see_looks", where.role, site=where.site)
    recommended = {
        (known.get("analysis"), known["look"]): {"comment": None, **known}
        for known in context.study.live("look_recorded")
    }
    opened: dict[tuple[str, int], list[dict[str, str]]] = {}
    for event in read_events(ACCESS, "kind = %s", ["look_opened"]):
        said = {"by": event.actor, "role": event.role, "at": event.at, "report": event.payload["report"]}
        opened.setdefault((event.payload["analysis"], event.payload["look"]), []).append(said)
    # the number of events tells who is treated openly
    hidden = dict.fromkeys(("snapshot", "snapshot_hash")) if where.role in BLINDED else {}
    return [
        {
            **event.payload,
            **hidden,
            "at": event.at,
            "by": event.actor,
            "reports": [
                part
                for part, name in (("open", "open_report"), ("closed", "closed_report"), ("letters", "letters"))
                if event.payload.get(name)
            ],
            "opened": opened.get((event.payload["analysis"], event.payload["look"]), []),
            "recommended": recommended.get((event.payload["analysis"], event.payload["look"])),
        }
        for event in read_events(TRIAL, "kind = %s", ["look_made"])
    ]


@router.get(
    "/looks/{analysis}/{look}/open",
    response={200: None, **REFUSALS},
    openapi_extra={"responses": _ZIP},
    summary="The open report of a look.",
)
def open_report(request: HttpRequest, analysis: Identifier, look: Number, where: Where) -> HttpResponse:
    """Give a zip with the open report: all patients together, made from data without arms."""
    context = may(request, "see_looks", where.role, site=where.site)
    return _answer(_content("open", _made(context, analysis, look)), f"open-{analysis}-{look}.zip")


@router.post(
    "/looks/{analysis}/{look}/closed",
    response={200: None, **REFUSALS},
    openapi_extra={"responses": _ZIP},
    summary="The closed report of a look.",
)
def closed_report(request: HttpRequest, analysis: Identifier, look: Number, body: RoleIn) -> HttpResponse:
    """Give a zip with the closed report, arms as letters; the opening is recorded."""
    return _answer(_opened(request, "closed", analysis, look, body), f"closed-{analysis}-{look}.zip")


@router.post(
    "/looks/{analysis}/{look}/letters",
    response={200: None, **REFUSALS},
    openapi_extra={"responses": _JSON},
    summary="Which arm each letter of the closed report is.",
)
def letters(request: HttpRequest, analysis: Identifier, look: Number, body: RoleIn) -> HttpResponse:
    """Give the key of the letters, and what tells arms apart in the monitoring; the opening is recorded."""
    return HttpResponse(_opened(request, "letters", analysis, look, body), content_type="application/json")


def _opened(request: HttpRequest, part: str, analysis: str, look: int, body: RoleIn) -> bytes:
    context = may(request, _action(body.role), body.role, site=body.site, second_factor=proved(request, body.proof))
    made = _made(context, analysis, look)
    content = _content(part, made)
    note_opening(part, made, actor=asker(request).account.id, role=body.role)
    return content


def _action(role: str) -> str:
    before = ACTIONS["see_closed_report"]
    known = role in set(map(str, Role)) and Role(role) in before.roles
    later = ACTIONS["see_closed_report_after_lock"]
    if not known and role in set(map(str, Role)) and Role(role) in later.roles:
        return later.name
    return before.name


def _made(context: Context, analysis: str, look: int) -> Any:
    made = reports_of(context.study, analysis, look)
    if made is None:
        raise ProblemError(404, "look_unknown", "There is no such look.", "GET /api/looks lists those that took place.")
    return made


def _content(part: str, made: Any) -> bytes:
    try:
        content = read_report(trial.key(), part, made)
    except (ServerError, VaultError) as error:
        raise ProblemError(503, "report_closed", str(error), "Tell the administrator.") from error
    if content is None:
        what = "No such report of this look is kept here."
        raise ProblemError(404, "report_unknown", what, "Ask the statistician who made the look.")
    return content


def _answer(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
