"""What cannot be estimated is a row with a status and words, never an error and never a number."""

import polars as pl
import pytest
from tests.analyze.made_up_scores import DAYS, frame_of_scores, results_with, rows_of, scores
from tests.analyze.small_trial import adam, find, value

from equipoise.analyze import AnalyzeError
from equipoise.results import Results

PRO = {"analysis_id": "patient_reported", "variable": "FA"}


def reasons(results: Results, **where: str) -> set[str]:
    """Texts of the estimates that are not there."""
    rows = find(results, **PRO, statistic="estimate", **where).filter(pl.col("measure").str.starts_with("model"))
    assert rows.height
    assert rows["value"].null_count() == rows.height, rows
    assert set(rows["status"]) == {"NE"}
    return set(rows["text"])


def test_one_visit_is_an_analysis_of_covariance() -> None:
    rows = [row for row in rows_of(missing=0) if row[1] in (0, 29)]
    results = results_with(frame_of_scores(rows))
    assert value(results, **PRO, measure="model_difference", visit="Week 4", statistic="df") == pytest.approx(21)
    average = value(results, **PRO, measure="model_difference", visit=None, statistic="estimate")
    assert average == pytest.approx(
        value(results, **PRO, measure="model_difference", visit="Week 4", statistic="estimate")
    )


def test_an_empty_arm() -> None:
    results = results_with(frame_of_scores([row for row in rows_of() if row[0] < "S13"]))
    means = find(results, **PRO, measure="model_mean", statistic="estimate", group_level="active")
    assert means["value"].null_count() == 0
    assert reasons(results, measure="model_difference") == {"arm control: no score in the model"}
    left = find(results, **PRO, statistic="arms_left_out")["text"].to_list()
    assert left == ["control: no score in the model"]


def test_nobody_has_a_baseline() -> None:
    rows = [row for row in rows_of() if row[1] > 0]
    assert reasons(results_with(frame_of_scores(rows))) == {"nobody has a baseline score"}
    results = results_with(frame_of_scores(rows), baseline="response")
    assert find(results, **PRO, measure="model_mean", visit="Week 4", statistic="estimate")["value"].null_count() == 0
    assert reasons(results, measure="model_change_difference") == {
        "the baseline is not in the model: fewer than 2 scores in an arm (Control 0, Active 0)"
    }


def test_nobody_has_a_later_score() -> None:
    rows = [row for row in rows_of() if row[1] == 0]
    results = results_with(frame_of_scores(rows))
    assert reasons(results) == {"nobody has a score after baseline"}
    results = results_with(frame_of_scores(rows), baseline="response")
    assert reasons(results) == {"nobody has enough scores after baseline"}


@pytest.mark.parametrize("baseline", ["covariate", "response"])
def test_too_few_at_every_visit(baseline: str) -> None:
    results = results_with(scores(), baseline=baseline, model={"minimum_subjects": 50})
    (why,) = reasons(results)
    assert why.startswith("no visit is left for the model (")
    assert "Week 4: fewer than 50 scores in an arm (Control " in why


def test_a_constant_scale() -> None:
    rows = [(subject, day, 50.0) for subject, day, _ in rows_of()]
    assert reasons(results_with(frame_of_scores(rows))) == {"every score is 50: there is no variance to model"}


@pytest.mark.filterwarnings("error")
def test_a_score_that_follows_the_baseline_exactly() -> None:
    rows = [(subject, day, float(k % 7) + day) for k, (subject, day, _) in enumerate(rows_of(missing=0))]
    base = {subject: score for subject, day, score in rows if day == 0}
    exact = [(subject, day, base[subject] + day) for subject, day, _ in rows]
    (why,) = reasons(results_with(frame_of_scores(exact)))
    assert why


def test_fewer_subjects_than_parameters() -> None:
    rows = [row for row in rows_of(missing=0) if row[0] in ("S01", "S02", "S13", "S14")]
    (why,) = reasons(results_with(frame_of_scores(rows), baseline="response", model={"covariance": ["us"]}))
    assert why.startswith("covariance: no structure could be fitted. unstructured (us):")
    assert "Traceback" not in why


def test_the_next_structure_is_used_and_the_table_says_why() -> None:
    rows = [row for row in rows_of(missing=0) if row[0] in ("S01", "S02", "S13", "S14")]
    results = results_with(
        frame_of_scores(rows), baseline="response", model={"covariance": ["us", "cs"], "df": "satterthwaite"}
    )
    texts = dict(find(results, **PRO, measure="model").select("statistic", "text").iter_rows())
    assert texts["covariance"] == "compound symmetry"
    first, second = texts["attempts"].split("; compound symmetry: ")
    assert first.startswith("unstructured: ")
    assert len(first) > len("unstructured: ")
    assert second == "used"
    assert "compound symmetry covariance" in find(results, **PRO, measure="model_mean")["method"][0]


def test_a_visit_with_one_subject_is_left_out() -> None:
    rows = [row for row in rows_of() if row[1] < 85 or row[0] == "S01"]
    results = results_with(frame_of_scores(rows))
    left = find(results, **PRO, statistic="visits_left_out")["text"].to_list()
    assert left == ["Week 12: fewer than 2 scores in an arm (Control 0, Active 1)"]
    observed = value(results, **PRO, measure="score", visit="Week 12", group_level="active", statistic="n")
    assert observed == 1


def test_nobody_in_the_population() -> None:
    empty = adam()["ADSL"].with_columns(ITTFL=pl.lit("N"))
    assert reasons(results_with(scores(), adsl=empty)) == {"no subjects in the population"}


def test_a_subject_in_no_arm_is_in_no_model() -> None:
    lost = adam()["ADSL"].with_columns(ARMID=pl.when(pl.col("USUBJID") == "S01").then(None).otherwise(pl.col("ARMID")))
    results = results_with(scores(), adsl=lost)
    assert value(results, **PRO, measure="model", statistic="n_subjects") == 23


def test_two_scores_at_one_visit_are_reported() -> None:
    twice = pl.concat([scores(), scores().filter((pl.col("USUBJID") == "S02") & (pl.col("AVISITN") == 57))])
    assert twice.height == scores().height + 1
    results = results_with(twice)
    findings = results.findings.filter((pl.col("dataset") == "ADQS") & (pl.col("code") == "duplicate-key"))
    assert findings.select("subject", "row_key", "effect").rows() == [
        ("S02", "USUBJID=S02, INSTR=QLQ-C30, SCALE=FA, AVISITN=57", "the first record is used")
    ]


def test_scores_left_out_by_derive_do_not_enter() -> None:
    marked = scores().with_columns(
        ANL01FL=pl.when((pl.col("USUBJID") == "S15") & (pl.col("AVISITN") > 0)).then(None).otherwise(pl.col("ANL01FL"))
    )
    gone = scores().filter(~((pl.col("USUBJID") == "S15") & (pl.col("AVISITN") > 0)))
    assert results_with(marked).statistics.equals(results_with(gone).statistics)


def test_no_scores_at_all() -> None:
    results = results_with(scores().clear())
    assert not find(results, analysis_id="patient_reported").height
    declared = {
        "endpoints": {"fatigue": {"label": "Fatigue", "kind": "change", "paramcd": "FAT", "instrument": "QLQ-C30",
                                  "scale": "FA"}},
        "analyses": {"fatigue": {"endpoint": "fatigue", "population": "itt"}},
    }  # fmt: skip
    rows = find(results_with(scores().clear(), change=declared), analysis_id="fatigue")
    assert rows.select("status", "text").rows() == [("not_done", "the data hold no scores of scale FA of QLQ-C30")]


def test_a_declared_analysis_stands_under_its_own_name() -> None:
    declared = {
        "endpoints": {"fatigue": {"label": "Fatigue", "kind": "change", "paramcd": "FAT", "instrument": "QLQ-C30",
                                  "scale": "FA"}},
        "analyses": {"fatigue": {"endpoint": "fatigue", "population": "itt", "conf_level": 0.9}},
    }  # fmt: skip
    results = results_with(scores(), change=declared)
    assert not find(results, analysis_id="patient_reported").height
    low = find(results, analysis_id="fatigue", measure="model_difference", visit="Week 4", statistic="conf_low")
    assert low["conf_level"].to_list() == [0.9]


def test_missing_variables_are_named() -> None:
    with pytest.raises(AnalyzeError, match="ADQS: variable ANL01FL is not there; run 'equipoise derive' again"):
        results_with(scores().drop("ANL01FL"))


def test_visits_of_one_name_are_told_apart_by_their_day() -> None:
    same = scores().with_columns(
        AVISIT=pl.when(pl.col("AVISITN") > 0).then(pl.lit("Visit")).otherwise(pl.col("AVISIT"))
    )
    rows = find(results_with(same), **PRO, measure="model_difference", statistic="estimate")
    assert rows["visit"].to_list() == ["Visit (day 29)", "Visit (day 57)", "Visit (day 85)", None]
    assert rows["value"].null_count() == 0


def test_visits_are_those_of_the_data() -> None:
    results = results_with(scores(), baseline="response")
    rows = find(results, **PRO, measure="model_mean", statistic="estimate", group_level="active")
    assert rows["time_days"].to_list() == [*map(float, DAYS), None]
