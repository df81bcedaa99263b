"""What is computed from a fitted Cox model, against R survival 3.5-3."""

import numpy as np
import pytest
from survival_cox_cases import FACTORS, fit_case
from survival_goldens import listed, numbers, relative_difference

from equipoise.stats import concordance

R = "R 4.2.2, survival 3.5-3"
ITERATED = 1e-8
COUNT = 1e-12
RESIDUALS = {
    "martingale": "martingale",
    "deviance": "deviance",
    "score": "score",
    "schoenfeld": "schoenfeld",
    "scaledsch": "scaled_schoenfeld",
    "dfbeta": "dfbeta",
}


@pytest.mark.evidence(method="CoxModel.residuals", kind="R", source=R)
@pytest.mark.parametrize(("name", "kind"), RESIDUALS.items())
def test_residuals(goldens, name, kind, largest_difference):
    cases = [case for case in goldens["cox"] if case.get("resid")]
    assert len(cases) == 5
    for case in cases:
        _, _, model = fit_case(goldens, case)
        residuals = model.residuals(kind)
        expected = np.array(case["resid"][name], float).reshape(residuals.values.shape)
        difference = np.abs(residuals.values - expected).max() / np.abs(expected).max()
        largest_difference(difference, ITERATED, f"{case['id']} {kind}")
        if kind == "schoenfeld":
            assert residuals.time.tolist() == case["resid"]["schoenfeld_times"]


@pytest.mark.evidence(method="CoxModel.baseline_hazard", kind="R", source=R)
def test_baseline_hazard(goldens, largest_difference):
    cases = [case for case in goldens["cox"] if case.get("basehaz_uncentered")]
    assert len(cases) > 30
    for case in cases:
        columns, _, model = fit_case(goldens, case)
        baseline, r = model.baseline_hazard(), case["basehaz_uncentered"]
        order = _order_of_strata(baseline.stratum, case)
        # basehaz(centered=FALSE) of R 3.5-3 stands at the mean of the offset, not at 0.
        at = np.exp(columns[case["offset"]].mean()) if case["offset"] else 1.0
        assert baseline.time[order].tolist() == r["time"]
        difference = relative_difference(baseline.estimate[order] * at, numbers(r["hazard"]))
        largest_difference(difference, ITERATED, case["id"])


@pytest.mark.evidence(method="CoxModel.predict", kind="R", source=R)
def test_hazard_at_the_means(goldens, largest_difference):
    for case in (case for case in goldens["cox"] if case.get("basehaz_at_means")):
        columns, _, model = fit_case(goldens, case)
        means = dict(zip(model.names, ([value] for value in listed(case["means"])), strict=True))
        curves = model.predict(means)
        order = _order_of_strata(curves.stratum, case)
        at = np.exp(columns[case["offset"]].mean()) if case["offset"] else 1.0
        hazard = -np.log(curves.estimate[order, 0]) * at
        expected = numbers(case["basehaz_at_means"]["hazard"])
        # -log S loses digits where S is near 1
        largest_difference(float(np.abs(hazard - expected).max() / expected.max()), ITERATED, case["id"])


@pytest.mark.evidence(method="CoxModel.linear_predictor", kind="R", source=R)
def test_linear_predictor(goldens, largest_difference):
    for case in (case for case in goldens["cox"] if case.get("lp")):
        _, _, model = fit_case(goldens, case)
        centered = model.linear_predictor() - model.coef @ numbers(case["means"])
        largest_difference(float(np.abs(centered - numbers(case["lp"])).max()), ITERATED, case["id"])


@pytest.mark.evidence(method="CoxModel.predict", kind="R", source=R)
def test_predicted_curves(goldens, largest_difference):
    cases = [case for case in goldens["cox"] if case.get("predicted")]
    assert len(cases) == 5
    for case in cases:
        _, _, model = fit_case(goldens, case)
        r = case["predicted"]
        curves = model.predict(_new_data(model.names, case), conf_type="log")
        order = _order_of_strata(curves.stratum, case)
        assert curves.time[order].tolist() == r["time"]
        for actual, key in (
            (curves.estimate, "surv"),
            (curves.std_error_log, "se_logS"),
            (curves.conf_low, "lower_log"),
            (curves.conf_high, "upper_log"),
        ):
            expected = np.array([numbers(row) for row in r[key]])
            largest_difference(relative_difference(actual[order], expected), ITERATED, f"{case['id']} {key}")


def _order_of_strata(strata, case) -> np.ndarray:
    """Sort strata as R sorts the levels of the factor they come from."""
    levels = FACTORS.get(listed(case["src"].get("strata"))[0] if case["src"].get("strata") else "")
    if levels is None:
        return np.arange(len(strata))
    return np.argsort(
        [levels.index(stratum if isinstance(stratum, str) else stratum[0]) for stratum in strata], kind="stable"
    )


def _new_data(names, case) -> dict[str, np.ndarray]:
    new = {name: listed(values) for name, values in case["predicted"]["newdata"].items()}
    columns = {}
    for name in names:
        term = next(term for term in listed(case["terms"]) if name.startswith(term))
        columns[name] = np.array(new[name] if name == term else [float(term + v == name) for v in new[term]], float)
    n = max(values.size for values in columns.values())
    return {name: np.resize(values, n) for name, values in columns.items()}


@pytest.mark.evidence(method="CoxModel.proportional_hazards_test", kind="R", source=R)
@pytest.mark.parametrize("transform", ["km", "rank", "identity", "log"])
def test_proportional_hazards(goldens, transform, largest_difference):
    for case in (case for case in goldens["cox"] if case.get("zph")):
        _, _, model = fit_case(goldens, case)
        test, r = model.proportional_hazards_test(transform), case["zph"][transform]
        assert test.df.tolist() == r["df"]
        largest_difference(relative_difference(test.statistic, numbers(r["chisq"])), ITERATED, case["id"])
        largest_difference(relative_difference(test.p_value, numbers(r["p"])), ITERATED, case["id"])


@pytest.mark.evidence(method="CoxModel.proportional_hazards_test terms", kind="R", source=R)
def test_proportional_hazards_of_factors(goldens, largest_difference):
    for case in (case for case in goldens["cox"] if case.get("zph")):
        _, _, model = fit_case(goldens, case)
        terms = {
            term: [n for n in model.names if n == term or (term not in model.names and n.startswith(term))]
            for term in listed(case["terms"])
        }
        test, r = model.proportional_hazards_test(terms=terms), case["zph"]["km_terms"]
        assert test.df.tolist() == r["df"]
        largest_difference(relative_difference(test.statistic, numbers(r["chisq"])), ITERATED, case["id"])


PAIRS = ("concordant", "discordant", "tied.x", "tied.y", "tied.xy")


def _pairs(result) -> list[float]:
    return [
        result.n_concordant,
        result.n_discordant,
        result.n_tied_marker,
        result.n_tied_time,
        result.n_tied_both,
    ]


@pytest.mark.evidence(method="CoxModel.concordance", kind="R", source=R)
def test_concordance_of_models(goldens, largest_difference):
    for case in (case for case in goldens["cox"] if case.get("concordance")):
        _, _, model = fit_case(goldens, case)
        result, r = model.concordance(), case["concordance"]
        largest_difference(
            relative_difference(_pairs(result), numbers([r["counts"][k] for k in PAIRS])), COUNT, case["id"]
        )
        largest_difference(relative_difference([result.estimate, result.std_error], numbers([r["c"], r["se"]])), 1e-10)


@pytest.mark.evidence(method="concordance", kind="R", source=R)
def test_concordance_of_a_marker(goldens, largest_difference):
    for case in goldens["concordance"]:
        columns = goldens.columns(case["src"]).complete([case["x"]])
        strata = columns[case["strata"]] if case["strata"] else None
        result = concordance(columns.time, columns.event, columns[case["x"]], strata=strata, pair_weight=case["timewt"])
        largest_difference(
            relative_difference(_pairs(result), numbers([case["count"][k] for k in PAIRS])), COUNT, case["id"]
        )
        largest_difference(
            relative_difference([result.estimate, result.std_error], numbers([case["c"], case["se"]])), 1e-10
        )
