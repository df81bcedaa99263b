"""Reference numbers for the survival tests."""

import importlib.util
import json
import sys
from pathlib import Path

import pytest


def _load(name):
    """Make a file of this folder importable: the tests are no package."""
    spec = importlib.util.spec_from_file_location(f"survival_{name}", Path(__file__).with_name(f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


survival_goldens = _load("goldens")
survival_cox_cases = _load("cox_cases")


@pytest.fixture(scope="session")
def goldens(reference):
    """Reference numbers of R survival; the test is skipped where they are not."""
    return survival_goldens.Goldens(reference / "survival")


@pytest.fixture
def largest_difference(record_property):
    """Assert that differences are within tolerance, and record the largest for the validation tables."""
    seen = [0.0]

    def note(difference: float, tolerance: float, what: str = "") -> None:
        assert difference <= tolerance, f"{what}: {difference:.3g} > {tolerance:g}"
        seen[0] = max(seen[0], difference)

    yield note
    record_property("largest_difference", float(seen[0]))


@pytest.fixture(scope="session")
def trial120():
    """One made-up trial of 120 subjects and what R says about it (trial120.R beside this file)."""
    return json.loads(Path(__file__).with_name("trial120.json").read_text())
