"""Sentences of the results section, with the rows behind each number."""

from tests.report.made_up import empty_results, survival_results, trial_of
from tests.results.example import example_results

from equipoise.report.cells import Number, text_of
from equipoise.report.entries import Source
from equipoise.report.facts import Facts
from equipoise.report.rows import Rows
from equipoise.report.tables import Survival
from equipoise.report.text import (
    accrual_text,
    follow_up_text,
    harms_text,
    response_text,
    survival_text,
    unknown_onset_text,
)
from equipoise.results import Results, ResultsWriter


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
