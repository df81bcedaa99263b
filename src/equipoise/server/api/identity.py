"""Coming in: tokens, second factor, oneself."""

from typing import Annotated

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import ConfigDict, Field, StringConstraints

from equipoise.conduct import Role, Stage, actions_of
from equipoise.ledger import Draft, utc_text
from equipoise.server.accounts import tokens
from equipoise.server.accounts.models import Account
from equipoise.server.accounts.proof import (
    begin_second_factor,
    confirm_second_factor,
    has_second_factor,
    prove,
)
from equipoise.server.accounts.record import note_account
from equipoise.server.api.access import AUTH, asker
from equipoise.server.api.commands import REFUSALS
from equipoise.server.api.problem import Problem, ProblemError
from equipoise.server.ledger import shards as states
from equipoise.server.sources import entropy
from equipoise.server.write import record_access

__all__ = ["router"]

router = Router(tags=["identity"])
LOGIN_REFUSALS = {**REFUSALS, 429: Problem}
Login = Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f]*$")]
Password = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
Code = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]


class LoginIn(Schema):
    """Login, password and, once it is set up, the code of the second factor."""

    model_config = ConfigDict(extra="forbid")
    login: Login
    password: Password
    code: Code | None = None


class TokenOut(Schema):
    """A token: shown once, sent back as ``Authorization: Bearer ...``."""

    token: str
    expires: str


class SecondFactorOut(Schema):
    """Secret to enter into an authenticator."""

    secret: str
    address: str = Field(description="The same as an otpauth:// address, for a QR code.")


class ConfirmIn(LoginIn):
    """Secret and first code of a new second factor."""

    secret: Annotated[str, StringConstraints(pattern=r"^[A-Z2-7]{32}$")]
    code: Code


class Held(Schema):
    """A role, and the site where it is held."""

    role: str
    site: str | None
    commands: list[str]
    reads: list[str]


class Me(Schema):
    """Who I am here."""

    account: str
    login: str
    roles: list[Held]


@router.post("/token", response={200: TokenOut, **LOGIN_REFUSALS}, summary="Get a token.")
def new_token(request: HttpRequest, body: LoginIn) -> dict[str, str]:
    """Prove who you are and get a token for eight hours."""
    account = _proved(request, body.login, body.password, body.code)
    if not has_second_factor(account):
        raise ProblemError(403, "second_factor", "Your second factor is not set up.", "POST /api/second-factor first.")
    secret, row = tokens.new_token(account)
    digest = tokens.token_digest(row)
    _note(account, "logged_in", {"account": account.id, "origin": None, "means": "token", "digest": digest})
    return {"token": secret, "expires": utc_text(row.expires)}


@router.delete("/token", response={204: None, **REFUSALS}, auth=AUTH, summary="End the token.")
def end_token(request: HttpRequest) -> Status[None]:
    """End the token with which this is asked."""
    header = request.headers.get("Authorization", "")
    tokens.end_token(header.removeprefix("Bearer ").strip())
    account = asker(request).account
    _note(account, "logged_out", {"account": account.id})
    return Status(204, None)


@router.post(
    "/second-factor", response={200: SecondFactorOut, **REFUSALS, 429: Problem}, summary="Begin a second factor."
)
def second_factor(request: HttpRequest, body: LoginIn) -> dict[str, str]:
    """Get the secret of a second factor, where none is set up."""
    account = _proved(request, body.login, body.password, body.code)
    if has_second_factor(account):
        raise ProblemError(409, "already_done", "A second factor is set up.", "An administrator can remove it.")
    secret = begin_second_factor()
    return {"secret": secret, "address": f"otpauth://totp/equipoise:{account.login}?secret={secret}&issuer=equipoise"}


@router.post(
    "/second-factor/confirm", response={204: None, **REFUSALS, 429: Problem}, summary="Set up a second factor."
)
def confirm(request: HttpRequest, body: ConfirmIn) -> Status[None]:
    """Give the first code of a second factor: it is needed from now on."""
    account = _proved(request, body.login, body.password, body.code)
    if not confirm_second_factor(account, body.secret, body.code):
        raise ProblemError(
            409, "code_wrong", "The code does not fit, or a second factor is set up.", "Try the next code."
        )
    note_account(account, "second factor set up", actor=account.id, role="")
    return Status(204, None)


@router.get("/me", response={200: Me, **REFUSALS}, auth=AUTH, summary="Who am I, and what may I do?")
def me(request: HttpRequest) -> dict[str, object]:
    """Roles of the account, each with what it may do in a running trial."""
    account = asker(request).account
    study = states.load(["study"])["study"].state
    person = study.people.get(account.id)
    held = sorted(person.roles, key=lambda pair: (pair[0], pair[1] or "")) if person else []
    roles = [
        {"role": role, "site": site, "commands": _menu(Role(role), reads=False), "reads": _menu(Role(role), reads=True)}
        for role, site in held
    ]
    return {"account": account.id, "login": account.login, "roles": roles}


def _menu(role: Role, *, reads: bool) -> list[str]:
    return sorted({name for stage in Stage for name in actions_of(role, stage, reads=reads)})


def _proved(request: HttpRequest, login: str, password: str, code: str | None) -> Account:
    proof = prove(request, login, password, code)
    if proof.account is not None:
        return proof.account
    known = Account.objects.filter(login=login.strip().lower()).values_list("id", flat=True).first()
    payload = {"account": known, "origin": request.META.get("REMOTE_ADDR"), "why": proof.why}
    draft = Draft("login_refused", payload)
    record_access(draft, actor=known or "", role="", request_id=f"access-{entropy(8).hex()}")
    if proof.why == "locked":
        raise ProblemError(429, "locked", "Too many failures.", "Wait a quarter of an hour.")
    raise ProblemError(401, "login_wrong", "Login, password or code are wrong.", "Check them; a code is good once.")


def _note(account: Account, kind: str, payload: dict[str, object]) -> None:
    record_access(Draft(kind, payload), actor=account.id, role="", request_id=f"access-{entropy(8).hex()}")
