"""A patient's diary on a phone: filled in, lost in the middle, handed in once; two windows; closed after a death."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.browser.served import Served

pytestmark = pytest.mark.browser
Shot = Callable[[Page, str], None]
PHONE = {"width": 390, "height": 844, "has_touch": True, "is_mobile": True}
KEPT = "kept on this phone and at your study site"


def given(site: Served) -> tuple[str, str]:
    """A patient in treatment, and the address of the diary."""
    subject = site.trial.randomized("01")
    answer = site.trial.post(
        f"subjects/{subject}/diary-link", "coordinator@01", {"role": "site_coordinator", "site": "01"}
    )
    return subject, f"{site.url}/diary/{answer.json()['secret']}/"


def handed_in(site: Served, subject: str) -> list[Any]:
    return [e for e in site.trial.events() if e.kind == "diary_submitted" and e.subject == subject]


def begin(page: Page, name: str) -> None:
    """Open a form; it is there with its scripts, whatever happens to the connection afterwards."""
    page.locator(".cards li", has=page.get_by_role("heading", name=name)).get_by_role("link").click()
    page.wait_for_url("**/form/**")


def answer(page: Page, value: str) -> None:
    """Answer the question that is shown, and go on."""
    page.locator(f'.question.here input[type=radio][value="{value}"]').check()
    page.get_by_role("button", name="Next").click()


def test_lost_in_the_middle_and_handed_in_once(
    site: Served, new_page: Callable[..., Page], shot: Shot, accessible: Any
) -> None:
    subject, address = given(site)
    page = new_page(**PHONE)
    page.goto(address)
    accessible(page)
    shot(page, "diary-home")
    begin(page, "QLQ-C30")
    expect(page.locator(".step")).to_contain_text("Question 1 of 30")
    accessible(page)
    shot(page, "diary-question")
    for _ in range(3):
        answer(page, "2")
    expect(page.locator("#said")).to_contain_text(KEPT)

    page.goto(address)
    begin(page, "QLQ-C30")
    expect(page.locator(".step")).to_contain_text("Question 4 of 30")
    expect(page.locator('input[name="a.Q2"][value="2"]')).to_be_checked()
    page.go_back()
    page.goto(address)
    begin(page, "QLQ-C30")

    page.context.set_offline(True)
    for number in range(4, 31):
        if number == 4:
            answer(page, "3")
            expect(page.locator("#said")).to_contain_text("kept on this phone only")
        elif number == 5:
            page.get_by_role("button", name="Next").click()
        else:
            answer(page, "1")
    expect(page.locator(".step")).to_contain_text("Ready to hand in")
    expect(page.locator("[data-count]")).to_contain_text("29 of 30")
    page.get_by_role("button", name="Hand in my answers").click()
    expect(page.locator("#open")).to_contain_text("Item 5")
    shot(page, "diary-hand-in")
    page.get_by_label("I leave them open").check()
    page.get_by_role("button", name="Hand in my answers").click()
    expect(page.locator("#waiting")).to_contain_text("Not sent yet")
    accessible(page)
    shot(page, "diary-waiting")
    assert handed_in(site, subject) == []

    page.context.set_offline(False)
    page.wait_for_url(re.compile(r"\?sent=1$"))
    expect(page.locator("#said")).to_contain_text("Your answers have arrived")
    (event,) = handed_in(site, subject)
    answers = event.payload["answers"]
    assert [answers[f"Q{n}"] for n in range(1, 7)] == [2, 2, 2, 3, None, 1]
    assert page.evaluate("Object.keys(localStorage).length") == 0
    page.get_by_role("link", name="Your scores over time").click()
    accessible(page)
    shot(page, "diary-scores")


def test_closed_while_it_waits_and_opened_again_later(site: Served, new_page: Callable[..., Page]) -> None:
    """The page is closed without connection; the phone hands the form in when the diary is opened again."""
    subject, address = given(site)
    page = new_page(**PHONE)
    page.goto(address)
    begin(page, "Linear analog")
    page.context.set_offline(True)
    answer(page, "7")
    page.get_by_role("button", name="Hand in my answers").click()
    expect(page.locator("#waiting")).to_contain_text("Not sent yet")
    context = page.context
    page.close()
    context.set_offline(False)
    page = context.new_page()
    page.goto(address)
    page.wait_for_url(re.compile(r"\?sent=1$"))
    assert [event.payload["answers"] for event in handed_in(site, subject)] == [{"QOL": 7}]


def test_two_windows_hand_in_once(site: Served, new_page: Callable[..., Page]) -> None:
    subject, address = given(site)
    page = new_page(**PHONE)
    page.goto(address)
    begin(page, "Linear analog")
    other = page.context.new_page()
    other.goto(page.url)
    for window, value in ((page, "7"), (other, "3")):
        answer(window, value)
    page.get_by_role("button", name="Hand in my answers").dblclick()
    page.wait_for_url(re.compile(r"\?sent=1$"))
    other.get_by_role("button", name="Hand in my answers").click()
    expect(other.get_by_role("heading", name="has been handed in")).to_be_visible()
    assert [event.payload["answers"] for event in handed_in(site, subject)] == [{"QOL": 7}]


def test_after_a_death_the_diary_is_closed(
    site: Served, new_page: Callable[..., Page], shot: Shot, accessible: Any
) -> None:
    subject, address = given(site)
    page = new_page(**PHONE)
    page.goto(address)
    begin(page, "Linear analog")
    answer(page, "7")
    expect(page.locator("#said")).to_contain_text(KEPT)
    site.trial.do("record_death", "coordinator@01", {"date": site.trial.today, "cause": "disease"}, subject=subject)
    page.get_by_role("button", name="Hand in my answers").click()
    expect(page.get_by_role("heading", name="This diary is closed")).to_be_visible()
    expect(page.locator("main")).to_contain_text("Thank you for everything")
    accessible(page)
    shot(page, "diary-closed")
    assert handed_in(site, subject) == []
    assert page.evaluate("Object.keys(localStorage).length") == 0


def test_without_script(site: Served, new_page: Callable[..., Page]) -> None:
    subject, address = given(site)
    page = new_page(java_script_enabled=False, width=390, height=844)
    page.goto(address)
    begin(page, "QLQ-GINET21")
    page.locator('input[name="a.Q31"][value="2"]').check()
    page.get_by_role("button", name="Go on later").click()
    begin(page, "QLQ-GINET21")
    expect(page.locator('input[name="a.Q31"][value="2"]')).to_be_checked()
    page.get_by_role("button", name="Hand in my answers").click()
    expect(page.locator("#open")).to_be_visible()
    page.get_by_label("I leave them open").check()
    page.get_by_role("button", name="Hand in my answers").click()
    expect(page.locator("#said")).to_contain_text("Your answers have arrived")
    assert len(handed_in(site, subject)) == 1


def test_the_site_gives_a_link_and_loads_words(site: Served, page: Page, shot: Shot, accessible: Any) -> None:
    subject = site.trial.randomized("01")
    site.enter(page, "coordinator@01", f"subjects/{subject}/diary-link/")
    accessible(page)
    page.get_by_role("button", name="Give the patient a link").click()
    expect(page.locator("#address")).to_contain_text("/diary/eqd_")
    page.wait_for_load_state()
    assert page.locator("img.code").evaluate("image => image.complete && image.naturalWidth > 0")
    accessible(page)
    shot(page, "diary-link")
    page.goto(site.at("coordinator@01", "questionnaires/"))
    accessible(page)
    shot(page, "diary-due")
    page.goto(site.at("coordinator@01", "questionnaires/wording/"))
    accessible(page)
    shot(page, "diary-wording")
