"""Section, sentences and tables of patient-reported outcomes, from results rows."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.analyze.made_up_scores import forms, frame_of_scores, results_with, rows_of, scores
from tests.analyze.small_trial import find
from tests.analyze.test_patient_reported_counts import FORMS

from equipoise.report import write_report
from equipoise.report.cells import Number, Paragraph, Section, Table, text_of
from equipoise.report.document import compose
from equipoise.report.rtf import table_rtf
from equipoise.results import Results


@cache
def results(baseline: str = "response") -> Results:
    return results_with(scores(), adpro=forms(FORMS), baseline=baseline)


def section(found: Results) -> Section:
    document = compose(found, [])
    return next(part for part in document.sections if part.name == "patient-reported")


def table(found: Results, ending: str) -> Table:
    blocks = [block for part in section(found).sections for block in part.blocks]
    return next(b for b in blocks if isinstance(b, Table) and b.name.endswith(ending))


def words(cell: Any) -> str:
    return cell if isinstance(cell, str) else cell.text


def cells(found: Table) -> dict[str, list[str]]:
    return {line.label: [words(cell) for cell in line.cells] for line in found.lines}


def test_the_section_stands_between_outcomes_and_harms() -> None:
    names = [part.name for part in compose(results(), []).sections]
    assert names.index("secondary-outcomes") < names.index("patient-reported") < names.index("harms")


def test_no_section_without_questionnaires() -> None:
    found = results_with(None, change={"instruments": []})
    assert "patient-reported" not in [part.name for part in compose(found, []).sections]


def test_compliance_with_both_denominators() -> None:
    found = table(results(), "-compliance")
    assert [column.head for column in found.columns[:4]] == [
        "Alive",
        "Expected",
        "Completed (% of expected)",
        "% of all",
    ]
    assert found.columns[0].span == "Active (N = 12)"
    assert cells(found)["Week 4"] == ["5", "4", "2 (50.0)", "16.7", "3", "1", "1 (100.0)", "16.7"]
    assert "Expected: alive, in the study, due" in str(found.footnotes)
    treated = results_with(None, adpro=forms(FORMS), expected_until="end_of_treatment")
    assert "Expected: alive, on treatment, due" in str(table(treated, "-compliance").footnotes)


def test_reasons_of_missing_forms() -> None:
    found = table(results(), "-missing")
    by_label = cells(found)
    assert by_label["Too few answers"] == ["1", "0", "1"]
    assert by_label["Crossed over"] == ["0", "1", "1"]
    assert by_label["Died"] == ["1", "0", "1"]


def test_means_and_differences_know_their_rows() -> None:
    found = table(results(), "-means")
    line = next(line for line in found.lines if line.label == "Week 12")
    own = find(results(), variable="FA", measure="model_mean", visit="Week 12", group_level="active")
    mean = line.cells[1]
    assert isinstance(mean, Number)
    assert set(mean.row_ids) <= set(own["row_id"])
    limits = {name: own.filter(own["statistic"] == name)["value"][0] for name in ("estimate", "conf_low", "conf_high")}
    assert mean.text == f"{limits['estimate']:.1f} ({limits['conf_low']:.1f} to {limits['conf_high']:.1f})"
    assert [column.head for column in found.columns] == [
        "n", "Mean (95% CI)", "n", "Mean (95% CI)", "Difference (95% CI)", "P"
    ]  # fmt: skip
    assert [line.label for line in found.lines] == [
        "Fatigue, lower is better", "Baseline", "Week 4", "Week 8", "Week 12", "Average after baseline (declared)"
    ]  # fmt: skip
    assert "differences of changes from baseline" in " ".join(found.footnotes)


def test_the_table_of_differences_states_estimand_and_multiplicity() -> None:
    found = table(results(), "-differences")
    notes = " ".join(found.footnotes)
    assert "Estimand. Difference between the arms in mean change from baseline at each visit." in notes
    assert "not adjusted for the number of scales" in notes
    assert (
        found.title
        == "QLQ-C30: differences between arms in change from baseline averaged over the visits after baseline"
    )
    assert cells(found)["Fatigue"][0] == "low"


def test_models_name_covariance_and_degrees_of_freedom() -> None:
    line = cells(table(results(), "-models"))["Fatigue"]
    rows = find(results(), measure="model", statistic="n_rows")["value"][0]
    assert line == ["unstructured", "Kenward-Roger", "24", str(round(rows)), "10", "none"]
    small = [row for row in rows_of(missing=0) if row[0] in ("S01", "S02", "S13", "S14")]
    fallen = results_with(
        frame_of_scores(small), baseline="response", model={"covariance": ["us", "cs"], "df": "satterthwaite"}
    )
    used, df, *_, why = cells(table(fallen, "-models"))["Fatigue"]
    assert (used, df) == ("compound symmetry", "Satterthwaite")
    assert why.startswith("unstructured: ")
    assert "20 subjects with no score" in why


def test_a_model_that_cannot_be_fitted_says_so() -> None:
    found = results_with(frame_of_scores([(s, d, 50.0) for s, d, _ in rows_of()]))
    assert cells(table(found, "-models"))["Fatigue"][0] == (
        "none fitted: every score is 50: there is no variance to model"
    )
    text = " ".join(
        text_of(b.parts) for part in section(found).sections for b in part.blocks if isinstance(b, Paragraph)
    )
    assert "No difference between Active and Control could be estimated: every score is 50" in text


def test_sentences_say_direction_and_importance() -> None:
    text = " ".join(
        text_of(b.parts) for part in section(results()).sections for b in part.blocks if isinstance(b, Paragraph)
    )
    assert re.search(
        r"Fatigue: the difference between Active and Control in change from baseline on average over the visits was "
        r"\N{MINUS SIGN}?\d+\.\d points \[95% CI, [^]]+\]; P [=<>] \.\d+",
        text,
    )
    assert "The covariance of the visits was unstructured." in text
    assert "Death was not imputed" in text
    assert (
        "At week 4, forms were completed by 2 of 4 expected (50%) in Active, 1 of 1 expected (100%) in Control." in text
    )


def test_many_scales_are_told_in_one_sentence() -> None:
    codes = ("QL", "PF", "FA", "PA", "DI", "CO")
    shifted = [
        frame_of_scores([(s, d, v + (40 * (d > 0) * (s < "S13") if k == 2 else 0)) for s, d, v in rows_of(k)])
        .with_columns(SCALE=pl.lit(code))
        for k, code in enumerate(codes)
    ]  # fmt: skip
    found = results_with(pl.concat(shifted), baseline="response")
    text = " ".join(
        text_of(b.parts) for part in section(found).sections for b in part.blocks if isinstance(b, Paragraph)
    )
    assert "excluded zero for" in text
    assert "of 6 scales: " in text
    assert re.search(r"fatigue \(\d+\.\d points \[95% CI, [^]]+\]; P < \.001; in favor of Control\)", text)


@pytest.mark.parametrize("role", ["primary", "secondary", "exploratory"])
def test_a_declared_scale_is_told_among_the_outcomes(role: str) -> None:
    endpoint = {"label": "Fatigue", "kind": "change", "paramcd": "FAT", "instrument": "QLQ-C30", "scale": "FA"}
    declared = {
        "endpoints": {"fatigue": endpoint},
        "analyses": {"fatigue": {"endpoint": "fatigue", "population": "itt", "role": role}},
        "subgroups": {},
    }
    document = compose(results_with(scores(), change=declared), [])
    outcomes = next(part for part in document.sections if part.name == f"{role}-outcomes")
    (part,) = outcomes.sections
    text = " ".join(text_of(block.parts) for block in part.blocks if isinstance(block, Paragraph))
    assert text.startswith("Fatigue: the difference between Active and Control on average over the visits was ")
    assert "see Patient-reported outcomes" in text
    names = [s.name for s in section(results_with(scores(), change=declared)).sections]
    assert names == ["pro-fatigue-qlq-c30"]


def test_a_declared_scale_without_scores_says_so() -> None:
    endpoint = {"label": "Fatigue", "kind": "change", "paramcd": "FAT", "instrument": "QLQ-C30", "scale": "FA"}
    declared = {
        "endpoints": {"fatigue": endpoint},
        "analyses": {"fatigue": {"endpoint": "fatigue", "population": "itt", "role": "primary"}},
        "subgroups": {},
    }
    document = compose(results_with(scores().clear(), change=declared), [])
    (part,) = next(s for s in document.sections if s.name == "primary-outcomes").sections
    (notice,) = part.blocks
    assert "the data hold no scores of scale FA of QLQ-C30" in text_of(notice.parts)  # type: ignore[union-attr]


def test_changes_by_the_important_difference() -> None:
    found = table(results(), "-changes")
    assert found.lines[0].label == "Fatigue, by 5 points or more"
    labels = [line.label for line in found.lines[1:5]]
    assert labels == ["Week 4, subjects", "Improved", "Stable", "Worsened"]


def test_every_table_is_written_as_rtf() -> None:
    facts = compose(results(), []).facts
    for number, ending in enumerate(("-compliance", "-differences", "-means", "-models", "-changes"), start=1):
        text = table_rtf(table(results(), ending), facts, number)
        assert text.startswith("{\\rtf1")
        assert "QLQ-C30" in text


@pytest.mark.parametrize("baseline", ["covariate", "response"])
def test_the_whole_report_is_written(tmp_path: Path, baseline: str) -> None:
    page = write_report(results(baseline), tmp_path).read_text(encoding="utf-8")
    assert 'id="figure-trajectories_qlq_c30"' in page
    assert (tmp_path / "figures" / "trajectories_qlq_c30.pdf").read_bytes().startswith(b"%PDF")
    assert (tmp_path / "tables" / "pro-qlq-c30-models.rtf").is_file()
