"""Adverse events, deaths and responses of the small trial, by hand from its lists.

Treated: active S03-S12 (10), control S02 and S14-S24 (12); crossed over: S15-S17.
"""

import polars as pl
import pytest
from tests.analyze.small_trial import adam, find, protocol, results_of, value

from equipoise.results import Results
from equipoise.stats import binomial_ci, fisher_exact, risk_difference

OVERVIEW = {"analysis_id": "safety_overview"}
TERMS = {"analysis_id": "safety_terms"}


@pytest.fixture(scope="module")
def results() -> Results:
    return results_of()


@pytest.mark.parametrize(
    ("variable", "active", "control"),
    [
        ("any", 4, 4),  # S03 S04 S05 S06; S02 (as treated) S14 S15 S18
        ("grade3", 3, 0),  # S03 S04 S05
        ("grade5", 1, 0),  # S05
        ("serious", 2, 0),  # S04 S05
        ("related", 2, 1),  # S03 S04; S02
        ("discontinued", 1, 0),  # S04
    ],
)
def test_overview_as_treated(results: Results, variable: str, active: int, control: int) -> None:
    for arm, number, size in (("active", active, 10), ("control", control, 12)):
        row = {"variable": variable, "group_level": arm, "measure": None, **OVERVIEW}
        assert value(results, statistic="n", **row) == number
        assert value(results, statistic="percent", **row) == 100 * number / size
        assert find(results, statistic="percent", **row).select("n", "n_events").row(0) == (size, number)


def test_overview_is_compared(results: Results) -> None:
    row = {"variable": "grade3", "group_level": "active", "reference_level": "control", **OVERVIEW}
    difference = risk_difference(3, 10, 0, 12, method="newcombe")
    found = {s: value(results, measure="risk_difference", statistic=s, **row) for s in ("estimate", "conf_low")}
    assert found == {"estimate": 0.3, "conf_low": difference.conf_low}
    # both tails of the hypergeometric: C(10,3)/C(22,3) and nothing as rare on the other side
    assert value(results, measure="fisher", statistic="p_value", **row) == pytest.approx(120 / 1540, rel=1e-12)


def test_events_after_crossover_stand_apart(results: Results) -> None:
    crossover = {"analysis_id": "safety_overview_crossover", "group_level": "control", "statistic": "n"}
    assert value(results, variable="any", **crossover) == 1
    assert value(results, variable="grade3", **crossover) == 1
    assert find(results, variable="any", **crossover)["n"].to_list() == [3]
    terms = find(results, analysis_id="safety_terms_crossover", variable="any_grade", statistic="n")
    assert terms.select("parent_level", "variable_level", "value").rows() == [
        ("Gastro", None, 1.0),
        ("Gastro", "Nausea", 1.0),
        ("Vascular", None, 1.0),
        ("Vascular", "Hypertension", 1.0),
    ]
    # hypertension of grade 4 after crossover is not in the column of the control arm
    assert value(results, variable="grade3", parent_level="Vascular", variable_level="Hypertension",
                 group_level="control", statistic="n", **TERMS) == 0  # fmt: skip


def test_each_subject_once_per_row_at_the_worst_grade(results: Results) -> None:
    def worst(term: str, arm: str) -> dict[str, float]:
        rows = find(results, variable="maximum_grade", variable_level=term, group_level=arm, statistic="n", **TERMS)
        return {k: v for k, v in rows.select("text", "value").iter_rows() if v}

    assert worst("Headache", "active") == {"3": 1, "(missing)": 1}  # S03 had grade 2 and 3, S06 no grade
    assert worst("Embolism", "active") == {"5": 1}  # S05 had grade 3, then 5
    assert worst("Nausea", "control") == {"1": 2, "2": 2}
    assert worst("Headache", "control") == {}  # S16 had it before treatment


def test_grades_add_up_to_any_grade(results: Results) -> None:
    rows = find(results, statistic="n", **TERMS).filter(pl.col("variable") != "grade3")
    sums = rows.group_by("parent_level", "variable_level", "group_level", "variable").agg(pl.col("value").sum())
    wide = sums.pivot("variable", index=["parent_level", "variable_level", "group_level"], values="value")
    assert wide.height == 2 * 7
    assert wide.filter(pl.col("any_grade") != pl.col("maximum_grade")).height == 0


def test_worst_grade_over_all_events(results: Results) -> None:
    # S03 3, S04 3, S05 5, S06 not known; as treated S02 2, S14 1, S15 1, S18 2
    rows = find(results, analysis_id="safety_maximum_grade", statistic="n")
    table = {(grade, arm): n for grade, arm, n in rows.select("text", "group_level", "value").iter_rows() if n}
    assert table == {
        ("3", "active"): 2, ("5", "active"): 1, ("(missing)", "active"): 1, ("1", "control"): 2, ("2", "control"): 2,
    }  # fmt: skip
    crossover = find(results, analysis_id="safety_maximum_grade_crossover", statistic="n", text="4")
    assert crossover.select("group_level", "value", "n").rows() == [("control", 1.0, 3)]


def test_terms_have_no_p_value_unless_the_protocol_asks(results: Results) -> None:
    assert find(results, measure="fisher", **TERMS).height == 0
    asked = results_of(declared=protocol(safety={"test_terms": True}))
    row = find(asked, measure="fisher", variable="any_grade", variable_level="Nausea", **TERMS)
    assert row["value"].to_list() == [fisher_exact([[1, 9], [4, 8]]).p_value]


def test_unknown_onset_is_listed(results: Results) -> None:
    rows = find(results, analysis_id="unknown_onset")
    assert rows.select("group_level", "value", "n_events").rows() == [("active", 0.0, 0), ("control", 1.0, 1)]
    named = results.source_sets.filter(source_set=rows["source_set"][1])
    assert named["subjects"].to_list() == [["S18"]]


def test_severity_without_grades_takes_the_flag_of_death() -> None:
    data = adam()
    mild = pl.when(pl.col("AGRADEN") > 3).then(3).otherwise(pl.col("AGRADEN")).cast(pl.Int64)
    data["ADAE"] = data["ADAE"].with_columns(AGRADEN=mild)
    results = results_of(data, protocol(safety={"grade_variable": "AESEV"}))
    row = {"group_level": "active", "measure": None, "statistic": "n", **OVERVIEW}
    assert value(results, variable="grade5", **row) == 1
    levels = find(results, variable="maximum_grade", variable_level="Nausea", group_level="active", **TERMS)
    assert levels["text"].unique().sort().to_list() == ["1", "2", "3"]


def test_deaths_by_cause_and_after_the_last_dose(results: Results) -> None:
    def deaths(variable: str, arm: str, **more: str) -> float:
        return value(results, analysis_id="deaths", variable=variable, group_level=arm, statistic="n", **more)

    assert [deaths("all", arm) for arm in ("active", "control")] == [2, 3]
    # days from last dose to death: S03 90 - 30, S05 50 - 49, S14 60 - 15, S17 45 - 44, S23 105 - 99
    assert [deaths("within_30_days", arm) for arm in ("active", "control")] == [1, 2]
    assert [deaths("grade5", arm) for arm in ("active", "control")] == [1, 0]
    causes = find(results, analysis_id="deaths", variable="cause", group_level="control", statistic="n")
    assert causes.select("variable_level", "value").rows() == [
        ("Disease", 2.0),
        ("Adverse event", 0.0),
        ("(not recorded)", 1.0),
    ]


def test_best_response_adds_up_and_missing_are_not_responders(results: Results) -> None:
    rows = find(results, analysis_id="response", variable="best_response", group_level="active", statistic="n")
    found = {level: n for level, n in rows.select("variable_level", "value").iter_rows() if n}
    assert found == {"CR": 1, "PR": 1, "SD": 2, "NON-CR/NON-PD": 1, "PD": 1, "(missing)": 6}
    assert rows["value"].sum() == 12


@pytest.mark.parametrize(("variable", "active", "control"), [("objective_response", 2, 1), ("disease_control", 5, 1)])
def test_responses_with_exact_limits(results: Results, variable: str, active: int, control: int) -> None:
    for arm, number in (("active", active), ("control", control)):
        row = {"analysis_id": "response", "variable": variable, "group_level": arm, "measure": None}
        assert value(results, statistic="n", **row) == number
        exact = binomial_ci(number, 12)
        assert value(results, statistic="estimate", **row) == number / 12
        assert value(results, statistic="conf_high", **row) == exact.conf_high
    row = {"analysis_id": "response", "variable": variable, "measure": "fisher", "statistic": "p_value"}
    table = [[active, 12 - active], [control, 12 - control]]
    assert value(results, **row) == fisher_exact(table).p_value
    assert find(results, **row)["declared"].to_list() == [variable == "objective_response"]


def test_responses_that_the_protocol_does_not_compare() -> None:
    analyses = {"response": {"endpoint": "response", "population": "itt"}}
    results = results_of(declared=protocol(analyses=analyses))
    assert value(results, variable="objective_response", group_level="active", statistic="n") == 2
    assert find(results, measure="fisher", analysis_id="response").height == 0


def test_nobody_treated() -> None:
    data = adam()
    data["ADSL"] = data["ADSL"].with_columns(SAFFL=pl.lit("N"))
    results = results_of(data)
    row = {"variable": "any", "group_level": "active", **OVERVIEW}
    assert value(results, measure=None, statistic="n", **row) == 0
    percent = find(results, measure=None, statistic="percent", **row)
    assert percent.select("value", "status", "text").row(0) == (None, "NE", "no subjects")
    fisher = find(results, measure="fisher", statistic="p_value", **row)
    assert fisher.select("value", "status", "text").row(0) == (None, "NE", "no subjects in arm active")
    assert results.findings.filter(code="population-empty")["seen"].to_list() == ["nobody in population safety"]


def test_no_adverse_event_at_all() -> None:
    data = adam()
    data["ADAE"] = data["ADAE"].clear()
    results = results_of(data)
    assert value(results, variable="any", group_level="active", measure=None, statistic="n", **OVERVIEW) == 0
    assert find(results, **TERMS).height == 0
