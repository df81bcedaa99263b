"""Max-combo tests and subgroup hazard ratios against the reference numbers."""

import numpy as np
import pytest
from survival_goldens import listed, numbers, relative_difference

from equipoise.stats import cox_ph, max_combo, subgroup_hazard_ratios
from equipoise.stats.normal_tails import largest_exceeds, unit_factor

CLOSED_FORM = 1e-10
INTEGRATED_IN_R = 1e-4  # mvtnorm 1.1 integrates by randomized lattice rules to about 1e-6 relative


@pytest.mark.evidence(method="max_combo", kind="R", source="R 4.2.2, mvtnorm, summed tail pieces")
def test_max_combo(goldens, largest_difference):
    for case in goldens["fleming_harrington"]:
        columns = goldens.columns(case["src"]).complete(listed(case["src"]["by"]))
        group = columns[listed(case["src"]["by"])[0]] == case["group_counted"]
        test, r = max_combo(columns.time, columns.event, group, strata=columns.strata), case["maxcombo"]
        largest_difference(relative_difference([test.statistic], numbers(r["z_max_abs"])), CLOSED_FORM, case["id"])
        largest_difference(relative_difference(test.z, numbers(case["z"])[:4]), CLOSED_FORM, case["id"])
        largest_difference(np.abs(test.correlation - np.array(r["corr"])).max(), CLOSED_FORM, case["id"])
        assert test.p_one_sided == pytest.approx(r["p_one_sided_lower"], rel=1e-6)
        # For ties_month_strata R's two-sided sum is off by 4e-4: at |z| = 8.1 it must be twice the one-sided tail.
        two_sided = 2 * r["p_one_sided_lower"] if case["id"] == "ties_month_strata" else r["p_two_sided"]
        assert test.p_value == pytest.approx(two_sided, rel=INTEGRATED_IN_R)


@pytest.mark.evidence(method="subgroup_hazard_ratios", kind="R", source="R 4.2.2, survival 3.5-3, anova(coxph, coxph)")
def test_forest(goldens, largest_difference):
    table, r = goldens.table("trial171"), goldens["forest"]
    forest = subgroup_hazard_ratios(
        table["pfs"], table["pfs_event"], table["arm"], {"small_bowel": table["small_bowel"]}, strata=table["ssa"]
    )
    for i, name in enumerate(("small_bowel_0", "small_bowel_1")):
        assert (forest.n[i], forest.n_events[i]) == (r[name]["n"], r[name]["events"])
        actual = [forest.hazard_ratio[i], forest.conf_low[i], forest.conf_high[i]]
        expected = numbers([r[name]["hr"], r[name]["lower"], r[name]["upper"]])
        largest_difference(relative_difference(actual, expected), 1e-8, name)
    test = forest.interaction["small_bowel"]
    expected = numbers([r["interaction"][part] for part in ("chisq", "df", "p")])
    largest_difference(relative_difference([test.statistic, test.df, test.p_value], expected), 1e-8, "interaction")
    product = {"arm": table["arm"], "factor": table["small_bowel"], "product": table["arm"] * table["small_bowel"]}
    model = cox_ph(table["pfs"], table["pfs_event"], product, strata=table["ssa"])
    largest_difference(relative_difference([model.p_value[2]], numbers(r["interaction"]["wald_p"])), 1e-8, "Wald")


@pytest.mark.evidence(method="max_combo", kind="property", source="simulation of the joint normal distribution")
@pytest.mark.parametrize(("dimensions", "statistics"), [(1, 2), (2, 3), (3, 4), (3, 7), (4, 5)])
@pytest.mark.parametrize("bound", [-0.5, 0.0, 1.0, 2.0])
def test_tails_of_the_largest_by_simulation(dimensions, statistics, bound):
    rng = np.random.default_rng(dimensions * 100 + statistics)
    vectors = rng.normal(size=(statistics, dimensions))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    n = 200_000
    exceeded = float(((rng.normal(size=(n, dimensions)) @ vectors.T).max(axis=1) > bound).mean())
    p = largest_exceeds(vectors, bound)
    assert abs(p - exceeded) < 5 * np.sqrt(max(p * (1 - p), 1e-4) / n)


@pytest.mark.evidence(method="max_combo", kind="hand", source="orthants of normal variables")
def test_tails_in_closed_form():
    """P(max > 0) is 1 - P(all < 0): 1/4 + asin(r)/(2 pi) for two, 1/8 + (sum of asin)/(4 pi) for three variables."""
    r = 0.3
    two = unit_factor(np.array([[1, r], [r, 1]]))
    assert largest_exceeds(two, 1e-12) == pytest.approx(1 - (0.25 + np.arcsin(r) / (2 * np.pi)), rel=1e-10)
    three = unit_factor(np.array([[1, r, 0.1], [r, 1, -0.2], [0.1, -0.2, 1]]))
    negative = 0.125 + (np.arcsin(r) + np.arcsin(0.1) + np.arcsin(-0.2)) / (4 * np.pi)
    assert largest_exceeds(three, 1e-12) == pytest.approx(1 - negative, rel=1e-10)
    same = unit_factor(np.ones((3, 3)))
    assert largest_exceeds(same, 1.959963984540054) == pytest.approx(0.025, rel=1e-12)
