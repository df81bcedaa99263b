"""Against exact and simulated reference numbers for randomization (Python standard library, exact fractions)."""

import json

import numpy as np
import pytest

from equipoise.stats.allocation import (
    allocate,
    biased_coin,
    big_stick,
    complete_randomization,
    empty_state,
    exact_characteristics,
    minimization,
    operating_characteristics,
    permuted_blocks,
    scores,
    urn,
)
from equipoise.stats.allocation.plans import MEASURES

EQUAL = [1, 1]
PLANS = {
    "complete": complete_randomization(EQUAL),
    "efron_2/3": biased_coin(EQUAL, p=2 / 3),
    "efron_3/4": biased_coin(EQUAL, p=0.75),
    "efron_0.8": biased_coin(EQUAL, p=0.8),
    "bigstick_2": big_stick(EQUAL, tolerance=2),
    "bigstick_3": big_stick(EQUAL, tolerance=3),
    "bigstick_4": big_stick(EQUAL, tolerance=4),
    "chen_b3_p2/3": biased_coin(EQUAL, p=2 / 3, tolerance=3),
    "urn_0_1": urn(EQUAL),
    "urn_1_1": urn(EQUAL, alpha=1, beta=1),
    "smith_5": urn(EQUAL, power=5),
    **{f"block_{size}": permuted_blocks(EQUAL, [size]) for size in (2, 4, 6, 8)},
}
FIELDS = {
    "correct_guess": "correct_guess",
    "forced": "deterministic",
    "mean_abs_imbalance": "mean_abs_imbalance",
    "var_imbalance": "var_imbalance",
    "mean_max_imbalance": "mean_max_imbalance",
    "p_balance": "p_perfect_balance",
}


@pytest.fixture(scope="module")
def numbers(reference):
    return json.loads((reference / "design" / "randomization.json").read_text())


@pytest.mark.evidence(method="allocation", kind="published", source="forward recursions over the imbalance")
@pytest.mark.parametrize("name", [*PLANS, "random_allocation_rule"])
def test_exact_behavior(numbers, name, full):
    for n, expected in numbers["procedures"][name].items():
        if int(n) > 96 and name == "random_allocation_rule" and not full:  # one block of all patients takes seconds
            continue
        found = exact_characteristics(PLANS.get(name) or permuted_blocks(EQUAL, [int(n)]), int(n))
        for ours, theirs in FIELDS.items():
            assert getattr(found, ours) == pytest.approx(expected[theirs], abs=1e-11), (n, ours)


@pytest.mark.evidence(method="allocation", kind="published", source="exact guess shares of permuted blocks")
def test_guess_shares_of_blocks(numbers):
    for row in numbers["permuted_block_correct_guess"]:
        found = exact_characteristics(permuted_blocks(EQUAL, [row["size"]]), row["size"])
        assert found.correct_guess == pytest.approx(row["share"], abs=1e-14)
    many = exact_characteristics(permuted_blocks(EQUAL, [4, 6]), 20_000)
    assert many.correct_guess == pytest.approx(numbers["random_blocks_4_6_convergence_share"], abs=2e-5)


def traced(row):
    measure = {"chisq": "chi-square"}.get(row["method"], row["method"])
    plan = minimization(
        list(row["ratio"].values()),
        [len(levels) for levels in row["levels"].values()],
        measure=measure,
        p=row["p"],
        weights=list(row["weights"].values()),
        fake_arms=False,
    )
    levels = [[names.index(r[factor]) for factor, names in row["levels"].items()] for r in row["rows"]]
    return plan, levels, np.array([[r["u"], 0.0] for r in row["rows"]])


@pytest.mark.evidence(method="minimization", kind="published", source="worked traces, 7 settings x 40 patients")
@pytest.mark.parametrize("setting", range(7))
def test_minimization_traces(numbers, setting):
    row = numbers["minimization"][setting]
    arms = list(row["ratio"])
    plan, levels, uniforms = traced(row)
    found = allocate(plan, uniforms, levels)
    assert [arms[a] for a in found.arm] == [r["arm"] for r in row["rows"]]
    state = empty_state(plan)
    for i, expected in enumerate(row["rows"]):
        wanted = [expected["scores"][arm] for arm in arms]
        assert scores(plan, state, levels[i]).tolist() == pytest.approx(wanted, abs=1e-12)
        assert found.probability[i].tolist() == pytest.approx([expected["prob"][arm] for arm in arms], abs=1e-15)
        state = allocate(plan, uniforms[i : i + 1], levels[i : i + 1], state=state).state
    assert set(MEASURES) == {"range", "variance", "sd", "chi-square"}


SITES = [1 / (k + 1) for k in range(20)]
FREQUENCIES = [[0.5, 0.5], [0.65, 0.35], [0.4, 0.6]]
BINARY = [2, 2, 2]
SIMULATED = {
    "complete": urn(EQUAL, alpha=1, beta=0, n_levels=BINARY),  # an urn that nothing is added to is a coin
    "block4": permuted_blocks(EQUAL, [4], n_levels=BINARY),
    "block46": permuted_blocks(EQUAL, [4, 6], n_levels=BINARY),
    "block4_site": permuted_blocks(EQUAL, [4], n_levels=[*BINARY, 20]),
    **{f"min{p}": minimization(EQUAL, BINARY, measure="variance", p=float(p)) for p in ("1.0", "0.9", "0.8", "0.7")},
}


@pytest.mark.evidence(method="operating_characteristics", kind="published", source="simulated 171 patients, 400 trials")
@pytest.mark.parametrize("kind", SIMULATED)
def test_simulated_behavior_of_171_patients(numbers, kind, full):
    """Both are simulations: the tolerance is four standard errors of the 400 reference trials, and of ours."""
    expected = next(row for row in numbers["simulated_171"] if row["kind"] == kind)
    n_trials = 10_000 if full else 1000
    frequencies = [*FREQUENCIES, SITES] if "site" in kind else FREQUENCIES
    found = operating_characteristics(SIMULATED[kind], 171, frequencies=frequencies, n_trials=n_trials)
    error = (1 / 400 + 1 / n_trials) ** 0.5
    deviation = 0.8 * expected["mean_abs_overall"]  # an absolute normal has SD 0.76 of its mean
    assert found.mean_imbalance == pytest.approx(expected["mean_abs_overall"], abs=4 * error * deviation)
    margins = float(np.mean(found.factor_imbalance[:3]))
    assert margins == pytest.approx(expected["mean_abs_marginal"], abs=4 * error * 0.8 * expected["mean_abs_marginal"])
    per_trial = found.guessable_std_error * n_trials**0.5
    drawn = (per_trial**2 + 0.25 / 171) ** 0.5  # the reference tallies some guesses as they came out
    assert found.guessable == pytest.approx(expected["share_guessed"], abs=4 * error * drawn)


def test_complete_randomization_cannot_be_guessed():
    found = operating_characteristics(complete_randomization([2, 1]), 60, n_trials=200)
    assert found.guessable == pytest.approx(2 / 3, abs=1e-12)
    assert found.forced == 0.0
