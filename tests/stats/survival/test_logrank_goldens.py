"""Log-rank tests against R survival 3.5-3 (survdiff, rho 0, 1/2, 1) and Fleming-Harrington sums from a plain R loop."""

import numpy as np
import pytest
from survival_goldens import label, listed, numbers, relative_difference

from equipoise.stats import logrank_test

R = "R 4.2.2, survival 3.5-3"
CLOSED_FORM = 1e-10


@pytest.mark.evidence(method="logrank_test", kind="R", source=R)
def test_every_survdiff_case(goldens, largest_difference):
    for case in goldens["logrank"]:
        columns = goldens.columns(case["src"])
        by = listed(case["src"]["by"])[0]
        columns = columns.complete([by])
        for r in case["tests"]:
            test = logrank_test(columns.time, columns.event, columns[by], strata=columns.strata, rho=r["rho"])
            names = [label(level) if isinstance(level, float) else str(level) for level in test.groups]
            at = [names.index(group.split("=")[1].strip()) for group in r["groups"]]
            assert test.df == r["df"]
            assert test.n_per_group[at].tolist() == r["n"]
            for actual, wanted in (
                (test.observed[at], r["observed"]),
                (test.expected[at], r["expected"]),
                (test.statistic, r["chisq"]),
                (test.p_value, r["p"]),
            ):
                largest_difference(relative_difference(np.atleast_1d(actual), numbers(wanted)), CLOSED_FORM, case["id"])
            scale = np.abs(r["var"]).max()
            largest_difference(
                np.abs(test.covariance[np.ix_(at, at)] - r["var"]).max() / scale, CLOSED_FORM, case["id"]
            )


@pytest.mark.evidence(method="logrank_test one-sided", kind="R", source=R)
def test_signed_statistic_and_both_tails(goldens, largest_difference):
    for case in goldens["logrank"]:
        by = listed(case["src"]["by"])[0]
        columns = goldens.columns(case["src"]).complete([by])
        for r in case["tests"]:
            if "z_second_group" not in r:
                continue
            test = logrank_test(columns.time, columns.event, columns[by], strata=columns.strata, rho=r["rho"])
            for actual, key in (
                (test.z, "z_second_group"),
                (test.p_one_sided, "p_one_sided_second_group_better"),
                (test.p_opposite, "p_one_sided_second_group_worse"),
                (test.log_hazard_ratio, "peto_log_hr_second"),
                (test.std_error, "peto_se"),
            ):
                largest_difference(relative_difference([actual], numbers(r[key])), CLOSED_FORM, f"{case['id']} {key}")


@pytest.mark.evidence(method="logrank_test rho gamma", kind="R", source="plain loop in R 4.2.2")
def test_fleming_harrington_weights(goldens, largest_difference):
    for case in goldens["fleming_harrington"]:
        by = listed(case["src"]["by"])[0]
        columns = goldens.columns(case["src"]).complete([by])
        group = columns[by] == case["group_counted"]
        for k, (rho, gamma) in enumerate(case["rho_gamma"]):
            test = logrank_test(columns.time, columns.event, group, strata=columns.strata, rho=rho, gamma=gamma)
            difference = test.observed[1] - test.expected[1]
            largest_difference(relative_difference([difference], numbers(case["U"][k])), CLOSED_FORM, case["id"])
            largest_difference(relative_difference([test.covariance[1, 1]], numbers(case["cov"][k][k])), CLOSED_FORM)
            largest_difference(relative_difference([test.z], numbers(case["z"][k])), CLOSED_FORM, case["id"])
