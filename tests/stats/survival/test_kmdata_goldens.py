"""63 published two-arm trials (reconstructed patient data of the KMDATA project) against R survival."""

import csv
from collections import defaultdict

import numpy as np
import pytest

from equipoise.stats import cox_ph, kaplan_meier, logrank_test

R = "R 4.2.2, survival 3.5-3, 12 digits, KMDATA"
PRINTED = 2e-11  # the goldens are written with 12 digits
ITERATED = 2e-8  # 12 digits, and coxph's default eps = 1e-9
# coxph stopped when the log-likelihood changed by less than 1e-9 of itself; the likelihood-ratio statistic is a small
# difference of two of them, and a p-value multiplies the relative error of z by about z^2: R's own values are loose.
LOOSE_IN_R = 1e-6


@pytest.fixture(scope="module")
def trials(reference):
    """Times, events and arms (1, 2) of each data set."""
    rows = defaultdict(list)
    with (reference / "kmdata" / "ipd.csv").open() as file:
        for row in csv.DictReader(file):
            rows[row["dataset"]].append((float(row["time"]), int(row["event"]), int(row["arm_index"])))
    return {name: tuple(np.array(column) for column in zip(*data, strict=True)) for name, data in rows.items()}


def golden(reference, name):
    with (reference / "kmdata" / name).open() as file:
        return list(csv.DictReader(file))


def number(text: str) -> float:
    return float(text) if text not in ("", "NA") else float("nan")


def difference(actual: float, expected: float) -> float:
    if np.isnan(actual) or np.isnan(expected):
        return 0.0 if np.isnan(actual) and np.isnan(expected) else np.inf
    return abs(actual - expected) / max(abs(expected), 1e-300) if actual != expected else 0.0


@pytest.mark.evidence(method="cox_ph", kind="R", source=R)
def test_hazard_ratios_and_tests(reference, trials, largest_difference):
    rows = golden(reference, "golden_cox.csv")
    assert len(rows) == 63
    for row in rows:
        time, event, arm = trials[row["dataset"]]
        model, test = cox_ph(time, event, arm), logrank_test(time, event, arm)
        peto = logrank_test(time, event, arm, rho=1)
        breslow = cox_ph(time, event, arm, ties="breslow")
        zph = model.proportional_hazards_test()
        assert (model.n, model.n_events) == (int(row["n"]), int(row["events"]))
        closed = {
            "loglik0": model.loglik_null,
            "score_chisq": model.score.statistic,
            "logrank_chisq": test.statistic,
            "logrank_p": test.p_value,
            "logrank_obs2": test.observed[1],
            "logrank_exp2": test.expected[1],
            "logrank_var": test.covariance[1, 1],
            "hr_pike_peto_onestep": np.exp(test.log_hazard_ratio),
            "petopeto_chisq": peto.statistic,
            "petopeto_p": peto.p_value,
        }
        iterated = {
            "hr_efron": model.hazard_ratio[0],
            "se_loghr_efron": model.std_error[0],
            "hr_lcl": model.conf_low[0],
            "hr_ucl": model.conf_high[0],
            "wald_z": model.z[0],
            "loglik1": model.loglik,
            "hr_breslow": breslow.hazard_ratio[0],
            "se_loghr_breslow": breslow.std_error[0],
            "zph_chisq": zph.statistic[0],
            "zph_p": zph.p_value[0],
        }
        loose = {"wald_p": model.p_value[0], "lrt_chisq": model.lr.statistic, "lrt_p": model.lr.p_value}
        for tolerance, values in ((PRINTED, closed), (ITERATED, iterated), (LOOSE_IN_R, loose)):
            for name, value in values.items():
                largest_difference(difference(value, number(row[name])), tolerance, f"{row['dataset']} {name}")


@pytest.mark.evidence(method="kaplan_meier quantile", kind="R", source=R)
def test_medians(reference, trials, largest_difference):
    for row in golden(reference, "golden_km.csv"):
        time, event, arm = trials[row["dataset"]]
        inside = arm == int(row["arm_index"])
        for conf_type, name in (("log", "log"), ("log-log", "loglog"), ("plain", "plain")):
            km = kaplan_meier(time[inside], event[inside], conf_type=conf_type)
            values = {"median": km.median.estimate, f"med_lcl_{name}": km.median.conf_low}
            values |= {f"med_ucl_{name}": km.median.conf_high}
            values |= {"q25": km.quantile(0.25).estimate, "q75": km.quantile(0.75).estimate}
            for column, value in values.items():
                largest_difference(difference(value, number(row[column])), PRINTED, f"{row['dataset']} {column}")
        assert (km.n, km.total_events) == (int(row["n"]), int(row["events"]))


@pytest.mark.evidence(method="kaplan_meier at", kind="R", source=R)
def test_landmarks(reference, trials, largest_difference):
    for row in golden(reference, "golden_curve.csv"):
        time, event, arm = trials[row["dataset"]]
        inside = arm == int(row["arm_index"])
        for conf_type, name in (("log", "log"), ("log-log", "loglog")):
            at = kaplan_meier(time[inside], event[inside], conf_type=conf_type).at(float(row["t"]))
            values = {"n_risk": at.n_risk[0], "surv": at.estimate[0], "std_err": at.std_error[0]}
            values |= {f"lcl_{name}": at.conf_low[0], f"ucl_{name}": at.conf_high[0]}
            for column, value in values.items():
                largest_difference(difference(value, number(row[column])), PRINTED, f"{row['dataset']} {column}")
