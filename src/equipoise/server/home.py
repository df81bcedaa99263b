"""The first page: who is logged in, and in which roles."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from equipoise.server.accounts.proof import has_second_factor
from equipoise.server.ledger import shards as states

__all__ = ["home"]


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Show the roles of the account; without second factor there is nothing to see yet."""
    if not has_second_factor(request.user):
        return redirect("mfa_activate_totp")
    study = states.load(["study"])["study"].state
    person = study.people.get(request.user.id)
    roles = sorted(person.roles, key=lambda r: (r[0], r[1] or "")) if person else []
    return render(request, "home.html", {"roles": roles, "study": study})
