"""Reading over HTTP: each address checks one action of the table of rights, and answers what the role may know."""

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field, JsonValue

from equipoise.conduct import Role, eligibility
from equipoise.conduct.nouns.central_review import central_answer
from equipoise.conduct.roles import REACH, SITE_ROLES, Reach
from equipoise.ledger import TRIAL
from equipoise.server.api.access import AUTH, may
from equipoise.server.api.commands import REFUSALS
from equipoise.server.api.payloads import Identifier
from equipoise.server.ledger.store import read_kinds
from equipoise.server.subjects.models import SubjectRow
from equipoise.server.subjects.view import (
    OPEN_TREATMENT,
    audit_rows,
    due_rows,
    open_treatment_rows,
    record_rows,
    summary,
)

__all__ = ["Asked", "router"]

router = Router(tags=["reading"], auth=AUTH)


class Asked(Schema):
    """In which role, and at which site, something is read."""

    role: Identifier
    site: Identifier | None = None


class SubjectOut(Schema):
    """A line in the list of patients."""

    subject: str
    site: str
    stage: str


class RecordOut(Schema):
    """A record with its latest values."""

    record: str
    kind: str
    noun: str
    values: dict[str, JsonValue]
    recorded_at: str
    recorded_by: str
    changes: int
    retracted: bool


class AuditOut(Schema):
    """A line of the audit trail, numbered within the patient."""

    number: int
    at: str
    actor: str
    role: str
    kind: str
    values: dict[str, JsonValue]
    reason: str | None
    protocol_version: str
    clock_drift: bool


class ConsentOut(Schema):
    """A consent that was given."""

    form: str
    version: str
    date: str


class SummaryOut(Schema):
    """Where a patient stands."""

    subject: str
    site: str
    stage: str
    protocol: str
    consents: list[ConsentOut]
    reconsent_due: dict[str, str] = Field(description="Form -> version that the patient is to be asked to sign.")
    withdrawn: list[str]
    death: str | None
    lost: bool
    unblinded: bool


class DueOut(Schema):
    """Something to be done for a patient."""

    action: str
    what: str
    target: str | None
    first: str | None
    last: str | None
    overdue: bool


class CriterionOut(Schema):
    """A criterion as it stands."""

    name: str
    text: str
    status: str
    missing: list[str]


class SiteOut(Schema):
    """A site."""

    site: str
    status: str
    time_zone: str


class PersonOut(Schema):
    """A person's roles; names are not in the record."""

    account: str
    roles: list[dict[str, str | None]]


class AccrualOut(Schema):
    """Patients randomized, arms together."""

    randomized: int
    by_site: dict[str, int]
    by_month: dict[str, int]


class StockOut(Schema):
    """A kit of a site's stock."""

    kit: str
    expires: str
    status: str


class AnswerOut(Schema):
    """What central review has told the site."""

    answer: str | None


class BreakOut(Schema):
    """An unblinding; the treatment is not in it."""

    subject: str
    kind: str
    at: str
    by: str
    reason: str | None


Where = Annotated[Asked, Query(...)]


@router.get("/subjects", response={200: list[SubjectOut], **REFUSALS}, summary="Patients that the role reaches.")
def subjects(request: HttpRequest, where: Where) -> list[dict[str, str]]:
    """List patients: a site's role sees its own, others all."""
    context = may(request, "see_accrual", where.role, site=where.site)
    role = Role(context.command.role)
    treats = role in OPEN_TREATMENT
    rows = SubjectRow.objects.order_by("subject")
    if REACH[role] is Reach.OWN_SITE:
        rows = rows.filter(site=where.site)
    return [{"subject": r.subject, "site": r.site, "stage": r.stage if treats else r.stage_blinded} for r in rows]


@router.get("/subjects/{subject}", response={200: SummaryOut, **REFUSALS}, summary="Where a patient stands.")
def subject_summary(request: HttpRequest, subject: Identifier, where: Where) -> dict[str, Any]:
    """Stage, protocol version in force, consents and those to be renewed, withdrawals, death."""
    return summary(may(request, "see_subject", where.role, site=where.site, subject=subject))


@router.get("/subjects/{subject}/due", response={200: list[DueOut], **REFUSALS}, summary="What is due today.")
def due_today(request: HttpRequest, subject: Identifier, where: Where) -> list[dict[str, Any]]:
    """What is to be done for a patient today, overdue things first."""
    return due_rows(may(request, "see_subject", where.role, site=where.site, subject=subject))


@router.get(
    "/subjects/{subject}/open-treatment", response={200: list[RecordOut], **REFUSALS}, summary="Open treatment."
)
def open_treatment(request: HttpRequest, subject: Identifier, where: Where) -> list[dict[str, Any]]:
    """Records of open treatment after unblinding; none where there is none."""
    return open_treatment_rows(may(request, "see_open_treatment", where.role, site=where.site, subject=subject))


@router.get("/subjects/{subject}/records", response={200: list[RecordOut], **REFUSALS}, summary="A patient's records.")
def records(request: HttpRequest, subject: Identifier, where: Where) -> list[dict[str, Any]]:
    """Everything recorded of a patient that the role may know, with the latest values."""
    may(request, "see_subject", where.role, site=where.site, subject=subject)
    return record_rows(subject, Role(where.role))


@router.get("/subjects/{subject}/audit", response={200: list[AuditOut], **REFUSALS}, summary="A patient's audit trail.")
def audit(request: HttpRequest, subject: Identifier, where: Where) -> list[dict[str, Any]]:
    """Who recorded and changed what, when and why."""
    may(request, "see_audit_trail", where.role, site=where.site, subject=subject)
    return audit_rows(subject, Role(where.role))


@router.get(
    "/subjects/{subject}/eligibility",
    response={200: list[CriterionOut], **REFUSALS},
    summary="Eligibility now.",
)
def criteria(request: HttpRequest, subject: Identifier, where: Where) -> list[dict[str, Any]]:
    """Each criterion of the protocol in force: met, not met or missing, and what is missing."""
    context = may(request, "see_subject", where.role, site=where.site, subject=subject)
    checks = eligibility(context.rules, context.subject, context.today)
    return [{"name": c.name, "text": c.text, "status": c.status, "missing": list(c.missing)} for c in checks]


@router.get(
    "/subjects/{subject}/central-answer",
    response={200: AnswerOut, **REFUSALS},
    summary="The answer of central review.",
)
def answer(request: HttpRequest, subject: Identifier, where: Where) -> dict[str, str | None]:
    """Pending, confirmed, not confirmed or not evaluable; null where no answer is due."""
    context = may(request, "see_central_answer", where.role, site=where.site, subject=subject)
    return {"answer": central_answer(context.rules, context.subject)}


@router.get("/sites", response={200: list[SiteOut], **REFUSALS}, summary="Sites.")
def sites(request: HttpRequest, where: Where) -> list[dict[str, str]]:
    """Sites in order of their numbers; a site's role sees its own."""
    context = may(request, "see_accrual", where.role, site=where.site)
    found: dict[str, dict[str, str]] = {}
    states_of = {"site_opened": "open", "site_reopened": "open"}
    for event in read_kinds(TRIAL, "site_opened", "site_closed", "site_reopened"):
        known = found.setdefault(str(event.site), {"site": str(event.site), "status": "open", "time_zone": "UTC"})
        if event.kind == "site_opened":
            known["time_zone"] = event.payload["time_zone"]
        closed = "accrual closed" if event.payload.get("to") == "accrual" else "closed"
        known["status"] = states_of.get(event.kind, closed)
    if context.command.role in SITE_ROLES:
        found = {name: site for name, site in found.items() if name == where.site}
    return [found[name] for name in sorted(found)]


@router.get("/people", response={200: list[PersonOut], **REFUSALS}, summary="People and their roles.")
def people(request: HttpRequest, where: Where) -> list[dict[str, Any]]:
    """Accounts with the roles they hold."""
    context = may(request, "see_people", where.role, site=where.site)
    held = sorted(context.study.people.items())
    return [
        {
            "account": name,
            "roles": [
                {"role": role, "site": site} for role, site in sorted(person.roles, key=lambda r: (r[0], r[1] or ""))
            ],
        }
        for name, person in held
    ]


@router.get("/accrual", response={200: AccrualOut, **REFUSALS}, summary="Patients randomized, arms together.")
def accrual(request: HttpRequest, where: Where) -> dict[str, Any]:
    """Count by site and month."""
    may(request, "see_accrual", where.role, site=where.site)
    rows = SubjectRow.objects.exclude(randomized=None).order_by("subject").values_list("site", "randomized")
    by_site: dict[str, int] = {}
    by_month: dict[str, int] = {}
    for site, _ in sorted(rows):
        by_site[site] = by_site.get(site, 0) + 1
    for _, day in sorted(rows, key=lambda row: row[1]):
        by_month[day[:7]] = by_month.get(day[:7], 0) + 1
    return {"randomized": len(rows), "by_site": by_site, "by_month": by_month}


@router.get("/stock", response={200: list[StockOut], **REFUSALS}, summary="Kits of a site.")
def stock(request: HttpRequest, where: Where) -> list[dict[str, str]]:
    """Kits in the site's stock, by number."""
    context = may(request, "see_stock", where.role, site=where.site)
    return [{"kit": n, "expires": kit[0], "status": kit[1]} for n, kit in sorted(context.site.kits.items())]


@router.get("/code-breaks", response={200: list[BreakOut], **REFUSALS}, summary="Every unblinding of a patient.")
def code_breaks(request: HttpRequest, where: Where) -> list[dict[str, Any]]:
    """Emergency, safety and accidental unblindings, without treatments."""
    may(request, "see_code_breaks", where.role, site=where.site)
    found = read_kinds(TRIAL, "code_broken", "safety_unblinded", "unblinding_reported")
    return [{"subject": e.subject, "kind": e.kind, "at": e.at, "by": e.actor, "reason": e.reason} for e in found]


class ProtocolOut(Schema):
    """Protocol in force, by site."""

    versions: list[str]
    sha256: dict[str, str] = Field(description="Version -> SHA-256 of its text.")
    commitment: dict[str, str] = Field(description="Stage of allocation -> published hash of its sealed seed.")


@router.get("/protocol", response={200: ProtocolOut, **REFUSALS}, summary="Protocol versions and commitments.")
def protocol(request: HttpRequest, where: Where) -> dict[str, Any]:
    """What was adopted and committed to."""
    context = may(request, "see_accrual", where.role, site=where.site)
    records = [r for kind in ("protocol_adopted", "amended") for r in context.study.records.get(kind, {}).values()]
    return {
        "versions": list(context.study.versions),
        "sha256": {r.values["version"]: r.values["sha256"] for r in records},
        "commitment": {str(stage): text for stage, text in sorted(context.counters.commitments.items())},
    }
