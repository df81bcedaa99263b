"""A form with the publisher's words, on a server of its own: the words are those of the site from then on."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.browser.served import Served
from tests.browser.test_diary import PHONE, Shot, begin, given, handed_in

from equipoise.server.diary.wording import keep_wording
from equipoise.server.sources import replaced

pytestmark = pytest.mark.browser


def test_a_scale_by_keyboard_in_the_licensed_layout(
    site: Served, new_page: Callable[..., Page], shot: Shot, accessible: Any
) -> None:
    """The whole form on one page, with the publisher's words; answered with arrow keys."""
    words = b"""{"instrument": "LASA", "title": "How you feel", "layout": "whole", "introduction": "In the past week.",
        "copyright": "Made-up publisher",
        "items": {"QOL": {"text": "Your quality of life", "low": "as bad as can be", "high": "as good as can be"}}}
    """
    with replaced(site.trial.sources()):
        keep_wording("01", "LASA", words, actor="coordinator@01", role="site_coordinator")
    subject, address = given(site)
    page = new_page(**PHONE)
    page.goto(address)
    begin(page, "How you feel")
    accessible(page)
    shot(page, "diary-scale")
    first = page.get_by_role("radio").first
    box = page.locator(".choices .choice").first.bounding_box()
    assert box is not None
    assert box["width"] >= 24
    assert box["height"] >= 44
    first.focus()
    page.keyboard.press("Space")
    for _ in range(8):
        page.keyboard.press("ArrowRight")
    expect(page.locator('input[value="8"]')).to_be_checked()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"\?sent=1$"))
    assert [event.payload["answers"] for event in handed_in(site, subject)] == [{"QOL": 8}]
