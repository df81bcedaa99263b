"""Every role at its desk of `equipoise serve --demo`: pictures for the pages of help, looked at for what is serious.

With EQUIPOISE_HOWTO=1 the pictures are written into docs/howto/images; else they are build output, of some roles alone.
"""

import io
import json
import os
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page
from tests.browser.process import ROOT, started

pytestmark = pytest.mark.browser
HOWTO = os.environ.get("EQUIPOISE_HOWTO") == "1"
LARGEST = 120_000
"""Bytes of a picture."""
SHOTS: dict[str, tuple[tuple[str, str], ...]] = {
    "site_coordinator": (("today", ""), ("subject", "subjects/{mine}/")),
    "investigator": (("patient-adverse-event", "subjects/{mine}/do/record_adverse_event/"),),
    "local_reader": (("measure", "subjects/{mine}/do/measure_tumors/"),),
    "pharmacist": (("stock", "stock/"),),
    "central_reader_1": (("queue", ""),),
    "adjudicator": (("queue", ""),),
    "data_manager": (("today", ""), ("flow", "flow/"), ("completeness", "completeness/")),
    "blinded_statistician": (("export", "export/"),),
    "unblinded_statistician": (("flow", "flow/"),),
    "dmc_member": (("today", ""),),
    "safety_office": (("subject", "subjects/{any}/"),),
    "monitor": (("audit", "subjects/{any}/audit/?what=changes"),),
    "auditor": (("audit", "subjects/{any}/audit/"),),
    "administrator": (("sites", "sites/"), ("people", "people/")),
}
FEW = ("site_coordinator", "data_manager", "monitor", "blinded_statistician")


@dataclass
class Demo:
    url: str
    logins: dict[str, dict[str, Any]]
    mine: str
    any: str
    diary: dict[str, str]
    cookies: dict[str, Any] = field(default_factory=dict)

    def desk(self, role: str) -> str:
        site = self.logins[role]["site"]
        return f"{self.url}/at/{role}@{site}/" if site else f"{self.url}/at/{role}/"

    def login(self, page: Page, role: str) -> None:
        """Come in with the password and the code of any authenticator; a code is good once, and the session is kept."""
        from equipoise.server.accounts.proof import code_at

        if role in self.cookies:
            page.context.add_cookies(self.cookies[role])
            return
        who = self.logins[role]
        page.goto(f"{self.url}/account/login/")
        page.get_by_label("Username").fill(who["login"])
        page.get_by_label("Password").fill(who["password"])
        page.get_by_role("button", name="Log in").click()
        page.get_by_label("Code").fill(code_at(who["secret"], int(time.time()) // 30))
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url("**/at/**")
        self.cookies[role] = page.context.cookies()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demonstration as somebody starts it, in a process of its own."""
    home = tmp_path_factory.mktemp("demo")
    folder = home / "data"
    with started("--demo", "--data", folder, home=home) as (url, _said):
        file = folder / "demo-logins.json"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        kept = json.loads(file.read_text())
        logins = {each["role"]: each for each in kept["logins"]}
        mine, other = _subjects(folder / "trial.sqlite3", logins["site_coordinator"]["site"])
        yield Demo(url, logins, mine, other, kept["diary"])


def _subjects(database: Path, site: str) -> tuple[str, str]:
    """A patient of the site who is treated, and one with corrections."""
    import sqlite3

    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as reading:
        treated = (
            "SELECT subject FROM subject_list WHERE site = ? AND stage = 'randomized' AND progress = progress_blinded "
            "AND progress NOT LIKE '%stopped%' AND progress LIKE '%dosed%' ORDER BY randomized LIMIT 1"
        )
        corrected = (
            "SELECT subject FROM ledger_event WHERE kind = 'corrected' AND subject NOT IN "
            "(SELECT subject FROM agenda WHERE opened) ORDER BY seq LIMIT 1"
        )
        return reading.execute(treated, [site]).fetchone()[0], reading.execute(corrected).fetchone()[0]


def roles() -> list[str]:
    return list(SHOTS) if HOWTO or os.environ.get("EQUIPOISE_FULL") == "1" else list(FEW)


@pytest.mark.parametrize("role", roles())
def test_a_role_at_its_desk(demo: Demo, new_page: Callable[..., Page], accessible: Any, role: str) -> None:
    page = new_page(width=1100, height=800)
    demo.login(page, role)
    for name, path in SHOTS[role]:
        answer = page.goto(demo.desk(role) + path.format(mine=demo.mine, any=demo.any))
        assert answer is not None
        assert answer.status == 200, (role, path)
        assert "SYNTHETIC DATA" in page.locator(".band.synthetic").inner_text()
        assert page.evaluate("document.documentElement.scrollWidth") <= 1100
        accessible(page)
        keep(page, f"{role.replace('_', '-')}-{name}")


def test_oversight_on_a_phone(demo: Demo, new_page: Callable[..., Page], accessible: Any) -> None:
    page = new_page(width=390, height=800)
    demo.login(page, "monitor")
    folder = ROOT / "build" / "pages"
    folder.mkdir(parents=True, exist_ok=True)
    for name, path in (("flow", "flow/"), ("completeness", "completeness/"), ("audit", f"subjects/{demo.any}/audit/")):
        page.goto(demo.desk("monitor") + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        accessible(page)
        page.screenshot(path=folder / f"phone-{name}.png", full_page=True)


def test_a_patient_by_the_personal_link(demo: Demo, new_page: Callable[..., Page], accessible: Any) -> None:
    page = new_page(width=390, height=800)
    answer = page.goto(demo.url + demo.diary["path"])
    assert answer is not None
    assert answer.status == 200
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    accessible(page)
    keep(page, "patient-diary")


def keep(page: Page, name: str) -> None:
    """Keep a picture of the window, in few colors."""
    from PIL import Image

    folder = ROOT / "docs" / "howto" / "images" if HOWTO else ROOT / "build" / "pages"
    folder.mkdir(parents=True, exist_ok=True)
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB").quantize(48, dither=Image.Dither.NONE)
    picture.save(folder / f"{name}.png", optimize=True)
    assert (folder / f"{name}.png").stat().st_size < LARGEST
