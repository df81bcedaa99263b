"""Diaries over HTTP: a patient's own, and the personal links that open it."""

import datetime as dt
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import ConfigDict, Field

from equipoise.ledger import utc_text
from equipoise.server.accounts.models import DiaryLink
from equipoise.server.api.access import AUTH, DIARY_AUTH, actor, may, seen
from equipoise.server.api.commands import REFUSALS
from equipoise.server.api.payloads import Identifier
from equipoise.server.api.problem import ProblemError
from equipoise.server.api.reading import Asked
from equipoise.server.diary.links import LONGEST, end_links, give_link, links_of
from equipoise.server.diary.view import diary_page

__all__ = ["router"]

router = Router(tags=["diary"])
Where = Annotated[Asked, Query(...)]


class ItemOut(Schema):
    """An item of a questionnaire, without its wording."""

    item: str
    low: int
    high: int


class FormOut(Schema):
    """A form that is to come."""

    instrument: str
    target: int
    planned: dt.date | None
    first: dt.date | None
    last: dt.date | None


class FormDueOut(FormOut):
    """A form that may be filled in today."""

    items: list[ItemOut]


class FormDoneOut(Schema):
    """A form that was handed in."""

    instrument: str
    target: int
    date: dt.date


class PointOut(Schema):
    """A score."""

    target: int
    date: dt.date
    score: float


class TrendOut(Schema):
    """Scores of a scale."""

    instrument: str
    scale: str
    label: str
    better: str
    points: list[PointOut]


class DiaryOut(Schema):
    """A patient's diary."""

    subject: str
    open: bool
    due: list[FormDueOut]
    next: FormOut | None
    done: list[FormDoneOut]
    trend: list[TrendOut]


class LinkIn(Schema):
    """For how many days a link opens the diary."""

    model_config = ConfigDict(extra="forbid")
    role: Identifier
    site: Identifier | None = None
    days: Annotated[int, Field(ge=1, le=LONGEST.days)] = 190


class EndIn(Schema):
    """In which role links are ended."""

    model_config = ConfigDict(extra="forbid")
    role: Identifier
    site: Identifier | None = None


class LinkOut(Schema):
    """A personal link, without its secret."""

    made: str
    expires: str
    by: str


class NewLinkOut(LinkOut):
    """A new personal link; its secret is shown once."""

    secret: str


@router.get(
    "/subjects/{subject}/diary", response={200: DiaryOut, **REFUSALS}, auth=DIARY_AUTH, summary="One's own diary."
)
def diary(request: HttpRequest, subject: Identifier, where: Where) -> dict[str, Any]:
    """Forms due today, the next one, those handed in, and one's own scores over time."""
    return seen(may(request, "see_own_diary", where.role, site=where.site, subject=subject), diary_page)


@router.get(
    "/subjects/{subject}/diary-link", response={200: list[LinkOut], **REFUSALS}, auth=AUTH, summary="Personal links."
)
def known(request: HttpRequest, subject: Identifier, where: Where) -> list[dict[str, str]]:
    """Links of a patient that open the diary now."""
    may(request, "give_diary_link", where.role, site=where.site, subject=subject)
    return [_shown(row) for row in links_of(subject)]


@router.post(
    "/subjects/{subject}/diary-link", response={200: NewLinkOut, **REFUSALS}, auth=AUTH, summary="Give a link."
)
def give(request: HttpRequest, subject: Identifier, body: LinkIn) -> dict[str, str]:
    """Make a personal link for a patient; earlier ones end."""
    context = may(request, "give_diary_link", body.role, site=body.site, subject=subject)
    if not diary_page(context)["open"]:
        raise ProblemError(409, "diary_closed", "No more questionnaires are asked for.", "Nothing is to be done.")
    secret, row = give_link(subject, body.days, actor=actor(request), role=body.role)
    return {"secret": secret, **_shown(row)}


@router.post(
    "/subjects/{subject}/diary-link/end", response={204: None, **REFUSALS}, auth=AUTH, summary="End all links."
)
def end(request: HttpRequest, subject: Identifier, body: EndIn) -> Status[None]:
    """End every personal link of a patient at once."""
    may(request, "give_diary_link", body.role, site=body.site, subject=subject)
    end_links(subject, actor=actor(request), role=body.role)
    return Status(204, None)


def _shown(row: DiaryLink) -> dict[str, str]:
    return {"made": utc_text(row.made), "expires": utc_text(row.expires), "by": row.by}
