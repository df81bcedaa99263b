"""Password and second factor, given again: before what cannot be taken back, and before reading what unblinds."""

from django.http import HttpResponse

from equipoise.conduct import Refusal
from equipoise.server.api.access import proved
from equipoise.server.api.payloads import ProofIn
from equipoise.server.api.problem import ProblemError
from equipoise.server.pages.page import Call
from equipoise.server.pages.words import translated as _

__all__ = ["asked_for_proof", "given_proof"]


def given_proof(call: Call) -> Refusal | None:
    """Check the password and code of a form; None where they are right. Wrong ones count as wrong logins."""
    posted = call.request.POST
    password, code = posted.get("proof.password", ""), posted.get("proof.code", "").replace(" ", "")
    problems = []
    if not password:
        problems.append(("proof.password", _("Fill this in.")))
    if not (code.isascii() and code.isdigit() and len(code) == 6):
        problems.append(("proof.code", _("Six digits, as your device shows them.")))
    if problems:
        return Refusal("second_factor", _("Password and code are needed."), _("Enter both."), tuple(problems))
    try:
        proved(call.request, ProofIn(password=password[:200], code=code))
    except ProblemError as error:
        return Refusal(error.code, error.detail, error.remedy, (("proof.code", error.detail),))
    return None


def asked_for_proof(call: Call) -> HttpResponse | None:
    """Ask for password and code before a page that is read; None once they were given with this request."""
    if call.request.method == "POST":
        refusal = given_proof(call)
        if refusal is None:
            return None
        return call.render("pages/proof.html", status=422, refusal=refusal)
    return call.render("pages/proof.html")
