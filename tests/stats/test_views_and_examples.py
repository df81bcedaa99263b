"""Every result can be shown and taken apart; every example in the documentation is true."""

import doctest
import importlib
import json
import math
import pkgutil

import numpy as np
import polars as pl
import pytest

import equipoise.stats
from equipoise import stats

TIME, EVENT, CAUSE = [5, 8, 8, 12, 16, 23, 27, 30], [1, 1, 0, 1, 1, 0, 1, 1], [1, 2, 0, 1, 2, 0, 1, 1]
GROUP = list("abababab")
X = {"x": [1.0, 0.0, 2.0, 1.0, 0.0, 3.0, 1.0, 2.0]}
RESULTS = {
    "binomial_ci": lambda: stats.binomial_ci(3, 10),
    "chi_square_test": lambda: stats.chi_square_test([[3, 7], [8, 2]]),
    "cmh_test": lambda: stats.cmh_test([[[3, 7], [8, 2]], [[1, 4], [2, 2]]]),
    "cohen_kappa": lambda: stats.cohen_kappa([[9, 2], [1, 8]]),
    "fisher_exact": lambda: stats.fisher_exact([[3, 7], [8, 2]]),
    "rate_ci": lambda: stats.rate_ci(3, 10),
    "rate_difference": lambda: stats.rate_difference(3, 10, 5, 12),
    "rate_ratio": lambda: stats.rate_ratio(3, 10, 5, 12),
    "risk_difference": lambda: stats.risk_difference(3, 10, 8, 10),
    "risk_ratio": lambda: stats.risk_ratio(3, 10, 8, 10),
    "rmst": lambda: stats.rmst(TIME, EVENT, tau=20),
    "rmst_difference": lambda: stats.rmst_difference(TIME, EVENT, GROUP, tau=20),
    "milestone_difference": lambda: stats.milestone_difference(TIME, EVENT, GROUP, at=15),
    "aalen_johansen": lambda: stats.aalen_johansen(TIME, CAUSE),
    "gray_test": lambda: stats.gray_test(TIME, CAUSE, GROUP, cause_of_interest=1),
    "fine_gray": lambda: stats.fine_gray(TIME, CAUSE, X, cause_of_interest=1),
    "aft_regression": lambda: stats.aft_regression(TIME, EVENT, X),
    "aft_interval_regression": lambda: stats.aft_interval_regression(
        [0, *TIME[1:]], [t + 4 if e else math.inf for t, e in zip(TIME, EVENT, strict=True)], X
    ),
    "piecewise_exponential": lambda: stats.piecewise_exponential(TIME, EVENT, X, cuts=[10]),
    "turnbull": lambda: stats.turnbull([0, 0, 2, 4], [2, 4, 4, None]),
}


@pytest.mark.parametrize("name", list(RESULTS))
def test_a_result_can_be_shown_and_taken_apart(name):
    result = RESULTS[name]()
    assert isinstance(result, stats.Result)
    text, html = str(result), result._repr_html_()
    assert repr(result) == text
    assert html.startswith("<p><strong>")
    assert result.to_frame().height >= 1
    json.dumps(result.to_dict(), default=str)
    with pytest.raises((AttributeError, TypeError)):
        result.status = "changed"
    for value in result.to_dict().values():
        assert not isinstance(value, np.ndarray)


def test_arrays_of_results_are_locked():
    curve = RESULTS["aalen_johansen"]()
    with pytest.raises(ValueError, match="read-only"):
        curve.estimate[0, 0] = 0.5


def test_series_and_object_arrays_are_taken():
    series = pl.Series("time", TIME)
    plain = RESULTS["aalen_johansen"]()
    assert stats.aalen_johansen(series, pl.Series("cause", CAUSE)).estimate.tolist() == plain.estimate.tolist()
    boxed = np.array(TIME, dtype=object)
    assert stats.aalen_johansen(boxed, np.array(CAUSE, dtype=object)).estimate.tolist() == plain.estimate.tolist()
    strata = [pl.Series([16, 3]), pl.Series([38, 12]), np.array([11, 0]), (40, 15)]
    assert stats.risk_difference(*strata).n_strata == 2


def test_times_apart_by_rounding_are_one_time():
    time, cause = [0.1 + 0.2, 0.3, 0.5, 0.7], [1, 2, 0, 1]
    for result in (stats.aalen_johansen(time, cause), stats.gray_test(time, cause, list("abab"), cause_of_interest=1)):
        assert result.n_times_joined == 1
    assert stats.aalen_johansen(time, cause).n_risk.tolist() == [4, 2, 1]
    assert stats.rmst(time, np.minimum(cause, 1)).n_times_joined == 1
    assert stats.fine_gray(time, cause, [0, 1, 1, 0], cause_of_interest=1).n_times_joined == 1


def modules():
    return sorted(m.name for m in pkgutil.walk_packages(equipoise.stats.__path__, "equipoise.stats."))


@pytest.mark.parametrize("name", [n for n in modules() if ".counts." in n or ".survival." in n])
def test_examples_are_true(name):
    found = doctest.testmod(importlib.import_module(name))
    assert found.failed == 0
