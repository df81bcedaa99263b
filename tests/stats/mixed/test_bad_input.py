"""Input that cannot be used, and models that cannot be fitted: what is said."""

import numpy as np
import polars as pl
import pytest
from mixed_cases import made_up

from equipoise.stats import StatsError, mmrm, mmrm_arrays


@pytest.fixture
def trial():
    y, x, subject, visit = made_up(missing=0.0)
    arm = np.where(np.column_stack([c for k, c in x.items() if k.startswith("mean 1")]).any(axis=1), "B", "A")
    arm = np.array(["A", "B"])[(np.bincount(subject, arm == "B") > 0).astype(int)[subject]]
    return pl.DataFrame(
        {"id": [f"P{s:02d}" for s in subject], "visit": [f"V{v}" for v in visit], "arm": arm, "score": y}
    )


def fit(data, formula="score ~ arm * visit", **options):
    return mmrm(formula, data, **{"subject": "id", "visit": "visit", "arm": "arm", **options})


def raised(call):
    with pytest.raises(StatsError) as caught:
        call()
    return str(caught.value)


def test_two_rows_for_one_subject_and_visit(trial):
    doubled = pl.concat([trial, trial[5:6]])
    message = raised(lambda: fit(doubled))
    assert "two rows for subject 'P01', visit 'V1'" in message
    assert "keep one of them, or average them" in message


def test_subject_in_two_arms(trial):
    other = "B" if trial["arm"][4] == "A" else "A"
    mixed = trial.with_columns(arm=pl.when(pl.int_range(pl.len()) == 6).then(pl.lit(other)).otherwise("arm"))
    message = raised(lambda: fit(mixed))
    assert "subject 'P01' is in" in message
    assert "expected one arm per subject" in message
    assert "one group per subject" in raised(lambda: fit(mixed, arm=None, group="arm"))


def test_missing_values_are_left_out_and_reported(trial):
    holes = trial.with_columns(
        score=pl.when(pl.int_range(pl.len()) == 3).then(None).otherwise("score"),
        base=pl.when(pl.int_range(pl.len()) == 9).then(None).otherwise(pl.int_range(pl.len()) % 7).cast(pl.Float64),
    )
    model = fit(holes, "score ~ base + arm * visit")
    assert {k: v.tolist() for k, v in model.dropped.items()} == {"score missing": [3], "base missing": [9]}
    assert model.n == len(trial) - 2
    assert model.rows.tolist() == [i for i in range(len(trial)) if i not in (3, 9)]
    message = raised(lambda: fit(holes, "score ~ base + arm * visit", missing="raise"))
    assert "score" in message
    assert "base" in message
    assert "missing for subject 'P02', visit 'V1'" in message


def test_visit_with_one_subject(trial):
    rare = trial.filter((pl.col("visit") != "V3") | (pl.col("id") == "P07"))
    message = raised(lambda: fit(rare, "score ~ arm + visit"))
    assert "visit 'V3' has 1 subject ('P07'): a variance of its own needs at least two" in message
    model = fit(rare, "score ~ arm + visit", covariance=("us", "cs"))
    assert model.structure == "cs"
    assert [a.covariance for a in model.attempts] == ["us", "cs"]
    assert "visit 'V3' has 1 subject" in str(model)


def test_visits_never_seen_together(trial):
    apart = trial.filter(
        ~(((pl.col("visit") == "V3") & (pl.col("id") < "P30")) | ((pl.col("visit") == "V0") & (pl.col("id") >= "P30")))
    )
    message = raised(lambda: fit(apart))
    assert "no subject was seen at both visits 'V0' and 'V3'" in message
    assert fit(apart, covariance="ar1h").n == len(apart)


def test_collinear_visits_are_named(trial):
    copied = trial.with_columns(
        score=pl.when(pl.col("visit") == "V2").then(pl.col("score").shift(1) * 2.0).otherwise("score")
    )
    message = raised(lambda: fit(copied))
    assert "singular: visits 'V1', 'V2' are linearly dependent (60 subjects seen at all of them)" in message
    assert "What to do: give structures with fewer parameters" in message


def test_a_visit_without_error_is_named(trial):
    first = pl.col("score").sort_by("visit").first().over("id")
    message = raised(lambda: fit(trial.with_columns(base=first), "score ~ base + arm * visit"))
    assert "the variance at visit 'V0' falls to 0" in message
    assert "leave out visits whose response is a covariate" in message
    same = trial.with_columns(score=pl.when(pl.col("visit") == "V1").then(50.0).otherwise("score"))
    model = fit(same, covariance=("us", "cs"))
    assert model.structure == "cs"
    assert "visit 'V1' falls to 0" in model.attempts[0].reason


def test_constant_response(trial):
    message = raised(lambda: fit(trial.with_columns(score=pl.lit(3.0))))
    assert message == f"y: the response is 3 in all {len(trial)} rows; nothing is left to model"


def test_fewer_rows_than_parameters(trial):
    few = trial.filter(pl.col("id") < "P03")
    message = raised(lambda: fit(few, "score ~ visit", arm=None))
    assert "10 covariance parameters, but 12 rows less 4 coefficients leave 8" in message
    assert "expected more rows than coefficients" in raised(lambda: fit(few.head(3), "score ~ visit", arm=None))


def test_wrong_names_and_types(trial):
    assert "no column 'nobody'" in raised(lambda: fit(trial, subject="nobody"))
    assert "no column 'nothing'" in raised(lambda: fit(trial, "score ~ nothing"))
    assert "the response 'arm' holds String; expected numbers" in raised(lambda: fit(trial, "arm ~ visit"))
    assert "expected 'response ~ terms'" in raised(lambda: fit(trial, "arm + visit"))
    assert "cannot be read" in raised(lambda: fit(trial, "score ~ arm +* visit"))
    assert "expected a frame" in raised(lambda: fit([1, 2, 3]))
    assert "'C' is not a level of arm; they are 'A', 'B'" in raised(lambda: fit(trial, reference={"arm": "C"}))
    assert "arm also has 'B'" in raised(lambda: fit(trial, levels={"arm": ["A"]}))
    assert "is not finite where score = " in raised(lambda: fit(trial, "score ~ log(score - 100)"))


def test_wrong_options_are_listed_together():
    y, x, subject, visit = made_up()
    weights = np.ones(y.size)
    weights[4] = -1.0
    message = raised(
        lambda: mmrm_arrays(y, x, subject, visit, covariance="un", df="kr", vcov="CR1", weights=weights, conf_level=95)
    )
    for part in ("covariance: expected one of 'us'", "df: expected", "vcov: expected", "weights[4]", "conf_level"):
        assert part in message
    assert "'kenward-roger' is not defined for maximum likelihood" in raised(
        lambda: mmrm_arrays(y, x, subject, visit, reml=False)
    )
    assert "the CR2 sandwich" in raised(lambda: mmrm_arrays(y, x, subject, visit, vcov="CR2"))
    assert "do not mix them" in raised(lambda: mmrm_arrays(y, x, subject, visit, covariance=("us", "sp_exp")))
    assert "expected every visit once; 3 is not in order" in raised(
        lambda: mmrm_arrays(y, x, subject, visit, visit_levels=[0, 1, 2])
    )


def test_wrong_contrasts(trial):
    model = fit(trial)
    assert "expected one column for each of 8 coefficients" in raised(lambda: model.contrasts([1.0, 2.0]))
    assert "expected different factors of the model" in raised(lambda: model.means("score"))
    assert "'V9' is not a level of visit" in raised(lambda: model.means("arm", at={"visit": ["V9"]}))
    assert "'x' is not in the model" in raised(lambda: model.means("arm", at={"x": 1.0}))
    assert "'C' is not a level of arm" in raised(lambda: model.differences(reference="C"))
    assert "kind: expected" in raised(lambda: model.residuals("raw"))


def test_empty_cell_is_not_estimable_and_said(trial):
    gone = trial.filter(~((pl.col("visit") == "V3") & (pl.col("arm") == "B")))
    model = fit(gone)
    assert model.status[-1] == "NE"
    means = model.means(["arm", "visit"])
    empty = [a == "B" and v == "V3" for a, v in zip(means.labels["arm"], means.labels["visit"], strict=True)]
    assert [s == "NE" for s in means.status] == empty
    assert np.isnan(means.estimate).tolist() == empty
    assert model.differences(by="visit").status == ("", "", "", "NE")


def test_too_few_complete_subjects_are_counted_and_the_fallback_is_used():
    y, x, subject, visit = made_up(seed=2, n=25, m=6, missing=0.4)
    message = raised(lambda: mmrm_arrays(y, x, subject, visit))
    assert "becomes singular" in message
    assert "seen at all of them" in message
    model = mmrm_arrays(y, x, subject, visit, covariance=("us", "toeph", "cs"))
    assert model.structure in ("toeph", "cs")
    assert model.attempts[0].reason in message
