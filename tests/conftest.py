"""What all tests share: where the reference numbers are, and how large a run is."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# a busy machine is no failure: properties have no time limit of their own
settings.register_profile("equipoise", deadline=None)
settings.load_profile("equipoise")

FULL = os.environ.get("EQUIPOISE_FULL") == "1"


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


def pytest_report_header() -> str:
    """Say the sizes and the reference folder in the head of the run."""
    sizes = "promised" if FULL else "reduced"
    return f"equipoise: sizes {sizes}, reference numbers {os.environ.get('EQUIPOISE_REFERENCE', 'not set')}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip tests of promised sizes in a reduced run."""
    if FULL:
        return
    for item in items:
        if item.get_closest_marker("full"):
            item.add_marker(pytest.mark.skip(reason="promised size: run make test-full"))
