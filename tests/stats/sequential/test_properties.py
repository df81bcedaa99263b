"""Laws that hold for every design, and arguments that make none."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise.stats import StatsError, group_sequential
from equipoise.stats._kernels.sequential import density
from equipoise.stats.sequential.walk import crossing_probabilities

SPENDING = ["lan_demets_obrien_fleming", "lan_demets_pocock", "hwang_shih_decani", "kim_demets"]
looks = (
    st.lists(st.floats(0.05, 1.0), min_size=1, max_size=6, unique=True)
    .map(sorted)
    .filter(lambda x: all(b - a > 0.02 for a, b in pairwise(x)))
)
levels = st.floats(0.001, 0.2)


def design(information, alpha, boundary, **more):
    parameter = 2.0 if boundary in ("hwang_shih_decani", "kim_demets") else None
    return group_sequential(information, alpha=alpha, boundary=boundary, boundary_parameter=parameter, **more)


@pytest.mark.evidence(method="group_sequential", kind="property", source="error spent is the error asked for")
@given(looks, levels, st.sampled_from([*SPENDING, "obrien_fleming", "pocock"]), st.sampled_from([1, 2]))
def test_the_error_is_the_error_asked_for(information, alpha, boundary, sided):
    found = design(information, alpha, boundary, sided=sided)
    assert found.alpha_spent[-1] == pytest.approx(alpha, rel=1e-9)
    assert (np.diff(found.alpha_spent) >= -1e-15).all()
    assert found.crossing(found.drift).power == pytest.approx(0.9, abs=1e-9)


@given(looks, levels, st.sampled_from(SPENDING), st.floats(0.1, 50.0))
def test_only_fractions_of_information_matter(information, alpha, boundary, unit):
    first = design(information, alpha, boundary)
    second = design([unit * x for x in information], alpha, boundary)
    assert second.upper == pytest.approx(first.upper, abs=1e-9)


@given(looks, st.floats(0.001, 0.1), st.sampled_from(SPENDING))
def test_more_alpha_lowers_every_bound(information, alpha, boundary):
    low, high = design(information, alpha, boundary), design(information, 1.5 * alpha, boundary)
    assert (high.upper <= low.upper + 1e-12).all()


@given(looks, levels)
def test_the_two_sides_of_a_symmetric_design_are_alike(information, alpha):
    found = group_sequential(information, alpha=alpha, sided=2)
    under = found.crossing(0.0)
    assert under.upper == pytest.approx(under.lower, abs=1e-12)
    assert found.crossing(-1.3).lower == pytest.approx(found.crossing(1.3).upper, abs=1e-12)


@given(looks.filter(lambda x: len(x) > 1), levels, st.sampled_from(SPENDING[:2]), st.booleans())
def test_futility_spends_the_type_two_error(information, alpha, boundary, binding):
    found = design(information, alpha, boundary, futility="lan_demets_pocock", binding=binding)
    assert found.beta_spent[-1] == pytest.approx(0.1, abs=1e-9)
    assert found.alpha_spent[-1] == pytest.approx(alpha, rel=1e-9)
    assert (found.lower <= found.upper).all()
    if not binding:
        assert found.crossing(0.0).power <= alpha * (1 + 1e-9)


@pytest.mark.evidence(method="group_sequential", kind="property", source="simulated random walks")
def test_type_one_error_and_power_by_simulation(full):
    trials = 1_000_000 if full else 100_000
    steps = np.random.default_rng(20261).standard_normal((trials, 4)) * 0.5
    information = np.arange(1, 5) / 4
    walk = np.cumsum(steps, axis=1)
    for boundary in ("lan_demets_obrien_fleming", "pocock", "haybittle_peto"):
        found = group_sequential(4, boundary=boundary)
        for drift, expected in ((0.0, 0.025), (found.drift, 0.9)):
            z = walk / np.sqrt(information) + drift * np.sqrt(information)
            share = (z >= found.upper).any(axis=1).mean()
            assert abs(share - expected) < 4 * math.sqrt(expected * (1 - expected) / trials)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"information": [0.5, 0.5]}, "rises from look to look"),
        ({"information": [0.7, 0.5]}, "rises from look to look"),
        ({"information": [0.0, 1.0]}, "above 0"),
        ({"information": 0}, "1 to 12 looks"),
        ({"information": 13}, "1 to 12 looks"),
        ({"information": "two"}, "information: expected numbers"),
        ({"information": [0.5, math.nan]}, "finite number"),
        ({"information": []}, "sequence of numbers"),
        ({"information": 2, "alpha": 0}, "alpha: expected a number between 0 and 1"),
        ({"information": 2, "alpha": 1.2}, "alpha: expected"),
        ({"information": 2, "power": 1}, "power: expected"),
        ({"information": 2, "power": 0.01}, "more than alpha"),
        ({"information": 2, "sided": 3}, "sided: expected 1 or 2"),
        ({"information": 2, "boundary": "of"}, "boundary: expected one of"),
        ({"information": 2, "boundary": "kim_demets"}, "needs its parameter rho"),
        ({"information": 2, "boundary": "pocock", "boundary_parameter": 1}, "has no parameter"),
        ({"information": 2, "boundary": "kim_demets", "boundary_parameter": -1}, "above 0"),
        ({"information": 2, "boundary": [0.02, 0.01]}, "must not fall"),
        ({"information": 2, "boundary": [0.02, 0.03]}, "spends more than alpha"),
        ({"information": 2, "boundary": [0.01, 0.02]}, "last value to be alpha"),
        ({"information": 2, "boundary": [0.025]}, "expected 2 values"),
        ({"information": 2, "futility": "none"}, "futility: expected one of"),
        ({"information": 3, "futility_bounds": [0.5, -0.1], "sided": 2}, "with two sides futility bounds are of"),
        ({"information": 3, "futility": "wang_tsiatis"}, "wang_tsiatis needs its parameter Delta"),
        (
            {"information": 3, "futility": "wang_tsiatis", "futility_parameter": 0.2, "binding": True},
            "with a shape are not binding",
        ),
        ({"information": 3, "futility_bounds": [0]}, "expected 2 values"),
        ({"information": 2, "futility_bounds": [0], "futility": "lan_demets_pocock"}, "not both"),
        ({"information": 2, "futility_parameter": 1}, "no futility spending"),
        ({"information": [0.5, 1 - 1e-9, 1]}, "two looks at the same information"),
        ({"information": 5, "boundary": "haybittle_peto", "boundary_parameter": 2}, "interim bounds alone spend 0.0"),
        ({"information": 3, "boundary": "haybittle_peto", "alpha": 0.001}, "more than alpha 0.001"),
        (
            {"information": 2, "futility": "lan_demets_pocock", "binding": True, "boundary": "pocock"},
            "boundary that spends",
        ),
    ],
)
def test_bad_arguments_are_explained(arguments, expected):
    with pytest.raises(StatsError, match=expected):
        group_sequential(**arguments)


def test_extreme_designs_hold_their_error():
    """Errors above a half on one side, steep shapes, parameters far out, numbers of numpy."""
    for arguments in (
        {"information": 1, "alpha": 0.6, "boundary": "obrien_fleming"},
        {"information": 3, "alpha": 0.9, "power": 0.95, "boundary": "haybittle_peto"},
        {"information": 3, "boundary": "wang_tsiatis", "boundary_parameter": 5},
        {"information": 3, "boundary": "hwang_shih_decani", "boundary_parameter": -800},
        {"information": 3, "boundary": "hwang_shih_decani", "boundary_parameter": np.int64(-4)},
        {"information": 2, "alpha": np.float32(0.05), "futility_bounds": [-math.inf]},
    ):
        found = group_sequential(**arguments)
        assert found.alpha_spent[-1] == pytest.approx(float(arguments.get("alpha", 0.025)), rel=1e-12)
        assert found.crossing(found.drift).power == pytest.approx(found.power_planned, abs=1e-12)


def test_everything_wrong_is_said_at_once():
    with pytest.raises(StatsError) as caught:
        group_sequential([1, 0.5], alpha=2, power=0, sided=0, boundary="x")
    assert {p.argument for p in caught.value.problems} == {"information", "alpha", "power", "sided", "boundary"}


@pytest.mark.parametrize("step", [1e-6, 1e-4, 0.3])
def test_density_between_close_looks_leaves_nothing_out(step):
    """The sum over all nodes, here by numpy: what is left out of it is 0 to the machine."""
    z, mass = np.linspace(-9.0, 9.0, 20_001), np.full(20_001, 9e-4)
    for at in (-8.9, -1.0, 0.00037, 3.2, 11.0):
        distance = (at * np.sqrt(0.5 + step) - z * np.sqrt(0.5)) / np.sqrt(step)
        whole = (mass * np.exp(-0.5 * distance**2)).sum() / np.sqrt(2 * np.pi) * np.sqrt((0.5 + step) / step)
        assert density(z, mass, 0.5, 0.5 + step, 0.0, at) == pytest.approx(whole, rel=1e-9, abs=1e-300)


def test_looks_that_lie_close_spend_all_error():
    found = group_sequential([0.5, 0.5001, 1.0], alpha=0.025, power=0.9)
    up, down = crossing_probabilities(np.array([0.5, 0.5001, 1.0]), 0.0, found.lower, found.upper)
    assert up.sum() == pytest.approx(0.025, abs=1e-12)
    assert down.sum() == 0.0
