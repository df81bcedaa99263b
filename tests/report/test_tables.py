"""Tables of participants, baseline, response and harms: expected cells beside the rows they come from."""

import polars as pl
import pytest
from tests.report.made_up import empty_results, trial_of
from tests.results.example import example_results

from equipoise.report.cells import Number, Table
from equipoise.report.entries import Source
from equipoise.report.facts import Facts
from equipoise.report.rows import Rows
from equipoise.report.tables import (
    accrual_table,
    baseline_table,
    deaths_table,
    disposition_table,
    exposure_table,
    findings_list_table,
    findings_table,
    follow_up_table,
    maximum_grade_tables,
    overview_table,
    populations_table,
    response_table,
    sites_table,
    strata_table,
    subgroup_table,
    terms_table,
    univariate_table,
)
from equipoise.report.tables.findings import PER_CODE
from equipoise.results import FINDINGS, Results, ResultsWriter
from equipoise.terms import Status


def source_of(results: Results) -> Source:
    return Source(Rows.of(results.statistics), Facts.of(results))


@pytest.fixture(scope="module")
def example() -> Source:
    return source_of(example_results())


def printed(table: Table) -> list[tuple[str, ...]]:
    return [(line.label, *(c if isinstance(c, str) else c.text for c in line.cells)) for line in table.lines]


def line(table: Table, label: str) -> tuple[str, ...]:
    return next(cells for cells in printed(table) if cells[0] == label)[1:]


def test_disposition_counts_percentages_and_reasons(example: Source) -> None:
    table = disposition_table(example)
    assert [column.head for column in table.columns] == [
        "Experimental drug (N = 97)",
        "Placebo (N = 74)",
        "All (N = 171)",
    ]
    assert line(table, "Assessed for eligibility") == ("–", "–", "180")
    assert line(table, "Randomized") == ("97 (100.0)", "74 (100.0)", "171 (100.0)")
    assert line(table, "Did not receive treatment") == ("2 (2.1)", "2 (2.7)", "4 (2.3)")
    assert line(table, "Crossed over") == ("0", "46 (62.2)", "46 (26.9)")
    assert line(table, "Received Placebo instead") == ("1 (1.0)", "0", "1 (0.6)")


def test_a_percentage_knows_both_counts(example: Source) -> None:
    cell = next(item for item in disposition_table(example).lines if item.label == "Crossed over").cells[1]
    assert isinstance(cell, Number)
    rows = {row.row_id: row for row in example.rows}
    assert [(rows[i].variable, rows[i].value) for i in cell.row_ids] == [("crossed_over", 46), ("randomized", 74)]


def test_populations_say_who_is_out_and_why(example: Source) -> None:
    lines = printed(populations_table(example))
    safety = lines[lines.index(("Safety, by arm received",)) :]
    assert safety[:4] == [
        ("Safety, by arm received",),
        ("In the population", "94", "73", "167"),
        ("Not in the population", "2", "2", "4"),
        ("Not treated", "2", "2", "4"),
    ]


def test_baseline_numbers_categories_and_missing(example: Source) -> None:
    table = baseline_table(example)
    assert printed(table)[:7] == [
        ("Age, years",),
        ("n", "94", "73", "167"),
        ("Mean (SD)", "61.7 (10.1)", "63.5 (10.5)", "62.5 (10.2)"),
        ("Median", "60.5", "63.0", "62.0"),
        ("Quartiles", "56.0 to 67.8", "55.0 to 72.0", "55.5 to 70.5"),
        ("Range", "38 to 84", "43 to 83", "38 to 84"),
        ("Missing", "3", "1", "4"),
    ]
    assert line(table, "Female") == ("48 (49.5)", "37 (50.0)", "85 (49.7)")
    assert not any(" P" in column.head for column in table.columns)


def test_strata_compare_frozen_and_corrected(example: Source) -> None:
    table = strata_table(example)
    assert line(table, "Frozen and corrected stratum differ") == ("1", "2", "3")
    assert line(table, "Yes: as frozen at randomization") == ("54", "40", "94")


def test_accrual_by_month_and_site(example: Source) -> None:
    months = printed(accrual_table(example))
    assert months[0] == ("2017-03", "6", "1", "7", "6", "1", "7")
    assert months[-1][-1] == "171"
    assert len(printed(sites_table(example))) == 5


def test_exposure_of_the_treated(example: Source) -> None:
    table = exposure_table(example)
    assert [column.head for column in table.columns][:2] == ["Experimental drug (N = 94)", "Placebo (N = 73)"]
    assert line(table, "Treated") == ("94", "73", "167")


def test_subgroups_with_interaction_on_the_head_of_the_factor(example: Source) -> None:
    table = subgroup_table(example, "primary", name="t")
    assert line(table, "All subjects")[:2] == ("92/97", "74/74")
    assert line(table, "Sex") == ("", "", "", ".27")
    assert line(table, "Female") == ("45/48", "37/37", "0.41 (0.24 to 0.69)", "")


def test_univariate_models_print_the_reference_level(example: Source) -> None:
    table = univariate_table(example, "primary", name="t")
    part = printed(table)
    start = next(i for i, cells in enumerate(part) if cells[0] == "Sex")
    assert part[start][1:] == ("", "", ".24")
    levels = {cells[0]: cells[2] for cells in part[start + 1 : start + 3]}
    assert levels == {"Female": "reference", "Male": "1.12 (0.77 to 1.63)"}
    assert not any("avor" in note for note in table.footnotes)


def test_response_rates_with_exact_limits(example: Source) -> None:
    table = response_table(example, "response", name="t")
    assert line(table, "Objective response, % (95% CI)")[:2] == ("11.3 (5.8 to 19.4)", "0 (0 to 4.9)")
    assert line(table, "Complete response") == ("0", "0", "")
    assert line(table, "P (Fisher's exact test)") == ("", "", ".003")


def test_adverse_events_use_the_treated_as_denominator(example: Source) -> None:
    table = overview_table(example)
    assert [column.head for column in table.columns][:2] == ["Experimental drug (N = 94)", "Placebo (N = 73)"]
    assert line(table, "Grade 3 or higher") == ("34 (36.2)", "11 (15.1)", "21.1 (8.4 to 33.8)", ".003")
    assert line(table, "Grade 5")[:2] == ("0", "0")


def test_adverse_events_after_crossover_have_their_own_denominator(example: Source) -> None:
    table = overview_table(example, crossover=True)
    assert [column.head for column in table.columns] == ["Placebo (N = 46)"]


def test_terms_under_their_class(example: Source) -> None:
    table = terms_table(example)
    assert printed(table)[:2] == [
        ("Gastrointestinal disorders", "75 (79.8)", "15 (16.0)", "40 (54.8)", "5 (6.8)"),
        ("Diarrhea", "60 (63.8)", "8 (8.5)", "24 (32.9)", "1 (1.4)"),
    ]
    assert [item.level for item in table.lines[:2]] == [0, 1]
    assert "MedDRA 24.0, CTCAE 5.0" in table.footnotes[-1]


def test_maximum_grade_in_one_table_or_one_per_arm(example: Source) -> None:
    (table,) = maximum_grade_tables(example)
    assert line(table, "Fatigue") == (
        "38 (40.4)",
        "12 (12.8)",
        "11 (11.7)",
        "0",
        "0",
        "14 (19.2)",
        "2 (2.7)",
        "6 (8.2)",
        "0",
        "0",
    )
    writer = ResultsWriter(study_id="MADE-UP", data_cut="final")
    for arm in "abc":
        for grade in "12345":
            shared = {
                "analysis_id": "safety_terms",
                "population": "safety",
                "variable": "maximum_grade",
                "parent_level": "Class",
            }
            for name, value in (("n", 1), ("percent", 10.0)):
                writer.add(name, value, group="arm", group_level=arm, text=grade, n=10, **shared)
    tables = maximum_grade_tables(source_of(writer.finish(trial_of("a", "b", "c"))))
    assert [table.name for table in tables] == [f"adverse-events-maximum-grade-{arm}" for arm in "abc"]
    assert [len(table.columns) for table in tables] == [5, 5, 5]


def test_deaths_by_cause(example: Source) -> None:
    table = deaths_table(example)
    assert line(table, "All deaths") == ("58 (61.7)", "37 (50.7)")
    assert line(table, "Attributed to an adverse event (grade 5)") == ("0", "2 (2.7)")


def test_findings_gravest_first_and_counted() -> None:
    columns = {name: [""] * 3 for name in FINDINGS}
    columns |= {
        "severity": ["note", "error", "error"],
        "code": ["a", "b", "b"],
        "subject": ["1", "2", "3"],
        "effect": ["x"] * 3,
    }
    frame = pl.DataFrame(columns, schema=FINDINGS)
    assert printed(findings_table(frame)) == [
        ("Error: kept out", "b", "", "2", "2", "x"),
        ("Note", "a", "", "1", "1", "x"),
    ]
    assert [cells[0] for cells in printed(findings_list_table(frame))] == ["Error: kept out"] * 2 + ["Note"]


def findings_of(n: int) -> pl.DataFrame:
    """So many findings of one code, each with its date in the effect."""
    columns = {name: [""] * n for name in FINDINGS}
    columns |= {"severity": ["warning"] * n, "code": ["dose-without-end"] * n, "dataset": ["EX"] * n}
    columns |= {"row_key": [f"EXSEQ={i:03}" for i in range(n)]}
    columns |= {"effect": [f"runs to 2019-12-{i % 28 + 1:02}, day {i}" for i in range(n)]}
    return pl.DataFrame(columns, schema=FINDINGS)


def test_the_effect_of_many_findings_is_told_without_the_dates_of_one() -> None:
    assert printed(findings_table(findings_of(5)))[0][-1] == "runs to [date], day [number]"
    assert printed(findings_table(findings_of(1)))[0][-1] == "runs to 2019-12-01, day 0"


def test_findings_of_one_code_are_listed_up_to_a_number_and_folded() -> None:
    table = findings_list_table(findings_of(50))
    cells = printed(table)
    assert len(cells) == PER_CODE + 1
    assert cells[-1][1:3] == ("dose-without-end", f"and {50 - PER_CODE} more (results/findings)")
    assert table.collapsed
    assert len(printed(findings_list_table(findings_of(PER_CODE)))) == PER_CODE


def subgroup_results(*, missing: int, strata: str) -> Source:
    """One factor with one level and subjects with missing values; the declared effect is stratified."""
    writer = ResultsWriter(study_id="MADE-UP", data_cut="final")
    shared = {"population": "itt", "endpoint": "pfs", "group": "arm"}
    ratio = {"measure": "hazard_ratio", "variable": "hazard_ratio", "group_level": "a", "reference_level": "b"}
    writer.add("estimate", 0.5, analysis_id="primary", strata="randomization", declared=True, **ratio, **shared)
    for level, n in (("F", 5), ("(missing)", missing)):
        where = {"analysis_id": "primary_subgroups", "subgroup": "sex", "subgroup_level": level, **shared}
        for arm in "ab":
            for variable in ("subjects", "events"):
                writer.add("n", n, variable=variable, n=n, group_level=arm, **where)
        writer.add("estimate", 0.5, strata=strata, **ratio, **where)
    analyses = {"primary": {"endpoint": "pfs"}}
    trial = trial_of("a", "b", analyses=analyses, endpoints={"pfs": {"label": "PFS"}})
    return source_of(writer.finish(trial))


def test_missing_levels_of_subgroups_stand_only_where_they_have_subjects() -> None:
    labels = [
        [cells[0] for cells in printed(subgroup_table(subgroup_results(missing=n, strata="none"), "primary", name="t"))]
        for n in (0, 2)
    ]
    assert labels == [["Sex", "F"], ["Sex", "F", "Missing"]]


def test_subgroups_stratified_otherwise_than_the_declared_effect_say_so() -> None:
    def notes(strata: str) -> str:
        return " ".join(subgroup_table(subgroup_results(missing=0, strata=strata), "primary", name="t").footnotes)

    said = "here: unstratified; the declared effect is stratified and stands in the table PFS."
    assert said in notes("none")
    assert "the declared effect" not in notes("randomization")


def test_not_estimable_and_not_reached_print_as_ne() -> None:
    writer = ResultsWriter(study_id="MADE-UP", data_cut="final")
    shared = {
        "analysis_id": "primary_subgroups",
        "population": "itt",
        "group": "arm",
        "group_level": "a",
        "reference_level": "b",
    }
    for name in ("estimate", "conf_low", "conf_high"):
        writer.add(
            name,
            None,
            status=Status.NOT_ESTIMABLE,
            measure="hazard_ratio",
            variable="hazard_ratio",
            subgroup="(all)",
            **shared,
        )
    table = subgroup_table(source_of(writer.finish(trial_of("a", "b"))), "primary", name="t")
    assert line(table, "All subjects")[2] == "NE"


@pytest.mark.parametrize("arms", [(), ("a",), ("a", "b", "c", "d", "e", "f")])
def test_every_table_without_rows_says_what_would_stand_there(arms: tuple[str, ...]) -> None:
    source = source_of(empty_results(*arms))
    made = [table(source) for table in (accrual_table, baseline_table, deaths_table, disposition_table, exposure_table)]
    made += [table(source) for table in (overview_table, populations_table, sites_table, strata_table, terms_table)]
    made += [table(source, "primary", name="t") for table in (response_table, subgroup_table, univariate_table)]
    made += [findings_table(pl.DataFrame(schema=FINDINGS)), findings_list_table(pl.DataFrame(schema=FINDINGS))]
    assert all(table.lines == () and table.empty.endswith(".") for table in made)


def term_results(minimum: float, *, tested: bool = False) -> Source:
    """One class with a frequent and a rare term in two arms of 50 subjects."""
    writer = ResultsWriter(study_id="MADE-UP", data_cut="final")
    shared = {"analysis_id": "safety_terms", "population": "safety", "variable": "any_grade", "parent_level": "CLASS"}
    for term, counts in ((None, (11, 6)), ("FREQUENT", (10, 5)), ("RARE", (1, 1))):
        columns = {**shared, "group": "arm", "variable_level": term, "n": 50}
        for arm, count in zip("ab", counts, strict=True):
            writer.add("n", count, group_level=arm, **columns)
            writer.add("percent", 2 * count, group_level=arm, **columns)
        if tested:
            pair = {**columns, "group_level": "a", "reference_level": "b"}
            for name, value in (("estimate", 0.1), ("conf_low", -0.05), ("conf_high", 0.24)):
                writer.add(name, value, measure="risk_difference", conf_level=0.95, **pair)
            writer.add("p_value", 0.263, measure="fisher", sided=2, **pair)
    return source_of(writer.finish(trial_of("a", "b", safety={"minimum_percent": minimum})))


def test_terms_below_the_minimum_percentage_in_every_arm_are_left_out() -> None:
    assert [cells[0] for cells in printed(terms_table(term_results(0)))] == ["Class", "Frequent", "Rare"]
    table = terms_table(term_results(10))
    assert [cells[0] for cells in printed(table)] == ["Class", "Frequent"]
    assert any(note.startswith("Terms below 10% in every arm are left out") for note in table.footnotes)
    assert printed(terms_table(term_results(30))) == []


def test_terms_are_compared_only_where_the_results_compare_them() -> None:
    assert len(terms_table(term_results(0)).columns) == 4
    table = terms_table(term_results(0, tested=True))
    assert line(table, "Frequent") == ("10 (20.0)", "0", "5 (10.0)", "0", "10.0 (−5.0 to 24.0)", ".26")
    assert table.columns[-1].head == "P, Fisher"


def test_follow_up_of_each_endpoint_and_cohort() -> None:
    writer = ResultsWriter(study_id="MADE-UP", data_cut="final")
    shared = {"analysis_id": "follow_up", "variable": "reverse_kaplan_meier", "endpoint": "os", "population": "itt"}
    for cohort, days in (("pancreatic", 304.375), ("other", 608.75)):
        for name, value in (("estimate", days), ("conf_low", days), ("conf_high", None)):
            status = Status.OK if value else Status.NOT_REACHED
            columns = {**shared, "subgroup": "cohort", "subgroup_level": cohort, "group": "arm", "group_level": "a"}
            writer.add(name, value, status=status, **columns)
    table = follow_up_table(source_of(writer.finish(trial_of("a"))))
    assert printed(table) == [("Os, Pancreatic", "10.0 (10.0 to NE)"), ("Os, Other", "20.0 (20.0 to NE)")]
