"""Baseline, exposure and the description of numbers."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.analyze.small_trial import find, protocol, protocol_data, results_of, value

from equipoise.analyze.distribution import describe
from equipoise.results import Results


@pytest.fixture(scope="module")
def results() -> Results:
    return results_of()


def test_a_distribution_by_hand() -> None:
    # 1 2 3 4 10 and one missing: mean 4; squares 9 4 1 0 36 = 50, sd sqrt(50 / 4); quartiles of type 7 at ranks 2, 3, 4
    found = describe(np.array([10.0, 2.0, np.nan, 1.0, 4.0, 3.0]))
    moments = {"n": 5, "n_missing": 1, "mean": 4.0, "sd": math.sqrt(12.5)}
    assert found == moments | {"median": 3.0, "q1": 2.0, "q3": 4.0, "min": 1.0, "max": 10.0}


def test_a_quartile_between_two_values() -> None:
    # type 7 of 1 2 3 4: rank 1 + 3/4 = 1.75 and 3.25
    found = describe(np.array([1.0, 2.0, 3.0, 4.0]))
    assert (found["q1"], found["median"], found["q3"]) == (1.75, 2.5, 3.25)


def test_too_few_values() -> None:
    assert describe(np.array([np.nan]))["mean"] is None
    one = describe(np.array([3.0]))
    assert (one["mean"], one["sd"]) == (3.0, None)


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30), st.randoms())
def test_the_order_of_values_does_not_matter(values: list[float], random: object) -> None:
    shuffled = list(values)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert describe(np.array(values)) == describe(np.array(shuffled))


def test_age_of_the_active_arm(results: Results) -> None:
    # 50 52 54 56 58 60 62 64 66 68 72, S11 missing: sum 662; sorted ranks of type 7 of 11 values: 3.5, 6, 8.5
    age = {"analysis_id": "baseline", "variable": "age", "group_level": "active"}
    assert value(results, statistic="n", **age) == 11
    assert value(results, statistic="n_missing", **age) == 1
    assert value(results, statistic="mean", **age) == 662 / 11
    assert value(results, statistic="q1", **age) == 55
    assert value(results, statistic="median", **age) == 60
    assert value(results, statistic="q3", **age) == 65
    assert find(results, statistic="mean", **age).select("n", "unit").row(0) == (12, "years")


def test_levels_in_protocol_order_with_missing_last(results: Results) -> None:
    rows = find(results, analysis_id="baseline", variable="prior", statistic="n", group_level="active")
    assert rows.select("variable_level", "value").rows() == [("true", 6.0), ("false", 5.0), ("(missing)", 1.0)]
    share = find(results, analysis_id="baseline", variable="prior", statistic="percent", group_level="active")
    assert share["value"].to_list() == [50.0, 100 * 5 / 12, 100 * 1 / 12]


@pytest.mark.parametrize("variable", ["sex", "region", "prior"])
@pytest.mark.parametrize("arm", ["active", "control", "(all)"])
def test_levels_and_missing_add_up(results: Results, variable: str, arm: str) -> None:
    counts = find(results, analysis_id="baseline", variable=variable, statistic="n", group_level=arm)
    shares = find(results, analysis_id="baseline", variable=variable, statistic="percent", group_level=arm)
    assert counts["value"].sum() == counts["n"][0]
    assert math.isclose(shares["value"].sum(), 100)


def test_an_undeclared_level_is_shown_and_reported() -> None:
    data = protocol_data()
    data["baseline"]["region"] = {"levels": ["north", "south"]}
    results = results_of(declared=protocol(baseline=data["baseline"]))
    rows = find(results, analysis_id="baseline", variable="region", statistic="n", group_level="(all)")
    assert rows.select("variable_level", "value").rows()[2] == ("east", 1.0)
    assert results.findings.filter(code="undeclared-level")["seen"].to_list() == ["east"]


def test_exposure_by_treatment_received(results: Results) -> None:
    # active S03-S12: 30 40 49 60 70 80 84 99 99 99; control S02 20 and S14-S24: 15 25 35 44 55 65 75 80 90 99 99
    active = {"analysis_id": "exposure", "variable": "duration_days", "group_level": "active"}
    control = {**active, "group_level": "control"}
    assert value(results, analysis_id="exposure", variable="treated", group_level="active") == 10
    assert value(results, analysis_id="exposure", variable="treated", group_level="control") == 12
    assert value(results, statistic="median", **active) == 75
    assert value(results, statistic="mean", **active) == 71
    assert value(results, statistic="n", **control) == 12
    assert value(results, statistic="mean", **control) == 702 / 12
    dose = {**active, "variable": "cumulative_dose"}
    assert find(results, statistic="max", **dose).select("value", "unit").row(0) == (990.0, "mg")
    crossed = {"analysis_id": "exposure_crossover", "variable": "treated", "group_level": "control"}
    assert value(results, **crossed) == 3
