"""Forest plot and univariate block of the small trial.

R numbers: R 4.2.2, survival 3.5-3, ``coxph`` with Efron ties on the times of the small trial.
"""

import pytest
from tests.analyze.small_trial import adam, find, protocol, protocol_data, results_of, value

from equipoise.results import Results

FOREST = {"analysis_id": "primary_subgroups"}
PROGNOSIS = {"analysis_id": "primary_univariate"}


@pytest.fixture(scope="module")
def results() -> Results:
    return results_of()


def test_subjects_and_events_by_hand(results: Results) -> None:
    # odd numbers are women but for S03; events: S01 S03 S05 and S13-S18 S20 S23
    rows = find(results, subgroup="sex", variable="events", **FOREST)
    assert rows.select("subgroup_level", "group_level", "value", "n").rows() == [
        ("F", "active", 2.0, 5),
        ("F", "control", 4.0, 6),
        ("M", "active", 1.0, 7),
        ("M", "control", 4.0, 6),
        ("(missing)", "active", 0.0, 0),
        ("(missing)", "control", 0.0, 0),
    ]


@pytest.mark.parametrize("factor", ["sex", "region", "age"])
@pytest.mark.parametrize("arm", ["active", "control"])
def test_levels_and_missing_add_up_to_the_arm(results: Results, factor: str, arm: str) -> None:
    rows = find(results, subgroup=factor, variable="subjects", group_level=arm, **FOREST)
    assert rows["value"].sum() == 12
    events = find(results, subgroup=factor, variable="events", group_level=arm, **FOREST)
    assert events["value"].sum() == {"active": 3, "control": 8}[arm]


@pytest.mark.evidence(method="analyze", kind="R", source="survival 3.5.3")
def test_effects_and_interaction_against_r(results: Results) -> None:
    golden = {"F": (0.507687953867, 0.868720478723), "M": (0.233248280816, 1.1186613455)}
    for level, (estimate, error) in golden.items():
        row = {"subgroup": "sex", "subgroup_level": level, "variable": "hazard_ratio", **FOREST}
        assert value(results, statistic="estimate", **row) == pytest.approx(estimate, rel=1e-7)
        assert value(results, statistic="std_error", **row) == pytest.approx(error, rel=1e-7)
    test = {"subgroup": "sex", "subgroup_level": None, "variable": "interaction", **FOREST}
    assert value(results, statistic="statistic", **test) == pytest.approx(0.331168717893, rel=1e-7)
    assert value(results, statistic="df", **test) == 1
    assert value(results, statistic="p_value", **test) == pytest.approx(0.564971713696, rel=1e-7)


def test_all_subjects_are_the_unstratified_model(results: Results) -> None:
    whole = {"subgroup": "(all)", "subgroup_level": None, "variable": "hazard_ratio", "statistic": "estimate", **FOREST}
    plain = {"analysis_id": "primary", "rule_set": "P", "variable": "hazard_ratio", "statistic": "estimate"}
    assert value(results, **whole) == value(results, strata="none", **plain)


def test_small_levels_say_why_and_stay_out_of_the_interaction(results: Results) -> None:
    def row(factor: str, level: str | None) -> tuple[object, ...]:
        where = {"subgroup": factor, "subgroup_level": level, "variable": "hazard_ratio", "statistic": "estimate"}
        return find(results, **where, **FOREST).select("value", "status", "text").row(0)

    assert row("region", "east") == (None, "NE", "no subjects in arm control")
    assert row("region", "(missing)") == (None, "NE", "no subjects in arm active")
    assert row("age", "60 and above") == (None, "NE", "no events in arm active")
    few = protocol_data()["subgroups"] | {"sex": {"field": "sex", "minimum_events": 6}}
    test = {"subgroup": "sex", "variable": "interaction", "statistic": "p_value", **FOREST}
    fewer = results_of(declared=protocol(subgroups=few))
    male = {"subgroup": "sex", "subgroup_level": "M", "variable": "hazard_ratio", "statistic": "estimate", **FOREST}
    assert find(fewer, **male)["text"].to_list() == ["5 events, fewer than 6"]
    assert find(fewer, **test)["text"].to_list() == ["fewer than two levels with enough events"]
    assert find(results, **test)["text"].to_list() == [None]


def test_levels_by_expression_leave_the_unknown_missing(results: Results) -> None:
    # S11 and S24 have no age
    rows = find(results, subgroup="age", subgroup_level="(missing)", variable="subjects", **FOREST)
    assert rows.select("group_level", "value").rows() == [("active", 1.0), ("control", 1.0)]


def test_overlapping_levels_count_once_and_are_reported() -> None:
    levels = {"Below 60": "age < 60", "Above 50": "age > 50"}
    declared = protocol(subgroups={"age": {"levels": levels}})
    results = results_of(declared=declared)
    rows = find(results, subgroup="age", variable="subjects", **FOREST)
    assert rows["value"].sum() == 24
    assert results.findings.filter(code="overlapping-subgroups").height == 1


@pytest.mark.evidence(method="analyze", kind="R", source="survival 3.5.3")
def test_univariate_models_against_r(results: Results) -> None:
    age = {"variable": "age", "measure": "hazard_ratio", **PROGNOSIS}
    assert value(results, statistic="estimate", **age) == pytest.approx(0.412260897467, rel=1e-7)
    assert value(results, statistic="p_value", **age) == pytest.approx(0.00136801784569, rel=1e-6)
    assert find(results, statistic="estimate", **age).select("unit", "n", "n_events").row(0) == ("1 years", 22, 11)
    region = {"variable": "region", "measure": "hazard_ratio", "variable_level": "south", **PROGNOSIS}
    assert value(results, statistic="estimate", **region) == pytest.approx(0.0513222031854, rel=1e-7)
    assert find(results, statistic="estimate", **region)["reference_level"].to_list() == ["north"]
    test = {"variable": "region", "measure": "likelihood_ratio", **PROGNOSIS}
    assert value(results, statistic="statistic", **test) == pytest.approx(13.4798914746, rel=1e-7)
    assert value(results, statistic="df", **test) == 1


def test_a_level_without_events_and_a_separated_factor_have_no_ratio(results: Results) -> None:
    east = {"variable": "region", "measure": "hazard_ratio", "variable_level": "east", "statistic": "estimate"}
    assert find(results, **east, **PROGNOSIS).select("value", "text", "n").row(0) == (
        None,
        "no events at this level",
        1,
    )
    # every event of subjects with prior therapy comes before the first event of the others
    prior = {"variable": "prior", "measure": "hazard_ratio", "statistic": "estimate", **PROGNOSIS}
    row = find(results, **prior)
    assert row.select("variable_level", "reference_level", "value", "status").row(0) == ("true", "false", None, "NE")
    assert row["text"][0].startswith("the hazard ratio has no finite estimate")


def test_levels_of_a_factor_add_up(results: Results) -> None:
    for factor, n_events in (("sex", 11), ("region", 11), ("prior", 11)):
        rows = find(results, variable=factor, statistic="n", measure=None, **PROGNOSIS)
        assert rows["value"].sum() == 24
        assert rows["n_events"].sum() == n_events


def test_the_reference_level_of_the_protocol_is_used() -> None:
    baseline = protocol_data()["baseline"]
    baseline["sex"] = {"levels": {"F": "Female", "M": "Male"}, "reference": "M", "univariate": True}
    results = results_of(declared=protocol(baseline=baseline))
    row = find(results, variable="sex", measure="hazard_ratio", statistic="estimate", **PROGNOSIS)
    assert row.select("variable_level", "reference_level").row(0) == ("F", "M")


def test_a_factor_that_nobody_has_is_not_estimable() -> None:
    data = adam()
    data["ADSL"] = data["ADSL"].drop("AGE")
    results = results_of(data)
    row = find(results, variable="age", measure="hazard_ratio", statistic="estimate", **PROGNOSIS)
    assert row.select("status", "text", "n").row(0) == ("NE", "fewer than two distinct values, or no events", 0)
    missing = find(results, variable="age", variable_level="(missing)", statistic="n", **PROGNOSIS)
    assert missing["value"].to_list() == [24.0]
