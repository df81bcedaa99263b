"""Accounts over HTTP: made, closed and given new passwords by an administrator; no role is given here."""

from typing import Annotated

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import ConfigDict, StringConstraints

from equipoise.server.accounts.making import LoginTakenError, close_account, make_account, reset_account
from equipoise.server.accounts.models import Account
from equipoise.server.api.access import AUTH, asker, may, proved
from equipoise.server.api.commands import REFUSALS
from equipoise.server.api.identity import Login
from equipoise.server.api.payloads import Identifier, ProofIn
from equipoise.server.api.problem import ProblemError

__all__ = ["router"]

router = Router(tags=["accounts"], auth=AUTH)
Name = Annotated[str, StringConstraints(max_length=120, pattern=r"^[^\x00-\x1f]*$")]


class AccountIn(Schema):
    """A new account; what it may do is granted by commands."""

    model_config = ConfigDict(extra="forbid")
    role: Identifier
    login: Login
    name: Name = ""


class AccountOut(Schema):
    """A new account, with a password to be told to the person alone; it is shown once."""

    account: str
    login: str
    password: str


class ActingIn(Schema):
    """The administrator's role."""

    model_config = ConfigDict(extra="forbid")
    role: Identifier


class ResettingIn(ActingIn):
    """The administrator's role, with the administrator's own password and code."""

    proof: ProofIn | None = None


@router.post("/accounts", response={200: AccountOut, **REFUSALS}, summary="Make an account.")
def make(request: HttpRequest, body: AccountIn) -> dict[str, str]:
    """Make an account with a first password."""
    _administrator(request, body.role)
    try:
        account, password = make_account(body.login, body.name, actor=asker(request).account.id, role=body.role)
    except LoginTakenError as error:
        raise ProblemError(409, "login_taken", "There is an account of this name.", "Choose another login.") from error
    return {"account": account.id, "login": account.login, "password": password}


@router.post("/accounts/{account}/password", response={200: AccountOut, **REFUSALS}, summary="Give a new password.")
def reset(request: HttpRequest, account: Identifier, body: ResettingIn) -> dict[str, str]:
    """Give an account a new password; its tokens and second factor end."""
    may(request, "reset_account", body.role, second_factor=proved(request, body.proof))
    found = _account(account)
    password = reset_account(found, actor=asker(request).account.id, role=body.role)
    return {"account": found.id, "login": found.login, "password": password}


@router.post("/accounts/{account}/close", response={204: None, **REFUSALS}, summary="Close an account.")
def close(request: HttpRequest, account: Identifier, body: ActingIn) -> Status[None]:
    """Nobody comes in with it any more; sessions and tokens end at once."""
    _administrator(request, body.role)
    found = _account(account)
    if found.id == asker(request).account.id:
        raise ProblemError(409, "own_account", "This is your own account.", "Another administrator can close it.")
    close_account(found, actor=asker(request).account.id, role=body.role)
    return Status(204, None)


def _administrator(request: HttpRequest, role: str) -> None:
    may(request, "manage_accounts", role)


def _account(name: str) -> Account:
    found: Account | None = Account.objects.filter(id=name).first()
    if found is None:
        raise ProblemError(404, "account_unknown", "There is no such account.", "Check the number.")
    return found
