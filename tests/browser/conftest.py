"""Chromium and a served trial for the tests in the browser; each page is watched for errors and foreign requests."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("django", reason="needs the extra 'server'")
pytest.importorskip("playwright", reason="needs playwright")

from tests.server.configured import set_up_django

set_up_django()

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from tests.browser.served import Served, serve
from tests.conftest import PATIENCE

SHOTS = Path(__file__).parents[2] / "build" / "pages"
WIDTHS = (390, 1440)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A fresh trial with site 01 for the tests of one file."""
    with serve(tmp_path_factory.mktemp("served"), "01") as served:
        yield served


@pytest.fixture
def new_page(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Open a window; at the end no page may have complained or asked another host for anything."""
    contexts: list[Any] = []
    wrong: list[str] = []

    def opened(width: int = 1440, height: int = 900, **more: Any) -> Page:
        context = chromium.new_context(viewport={"width": width, "height": height}, **more)
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        page: Page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(f"script: {error}"))
        page.on("console", lambda said: wrong.append(f"console: {said.text}") if _is_fault(said) else None)
        page.on("request", lambda asked: wrong.append(f"foreign: {asked.url}") if _is_foreign(asked.url) else None)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not wrong, wrong


def _is_fault(said: Any) -> bool:
    """A refusal, a lost connection and a request that was given up are written there too; they are no fault."""
    told = ("status of 4", "INTERNET_DISCONNECTED", "htmx:sendAbort", "htmx:afterRequest", "htmx:abort")
    return said.type == "error" and not any(words in said.text for words in told)


def _is_foreign(url: str) -> bool:
    return not url.startswith(("http://127.0.0.1:", "data:", "blob:", "about:"))


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """A window on a desk."""
    return new_page()


@pytest.fixture
def shot() -> Callable[[Page, str], None]:
    """Keep pictures of a page on a phone and on a desk, as build output."""

    def taken(page: Page, name: str) -> None:
        SHOTS.mkdir(parents=True, exist_ok=True)
        before = page.viewport_size
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, f"{name}: {wide} px wide in a window of {width}"
            page.screenshot(path=SHOTS / f"{name}-{width}.png", full_page=True)
        if before is not None:
            page.set_viewport_size(before)

    return taken


@pytest.fixture(scope="session")
def accessible() -> Callable[[Page], None]:
    """Find nothing serious on a page by axe-core."""
    axe = Axe()

    def checked(page: Page) -> None:
        found = axe.run(page).response["violations"]
        serious = [
            f"{each['id']} ({each['impact']}): {each['help']}: {[node['target'] for node in each['nodes']][:3]}"
            for each in found
            if each["impact"] in ("serious", "critical")
        ]
        assert not serious, "\n".join(serious)

    return checked
