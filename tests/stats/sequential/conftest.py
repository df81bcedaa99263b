"""Reference numbers of the designs."""

import json

import pytest


@pytest.fixture(scope="session")
def goldens(reference):
    return json.loads((reference / "design" / "goldens.json").read_text())


@pytest.fixture(scope="session")
def exact_bounds(reference):
    return json.loads((reference / "design" / "exact_bounds.json").read_text())
