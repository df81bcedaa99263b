"""One patient from screening to crossover and into the report, on a fresh trial served by the command line.

Everybody has a window of his or her own and does what the pages offer. The steps stand in the order of the trial.
"""

import datetime as dt
import re
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.browser.process import equipoise, started

from equipoise.cdisc import read_folder

pytestmark = pytest.mark.browser
Shot = Callable[[Page, str], None]
TRIAL = Path("trials/a021202")
TODAY = dt.datetime.now(dt.UTC).date()
WEEK_12 = 84
SCANNED = (TODAY - dt.timedelta(days=3)).isoformat()
STAFF = {"anna": "site_coordinator", "ivan": "investigator", "paul": "pharmacist"}
CENTER = {"rita": "central_reader_1", "rolf": "central_reader_2", "ada": "adjudicator", "dora": "data_manager",
          "ursula": "unblinded_statistician", "uma": "unblinded_statistician"}  # fmt: skip
FACTS = {"Sex": "Female", "Tumor grade": "Low", "ECOG performance status": "0"}
YES = ("Functional tumor", "Locally unresectable or metastatic", "Previous somatostatin analog",
       "Earlier progression on somatostatin analog documented", "Measurable disease")  # fmt: skip
NO = ("Poorly differentiated, high-grade, adenocarcinoid or goblet cell",
      "Medullary thyroid, pancreatic NET, paraganglioma or pheochromocytoma suspected",
      "Concurrent somatostatin analog", "Previous peptide receptor radionuclide therapy",
      "Previous sunitinib or other VEGF inhibitor", "Previous everolimus")  # fmt: skip
NUMBERS = {"Absolute neutrophil count": "3,1", "Platelets": "210", "Systolic blood pressure": "128",
           "Diastolic blood pressure": "80"}  # fmt: skip


@dataclass
class People:
    """Who has an account: passwords, devices, windows."""

    url: str
    new_page: Callable[..., Page]
    passwords: dict[str, str]
    secrets: dict[str, str] = field(default_factory=dict)
    used: set[tuple[str, int]] = field(default_factory=set)
    pages: dict[str, Page] = field(default_factory=dict)

    def page(self, who: str) -> Page:
        """The start page of somebody, who comes in for the first time with password and a new device."""
        if who not in self.pages:
            page = self.pages[who] = self.new_page()
            page.goto(self.url)
            page.get_by_label("Username").fill(who)
            page.get_by_label("Password").fill(self.passwords[who])
            page.get_by_role("button", name="Log in").click()
            self.secrets[who] = page.locator("code").inner_text()
            page.get_by_label("Authenticator code").fill(self.code(who))
            page.get_by_role("button", name="Set up the second factor").click()
            page.get_by_role("link", name="Continue to your desk").click()
            return page
        self.pages[who].goto(self.url)
        return self.pages[who]

    def code(self, who: str) -> str:
        """What the device shows, or is about to show: each code is good once."""
        from equipoise.server.accounts.proof import code_at

        while True:
            present = int(time.time()) // 30
            for step in (present, present + 1):
                if (who, step) not in self.used:
                    self.used.add((who, step))
                    return code_at(self.secrets[who], step)
            time.sleep(1)

    def prove(self, page: Any, who: str) -> None:
        """Fill in password and code where a form asks for them."""
        page.get_by_label("Your password").fill(self.passwords[who])
        page.get_by_label("Code of your device").fill(self.code(who))

    def at_subject(self, who: str, subject: str) -> Page:
        """A patient's page, by the menu."""
        page = self.page(who)
        page.get_by_role("link", name="Subjects", exact=True).click()
        page.get_by_role("link", name=subject, exact=True).click()
        return page


def test_one_patient_from_screening_to_the_report(
    new_page: Callable[..., Page], shot: Shot, accessible: Any, tmp_path: Path
) -> None:
    def seen(page: Page, name: str) -> None:
        accessible(page)
        shot(page, f"journey-{name}")

    with started(TRIAL, "--practice", home=tmp_path) as (url, said):
        first = dict(re.findall(r"(\w+): +(\S+)", said.read_text()))
        people = People(url, new_page, {"administrator": first["Password"]})
        set_up(people, seen)
        stocked(people, seen)
        enrolled = [enroll(people, seen)]
        while treatments(people, tmp_path)[enrolled[-1]] != "Placebo":
            enrolled.append(enroll(people, lambda *_: None))
        subject = enrolled[-1]
        treated(people, subject)

    port = int(url.rpartition(":")[2])
    with started(TRIAL, "--practice", "--days-ahead", str(WEEK_12), home=tmp_path, port=port):
        progressed(people, subject, seen)
        read(people, "rita", subject, "PD", "40", "35")
        read(people, "rolf", subject, "SD", "31", "26", seen)
        adjudicated(people, subject, seen)
        crossed_over(people, subject, seen)
        make_cut(people, seen)
        sdtm = exported(people, tmp_path, "week_12")

    equipoise("report", first["Protocol"], sdtm, "-o", tmp_path / "out", "--cut", "all", home=tmp_path)
    flow = (tmp_path / "out" / "report" / "figures" / "consort-SYNTHETIC.svg").read_text()
    counted = re.findall(r">([^<>(]+) \(n\xa0=\xa0(\d+)\)<", flow)
    assert ("Assessed for eligibility", str(len(enrolled))) in counted
    assert ("Randomized", str(len(enrolled))) in counted
    assert ("Allocated to Placebo", "1") in counted
    assert ("Allocated to Pazopanib", str(len(enrolled) - 1)) in counted
    assert ("Crossed over to Pazopanib", "1") in counted


def set_up(people: People, seen: Shot) -> None:
    """The administrator opens a site and makes accounts; the investigator delegates."""
    page = people.page("administrator")
    page.get_by_role("link", name="Open the first site").click()
    page.get_by_label("Site number").fill("01")
    page.get_by_label("Institution").fill("General <b>Hospital</b>")
    page.get_by_label("Time zone").fill("Europe/Berlin")
    page.get_by_role("button", name="Open the site").click()
    page.get_by_role("link", name="No consent form is in use").click()
    page.get_by_label("Version of the form").fill("1.0")
    page.get_by_role("button", name="Bring the form into use").click()
    seen(page, "sites")
    page.get_by_role("link", name="People", exact=True).first.click()
    page.get_by_role("link", name="Make an account").click()
    for who, role in {**STAFF, **CENTER}.items():
        page.get_by_label("Login").fill(who)
        page.get_by_label("Role").select_option(role)
        if who in STAFF:
            page.get_by_label("Site").select_option("01")
        page.get_by_label("Trained on").fill(SCANNED)
        if who == "anna":
            seen(page, "account-new")
        page.get_by_role("button", name="Make the account").click()
        people.passwords[who] = page.locator("#password").inner_text()
        page.get_by_role("link", name="Make another account").click()
    page.get_by_role("link", name="People", exact=True).first.click()
    seen(page, "people")

    page = people.page("ivan")
    page.get_by_role("link", name="Staff of the site").click()
    seen(page, "staff")
    delegate = page.get_by_role("button", name="Delegate the ticked tasks")
    delegate.wait_for()
    for box in page.get_by_role("checkbox").all():
        box.check()
    delegate.click()
    expect(page.locator("#said")).to_contain_text("Delegated: 12 tasks.")


def stocked(people: People, seen: Shot) -> None:
    """Kits are made and sent, and the pharmacist takes them into stock."""
    page = people.page("ursula")
    page.get_by_role("link", name="Depot").click()
    for verb, given, said in (
        ("Make", {"Lot": "LOT-1", "Last day of use": "2031-12-31"}, "are made"),
        ("Send", {}, "are sent to site 01"),
    ):
        form = page.locator("form", has=page.get_by_role("button", name=f"{verb} the kits"))
        for label, value in given.items():
            form.get_by_label(label).fill(value)
        if verb == "Send":
            form.get_by_label("Site").select_option("01")
            form.get_by_label("Lot").select_option("LOT-1")
        form.get_by_label("Sets").fill("6")
        people.prove(form, "ursula")
        form.get_by_role("button", name=f"{verb} the kits").click()
        expect(page.locator("#said")).to_contain_text(f"12 kits of lot LOT-1 {said}")
    seen(page, "depot")
    page = people.page("paul")
    page.get_by_role("link", name="Take 12 kits of lot LOT-1 into stock").click()
    page.get_by_role("button", name="Take the kits into stock").click()
    expect(page.locator("main")).to_contain_text("In stock (12)")


def enroll(people: People, seen: Shot) -> str:
    """Screen a patient with the form of eligibility, measure the baseline, send its scan, randomize."""
    page = people.page("anna")
    page.get_by_role("link", name="Subjects", exact=True).click()
    page.get_by_role("link", name="Screen a patient").click()
    page.get_by_role("button", name="Give the patient a number").click()
    page.get_by_role("link", name="Record that the patient signed a consent form").click()
    page.get_by_role("button", name="Record the consent").wait_for()
    subject = page.url.split("/subjects/")[1].partition("/")[0]
    page.get_by_role("button", name="Record the consent").click()
    page.get_by_role("link", name="Record baseline facts").click()
    beside = page.locator("#beside")
    expect(beside).to_contain_text("14 not known yet")
    page.get_by_label("Age").fill("17")
    expect(beside).to_contain_text("1 not met")
    page.get_by_label("Age").fill("61")
    page.get_by_label("Primary site").select_option(label="Small bowel")
    answers = [
        *FACTS.items(),
        *((g, "Yes") for g in YES),
        *((g, "No") for g in NO),
    ]
    for group, answer in answers:
        page.get_by_role("group", name=group).first.get_by_label(answer, exact=True).check()
    for label, value in NUMBERS.items():
        page.get_by_label(label).fill(value)
    page.get_by_label("Radiologic progression before registration").fill((TODAY - dt.timedelta(days=60)).isoformat())
    expect(beside).to_contain_text("14 met")
    seen(page, "screening-form")
    page.get_by_role("button", name="Record baseline facts").click()
    measured(page, seen)
    sent(page, f"PACS/{subject}/0")
    let_be_read(people)
    page.get_by_role("link", name="Randomize the patient").click()
    seen(page, "randomize")
    page.get_by_role("button", name=f"Randomize subject {subject}").dblclick()
    page.wait_for_url(f"**/subjects/{subject}/")
    seen(page, "subject")
    return subject


def measured(page: Page, seen: Shot) -> None:
    """The baseline: the sum follows the typing, a node that is too small is refused beside its size."""
    page.get_by_role("link", name="Record the lesions of an assessment").click()
    page.get_by_label("Day of the first scan").fill(SCANNED)
    sizes(page, "30", "25")
    node = page.locator("table.rows tbody tr").nth(2)
    node.get_by_label("Organ").fill("mesentery")
    node.get_by_label("Lymph node").select_option(label="Yes")
    node.get_by_label("Size").fill("13")
    expect(page.locator("#beside")).to_contain_text("68 mm")
    page.get_by_role("button", name="Record the measurements").click()
    expect(node.locator(".problem")).to_contain_text("at least 15 mm")
    seen(page, "measure-refused")
    node.get_by_label("Size").fill("16")
    page.get_by_role("button", name="Record the measurements").click()
    page.get_by_role("link", name="Send a scan").wait_for()


def sizes(page: Page, *given: str) -> None:
    """Fill in the sizes of lesions, in the order of the rows."""
    rows = page.locator("table.rows tbody tr")
    for number, size in enumerate(given):
        if rows.nth(number).get_by_label("Organ").is_editable():
            rows.nth(number).get_by_label("Organ").fill("liver")
        rows.nth(number).get_by_label("Size").fill(size)


def sent(page: Page, reference: str) -> None:
    """Send the scan that was measured last."""
    page.get_by_role("link", name="Send a scan").click()
    page.get_by_label("Where the images are").fill(reference)
    page.get_by_role("button", name="Send the scan to the core laboratory").click()


def let_be_read(people: People) -> None:
    """The core laboratory checks the scan that waits."""
    page = people.page("dora")
    page.get_by_role("link", name="Check the quality of scan").click()
    page.get_by_role("link", name="Let it be read").click()
    page.get_by_role("button", name="Let the scan be read").click()
    page.wait_for_url("**/central-review/")


def treated(people: People, subject: str) -> None:
    """The pharmacist hands out the kit; the coordinator records the first dose."""
    page = people.page("paul")
    page.get_by_role("link", name=f"Ask which kit to hand out to {subject}").click()
    page.get_by_role("button", name="Ask which kit to hand out").click()
    expect(page.locator("main")).to_contain_text(re.compile(r"kit \d{6}"))
    kit = re.search(r"kit (\d{6})", page.locator("main").inner_text())
    assert kit is not None
    page.get_by_label("Kit number").fill(kit[1])
    page.get_by_role("button", name="Record that the kit was handed out").click()
    page.wait_for_url(f"**/subjects/{subject}/")
    page = people.at_subject("anna", subject)
    page.get_by_role("link", name="Record visit: Each cycle").click()
    page.get_by_role("button", name="Record the visit").click()
    page.get_by_role("link", name="Record a period at one dose").click()
    page.get_by_label("800").check()
    page.get_by_role("button", name="Record the dose").click()
    expect(page.locator("main")).to_contain_text("First dose")


def progressed(people: People, subject: str, seen: Shot) -> None:
    """The site measures growth and calls progression; the treatment stays closed, and the page says why."""
    page = people.at_subject("anna", subject)
    page.get_by_role("link", name="Record the lesions of an assessment").click()
    sizes(page, "40", "35", "17")
    expect(page.locator("#beside tbody").first).to_contain_text("PD")
    page.get_by_role("button", name="Record the measurements").click()
    sent(page, f"PACS/{subject}/1")
    let_be_read(people)
    page = people.at_subject("ivan", subject)
    page.get_by_role("link", name="Treatment, and why it is closed").click()
    expect(page.get_by_role("status").last).to_contain_text("The site has not recorded a progression.")
    page.go_back()
    page.get_by_role("link", name="Record the response").click()
    page.get_by_label("Overall response").select_option("PD")
    page.get_by_role("button", name="Record the response").click()
    page.get_by_role("link", name="Treatment, and why it is closed").click()
    expect(page.get_by_role("status").last).to_contain_text("once a locked central result confirms progression")
    seen(page, "treatment-closed")
    page.goto(f"{page.url.removesuffix('treatment/')}do/unblind/")
    expect(page.locator("main")).to_contain_text("Central review is pending.")
    assert page.get_by_role("button", name="Unblind").count() == 0


def read(people: People, who: str, subject: str, response: str, *later: Any) -> None:
    """From the queue to two locked readings; a double click locks once, and the way back opens nothing."""
    grown, seen = [each for each in later if isinstance(each, str)], later[-1]
    page = people.page(who)
    if callable(seen):
        seen(page, "reader-today")
    page.get_by_role("link", name=f"Read {subject}: Baseline").click()
    sizes(page, "30", "25")
    page.get_by_role("button", name="Lock the reading").click()
    page.get_by_role("link", name="Read: Assessment 1").click()
    sizes(page, *grown)
    expect(page.locator("#beside tbody").first).to_contain_text(response)
    page.get_by_label("Overall response").select_option(response)
    if callable(seen):
        seen(page, "read")
    page.get_by_role("button", name="Lock the reading").dblclick()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Your reads of")
    page.go_back()
    expect(page.locator("main")).to_contain_text("read and locked")


def adjudicated(people: People, subject: str, seen: Shot) -> None:
    """Both readings side by side, without names; one is endorsed, with a reason."""
    page = people.page("ada")
    page.get_by_role("link", name=f"Adjudicate {subject}").click()
    endorse = page.get_by_role("button", name="Endorse the reading")
    endorse.wait_for()
    assert "rita" not in page.content()
    right = page.locator("tr", has_text="Progression").locator("td").all_inner_texts()
    page.get_by_role("radio", name="Reader B" if "none" in right[0] else "Reader A").check()
    seen(page, "adjudicate")
    endorse.click()
    expect(page.locator("#refusal")).to_be_visible()
    page.get_by_label("Why").fill("The liver lesions have grown.")
    endorse.click()
    expect(page.locator("main")).to_contain_text("The liver lesions have grown.")


def crossed_over(people: People, subject: str, seen: Shot) -> None:
    """The investigator opens the treatment, ends it by the one address for all, and begins open treatment."""
    page = people.page("ivan")
    page.get_by_role("link", name=f"Central review has confirmed the progression of {subject}").click()
    page.get_by_role("link", name=f"Unblind subject {subject}").click()
    people.prove(page, "ivan")
    seen(page, "unblind")
    page.get_by_role("button", name=f"Unblind subject {subject}").click()
    expect(page.locator("main")).to_contain_text("Placebo")
    expect(page.locator(".band.unblinded")).to_be_visible()
    seen(page, "treatment-open")
    page.get_by_role("link", name="What follows blinded treatment").click()
    page.get_by_role("link", name="End blinded treatment").click()
    last = TODAY + dt.timedelta(days=WEEK_12 - 1)
    page.get_by_label("Last day of blinded treatment").fill(last.isoformat())
    page.get_by_role("button", name="End blinded treatment").click()
    expect(page.locator("main")).to_contain_text("A new baseline scan")
    seen(page, "after-blinded-treatment")
    page.get_by_role("link", name="Record the begin of open treatment").click()
    page.get_by_role("button", name="Record the begin of open treatment").click()
    page.get_by_role("link", name="Record a dose of open treatment").click()
    page.get_by_label("800").check()
    page.get_by_role("button", name="Record the dose").click()
    page.wait_for_url(f"**/subjects/{subject}/after-blinded-treatment/")


def make_cut(people: People, seen: Shot) -> None:
    """The data manager fixes the record under a name; without treatments the export holds no arm."""
    page = people.page("dora")
    page.get_by_role("link", name="Export").click()
    page.get_by_role("link", name="Make a data cut").click()
    page.get_by_label("Name of the cut").fill("week_12")
    page.get_by_role("button", name="Make the data cut").click()
    seen(page, "export")
    page.get_by_label("Data cut").select_option("week_12")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Export without treatments").click()
    assert waiting.value.suggested_filename == "SYN-A021202-sdtm-week_12-blinded.zip"


def exported(people: People, folder: Path, cut: str = "") -> Path:
    """SDTM with treatments, as the unblinded statistician gets it."""
    page = people.page("uma")
    page.get_by_role("link", name="Export").click()
    page.get_by_label("Data cut").select_option(cut)
    page.get_by_role("button", name="Export with treatments").click()
    people.prove(page, "uma")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Open “Export with treatments”").click()
    file = folder / waiting.value.suggested_filename
    waiting.value.save_as(file)
    return file


def treatments(people: People, folder: Path) -> dict[str, str]:
    """Subject -> arm."""
    with zipfile.ZipFile(exported(people, folder)) as archive:
        archive.extractall(folder / "sdtm")
    rows = read_folder(folder / "sdtm").datasets["DM"].iter_rows(named=True)
    return {row["SUBJID"]: row["ARM"] for row in rows}
