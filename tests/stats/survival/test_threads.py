"""Work in blocks and on several threads: the same numbers to the last bit, and those of one sweep over all rows."""

import numpy as np
import pytest
from survival_goldens import relative_difference

from equipoise.stats import StatsError, cox_ph, kaplan_meier, logrank_test, threads
from equipoise.stats.survival import cox_blocks, cox_data, parallel

ROWS = 900


@pytest.fixture
def small_blocks(monkeypatch):
    """Cut blocks of some 40 rows, so that a small sample has many."""
    for module in (cox_blocks, cox_data, parallel):
        monkeypatch.setattr(module, "BLOCK_ROWS", 40)


def sample(seed=5, decimals=1):
    rng = np.random.default_rng(seed)
    x = np.column_stack([rng.integers(0, 2, ROWS), rng.normal(50.0, 9.0, ROWS), rng.exponential(1.0, ROWS)])
    time = rng.exponential(np.exp(0.5 * x[:, 0] - 0.02 * x[:, 1] + 3.0), ROWS).round(decimals)
    return {"time": time, "event": rng.random(ROWS) < 0.7, "x": x}


STRATA = {
    "one": None,
    "four": np.arange(ROWS) % 4,
    "many": np.arange(ROWS) % 333,
    "uneven": np.where(np.arange(ROWS) < 850, 0, np.arange(ROWS)),
}
NUMBERS = ("coef", "vcov", "loglik", "loglik_null", "conf_low", "p_value")


def numbers(model):
    return np.concatenate([np.ravel(getattr(model, name)) for name in NUMBERS] + [[model.score.statistic]])


@pytest.mark.parametrize("strata", STRATA.values(), ids=STRATA.keys())
@pytest.mark.parametrize("ties", ["efron", "breslow"])
@pytest.mark.parametrize("decimals", [0, 1, 9])
def test_blocks_give_the_numbers_of_one_sweep(monkeypatch, strata, ties, decimals):
    data = sample(decimals=decimals)
    whole = cox_ph(**data, strata=strata, ties=ties)
    for module in (cox_blocks, cox_data, parallel):
        monkeypatch.setattr(module, "BLOCK_ROWS", 40)
    blocks = cox_ph(**data, strata=strata, ties=ties)
    assert blocks.iterations == whole.iterations
    assert relative_difference(numbers(blocks), numbers(whole)) < 1e-10


@pytest.mark.parametrize("strata", STRATA.values(), ids=STRATA.keys())
@pytest.mark.parametrize("weights", [None, np.arange(ROWS) % 3 + 1, np.arange(ROWS) % 3 + 0.5])
@pytest.mark.usefixtures("small_blocks")
def test_any_number_parallel_gives_the_same_bits(strata, weights):
    data = sample()
    one = cox_ph(**data, strata=strata, weights=weights)
    for count in (1, 2, 3, 8):
        with threads(count):
            several = cox_ph(**data, strata=strata, weights=weights)
        assert numbers(several).tobytes() == numbers(one).tobytes()


@pytest.mark.usefixtures("small_blocks")
def test_tests_and_curves_give_the_same_bits():
    data = sample(decimals=6)
    group = data["x"][:, 0]

    def both():
        test = logrank_test(data["time"], data["event"], group, strata=STRATA["four"])
        curve = kaplan_meier(data["time"], data["event"])
        return np.concatenate([[test.statistic, test.z], test.expected, curve.estimate, curve.conf_low])

    one = both()
    with threads(2):
        assert both().tobytes() == one.tobytes()


@pytest.mark.usefixtures("small_blocks")
def test_every_way_to_end_is_found_in_blocks_too():
    """Rows at one time make one block; an arm without events, a constant and a repeated covariate are recognized."""
    data = sample()
    same = cox_ph(np.full(ROWS, 7.0), data["event"], data["x"])
    assert same.converged
    monotone = cox_ph(data["time"], data["event"] & (data["x"][:, 0] == 0), data["x"])
    assert monotone.status == ("monotone", "", "")
    dependent = cox_ph(data["time"], data["event"], np.column_stack([data["x"], data["x"][:, 0], np.ones(ROWS)]))
    assert dependent.status == ("", "", "", "NE", "NE")


def test_a_number_parallel_that_makes_no_sense_is_refused():
    for count in (0, -1, 1.5, "2", True, None):
        with pytest.raises(StatsError, match="threads: expected a whole number from 1 on"), threads(count):
            pass


def test_one_thread_is_back_after_the_block_whatever_happens():
    with pytest.raises(ZeroDivisionError), threads(2):
        raise ZeroDivisionError
    assert parallel._pool.get() is None
    with threads(3), threads(1):
        assert parallel._pool.get() is None
