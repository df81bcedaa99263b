"""What the builders and the allocator refuse, with what was seen and what is expected."""

import numpy as np
import pytest

from equipoise.stats import StatsError
from equipoise.stats.allocation import (
    allocate,
    biased_coin,
    big_stick,
    complete_randomization,
    exact_characteristics,
    minimization,
    operating_characteristics,
    permuted_blocks,
    philox_uniforms,
    scores,
    simulate,
    urn,
)

BUILDERS = [
    (lambda: permuted_blocks([1, 0], [4]), r"ratio\[1\] = 0: expected a whole number from 1 on"),
    (lambda: permuted_blocks([1.5, 1], [4]), r"ratio\[0\] = 1.5"),
    (lambda: permuted_blocks([1], [4]), "at least two arms, got 1"),
    (lambda: permuted_blocks([2, 1], [3, 4]), r"sizes\[1\] = 4: expected a positive multiple of 3"),
    (lambda: permuted_blocks([1, 1], []), "at least one block size"),
    (lambda: permuted_blocks([1, 1], [4], n_levels=[2, 0]), r"n_levels\[1\] = 0"),
    (lambda: biased_coin([1, 1], p=0.5), "probability above 1/2 up to 1, got 0.5"),
    (lambda: biased_coin([1, 1], p=float("nan")), "got nan"),
    (lambda: biased_coin([1, 1], tolerance=0), "tolerance: expected a whole number from 1 on, got 0"),
    (lambda: big_stick([1, 1], tolerance=None), "got None"),
    (lambda: minimization([1, 1], []), "at least one factor"),
    (lambda: minimization([1, 1], [2], measure="median"), "'range', 'variance', 'sd', 'chi-square', got 'median'"),
    (lambda: minimization([1, 1], [2], weights=[1, 2]), "has 2 weights where there are 1 factors"),
    (lambda: minimization([1, 1], [2], weights=[0]), r"weights\[0\] = 0: expected a positive number"),
    (lambda: urn([1, 1], alpha=-1), "alpha: expected a number from 0 on"),
    (lambda: urn([1, 1], alpha=0, beta=0), "the urn stays empty"),
    (lambda: urn([1, 1], power=0.5), "power: expected a number from 1 on"),
    (lambda: complete_randomization([997, 991]), "reduced ratio is above 1000"),
]


@pytest.mark.parametrize(("build", "message"), BUILDERS)
def test_builders(build, message):
    with pytest.raises(StatsError, match=message):
        build()


def test_builders_say_everything_at_once():
    with pytest.raises(StatsError) as error:
        minimization([0, 1], [0], measure="x", p=2, weights=[1, 1])
    assert len(error.value.problems) == 5


PLAN = permuted_blocks([1, 1], [4], n_levels=[2])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: allocate(PLAN, [[0.5]], [[0]]), r"expected the shape \(patients, 2\), got \(1, 1\)"),
        (lambda: allocate(PLAN, [[0.5, 1.0]], [[0]]), r"uniforms\[0\] = 0.5: expected numbers from 0 below 1"),
        (lambda: allocate(PLAN, [[0.5, np.nan]], [[0]]), "expected numbers from 0 below 1"),
        (lambda: allocate(PLAN, [[0.5, 0.5]], [[2]]), r"levels\[0\] = 2: factor 0 has levels 0 to 1"),
        (lambda: allocate(PLAN, [[0.5, 0.5]]), r"expected whole numbers of shape \(patients, 1\)"),
        (lambda: allocate(PLAN, [[0.5, 0.5]], [[0], [1]]), "has 2 patients where uniforms has 1"),
        (lambda: allocate(PLAN, [[0.5, 0.5]], [[0]], state=np.zeros((1, 2))), r"expected the shape \(2, 2\)"),
        (lambda: simulate(PLAN, n=5, n_trials=1, seed=1), "expected the levels"),
        (lambda: simulate(PLAN, [[0]], n_trials=1, seed=-1), "seed: expected a whole number from 0"),
        (lambda: philox_uniforms(2**63, 1), "seed"),
        (lambda: philox_uniforms(1, 1, trial=2**32), "trial"),
        (lambda: scores(PLAN, np.zeros((2, 2)), [0]), "minimization only"),
        (lambda: exact_characteristics(PLAN, 4), "two equal arms in one stratum"),
        (lambda: exact_characteristics(complete_randomization([2, 1]), 4), "two equal arms in one stratum"),
        (lambda: exact_characteristics(complete_randomization([1, 1]), 0), "from 1 on, got 0"),
        (lambda: operating_characteristics(PLAN, 10, frequencies=[[1, 1, 1]]), "of lengths"),
    ],
)
def test_calls(call, message):
    with pytest.raises(StatsError, match=message):
        call()


def test_nothing_is_changed_by_a_refusal_or_a_call():
    state = np.zeros((2, 2), np.int64)
    with pytest.raises(StatsError):
        allocate(PLAN, [[2.0, 0.5]], [[0]], state=state)
    allocate(PLAN, [[0.2, 0.5]], [[0]], state=state)
    assert not state.any()


def test_extreme_uniforms_pick_an_arm_that_is_possible():
    largest = np.nextafter(1.0, 0.0)
    for plan in (PLAN, minimization([1, 1], [2], p=1.0), big_stick([2, 1], tolerance=1, n_levels=[2])):
        for u in (0.0, largest):
            found = allocate(plan, np.full((50, 2), u), np.zeros((50, 1), np.int64))
            assert (found.probability[np.arange(50), found.arm] > 0).all()
