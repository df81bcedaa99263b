"""Who is let into a page: logged in, with a second factor, in a role that holds the right; everybody else hears why."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect

from equipoise.conduct import ACTIONS, Command, Refusal, check_right
from equipoise.conduct.command import Refused
from equipoise.conduct.context import Context
from equipoise.ledger import utc_text
from equipoise.server import trial
from equipoise.server.accounts.proof import has_second_factor
from equipoise.server.api.access import Asker, note_refusal
from equipoise.server.ledger import shards as states
from equipoise.server.pages.page import Call, Desk, Page
from equipoise.server.pages.proof import asked_for_proof
from equipoise.server.pages.refusals import refused_page
from equipoise.server.pages.words import translated as _
from equipoise.server.sources import now
from equipoise.server.write import UnavailableError, load_for

__all__ = ["answer", "come_in", "known_for", "put_command"]


def answer(page: Page) -> Callable[..., HttpResponse]:
    """Make the view of Django for a page: everything that stands before the page's own function."""

    def view(request: HttpRequest, desk: Desk, **parts: Any) -> HttpResponse:
        waiting = come_in(request)
        if waiting is not None:
            return waiting
        allowed = ("GET", "HEAD", "POST") if page.writes or _asks_proof(page) else ("GET", "HEAD")
        if request.method not in allowed:
            return HttpResponseNotAllowed(allowed)
        return _let_in(request, page, desk, parts)

    view.__name__ = f"page_{page.name}"
    return view


def come_in(request: HttpRequest) -> HttpResponse | None:
    """Send somebody to the login who is not logged in, or to the second factor; None for who has both."""
    user = request.user
    if not user.is_authenticated or not user.is_active:
        if request.headers.get("HX-Request") == "true":
            return HttpResponse(status=401, headers={"HX-Trigger": "eq-logged-out"})
        return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)
    if not has_second_factor(user):
        return redirect("mfa_activate_totp")
    request.auth = Asker(user, "session")
    return None


def put_command(request: HttpRequest, desk: Desk, action: str, subject: str | None, **more: Any) -> Command:
    """The command of a person at a desk, as of now."""
    return Command(
        kind=action,
        actor=request.user.id,
        role=str(desk.role),
        at=utc_text(now()),
        request_id="read",
        site=desk.site,
        subject=subject,
        **more,
    )


def known_for(command: Command) -> Context:
    """Load what a command needs to be looked at."""
    parts = load_for(command)
    return Context(trial.rulebooks(parts["study"].state), states.state_of(parts), command, _closed())


def _let_in(request: HttpRequest, page: Page, desk: Desk, parts: dict[str, Any]) -> HttpResponse:
    action = page.action(parts)
    # what a form asks for (reason, second factor) is not there yet when the form is shown
    command = put_command(request, desk, action, parts.get("subject"), reason="to come", second_factor=True)
    context = known_for(command)
    try:
        check_right(context, ACTIONS[action])
    except Refused as refused:
        note_refusal(command, refused.refusal)
        return refused_page(request, refused.refusal, desk=desk, context=context)
    call = Call(request, page, desk, context)
    parts.pop("subject", None)
    try:
        if _asks_proof(page):
            waiting = asked_for_proof(call)
            if waiting is not None:
                return waiting
        return page.view(call, **parts)
    except Refused as refused:
        return refused_page(request, refused.refusal, desk=desk, context=context)
    except UnavailableError as error:
        refusal = Refusal(
            "unavailable", str(error), _("Try again in a moment; what you typed is still in your browser.")
        )
        return refused_page(request, refusal, desk=desk, context=context, status=503)


def _asks_proof(page: Page) -> bool:
    row = ACTIONS.get(page.right or "")
    return row is not None and row.reads and row.second_factor


def _closed() -> Any:
    """No page asks the vault."""
    return None
