"""A day at a site: a patient from screening to the first doses and measurements; nothing is recorded twice."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.browser.served import Served

pytestmark = pytest.mark.browser
Shot = Callable[[Page, str], None]
LEVELS = {"Sex": "Female", "Tumor grade": "Low", "ECOG performance status": "0"}
YES = ("Functional tumor", "Locally unresectable or metastatic", "Previous somatostatin analog",
       "Earlier progression on somatostatin analog documented", "Measurable disease")  # fmt: skip
NO = ("Poorly differentiated, high-grade, adenocarcinoid or goblet cell",
      "Medullary thyroid, pancreatic NET, paraganglioma or pheochromocytoma suspected",
      "Concurrent somatostatin analog", "Previous peptide receptor radionuclide therapy",
      "Previous sunitinib or other VEGF inhibitor",
      "Previous everolimus")  # fmt: skip
NUMBERS = {"Absolute neutrophil count": "3,1", "Platelets": "210", "Systolic blood pressure": "128",
           "Diastolic blood pressure": "80"}  # fmt: skip


def pick(page: Page, group: str, answer: str) -> None:
    page.get_by_role("group", name=group).first.get_by_label(answer, exact=True).check()


def test_from_screening_to_measurements(site: Served, page: Page, shot: Shot, accessible: Any) -> None:
    trial, who = site.trial, "coordinator@01"
    site.enter(page, who, "subjects/")
    page.get_by_role("link", name="Screen a patient").click()
    page.get_by_role("button", name="Give the patient a number").click()
    assert "The patient has a number" in page.locator("#said").inner_text()
    subject = page.url.rstrip("/").rpartition("/")[2]
    accessible(page)
    page.get_by_role("link", name="Record that the patient signed a consent form").click()
    page.get_by_role("button", name="Record the consent").click()

    page.get_by_role("link", name="Record baseline facts").click()
    expect(page.locator("#beside")).to_contain_text("14 not known yet")
    page.get_by_label("Age").fill("17")
    expect(page.locator("#beside")).to_contain_text("1 not met")
    page.get_by_label("Age").fill("61")
    expect(page.locator("#beside")).to_contain_text("1 met")
    page.get_by_label("Primary site").select_option(label="Small bowel")
    for label, value in LEVELS.items():
        pick(page, label, value)
    for group in YES:
        pick(page, group, "Yes")
    for group in NO:
        pick(page, group, "No")
    for label, value in NUMBERS.items():
        page.get_by_label(label).fill(value)
    page.get_by_label("Radiologic progression before registration").fill("2023-11-02")
    expect(page.locator("#beside")).to_contain_text("14 met")
    accessible(page)
    shot(page, "screening-form")
    page.get_by_role("button", name="Record baseline facts").click()

    measure(site, page, subject, accessible, shot)
    page.get_by_role("link", name="Randomize the patient").click()
    expect(page.locator("#beside")).to_contain_text("14 met")
    shot(page, "randomize")
    page.get_by_role("button", name=f"Randomize subject {subject}").dblclick()
    page.wait_for_url(f"**/subjects/{subject}/")
    assert [e.kind for e in trial.events() if e.subject == subject].count("randomized") == 1
    accessible(page)
    shot(page, "subject")


def measure(site: Served, page: Page, subject: str, accessible: Any, shot: Shot) -> None:
    """The lesion table: the sum follows the typing; a node that is too small is refused beside its size."""
    page.get_by_role("link", name="Record the lesions of an assessment").click()
    rows = page.locator("table.rows tbody tr")
    for row, (organ, size) in enumerate((("liver", "23"), ("liver", "17.5"))):
        rows.nth(row).get_by_label("Organ").fill(organ)
        rows.nth(row).get_by_label("Size").fill(size)
    rows.nth(2).get_by_label("Organ").fill("mesentery")
    rows.nth(2).get_by_label("Lymph node").select_option(label="Yes")
    rows.nth(2).get_by_label("Size").fill("13")
    expect(page.locator("#beside")).to_contain_text("53.5 mm")
    page.get_by_role("button", name="Record the measurements").click()
    problem = rows.nth(2).locator(".problem")
    assert "at least 15 mm" in problem.inner_text()
    assert rows.nth(2).get_by_label("Size").input_value() == "13"
    accessible(page)
    shot(page, "measure-refused")
    rows.nth(2).get_by_label("Size").fill("16")
    page.get_by_role("button", name="Record the measurements").click()
    page.wait_for_url(f"**/subjects/{subject}/")
    assert site.trial.state.subjects[subject].last("tumors_measured")["sum"] == 5650


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
    assert page.evaluate("document.activeElement.className") == "skip"
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
    sizes: list[int] = []
    page.on("response", lambda answer: sizes.append(len(answer.body())) if answer.status == 200 else None)
    for path in (
        "",
        f"subjects/{subject}/",
        f"subjects/{subject}/do/record_labs/",
        f"subjects/{subject}/do/measure_tumors/",
    ):
        sizes.clear()
        page.context.clear_cookies()
        site.enter(page, "coordinator@01", path)
        page.wait_for_load_state("networkidle")
        assert 20_000 < sum(sizes) < 200_000 or len(sizes) < 4, (path, sum(sizes))
