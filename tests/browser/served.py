"""A trial served to a browser by this process, with the clock of the trial, and people who log in."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from tests.server.configured import file_place, use
from tests.server.pages_client import desk_of
from tests.server.server_trial import PASSWORD, ServerTrial

from equipoise.server.sources import replaced

__all__ = ["Served", "serve"]


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Say nothing of each request."""


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 128  # connections that a busy machine lets wait

    def handle_error(self, *_: Any) -> None:
        """A browser that goes away in the middle of an answer is no fault."""


@dataclass
class Served:
    """A trial and where it is served."""

    trial: ServerTrial
    url: str
    cookies: dict[str, Any] = field(default_factory=dict)

    def at(self, who: str, path: str = "") -> str:
        """Address of a page at somebody's desk."""
        return f"{self.url}/at/{desk_of(who)}/{path}"

    def code(self) -> str:
        """A fresh code of the second factor; the clock of the trial goes on to it."""
        return self.trial.proof()["code"]

    def login(self, page: Any, who: str) -> None:
        """Log in through the pages: password, then the code of the device."""
        self.trial.account(who)
        if "/account/login/" not in page.url:
            page.goto(f"{self.url}/account/login/")
        page.get_by_label("Username").fill(who)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        page.get_by_label("Code").fill(self.code())
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url("**/at/**")

    def enter(self, page: Any, who: str, path: str = "") -> None:
        """Open a page as somebody who has logged in before: quicker than the pages of the login."""
        from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
        from django.contrib.sessions.backends.db import SessionStore

        from equipoise.server.accounts.models import Account

        self.trial.account(who)
        account = Account.objects.get(id=who)
        session = SessionStore()
        session[SESSION_KEY] = account.pk
        session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
        session[HASH_SESSION_KEY] = account.get_session_auth_hash()
        session.save()
        page.context.clear_cookies()
        page.context.add_cookies([{"name": "sessionid", "value": session.session_key, "url": self.url}])
        page.goto(self.at(who, path))

    def prove(self, page: Any) -> None:
        """Fill in password and code where a form asks for them."""
        page.get_by_label("Your password").fill(PASSWORD)
        page.get_by_label("Code of your device").fill(self.code())


@contextmanager
def serve(folder: Path, *sites: str) -> Iterator[Served]:
    """Serve a fresh trial, with people, sites and stock, while the block runs."""
    from django.core.wsgi import get_wsgi_application
    from django.db import connection

    trial = ServerTrial(file_place(folder)).set_up(*sites)
    server = _Server(("127.0.0.1", 0), _Quiet)
    server.set_app(get_wsgi_application())
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        with replaced(trial.sources()):
            yield Served(trial, f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        use(trial.place)
        connection.close()
