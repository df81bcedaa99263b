"""Central review over HTTP: the queue, a reader's page of a patient, readers side by side, their agreement."""

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import JsonValue

from equipoise.server.api.access import AUTH, may, seen
from equipoise.server.api.commands import REFUSALS
from equipoise.server.api.payloads import Identifier
from equipoise.server.api.reading import Asked
from equipoise.server.reading.agreement import agreement
from equipoise.server.reading.view import queue_rows, reading_page, side_by_side

__all__ = ["router"]

router = Router(tags=["central review"], auth=AUTH)
Where = Annotated[Asked, Query(...)]


class ReadDueOut(Schema):
    """A read to be made; reader 0 is the adjudicator."""

    subject: str
    assessment: int
    reader: int
    scanned: str | None
    since: str
    due: str | None
    overdue: bool
    ready: bool
    person: str | None
    triggers: list[str]


class ScanOut(Schema):
    """A scan, by reference."""

    assessment: int
    date: str
    scan: str
    reference: str


class ReadOut(Schema):
    """A locked read; sums in hundredths of a millimeter."""

    assessment: int
    version: int
    current: bool
    day: str
    response: str | None
    progression_assessment: int | None
    progression_date: str | None
    lesions: list[dict[str, JsonValue]]
    locked_on: str
    sum: int | None
    computed: str | None


class ReadingOut(Schema):
    """What a central reader may see of a patient."""

    subject: str
    reader: int
    next: int | None
    opened: bool
    scans: list[ScanOut]
    reads: list[ReadOut]


class ReaderOut(Schema):
    """One reader's reading of the whole patient."""

    reader: int
    progression_assessment: int | None
    progression_date: str | None
    best_response: str | None
    reads: list[ReadOut]


class EndorsedOut(Schema):
    """An adjudicator's choice."""

    endorses: int
    why: str
    on: str


class SideBySideOut(Schema):
    """Readings of a patient beside each other."""

    subject: str
    through: int
    triggers: list[str]
    scans: list[ScanOut]
    readings: list[ReaderOut]
    adjudications: list[EndorsedOut]


class ReaderAgreementOut(Schema):
    """One reader's agreement with adjudicators."""

    person: str | None
    patients: int
    adjudicated: int
    endorsed: int
    against: int


class CrossOut(Schema):
    """A cell of a cross table of two readers."""

    first: str | None
    second: str | None
    patients: int


class AgreementOut(Schema):
    """How often readers differ, arms together."""

    patients: int
    differing: int
    adjudicated: int
    rate: float | None
    triggers: dict[str, int]
    readers: list[ReaderAgreementOut]
    progression: list[CrossOut]
    best_response: list[CrossOut]


@router.get("/review-queue", response={200: list[ReadDueOut], **REFUSALS}, summary="Central reads to be made.")
def review_queue(request: HttpRequest, where: Where) -> list[dict[str, Any]]:
    """Oldest first: a reader's own that may be opened now, the adjudicator's, or all for the data manager."""
    return seen(may(request, "see_review_queue", where.role, site=where.site), queue_rows)


@router.get("/subjects/{subject}/reading", response={200: ReadingOut, **REFUSALS}, summary="Scans to be read.")
def reading(request: HttpRequest, subject: Identifier, where: Where) -> dict[str, Any]:
    """Scans up to the one to be read now, and the reader's own earlier reads."""
    return seen(may(request, "see_scans_to_read", where.role, site=where.site, subject=subject), reading_page)


@router.get(
    "/subjects/{subject}/side-by-side", response={200: SideBySideOut, **REFUSALS}, summary="Readers side by side."
)
def beside(request: HttpRequest, subject: Identifier, where: Where) -> dict[str, Any]:
    """Readings of a patient whose readers differ, for the adjudicator."""
    return seen(may(request, "see_reads_side_by_side", where.role, site=where.site, subject=subject), side_by_side)


@router.get("/reader-agreement", response={200: AgreementOut, **REFUSALS}, summary="Agreement of central readers.")
def agreeing(request: HttpRequest, where: Where) -> dict[str, Any]:
    """How often readers differ, and with whom adjudicators go; arms together."""
    return seen(may(request, "see_reader_agreement", where.role, site=where.site), agreement)
