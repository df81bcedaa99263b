"""Sizes for proportions, means and single arms."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, fisher_exact

from equipoise.stats import (
    Accrual,
    PiecewiseHazard,
    StatsError,
    fisher_power,
    sample_size_fisher,
    sample_size_means,
    sample_size_one_sample_logrank,
    sample_size_proportions,
    sample_size_single_arm,
    simon_two_stage,
    two_stage_inference,
)
from equipoise.stats._kernels.two_stage import best_two_stage

RPACT, CLINFUN = "rpact 3.3.4", "clinfun 1.1.5"


@pytest.mark.evidence(method="sample_size_proportions", kind="R", source=RPACT)
def test_proportions_equal_rpact(goldens):
    for key in ("two_arm", "ratio2", "two_sided", "ni"):
        call, out = goldens["rates"][key]["call"], goldens["rates"][key]["out"]
        found = sample_size_proportions(
            call["pi1"],
            call["pi2"],
            ratio=call.get("allocationRatioPlanned", 1),
            alpha=call["alpha"],
            sided=call["sided"],
            power=1 - call["beta"],
            null_difference=call.get("thetaH0", 0.0),
        )
        assert found.n == pytest.approx(out["nFixed"], rel=1e-10)


@pytest.mark.evidence(method="sample_size_means", kind="R", source=RPACT)
def test_means_equal_rpact(goldens):
    for key in ("two_arm_t", "two_arm_z", "ratio2", "two_sided", "one_arm", "ni"):
        call, out = goldens["means"][key]["call"], goldens["means"][key]["out"]
        found = sample_size_means(
            call["alternative"],
            call["stDev"],
            ratio=call.get("allocationRatioPlanned", 1),
            alpha=call["alpha"],
            sided=call["sided"],
            power=1 - call["beta"],
            null_difference=call.get("thetaH0", 0.0),
            arms=call.get("groups", 2),
            distribution="normal" if call.get("normalApproximation") else "t",
        )
        assert found.n == pytest.approx(out["nFixed"], rel=1e-6)


@pytest.mark.evidence(method="sample_size_fisher", kind="R", source=f"{CLINFUN}, fe.ssize")
def test_fisher_equals_clinfun(goldens):
    for experimental, control, power in goldens["fisher_2arm"]["cps"]:  # by the approximate formula, and the exact size
        found = fisher_power(experimental, control, 0.30, 0.15, alpha=0.025)
        assert found == pytest.approx(power, abs=1e-6)
    assert sample_size_fisher(0.30, 0.15, alpha=0.025, power=0.8).n_control == goldens["fisher_2arm"]["cps"][1][0]


@pytest.mark.evidence(method="fisher_power", kind="hand", source="every outcome by scipy's Fisher test")
def test_fisher_power_is_the_sum_over_outcomes():
    expected = sum(
        binom.pmf(x, 17, 0.6) * binom.pmf(y, 14, 0.2)
        for x in range(18)
        for y in range(15)
        if fisher_exact([[x, 17 - x], [y, 14 - y]], alternative="greater")[1] <= 0.025
    )
    assert fisher_power(17, 14, 0.6, 0.2) == pytest.approx(expected, rel=1e-12)
    assert fisher_power(17, 14, 0.4, 0.8) == pytest.approx(fisher_power(17, 14, 0.6, 0.2), rel=1e-12)


@pytest.mark.evidence(method="sample_size_single_arm", kind="R", source=f"{CLINFUN}, ph2single")
def test_single_arm_equals_clinfun(goldens):
    for golden in goldens["ph2single"]:
        null, alternative, alpha, beta = golden["v"]
        smallest = 1
        for n, r, type1, type2 in golden["out"]:  # the smallest sizes that have the power, one after the other
            found = sample_size_single_arm(null, alternative, alpha=alpha, power=1 - beta, smallest=smallest)
            assert (found.n, found.most_responses) == (n, r)
            assert (found.alpha, 1 - found.power) == pytest.approx((type1, type2), rel=1e-10)
            smallest = n + 1


@pytest.mark.evidence(method="simon_two_stage", kind="R", source=f"{CLINFUN}, ph2simon")
def test_simon_equals_clinfun(goldens):
    for key, golden in goldens["simon"].items():
        null, alternative, alpha, beta = map(float, key.split("_"))
        designs = simon_two_stage(null, alternative, alpha=alpha, power=1 - beta)
        for name, found in (("minimax", designs[0]), ("optimal", designs[-1])):
            expected = golden[name]
            assert [found.r1, found.n1, found.r, found.n] == [expected[k] for k in ("r1", "n1", "r", "n")], key
            assert found.expected_n == pytest.approx(expected["EN(p0)"], rel=1e-12)
            assert found.stop_early == pytest.approx(expected["PET(p0)"], rel=1e-12)
            assert found.alpha <= alpha
            assert found.power >= 1 - beta
        for found, expected in ((designs[0], golden["oc_minimax"]), (designs[-1], golden["oc_optimal"])):
            assert found.alpha == pytest.approx(expected["P(reject H0 | p0)"], rel=1e-10)
            assert found.power == pytest.approx(expected["P(reject H0 | p1)"], rel=1e-10)


def succeeds(r1, n1, r, n, p):
    """P(more than r1 responses of n1, and more than r of n)."""
    first = np.arange(r1 + 1, n1 + 1)
    return float((binom.pmf(first, n1, p) * binom.sf(r - first, n - n1, p)).sum())


@pytest.mark.evidence(method="simon_two_stage", kind="R", source=f"{CLINFUN}, ph2simon: the best design of every size")
def test_the_best_design_of_every_size_equals_clinfun(goldens):
    for key, golden in goldens["simon"].items():
        null, alternative, alpha, beta = map(float, key.split("_"))
        rows = best_two_stage(100, null, alternative, alpha, beta)
        for expected in golden["admissible"]:
            r1, n1, r, n = (int(value) for value in rows[expected[3]][:4])
            assert [r1, n1, n] == [expected[0], expected[1], expected[3]], key
            sizes = rows[n][4], binom.cdf(r1, n1, null)
            assert sizes == pytest.approx((expected[4], expected[5]), rel=1e-10)
            # of last bounds with one expected size ours has the most power, clinfun's the least that is enough
            assert r <= expected[2], key
            assert r == expected[2] or n > golden["optimal"]["n"], key
            assert (
                succeeds(r1, n1, expected[2], n, alternative)
                >= 1 - beta
                > succeeds(r1, n1, expected[2] + 1, n, alternative)
            )
        assert sum(row[0] >= 0 for row in rows) >= len(golden["admissible"]), key


@pytest.mark.evidence(method="simon_two_stage", kind="published", source="Simon 1989, table 1: 20% v 40%, 5%, 80%")
def test_simon_1989():
    minimax, *_, optimal = simon_two_stage(0.2, 0.4)
    assert (optimal.r1, optimal.n1, optimal.r, optimal.n, round(optimal.expected_n, 1)) == (3, 13, 12, 43, 20.6)
    assert (minimax.r1, minimax.n1, minimax.r, minimax.n, round(minimax.expected_n, 1)) == (4, 18, 10, 33, 22.3)


def test_admissible_designs_are_corners_of_a_convex_curve():
    designs = simon_two_stage(0.1, 0.3)
    slopes = np.diff([d.expected_n for d in designs]) / np.diff([d.n for d in designs])
    assert (slopes < 0).all()
    assert (np.diff(slopes) > 0).all()


@pytest.mark.evidence(method="two_stage_inference", kind="R", source=f"{CLINFUN}, twostage.inference")
def test_two_stage_inference_equals_clinfun(goldens):
    for golden, level in zip(goldens["simon_inference"].values(), (0.8, 0.9), strict=True):
        design = {k: golden[k] for k in ("r1", "n1", "n")}
        found = two_stage_inference(golden["x"], null=0.2, conf_level=level, conf_type="clinfun", **design)
        estimate, p_value, low, high = golden["p"]
        assert (found.estimate, found.p_value) == pytest.approx((estimate, p_value), rel=1e-8)
        assert (found.conf_low, found.conf_high) == pytest.approx((low, high), abs=2e-4)  # clinfun's grid


@pytest.mark.evidence(method="two_stage_inference", kind="property", source="coverage and bias over all outcomes")
@given(st.floats(0.05, 0.9))
def test_two_stage_inference_covers_and_is_unbiased(p):
    r1, n1, n, level = 3, 13, 43, 0.9
    mean, exact, half_open = 0.0, 0.0, 0.0
    first = binom.pmf(np.arange(n1 + 1), n1, p)
    outcomes = {x: float(first[x]) for x in range(r1 + 1)}
    for x in range(r1 + 1, n + 1):
        known = range(max(r1 + 1, x - (n - n1)), min(n1, x) + 1)
        outcomes[x] = float(sum(first[a] * binom.pmf(x - a, n - n1, p) for a in known))
    for x, probability in outcomes.items():
        found = two_stage_inference(x, r1=r1, n1=n1, n=n, null=0.2, conf_level=level)
        other = two_stage_inference(x, r1=r1, n1=n1, n=n, null=0.2, conf_level=level, conf_type="clinfun")
        mean += probability * found.estimate
        exact += probability * (found.conf_low <= p <= found.conf_high)
        half_open += probability * (other.conf_low <= p <= other.conf_high)
    assert mean == pytest.approx(p, abs=1e-9)
    assert exact >= level - 1e-9
    assert half_open <= exact + 1e-12


@pytest.mark.evidence(method="sample_size_one_sample_logrank", kind="property", source="simulated trials")
def test_one_sample_logrank_has_its_power(full):
    historical, hr = PiecewiseHazard.from_median(9), 9 / 14
    plan = {"accrual": Accrual(24), "follow_up": 12, "alpha": 0.1, "power": 0.85}
    n = math.ceil(sample_size_one_sample_logrank(historical, hr, **plan).n)
    trials = 200_000 if full else 20_000
    rng = np.random.default_rng(11)
    for ratio, expected in ((hr, 0.85), (1.0, 0.1)):
        follow = 36 - rng.random((trials, n)) * 24
        times = rng.exponential(1 / (historical.rates[0] * ratio), (trials, n))
        observed = (times <= follow).sum(axis=1)
        expected_events = historical.rates[0] * np.minimum(times, follow).sum(axis=1)
        share = ((observed - expected_events) / np.sqrt(expected_events) < -1.2815515655446004).mean()
        assert share == pytest.approx(expected, abs=0.025)  # a normal approximation with 28 events


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda: sample_size_proportions(0.3, 0.3), "no number of patients"),
        (lambda: sample_size_proportions(0.3, 1.2), "control: expected a number between 0 and 1"),
        (lambda: sample_size_means(0.0, 1.0), "difference"),
        (lambda: sample_size_means(0.5, -1.0), "sd"),
        (lambda: sample_size_fisher(0.2, 0.2), "nothing to find"),
        (lambda: fisher_power(0, 5, 0.1, 0.2), "n_experimental"),
        (lambda: sample_size_single_arm(0.4, 0.2), "more than the null"),
        (lambda: sample_size_single_arm(0.2, 0.4, smallest=0), "smallest: expected a whole number"),
        (lambda: simon_two_stage(0.2, 0.25, largest=30), "no two-stage design of at most 30"),
        (lambda: two_stage_inference(50, r1=3, n1=13, n=43, null=0.2), "expected 0 to 43"),
        (lambda: two_stage_inference(5, r1=13, n1=13, n=43, null=0.2), "r1 < n1 < n"),
        (
            lambda: sample_size_one_sample_logrank(PiecewiseHazard((0.1,)), 1.0, accrual=Accrual(5), follow_up=1),
            "no number",
        ),
    ],
)
def test_bad_input_is_explained(call, expected):
    with pytest.raises(StatsError, match=expected):
        call()


def test_the_exact_power_of_fisher_leaves_out_nothing_that_counts():
    """Against the sum over every outcome, for rare responses and unequal arms."""
    for n1, n2, p1, p2, alpha in ((12, 20, 0.6, 0.2, 0.025), (25, 8, 0.9, 0.5, 0.05), (150, 150, 0.03, 0.001, 0.05)):
        total = 0.0
        for x in range(n1 + 1):
            for y in range(n2 + 1):
                chance = math.comb(n1, x) * p1**x * (1 - p1) ** (n1 - x)
                chance *= math.comb(n2, y) * p2**y * (1 - p2) ** (n2 - y)
                if chance < 1e-18:
                    continue
                every = range(x, min(n1, x + y) + 1)
                tail = sum(math.comb(n1, k) * math.comb(n2, x + y - k) for k in every) / math.comb(n1 + n2, x + y)
                total += chance if tail <= alpha else 0.0
        assert fisher_power(n1, n2, p1, p2, alpha=alpha) == pytest.approx(total, abs=1e-12)


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda: two_stage_inference(4.5, r1=3, n1=13, n=43, null=0.2), "whole numbers"),
        (
            lambda: sample_size_one_sample_logrank(PiecewiseHazard((0.0,)), 0.6, accrual=Accrual(9.0), follow_up=1),
            "a hazard above 0",
        ),
        (
            lambda: sample_size_one_sample_logrank(
                PiecewiseHazard((0.0, 0.1), (99.0,)), 0.6, accrual=Accrual(9.0), follow_up=1
            ),
            "no event is expected",
        ),
        (lambda: sample_size_proportions(0.3, 0.2, alpha=0.1, power=0.05), "more than the level"),
        (lambda: sample_size_means(1, 1, alpha=0.1, power=0.05), "more than the level"),
    ],
)
def test_sizes_that_cannot_be_are_explained(call, expected):
    with pytest.raises(StatsError, match=expected):
        call()
