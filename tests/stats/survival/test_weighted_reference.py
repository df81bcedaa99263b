"""Weighted log-rank, max-combo, restricted mean and milestone tests against R.

simtrial 1.0.2 has the opposite sign in `wlr`, multiplies the variance of the restricted mean by m / (m - 1), and is
therefore not held against; survival, survRM2 and mvtnorm are.
"""

import csv
import json
import math

import numpy as np
import pytest

from equipoise.stats import logrank_test, max_combo, milestone_difference, rmst_difference

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


@pytest.mark.evidence(method="rmst_difference", kind="R", source=SOURCE)
@pytest.mark.parametrize("name", DATA)
def test_restricted_means(numbers, samples, name):
    for golden in numbers[name]["rmst"]:
        found = rmst_difference(**parts(samples[name]), tau=golden["tau"], reference=0)
        assert found.estimate == pytest.approx(golden["diff"], rel=1e-11)
        assert found.std_error == pytest.approx(golden["se"], rel=1e-11)


@pytest.mark.evidence(method="milestone_difference", kind="R", source=SOURCE)
@pytest.mark.parametrize("name", DATA)
def test_milestones(numbers, samples, name):
    for golden in numbers[name]["milestone"]:
        plain = milestone_difference(**parts(samples[name]), at=golden["tau"], reference=0, method="plain")
        assert plain.estimate == pytest.approx(golden["diff"], rel=1e-11)
        assert plain.std_error == pytest.approx(golden["se_diff"], rel=1e-11)
        other = milestone_difference(**parts(samples[name]), at=golden["tau"], reference=0)
        assert other.p_value == pytest.approx(math.erfc(abs(golden["z_cloglog"]) / math.sqrt(2)), rel=1e-10)
