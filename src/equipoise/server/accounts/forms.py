"""Codes typed into pages: taken once, whichever process or door they came through; wrong ones counted as wrong logins.

allauth's own forms remember used codes in the memory of one process and count failures there.
"""

from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, BaseAuthenticateForm, ReauthenticateForm
from allauth.mfa.internal.flows.add import validate_can_add_authenticator
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from axes.handlers.proxy import AxesProxyHandler
from django.contrib.auth.signals import user_login_failed

from equipoise.ledger import Draft
from equipoise.server.accounts.proof import check_code, use_code
from equipoise.server.sources import entropy
from equipoise.server.write import record_access

__all__ = ["ActivateForm", "CodeAgainForm", "CodeForm"]


class _Counted(BaseAuthenticateForm):
    def clean_code(self) -> str:
        """Take a code of the device or a recovery code; refuse any while the account is locked."""
        code = "".join(str(self.cleaned_data["code"]).split())
        credentials = {"username": self.user.login}
        if not AxesProxyHandler.is_allowed(context.request, credentials):
            self._note("locked")
            raise get_adapter().validation_error("incorrect_code")
        found = self._fitting(code)
        if found is None:
            user_login_failed.send(sender=__name__, credentials=credentials, request=context.request)
            self._note("wrong")
            raise get_adapter().validation_error("incorrect_code")
        self.authenticator = found
        return code

    def _fitting(self, code: str) -> Authenticator | None:
        kinds = Authenticator.Type
        rows = {row.type: row for row in Authenticator.objects.filter(user=self.user)}
        if kinds.TOTP in rows and check_code(self.user, code):
            return rows[kinds.TOTP]
        recovery = rows.get(kinds.RECOVERY_CODES)
        # a seed that does not open is no seed: codes made from nothing could be made by anybody
        if recovery is None or not get_adapter().decrypt(recovery.data["seed"]):
            return None
        return recovery if recovery.wrap().validate_code(code) else None

    def _note(self, why: str) -> None:
        payload = {"account": self.user.id, "origin": context.request.META.get("REMOTE_ADDR"), "why": why}
        draft = Draft("login_refused", payload)
        record_access(draft, actor=self.user.id, role="", request_id=f"access-{entropy(8).hex()}")


class CodeForm(_Counted, AuthenticateForm):
    """Second step of a login."""


class CodeAgainForm(_Counted, ReauthenticateForm):
    """The second factor once more, before it is changed."""


class ActivateForm(ActivateTOTPForm):
    """First code of a new second factor: used up as any other."""

    def clean_code(self) -> str:
        """Check the code against the secret just shown, and use it up."""
        validate_can_add_authenticator(self.user)
        code = "".join(str(self.cleaned_data["code"]).split())
        if not use_code(self.user, self.secret, code):
            raise get_adapter().validation_error("incorrect_code")
        return code
