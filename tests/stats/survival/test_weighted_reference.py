"""Weighted log-rank, max-combo, restricted mean and milestone tests against R.

simtrial 1.0.2 has the opposite sign in `wlr`, multiplies the variance of the restricted mean by m / (m - 1), and takes
S(t-) of the last event at or before the delay as the floor of modest weights: it is held against with these corrected.
"""

import csv
import json
import math

import numpy as np
import pytest
from scipy.special import ndtri

from equipoise.stats import (
    logrank_test,
    max_combo,
    milestone_difference,
    modestly_weighted_test,
    rmst,
    rmst_difference,
    win_ratio,
)

SOURCE = "survival, survRM2, mvtnorm in R 4.2.2"
DATA = ("veteran", "delayed")


@pytest.fixture(scope="module")
def numbers(reference):
    return json.loads((reference / "design" / "nph.json").read_text())


@pytest.fixture(scope="module")
def samples(reference):
    found = {}
    for name in DATA:
        with (reference / "design" / f"nph_{name}.csv").open() as file:
            rows = list(csv.DictReader(file))
        found[name] = {
            "time": np.array([float(r["time"]) for r in rows]),
            "event": np.array([r["status"] == "1" for r in rows]),
            "group": np.array([int(r["arm"]) for r in rows]),
            "strata": np.array([r["stratum"] for r in rows]),
        }
    return found


def parts(sample, *, stratified=False):
    data = {key: sample[key] for key in ("time", "event", "group")}
    return data | ({"strata": sample["strata"]} if stratified else {})


@pytest.mark.evidence(method="logrank_test", kind="R", source=SOURCE)
@pytest.mark.parametrize("name", DATA)
def test_weighted_logrank(numbers, samples, name):
    for key, stratified in (("fh", False), ("fh_strat", True)):
        for golden in numbers[name][key]:
            weight = {"rho": golden["rho"], "gamma": golden["gamma"]}
            found = logrank_test(**parts(samples[name], stratified=stratified), reference=0, **weight)
            assert found.z == pytest.approx(golden["z"], abs=1e-11)
            assert found.observed[1] - found.expected[1] == pytest.approx(golden["U"], abs=1e-11)
            assert found.covariance[1, 1] == pytest.approx(golden["V"], rel=1e-11)
    for key, rho, stratified in (("survdiff", 0, False), ("survdiff_strat", 0, True), ("survdiff_rho1", 1, False)):
        golden = numbers[name][key]
        found = logrank_test(**parts(samples[name], stratified=stratified), reference=0, rho=rho)
        assert found.observed == pytest.approx(np.array(golden["obs"]), rel=1e-11)
        assert found.expected == pytest.approx(np.array(golden["exp"]), rel=1e-11)
        assert found.covariance[1, 1] == pytest.approx(golden["var"], rel=1e-11)
        assert found.statistic == pytest.approx(golden["chisq"], rel=1e-11)


@pytest.mark.evidence(method="max_combo", kind="R", source=SOURCE)
@pytest.mark.parametrize("name", DATA)
@pytest.mark.parametrize("key", ["maxcombo2", "maxcombo3", "maxcombo4", "maxcombo_strat"])
def test_max_combo(numbers, samples, name, key):
    golden = numbers[name][key]
    found = max_combo(
        **parts(samples[name], stratified=key == "maxcombo_strat"), reference=0, weights=golden["weights"]
    )
    assert found.z == pytest.approx(np.array(golden["z"]), abs=1e-11)
    assert found.correlation.ravel() == pytest.approx(np.array(golden["corr"]).ravel(), abs=1e-11)
    error = 1e-12 + 10 * max(golden["err1"], golden["err2"])  # of the reference's own integration
    assert found.p_one_sided == pytest.approx(golden["p_one_sided"], abs=error)
    assert found.p_value == pytest.approx(golden["p_two_sided"], abs=error)


@pytest.mark.evidence(method="modestly_weighted_test", kind="R", source=SOURCE)
@pytest.mark.parametrize("name", DATA)
def test_modest_weights(numbers, samples, name):
    for golden in numbers[name]["magirr_burman"]:
        found = modestly_weighted_test(**parts(samples[name]), delay=golden["tau"], reference=0)
        assert found.z == pytest.approx(golden["z"], abs=1e-11)
        assert found.score == pytest.approx(golden["U"], rel=1e-11)
        assert found.variance == pytest.approx(golden["V"], rel=1e-11)


@pytest.mark.evidence(method="win_ratio", kind="R", source=SOURCE)
@pytest.mark.parametrize("name", DATA)
def test_pairs(numbers, samples, name):
    golden = numbers[name]["pairwise"]
    found = win_ratio(**parts(samples[name]), reference=0)
    counted = [found.pairs, found.wins, found.losses, found.ties, found.gehan]
    assert counted == [golden[key] for key in ("pairs", "wins", "losses", "ties", "gehan_U")]
    assert found.win_ratio == pytest.approx(golden["win_ratio"], rel=1e-13)
    assert found.net_benefit == pytest.approx(golden["net_benefit"], rel=1e-13)
    assert found.win_odds == pytest.approx(golden["win_odds"], rel=1e-13)


@pytest.mark.evidence(method="logrank_test", kind="R", source="simtrial 1.0.2, its sign turned")
@pytest.mark.evidence(method="modestly_weighted_test", kind="R", source="simtrial 1.0.2, its floor of one event before")
@pytest.mark.parametrize("name", DATA)
def test_simtrial_where_it_agrees(numbers, samples, name):
    data, golden = parts(samples[name]), numbers[name]
    assert -logrank_test(**data, reference=0).z == pytest.approx(golden["simtrial"]["lr"], abs=1e-11)
    assert -logrank_test(**data, reference=0, gamma=0.5).z == pytest.approx(golden["simtrial"]["fh05"], abs=1e-11)
    delay = golden["magirr_burman"][0]["tau"]
    last = data["time"][(data["time"] <= delay) & data["event"]].max()
    before = modestly_weighted_test(**data, delay=math.nextafter(last, 0.0), reference=0)
    assert -before.z == pytest.approx(golden["simtrial"]["mb"], abs=1e-11)
    combined = max_combo(**data, reference=0, weights=[(0, 0), (0, 0.5)])
    assert combined.z == pytest.approx(np.array(golden["simtrial_maxcombo"]["z"]), abs=1e-11)
    assert combined.p_one_sided == pytest.approx(golden["simtrial_maxcombo"]["p"], abs=1e-12)
    rows = [[row["v1"], row["v2"]] for row in golden["simtrial_maxcombo"]["corr"]]
    assert combined.correlation == pytest.approx(np.array(rows), abs=1e-11)
    assert_simtrial_means(data, golden)
    plain, log_log = golden["simtrial_milestone"]
    found = milestone_difference(**data, at=delay, reference=0, method="plain")
    assert found.estimate == pytest.approx(plain["estimate"], rel=1e-11)
    assert found.std_error == pytest.approx(plain["se"], rel=1e-11)
    other = milestone_difference(**data, at=delay, reference=0)
    assert other.p_value == pytest.approx(math.erfc(abs(log_log["z"]) / math.sqrt(2)), rel=1e-10)
    cloglog = np.log(-np.log(other.survival))
    assert cloglog[0] - cloglog[1] == pytest.approx(log_log["estimate"], rel=1e-11)


def assert_simtrial_means(data, golden):
    """simtrial multiplies each variance by m / (m - 1), m the events up to tau."""
    expected = golden["simtrial_rmst"]
    means = golden["rmst"][0]
    found = rmst_difference(**data, tau=means["tau"], reference=0)
    assert found.estimate == pytest.approx(expected["estimate"], rel=1e-11)
    inside = data["event"] & (data["time"] <= means["tau"])
    events = [int((inside & (data["group"] == arm)).sum()) for arm in (0, 1)]
    theirs = math.sqrt(sum(means[f"var{arm}"] * m / (m - 1) for arm, m in enumerate(events)))
    assert theirs == pytest.approx(expected["se"], rel=1e-11)
    assert found.estimate / theirs == pytest.approx(expected["z"], rel=1e-11)


@pytest.mark.evidence(method="rmst_difference", kind="R", source=SOURCE)
@pytest.mark.parametrize("name", DATA)
def test_restricted_means(numbers, samples, name):
    for golden in numbers[name]["rmst"]:
        found = rmst_difference(**parts(samples[name]), tau=golden["tau"], reference=0)
        assert found.estimate == pytest.approx(golden["diff"], rel=1e-11)
        assert found.std_error == pytest.approx(golden["se"], rel=1e-11)
        assert found.ratio == pytest.approx(golden["ratio"], rel=1e-11)
        for arm in (0, 1):
            mine = {key: values[samples[name]["group"] == arm] for key, values in parts(samples[name]).items()}
            one = rmst(mine["time"], mine["event"], tau=golden["tau"])
            assert one.estimate == pytest.approx(golden[f"rmst{arm}"], rel=1e-11)
            assert one.std_error**2 == pytest.approx(golden[f"var{arm}"], rel=1e-11)
        half = golden["se_log_ratio"] * -ndtri(0.025)
        limits = [golden["ratio"] * math.exp(-half), golden["ratio"] * math.exp(half)]
        assert [found.ratio_conf_low, found.ratio_conf_high] == pytest.approx(limits, rel=1e-11)
    for golden in numbers[name]["survRM2"]:
        found = rmst_difference(**parts(samples[name]), tau=golden["tau"], reference=0)
        difference, ratio, _ = golden["unadjusted"]  # the third compares lost time
        ours = [found.estimate, found.conf_low, found.conf_high, found.p_value]
        assert ours == pytest.approx(difference, rel=1e-11)
        assert [found.ratio, found.ratio_conf_low, found.ratio_conf_high, found.ratio_p_value] == pytest.approx(
            ratio, rel=1e-11
        )


@pytest.mark.evidence(method="milestone_difference", kind="R", source=SOURCE)
@pytest.mark.parametrize("name", DATA)
def test_milestones(numbers, samples, name):
    for golden in numbers[name]["milestone"]:
        plain = milestone_difference(**parts(samples[name]), at=golden["tau"], reference=0, method="plain")
        assert plain.estimate == pytest.approx(golden["diff"], rel=1e-11)
        assert plain.std_error == pytest.approx(golden["se_diff"], rel=1e-11)
        other = milestone_difference(**parts(samples[name]), at=golden["tau"], reference=0)
        assert other.p_value == pytest.approx(math.erfc(abs(golden["z_cloglog"]) / math.sqrt(2)), rel=1e-10)
        assert plain.p_value == pytest.approx(math.erfc(abs(golden["z_naive"]) / math.sqrt(2)), rel=1e-10)
        assert plain.survival == pytest.approx(np.array(golden["surv"]), rel=1e-11)
        assert plain.survival_std_error == pytest.approx(np.array(golden["se"]), rel=1e-11)
