"""The quick loops of the search give what `equipoise.stats` gives."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.rehearsal.twin.quick_figures import PER_ARM, arm_figures, log_hazard_ratio
from equipoise.stats import cox_ph, kaplan_meier


def patients(seed: int, n: int, span: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    arm = rng.integers(0, 2, n)
    return rng.integers(1, span, n), rng.random(n) < rng.uniform(0.2, 1), arm, rng.integers(0, 4, n)


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(2, 90), span=st.sampled_from([4, 30, 2000]))
def test_curve_as_in_stats(seed: int, n: int, span: int) -> None:
    time, event, _, _ = patients(seed, n, span)
    order = np.argsort(time, kind="stable")
    landmarks = np.array([span // 5, span // 2])
    out = np.empty(PER_ARM + 2)
    arm_figures(time[order], event[order], landmarks, out)
    km = kaplan_meier(time, event)
    median = km.quantile(0.5)
    expected = [median.estimate, median.conf_low, median.conf_high]
    assert out[0] == event.sum()
    assert np.nan_to_num(out[1:4], posinf=-1.0) == pytest.approx(np.nan_to_num(np.array(expected, float), nan=-1.0))
    assert out[PER_ARM:] == pytest.approx(km.at(landmarks).estimate, abs=1e-12)


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(20, 200), span=st.sampled_from([4, 30, 2000]))
def test_hazard_ratio_as_in_stats(seed: int, n: int, span: int) -> None:
    time, event, arm, stratum = patients(seed, n, span)
    order = np.lexsort((time, stratum))
    ends = np.searchsorted(stratum[order], np.arange(4), side="right")
    beta, error = log_hazard_ratio(time[order], event[order], arm[order], ends)
    model = cox_ph(time, event, arm, strata=stratum)
    if model.status[0] == "":
        assert beta == pytest.approx(model.coef[0], abs=1e-8)
        assert error == pytest.approx(model.std_error[0], rel=1e-8)
