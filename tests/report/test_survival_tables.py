"""Time-to-event tables: expected cells beside the rows they come from."""

import pytest
from tests.report.made_up import empty_results, survival_results
from tests.results.example import example_results

from equipoise.report.cells import Number, Table
from equipoise.report.entries import Source
from equipoise.report.facts import Facts
from equipoise.report.rows import Rows
from equipoise.report.tables import Survival, landmark_table, models_table, rule_sets_table, survival_table
from equipoise.report.words import RULE_SETS
from equipoise.results import Results
from equipoise.terms import RuleSet


def source_of(results: Results) -> Source:
    return Source(Rows.of(results.statistics), Facts.of(results))


def printed(table: Table) -> dict[str, tuple[str, ...]]:
    return {
        line.label: tuple(cell if isinstance(cell, str) else cell.text for cell in line.cells) for line in table.lines
    }


def primary(results: Results) -> Survival:
    return Survival.primary(source_of(results), "primary")


def test_events_censoring_and_medians() -> None:
    table = survival_table(primary(survival_results("a", "b")), name="t")
    assert [column.head for column in table.columns] == ["Arm a (N = 10)", "Arm b (N = 10)"]
    assert printed(table) == {
        "Events, n (%)": ("6 (60.0)", "6 (60.0)"),
        "Censored, n (%)": ("4 (40.0)", "4 (40.0)"),
        "Ongoing": ("4 (40.0)", "4 (40.0)"),
        "Time to event, months (95% CI)": (),
        "Median": ("12.0 (6.0 to NE)", "12.0 (6.0 to NE)"),
        "Compared with Arm b": (),
        "Hazard ratio (95% CI) (Cox, Efron ties, stratified by Site)": ("0.54 (0.37 to 0.79)", "reference"),
        "P (log-rank, stratified by Site)": (".013", "reference"),
    }


def test_one_sided_p_says_so() -> None:
    table = survival_table(primary(survival_results("a", "b", sided=1)), name="t")
    assert printed(table)["One-sided P (log-rank, stratified by Site)"] == (".006", "reference")
    assert any("one-sided" in note for note in table.footnotes)


def test_footnotes_name_population_cut_methods_interval_strata_and_rules() -> None:
    notes = survival_table(primary(survival_results("a", "b")), name="t").footnotes
    assert notes == (
        "Population: Itt. Data cut: Final, clinical cut-off 2020-01-31.",
        "Methods: Kaplan-Meier, log-log; Cox, Efron ties, stratified by Site; log-rank, stratified by Site.",
        "Confidence intervals (CI) are two-sided 95%.",
        "P values are two-sided.",
        "Strata as frozen at randomization: those with which the subject was randomized, right or wrong.",
        "Rule set P: progression or death whenever observed, else censored at the last adequate assessment.",
        "NE: not estimable, or not reached.",
    )


@pytest.mark.parametrize("arms", [("a",), ("a", "b", "c"), ("a", "b", "c", "d", "e", "f")])
def test_any_number_of_arms(arms: tuple[str, ...]) -> None:
    cells = printed(survival_table(primary(survival_results(*arms)), name="t"))
    assert len(cells["Median"]) == len(arms)
    effects = [value for label, values in cells.items() if label.startswith("Hazard") for value in values]
    assert effects.count("0.54 (0.37 to 0.79)") == len(arms) - 1


def test_rule_sets_in_lines_of_one_table() -> None:
    table = rule_sets_table(source_of(survival_results("a", "b", rule_sets=("P", "A", "K"))), "primary", name="t")
    assert list(printed(table)) == ["P, primary", "A", "K"]
    expected = ("6", "12.0 (6.0 to NE)", "6", "12.0 (6.0 to NE)", "0.54 (0.37 to 0.79)", ".013")
    assert printed(table)["A"] == expected


def test_effect_and_test_of_different_strata_name_their_models_in_one_line() -> None:
    results = survival_results("a", "b", test_strata="none", rule_sets=("P", "A"))
    cells = printed(rule_sets_table(source_of(results), "primary", name="t"))["P, primary"]
    assert cells[-2:] == ("0.54 (0.37 to 0.79), Cox, Efron ties, stratified by Site", ".013, log-rank, unstratified")


def test_models_stand_in_lines_of_their_own() -> None:
    table = models_table(primary(survival_results("a", "b", test_strata="none")), name="t")
    assert printed(table) == {
        "Strata as frozen at randomization": ("0.54 (0.37 to 0.79)", "–", "–", "–", "–", "–", "effect"),
        "Unstratified": ("–", "–", "–", ".013", ".006", "> .99", "test"),
    }


def test_landmarks_with_number_at_risk_and_difference() -> None:
    table = landmark_table(primary(example_results()), name="t")
    assert list(printed(table)) == ["6 months", "12 months"]
    assert [column.head for column in table.columns] == ["% (CI)", "At risk", "% (CI)", "At risk", "% (CI)"]
    assert printed(table)["6 months"][:2] == ("48.0 (37.7 to 57.6)", "45")


def test_every_number_of_the_example_knows_rows_that_exist() -> None:
    results = example_results()
    known = set(results.statistics["row_id"].to_list())
    table = survival_table(primary(results), name="t")
    numbers = [cell for line in table.lines for cell in line.cells if isinstance(cell, Number)]
    assert len(numbers) == 2 * 7 + 2 + 3  # seven lines of both arms, two reasons of one arm, effect, bound and test
    assert all(number.row_ids and set(number.row_ids) <= known for number in numbers)


def test_without_rows_the_table_says_what_would_stand_there() -> None:
    table = survival_table(primary(empty_results("a", "b")), name="t")
    assert table.lines == ()
    assert "once the endpoint is derived" in table.empty


def test_an_analysis_without_declared_test_is_described_not_compared() -> None:
    results = survival_results("a", "b", declared=False)
    table = survival_table(primary(results), name="t")
    assert not any("Hazard" in label or "P (" in label for label in printed(table))
    assert table.footnotes[-1].startswith("The protocol declares no test and no effect")


def test_other_rule_sets_use_the_declared_strata() -> None:
    cells = printed(rule_sets_table(source_of(example_results()), "primary", name="t"))
    assert cells["A"][-2:] == ("0.52 (0.36 to 0.75)", "< .001")


def test_every_rule_set_is_said_in_words() -> None:
    assert set(RULE_SETS) == set(RuleSet)
    assert all(text.startswith(f"{name}: ") for name, text in RULE_SETS.items())
