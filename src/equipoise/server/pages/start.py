"""The start page: to the only desk of a person, or a choice of desks."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from equipoise.conduct import Role
from equipoise.server.ledger import shards as states
from equipoise.server.pages.doors import come_in
from equipoise.server.pages.page import Desk

__all__ = ["home"]


def home(request: HttpRequest) -> HttpResponse:
    """Send somebody with one role to its desk; let others choose."""
    waiting = come_in(request)
    if waiting is not None:
        return waiting
    person = states.load(["study"])["study"].state.people.get(request.user.id)
    held = sorted(person.roles, key=lambda pair: (pair[0], pair[1] or "")) if person else []
    desks = [Desk(Role(role), site) for role, site in held]
    if len(desks) == 1 and "desks" not in request.GET:
        return redirect("today", desk=desks[0])
    return render(request, "pages/desks.html", {"desks": desks})
