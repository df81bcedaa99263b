"""Who asks, and whether they may: one check for pages and interface, by the table of rights."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.http import HttpRequest
from ninja.security import HttpBearer, SessionAuth

from equipoise.conduct import ACTIONS, Command, Refusal
from equipoise.conduct.command import Refused
from equipoise.conduct.context import Context
from equipoise.conduct.decide import check_right
from equipoise.ledger import Draft, utc_text
from equipoise.server import rehearsing, trial
from equipoise.server.accounts.models import Account
from equipoise.server.accounts.proof import has_second_factor, prove
from equipoise.server.accounts.tokens import account_of
from equipoise.server.api.payloads import ProofIn
from equipoise.server.api.problem import ProblemError
from equipoise.server.diary.links import subject_of
from equipoise.server.ledger import shards as states
from equipoise.server.rehearsal_setup import account_of as account_of_rehearsal
from equipoise.server.sources import entropy, now
from equipoise.server.write import load_for, record_access

__all__ = ["AUTH", "DIARY_AUTH", "Asker", "Patient", "actor", "asker", "may", "note_refusal", "proved", "seen"]


@dataclass(frozen=True, slots=True)
class Asker:
    """Somebody who has come in."""

    account: Account
    means: str
    """token or session"""

    @property
    def id(self) -> str:
        """Who it is, as the record knows it."""
        return str(self.account.id)


@dataclass(frozen=True, slots=True)
class Patient:
    """A patient who has come in by the personal link."""

    id: str
    """Number of the patient."""


class Link(HttpBearer):
    """The secret of a patient's personal link; it opens the own diary alone."""

    def authenticate(self, _request: HttpRequest, token: str) -> Patient | None:
        """Find whose link it is."""
        found = subject_of(token)
        return None if found is None else Patient(found)


class Token(HttpBearer):
    """A token of `POST /api/token`."""

    def authenticate(self, _request: HttpRequest, token: str) -> Asker | None:
        """Find whose token it is."""
        account = account_of(token)
        return None if account is None else Asker(account, "token")


class Session(SessionAuth):
    """A session of the browser; writing needs the CSRF token besides."""

    def authenticate(self, request: HttpRequest, _key: str | None) -> Asker | None:
        """Take the account of the session, once its second factor is set up."""
        user = request.user
        if not user.is_authenticated or not user.is_active or not has_second_factor(user):
            return None
        return Asker(user, "session")


Shown = TypeVar("Shown")


def _rehearsed(request: HttpRequest) -> Asker | None:
    """Take the account that a request of a rehearsal names."""
    name = rehearsing.actor(request)
    return None if name is None else Asker(account_of_rehearsal(name), "rehearsal")


def _rehearsed_patient(request: HttpRequest) -> Patient | None:
    """Take the patient whom a request of a rehearsal names."""
    name = rehearsing.patient(request)
    return None if name is None else Patient(name)


AUTH = [_rehearsed, Token(), Session()]
DIARY_AUTH = [_rehearsed_patient, *AUTH, Link()]
"""Where a personal link is enough: the own diary, and handing in a form of it."""


def actor(request: HttpRequest) -> str:
    """Who asks, as the record knows it: an account, or the number of a patient."""
    found: Asker | Patient = request.auth
    return found.id


def asker(request: HttpRequest) -> Asker:
    """Who asks."""
    found: Asker = request.auth
    return found


def proved(request: HttpRequest, proof: ProofIn | None) -> bool:
    """Check password and second factor given with a request; False where none are given.

    Wrong ones are counted as wrong logins are, and lock the account.

    Raises
    ------
    ProblemError
        They are given and wrong, or the account is locked.
    """
    if proof is None:
        return rehearsing.proof(request)
    if isinstance(request.auth, Patient):
        raise ProblemError(403, "proof_wrong", "A personal link has no password.", "Leave the proof out.")
    account = asker(request).account
    found = prove(request, account.login, proof.password, proof.code)
    if found.account == account and has_second_factor(account):
        return True
    locked = found.why == "locked"
    draft = Draft("login_refused", {"account": account.id, "origin": None, "why": "locked" if locked else "signature"})
    record_access(draft, actor=account.id, role="", request_id=f"access-{entropy(8).hex()}")
    if locked:
        raise ProblemError(429, "locked", "Too many failures.", "Wait a quarter of an hour.")
    raise ProblemError(403, "proof_wrong", "Password or code are wrong.", "Wait for the next code and try again.")


def may(
    request: HttpRequest,
    action: str,
    role: str,
    *,
    site: str | None = None,
    subject: str | None = None,
    second_factor: bool = False,
) -> Context:
    """Check that somebody may read something, and give what is known for it.

    Raises
    ------
    ProblemError
        They may not; the attempt stands in the access chain.
    """
    command = Command(
        kind=action,
        actor=actor(request),
        role=role,
        at=utc_text(now()),
        request_id="read",
        site=site,
        subject=subject,
        second_factor=second_factor,
    )
    parts = load_for(command)
    study = parts["study"].state
    context = Context(trial.rulebooks(study), states.state_of(parts), command, _closed_vault())
    try:
        check_right(context, ACTIONS[action])
    except Refused as refused:
        note_refusal(command, refused.refusal)
        raise ProblemError.of(refused.refusal) from refused
    return context


def seen(context: Context, view: Callable[[Context], Shown]) -> Shown:
    """Give what a view shows; what the view itself refuses stands in the access chain too.

    Raises
    ------
    ProblemError
        The view refuses.
    """
    try:
        return view(context)
    except Refused as refused:
        note_refusal(context.command, refused.refusal)
        raise ProblemError.of(refused.refusal) from refused


def note_refusal(command: Command, refusal: Refusal) -> None:
    """Record an attempt that was refused."""
    payload = {"command": command.kind, "code": refusal.code, "detail": None}
    draft = Draft("refused", payload, command.site, command.subject)
    record_access(draft, actor=command.actor, role=command.role, request_id=f"access-{entropy(8).hex()}")


def _closed_vault() -> Any:
    """Reading a right asks nothing of the vault."""
    return None
