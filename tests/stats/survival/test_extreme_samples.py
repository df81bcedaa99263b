"""Samples without what a method needs: a result that says what cannot be estimated and why, never a bare nan."""

import numpy as np
import pytest

from equipoise.stats import cox_ph, kaplan_meier, logrank_test

TIME, GROUP = np.array([5.0, 3.0, 8.0, 2.0, 6.0, 7.0]), np.array([0, 1, 0, 1, 0, 1])


def test_no_events():
    none = np.zeros(6)
    curve = kaplan_meier(TIME, none)
    assert curve.estimate.tolist() == [1.0] * 6
    assert curve.median.status == curve.median.conf_low_status == "NR"
    test = logrank_test(TIME, none, GROUP)
    assert (test.status, test.reason) == ("NE", "no events")
    model = cox_ph(TIME, none, GROUP)
    assert model.status == ("NE",)
    assert "no events" in model.reason


def test_all_events():
    curve = kaplan_meier(TIME, np.ones(6))
    assert curve.estimate == pytest.approx(np.arange(5, -1, -1) / 6)
    assert curve.total_censored == 0
    assert np.isnan(curve.conf_low[-1])


def test_an_arm_without_events():
    model = cox_ph(TIME, GROUP, GROUP)
    assert model.status == ("monotone",)
    assert model.coef[0] == np.inf
    assert np.isfinite(model.conf_low[0])
    assert model.conf_high[0] == np.inf
    assert 0.0 < model.p_value[0] < 1.0
    assert "rises without end" in model.reason


def test_a_constant_and_a_collinear_covariate():
    age = np.array([1.0, 4.0, 2.0, 2.5, 0.5, 3.0])
    model = cox_ph(TIME, [1, 1, 1, 1, 0, 1], np.column_stack([age, np.full(6, 3.0), 2.0 * age - 1.0]))
    assert model.status == ("", "NE", "NE")
    assert "x2, x3 do not vary within risk sets" in model.reason


def test_a_million_identical_times():
    n = 1_000_000
    event = np.arange(n) % 4 == 0
    curve = kaplan_meier(np.full(n, 30.0), event)
    assert curve.time.tolist() == [30.0]
    assert curve.estimate[0] == pytest.approx(0.75, rel=1e-15)
    group = np.arange(n) % 2
    test = logrank_test(np.full(n, 30.0), event, group)
    assert test.expected == pytest.approx([125_000.0, 125_000.0], rel=1e-12)
    model = cox_ph(np.full(n, 30.0), np.arange(n) % 5 == 0, group)
    assert model.status == ("",)
    assert model.coef[0] == pytest.approx(0.0, abs=1e-9)
