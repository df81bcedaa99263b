"""Refusals and errors as problem details (RFC 9457): what stands against it and what would make it possible."""

from typing import Any

from django.http import HttpRequest, JsonResponse
from ninja import Schema

from equipoise.conduct import Refusal

__all__ = ["FieldProblemOut", "Problem", "ProblemError", "problem_response", "status_of"]

_STATUS = {
    "not_allowed": 403,
    "role_not_held": 403,
    "other_site": 403,
    "other_subject": 403,
    "second_factor": 403,
    "subject_unknown": 404,
    "site_unknown": 404,
    "command_unknown": 404,
    "account_unknown": 404,
    "missing_field": 422,
    "bad_value": 422,
    "reason_missing": 422,
    "vault_closed": 503,
}


class FieldProblemOut(Schema):
    """What is wrong with one field."""

    field: str
    problem: str


class Problem(Schema):
    """Why a request was not carried out."""

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str
    remedy: str
    problems: list[FieldProblemOut] = []


class ProblemError(Exception):
    """Ends a request with a problem."""

    def __init__(
        self, status: int, code: str, detail: str, remedy: str = "", problems: tuple[tuple[str, str], ...] = ()
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.detail = detail
        self.remedy = remedy
        self.problems = problems

    @classmethod
    def of(cls, refusal: Refusal) -> "ProblemError":
        """Say a refusal."""
        return cls(status_of(refusal.code), refusal.code, refusal.reason, refusal.remedy, refusal.problems)


def status_of(code: str) -> int:
    """Status of HTTP for the code of a refusal; 409 where the state of the trial stands against it."""
    return _STATUS.get(code, 409)


def problem_response(_request: HttpRequest, error: ProblemError) -> JsonResponse:
    """Write a problem."""
    content: dict[str, Any] = {
        "type": "about:blank",
        "title": error.code.replace("_", " "),
        "status": error.status,
        "code": error.code,
        "detail": error.detail,
        "remedy": error.remedy,
        "problems": [{"field": name, "problem": text} for name, text in error.problems],
    }
    response = JsonResponse(content, status=error.status, content_type="application/problem+json")
    if error.status == 401:
        response["WWW-Authenticate"] = "Bearer"
    return response
