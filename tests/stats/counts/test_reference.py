"""Every number of the shared reference set that counts can give."""

import json

import pytest

from equipoise.stats import binomial_ci, chi_square_test, cmh_test, fisher_exact, rate_ci, rate_ratio, risk_difference


@pytest.fixture(scope="module")
def goldens(reference):
    return json.loads((reference / "survival" / "goldens.json").read_text())


def numbers(values):
    return [float("nan") if v is None else float(v) for v in values]


@pytest.mark.evidence(method="binomial_ci", kind="R", source="reference set, section binomial")
def test_binomial(goldens):
    for case in goldens["binomial"]:
        for method in ("clopper-pearson", "wilson", "wilson-cc", "wald"):
            ci = binomial_ci(case["x"], case["n"], method, conf_level=case["conf"])
            wanted = case[method.replace("-", "_")]
            if method == "wald":  # R's arithmetic leaves [0, 1]
                wanted = [max(0.0, wanted[0]), min(1.0, wanted[1])]
            assert [ci.conf_low, ci.conf_high] == pytest.approx(wanted, rel=1e-10, abs=0)


@pytest.mark.evidence(method="risk_difference", kind="R", source="reference set, section tables2x2")
@pytest.mark.parametrize(
    ("method", "key"),
    [
        ("wald", "diff_ci_wald"),
        ("wald-cc", "diff_ci_wald_cc"),
        ("newcombe", "diff_ci_newcombe"),
        ("miettinen-nurminen", "diff_ci_miettinen_nurminen"),
    ],
)
def test_differences(goldens, method, key):
    for case in goldens["tables2x2"]:
        (a, b), (c, d) = case["table"]
        ci = risk_difference(a, a + b, c, c + d, method=method)
        wanted = case[key] if key in case else case["own"][key]
        assert [ci.conf_low, ci.conf_high] == pytest.approx(numbers(wanted), rel=1e-10, abs=0)


@pytest.mark.evidence(method="fisher_exact", kind="R", source="reference set, section tables2x2")
def test_two_by_two(goldens):
    for case in goldens["tables2x2"]:
        test, wanted, tight = fisher_exact(case["table"]), case["fisher"], case["own"]["fisher_tight"]
        assert [test.p_value, test.p_greater, test.p_less] == pytest.approx(
            [wanted["p_two_sided"], wanted["p_greater"], wanted["p_less"]], rel=1e-10, abs=0
        )
        assert [test.odds_ratio, test.conf_low, test.conf_high] == pytest.approx(
            numbers([tight["cond_or"], *tight["ci"]]), rel=1e-10, abs=0
        )
        # fisher.test itself stops near 1e-4 of the root
        loose = numbers([wanted["cond_or"], *wanted["ci"]])
        assert [test.odds_ratio, test.conf_low, test.conf_high] == pytest.approx(loose, rel=1e-3)
        for key, correction in (("chisq", False), ("chisq_yates", True)):
            chi = chi_square_test(case["table"], correction=correction)
            assert [chi.statistic, chi.p_value] == pytest.approx(
                [case[key]["stat"], case[key]["p"]], rel=1e-10, abs=1e-25
            )


@pytest.mark.evidence(method="cmh_test", kind="R", source="reference set, section cmh")
def test_strata(goldens):
    for case in goldens["cmh"].values():
        for key, correction in (("cmh", False), ("cmh_cc", True)):
            test = cmh_test(case["strata"], correction=correction)
            assert [test.statistic, test.p_value] == pytest.approx([case[key]["stat"], case[key]["p"]], rel=1e-10)
        plain = cmh_test(case["strata"])
        assert [plain.odds_ratio, plain.conf_low, plain.conf_high] == pytest.approx(
            numbers([case["cmh"]["mh_or"], *case["cmh"]["ci"]]), rel=1e-10, nan_ok=True
        )
        exact, wanted = cmh_test(case["strata"], exact=True), case["exact"]
        assert exact.p_value == pytest.approx(wanted["p"], rel=1e-10)
        # mantelhaen.test(exact=TRUE) stops near 1e-4 of the root
        assert [exact.odds_ratio, exact.conf_low, exact.conf_high] == pytest.approx(
            numbers([wanted["cond_or"], *wanted["ci"]]), rel=1e-3
        )


@pytest.mark.evidence(method="rate_ci", kind="R", source="reference set, section pyears")
def test_rates(goldens):
    for part in ("lung_sex", "trial171_arm"):
        for case in goldens["pyears"][part]["rates"]:
            rate = rate_ci(case["events"], case["pyears"])
            assert rate.estimate == pytest.approx(case["rate"], rel=1e-14)
            assert [rate.conf_low, rate.conf_high] == pytest.approx(case["poisson_test_ci"], rel=1e-10)
            assert [rate.conf_low, rate.conf_high] == pytest.approx(
                [case["exact_lower"], case["exact_upper"]], rel=1e-10
            )
    none = goldens["pyears"]["zero_events"]
    assert [rate_ci(0, 10).conf_low, rate_ci(0, 10).conf_high] == pytest.approx(none["exact"], rel=1e-10)
    arms = goldens["pyears"]["trial171_arm"]
    ratio = rate_ratio(arms["event"][0], arms["pyears"][0], arms["event"][1], arms["pyears"][1])
    assert ratio.estimate == pytest.approx(arms["rate_ratio_arm0_over_arm1"], rel=1e-10)
    assert [ratio.conf_low, ratio.conf_high] == pytest.approx(arms["rate_ratio_ci"], rel=1e-10)
    assert ratio.p_value == pytest.approx(arms["rate_ratio_p"], rel=1e-10)
