"""What a page is: an address, the row of the table of rights that it asks, and the function that answers.

Every page but those of coming in lies below a **desk**: the role, and for a role held at a site the site, in which
somebody works. It stands in the address (``/at/site_coordinator@01/...``), so that two tabs can be two roles and a link
says what it opens.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import get_script_prefix, reverse

from equipoise.conduct import ACTIONS, Role, Study, Subject
from equipoise.conduct.context import Context
from equipoise.conduct.roles import BLINDED, SITE_ROLES

__all__ = ["Call", "Desk", "Page", "View"]


@dataclass(frozen=True, slots=True)
class Desk:
    """In which role, and at which site, somebody works."""

    role: Role
    site: str | None = None

    def __str__(self) -> str:
        """Write it as addresses do."""
        return f"{self.role}@{self.site}" if self.site else str(self.role)

    @property
    def at_site(self) -> bool:
        """Whether the role is held at a site."""
        return self.role in SITE_ROLES

    @property
    def blinded(self) -> bool:
        """Whether the role knows no arm, but of a patient who was unblinded to it."""
        return self.role in BLINDED


@dataclass(frozen=True, slots=True)
class Call:
    """A request to a page that was let in: who asks, and what is known for it."""

    request: HttpRequest
    page: "Page"
    desk: Desk
    context: Context
    """Study, site, patient, protocol in force and day at the site; its command is what the page was asked for as."""

    @property
    def account(self) -> str:
        """Account of the person."""
        return self.context.command.actor

    @property
    def study(self) -> Study:
        """The trial."""
        return self.context.study

    @property
    def subject(self) -> Subject:
        """The patient of the page, with everything recorded: show a blinded role `seen.seen_subject` instead."""
        return self.context.subject

    @property
    def today(self) -> str:
        """Calendar date at the site of the patient or the desk; in UTC elsewhere."""
        return self.context.today

    @property
    def htmx(self) -> bool:
        """Whether a part of the page is asked for by a page that is open."""
        return bool(self.request.headers.get("HX-Request") == "true")

    def url(self, name: str, **parts: Any) -> str:
        """Address of a page at this desk; the patient is that of this page unless given."""
        known = {"subject": self.context.command.subject} if self.context.command.subject else {}
        wanted = _PARTS.get(name, ())
        filled = {key: value for key, value in {**known, **parts}.items() if key in wanted or key in parts}
        return _address(get_script_prefix(), name, self.desk, *sorted(filled.items()))

    def render(self, template: str, status: int = 200, **content: Any) -> HttpResponse:
        """Answer with a template; it sees ``call`` besides what is given."""
        return render(self.request, template, {"call": self, "page": self.page, **content}, status=status)


@lru_cache(maxsize=8192)
def _address(_prefix: str, name: str, desk: Desk, *parts: tuple[str, Any]) -> str:
    """Make an address once for all lines and pages that have it."""
    return str(reverse(name, kwargs={"desk": desk, **dict(parts)}))


View = Callable[..., HttpResponse]
"""Takes a `Call` and the parts of the address, gives the answer."""

_PARTS: dict[str, tuple[str, ...]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One line of the table of pages."""

    name: str
    """Name of the address, for ``{% to %}`` and `Call.url`."""
    route: str
    """Address below the desk; parts: ``<subject:subject>``, ``<command:command>``, ``<record:record>`` and others."""
    right: str | None
    """Row of the table of rights; None where the address names the command, whose row is asked."""
    view: View
    title: str
    """Title, and name in the menu."""
    menu: str = ""
    """Part of the menu in which it stands; in none unless given."""
    writes: bool = False
    """Whether it takes POST; a page that writes does so through a command alone."""
    parts: tuple[str, ...] = field(default=())
    """Parts of the address besides the desk; found in the route."""

    def __post_init__(self) -> None:
        """Check the line."""
        if self.right is not None and self.right not in ACTIONS:
            raise ValueError(f"page {self.name}: {self.right} is no row of the table of rights")
        parts = tuple(piece.partition(":")[2].partition(">")[0] for piece in self.route.split("<")[1:])
        object.__setattr__(self, "parts", parts)
        _PARTS[self.name] = parts

    def action(self, parts: dict[str, Any]) -> str:
        """Row of the table of rights for a request."""
        return self.right if self.right is not None else str(parts["command"])

    def open_to(self, role: Role) -> bool:
        """Whether the menu of a role shows it."""
        return bool(self.menu) and self.right is not None and role in ACTIONS[self.right].roles
