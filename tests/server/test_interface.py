"""The interface answers whatever comes: as it says it does, and never with an error of the server."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.transport import DEFAULT_RESPONSE_TIMEOUT
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.server.server_trial import ServerTrial

from equipoise.server.api.interface import api
from equipoise.server.verification.run import verify_trial
from equipoise.server.wsgi import application

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
SEED = 20260301
assert DEFAULT_RESPONSE_TIMEOUT


def operations() -> list[tuple[str, str]]:
    paths = api.get_openapi_schema()["paths"]
    return [(path, method.upper()) for path, found in paths.items() for method in found]


@pytest.mark.parametrize("who", ["coordinator@01", "unblinded_statistician"])
def test_generated_requests_are_answered_as_described(trial: ServerTrial, who: str, full: bool) -> None:
    token = trial.account(who)
    schema = schemathesis.openapi.from_dict(api.get_openapi_schema())
    schema.app = application
    chosen = operations() if full else operations()[:: 7 if who == "coordinator@01" else 11]
    for path, method in chosen:
        if path in ("/api/token", "/api/second-factor", "/api/second-factor/confirm") and method != "DELETE":
            continue  # wrong logins lock the address; tested with the lock
        answered(schema[path][method], token, examples=25 if full else 4)
    assert verify_trial().intact


def answered(operation: Any, token: str, *, examples: int) -> None:
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def run(case: Any) -> None:
        headers = {"Authorization": f"Bearer {token}", "Host": "localhost"}
        response = case.call(headers=headers)
        case.validate_response(response, checks=CHECKS)

    from hypothesis import given

    given(operation.as_strategy())(run)()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"x"',
        b"\xff\xfe",
        b'{"request_id": 1e400}',
        b'{"a":' * 3000,
        b"[" * 100_000,
        b"{}" * 9,
    ],
)
def test_what_is_no_request_is_refused_in_words(trial: ServerTrial, body: bytes) -> None:
    headers = {"authorization": f"Bearer {trial.account('coordinator@01')}"}
    answer = trial.client.post("/api/commands/screen", body, content_type="application/json", headers=headers)
    assert answer.status_code in (400, 401, 422), answer.content
    assert answer["Content-Type"] == "application/problem+json"


def test_a_body_of_a_gigabyte_is_not_read(trial: ServerTrial) -> None:
    headers = {"authorization": f"Bearer {trial.account('coordinator@01')}"}
    answer = trial.client.post(
        "/api/commands/screen", b"x" * 3_000_000, content_type="application/json", headers=headers
    )
    assert answer.status_code == 413
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "too_large"


def test_a_body_that_does_not_say_its_length_is_refused_in_words(trial: ServerTrial) -> None:
    headers = {"authorization": f"Bearer {trial.account('coordinator@01')}", "transfer-encoding": "chunked"}
    answer = trial.client.post("/api/commands/screen", b"{}", content_type="application/json", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (411, "length_required")


def test_nothing_is_shown_of_the_inside(trial: ServerTrial) -> None:
    for address in ("/api/nowhere", "/nowhere", "/api/subjects/../../etc/passwd", "/account/nowhere/", "/static/x"):
        answer = trial.client.get(address)
        assert answer.status_code in (301, 302, 401, 404)
        assert b"Traceback" not in answer.content
        assert b"SECRET" not in answer.content
        assert str(trial.place.data).encode() not in answer.content
