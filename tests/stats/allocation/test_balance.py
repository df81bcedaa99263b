"""The balance alarm: few false alarms, early true ones, impossible blocks at once."""

import numpy as np
import pytest

from equipoise.stats import StatsError
from equipoise.stats.allocation import (
    balance_limits,
    biased_coin,
    big_stick,
    block_guess,
    complete_randomization,
    detection_delay,
    minimization,
    permuted_blocks,
    simulate,
    watch_balance,
)

BINARY = [2, 2]
DESIGNS = {
    "blocks": permuted_blocks([1, 1], [4, 6], n_levels=BINARY),
    "blocks 2:1": permuted_blocks([2, 1], [3, 6], n_levels=BINARY),
    "minimization": minimization([1, 1], BINARY),
    "minimization 2:1": minimization([2, 1], BINARY, measure="variance"),
    "minimization of three": minimization([1, 1, 1], BINARY),
    "coin": biased_coin([1, 1], n_levels=BINARY),
    "stick": big_stick([1, 1], tolerance=3, n_levels=BINARY),
    "complete": complete_randomization([1, 1]),
}
N = 171
FAULT = (0.57, 0.43)


@pytest.fixture(scope="module")
def limits():
    return {name: balance_limits(plan, N, n_trials=20_000) for name, plan in DESIGNS.items()}


def false_alarms(limits, n_trials, weights, seed):
    """Run trials by the design, on patients drawn with weights, and count those with an alarm."""
    plan, found = limits.plan, 0
    rng = np.random.default_rng(seed)
    repeats = 100
    for batch in range(n_trials // repeats):
        levels = (rng.random((N, plan.n_levels.size)) < weights[: plan.n_levels.size]).astype(np.int64)
        given = levels if plan.n_levels.size else None
        for arms in simulate(plan, given, n=N, n_trials=repeats, seed=99, first_trial=batch * repeats):
            found += watch_balance(limits, arms, given).alarm
    return found


@pytest.mark.evidence(method="balance_limits", kind="property", source="chance of any false alarm over the accrual")
@pytest.mark.parametrize("name", DESIGNS)
def test_false_alarms_over_the_whole_accrual(limits, name, full):
    """At most 0.001, at the frequencies assumed and at others: the count stays within three standard errors of that."""
    n_trials = 20_000 if full else 1000
    for weights in ([0.5, 0.5], [0.15, 0.35]):
        found = false_alarms(limits[name], n_trials, np.array(weights), 7)
        assert found <= 0.001 * n_trials + 3 * (0.001 * n_trials) ** 0.5


def faulty(n_first, seed, n=N):
    """Make a trial of n patients by a 57:43 coin that ends with n_first in the first arm."""
    rng = np.random.default_rng(seed)
    while True:
        arms = (rng.random(n) >= FAULT[0]).astype(np.int64)
        if np.sum(arms == 0) == n_first:
            return arms, rng.integers(0, 2, (n, 2))


@pytest.mark.parametrize("name", ["blocks", "minimization", "stick"])
def test_97_against_74_raises_the_alarm(limits, name):
    raised = [watch_balance(limits[name], *faulty(97, seed)) for seed in range(20)]
    assert all(watch.alarm for watch in raised)
    assert np.median([watch.first_alarm for watch in raised]) < 80


def test_97_against_74_is_no_surprise_under_complete_randomization(limits):
    """z = 1.76: whoever declares complete randomization has no alarm to expect."""
    arms, _ = faulty(97, 1)
    assert not watch_balance(limits["complete"], arms).alarm


@pytest.mark.evidence(method="detection_delay", kind="property", source="57:43 fault, 171 patients")
@pytest.mark.parametrize(
    ("name", "median", "detected"), [("blocks", 30, 1.0), ("minimization", 80, 0.9), ("stick", 20, 1.0)]
)
def test_detection_delay_under_a_57_to_43_fault(limits, name, median, detected, full):
    delay = detection_delay(limits[name], FAULT, n_trials=5000 if full else 300)
    assert delay.detected >= detected
    assert delay.quantile(0.5) <= median
    assert delay.quantile(0.1) <= delay.quantile(0.5) <= delay.quantile(0.9)


def test_an_arm_that_no_block_allows_raises_at_once():
    """Blocks of 4 and 6: four of one arm in a row at the start of a stratum cannot be; elsewhere they can."""
    plan = permuted_blocks([1, 1], [4, 6])
    limits = balance_limits(plan, 40, n_trials=2000)
    watch = watch_balance(limits, [0, 0, 0, 0, 1, 1, 1, 1])
    assert (watch.first_alarm, watch.reason) == (4, "impossible")
    assert watch_balance(limits, [1, 1, 0, 0, 0, 0, 1, 1]).first_alarm is None
    assert watch_balance(limits, [1, 0, 1, 0, 0, 0, 0, 0]).first_alarm == 8


def test_an_arm_of_probability_zero_raises_at_once():
    stick = balance_limits(big_stick([1, 1], tolerance=2), 40, n_trials=2000)
    assert watch_balance(stick, [0, 0, 1, 0, 0]).reason == "impossible"
    assert watch_balance(stick, [0, 0, 1, 0, 0]).first_alarm == 5
    assert not watch_balance(stick, [0, 0, 1, 0, 1]).alarm
    forced = balance_limits(minimization([1, 1], [2], p=1.0), 40, n_trials=2000)
    watch = watch_balance(forced, [0, 1, 1, 0, 0, 1, 1], [[0], [0], [1], [1], [0], [0], [0]])
    assert not watch.alarm
    assert watch_balance(forced, [0, 0], [[0], [0]]).first_alarm == 2
    assert watch_balance(forced, [0, 0], [[0], [1]]).first_alarm is None


def test_guess_of_blocks_by_hand():
    """Blocks of 2 and 4, after A: P(size 2) = P(size 4) = 1/2, so P(B) = (1 + 2/3) / 2 = 5/6."""
    guess = block_guess(permuted_blocks([1, 1], [2, 4]), [0, 1, 0, 0])
    assert guess[0].tolist() == [0.5, 0.5]
    assert guess[1].tolist() == pytest.approx([1 / 6, 5 / 6])
    # AB: the block of 2 has ended (1/2 x 1/2) or one of 4 is open (1/2 x 1/2 x 2/3): even chances by symmetry
    assert guess[2].tolist() == pytest.approx([0.5, 0.5])
    # ABA: open blocks: 4 begun at 1 (weight 1/2 x 1/6: B surely), 2 begun at 3 (1/4 x 1/2 x 1/2: B), 4 begun at 3
    # (1/4 x 1/2 x 1/2: B with 2/3); 1/12, 1/16, 1/16
    b = (1 / 12 + 1 / 16 + 2 / 3 / 16) / (1 / 12 + 1 / 8)
    assert guess[3].tolist() == pytest.approx([1 - b, b])


def test_nothing_before_the_first_patient(limits):
    watch = watch_balance(limits["blocks"], np.empty(0, np.int64), np.empty((0, 2), np.int64))
    assert not watch.alarm
    assert watch.statistic.size == 0


def test_bad_input():
    plan = DESIGNS["blocks"]
    with pytest.raises(StatsError, match="at least 2 / alpha"):
        balance_limits(plan, 10, n_trials=1998)
    with pytest.raises(StatsError, match="one row of non-negative numbers per factor"):
        balance_limits(plan, 10, frequencies=[[1, 1]])
    limits = balance_limits(plan, 10, n_trials=2000)
    with pytest.raises(StatsError, match=r"arms\[1\] = 2: the design has arms 0 to 1"):
        watch_balance(limits, [0, 2], [[0, 0], [0, 0]])
    with pytest.raises(StatsError, match="factor 1 has levels 0 to 1"):
        watch_balance(limits, [0, 1], [[0, 0], [0, 2]])
    with pytest.raises(StatsError, match="2 probabilities that sum to 1"):
        detection_delay(limits, [0.5, 0.4])
