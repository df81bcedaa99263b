"""Reference numbers of the designs."""

import json

import pytest


@pytest.fixture(scope="session")
def goldens(reference):
    return json.loads((reference / "design" / "goldens.json").read_text())
