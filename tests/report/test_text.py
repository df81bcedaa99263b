"""Sentences of the results section, with the rows behind each number."""

import pytest
from tests.report.made_up import empty_results, row, survival_results, trial_of
from tests.results.example import example_results

from equipoise.report.cells import Number, text_of
from equipoise.report.entries import Source
from equipoise.report.facts import Facts
from equipoise.report.rows import Rows
from equipoise.report.tables import (
    Survival,
    follow_up_table,
    maximum_grade_tables,
    overview_table,
    terms_table,
)
from equipoise.report.text import (
    accrual_text,
    follow_up_text,
    harms_text,
    response_text,
    survival_text,
    unknown_onset_text,
)
from equipoise.report.words import sentence_case
from equipoise.results import Results, ResultsWriter
from equipoise.terms import Status


def source_of(results: Results) -> Source:
    return Source(Rows.of(results.statistics), Facts.of(results))


def sentence(results: Results, **_: object) -> str:
    (paragraph,) = survival_text(Survival.primary(source_of(results), "primary"))
    return text_of(paragraph.parts)


def test_effect_and_test_each_name_their_model() -> None:
    assert sentence(survival_results("a", "b", test_strata="none")) == (
        "Progression-free survival: an event was observed in 6 of 10 subjects (60%) with Arm a and 6 of 10 subjects "
        "(60%) with Arm b. The median was 12.0 months (95% CI, 6.0 to not reached) with Arm a and 12.0 months (95% CI, "
        "6.0 to not reached) with Arm b. Arm a compared with Arm b: hazard ratio, 0.54 [95% CI, 0.37 to 0.79] (Cox, "
        "Efron ties, stratified by Site); P = .013 (log-rank, unstratified). "
    )


def test_a_one_sided_p_says_so() -> None:
    assert "; one-sided P = .006 (log-rank, stratified by Site)" in sentence(survival_results("a", "b", sided=1))


def test_three_arms_make_a_list_and_two_comparisons() -> None:
    text = sentence(survival_results("a", "b", "c"))
    assert "with Arm a, 6 of 10 subjects (60%) with Arm b and 6 of 10 subjects (60%) with Arm c" in text
    assert text.count("hazard ratio, 0.54") == 2


def test_where_nobody_is_in_the_population_no_count_is_made_up() -> None:
    writer = ResultsWriter(study_id="MADE-UP", data_cut="final")
    shared = {"analysis_id": "primary", "population": "itt", "endpoint": "pfs", "group": "arm"}
    for arm, n in (("a", 0), ("b", 0)):
        for variable in ("subjects", "events"):
            writer.add("n", n, variable=variable, n=n, group_level=arm, **shared)
    protocol = {"populations": {"itt": {"label": "All randomized"}}, "endpoints": {"pfs": {"label": "PFS"}}}
    assert sentence(writer.finish(trial_of("a", "b", **protocol))) == (
        "PFS: Nobody is in the population (All randomized): see Findings about the data."
    )


def nothing_counted() -> Source:
    """No adverse event in the data: each arm says why nothing was counted."""
    writer = ResultsWriter(study_id="MADE-UP", data_cut="final")
    for arm in "ab":
        shared = {"analysis_id": "safety_overview", "variable": "adverse_events", "group": "arm", "group_level": arm}
        writer.add("n", None, status=Status.NOT_DONE, text="the data hold no adverse events (AE)", **shared)
    return source_of(writer.finish(trial_of("a", "b")))


def test_adverse_events_that_were_not_counted_are_never_zero() -> None:
    source = nothing_counted()
    said = "Adverse events. Not in the data: the data hold no adverse events (AE)."
    assert [text_of(paragraph.parts) for paragraph in harms_text(source)] == [said]
    for table in (overview_table(source), terms_table(source), *maximum_grade_tables(source)):
        assert (table.lines, table.empty) == ((), said)


def test_a_count_that_is_not_recorded_is_not_zero() -> None:
    source = nothing_counted()
    assert source.count(row(statistic="n", status=Status.NOT_DONE)).text == "not in the data"
    assert source.count(row(statistic="n", status=Status.NOT_ESTIMABLE, text="not recorded")).text == "not recorded"


def test_the_follow_up_in_the_text_is_that_of_survival() -> None:
    writer = ResultsWriter(study_id="MADE-UP", data_cut="final")
    shared = {"analysis_id": "follow_up", "variable": "reverse_kaplan_meier", "group": "arm", "group_level": "a"}
    for endpoint in ("pfs", "os"):
        writer.add("estimate", 365.25, endpoint=endpoint, population="itt", **shared)
        counts = {"analysis_id": endpoint, "endpoint": endpoint, "population": "itt", "group": "arm"}
        writer.add("n", 10, variable="subjects", group_level="a", **counts)
        level = "No adequate assessment after baseline" if endpoint == "pfs" else "Alive"
        writer.add("n", 8, variable="censored_reason", variable_level=level, group_level="a", **counts)
    analyses = {name: {"endpoint": name, "population": "itt"} for name in ("pfs", "os")}
    endpoints = {"pfs": {"events": ["local_progression"]}, "os": {"events": ["death"], "label": "Overall survival"}}
    source = source_of(writer.finish(trial_of("a", analyses=analyses, endpoints=endpoints)))
    (paragraph,) = follow_up_text(source)
    assert text_of(paragraph.parts).startswith("Overall survival: the median follow-up (reverse Kaplan-Meier) was 12.0")
    assert follow_up_table(source).footnotes[-1] == "Pfs: 8 of 10 subjects have no reading and count with no follow-up."


def test_comparisons_stand_in_the_order_of_the_protocol() -> None:
    results = survival_results("a", "b", "c")
    results.trial["comparisons"] = {"primary": [["b", "c"], ["a", "c"]]}  # type: ignore[index]
    assert Survival.primary(source_of(results), "primary").comparisons == [("b", "c"), ("a", "c")]
    text = sentence(results)
    assert text.index("Arm b compared with Arm c") < text.index("Arm a compared with Arm c")


@pytest.mark.parametrize(
    ("recorded", "printed"),
    [
        ("APPLICATION SITE PRURITUS", "Application site pruritus"),
        ("ELECTROCARDIOGRAM ST SEGMENT DEPRESSION", "Electrocardiogram ST segment depression"),
        ("ELECTROCARDIOGRAM T WAVE INVERSION", "Electrocardiogram T wave inversion"),
        ("PARKINSON'S DISEASE", "Parkinson's disease"),
        ("HIV", "HIV"),
        ("Lost to follow-up", "Lost to follow-up"),
    ],
)
def test_terms_of_the_data_in_sentence_case(recorded: str, printed: str) -> None:
    assert sentence_case(recorded) == printed


def test_one_arm_has_no_comparison() -> None:
    text = sentence(survival_results("a"))
    assert "hazard ratio" not in text
    assert "with Arm a" in text


def test_participants_and_follow_up() -> None:
    source = source_of(example_results())
    (paragraph,) = accrual_text(source)
    assert text_of(paragraph.parts).startswith(
        "Between 2017-03-05 and 2019-03-08, 180 subjects were assessed and 171 were randomized: 97 to Experimental "
        "drug and 74 to Placebo. 4 received no treatment."
    )
    (follow_up,) = follow_up_text(source)
    assert "41.0 months (95% CI, 32.0 to 46.2) with Experimental drug" in text_of(follow_up.parts)


def test_response_and_harms() -> None:
    source = source_of(example_results())
    (response,) = response_text(source, "response")
    assert "11 of 97 subjects (11.3% [95% CI, 5.8 to 19.4]) with Experimental drug" in text_of(response.parts)
    (harms,) = harms_text(source)
    said = "grade 3 or higher occurred in 34 of 94 subjects (36%) with Experimental drug and 11 of 73"
    assert said in text_of(harms.parts)


def test_every_digit_of_a_sentence_belongs_to_a_number_or_a_date() -> None:
    (paragraph,) = survival_text(Survival.primary(source_of(example_results()), "primary"))
    words = "".join(part for part in paragraph.parts if isinstance(part, str))
    assert not any(sign.isdigit() for sign in words)
    assert all(part.row_ids for part in paragraph.parts if isinstance(part, Number))


def test_nothing_is_said_about_nothing() -> None:
    source = source_of(empty_results("a", "b"))
    assert accrual_text(source) == follow_up_text(source) == harms_text(source) == []
    assert survival_text(Survival.primary(source, "primary")) == response_text(source, "response") == []


def test_unknown_onset_is_said_only_where_it_occurs() -> None:
    assert unknown_onset_text(source_of(example_results())) == []
    writer = ResultsWriter(study_id="MADE-UP", data_cut="final")
    for arm, subjects, events in (("a", 2, 3), ("b", 0, 0)):
        columns = {"analysis_id": "unknown_onset", "variable": "unknown_onset", "group": "arm", "group_level": arm}
        writer.add("n", subjects, n=40, n_events=events, **columns)
    (paragraph,) = unknown_onset_text(source_of(writer.finish(trial_of("a", "b"))))
    assert text_of(paragraph.parts) == (
        "The onset of an adverse event is not known for 2 of 40 subjects (3 events) with Arm a and 0 of 40 subjects "
        "with Arm b; these events are counted in the first period."
    )
