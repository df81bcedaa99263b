"""A day at a site: nothing is lost or recorded twice, all goes by keyboard, pages are small, a code is broken."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Response, expect
from tests.browser.served import Served

pytestmark = pytest.mark.browser
Shot = Callable[[Page, str], None]


def pick(page: Page, group: str, answer: str) -> None:
    page.get_by_role("group", name=group).first.get_by_label(answer, exact=True).check()


def test_the_back_button_and_a_second_tab_record_nothing_twice(site: Served, page: Page) -> None:
    subject = site.trial.randomized("01")
    path = f"subjects/{subject}/do/record_contact/"
    site.enter(page, "coordinator@01", path)
    other = page.context.new_page()
    other.goto(site.at("coordinator@01", path))
    for window in (page, other):
        window.get_by_label("How it is known").select_option("visit")
        pick(window, "State on that day", "Alive")
    page.get_by_role("button", name="Record the contact").click()
    page.wait_for_url(f"**/subjects/{subject}/")
    page.go_back()
    page.get_by_role("button", name="Record the contact").click()
    page.wait_for_url(f"**/subjects/{subject}/")
    contacts = [e for e in site.trial.events() if e.kind == "contact_recorded" and e.subject == subject]
    assert len(contacts) == 1
    other.get_by_role("button", name="Record the contact").click()
    other.wait_for_url(f"**/subjects/{subject}/")
    contacts = [e for e in site.trial.events() if e.kind == "contact_recorded" and e.subject == subject]
    assert len(contacts) == 2, "two forms are two entries, and each says so"


def test_a_form_by_keyboard_alone(site: Served, page: Page) -> None:
    """From the top of the page to the record, with Tab, arrows, letters and Enter; focus is always seen."""
    subject = site.trial.randomized("01")
    site.enter(page, "coordinator@01", f"subjects/{subject}/do/record_deviation/")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    seen = []
    for _ in range(40):
        page.keyboard.press("Tab")
        name, outline = page.evaluate(
            "[document.activeElement.name || document.activeElement.textContent.trim(),"
            " getComputedStyle(document.activeElement).outlineStyle]"
        )
        seen.append(name)
        assert outline != "none", name
        if name in ("category", "description"):
            page.keyboard.type("visit")
        if name == "major":
            page.keyboard.press("ArrowDown")
        if name == "send":
            page.keyboard.press("Enter")
            break
    page.wait_for_url(lambda url: "/do/" not in url)
    assert site.trial.state.subjects[subject].last("deviation_recorded")["description"] == "visit"


def test_pages_are_small(site: Served, page: Page) -> None:
    """Page, style and scripts together: less than 200 KB."""
    subject = site.trial.randomized("01")
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer) if answer.status == 200 else None)
    for path in (
        "",
        f"subjects/{subject}/",
        f"subjects/{subject}/do/record_labs/",
        f"subjects/{subject}/do/measure_tumors/",
    ):
        answers.clear()
        page.context.clear_cookies()
        site.enter(page, "coordinator@01", path)
        page.wait_for_load_state("networkidle")
        sizes = [len(answer.body()) for answer in answers]
        assert 20_000 < sum(sizes) < 200_000 or len(sizes) < 4, (path, sum(sizes))


def test_the_code_is_broken_within_two_clicks(site: Served, page: Page, shot: Shot, accessible: Any) -> None:
    subject = site.trial.randomized("01")
    site.enter(page, "investigator@01", f"subjects/{subject}/")
    page.get_by_role("link", name="Emergency: break the code").click()
    page.get_by_label("Reason").fill("Unconscious; the antidote depends on it.")
    site.prove(page)
    accessible(page)
    shot(page, "code-break")
    page.get_by_role("button", name=f"Break the code of subject {subject}").click()
    page.wait_for_url(f"**/subjects/{subject}/treatment/")
    expect(page.locator("main")).to_contain_text(site.trial.arm(subject).capitalize())
    accessible(page)
    shot(page, "code-broken")


def test_an_expired_session_loses_nothing(site: Served, page: Page) -> None:
    subject = site.trial.randomized("01")
    site.login(page, "investigator@01")
    page.goto(site.at("investigator@01", f"subjects/{subject}/do/record_deviation/"))
    page.get_by_label("What happened").fill("Visit two days late: <b>snow</b>")
    page.context.clear_cookies(name="sessionid")
    page.get_by_role("button", name="Record the deviation").click()
    page.wait_for_url("**/account/login/**")
    site.login(page, "investigator@01")
    page.wait_for_url("**/do/record_deviation/")
    expect(page.get_by_label("What happened")).to_have_value("Visit two days late: <b>snow</b>")
    expect(page.get_by_text("has been put back")).to_be_visible()
