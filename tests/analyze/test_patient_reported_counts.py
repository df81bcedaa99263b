"""Compliance, improved and worsened, observed scores: every number worked by hand."""

import pytest
from tests.analyze.made_up_scores import forms, frame_of_scores, results_with, scores
from tests.analyze.small_trial import find, value

from equipoise.results import Results

# Arms of twelve. Week 4, active: S01 and S02 completed, S03 received without a score, S04 nothing, S05 died, S06 left.
# Control: S13 completed, S14 completed though not expected any more, S15 crossed over.
FORMS = """
S01 0 Y Y Y Y -
S02 0 Y Y Y Y -
S13 0 Y Y Y Y -
S01 29 Y Y Y Y -
S02 29 Y Y Y Y -
S03 29 Y Y Y N too few answers
S04 29 Y Y N N -
S05 29 N N N N died
S06 29 N Y N N left study
S13 29 Y Y Y Y -
S14 29 N Y Y Y -
S15 29 N Y N N crossed over
"""


def counted(results: Results, variable: str, arm: str, visit: str = "Week 4", **more: str) -> tuple[float, int]:
    """Numerator and denominator."""
    where = {"analysis_id": "patient_reported_compliance", "variable": variable, "group_level": arm, "visit": visit}
    rows = find(results, **where, statistic="n", **more)
    assert rows.height == 1
    return rows["value"][0], rows["n"][0]


def test_compliance_with_both_denominators() -> None:
    results = results_with(None, adpro=forms(FORMS))
    by_hand = {
        "alive": ((5, 12), (3, 12)),
        "expected": ((4, 12), (1, 12)),
        "form_received": ((3, 4), (1, 1)),
        "form_completed": ((2, 4), (1, 1)),
        "available": ((2, 12), (2, 12)),
        "missing": ((2, 4), (0, 1)),
        "not_expected": ((8, 12), (11, 12)),
    }
    for variable, (active, control) in by_hand.items():
        assert counted(results, variable, "active") == active, variable
        assert counted(results, variable, "control") == control, variable
        assert counted(results, variable, "(all)")[0] == active[0] + control[0]
    where = {"analysis_id": "patient_reported_compliance", "visit": "Week 4", "statistic": "percent"}
    assert value(results, **where, variable="form_completed", group_level="active") == 50.0
    assert value(results, **where, variable="available", group_level="active") == pytest.approx(100 * 2 / 12)


def test_reasons_add_up() -> None:
    results = results_with(None, adpro=forms(FORMS))
    missing = {"too few answers": 1, "(not recorded)": 1}
    for reason, n in missing.items():
        assert counted(results, "missing_reason", "active", variable_level=reason) == (n, 2)
    gone = find(results, variable="not_expected_reason", group_level="active", visit="Week 4", statistic="n")
    assert dict(zip(gone["variable_level"], gone["value"], strict=True)) == {
        "crossed over": 0,
        "died": 1,
        "left study": 1,
        "(not recorded)": 6,
    }
    assert gone["value"].sum() == counted(results, "not_expected", "active")[0]


def test_sets_behind_the_counts_name_the_subjects() -> None:
    results = results_with(None, adpro=forms(FORMS))
    row = find(results, variable="form_completed", group_level="active", visit="Week 4", statistic="n")
    sets = dict(zip(results.source_sets["source_set"], results.source_sets["subjects"], strict=True))
    assert list(sets[row["source_set"][0]]) == ["S01", "S02"]


def test_nobody_expected_is_no_division() -> None:
    results = results_with(None, adpro=forms("S01 29 N N N N died"))
    row = find(results, variable="form_completed", statistic="percent", group_level="active", visit="Week 4")
    assert row.select("value", "status", "text").rows() == [(None, "NE", "no subjects")]


# Change at week 4, low is better, 5 points matter: S01 -5 improved, S02 -4.9 stable, S03 +5 worsened, S04 +20 worsened.
# S05 has no baseline, S06 no week 4. Control: S13 0 stable, S14 +6 worsened.
CHANGES = [
    *(("S01", 0, 50.0), ("S01", 29, 45.0), ("S02", 0, 50.0), ("S02", 29, 45.1), ("S03", 0, 50.0), ("S03", 29, 55.0)),
    *(("S04", 0, 30.0), ("S04", 29, 50.0), ("S05", 29, 50.0), ("S06", 0, 50.0)),
    *(("S13", 0, 50.0), ("S13", 29, 50.0), ("S14", 0, 50.0), ("S14", 29, 56.0)),
]


def test_improved_stable_and_worsened() -> None:
    results = results_with(frame_of_scores(CHANGES))
    where = {"analysis_id": "patient_reported", "variable": "FA", "visit": "Week 4", "reference_level": None}
    by_hand = {"improved": (1, 0), "stable": (1, 1), "worsened": (2, 1), "with_change": (4, 2)}
    for level, counts in by_hand.items():
        for arm, count in zip(("active", "control"), counts, strict=True):
            row = find(results, **where, variable_level=level, group_level=arm, statistic="n")
            assert row["value"].to_list() == [count], (level, arm)
            of = {"active": 4, "control": 2}[arm] if level != "with_change" else 12
            assert row["n"].to_list() == [of]
    share = {name: value(results, **where, variable_level="worsened", group_level="active", statistic=name)
             for name in ("estimate", "conf_low", "conf_high")}  # fmt: skip
    # exact binomial limits of 2 in 4
    assert share == {"estimate": 0.5, "conf_low": pytest.approx(0.06758599), "conf_high": pytest.approx(0.93241401)}
    compared = {"variable_level": "worsened", "visit": "Week 4", "measure": "risk_difference"}
    assert value(results, **compared, statistic="estimate") == 0.0


def test_without_a_threshold_nobody_is_a_responder() -> None:
    results = results_with(frame_of_scores(CHANGES, threshold=None))
    assert not find(results, analysis_id="patient_reported", variable_level="with_change").height


def test_observed_scores_and_changes() -> None:
    results = results_with(frame_of_scores(CHANGES))
    where = {"analysis_id": "patient_reported", "group_level": "active"}
    assert value(results, **where, measure="score", visit="Baseline", statistic="mean") == 46.0  # 230 / 5
    assert value(results, **where, measure="score", visit="Week 4", statistic="n_missing") == 7
    assert value(results, **where, measure="change", visit="Week 4", statistic="mean") == pytest.approx(15.1 / 4)


def test_the_fate_of_every_subject_adds_up_to_the_arm() -> None:
    results = results_with(frame_of_scores(CHANGES))
    fates = find(results, measure="model_subjects", statistic="n")
    by_arm = {arm: dict(part.select("variable_level", "value").iter_rows())
              for (arm,), part in fates.partition_by("group_level", as_dict=True).items()}  # fmt: skip
    assert by_arm["active"] == {"in the model": 4, "no baseline score": 7, "no score after baseline": 1}
    assert by_arm["control"] == {"in the model": 2, "no baseline score": 10, "no score after baseline": 0}


def test_the_estimand_is_stated() -> None:
    text = find(results_with(scores()), statistic="estimand")["text"][0]
    for words in ("Intention to treat", "Death: no score is imputed after it", "crossover and unblinding".capitalize()):
        assert words in text
    own = find(results_with(scores(), estimand="While on treatment."), statistic="estimand")["text"].to_list()
    assert own == ["While on treatment."]


def test_names_directions_and_differences_for_the_report() -> None:
    known = results_with(scores()).trial["questionnaires"]["QLQ-C30"]
    assert known["scales"]["FA"] == {
        "label": "Fatigue", "better": "low", "worse_by": 5.0, "better_by": 5.0, "range": [0.0, 100.0]
    }  # fmt: skip
    assert (known["anchor"], known["baseline"], known["bars"]) == ("randomization", "covariate", "confidence")
