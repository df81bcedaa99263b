"""Kaplan-Meier against R survival 3.5-3: curves, five kinds of limits, quantiles, landmarks, edge cases."""

import numpy as np
import pytest
from survival_goldens import numbers, relative_difference

from equipoise.stats import kaplan_meier

CONF_TYPES = ("log", "log-log", "plain", "logit", "arcsin")
R = "R 4.2.2, survival 3.5-3"
CLOSED_FORM = 1e-10
COUNT = 1e-12


def curve_of(columns, conf_type, conf_level=0.95, **options):
    return kaplan_meier(
        columns.time,
        columns.event,
        entry=columns.entry,
        weights=columns.weights,
        conf_type=conf_type,
        conf_level=conf_level,
        **options,
    )


@pytest.mark.evidence(method="kaplan_meier", kind="R", source=R)
@pytest.mark.parametrize("conf_type", CONF_TYPES)
def test_curves_equal_r(goldens, conf_type, largest_difference):
    for case in goldens["km"]:
        samples = goldens.columns(case["src"]).curves()
        for expected in case["curves"]:
            km = curve_of(samples[expected["curve"].replace(" ", "")], conf_type, case["conf"])
            limits = expected["ci"][conf_type]
            for actual, wanted in (
                (km.time, expected["time"]),
                (km.n_risk, expected["n_risk"]),
                (km.n_events, expected["n_event"]),
                (km.n_censored, expected["n_censor"]),
            ):
                assert relative_difference(actual, numbers(wanted)) <= COUNT, case["id"]
            for actual, wanted in (
                (km.estimate, expected["surv"]),
                (km.std_error, expected["se_surv"]),
                (km.conf_low, limits["lower"]),
                (km.conf_high, limits["upper"]),
            ):
                largest_difference(relative_difference(actual, numbers(wanted)), CLOSED_FORM, case["id"])


@pytest.mark.evidence(method="kaplan_meier quantile", kind="R", source=R)
@pytest.mark.parametrize("conf_type", CONF_TYPES)
def test_quantiles_equal_r(goldens, conf_type, largest_difference):
    for case in goldens["km"]:
        samples = goldens.columns(case["src"]).curves()
        wanted = case["quantiles"][conf_type]
        for i, expected in enumerate(case["curves"]):
            km = curve_of(samples[expected["curve"].replace(" ", "")], conf_type, case["conf"])
            for j, p in enumerate(wanted["probs"]):
                q = km.quantile(p)
                actual = [q.estimate, q.conf_low, q.conf_high]
                r = numbers([wanted[part][i][j] for part in ("quantile", "lower", "upper")])
                largest_difference(relative_difference(actual, r), COUNT, f"{case['id']} {p}")


@pytest.mark.evidence(method="kaplan_meier at", kind="R", source=R)
@pytest.mark.parametrize("conf_type", CONF_TYPES)
def test_landmarks_equal_r(goldens, conf_type, largest_difference):
    for case in goldens["km"]:
        samples = goldens.columns(case["src"]).curves()
        wanted = case["landmarks"][conf_type]
        for name in dict.fromkeys(wanted["curve"]):
            rows = [i for i, curve in enumerate(wanted["curve"]) if curve == name]
            at = curve_of(samples[name.replace(" ", "")], conf_type, case["conf"]).at([wanted["time"][i] for i in rows])
            for part, actual in (
                ("n_risk", at.n_risk),
                ("surv", at.estimate),
                ("se_surv", at.std_error),
                ("lower", at.conf_low),
                ("upper", at.conf_high),
            ):
                r = numbers([wanted[part][i] for i in rows])
                largest_difference(relative_difference(actual, r), CLOSED_FORM, f"{case['id']} {part}")


@pytest.mark.evidence(method="kaplan_meier", kind="R", source=f"{R}, edge cases")
@pytest.mark.parametrize("conf_type", CONF_TYPES)
def test_edge_cases_equal_r(goldens, conf_type, largest_difference):
    table = goldens.table("edge")
    for name, results in goldens["km_edge"].items():
        rows = table["case"] == name
        km = kaplan_meier(table["time"][rows], table["event"][rows], conf_type=conf_type)
        r = results[conf_type]
        quantiles = [km.quantile(p) for p in (0.25, 0.5, 0.75)]
        for actual, part in (
            (km.time, "time"),
            (km.n_risk, "n_risk"),
            (km.n_events, "n_event"),
            (km.n_censored, "n_censor"),
            (km.estimate, "surv"),
            (km.conf_low, "lower"),
            (km.conf_high, "upper"),
            ([q.estimate for q in quantiles], "q"),
            ([q.conf_low for q in quantiles], "q_lower"),
            ([q.conf_high for q in quantiles], "q_upper"),
        ):
            largest_difference(relative_difference(actual, numbers(r[part])), CLOSED_FORM, f"{name} {part}")


@pytest.mark.evidence(method="kaplan_meier reverse", kind="R", source=R)
@pytest.mark.parametrize("conf_type", CONF_TYPES)
def test_reverse_medians_equal_r(goldens, conf_type, largest_difference):
    order = {"colon_death_by_rx": ["rx=Obs", "rx=Lev", "rx=Lev+5FU"]}  # the order of the factor's levels in R
    for case in goldens["reverse_km"]:
        samples = goldens.columns(case["src"]).curves()
        wanted = case["result"][conf_type]
        for i, name in enumerate(order.get(case["id"], samples)):
            median = curve_of(samples[name], conf_type, reverse=True).median
            r = numbers([wanted[part][i] for part in ("median", "lower", "upper")])
            actual = [median.estimate, median.conf_low, median.conf_high]
            largest_difference(relative_difference(actual, r), COUNT, case["id"])


@pytest.mark.evidence(method="kaplan_meier robust variance", kind="R", source=R)
@pytest.mark.parametrize(
    ("section", "options"), [("robust", {"weights": "wt"}), ("unweighted_cluster_clus", {"cluster": "clus"})]
)
def test_robust_variance_equals_r(goldens, section, options, largest_difference):
    case = goldens["km_weighted_variance"]
    r, split = case[section], case["greenwood"]["n_curve1"]
    for name, part in (("arm=0", slice(0, split)), ("arm=1", slice(split, None))):
        sample = goldens.columns(case["src"]).curves()[name]
        extra = {argument: sample[column] for argument, column in options.items()}
        km = kaplan_meier(sample.time, sample.event, conf_type="log", **extra)
        for actual, key in (
            (km.estimate, "surv"),
            (km.std_error, "se_surv"),
            (km.conf_low, "lower_log"),
            (km.conf_high, "upper_log"),
        ):
            largest_difference(relative_difference(actual, numbers(r[key])[part]), CLOSED_FORM, key)


def test_whole_weights_use_greenwood(goldens):
    """Frequency weights are subjects: the variance is Greenwood's with weighted counts, as R's with robust=FALSE."""
    sample = goldens.columns(goldens["km_weighted_variance"]["src"]).curves()["arm=1"]
    doubled = kaplan_meier(sample.time, sample.event, weights=2 * sample.weights, conf_type="log")
    r = goldens["km_weighted_variance"]["greenwood"]
    assert doubled.weight_type == "frequency"
    expected = numbers(r["se_surv"])[r["n_curve1"] :] / np.sqrt(2)
    assert relative_difference(doubled.std_error, expected) <= CLOSED_FORM
