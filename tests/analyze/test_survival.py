"""Counts, curves, quantiles, landmarks and follow-up of the small trial, worked by hand.

Active: events at 10, 30, 50, others censored: S = 11/12, x 9/10, x 7/8. Control: events at 5, 15, 25, 35, 45, 55 (S
falls by 1/12 each to 1/2), 75 (x 4/5), 105 (x 1/2), with 65, 85, 95, 115 censored.
"""

import datetime as dt
import math

import polars as pl
import pytest
from tests.analyze.small_trial import adam, find, protocol, protocol_data, results_of, value

from equipoise.results import Results

PRIMARY = {"analysis_id": "primary", "rule_set": "P"}


@pytest.fixture(scope="module")
def results() -> Results:
    return results_of()


def test_events_and_reasons_of_censoring(results: Results) -> None:
    def counts(variable: str, arm: str, **more: str) -> list[tuple[str | None, float]]:
        rows = find(results, variable=variable, group_level=arm, statistic="n", **{**PRIMARY, **more})
        return rows.select("variable_level", "value").rows()

    assert counts("subjects", "active") == [(None, 12.0)]
    assert counts("events", "active") == [(None, 3.0)]
    assert counts("censored", "active") == [(None, 9.0)]
    assert counts("events_by_type", "active") == [("Central progression", 2.0), ("Death", 1.0)]
    # order of CNSR: 3 new therapy, 5 lost, 6 ongoing
    assert counts("censored_reason", "active") == [
        ("New anticancer therapy", 1.0),
        ("Withdrew or lost before cut-off", 1.0),
        ("Ongoing at cut-off", 7.0),
    ]
    assert counts("events", "control") == [(None, 8.0)]
    assert counts("events", "control", rule_set="A") == [(None, 7.0)]
    late = ("Event after two missed assessments", 1.0)
    assert late in counts("censored_reason", "control", rule_set="A")
    percent = value(results, variable="events", group_level="control", statistic="percent", **PRIMARY)
    assert percent == 100 * 8 / 12


@pytest.mark.parametrize("rule_set", ["P", "A"])
@pytest.mark.parametrize("arm", ["active", "control", "(all)"])
def test_events_and_censored_add_up(results: Results, rule_set: str, arm: str) -> None:
    rows = find(results, analysis_id="primary", rule_set=rule_set, group_level=arm, statistic="n")
    total = dict(rows.group_by("variable").agg(pl.col("value").sum()).iter_rows())
    assert total["subjects"] == total["events"] + total["censored"] == {"(all)": 24}.get(arm, 12)
    assert total["events"] == total["events_by_type"]
    assert total["censored"] == total["censored_reason"]


def test_median_is_the_middle_of_a_curve_that_rests_at_one_half(results: Results) -> None:
    # S = 1/2 from 55 to 75
    control = {"variable": "median", "group_level": "control", "statistic": "estimate", **PRIMARY}
    assert value(results, **control) == 65
    left = results_of(declared=protocol(conventions={"quantile": "left"}))
    assert value(left, **control) == 55


def test_a_median_not_reached_says_so(results: Results) -> None:
    row = find(results, variable="median", group_level="active", statistic="estimate", **PRIMARY)
    assert row.select("value", "status", "unit").row(0) == (None, "NR", "days")
    quarter = {"variable": "q25", "group_level": "active", "statistic": "estimate", **PRIMARY}
    assert value(results, **quarter) == 50  # S falls below 3/4 there: 11/12 x 9/10 x 7/8 = 0.721875


def test_survival_at_30_days(results: Results) -> None:
    at = {"variable": "survival", "time_days": 30.0, "group_level": "active", **PRIMARY}
    estimate, variance = 11 / 12 * 9 / 10, 1 / (12 * 11) + 1 / (10 * 9)
    assert value(results, statistic="estimate", **at) == pytest.approx(estimate, rel=1e-14)
    assert value(results, statistic="std_error", **at) == pytest.approx(estimate * math.sqrt(variance), rel=1e-12)
    # at risk at day 30: all but S01 (event at 10) and S02 (censored at 20)
    assert value(results, statistic="n_risk", **at) == 10
    spread = 1.959963984540054 * math.sqrt(variance) / math.log(estimate)
    limits = sorted([estimate ** math.exp(spread), estimate ** math.exp(-spread)])
    found = [value(results, statistic=s, **at) for s in ("conf_low", "conf_high")]
    assert found == pytest.approx(limits, rel=1e-12)


def test_a_landmark_after_the_end_of_follow_up_is_not_estimable(results: Results) -> None:
    row = find(results, variable="survival", time_days=150.0, group_level="active", statistic="estimate", **PRIMARY)
    assert row.select("value", "status", "text").row(0) == (None, "NE", "follow-up ends at day 120")
    difference = find(results, variable="survival_difference", time_days=150.0, statistic="estimate", **PRIMARY)
    assert difference.select("status", "text").row(0) == (
        "NE",
        "follow-up of group 'control' ends before 150; follow-up of group 'active' ends before 150",
    )


def test_difference_at_30_days(results: Results) -> None:
    # active .825; control 9/12 with variance of log 1/132 + 1/110 + 1/90
    at = {"variable": "survival_difference", "time_days": 30.0, **PRIMARY}
    first, second = 0.825, 0.75
    error = math.sqrt(
        (first * math.sqrt(1 / 132 + 1 / 90)) ** 2 + (second * math.sqrt(1 / 132 + 1 / 110 + 1 / 90)) ** 2
    )
    assert value(results, statistic="estimate", **at) == pytest.approx(0.075, rel=1e-12)
    assert value(results, statistic="std_error", **at) == pytest.approx(error, rel=1e-12)
    assert value(results, statistic="conf_high", **at) == pytest.approx(0.075 + 1.959963984540054 * error, rel=1e-12)


def test_the_curve_starts_at_one_and_holds_every_time(results: Results) -> None:
    curve = results.curves.filter(analysis_id="primary", rule_set="P", group_level="active")
    first = curve.select("time_days", "n_risk", "n_events", "n_censored", "estimate").row(0)
    assert first == (0.0, 12, 0, 0, 1.0)
    assert curve["time_days"].to_list() == [0.0, *(float(t) for t in range(10, 121, 10))]
    assert curve["n_risk"].to_list() == [12, *range(12, 0, -1)]
    assert curve["estimate"][-1] == pytest.approx(0.721875, rel=1e-14)
    # number at risk at a tick = subjects with time >= tick, from the rows of the curve alone
    ended = curve.filter(pl.col("time_days") < 30).select(pl.col("n_events").sum() + pl.col("n_censored").sum()).item()
    assert 12 - ended == 10


def test_follow_up_turns_events_and_censoring_around(results: Results) -> None:
    # control: censored at 65, 85, 95, 115; at risk then 6, 4, 3, 1: 5/6, x 3/4 = .625, x 2/3 = .41667
    row = {"analysis_id": "follow_up", "endpoint": "pfs", "group_level": "control"}
    assert value(results, statistic="n", **row) == 12
    assert value(results, statistic="n_events", **row) == 4
    assert value(results, statistic="estimate", **row) == 95


def test_one_record_per_subject_is_used_and_bad_ones_are_reported() -> None:
    data = adam()
    times = data["ADTTE"]
    extra = times.filter(USUBJID="S03", ENDPT="pfs", RULESET="P").with_columns(AVAL=pl.lit(300, dtype=pl.Int64))
    late = (pl.col("USUBJID") == "S04") & (pl.col("ENDPT") == "pfs") & (pl.col("RULESET") == "P")
    bad = pl.when(late).then(-3).otherwise(pl.col("AVAL")).alias("AVAL")
    data["ADTTE"] = pl.concat([times, extra]).with_columns(bad)
    results = results_of(data)
    assert value(results, variable="subjects", group_level="active", statistic="n", **PRIMARY) == 11
    assert value(results, variable="without_record", group_level="active", statistic="n", **PRIMARY) == 1
    assert value(results, variable="events", group_level="active", statistic="n", **PRIMARY) == 3
    findings = results.findings.filter(dataset="ADTTE").select("code", "subject").rows()
    assert findings == [("duplicate-key", "S03"), ("unusable-time", "S04")]


def test_censored_long_before_the_cut_off(results: Results) -> None:
    # interval of 56 days and window of 4: censored before Nov 1; randomized on Jun 28 and censored on day 120 is Oct 25
    assert value(results, variable="out_of_touch", group_level="active", statistic="n", **PRIMARY) == 9
    assert value(results, variable="out_of_touch", group_level="control", statistic="n", **PRIMARY) == 4
    late = results_of(cutoff=dt.date(2020, 12, 10))
    # Oct 11 is the limit then: S10 (Jun 8, day 100: Sep 15), S11 (Jun 18, day 110: Oct 5), S12 (Oct 25)
    assert value(late, variable="out_of_touch", group_level="active", statistic="n", **PRIMARY) == 8
    row = find(late, variable="out_of_touch", group_level="active", statistic="percent", **PRIMARY)
    assert row.select("text", "n").row(0) == ("censored more than 60 days before the data cut-off", 12)


def test_an_endpoint_of_some_subjects_counts_those_with_a_record() -> None:
    data = protocol_data()
    data["endpoints"]["dor"] = {"label": "Duration of response", "paramcd": "DOR", "origin": "first_response"}
    data["analyses"]["duration"] = {"endpoint": "dor", "population": "itt"}
    frames = adam()
    own = pl.DataFrame(
        {"USUBJID": ["S03", "S04"], "ENDPT": "dor", "RULESET": "P", "AVAL": [20, 30], "CNSR": [0, 1], "EVNTDESC": "PD"}
    ).with_columns(CNSREAS=pl.lit("Ongoing"), ADT=pl.lit(None, dtype=pl.Date))
    frames["ADTTE"] = pl.concat([frames["ADTTE"], own])
    results = results_of(frames, protocol(endpoints=data["endpoints"], analyses=data["analyses"]))
    row = {"analysis_id": "duration", "statistic": "n", "group_level": "active"}
    assert value(results, variable="subjects", **row) == 2
    assert value(results, variable="without_record", **row) == 10
    none = find(results, analysis_id="duration", variable="median", group_level="control", statistic="estimate")
    assert none.select("value", "status", "text").row(0) == (None, "NE", "no subjects")
