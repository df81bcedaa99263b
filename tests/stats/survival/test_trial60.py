"""Sixty made-up subjects with many ties, against R survival (trial60.R remakes trial60.json): runs for every user."""

import json
from pathlib import Path

import numpy as np
import pytest
from survival_goldens import numbers, relative_difference

from equipoise.stats import cox_ph, kaplan_meier, logrank_test, nelson_aalen

GOLDENS = json.loads(Path(__file__).with_name("trial60.json").read_text())
D = {name: np.array(values) for name, values in GOLDENS["data"].items()}
R = "R 4.2.2, survival 3.5-3"
CONF_TYPES = ("log-log", "log", "plain", "logit", "arcsin")
CLOSED_FORM, ITERATED = 1e-10, 1e-8


@pytest.mark.evidence(method="kaplan_meier", kind="R", source=R)
@pytest.mark.parametrize("arm", [0, 1])
@pytest.mark.parametrize("conf_type", CONF_TYPES)
def test_curves(arm, conf_type, largest_difference):
    rows, r = D["arm"] == arm, GOLDENS["km"][f"arm{arm}"]
    km = kaplan_meier(D["time"][rows], D["event"][rows], conf_type=conf_type)
    at, limits = km.at([5, 12, 30]), r[conf_type]
    quantiles = [km.quantile(p) for p in (0.25, 0.5, 0.75)]
    for actual, expected in (
        (km.time, r["time"]),
        (km.n_risk, r["n_risk"]),
        (km.n_events, r["n_event"]),
        (km.estimate, r["surv"]),
        (km.std_error, r["se"]),
        (km.conf_low, limits["lower"]),
        (km.conf_high, limits["upper"]),
        ([q.estimate for q in quantiles], limits["quantile"]),
        ([q.conf_low for q in quantiles], limits["q_lower"]),
        ([q.conf_high for q in quantiles], limits["q_upper"]),
        (at.estimate, limits["at"]),
        (at.conf_low, limits["at_lower"]),
        (at.conf_high, limits["at_upper"]),
        (at.n_risk, limits["at_risk"]),
    ):
        largest_difference(relative_difference(actual, numbers(expected)), CLOSED_FORM)


@pytest.mark.evidence(method="nelson_aalen", kind="R", source=R)
def test_cumulative_hazard(largest_difference):
    for arm in (0, 1):
        rows, r = D["arm"] == arm, GOLDENS["km"][f"arm{arm}"]
        hazard = nelson_aalen(D["time"][rows], D["event"][rows])
        largest_difference(relative_difference(hazard.estimate, numbers(r["cumhaz"])), CLOSED_FORM)
        largest_difference(relative_difference(hazard.std_error, numbers(r["se_cumhaz"])), CLOSED_FORM)


@pytest.mark.evidence(method="kaplan_meier entry, weights, cluster", kind="R", source=R)
def test_curves_with_entry_weights_and_clusters(largest_difference):
    late = kaplan_meier(D["time"], D["event"], entry=D["entry"])
    weighted = kaplan_meier(D["time"], D["event"], weights=D["wt"])
    clustered = kaplan_meier(D["time"], D["event"], cluster=D["clus"])
    # Where S = 0 the robust standard error of R is 0, that of Greenwood unknown; here both are unknown.
    assert weighted.estimate[-1] == clustered.estimate[-1] == 0.0
    assert np.isnan([weighted.std_error[-1], clustered.std_error[-1]]).all()
    for actual, expected in (
        (late.n_risk, GOLDENS["km_entry"]["n_risk"]),
        (late.estimate, GOLDENS["km_entry"]["surv"]),
        (late.conf_low, GOLDENS["km_entry"]["lower"]),
        (late.conf_high, GOLDENS["km_entry"]["upper"]),
        (weighted.estimate, GOLDENS["km_weights"]["surv"]),
        (weighted.std_error[:-1], GOLDENS["km_weights"]["se"][:-1]),
        (weighted.conf_low, GOLDENS["km_weights"]["lower"]),
        (weighted.conf_high, GOLDENS["km_weights"]["upper"]),
        (clustered.std_error[:-1], GOLDENS["km_cluster"]["se"][:-1]),
        (clustered.conf_low, GOLDENS["km_cluster"]["lower"]),
    ):
        largest_difference(relative_difference(actual, numbers(expected)), CLOSED_FORM)


@pytest.mark.evidence(method="logrank_test", kind="R", source=R)
@pytest.mark.parametrize(
    ("name", "group", "strata", "rho"),
    [("plain", "arm", None, 0), ("strata", "arm", "site", 0), ("peto", "arm", "site", 1), ("three", "ecog", None, 0)],
)
def test_logrank(name, group, strata, rho, largest_difference):
    r = GOLDENS["logrank"][name]
    test = logrank_test(D["time"], D["event"], D[group], strata=None if strata is None else D[strata], rho=rho)
    for actual, expected in (
        (test.observed, r["observed"]),
        (test.expected, r["expected"]),
        ([test.statistic], r["chisq"]),
        ([test.p_value], r["p"]),
    ):
        largest_difference(relative_difference(actual, numbers(expected)), CLOSED_FORM)


MODELS = {
    "efron": (("arm", "age", "ecog"), {}),
    "breslow": (("arm", "age", "ecog"), {"ties": "breslow"}),
    "exact": (("arm", "age", "ecog"), {"ties": "exact"}),
    "strata": (("arm", "age"), {"strata": D["site"]}),
    "entry": (("arm", "age"), {"strata": D["site"], "entry": D["entry"]}),
    "weights": (("arm", "age"), {"weights": D["wt"]}),
    "cluster": (("arm", "age"), {"cluster": D["clus"]}),
    "offset": (("arm", "age"), {"offset": D["off"]}),
}


def fit(name):
    columns, options = MODELS[name]
    return cox_ph(D["time"], D["event"], {column: D[column] for column in columns}, **options)


@pytest.mark.evidence(method="cox_ph", kind="R", source=R)
@pytest.mark.parametrize("name", MODELS)
def test_cox(name, largest_difference):
    model, r = fit(name), GOLDENS["cox"][name]
    for actual, expected in (
        (model.coef, r["coef"]),
        (model.std_error, r["se"]),
        (model.conf_low, r["lower"]),
        (model.conf_high, r["upper"]),
        ([model.loglik_null, model.loglik], r["loglik"]),
        ([model.score.statistic], r["score"]),
        ([model.wald.statistic], r["wald"]),
        ([model.lr.statistic], r["lr"]),
        ([model.concordance().estimate], r["c"]),
    ):
        largest_difference(relative_difference(actual, numbers(expected)), ITERATED, name)


@pytest.mark.evidence(method="CoxModel.residuals", kind="R", source=R)
@pytest.mark.parametrize("name", ["efron", "breslow", "strata", "entry"])
def test_after_the_fit(name, largest_difference):
    model, r = fit(name), GOLDENS["cox"][name]
    pairs = [
        (model.proportional_hazards_test().statistic, numbers(r["zph"])),
        (model.baseline_hazard().estimate, numbers(r["hazard"])),
    ]
    names = {"martingale": "martingale", "deviance": "deviance", "score": "score_residual", "schoenfeld": "schoenfeld"}
    for kind, key in names.items():
        values = model.residuals(kind).values
        pairs.append((values, np.array(r[key], float).reshape(values.shape)))
    for actual, expected in pairs:
        largest_difference(float(np.abs(actual - expected).max() / np.abs(expected).max()), ITERATED, name)


@pytest.mark.evidence(method="CoxModel.predict", kind="R", source=R)
def test_predicted_curves(largest_difference):
    curves, r = fit("efron").predict({"arm": [0, 1], "age": [60, 60], "ecog": [1, 1]}), GOLDENS["predicted"]
    for actual, key in ((curves.estimate, "surv"), (curves.conf_low, "lower"), (curves.conf_high, "upper")):
        largest_difference(relative_difference(actual, np.array(r[key], float)), ITERATED, key)
