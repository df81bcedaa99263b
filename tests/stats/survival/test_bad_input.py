"""Input that cannot be used: the error names argument, position and value; all problems come at once."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from equipoise.stats import (
    StatsError,
    concordance,
    cox_ph,
    kaplan_meier,
    logrank_test,
    logrank_trend_test,
    max_combo,
    nelson_aalen,
    subgroup_hazard_ratios,
)

TIME, EVENT, GROUP, X = [5.0, 3.0, 8.0, 2.0], [1, 0, 1, 1], ["a", "b", "a", "b"], [0.5, 1.0, 2.0, 0.0]

METHODS = {
    "kaplan_meier": kaplan_meier,
    "nelson_aalen": nelson_aalen,
    "logrank_test": lambda time, event, **kw: logrank_test(time, event, GROUP[: np.size(time)], **kw),
    "max_combo": lambda time, event, **kw: max_combo(time, event, GROUP[: np.size(time)], **kw),
    "logrank_trend_test": lambda time, event, **kw: logrank_trend_test(time, event, GROUP[: np.size(time)], **kw),
    "cox_ph": lambda time, event, **kw: cox_ph(time, event, X[: np.size(time)], **kw),
    "concordance": lambda time, event, **kw: concordance(time, event, X[: np.size(time)], **kw),
    "subgroup_hazard_ratios": lambda time, event, **kw: subgroup_hazard_ratios(
        time, event, GROUP[: np.size(time)], {"f": GROUP[: np.size(time)]}, **kw
    ),
}


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS.keys())
@pytest.mark.parametrize(
    ("time", "event", "message"),
    [
        ([5, np.nan, 8, 2], EVENT, r"time\[1\] = nan: times must be finite numbers; remove the row"),
        ([5, None, 8, None], EVENT, r"time\[1\] = nan: .*\(2 such values\)"),
        ([5, -3.0, 8, 2], EVENT, r"time\[1\] = -3.0: times must not be negative"),
        ([5, np.inf, 8, 2], EVENT, r"time\[1\] = inf: times must be finite"),
        (TIME, [1, 2, 1, 2], r"event\[1\] = 2.0: .* give event == 2 if 2 marks the event \(2 such values\)"),
        (TIME, [1, 0, 3, 7], r"event\[2\] = 3.0: .* the values are 0, 1, 3, 7"),
        (TIME, [1, 0, np.nan, 1], r"event\[2\] = nan: expected 0, 1, True or False"),
        (TIME, [1, 0, 1], r"event: has 3 rows where time has 4"),
        ([], [], "time: is empty"),
        ("5", EVENT, "time: expected a one-dimensional array, got '5'"),
        (5.0, EVENT, r"time: expected a one-dimensional array, got shape \(\)"),
        ([[5.0], [3.0]], EVENT, r"time: expected a one-dimensional array, got shape \(2, 1\)"),
        (["5", "3", "8", "2"], EVENT, "time: expected numbers, got an array of <U1"),
        (np.array([5, "3", 8, 2], object), EVENT, r"time\[1\] = '3': expected a number"),
        (np.array(["2020-01-01"] * 4, "datetime64[D]"), EVENT, "time: expected numbers, got an array of datetime64"),
    ],
)
def test_times_and_events(method, time, event, message):
    with pytest.raises(StatsError, match=message):
        method(time, event)


def test_everything_wrong_is_said_at_once():
    with pytest.raises(StatsError) as caught:
        cox_ph([5, -3, np.nan], [1, 2, 0], {"age": [1, np.inf, 3]}, weights=[1, 0, -2], strata=["a", None], ties="both")
    problems = caught.value.problems
    assert [problem.argument for problem in problems] == [
        "time", "time", "event", "weights", "weights", "x", "strata", "strata", "ties",
    ]  # fmt: skip
    assert problems[0].position == 2
    assert problems[1].value == -3.0
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ([0, 0, 8, 0], r"entry\[2\] = 8.0: entry must be before time, which is 8"),
        ([0, 4, 0, 2], r"entry\[1\] = 4.0: .* \(2 such values\)"),
        ([0, -1, 0, 0], r"entry\[1\] = -1.0: times must not be negative"),
        ([0, np.nan, 0, 0], r"entry\[1\] = nan"),
        ([0, 0, 0], "entry: has 3 rows where time has 4"),
        ([0, 0, 8 - 1e-9, 0], r"entry\[2\] = 7.999999999: entry must be before time"),
    ],
)
@pytest.mark.parametrize("method", [kaplan_meier, METHODS["logrank_test"], METHODS["cox_ph"], METHODS["concordance"]])
def test_entry(method, entry, message):
    with pytest.raises(StatsError, match=message):
        method(TIME, EVENT, entry=entry)


@pytest.mark.parametrize("method", [kaplan_meier, nelson_aalen, METHODS["cox_ph"], METHODS["concordance"]])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"weights": [1, 0, 1, 1]}, r"weights\[1\] = 0.0: weights must be positive: leave out rows of weight zero"),
        ({"weights": [1, -1, 1, 1]}, r"weights\[1\] = -1.0: weights must be positive"),
        ({"weights": [1, 0.5, 1, 1], "weight_type": "frequency"}, r"weights\[1\] = 0.5: .* whole numbers"),
        ({"weights": [1, 1, 1, 1], "weight_type": "case"}, "weight_type: expected one of 'frequency', 'sampling'"),
        ({"weight_type": "sampling"}, "weight_type: is given without weights"),
        ({"cluster": [1, None, 1, 2]}, r"cluster\[1\] = None: a label is missing"),
    ],
)
def test_weights_and_clusters(method, options, message):
    with pytest.raises(StatsError, match=message):
        method(TIME, EVENT, **options)


@pytest.mark.parametrize("level", [0, 1, 95, -0.5, "0.95", None, True, float("nan")])
def test_confidence_level(level):
    for method in (kaplan_meier, METHODS["cox_ph"], METHODS["concordance"]):
        with pytest.raises(StatsError, match="conf_level: expected a number between 0 and 1"):
            method(TIME, EVENT, conf_level=level)


def test_options_of_curves():
    with pytest.raises(StatsError, match=r"conf_type: expected one of 'log-log', .* got 'loglog'"):
        kaplan_meier(TIME, EVENT, conf_type="loglog")
    curve = kaplan_meier(TIME, EVENT)
    for p in (0, 1, -0.1, 50):
        with pytest.raises(StatsError, match="p: expected a number between 0 and 1"):
            curve.quantile(p)
    with pytest.raises(StatsError, match=r"times\[1\] = -5.0: times must not be negative"):
        curve.at([3, -5])
    with pytest.raises(StatsError, match="rule: expected one of 'midpoint', 'first'"):
        curve.quantile(0.5, rule="sas")


def test_groups():
    with pytest.raises(StatsError, match="group: expected at least two groups, found only 'a'"):
        logrank_test(TIME, EVENT, ["a"] * 4)
    with pytest.raises(StatsError, match="reference: 'c' is not a group; the groups are 'a', 'b'"):
        logrank_test(TIME, EVENT, GROUP, reference="c")
    with pytest.raises(StatsError, match="group: expected two groups, found 3"):
        max_combo(TIME, EVENT, [1, 2, 3, 1])
    with pytest.raises(StatsError, match="rho: expected a number from 0 on, got -1"):
        logrank_test(TIME, EVENT, GROUP, rho=-1)
    with pytest.raises(StatsError, match="scores: no score for group 'b'"):
        logrank_trend_test(TIME, EVENT, GROUP, scores={"a": 1})
    with pytest.raises(StatsError, match="min_events: expected a whole number from 1 on, got 0"):
        subgroup_hazard_ratios(TIME, EVENT, GROUP, {"f": GROUP}, min_events=0)
    with pytest.raises(StatsError, match=r"subgroups\[f\]: has 2 rows where time has 4"):
        subgroup_hazard_ratios(TIME, EVENT, GROUP, {"f": ["u", "v"]})


def test_covariates():
    with pytest.raises(StatsError, match=r"x\[age\]\[2\] = nan: expected finite numbers"):
        cox_ph(TIME, EVENT, {"age": [1, 2, np.nan, 4], "sex": X})
    with pytest.raises(StatsError, match=r"x\[:, 1\]\[0\] = inf: expected finite numbers"):
        cox_ph(TIME, EVENT, np.array([[1, np.inf], [1, 2], [3, 4], [5, 6]]))
    with pytest.raises(StatsError, match="x: has 3 rows where time has 4"):
        cox_ph(TIME, EVENT, np.ones((3, 2)))
    with pytest.raises(StatsError, match="exact ties cannot be combined with weights"):
        cox_ph(TIME, EVENT, X, ties="exact", weights=[1, 2, 1, 1])
    with pytest.raises(StatsError, match=r"offset\[3\] = nan"):
        cox_ph(TIME, EVENT, X, offset=[0, 0, 0, np.nan])


def test_asking_a_model_for_what_it_has_not():
    model = cox_ph([1, 2, 3, 4, 5, 6], [1, 1, 1, 1, 1, 0], {"age": [0, 1, 0, 2, 0, 1], "flat": [1] * 6})
    with pytest.raises(StatsError, match="'sex' is not a covariate of the model; they are age, flat"):
        model.profile_limits("sex")
    with pytest.raises(StatsError, match="the coefficient of 'flat' cannot be estimated"):
        model.profile_limits("flat")
    with pytest.raises(StatsError, match="kind: expected one of 'martingale'"):
        model.residuals("pearson")
    with pytest.raises(StatsError, match="transform: expected one of 'km'"):
        model.proportional_hazards_test("sqrt")
    with pytest.raises(StatsError, match="terms: 'sex' is not an estimated covariate"):
        model.proportional_hazards_test(terms={"t": ["sex"]})
    with pytest.raises(StatsError, match="x: expected the covariates age, flat, got age, sex"):
        model.predict({"age": [1], "sex": [2]})
    with pytest.raises(StatsError, match="x: expected the 2 covariates age, flat, got 1"):
        model.predict([1.0])


@pytest.mark.parametrize(
    "make",
    [
        list,
        tuple,
        np.array,
        lambda v: np.array(v, object),
        lambda v: np.array(v, np.float32),
        lambda v: np.repeat(np.array(v), 2)[::2],
        pd.Series,
        lambda v: pd.Series(v, dtype="Float64", index=[9, 8, 7, 6]),
        pl.Series,
        pa.array,
        lambda v: pa.chunked_array([v[:2], v[2:]]),
        lambda v: np.ma.array(v, mask=False),
    ],
    ids=[
        "list",
        "tuple",
        "array",
        "object",
        "float32",
        "strided",
        "pandas",
        "nullable",
        "polars",
        "arrow",
        "chunked",
        "masked",
    ],
)
def test_arrays_of_every_library_are_equal(make):
    curve = kaplan_meier(make(TIME), make(EVENT), weights=make([1.0, 2.0, 1.0, 1.0]))
    expected = kaplan_meier(np.array(TIME), np.array(EVENT, bool), weights=np.array([1.0, 2.0, 1.0, 1.0]))
    assert curve.estimate.tolist() == expected.estimate.tolist()
    model, plain = cox_ph(make(TIME), make(EVENT), make(X)), cox_ph(TIME, EVENT, X)
    assert model.coef.tolist() == plain.coef.tolist()


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame, pa.table, dict])
def test_frames_give_names_to_covariates(frame):
    x = frame({"age": [61.0, 45.0, 70.0, 52.0, 66.0, 58.0], "sex": [0, 1, 0, 1, 1, 0]})
    model = cox_ph([1, 2, 3, 4, 5, 6], [1, 1, 0, 1, 1, 0], x)
    assert model.names == ("age", "sex")


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame, pa.table])
def test_frames_are_strata(frame):
    strata = frame({"site": ["u", "u", "v", "v"], "sex": [1, 1, 1, 2]})
    assert logrank_test(TIME, EVENT, GROUP, strata=strata).strata == (("u", 1), ("v", 1), ("v", 2))


def test_missing_rows_are_dropped_on_request_and_listed():
    model = cox_ph(
        [1, 2, np.nan, 4, 5, 6, 7], [1, 1, 1, 1, 1, 0, 1], {"age": [1, 2, 0, 0, np.nan, 1, 2]}, missing="drop"
    )
    assert model.n == 5
    assert {reason: rows.tolist() for reason, rows in model.dropped.items()} == {"time missing": [2], "x missing": [4]}
    kept = cox_ph([1, 2, 4, 6, 7], [1, 1, 1, 0, 1], {"age": [1, 2, 0, 1, 2]})
    assert model.coef.tolist() == kept.coef.tolist()
    assert model.residuals("martingale").row.tolist() == [0, 1, 3, 5, 6]
    with pytest.raises(StatsError, match="no rows are left"):
        kaplan_meier([np.nan, 1], [1, np.nan], missing="drop")
    with pytest.raises(StatsError, match="missing: expected 'raise' or 'drop', got 'omit'"):
        kaplan_meier([1, 2], [1, 0], missing="omit")
