"""A patient who comes in by the personal link: who it is, and what every answer to such a visit has in common.

The address is the secret. No other page learns of it, nothing on the way keeps it, and it stands in no log.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt

from equipoise.conduct.context import Context
from equipoise.server.api.access import Patient, may
from equipoise.server.api.problem import ProblemError
from equipoise.server.diary.drafts import forget_drafts
from equipoise.server.diary.links import Opened, find_link
from equipoise.server.pages.diary.pace import MOST_UNKNOWN, too_fast
from equipoise.server.pages.words import translated as _
from equipoise.server.write import UnavailableError

__all__ = ["Visit", "visited"]


@dataclass(frozen=True, slots=True)
class Visit:
    """A request of a patient."""

    request: HttpRequest
    secret: str
    link: Opened
    context: Context

    @property
    def subject(self) -> str:
        """Number of the patient."""
        return self.link.subject

    @property
    def site(self) -> str:
        """Site of the patient."""
        return str(self.context.subject.site)

    def url(self, name: str, **parts: Any) -> str:
        """Address of a page of the diary."""
        return str(reverse(name, kwargs={"secret": self.secret, **parts}))

    def render(self, template: str, status: int = 200, **content: Any) -> HttpResponse:
        """Answer with a template; it sees ``visit`` besides what is given."""
        shown = {"visit": self, "store": self.link.name, "home": self.url("diary"), **content}
        return render(self.request, template, shown, status=status)


def visited(view: Callable[..., HttpResponse], *methods: str) -> Callable[..., HttpResponse]:
    """Make the view of Django for a page of the diary.

    No token against forged requests is asked for: nothing but the address lets anybody in, and no other site knows it.
    """

    def answer(request: HttpRequest, secret: str, **parts: Any) -> HttpResponse:
        if request.method not in methods:
            return _private(HttpResponseNotAllowed(methods))
        return _private(_answered(view, request, secret, parts))

    answer.__name__ = f"diary_{view.__name__}"
    open_view: Callable[..., HttpResponse] = csrf_exempt(answer)
    return open_view


def _private(answer: HttpResponse) -> HttpResponse:
    answer["Cache-Control"] = "no-store"
    answer["Referrer-Policy"] = "no-referrer"
    answer["X-Robots-Tag"] = "noindex, nofollow"
    return answer


def _answered(
    view: Callable[..., HttpResponse], request: HttpRequest, secret: str, parts: dict[str, Any]
) -> HttpResponse:
    link = find_link(secret)
    if too_fast(*(("", MOST_UNKNOWN) if link is None else (link.name,))):
        return _said(request, 429, _("Please wait a minute"), _("Too much was asked for at once. Try again."))
    if link is None:
        remedy = _("It may have been replaced by a newer one. Please ask your study site for a new link.")
        return _said(request, 404, _("This link does not open a diary"), remedy)
    request.auth = Patient(link.subject)
    try:
        if not link.open:
            return _closed(request, link)
        context = may(request, "see_own_diary", "patient", subject=link.subject)
        return view(Visit(request, secret, link, context), **parts)
    except ProblemError:
        return _closed(request, link)
    except UnavailableError:
        remedy = _("Nothing is lost: your answers stay on this phone. Please try again in a few minutes.")
        return _said(request, 503, _("The diary cannot be reached just now"), remedy)


def _closed(request: HttpRequest, link: Opened) -> HttpResponse:
    """After a death, a withdrawal or the end: the words must be right for whoever reads them, and say no reason."""
    forget_drafts(link.subject)
    remedy = _(
        "No more questionnaires are asked for, and nothing needs to be done. Thank you for everything that was written "
        "here: it helps others. If you have a question, the study site is there for you."
    )
    return _said(request, 410, _("This diary is closed"), remedy, store=link.name)


_STATE_OF = {404: "unknown", 410: "closed", 429: "later", 503: "later"}


def _said(request: HttpRequest, status: int, reason: str, remedy: str, *, store: str = "") -> HttpResponse:
    state = _STATE_OF[status]
    if request.headers.get("Accept") == "application/json":
        return JsonResponse({"state": state, "reason": reason, "remedy": remedy}, status=status)
    content = {"reason": reason, "remedy": remedy, "state": state, "store": store}
    return render(request, "pages/diary/said.html", content, status=status)
