"""Coming in: password and second factor; a session that ends in the middle of a form loses nothing."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page
from tests.browser.served import Served

pytestmark = pytest.mark.browser
Shot = Callable[[Page, str], None]


def test_login_with_second_factor(site: Served, page: Page, shot: Shot, accessible: Any) -> None:
    page.goto(site.at("coordinator@01"))
    assert "/account/login/" in page.url
    accessible(page)
    shot(page, "login")
    site.login(page, "coordinator@01")
    assert page.get_by_role("heading", level=1).inner_text().startswith("Today")
    accessible(page)
    shot(page, "today-coordinator")


def test_an_expired_session_loses_nothing(site: Served, page: Page) -> None:
    subject = site.trial.randomized("01")
    site.login(page, "investigator@01")
    page.goto(site.at("investigator@01", f"subjects/{subject}/do/record_deviation/"))
    page.get_by_label("What happened").fill("Visit two days late: <b>snow</b>")
    page.context.clear_cookies(name="sessionid")
    page.get_by_role("button", name="Record the deviation").click()
    page.wait_for_url("**/account/login/**")
    site.login(page, "investigator@01")
    assert page.url.endswith("/do/record_deviation/")
    assert page.get_by_label("What happened").input_value() == "Visit two days late: <b>snow</b>"
    assert page.get_by_text("has been put back").is_visible()
