"""The re-randomization test, by hand and against simulated levels."""

import itertools
import json

import numpy as np
import pytest

from equipoise.stats import StatsError, logrank_test
from equipoise.stats.allocation import (
    minimization,
    permuted_blocks,
    rerandomization_test,
    simulate,
)


@pytest.mark.evidence(method="rerandomization_test", kind="hand", source="all sequences of one block of four")
def test_one_block_of_four_by_hand():
    """Scores 1, 2, 4, 8; arms A A B B. The six equally likely sequences give the exact p value."""
    scores = np.array([1.0, 2.0, 4.0, 8.0])
    sequences = [s for s in itertools.product([0, 1], repeat=4) if sum(s) == 2]
    means = [scores[np.array(s) == 1].mean() - scores[np.array(s) == 0].mean() for s in sequences]
    exact = np.mean(np.abs(means) >= 4.5)
    test = rerandomization_test(permuted_blocks([1, 1], [4]), [0, 0, 1, 1], scores, n_draws=20_000)
    assert test.statistic == 4.5
    assert exact == pytest.approx(1 / 3)
    assert test.p_value == pytest.approx(exact, abs=4 * (exact * (1 - exact) / 20_000) ** 0.5)
    assert test.p_one_sided == 1.0


def test_sum_and_function_agree_with_the_mean_difference_in_blocks():
    """With arms of fixed sizes the sum is a linear function of the mean difference."""
    plan = permuted_blocks([1, 1], [4])
    rng = np.random.default_rng(2)
    scores = rng.normal(size=40)
    scores -= scores.mean()
    arms = simulate(plan, n=40, n_trials=1, seed=8)[0]
    mean = rerandomization_test(plan, arms, scores, n_draws=999)
    total = rerandomization_test(plan, arms, scores, statistic="sum", n_draws=999)
    by_function = rerandomization_test(plan, arms, lambda a: float(scores[a == 1].sum()), n_draws=999)
    assert total.p_value == mean.p_value == by_function.p_value
    assert total.p_one_sided == by_function.p_one_sided
    assert by_function.method == "re-randomization, given statistic"


@pytest.mark.evidence(method="rerandomization_test", kind="hand", source="log-rank observed less expected")
def test_logrank_scores():
    """Event less cumulative hazard of all patients: summed over an arm, the log-rank observed less expected."""
    rng = np.random.default_rng(4)
    n = 120
    plan, levels = minimization([1, 1], [2]), rng.integers(0, 2, (n, 1))
    arms = simulate(plan, levels, n_trials=1, seed=5)[0]
    time = np.ceil(rng.exponential(np.where(arms == 1, 60, 30)))
    event = rng.random(n) < 0.8
    hazard = {t: np.sum(event & (time == t)) / np.sum(time >= t) for t in np.unique(time)}
    scores = event - np.array([sum(h for t, h in hazard.items() if t <= own) for own in time])
    test = rerandomization_test(plan, arms, scores, levels, statistic="sum", n_draws=9999)
    logrank = logrank_test(time, event, arms)
    assert test.statistic == pytest.approx(logrank.observed[1] - logrank.expected[1], abs=1e-10)
    assert 0.5 < test.p_value / logrank.p_value < 2
    assert 0.5 < test.p_one_sided / logrank.p_one_sided < 2


def rejections(p, drift, reps, n_draws):
    """Simulate as the reference does: n = 100, three factors of effect 1, linear drift; count p <= .05."""
    plan, n, found = minimization([1, 1], [2, 2, 2], measure="variance", p=p), 100, 0
    rng = np.random.default_rng(3)
    for r in range(reps):
        levels = rng.integers(0, 2, (n, 3))
        outcome = rng.normal(size=n) + levels.sum(axis=1) + drift * np.arange(n) / n
        arms = simulate(plan, levels, n_trials=1, seed=1, first_trial=r)[0]
        test = rerandomization_test(plan, arms, outcome, levels, n_draws=n_draws, seed=2, scenario=r)
        found += test.p_value <= 0.05
    return found


@pytest.mark.evidence(method="rerandomization_test", kind="published", source="type I error after minimization")
@pytest.mark.parametrize("row", [2, 3, 5])
def test_level_after_minimization(reference, row, full):
    """The reference: 4,000 trials with 199 draws. Within four standard errors of both."""
    expected = json.loads((reference / "design" / "rerandomization.json").read_text())["rows"][row]
    reps = 4000 if full else 400
    found = rejections(expected["p"], expected["drift"], reps, 199) / reps
    error = (0.05 * 0.95 * (1 / 4000 + 1 / reps)) ** 0.5
    assert found == pytest.approx(expected["rerandomization"], abs=4 * error)


def test_bad_input():
    plan = permuted_blocks([1, 1], [4])
    with pytest.raises(StatsError) as error:
        rerandomization_test(plan, [0, 0, 0, 2], [1.0, np.nan, 2.0, 3.0], n_draws=0)
    text = str(error.value)
    assert "arms: the plan has arms 0 to 1" in text
    assert "n_draws: expected at least one draw, got 0" in text
    assert "scores[1] = nan: expected finite numbers" in text
    assert "arms: one arm has no patients" in text
    with pytest.raises(StatsError, match="one number for each of 4 patients"):
        rerandomization_test(plan, [0, 1, 0, 1], [1.0])
    with pytest.raises(StatsError, match="the plan has 3: give a function"):
        rerandomization_test(permuted_blocks([1, 1, 1], [3]), [0, 1, 2], [1.0, 2.0, 3.0])
