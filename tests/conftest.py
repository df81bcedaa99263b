"""What all tests share: where the reference numbers are, and how large a run is."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

FULL = os.environ.get("EQUIPOISE_FULL") == "1"
PATIENCE = 180_000
"""Milliseconds for which a browser is waited for: what never comes fails, what comes late does not."""

# a process of tests for each core: threads of frames that are small would only wait for each other
os.environ.setdefault("POLARS_MAX_THREADS", "1")

# a busy machine is no failure: properties have no time limit of their own; new examples are looked for at full size
settings.register_profile(
    "equipoise",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    max_examples=100 if FULL else 20,
    derandomize=not FULL,
)
settings.load_profile("equipoise")


@pytest.fixture(scope="session")
def full() -> bool:
    """True when the promised sizes are asked for."""
    return FULL


@pytest.fixture(scope="session")
def reference() -> Path:
    """Folder of the reference numbers; the test is skipped without it."""
    folder = os.environ.get("EQUIPOISE_REFERENCE")
    if not folder:
        pytest.skip("EQUIPOISE_REFERENCE is not set: reference data are not part of the repository")
    path = Path(folder)
    if not path.is_dir():
        pytest.fail(f"EQUIPOISE_REFERENCE={folder} is not a folder")
    return path


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Debian's chromium, one for all tests of a process."""
    playing = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("chromium is not there (apt-get install chromium)")
    with pytest.MonkeyPatch.context() as patch, playing.sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # playwright keeps a loop in this thread
        playing.expect.set_options(timeout=PATIENCE)
        browser = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-gpu"], timeout=PATIENCE
        )
        yield browser
        browser.close()


def pytest_report_header() -> str:
    """Say the sizes and the reference folder in the head of the run."""
    sizes = "promised" if FULL else "reduced"
    return f"equipoise: sizes {sizes}, reference numbers {os.environ.get('EQUIPOISE_REFERENCE', 'not set')}"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip tests of promised sizes in a reduced run; begin with what takes longest: nobody waits at the end."""
    items.sort(key=lambda item: not _folder(item.nodeid).startswith(_LONG))
    for item in items:
        if not FULL and item.get_closest_marker("full"):
            item.add_marker(pytest.mark.skip(reason="promised size: run make test-full"))


_LONG = ("tests/browser", "tests/rehearsal", "tests/server")
_TOGETHER = {
    "twin": ("tests/rehearsal/twin", "tests/rehearsal/test_fault.py", "tests/rehearsal/test_two_roads.py"),
    "noninterference": ("tests/server/noninterference",),
}
"""Files that look at what is made once: they run in one process."""


def _folder(nodeid: str) -> str:
    return nodeid.split("::", 1)[0]


class Scheduling(LoadFileScheduling):
    """A file of tests is run by one process, and so are files that look at the same trial."""

    def _split_scope(self, nodeid: str) -> str:
        file = _folder(nodeid)
        return next((name for name, files in _TOGETHER.items() if file.startswith(files)), file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling:
    """Share the tests out."""
    return Scheduling(config, log)
