"""Browsers of the tests without a browser: somebody logged in, with the clock of the trial."""

from typing import Any

from django.test import Client
from tests.conduct.made_up import CENTRAL, PEOPLE
from tests.server.server_trial import ServerTrial

from equipoise.server.sources import replaced

__all__ = ["Visitor", "desk_of"]


def desk_of(who: str) -> str:
    """Desk of somebody of the made-up trial."""
    name, _, site = who.partition("@")
    role = PEOPLE.get(name) or CENTRAL.get(name) or ("administrator" if name == "admin" else "patient")
    return f"{role}@{site}" if site else role


class Visitor:
    """Somebody at a desk."""

    def __init__(self, trial: ServerTrial, who: str, *, raises: bool = True) -> None:
        from equipoise.server.accounts.models import Account

        self.trial, self.who, self.desk = trial, who, desk_of(who)
        trial.account(who)
        self.client = Client(headers={"host": "localhost"}, raise_request_exception=raises)
        backend = "allauth.account.auth_backends.AuthenticationBackend"
        self.client.force_login(Account.objects.get(id=who), backend=backend)

    def url(self, path: str) -> str:
        return path if path.startswith("/") else f"/at/{self.desk}/{path}"

    def get(self, path: str, **query: str) -> Any:
        with replaced(self.trial.sources()):
            return self.client.get(self.url(path), query)

    def post(self, path: str, data: dict[str, Any], **headers: str) -> Any:
        with replaced(self.trial.sources()):
            return self.client.post(self.url(path), data, headers=headers)

    def text(self, path: str, **query: str) -> str:
        answer = self.get(path, **query)
        assert answer.status_code == 200, (path, answer.status_code)
        return str(answer.content.decode())

    def send(self, subject: str, command: str, data: dict[str, Any], **headers: str) -> Any:
        """Send the form of a command about a patient, with a request number of its own."""
        self.trial.requests += 1
        given = {"request_id": f"page-{self.trial.requests:08d}", **data}
        return self.post(f"subjects/{subject}/do/{command}/", given, **headers)

    def proof(self) -> dict[str, str]:
        found = self.trial.proof()
        return {"proof.password": found["password"], "proof.code": found["code"]}
