"""The server of a demonstration: a synthetic trial whose today is the end of its record, going on from there.

A server is one for a demonstration where ``EQUIPOISE_DEMO`` holds by how many seconds its clock is set off. It then
serves only a trial whose protocol says ``trial.synthetic: true``. Codes of second factors follow the true time, so that
any authenticator gives them.
"""

import base64
import datetime as dt
import os
from dataclasses import dataclass
from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import make_password

from equipoise.conduct import Role
from equipoise.server import trial
from equipoise.server.accounts.models import Account
from equipoise.server.accounts.record import note_account
from equipoise.server.deliveries import make_kits, send_kits
from equipoise.server.errors import ServerError
from equipoise.server.ledger import shards as states
from equipoise.server.rehearsal_setup import check_place
from equipoise.server.setup import SERVER
from equipoise.server.sources import Sources, entropy, now, use
from equipoise.server.write import Wish, perform

__all__ = ["VARIABLE", "DemoLogin", "demo_sources", "make_login", "new_password", "set_clock", "stock_site"]

VARIABLE = "EQUIPOISE_DEMO"


_LIFE = dt.timedelta(days=540)
_SETS = 8


@dataclass(frozen=True, slots=True)
class DemoLogin:
    """Login of a made-up person."""

    role: str
    site: str | None
    login: str
    password: str
    secret: str
    """Of the second factor, for an authenticator."""


def demo_sources(seconds: int) -> Sources:
    """Clock of a demonstration, and the true one for second factors."""
    offset = dt.timedelta(seconds=seconds)
    return Sources(clock=lambda: dt.datetime.now(dt.UTC) + offset, device=lambda: dt.datetime.now(dt.UTC))


def set_clock() -> None:
    """Set the clock of this process, where it serves a demonstration.

    Raises
    ------
    ServerError
        The database holds a real trial: its clock is never set off.
    """
    seconds = os.environ.get(VARIABLE)
    if seconds:
        check_place()
        use(demo_sources(int(seconds)))


def new_password() -> tuple[str, str]:
    """Draw a password for all made-up people, and hash it once; each has a second factor of his or her own."""
    password = base64.b32encode(entropy(10)).decode().lower()
    return password, make_password(password)


def make_login(person: str, role: str, site: str | None, password: tuple[str, str]) -> DemoLogin:
    """Give somebody of the record an account, with a password (as typed, as kept) and a second factor."""
    secret = base64.b32encode(entropy(20)).decode()
    account = Account(id=person, login=person.lower(), password=password[1])
    account.save(force_insert=True)
    data = {"secret": get_adapter().encrypt(secret)}
    Authenticator.objects.create(user=account, type=Authenticator.Type.TOTP, data=data)
    note_account(account, "made", actor=SERVER, role=SERVER)
    return DemoLogin(role, site, account.login, password[0], secret)


def stock_site(site: str, *, statistician: str, pharmacist: str) -> None:
    """Make kits, send some of two lots to a site and take the first lot into its stock; the second is on its way.

    Raises
    ------
    ServerError
        The record refuses the receipt.
    """
    key, study = trial.key(), states.load(["study"])["study"].state
    assert key is not None  # noqa: S101 - a demonstration is made with its key
    expires = now().date() + _LIFE
    who = {"actor": statistician, "role": str(Role.UNBLINDED_STATISTICIAN)}
    for lot in ("DEMO-1", "DEMO-2"):
        make_kits(key, study, lot=lot, expires=expires, sets=2 * _SETS, **who)
        kits = send_kits(key, study, lot=lot, to=site, sets=_SETS, **who)
        if lot == "DEMO-1":
            _receive(site, pharmacist, {"lot": lot, "expires": expires.isoformat(), "kits": kits})


def _receive(site: str, pharmacist: str, payload: dict[str, Any]) -> None:
    wish = Wish(
        kind="receive_kits",
        actor=pharmacist,
        role=str(Role.PHARMACIST),
        site=site,
        request_id=f"demo-{payload['lot']}",
        payload=payload,
    )
    answer = perform(wish)
    if answer.refusal is not None:
        raise ServerError(f"the site gets no kits: {answer.refusal.reason} {answer.refusal.remedy}")
