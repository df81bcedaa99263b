"""Every page of the trial: one table, from which addresses, menus and tests are made.

Each part of the pages has a table of its own (``site/table.py`` and others); they are put together here. A page that
stands in none of them has no address.
"""

from django.urls import URLPattern, path

from equipoise.server.pages.converters import register
from equipoise.server.pages.diary.table import DIARY_PAGES
from equipoise.server.pages.doors import answer
from equipoise.server.pages.menu import declare
from equipoise.server.pages.oversight.table import OVERSIGHT_PAGES
from equipoise.server.pages.page import Page
from equipoise.server.pages.reading.table import READING_PAGES
from equipoise.server.pages.setup.table import SETUP_PAGES
from equipoise.server.pages.site.table import SITE_PAGES
from equipoise.server.pages.unblinding.table import UNBLINDING_PAGES

__all__ = ["PAGES", "addresses"]

PAGES: tuple[Page, ...] = (
    *SITE_PAGES,
    *READING_PAGES,
    *UNBLINDING_PAGES,
    *DIARY_PAGES,
    *SETUP_PAGES,
    *OVERSIGHT_PAGES,
)
"""All pages below a desk, in the order of the menu."""


def addresses() -> list[URLPattern]:
    """Addresses of all pages."""
    return [path(f"at/<desk:desk>/{page.route}", answer(page), name=page.name) for page in PAGES]


register()
declare(PAGES)
