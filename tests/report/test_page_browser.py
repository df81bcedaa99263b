"""The page in a browser: offline, by mouse, by keyboard, narrow and wide; screenshots in build/screenshots."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.conftest import PATIENCE
from tests.results.example import example_results

from equipoise.report import write_report

pytestmark = pytest.mark.browser

SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"
MEDIAN = "#primary-time-to-event tr:has(th:text-is('Median')) td:nth-child(2) a"


@pytest.fixture(scope="module")
def browser(chromium: Browser) -> Browser:
    return chromium


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_report(example_results(), tmp_path_factory.mktemp("report")).as_uri()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """The page on a desk, offline; any request or message in the console fails the test."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, offline=True)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    seen: list[str] = []
    page.on("console", lambda message: seen.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: seen.append(f"error: {error}"))
    page.on("request", lambda request: seen.append(f"request: {request.url[:200]}"))
    page.goto(address)
    yield page
    requests = [entry for entry in seen if not entry.startswith(("request: file://", "request: data:,"))]
    assert requests == []
    assert (
        len([entry for entry in seen if entry.startswith("request: file://")]) <= 2
    )  # once, once more where a test reloads
    context.close()


def test_a_number_opens_its_row_and_its_subjects(page: Page) -> None:
    page.click(MEDIAN)
    panel = page.locator("#panel")
    expect(panel).to_be_visible()
    text = panel.inner_text()
    for said in (
        "5.6 (4.2 to 6.9)",
        "169 days",
        "Kaplan-Meier, log-log",
        "Intention to treat",
        "95%",
        "Experimental drug",
    ):
        assert said in text, said
    for said in (
        "Final analysis, clinical cut-off 2021-06-30",
        "P: progression or death whenever observed",
        "computed",
    ):
        assert said in text, said
    assert panel.locator(".subjects li").count() == 97
    assert page.url.endswith(page.locator(MEDIAN).get_attribute("href") or "?")


def test_another_row_of_the_same_number_can_be_chosen(page: Page) -> None:
    page.click(MEDIAN)
    page.get_by_role("button", name="upper confidence limit").click()
    expect(page.locator("#panel dl")).to_contain_text("211 days")
    page.wait_for_function("document.activeElement.getAttribute('aria-pressed') === 'true'")


def test_escape_closes_and_gives_the_focus_back(page: Page) -> None:
    page.click(MEDIAN)
    page.wait_for_function("document.activeElement.id === 'panel'")
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_hidden()
    page.wait_for_url(lambda url: "#" not in url)
    expect(page.locator(MEDIAN)).to_be_focused()


def test_by_keyboard_alone(page: Page) -> None:
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.locator(MEDIAN).focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    style = page.evaluate("getComputedStyle(document.activeElement).textDecorationLine")
    assert style == "underline"
    page.keyboard.press("Enter")
    expect(page.locator("#panel")).to_be_visible()
    page.keyboard.press("Tab")
    page.wait_for_function("document.activeElement.textContent === 'Close'")
    page.keyboard.press("Enter")
    expect(page.locator("#panel")).to_be_hidden()


def test_what_opens_and_closes_is_announced(page: Page) -> None:
    page.click(MEDIAN)
    said = re.compile("^Opened: Progression-free survival, central review, Median time")
    expect(page.locator("#live")).to_have_text(said)
    page.keyboard.press("Escape")
    expect(page.locator("#live")).to_have_text("Closed.")


def test_the_address_leads_back_to_the_number(page: Page) -> None:
    page.click(MEDIAN)
    place = page.url
    page.goto("about:blank")
    page.goto(place)
    expect(page.locator("#panel")).to_be_visible()
    expect(page.locator("#panel")).to_contain_text("5.6 months (95%")
    page.wait_for_function("document.querySelector('a.num.open').getBoundingClientRect().top < window.innerHeight")


def test_back_closes_the_panel(page: Page) -> None:
    page.click(MEDIAN)
    page.go_back()
    expect(page.locator("#panel")).to_be_hidden()


def test_a_shape_of_a_figure_opens_its_rows(page: Page) -> None:
    page.locator(".canvas.wide [data-row]").first.click(force=True)
    expect(page.locator("#panel")).to_be_visible()


def test_a_narrow_page_never_scrolls_sideways(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    expect(page.locator(".canvas.narrow").first).to_be_visible()
    expect(page.locator(".canvas.wide").first).to_be_hidden()
    page.locator(MEDIAN).scroll_into_view_if_needed()
    page.click(MEDIAN)
    expect(page.locator("#panel")).to_be_visible()
    number, panel = page.locator(MEDIAN).bounding_box(), page.locator("#panel").bounding_box()
    assert number is not None
    assert panel is not None
    assert number["y"] + number["height"] <= panel["y"]  # the sheet does not cover the number it is about


def test_on_a_desk_the_panel_does_not_cover_the_number(page: Page) -> None:
    number = page.locator("#primary-time-to-event tbody tr:first-child td:nth-child(3) a")
    number.click()
    expect(page.locator("#panel")).to_be_visible()
    box, panel = number.bounding_box(), page.locator("#panel").bounding_box()
    assert box is not None
    assert panel is not None
    assert box["x"] + box["width"] <= panel["x"]


def test_a_table_that_fits_keeps_its_head_at_the_top_of_the_window(page: Page) -> None:
    page.evaluate("document.querySelector('#baseline tbody tr:nth-child(8)').scrollIntoView({block: 'start'})")
    assert abs(page.evaluate("document.querySelector('#baseline thead').getBoundingClientRect().top")) <= 1


def test_a_long_table_in_a_narrow_window_keeps_its_head_on_screen(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    frame = page.locator("#adverse-events-by-term").locator("..")
    page.evaluate("document.querySelector('#adverse-events-by-term').parentElement.classList.add('long')")
    frame.evaluate("frame => { frame.style.maxHeight = '200px'; frame.scrollTop = 150; }")
    top = frame.evaluate(
        "frame => frame.querySelector('thead').getBoundingClientRect().top - frame.getBoundingClientRect().top"
    )
    assert abs(top) <= 1


def test_labels_stay_when_a_wide_table_is_scrolled_sideways(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    frame = page.locator("#primary-time-to-event").locator("..")
    frame.evaluate("frame => { frame.scrollLeft = 50; }")
    assert frame.evaluate("frame => frame.scrollLeft") == 50
    left = frame.evaluate(
        "frame => frame.querySelector('tbody th').getBoundingClientRect().left - frame.getBoundingClientRect().left"
    )
    assert abs(left) <= 1


def test_a_cut_table_says_so_and_keeps_its_labels_readable(page: Page) -> None:
    hint = page.locator("figure:has(#baseline) .hint")
    expect(hint).to_be_hidden()
    page.set_viewport_size({"width": 390, "height": 844})
    expect(hint).to_be_visible()
    stub = page.locator("#baseline tbody tr:not(.head) th").first.bounding_box()
    assert stub is not None
    assert 150 <= stub["width"] <= 0.46 * 390
    page.locator("#baseline").locator("..").evaluate("frame => { frame.scrollLeft = frame.scrollWidth; }")
    page.wait_for_function("document.querySelector('#baseline').parentElement.classList.contains('end')")


def test_print_hides_the_panel_and_opens_the_tables(page: Page) -> None:
    page.click(MEDIAN)
    page.emulate_media(media="print")
    expect(page.locator("#panel")).to_be_hidden()
    expect(page.locator("nav.contents")).to_be_hidden()
    assert page.evaluate(
        "[...document.querySelectorAll('.frame')].every(f => getComputedStyle(f).overflowX === 'visible')"
    )
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.pdf(path=str(SCREENSHOTS / "report-print.pdf"), format="A4")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_have_contrast(browser: Browser, address: str, scheme: str) -> None:
    page = browser.new_page(color_scheme="dark" if scheme == "dark" else "light")
    page.set_default_timeout(PATIENCE)
    page.goto(address)
    colors = page.evaluate(
        """() => ['--ink', '--muted', '--action', '--danger', '--paper'].map(name => {
            const probe = document.createElement('span');
            probe.style.color = `var(${name})`;
            document.body.append(probe);
            return getComputedStyle(probe).color.match(/\\d+/g).slice(0, 3).map(Number);
        })"""
    )
    paper = _luminance(colors.pop())
    for color in colors:
        light, dark = sorted((paper, _luminance(color)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, color
    page.close()


def _luminance(color: list[int]) -> float:
    parts = [c / 255 / 12.92 if c / 255 <= 0.04045 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in color]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (768, "light"), (1440, "light"), (1440, "dark")])
def test_screenshots(browser: Browser, address: str, width: int, scheme: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    dark = scheme == "dark"
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light")
    page.set_default_timeout(PATIENCE)
    page.goto(address)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.screenshot(path=SCREENSHOTS / f"report-{width}-{scheme}.png", full_page=True)
    page.click(MEDIAN)
    page.screenshot(path=SCREENSHOTS / f"report-{width}-{scheme}-panel.png")
    page.close()
