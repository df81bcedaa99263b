"""Protocols of published trials, and a small one that is easily spoiled."""

from collections.abc import Callable
from pathlib import Path

import pytest

from equipoise.protocol import Protocol, load_protocol, parse_protocol

TRIALS = Path(__file__).parents[2] / "trials"
TEXT = """\
equipoise: 1
trial: {id: T1, title: A trial, masking: double_blind}
arms:
  active: {label: Active, role: experimental}
  placebo: {label: Placebo, role: control}
baseline:
  site: {levels: [midgut, hindgut, other]}
  prior: {type: boolean}
randomization:
  ratio: {active: 1, placebo: 1}
  method: {minimization: {measure: variance, probability: 0.8}}
  strata: {site: site, prior: prior}
endpoints:
  os: {label: Overall survival, paramcd: OS, events: [death]}
populations:
  itt: {label: ITT, members: randomized}
analyses:
  primary:
    endpoint: os
    population: itt
    role: primary
    test: {logrank: {strata: randomization}}
    sided: 1
    alpha: 0.025
    power: 0.9
    median_control_months: 10
    median_experimental_months: 16
    interims: [{at_fraction: 0.6}]
    design: {patients: 300, accrual: {months: 24}, dropout_per_year: 0.03, study_months: 60, seed: 7, trials: 160}
"""


@pytest.fixture
def published() -> Callable[[str], Protocol]:
    """Load the protocol of a published trial."""
    return lambda name: load_protocol(TRIALS / name / "protocol.yaml")


@pytest.fixture
def small() -> Callable[..., Protocol]:
    """Load the small protocol with parts replaced."""

    def make(*replacements: tuple[str, str]) -> Protocol:
        text = TEXT
        for old, new in replacements:
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        return parse_protocol(text, file="t.yaml")

    return make
