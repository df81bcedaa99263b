"""Size of a test under the design: what minimization and drift do to log-rank and analysis of covariance."""

import numpy as np
import pytest

from equipoise.stats import StatsError, logrank_test
from equipoise.stats.allocation import (
    complete_randomization,
    exponential_outcome,
    minimization,
    permuted_blocks,
    size_of_test,
)


def logrank(arms, levels, outcomes):
    time, event = outcomes
    return logrank_test(time, event, arms).p_value


def covariance(arms, levels, outcome):
    """Two-sided p of the arm in least squares with all factors; quantile 1.98525 is t of 95 degrees at .05."""
    design = np.column_stack([np.ones(arms.size), arms, levels])
    inverse = np.linalg.inv(design.T @ design)
    coefficients = inverse @ design.T @ outcome
    residual = outcome - design @ coefficients
    t = coefficients[1] / np.sqrt(residual @ residual / (arms.size - 5) * inverse[1, 1])
    return 0.05 if abs(t) > 1.98525 else 0.06


def normal(drift):
    def draw(levels, entry, uniforms):
        noise = np.sqrt(-2 * np.log1p(-uniforms[:, 0])) * np.cos(2 * np.pi * uniforms[:, 1])
        return noise + levels.sum(axis=1) + drift * entry

    return draw


@pytest.mark.evidence(method="size_of_test", kind="published", source="type I error after minimization")
@pytest.mark.parametrize(("p", "drift", "expected"), [(0.8, 0.0, 0.05425), (0.8, 2.0, 0.025), (1.0, 2.0, 0.019)])
def test_analysis_of_covariance_after_minimization(p, drift, expected, full):
    """rerandomization.json: 4,000 trials of 100 patients, three factors of effect 1; within four standard errors."""
    n_trials = 4000 if full else 600
    plan = minimization([1, 1], [2, 2, 2], measure="variance", p=p)
    found = size_of_test(plan, 100, covariance, normal(drift), n_trials=n_trials)
    assert found.size == pytest.approx(expected, abs=4 * (0.05 * 0.95 * (1 / 4000 + 1 / n_trials)) ** 0.5)
    assert found.std_error == pytest.approx((found.size * (1 - found.size) / n_trials) ** 0.5)


def test_logrank_keeps_its_size_without_factors_and_drift(full):
    n_trials = 4000 if full else 400
    outcome = exponential_outcome(300, accrual=700, follow_up=200)
    for plan in (complete_randomization([1, 1]), permuted_blocks([1, 1], [4, 6])):
        found = size_of_test(plan, 120, logrank, outcome, n_trials=n_trials)
        assert found.size == pytest.approx(0.05, abs=4 * (0.05 * 0.95 / n_trials) ** 0.5)


def test_unstratified_logrank_is_conservative_after_minimization_of_strong_factors(full):
    n_trials = 4000 if full else 400
    outcome = exponential_outcome(300, log_hazard_ratios=[1.5, 1.5])
    found = size_of_test(minimization([1, 1], [2, 2], p=1.0), 120, logrank, outcome, n_trials=n_trials)
    assert found.size < 0.03


def test_outcomes():
    draw = exponential_outcome(100, log_hazard_ratios=[np.log(2)], drift=np.log(2), accrual=50, follow_up=80)
    levels, entry = np.array([[0], [1], [0]]), np.array([0.0, 0.0, 1.0])
    time, event = draw(levels, entry, np.full((3, 2), 0.5))
    assert time.tolist() == [100, 50, 50]
    assert event.tolist() == [True, True, True]
    time, event = draw(levels, entry, np.full((3, 2), 0.75))
    assert time.tolist() == [130, 100, 80]  # the third is censored at the end
    assert event.tolist() == [False, True, False]


def test_bad_input():
    outcome = exponential_outcome(100)
    with pytest.raises(StatsError, match="alpha in"):
        size_of_test(complete_randomization([1, 1]), 10, logrank, outcome, alpha=0.0)
    with pytest.raises(StatsError, match="n_trials"):
        size_of_test(complete_randomization([1, 1]), 10, logrank, outcome, n_trials=-1)
