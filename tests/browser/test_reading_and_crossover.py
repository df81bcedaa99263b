"""Two readers, the adjudicator and the investigator: read, adjudicate, unblind, cross over; and an emergency."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.browser.served import Served

pytestmark = pytest.mark.browser
Shot = Callable[[Page, str], None]


def patient(site: Served, arm: str) -> str:
    """A patient of an arm whose scans of baseline and week 12 nobody has checked, with progression at the site."""
    trial = site.trial
    while True:
        subject = trial.screened("01")
        trial.measure(subject, 0, 3000, 2500)
        trial.scan(subject, 0)
        trial.do("randomize", "coordinator@01", subject=subject)
        if trial.arm(subject) == arm:
            break
    dose = {"start": trial.today, "amount": "800", "unit": "mg"}
    trial.do("record_dose", "coordinator@01", dose, subject=subject)
    trial.wait(84)
    trial.measure(subject, 1, 4000, 3500)
    sent = {"assessment": 1, "date": trial.today, "reference": f"archive/{subject}/1"}
    trial.do("submit_scan", "coordinator@01", sent, subject=subject)
    return subject


def sizes(page: Page, *given: str) -> None:
    """Fill in the sizes of the lesions, in the order of the rows."""
    rows = page.locator("table.rows tbody tr")
    for number, size in enumerate(given):
        rows.nth(number).get_by_label("Organ").fill("liver")
        rows.nth(number).get_by_label("Size").fill(size)


def one_reads(site: Served, page: Page, reader: int, subject: str, response: str, *week_12: str) -> None:
    """From the queue to two locked readings."""
    site.enter(page, f"reader{reader}", "reading/")
    page.get_by_role("link", name=subject, exact=True).click()
    sizes(page, "30", "25")
    expect(page.locator("#beside")).to_contain_text("55 mm")
    page.get_by_role("button", name="Lock the reading").click()
    page.get_by_role("link", name="Read: Assessment 1").click()
    sizes(page, *week_12)
    expect(page.locator("#beside tbody").first).to_contain_text(response)
    page.get_by_label("Overall response").select_option(response)


def test_from_a_scan_to_open_treatment(site: Served, page: Page, shot: Shot, accessible: Any) -> None:
    page.set_default_navigation_timeout(60_000)  # the first page of a process loads everything that is computed with
    trial, subject = site.trial, patient(site, "placebo")
    check_the_scan(site, page, subject, shot, accessible)
    the_investigator_is_told_why_not(site, page, subject, shot, accessible)

    one_reads(site, page, 1, subject, "PD", "40", "35")
    accessible(page)
    shot(page, "read")
    page.get_by_role("button", name="Lock the reading").dblclick()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Your reads of")
    accessible(page)
    shot(page, "own-reads")
    page.go_back()
    expect(page.locator("main")).to_contain_text("read and locked")
    one_reads(site, page, 2, subject, "SD", "31", "26")
    page.get_by_role("button", name="Lock the reading").click()
    page.wait_for_url(f"**/subjects/{subject}/reading/")
    locked = [e for e in trial.events() if e.kind == "read_locked" and e.subject == subject]
    assert len(locked) == 4, "a double click and the way back have locked nothing twice"

    adjudicated(site, page, subject, shot, accessible)
    crossed_over(site, page, subject, shot, accessible)


def check_the_scan(site: Served, page: Page, subject: str, shot: Shot, accessible: Any) -> None:
    site.enter(page, "data_manager", "reading/")
    accessible(page)
    shot(page, "review-queue-data-manager")
    page.get_by_role("link", name=subject, exact=True).first.click()
    page.get_by_role("link", name="Let it be read").click()
    page.get_by_role("button", name="Let the scan be read").click()
    page.wait_for_url(f"**/subjects/{subject}/central-review/")
    accessible(page)
    shot(page, "central-review")


def the_investigator_is_told_why_not(site: Served, page: Page, subject: str, shot: Shot, accessible: Any) -> None:
    site.enter(page, "investigator@01", f"subjects/{subject}/")
    page.get_by_role("link", name="Treatment, and why it is closed").click()
    expect(page.get_by_role("status").last).to_contain_text("The site has not recorded a progression.")
    found = {"assessment": 1, "overall": "PD"}
    site.trial.do("assess_response", "investigator@01", found, subject=subject)
    page.reload()
    expect(page.get_by_role("status").last).to_contain_text("once a locked central result confirms progression")
    accessible(page)
    shot(page, "treatment-closed")
    page.goto(site.at("investigator@01", f"subjects/{subject}/do/unblind/"))
    expect(page.locator("main")).to_contain_text("Central review is pending.")
    assert page.get_by_role("button", name="Unblind").count() == 0


def adjudicated(site: Served, page: Page, subject: str, shot: Shot, accessible: Any) -> None:
    site.enter(page, "adjudicator", "reading/")
    accessible(page)
    page.get_by_role("link", name=subject, exact=True).click()
    assert "reader1" not in page.content()
    page.get_by_role("radio", name="Reader A").check()
    accessible(page)
    shot(page, "adjudicate")
    page.get_by_role("button", name="Endorse the reading").click()
    expect(page.locator("#refusal")).to_be_visible()
    assert page.get_by_role("radio", name="Reader A").is_checked()
    page.get_by_label("Why").fill("The liver lesions have grown.")
    page.get_by_role("button", name="Endorse the reading").click()
    page.wait_for_url(f"**/subjects/{subject}/side-by-side/")
    expect(page.locator("main")).to_contain_text("The liver lesions have grown.")
    site.enter(page, "data_manager", "reader-agreement/")
    expect(page.locator("main")).to_contain_text("1 (100%)")
    accessible(page)
    shot(page, "reader-agreement")


def crossed_over(site: Served, page: Page, subject: str, shot: Shot, accessible: Any) -> None:
    """One address ends blinded treatment; the checks before open treatment are shown, and asked."""
    trial = site.trial
    site.enter(page, "investigator@01", f"subjects/{subject}/treatment/")
    page.get_by_role("link", name=f"Unblind subject {subject}").click()
    site.prove(page)
    accessible(page)
    shot(page, "unblind")
    page.get_by_role("button", name=f"Unblind subject {subject}").click()
    page.wait_for_url(f"**/subjects/{subject}/treatment/")
    expect(page.locator("main")).to_contain_text("Placebo")
    expect(page.locator(".band.unblinded")).to_be_visible()
    accessible(page)
    shot(page, "treatment-open")
    page.get_by_role("link", name="What follows blinded treatment").click()
    page.get_by_role("link", name="End blinded treatment").click()
    page.get_by_role("button", name="End blinded treatment").click()
    page.wait_for_url(f"**/subjects/{subject}/after-blinded-treatment/")
    trial.wait(40)
    page.reload()
    expect(page.locator("main")).to_contain_text("missing")
    accessible(page)
    shot(page, "after-blinded-treatment")
    page.get_by_role("link", name="Record the begin of open treatment").click()
    page.get_by_role("button", name="Record the begin of open treatment").click()
    expect(page.locator("#refusal")).to_contain_text("A baseline scan at most")
    trial.measure(subject, 2, 4100, 3600)
    page.get_by_role("button", name="Record the begin of open treatment").click()
    page.wait_for_url(f"**/subjects/{subject}/after-blinded-treatment/")
    page.get_by_role("link", name="Record a dose of open treatment").click()
    accessible(page)
    shot(page, "open-dose")
    page.get_by_label("800").check()
    page.get_by_role("button", name="Record the dose").click()
    page.wait_for_url(f"**/subjects/{subject}/after-blinded-treatment/")
    assert trial.state.subjects[subject].has("open_label_dose_recorded")


def test_the_code_is_broken_within_two_clicks(site: Served, page: Page, shot: Shot, accessible: Any) -> None:
    page.set_default_navigation_timeout(60_000)
    subject = patient(site, "pazopanib")
    site.enter(page, "investigator@01", f"subjects/{subject}/")
    page.get_by_role("link", name="Emergency: break the code").click()
    page.get_by_label("Reason").fill("Unconscious; the antidote depends on it.")
    site.prove(page)
    accessible(page)
    shot(page, "code-break")
    page.get_by_role("button", name=f"Break the code of subject {subject}").click()
    page.wait_for_url(f"**/subjects/{subject}/treatment/")
    expect(page.locator("main")).to_contain_text("Pazopanib")
    accessible(page)
    shot(page, "code-broken")
