"""The menu of a desk, made from the table of pages and the table of rights."""

from dataclasses import dataclass

from equipoise.server.pages.page import Call, Page

__all__ = ["MenuItem", "declare", "menu_of"]

_PAGES: list[Page] = []


@dataclass(frozen=True, slots=True)
class MenuItem:
    """A line of the menu."""

    title: str
    url: str
    here: bool


def declare(pages: tuple[Page, ...]) -> None:
    """Make the menu from these pages."""
    _PAGES[:] = [page for page in pages if page.menu]


def menu_of(call: Call) -> list[MenuItem]:
    """Pages of the menu that are open to the role, in the order of the table."""
    return [
        MenuItem(page.title, call.url(page.name), page.name == call.page.name)
        for page in _PAGES
        if page.open_to(call.desk.role)
    ]
