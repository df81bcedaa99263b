"""Why simulated trials succeed a little less often than the formula says."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from equipoise.design import read_assumptions, run_trials
from equipoise.design.allocator import read_allocator
from equipoise.design.simulation import trial_plan
from equipoise.design.size import planned_design
from equipoise.protocol import load_protocol

TRIALS = 6_000


@pytest.fixture(scope="module")
def runs():
    """The planned trials with the stratified test, and the same trials with the plain one."""
    protocol = load_protocol(Path(__file__).parents[2] / "trials" / "a021202" / "protocol.yaml")
    plan = read_assumptions(protocol, "primary")
    design, events = planned_design(plan)
    trial = trial_plan(plan, read_allocator(protocol, plan), events=(design.information * events).tolist())
    made = [run_trials(case, TRIALS, seed=21202) for case in (trial, replace(trial, stratified=False))]
    return design, -math.log(plan.hazard_ratio), trial.looks[-1].events, made


def information(run) -> float:
    """Mean information of the final test: the variance of its score."""
    return float(((run.z[:, -1] / run.log_hazard_ratio[:, -1]) ** 2).mean())


def test_strata_and_unequal_risk_sets_take_information(runs):
    """An event among n at risk carries at most (1 - 1/n)/4; the formula counts a quarter for every event."""
    _, _, events, (stratified, plain) = runs
    assert plain.events[:, -1].mean() == stratified.events[:, -1].mean() == events
    assert information(stratified) < information(plain) < events / 4.0
    assert information(plain) == pytest.approx(27.2, abs=0.1)
    assert information(stratified) == pytest.approx(26.6, abs=0.1)


def test_the_power_simulated_is_that_of_the_mean_statistic(runs):
    design, effect, events, made = runs
    formula = design.crossing(effect * math.sqrt(events / 4.0)).power
    assert formula == pytest.approx(0.8503, abs=1e-4)
    for run in made:
        mean = float(-run.z[:, -1].mean())
        stops = run.stops(design.upper)
        assert mean < effect * math.sqrt(events / 4.0)
        assert stops.power == pytest.approx(design.crossing(mean).power, abs=4 * stops.std_error)
    paired = made[0].stops(design.upper).power - made[1].stops(design.upper).power
    assert -0.02 < paired < 0.0
    assert np.corrcoef(made[0].z[:, -1], made[1].z[:, -1])[0, 1] > 0.9
