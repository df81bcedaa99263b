"""Every page of the table and every form on a phone: nothing serious by axe-core, and no wider than the window."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page
from tests.browser.served import Served
from tests.server.pages.test_content_policy import addresses
from tests.server.test_matrix import who_is

pytestmark = pytest.mark.browser
WIDTH = 390


def test_every_page_is_accessible_on_a_phone(
    site: Served, new_page: Callable[..., Page], accessible: Any, full: bool
) -> None:
    """One page of each line of the table, and of the forms of commands every ninth, or all of them in full."""
    subject, page, forms = site.trial.randomized("01"), new_page(width=WIDTH, height=800), 0
    for role, path in addresses(full=True):
        forms += "/do/" in path
        if "/do/" in path and forms % 9 and not full:
            continue
        who = who_is(role, subject)
        site.enter(page, who)
        page.goto(site.url + path.replace("01-002", subject))
        accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= WIDTH, path
