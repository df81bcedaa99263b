"""Designs with two sides that stop for futility where Z is near 0."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.stats import norm

from equipoise.stats import StatsError, final_inference, group_sequential
from equipoise.stats.sequential.bounds import at_spending_drift

SPENDING = ("lan_demets_obrien_fleming", "lan_demets_pocock")


def design(information, boundary=SPENDING[0], futility=SPENDING[0], **more):
    return group_sequential(information, alpha=0.05, sided=2, boundary=boundary, futility=futility, **more)


@pytest.mark.evidence(method="group_sequential", kind="hand", source="two looks, both regions by scipy's quadrature")
@pytest.mark.parametrize("binding", [False, True])
def test_two_looks_equal_quadrature(binding):
    """Second look given Z1 is normal: power and error are integrals over the two stretches where the trial goes on."""
    t, alpha, beta = 0.6, 0.05, 0.1
    found = design([t, 1.0], SPENDING[1], SPENDING[1], binding=binding)
    first = norm.isf(alpha / 2 * math.log(1 + (math.e - 1) * t))

    def crossed(theta, inner, last, sign):
        start = theta * math.sqrt(t)

        def later(z):
            above = (last - sign * (z * math.sqrt(t) + theta * (1 - t))) / math.sqrt(1 - t)
            return norm.pdf(z - start) * norm.sf(above)

        parts = [quad(later, low, high, epsabs=1e-13)[0] for low, high in ((-first, -inner), (inner, first))]
        return norm.sf(first - sign * start) + sum(parts)

    def solved(theta):
        spend = beta * math.log(1 + (math.e - 1) * t) - norm.cdf(-first - theta * math.sqrt(t))
        at = theta * math.sqrt(t)
        inner = brentq(lambda c: norm.cdf(c - at) - norm.cdf(-c - at) - spend, 0.0, first, xtol=1e-14)
        stop = inner if binding else 0.0
        last = brentq(lambda b: crossed(0.0, stop, b, 1) - alpha / 2, 0.5, 4.0, xtol=1e-14)
        return inner, last

    theta = brentq(lambda x: crossed(x, *solved(x), 1) - (1 - beta), 3.0, 4.0, xtol=1e-13)
    inner, last = solved(theta)
    assert found.upper == pytest.approx([first, last], abs=1e-10)
    assert found.inner == pytest.approx([inner, last], abs=1e-10)
    assert found.drift == pytest.approx(theta, abs=1e-10)
    assert found.crossing(theta).lower.sum() == pytest.approx(crossed(theta, inner, last, -1), abs=1e-12)


looks = st.lists(st.integers(1, 50), min_size=2, max_size=6, unique=True).map(sorted)


@pytest.mark.evidence(method="group_sequential", kind="property", source="errors of two-sided designs with futility")
@given(looks, st.sampled_from(SPENDING), st.sampled_from(SPENDING), st.booleans(), st.sampled_from([0.6, 0.9]))
def test_both_errors_are_those_asked_for(information, boundary, futility, binding, power):
    found = design(information, boundary, futility, binding=binding, power=power)
    assert found.alpha_spent[-1] == pytest.approx(0.05, rel=1e-10)
    assert found.beta_spent[-1] == pytest.approx(1 - power, abs=1e-10)
    assert (np.diff(found.beta_spent) >= -1e-15).all()
    planned, none = found.crossing(found.drift), found.crossing(0.0)
    assert planned.power == pytest.approx(power, abs=1e-10)
    assert none.upper == pytest.approx(none.lower, abs=1e-13)
    for end in (planned, none):
        assert (end.upper + end.lower + end.inner).sum() == pytest.approx(1.0, abs=1e-12)
    if not binding:
        assert none.upper.sum() + none.lower.sum() <= 0.05 * (1 + 1e-10)
    assert found.inner[-1] == found.upper[-1]
    assert (found.inner <= found.upper).all()


@pytest.mark.evidence(method="group_sequential", kind="property", source="simulated random walks, futility, two sides")
@pytest.mark.parametrize("boundary", [*SPENDING, "haybittle_peto", "pocock", "final_only"])
def test_errors_by_simulation(boundary, full):
    trials = 1_000_000 if full else 60_000
    information = np.array([0.3, 0.5, 0.8, 1.0])
    steps = np.random.default_rng(77).standard_normal((trials, 4)) * np.sqrt(np.diff(information, prepend=0.0))
    walk = np.cumsum(steps, axis=1) / np.sqrt(information)
    cases = [{"futility_bounds": [-math.inf, 0.3, 0.9], "futility": None, "binding": True}, {}]
    cases += [{"binding": True}] if boundary in SPENDING else []
    for more in cases:
        found = design(information, boundary, **{"futility": SPENDING[1], **more})
        for theta in (0.0, found.drift):
            z = walk + theta * np.sqrt(information)
            ended = (np.abs(z) >= found.upper) | (np.abs(z) <= found.inner)
            at = np.take_along_axis(z, ended.argmax(axis=1)[:, None], 1)[:, 0]
            up = (at >= found.upper[ended.argmax(axis=1)]).mean()
            exact = found.crossing(theta)
            assert abs(up - exact.power) < 4 * math.sqrt(exact.power * (1 - exact.power) / trials)
            shares = np.bincount(ended.argmax(axis=1), minlength=4) / trials
            expected = exact.upper + exact.lower + exact.inner
            assert (np.abs(shares - expected) < 4 * np.sqrt(expected / trials) + 1e-4).all()


@pytest.mark.evidence(method="group_sequential", kind="hand", source="shape and power of Pampallona and Tsiatis")
@given(looks, st.sampled_from([0.0, 0.25, 0.5]), st.sampled_from([1, 2]))
def test_bounds_with_a_shape_have_it_and_the_power(information, delta, sided):
    found = group_sequential(
        information, alpha=0.05, sided=sided, futility="wang_tsiatis", futility_parameter=delta, power=0.85
    )
    t = found.information
    shape = found.drift * np.sqrt(t) - (found.drift - found.upper[-1]) * t ** (delta - 0.5)
    if sided == 2:
        shape[shape < 0.0] = -np.inf
    stop = found.lower if sided == 1 else found.inner
    assert stop == pytest.approx(np.minimum(shape, found.upper), abs=1e-12)
    assert found.crossing(found.drift).power == pytest.approx(0.85, abs=1e-12)
    assert found.beta_spent[-1] == pytest.approx(0.15, abs=1e-12)
    assert found.alpha_spent[-1] == pytest.approx(0.05, abs=1e-12)


def test_bounds_given_say_where_the_trial_cannot_stop():
    found = design(3, futility=None, futility_bounds=[-math.inf, 0.4])
    assert found.inner.tolist() == [-math.inf, 0.4, found.upper[-1]]
    assert found.crossing(0.0).inner[0] == 0.0
    assert design(1).inner is None


@pytest.mark.evidence(method="final_inference", kind="hand", source="level of the last bound, two sides with futility")
@pytest.mark.parametrize("binding", [False, True])
def test_the_last_bound_has_the_level_of_the_design(binding):
    found = design(3, futility=SPENDING[1], binding=binding)
    z = [found.inner[0] + 0.1, found.inner[1] + 0.2]
    for sign in (1, -1):
        at_bound = final_inference(found, [sign * x for x in (*z, found.upper[2])], [10, 20, 30])
        assert at_bound.p_value == pytest.approx(0.05, abs=1e-12)
    low, high = (final_inference(found, [s * x for x in (*z, 2.5)], [10, 20, 30]) for s in (-1, 1))
    assert high.estimate == pytest.approx(-low.estimate, abs=1e-12)
    assert high.conf_low == pytest.approx(-low.conf_high, abs=1e-12)
    assert high.conf_low < high.estimate < high.conf_high


@pytest.mark.parametrize("binding", [False, True])
def test_a_stop_for_futility_between_the_bounds(binding):
    found = design(3, futility=SPENDING[1], binding=binding)
    z = found.inner[0] - 0.05
    if binding:
        with pytest.raises(StatsError, match="between binding futility bounds"):
            final_inference(found, [z], [10])
        with pytest.raises(StatsError, match="at or below the futility bound"):
            final_inference(found, [z, 3.0], [10, 20])
    else:
        stopped = final_inference(found, [z], [10])
        assert stopped.estimate == pytest.approx(z / math.sqrt(10), abs=1e-10)
        assert final_inference(found, [z, 3.0], [10, 20]).look == 2
    with pytest.raises(StatsError, match="the trial goes on"):
        final_inference(found, [found.inner[0] + 0.1], [10])


def test_futility_that_leaves_nobody_is_said():
    with pytest.raises(StatsError, match="no effect gives the power"):
        at_spending_drift(lambda _: (None, 0.5), 1.96, 0.1)
