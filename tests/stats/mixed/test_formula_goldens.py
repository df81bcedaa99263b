"""Models from a formula against R mmrm and emmeans: names, least-squares means, differences with limits."""

import re

import numpy as np
import pytest
from mixed_cases import POINT, SUBJECT, VISIT, relative

from equipoise.stats import mmrm

R = "R 4.2.2, mmrm 0.3.18, emmeans 1.8.4.1, polished"
EXACT = 1e-8
REFERENCE = {"fev": {"SEX": "Male"}, "qol": {"ARM": "Placebo"}, "bcva": {}}
ARM = {"fev": "ARMCD", "qol": "ARM", "bcva": "ARMCD"}
METHODS = {
    "satterthwaite": ("satterthwaite", "model"),
    "kenward_roger": ("kenward-roger-r", "model"),
    "kenward_roger_linear": ("kenward-roger-linear", "model"),
    "cr2": ("satterthwaite", "CR2"),
}
MEANS = {"estimate": "estimate", "std_error": "se", "df": "df", "conf_low": "lower", "conf_high": "upper"}


def fit(goldens, case, df, vcov):
    name = case["dataset"]
    return mmrm(
        re.sub(r"\+ \w+\([^()]*\)$", "", case["formula"]),
        goldens.data(name),
        subject=SUBJECT[name],
        visit=(POINT if case["covariance"].startswith("sp_") else VISIT)[name],
        covariance=case["covariance"],
        group=case.get("group"),
        weights=case.get("weights"),
        reml=case["reml"],
        reference=REFERENCE[name],
        df=df,
        vcov=vcov,
    )


def positions(result, names, wanted):
    found = {key: i for i, key in enumerate(zip(*(result.labels[n] for n in names), strict=True))}
    return [found[key] for key in wanted]


@pytest.mark.evidence(method="mmrm least-squares means", kind="R", source=R)
@pytest.mark.parametrize("key", METHODS)
def test_means_and_differences(goldens, largest_difference, key):
    compared = 0
    for case in goldens.cases:
        tables = case.get(key, {})
        if "emmeans" not in tables:
            continue
        name, arm = case["dataset"], ARM[case["dataset"]]
        visit = VISIT[name]
        model = fit(goldens, case, *METHODS[key])
        assert list(model.names) == case["coef_names"]
        for table, weights in (("emmeans", "equal"), ("emmeans_proportional", "proportional")):
            if table not in tables:
                continue
            compared += 1
            means, expected = model.means([visit, arm], weights=weights), tables[table]["ls_means"]
            at = positions(means, [visit, arm], zip(expected["visit"], expected["arm"], strict=True))
            for ours, theirs in MEANS.items():
                largest_difference(relative(getattr(means, ours)[at], expected[theirs]), EXACT, case["id"])
            found, expected = model.differences(arm, by=visit, weights=weights), tables[table]["differences"]
            at = positions(found, [visit, "contrast"], zip(expected["visit"], expected["contrast"], strict=True))
            for ours, theirs in (MEANS | {"statistic": "t", "p_value": "p"}).items():
                largest_difference(relative(getattr(found, ours)[at], expected[theirs]), EXACT, case["id"])
    assert compared >= 20


@pytest.mark.evidence(method="mmrm rank-deficient designs", kind="R", source=R)
def test_dependent_column_is_dropped_and_said(goldens):
    case = next(c for c in goldens.cases if c["id"] == "fev_us_reml_aliased_column")
    data = goldens.data("fev")
    data = data.with_columns(DUP=(data["RACE"] == "White").cast(float))
    model = mmrm(
        "FEV1 ~ RACE + DUP + SEX + ARMCD * AVISIT",
        data,
        subject="USUBJID",
        visit="AVISIT",
        reference={"SEX": "Male"},
        df="satterthwaite",
    )
    assert [n for n, status in zip(model.names, model.status, strict=True) if status == "NE"] == ["DUP"]
    assert model.reason == "dropped as combinations of the columns before them: DUP"
    kept = [model.names.index(n) for n in case["coef_names"] if n != "DUP"]
    known = [b for b in case["beta"] if b not in (None, "NA")]
    assert relative(model.coef[kept], known) < EXACT
    assert np.isnan(model.coef[model.names.index("DUP")])
