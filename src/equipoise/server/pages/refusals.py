"""Refusals and errors as pages: what stands against it, what would make it possible, where to go on."""

from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme

from equipoise.conduct import Refusal
from equipoise.conduct.context import Context
from equipoise.server.api.problem import status_of
from equipoise.server.pages.page import Desk
from equipoise.server.pages.words import translated as _

__all__ = [
    "bad_request",
    "csrf_failed",
    "forbidden",
    "no_mail",
    "not_found",
    "refused_page",
    "server_error",
    "too_large",
]


def refused_page(
    request: HttpRequest,
    refusal: Refusal,
    *,
    desk: Desk | None = None,
    context: Context | None = None,
    status: int | None = None,
) -> HttpResponse:
    """Say a refusal, and lead back. It tells nothing that the refusal does not tell."""
    person = None if context is None else context.study.people.get(context.command.actor)
    held = person is not None and desk is not None and (str(desk.role), desk.site) in person.roles
    content = {"refusal": refusal, "desk": desk, "before": _page_before(request), "home": desk if held else None}
    return render(request, "pages/refused.html", content, status=status or status_of(refusal.code))


def _page_before(request: HttpRequest) -> str:
    """Address of the page from which somebody came, where it is another one of this server; else empty."""
    came = request.headers.get("Referer", "")
    try:
        known = url_has_allowed_host_and_scheme(came, {request.get_host()})
        parts = urlsplit(came)
    except (DisallowedHost, ValueError):
        return ""
    if not known or not parts.netloc or (parts.path == request.path and request.method != "POST"):
        return ""
    return str(urlunsplit(("", "", "/" + parts.path.lstrip("/"), parts.query, "")))


def too_large(request: HttpRequest, limit: int) -> HttpResponse:
    """Refuse what is larger than anything that a page asks for, before it is read."""
    megabytes = limit // 1_048_576
    reason = _("What was sent is larger than %(limit)s MB.") % {"limit": megabytes}
    remedy = _("Go back: what you typed is still there. Choose a smaller file; images of scans are not sent here.")
    return refused_page(request, Refusal("too_large", reason, remedy), status=413)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """There is no such page."""
    del exception
    refusal = Refusal("no_page", _("There is no page at this address."), _("Begin at the start page."))
    return refused_page(request, refusal, status=404)


def no_mail(request: HttpRequest) -> HttpResponse:
    """There is no way in by e-mail, and no address is kept."""
    reason = _("Accounts have no e-mail address here.")
    remedy = _("The administrator of the trial gives a new password to who has lost it.")
    return refused_page(request, Refusal("no_page", reason, remedy), status=404)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The page is not open to the person."""
    del exception
    refusal = Refusal("not_allowed", _("This page is not open to you."), _("Begin at the start page."))
    return refused_page(request, refusal, status=403)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What was sent cannot be read."""
    del exception
    reason = _("What was sent cannot be read: it is too large, or was cut off.")
    refusal = Refusal("unreadable", reason, _("Go back and send it again; what you typed is still there."))
    return refused_page(request, refusal, status=400)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form came from a page of an earlier login, or from elsewhere."""
    del reason
    words = _("This form was opened before you logged in again.")
    refusal = Refusal("form_expired", words, _("Open the page again: what you typed is still there. Then send it."))
    return refused_page(request, refusal, status=403)


def server_error(request: HttpRequest, *_: Any) -> HttpResponse:
    """Something went wrong that is nobody's fault at the other end; the page needs nothing that may be broken."""
    return render(request, "pages/error.html", status=500)
