"""What the results of curves, tests and models look like, and that they cannot be changed."""

import json
import re
from dataclasses import fields

import numpy as np
import pytest

from equipoise import stats

TIME, EVENT, GROUP = [5, 8, 8, 12, 16, 23, 27, 30], [1, 1, 0, 1, 1, 0, 1, 1], list("abababab")
X = {"dose": [1.0, 0.0, 2.0, 1.0, 0.0, 3.0, 1.0, 2.0]}
MODEL = stats.cox_ph(TIME, EVENT, X)
RESULTS = {
    "kaplan_meier": stats.kaplan_meier(TIME, EVENT),
    "quantile": stats.kaplan_meier(TIME, EVENT).quantile(0.5),
    "at": stats.kaplan_meier(TIME, EVENT).at([10, 50]),
    "nelson_aalen": stats.nelson_aalen(TIME, EVENT),
    "logrank_test": stats.logrank_test(TIME, EVENT, GROUP),
    "max_combo": stats.max_combo(TIME, EVENT, GROUP),
    "logrank_trend_test": stats.logrank_trend_test(TIME, EVENT, GROUP),
    "cox_ph": MODEL,
    "score": MODEL.score,
    "residuals": MODEL.residuals("dfbeta"),
    "baseline_hazard": MODEL.baseline_hazard(),
    "predict": MODEL.predict([1.0]),
    "proportional_hazards_test": MODEL.proportional_hazards_test(),
    "concordance": MODEL.concordance(),
    "subgroup_hazard_ratios": stats.subgroup_hazard_ratios(TIME, EVENT, GROUP, {"f": list("uuvvuuvv")}, min_events=2),
}


@pytest.mark.parametrize("result", RESULTS.values(), ids=RESULTS.keys())
def test_every_result_has_all_its_views(result):
    text, html, frame = str(result), result._repr_html_(), result.to_frame()
    assert repr(result) == text == str(result)
    assert html.startswith("<p><strong>")
    assert frame.height >= 1
    values = result.to_dict()
    assert list(values) == [f.name for f in fields(result) if not f.name.startswith("_")]
    json.dumps(values)
    for name in frame.columns:
        assert name in html or frame[name].to_list() == [""]


@pytest.mark.parametrize("result", RESULTS.values(), ids=RESULTS.keys())
def test_no_result_can_be_changed(result):
    with pytest.raises((AttributeError, TypeError)):
        result.method = "another"
    for f in fields(result):
        value = getattr(result, f.name)
        if isinstance(value, np.ndarray) and value.size:
            with pytest.raises(ValueError, match="read-only"):
                value[0] = value[0]


@pytest.mark.parametrize("result", RESULTS.values(), ids=RESULTS.keys())
def test_documented_attributes_exist(result):
    words = re.findall(r"`(\w+)`", type(result).__doc__)
    known = {"x", "min_events", "p"} | set(dir(type(result)))
    assert set(words) - known - {"CoxModel"} == set()


def test_arrays_given_are_not_held():
    time = np.array([1.0, 2.0, 3.0])
    curve = stats.kaplan_meier(time, [1, 1, 0])
    time[:] = 9
    assert curve.time.tolist() == [1, 2, 3]


def test_text_view_in_the_manner_of_r():
    assert str(RESULTS["kaplan_meier"]).splitlines()[:4] == [
        "Kaplan-Meier, 95% limits (log-log)",
        "n = 8, events = 6, median = 16, conf_low = 5, conf_high = NR",
        "",
        "time n_risk n_events n_censored estimate std_error conf_low conf_high",
    ]
    assert str(RESULTS["kaplan_meier"]).splitlines()[-1].split() == ["30", "1", "1", "0", "0", "NA", "NA", "NA"]
    long = str(stats.kaplan_meier(np.arange(1, 101), np.ones(100, int))).splitlines()
    assert len(long) == 4 + 10 + 1 + 10
    assert set(long[14].split()) == {"..."}


def test_numbers_stay_unrounded():
    assert RESULTS["kaplan_meier"].to_frame()["estimate"][1] == 7 / 8 * 6 / 7


def test_counts_are_whole_numbers_without_weights():
    curve = RESULTS["kaplan_meier"]
    assert {curve.n_risk.dtype.kind, curve.n_events.dtype.kind, curve.n_censored.dtype.kind} == {"i"}
    weighted = stats.kaplan_meier(TIME, EVENT, weights=np.linspace(0.5, 1.2, 8))
    assert weighted.n_risk.dtype.kind == "f"
    assert weighted.weight_type == "sampling"


def test_public_names_are_sorted_and_exist():
    for module in (stats, stats.survival):
        assert module.__all__ == sorted(module.__all__)
        assert all(hasattr(module, name) for name in module.__all__)
    assert set(stats.survival.__all__) <= set(stats.__all__)
