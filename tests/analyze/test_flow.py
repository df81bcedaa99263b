"""Flow of subjects, populations, strata and accrual of the small trial, every count worked by hand from its table."""

import polars as pl
import pytest
from tests.analyze.small_trial import adam, find, results_of, value

from equipoise.results import Results

ARMS = ("active", "control", "(all)")


@pytest.fixture(scope="module")
def results() -> Results:
    return results_of()


def members(results: Results, **where: object) -> list[str]:
    """Subjects behind the one row with these columns."""
    rows = find(results, **where)
    assert rows.height == 1, rows
    found = results.source_sets.filter(source_set=rows["source_set"][0])
    return list(found["subjects"][0])


@pytest.mark.parametrize(
    ("variable", "active", "control"),
    [
        ("randomized", 12, 12),
        ("received", 10, 11),  # S01, S13 not treated, S02 got control
        ("not_received", 1, 1),
        ("on_treatment", 3, 2),
        ("completed", 1, 0),
        ("discontinued", 7, 8),
        ("status_unknown", 0, 1),  # S22
        ("left_study", 3, 3),
        ("crossed_over", 0, 3),
    ],
)
def test_boxes_per_arm(results: Results, variable: str, active: int, control: int) -> None:
    numbers = [value(results, analysis_id="flow", variable=variable, group_level=arm) for arm in ARMS]
    assert numbers == [active, control, active + control]


def test_before_randomization(results: Results) -> None:
    everybody = {"analysis_id": "flow", "group_level": "(all)"}
    assert value(results, variable="assessed", **everybody) == 27
    assert value(results, variable="excluded", **everybody) == 2
    assert value(results, variable="excluded_reason", variable_level="Not eligible", **everybody) == 2
    assert members(results, variable="not_randomized_unexplained", **everybody) == ["S27"]
    assert "not-randomized-unexplained" in results.findings["code"].to_list()


def test_received_the_other_arm_is_named(results: Results) -> None:
    rows = find(results, analysis_id="flow", variable="received_other")
    assert rows.select("group_level", "variable_level", "text", "value").rows() == [
        ("active", "control", "Control", 1.0),
        ("control", "control", "Control", 0.0),
        ("(all)", "control", "Control", 1.0),
    ]
    assert members(results, analysis_id="flow", variable="received_other", group_level="active") == ["S02"]


def test_reasons_are_ranked_and_the_unknown_comes_last(results: Results) -> None:
    rows = find(results, analysis_id="flow", variable="discontinued_reason", group_level="(all)")
    assert rows.select("variable_level", "value").rows() == [
        ("Progression", 8.0),
        ("Adverse event", 4.0),
        ("Withdrawal", 2.0),
        ("(not recorded)", 1.0),
    ]
    active = find(results, analysis_id="flow", variable="discontinued_reason", group_level="active")
    assert active["value"].to_list() == [2.0, 3.0, 2.0, 0.0]


@pytest.mark.parametrize("arm", ARMS)
def test_boxes_add_up(results: Results, arm: str) -> None:
    def total(variable: str, **more: object) -> float:
        return float(find(results, analysis_id="flow", variable=variable, group_level=arm, **more)["value"].sum())

    assert total("randomized") == total("received") + total("received_other") + total("not_received")
    treated = total("received") + total("received_other")
    after = ("on_treatment", "completed", "discontinued", "status_unknown")
    assert treated == sum(total(variable) for variable in after)
    for variable in ("not_received", "discontinued", "left_study"):
        assert total(variable) == total(f"{variable}_reason")
    for population in ("itt", "safety"):
        own = {"population": population}
        assert total("randomized") == total("analyzed", **own) + total("not_analyzed", **own)
        assert total("not_analyzed", **own) == total("not_analyzed_reason", **own)


def test_safety_counts_as_treated(results: Results) -> None:
    safety = {"analysis_id": "populations", "population": "safety", "variable": "members"}
    active = [f"S{k:02d}" for k in range(3, 13)]
    control = ["S02", *(f"S{k}" for k in range(14, 25))]
    assert members(results, group_level="active", **safety) == active
    assert members(results, group_level="control", **safety) == control
    assert members(results, group_level="(all)", **safety) == sorted(active + control)


def test_exclusions_and_mix_ups_of_the_safety_population(results: Results) -> None:
    safety = {"analysis_id": "populations", "population": "safety"}
    assert members(results, variable="excluded", group_level="active", **safety) == ["S01"]
    reason = find(results, variable="excluded_reason", group_level="control", **safety)
    assert reason.select("variable_level", "value", "n").rows() == [("not treated", 1.0, 12)]
    mixed = find(results, variable="received_other", group_level="control", **safety)
    assert mixed.select("variable_level", "value", "n").rows() == [("control", 1.0, 12)]


def test_a_member_without_an_arm_is_reported_and_not_counted() -> None:
    data = adam()
    lost = pl.when(pl.col("USUBJID") == "S12").then(None).otherwise(pl.col("AARMID")).alias("AARMID")
    data["ADSL"] = data["ADSL"].with_columns(lost)
    results = results_of(data)
    safety = {"analysis_id": "populations", "population": "safety", "variable": "members"}
    assert value(results, group_level="active", **safety) == 9
    assert value(results, group_level="(all)", **safety) == 21
    finding = results.findings.filter(code="population-without-arm")
    assert finding.select("subject", "severity", "variable").rows() == [("S12", "error", "AARMID")]
    unknown = find(results, analysis_id="flow", variable="received_other", variable_level="(unknown)")
    assert unknown["value"].to_list() == [1.0, 0.0, 1.0]


def test_strata_frozen_corrected_and_wrong(results: Results) -> None:
    rows = find(results, analysis_id="strata", variable="stratum", group_level="(all)")
    table = {(level, which): n for level, which, n in rows.select("variable_level", "text", "value").iter_rows()}
    # frozen: S01-S06, S13-S18 north; S07-S11, S19-S24 south; S12 east. Corrected: S03 south, S20 north, S24 not known
    assert table == {
        ("east", "frozen"): 1, ("east", "corrected"): 1, ("east", "both"): 1,
        ("north", "frozen"): 12, ("north", "corrected"): 12, ("north", "both"): 11,
        ("south", "frozen"): 11, ("south", "corrected"): 10, ("south", "both"): 9,
        ("(missing)", "frozen"): 0, ("(missing)", "corrected"): 1, ("(missing)", "both"): 0,
    }  # fmt: skip
    wrong = {"analysis_id": "strata", "variable": "misstratified", "variable_level": "region"}
    assert members(results, group_level="(all)", **wrong) == ["S03", "S20", "S24"]
    assert members(results, group_level="active", **wrong) == ["S03"]


def test_a_subject_without_a_date_of_randomization_is_reported() -> None:
    data = adam()
    undated = pl.when(pl.col("USUBJID") == "S08").then(None).otherwise(pl.col("RANDDT")).alias("RANDDT")
    data["ADSL"] = data["ADSL"].with_columns(undated)
    results = results_of(data)
    rows = find(results, analysis_id="accrual", variable="randomized_cumulative", group_level="active")
    assert (rows["value"][-1], rows["n"][-1]) == (11.0, 12)
    assert results.findings.filter(code="randomization-date-missing")["subject"].to_list() == ["S08"]


def test_accrual_has_every_month_and_ends_with_everybody(results: Results) -> None:
    # pairs on Jan 10, 20, 30, Feb 9, 19, 29, Mar 10, 20; nobody in April; the last four on May 29, Jun 8, 18, 28
    rows = find(results, analysis_id="accrual", variable="randomized", group_level="active")
    assert rows.select("visit", "value").rows() == [
        ("2020-01", 3.0),
        ("2020-02", 3.0),
        ("2020-03", 2.0),
        ("2020-04", 0.0),
        ("2020-05", 1.0),
        ("2020-06", 3.0),
    ]
    total = find(results, analysis_id="accrual", variable="randomized_cumulative", group_level="(all)")
    assert total["value"].to_list() == [6.0, 12.0, 16.0, 16.0, 18.0, 24.0]
    sites = find(results, analysis_id="accrual", variable="site", group_level="(all)")
    assert sites.select("variable_level", "value").rows() == [("101", 16.0), ("102", 8.0)]
