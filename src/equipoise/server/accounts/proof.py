"""Who somebody is: password, second factor, lockout. A code of the second factor is good once."""

import base64
import hmac
import struct
from collections.abc import Iterator

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.contrib.auth import authenticate
from django.contrib.auth.signals import user_login_failed
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse

from equipoise.server.accounts.models import Account, UsedCode
from equipoise.server.sources import device_now, entropy

__all__ = [
    "Proof",
    "begin_second_factor",
    "check_code",
    "confirm_second_factor",
    "has_second_factor",
    "locked_answer",
    "login_named",
    "prove",
    "use_code",
]

STEP = 30
"""Seconds for which a code is shown; the one before and the one after count too."""


class Proof:
    """Outcome of a proof: an account, or why there is none. The reasons tell nothing about the account."""

    def __init__(self, account: Account | None, why: str = "") -> None:
        self.account = account
        self.why = why


def prove(request: HttpRequest, login: str, password: str, code: str | None) -> Proof:
    """Check password and second factor.

    Five failures, from wherever, lock the account for a quarter of an hour.
    """
    login = login.strip().lower()
    try:
        account: Account | None = authenticate(request, username=login, password=password)
    except PermissionDenied:
        return Proof(None, "locked")
    if account is None:
        return Proof(None, "locked" if getattr(request, "axes_locked_out", False) else "wrong")
    if has_second_factor(account) and not check_code(account, code or ""):
        user_login_failed.send(sender=__name__, credentials={"username": login}, request=request)
        return Proof(None, "locked" if getattr(request, "axes_locked_out", False) else "wrong")
    return Proof(account)


def login_named(request: HttpRequest, credentials: dict[str, str] | None) -> str:
    """Say whose login is tried, as accounts spell it: failures are counted by it."""
    found = (credentials or {}).get("username") or request.POST.get("login") or ""
    return str(found).strip().lower()


def locked_answer(
    request: HttpRequest, answer: HttpResponse, _credentials: dict[str, str] | None = None
) -> HttpResponse:
    """Answer a login to a locked account: the interface has its own words, a page these."""
    if request.path.startswith("/api/"):
        return answer
    return HttpResponse("Too many failures. Wait a quarter of an hour.", status=429, content_type="text/plain")


def has_second_factor(account: Account) -> bool:
    """Tell whether a second factor is set up."""
    return bool(Authenticator.objects.filter(user=account, type=Authenticator.Type.TOTP).exists())


def check_code(account: Account, code: str) -> bool:
    """Check a code of the second factor and use it up."""
    row = Authenticator.objects.filter(user=account, type=Authenticator.Type.TOTP).first()
    if row is None:
        return False
    return use_code(account, get_adapter().decrypt(row.data["secret"]), code)


def use_code(account: Account, secret: str, code: str) -> bool:
    """Check a code against a secret, which is empty where it could not be opened, and use it up."""
    if not secret or not code.isascii():
        return False
    fits = (counter for counter in _counters() if hmac.compare_digest(code_at(secret, counter), code))
    counter = next(fits, None)
    return counter is not None and _first_use(account, counter)


def begin_second_factor() -> str:
    """Make the secret of a second factor; it counts once a code of it has been given."""
    return base64.b32encode(entropy(20)).decode()


def confirm_second_factor(account: Account, secret: str, code: str) -> bool:
    """Set a second factor up, if the code fits the secret and none is there yet."""
    try:
        fits = not has_second_factor(account) and use_code(account, secret, code)
    except ValueError:
        return False
    if not fits:
        return False
    Authenticator.objects.create(
        user=account, type=Authenticator.Type.TOTP, data={"secret": get_adapter().encrypt(secret)}
    )
    return True


def code_at(secret: str, counter: int) -> str:
    """Code of a secret at a counter, six digits (RFC 6238, SHA-1)."""
    digest = hmac.digest(base64.b32decode(secret), struct.pack(">Q", counter), "sha1")
    start = digest[-1] & 15
    number = struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"


def _counters() -> Iterator[int]:
    present = int(device_now().timestamp()) // STEP
    yield from (present, present - 1, present + 1)


def _first_use(account: Account, counter: int) -> bool:
    try:
        with transaction.atomic():
            UsedCode.objects.create(account=account, counter=counter)
    except IntegrityError:
        return False
    return True
