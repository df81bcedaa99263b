"""Tests and effects of the small trial: log-rank worked by hand, Cox by its score equation and against R.

Subjects at risk (active, control) at each event time, from the tables of times; the events of days 10, 30 and 50 are
in the active arm.
"""

from fractions import Fraction
from math import log, sqrt
from statistics import NormalDist

import polars as pl
import pytest
from tests.analyze.small_trial import adam, find, protocol, protocol_data, results_of, value

from equipoise.results import Results

PRIMARY = {"analysis_id": "primary", "rule_set": "P"}
TEST = {"variable": "logrank", **PRIMARY}
RATIO = {"variable": "hazard_ratio", **PRIMARY}

#  day 5        10        15        25        30        35      45      50      55      75      105
ALL = [(12, 12), (12, 11), (11, 11), (10, 10), (10, 9), (9, 9), (8, 8), (8, 7), (7, 7), (5, 5), (2, 2)]
NORTH = [(6, 6), (6, 5), (5, 5), (4, 4), (4, 3), (3, 3), (2, 2), (2, 1), (1, 1)]
SOUTH = [(4, 5), (1, 2)]  # days 75 and 105; S12 alone in the east adds nothing


@pytest.fixture(scope="module")
def results() -> Results:
    return results_of()


def by_hand(at_risk: list[tuple[int, int]]) -> tuple[float, float]:
    """Observed less expected events of the active arm, and the variance, for single events."""
    shares = [Fraction(a, a + c) for a, c in at_risk]
    return float(3 - sum(shares)), float(sum(p * (1 - p) for p in shares))


@pytest.mark.parametrize(("strata", "at_risk"), [("none", ALL), ("randomization", NORTH + SOUTH)])
def test_logrank_by_hand(results: Results, strata: str, at_risk: list[tuple[int, int]]) -> None:
    difference, variance = by_hand(at_risk)
    z = difference / sqrt(variance)
    row = {**TEST, "strata": strata}
    assert z < 0  # fewer events than expected: active is better
    assert value(results, statistic="z", **row) == pytest.approx(z, rel=1e-12)
    assert value(results, statistic="statistic", **row) == pytest.approx(z * z, rel=1e-12)
    assert value(results, statistic="df", **row) == 1
    assert value(results, statistic="p_one_sided", **row) == pytest.approx(NormalDist().cdf(z), rel=1e-9)
    assert value(results, statistic="p_opposite", **row) == pytest.approx(1 - NormalDist().cdf(z), rel=1e-9)
    assert value(results, statistic="p_value", **row) == pytest.approx(2 * NormalDist().cdf(z), rel=1e-9)


def test_strata_without_information_are_named(results: Results) -> None:
    stratified = find(results, strata="randomization", statistic="z", **TEST)
    assert stratified["text"].to_list() == ["strata without information: Region: east"]
    corrected = find(results, strata="corrected", statistic="z", **TEST)
    assert corrected["text"].to_list() == ["strata without information: Region: (missing); Region: east"]


def test_methods_say_how_they_are_stratified(results: Results) -> None:
    tests = find(results, statistic="z", **TEST)
    assert tests.select("strata", "declared", "method").rows() == [
        ("randomization", True, "log-rank, stratified by Region"),
        ("none", False, "log-rank, unstratified"),
        ("corrected", False, "log-rank, stratified by Region, corrected"),
    ]
    effects = find(results, statistic="estimate", **RATIO)
    assert effects.select("strata", "declared", "method").rows() == [
        ("randomization", True, "Cox, Efron ties, stratified by Region"),
        ("none", False, "Cox, Efron ties, unstratified"),
        ("corrected", False, "Cox, Efron ties, stratified by Region, corrected"),
    ]
    both = results.source_sets.filter(source_set=effects["source_set"][0])
    assert both["n"].to_list() == [24]
    assert effects.select("group_level", "reference_level", "n", "n_events").unique().rows() == [
        ("active", "control", 24, 11)
    ]


def test_only_the_primary_rule_set_is_declared(results: Results) -> None:
    other = find(results, analysis_id="primary", rule_set="A", statistic="z")
    assert other["declared"].to_list() == [False, False, False]


@pytest.mark.parametrize(("strata", "at_risk"), [("none", ALL), ("randomization", NORTH + SOUTH)])
def test_the_hazard_ratio_solves_the_score_equation(
    results: Results, strata: str, at_risk: list[tuple[int, int]]
) -> None:
    # without ties the score is 3 - sum of a h / (a h + c) and the information sum of p (1 - p)
    ratio = value(results, statistic="estimate", strata=strata, **RATIO)
    error = value(results, statistic="std_error", strata=strata, **RATIO)
    shares = [a * ratio / (a * ratio + c) for a, c in at_risk]
    assert sum(shares) == pytest.approx(3, abs=1e-8)
    assert error == pytest.approx(sum(p * (1 - p) for p in shares) ** -0.5, rel=1e-7)


def test_limits_of_both_kinds(results: Results) -> None:
    row = {"strata": "randomization", **RATIO}
    ratio, error = value(results, statistic="estimate", **row), value(results, statistic="std_error", **row)
    limits = {"conf_low": -NormalDist().inv_cdf(0.975), "conf_high": NormalDist().inv_cdf(0.975)}
    limits["conf_high_one_sided"] = NormalDist().inv_cdf(0.90)
    for name, z in limits.items():
        assert log(value(results, statistic=name, **row)) == pytest.approx(log(ratio) + z * error, rel=1e-8)
    levels = find(results, **row).filter(pl.col("statistic").str.starts_with("conf"))
    assert levels.select("statistic", "conf_level", "sided").rows() == [
        ("conf_low", 0.95, 2),
        ("conf_high", 0.95, 2),
        ("conf_high_one_sided", 0.90, 1),
    ]


@pytest.mark.evidence(method="analyze", kind="R", source="survival 3.5.3")
def test_cox_against_r(results: Results) -> None:
    """R 4.2.2, survival 3.5-3: ``coxph(Surv(days, event) ~ active + strata(region))`` on the same times."""
    golden = {
        "none": (0.363852436173, 0.677171271596, 0.135440982831),
        "randomization": (0.358493001287, 0.683593907852, 0.133441968976),
        "corrected": (0.536739379314, 0.696835916271, 0.371881645217),
    }
    for strata, (estimate, error, p_value) in golden.items():
        row = {"strata": strata, **RATIO}
        assert value(results, statistic="estimate", **row) == pytest.approx(estimate, rel=1e-8)
        assert value(results, statistic="std_error", **row) == pytest.approx(error, rel=1e-8)
        assert value(results, statistic="p_value", **row) == pytest.approx(p_value, rel=1e-7)


def test_renaming_the_arms_turns_every_sign_around(results: Results) -> None:
    data = protocol_data()
    data["arms"] = {
        "active": {"label": "Active", "role": "control"},
        "control": {"label": "Control", "role": "experimental"},
    }
    turned = results_of(declared=protocol(arms=data["arms"], crossover=None))
    for strata in ("none", "randomization", "corrected"):
        test, ratio = {**TEST, "strata": strata}, {**RATIO, "strata": strata}
        for this, that in (("z", "z"), ("p_one_sided", "p_opposite"), ("p_opposite", "p_one_sided")):
            sign = -1 if this == "z" else 1
            found = value(turned, statistic=this, **test)
            assert found == pytest.approx(sign * value(results, statistic=that, **test), rel=1e-9)
        inverse = 1 / value(results, statistic="estimate", **ratio)
        assert value(turned, statistic="estimate", **ratio) == pytest.approx(inverse, rel=1e-8)
        assert value(turned, statistic="p_value", **test) == pytest.approx(
            value(results, statistic="p_value", **test), rel=1e-9
        )


def no_events(arms: tuple[str, ...]) -> Results:
    """Results where no subject of these arms has an event."""
    data = adam()
    silent = data["ADSL"].filter(pl.col("ARMID").is_in(arms))["USUBJID"].implode()
    data["ADTTE"] = data["ADTTE"].with_columns(
        CNSR=pl.when(pl.col("USUBJID").is_in(silent)).then(6).otherwise(pl.col("CNSR"))
    )
    return results_of(data)


def test_an_arm_without_events_has_a_test_but_no_hazard_ratio() -> None:
    results = no_events(("active",))
    for strata in ("none", "randomization", "corrected"):
        assert value(results, statistic="z", strata=strata, **TEST) < 0
        row = find(results, statistic="estimate", strata=strata, **RATIO)
        assert row.select("value", "status", "text").row(0) == (None, "NE", "no events in arm active")
    assert value(results, variable="events", group_level="active", statistic="n", **PRIMARY) == 0
    median = find(results, variable="median", group_level="active", statistic="estimate", **PRIMARY)
    assert median["status"].to_list() == ["NR"]
    survival = {"variable": "survival", "time_days": 30.0, "group_level": "active", **PRIMARY}
    assert value(results, statistic="estimate", **survival) == 1
    assert find(results, statistic="conf_low", **survival).select("status", "text").row(0) == ("NE", "no event so far")
    seen = results.findings.filter(code="arm-without-events")["seen"].to_list()
    assert sorted(seen) == ["analysis primary: no events in arm active", "analysis survival: no events in arm active"]


def test_no_events_at_all() -> None:
    results = no_events(("active", "control"))
    test = find(results, statistic="p_value", strata="none", **TEST)
    assert test.select("value", "status", "text").row(0) == (None, "NE", "no events")
    ratio = find(results, statistic="estimate", strata="none", **RATIO)
    assert ratio.select("value", "status", "text").row(0) == (None, "NE", "no events")


def test_an_arm_without_subjects() -> None:
    data = adam()
    data["ADTTE"] = data["ADTTE"].join(data["ADSL"].filter(ARMID="active").select("USUBJID"), on="USUBJID")
    results = results_of(data)
    for row in (find(results, statistic="z", **TEST), find(results, statistic="estimate", **RATIO)):
        assert row["status"].to_list() == ["NE"] * 3
        assert set(row["text"]) == {"no subjects in arm control"}
    assert value(results, variable="subjects", group_level="control", statistic="n", **PRIMARY) == 0
    seen = results.findings.filter(code="arm-without-subjects")["seen"].to_list()
    assert "analysis primary: no subjects with a time to event in arm control" in seen


def test_strata_that_the_data_do_not_hold() -> None:
    data = adam()
    data["ADSL"] = data["ADSL"].drop("STRAT1R")
    results = results_of(data)
    row = find(results, statistic="z", strata="randomization", **TEST)
    assert row.select("status", "text").row(0) == (
        "NE",
        "the data do not hold the strata frozen at randomization: Region missing for every subject",
    )
    assert value(results, statistic="z", strata="corrected", **TEST) < 0
