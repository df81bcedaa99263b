"""Every page below a desk, opened and sent: addresses come from the table of pages, so a new one is there at once."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from django.test import Client

from equipoise.conduct import ACTIONS, COMMANDS, Field

__all__ = ["PARTS", "browsed", "client_of", "desk_routes", "posted_sample", "submitted"]

PARTS: dict[str, tuple[str, ...]] = {
    "record": ("RAND-1", "BASE-1", "AE-1", "KIT-2", "OPEN-1", "NOPE-9"),
    "site": ("01", "09"),
    "person": ("coordinator@01", "P-NOBODY"),
}
"""Part of an address -> what is put in for it; a part that is not named here has no page that is compared."""
TELLS_OF_SITE = frozenset({"see_stock", "see_today"})
"""Rows of what tells of all patients of a site together: who treats an unblinded one may see a difference."""


@cache
def desk_routes() -> tuple[Any, ...]:
    """Pages of the table."""
    from equipoise.server.pages.table import PAGES

    return PAGES


def client_of(look: Any, asker: Any) -> Client:
    """A browser in which somebody has logged in."""
    from equipoise.server.accounts.models import Account

    t = look.twin
    client = Client(headers={"host": "localhost"}, raise_request_exception=False)
    t.label = f"session {asker.who}"
    t.account(asker.who)
    with look.still():
        client.force_login(
            Account.objects.get(id=asker.who), backend="allauth.account.auth_backends.AuthenticationBackend"
        )
    return client


def browsed(look: Any, asker: Any, client: Client, subjects: tuple[str, ...]) -> None:
    """Open every page as somebody; of the commands that the role has not, every ninth, in a reduced look."""
    for page, path in _addresses(look, asker, subjects):
        look.label_page(asker, page.name, path)
        with look.still():
            answer = client.get(path)
        look.keep((asker.who, "desk", page.name, path), answer)


def submitted(look: Any, asker: Any, client: Client, subjects: tuple[str, ...]) -> None:
    """Send the form of every page that takes one, filled in with something for every field."""
    for number, (page, path) in enumerate(_addresses(look, asker, subjects)):
        if not page.writes:
            continue
        data = posted_sample(_command(path))
        data["request_id"] = re.sub(r"[^A-Za-z0-9]", ".", f"page-{asker.who}-{path}")[:79]
        look.label_page(asker, f"send {page.name}", path)
        with look.still():
            answer = client.post(path, data)
        look.keep((asker.who, "sent", page.name, path), answer)
        if number % 3 and not look.whole:
            continue
        with look.still():
            live = client.post(path, data, headers={"hx-request": "true"})
        look.keep((asker.who, "live", page.name, path), live)


def _command(path: str) -> str | None:
    found = re.search(r"/do/(\w+)/", path)
    return found[1] if found else None


def _addresses(look: Any, asker: Any, subjects: tuple[str, ...]) -> Iterator[tuple[Any, str]]:
    desk = f"{asker.role}@{asker.site}" if asker.site else str(asker.role)
    for page in desk_routes():
        if page.right in TELLS_OF_SITE and asker.stock_tells(look.opened):
            continue
        for number, parts in enumerate(_filled(page, asker, look, subjects)):
            route = re.sub(r"<\w+:(\w+)>", lambda part, parts=parts: str(parts[part[1]]), page.route)
            if "command" in parts and not look.whole:
                often = 9 if asker.role not in ACTIONS[parts["command"]].roles else 3 if _later(parts, subjects) else 1
                if (number + len(asker.who)) % often:
                    continue
            yield page, f"/at/{desk}/{route}"


def _later(parts: dict[str, str], subjects: tuple[str, ...]) -> bool:
    """Whether a command is about another patient than the first, for whom every form is opened."""
    return "subject" in parts and parts["subject"] != subjects[0]


def _filled(page: Any, asker: Any, look: Any, subjects: tuple[str, ...]) -> Iterator[dict[str, str]]:
    """Everything that is put in for the parts of a page's address."""
    values: dict[str, tuple[str, ...]] = {"subject": subjects, "command": _commands("subject" in page.parts), **PARTS}
    found: list[dict[str, str]] = [{}]
    for part in page.parts:
        found = [{**each, part: value} for each in found for value in values[part]]
    for each in found:
        if not asker.may_know(each.get("subject"), look.opened):
            yield each


@cache
def _commands(about_subject: bool) -> tuple[str, ...]:
    return tuple(name for name in COMMANDS if ACTIONS[name].subject is about_subject)


def posted_sample(command: str | None) -> dict[str, Any]:
    """Fill in a form: something for every field."""
    found: dict[str, Any] = {"reason": "sent by a test", "confirmed": command or ""}
    for field in COMMANDS[command].fields if command else ():
        for name, value in _typed(field, field.name):
            found[name] = value
    return found


def _typed(field: Field, name: str) -> Iterator[tuple[str, Any]]:
    if field.type == "records":
        for inner in field.fields:
            yield from _typed(inner, f"{name}.0.{inner.name}")
        return
    plain = {"date": "2024-01-09", "partial_date": "2024-01", "time": "2024-01-09T10:00", "boolean": "yes"}
    numbers = {"integer": str(field.minimum or 1), "decimal": "1.5", "hash": "0" * 64}
    yield name, {**plain, **numbers}.get(field.type, field.choices[0] if field.choices else "AE-1")
