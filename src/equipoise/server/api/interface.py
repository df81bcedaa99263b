"""The interface as a whole: routes, errors, description."""

from typing import Any

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema

from equipoise import __version__
from equipoise.ledger import LedgerError
from equipoise.server.api import central, commands, diary, export, identity, looks, people, reading, unblinded
from equipoise.server.api.problem import ProblemError, problem_response
from equipoise.server.write import UnavailableError

__all__ = ["api"]


class _Interface(NinjaAPI):
    """Describes itself once, as the description takes seconds to make; refusals are problem details."""

    _described: OpenAPISchema | None = None

    def get_openapi_schema(self, **more: Any) -> OpenAPISchema:
        """Describe the interface."""
        if self._described is None:
            schema = super().get_openapi_schema(**more)
            for operations in schema["paths"].values():
                for operation in operations.values():
                    _as_problems(operation["responses"])
            self._described = schema
        return self._described


def _as_problems(responses: dict[Any, Any]) -> None:
    for status, answer in responses.items():
        content = answer.get("content", {})
        if int(status) >= 400 and "application/json" in content:
            content["application/problem+json"] = content.pop("application/json")


api = _Interface(
    title="equipoise",
    version=__version__,
    description="One trial: its commands, and what each role may read. Refusals are problem details (RFC 9457).",
    urls_namespace="api",
    docs_url=None,
)
api.add_router("/commands", commands.router)
api.add_router("", identity.router)
api.add_router("", reading.router)
api.add_router("", unblinded.router)
api.add_router("", people.router)
api.add_router("", central.router)
api.add_router("", diary.router)
api.add_router("", export.router)
api.add_router("", looks.router)


@api.exception_handler(ProblemError)
def _problem(request: HttpRequest, error: ProblemError) -> HttpResponse:
    return problem_response(request, error)


@api.exception_handler(AuthenticationError)
def _nobody(request: HttpRequest, _error: AuthenticationError) -> HttpResponse:
    problem = ProblemError(401, "not_logged_in", "You are not logged in.", "POST /api/token, and send the token.")
    return problem_response(request, problem)


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    problems = tuple((".".join(map(str, e["loc"][1:])) or "body", str(e["msg"])) for e in error.errors)
    what = "Something in the request does not fit."
    return problem_response(request, ProblemError(422, "bad_value", what, "Correct the fields named.", problems))


@api.exception_handler(HttpError)
def _malformed(request: HttpRequest, error: HttpError) -> HttpResponse:
    problem = ProblemError(error.status_code, "malformed", str(error), "Send JSON as the interface describes it.")
    return problem_response(request, problem)


@api.exception_handler(LedgerError)
def _unwritable(request: HttpRequest, error: LedgerError) -> HttpResponse:
    return problem_response(request, ProblemError(422, "bad_value", str(error), "Correct the value named."))


@api.exception_handler(UnavailableError)
def _unavailable(request: HttpRequest, error: UnavailableError) -> HttpResponse:
    status = 507 if "full" in str(error) else 503
    return problem_response(request, ProblemError(status, "unavailable", str(error), "Nothing was recorded."))


@api.exception_handler(DatabaseError)
def _broken(request: HttpRequest, _error: DatabaseError) -> HttpResponse:
    text = "The database cannot be read or written now."
    return problem_response(request, ProblemError(503, "unavailable", text, "Try again later."))
