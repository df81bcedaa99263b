"""The data sets of the reference fits, their designs with treatment contrasts, and a made-up trial."""

import json
import re
from dataclasses import dataclass
from functools import cache

import numpy as np
import polars as pl

from equipoise.stats import mmrm_arrays

FILES = {"fev": "fev_data", "bcva": "bcva_data", "qol": "qol_sim", "sleep": "sleep"}
RESPONSE = {"fev": "FEV1", "bcva": "BCVA_CHG", "qol": "AVAL", "sleep": "extra"}
VISIT = {"fev": "AVISIT", "bcva": "AVISIT", "qol": "AVISIT", "sleep": "group"}
POINT = {"fev": "VISITN", "qol": "WEEK"}
SUBJECT = {"fev": "USUBJID", "bcva": "USUBJID", "qol": "USUBJID", "sleep": "ID"}
LEVELS = {"SEX": ["Male", "Female"], ("qol", "ARM"): ["Placebo", "Pazopanib"]}


@dataclass
class Arguments:
    """Arguments of one reference fit; `columns` holds the position of each reference coefficient."""

    y: np.ndarray
    x: dict[str, np.ndarray]
    subject: np.ndarray
    visit: np.ndarray
    group: np.ndarray | None
    weights: np.ndarray | None
    columns: list[int]

    def fit(self, case, **options):
        return mmrm_arrays(
            self.y,
            self.x,
            self.subject,
            self.visit,
            covariance=case["covariance"],
            group=self.group,
            weights=self.weights,
            reml=case["reml"],
            **options,
        )


class Goldens:
    """The reference fits, their data and the published SAS numbers."""

    def __init__(self, folder):
        self.folder = folder
        self.cases = json.loads((folder / "goldens.json").read_text())["cases"]
        self.published = json.loads((folder / "sas_published.json").read_text())

    @cache  # noqa: B019 - lives as long as the session
    def data(self, name):
        texts = {"USUBJID": pl.String, "ID": pl.String, "group": pl.String}
        return pl.read_csv(
            self.folder / "data" / f"{FILES[name]}.csv", infer_schema_length=None, schema_overrides=texts
        )

    def arguments(self, case):
        name = case["dataset"]
        data = self.data(name)
        if "DUP" in case["formula"]:
            data = data.with_columns(DUP=(pl.col("RACE") == "White").cast(pl.Float64))
        x = design(data, name, case["formula"])
        spatial = case["covariance"].startswith("sp_")
        visit = data[(POINT if spatial else VISIT)[name]].to_numpy()
        listed = list(x)
        return Arguments(
            y=data[RESPONSE[name]].to_numpy().astype(float),
            x=x,
            subject=data[SUBJECT[name]].to_numpy(),
            visit=visit,
            group=data[case["group"]].to_numpy() if case.get("group") else None,
            weights=data[case["weights"]].to_numpy() if case.get("weights") else None,
            columns=[listed.index(n if n in x else ":".join(reversed(n.split(":")))) for n in case["coef_names"]],
        )


def design(data, name, formula):
    """Build the columns of a formula of main effects and two-way interactions, named as R names them."""
    terms = [term.strip() for term in re.sub(r"\+ \w+\(.*\)$", "", formula.split("~")[1]).split("+") if term.strip()]
    mains = list(dict.fromkeys(part.strip() for term in terms for part in term.split("*")))
    columns = {"(Intercept)": np.ones(len(data))}
    for variable in mains:
        columns |= dict(coded(data, name, variable))
    for term in terms:
        if "*" in term:
            first, second = (part.strip() for part in term.split("*"))
            for b, right in coded(data, name, second):
                columns |= {f"{a}:{b}": left * right for a, left in coded(data, name, first)}
    return columns


def coded(data, name, variable):
    """Give a number as one column, a factor as indicators of all levels but the first."""
    series = data[variable]
    if series.dtype != pl.String:
        return [(variable, series.to_numpy().astype(float))]
    levels = LEVELS.get((name, variable)) or LEVELS.get(variable) or sorted(series.unique().drop_nulls().to_list())
    return [(f"{variable}{level}", (series == level).to_numpy().astype(float)) for level in levels[1:]]


def numbers(values):
    """Turn reference values into an array; missing ones into nan."""
    return np.array([np.nan if v is None or v == "NA" else v for v in np.ravel(np.array(values, object))], float)


def relative(actual, expected):
    """Give the largest relative difference where the reference has a number."""
    expected = numbers(expected)
    actual = np.ravel(np.asarray(actual, float))
    known = ~np.isnan(expected)
    assert known.any()
    assert not np.isnan(actual[known]).any()
    return float(np.max(np.abs(actual - expected)[known] / np.maximum(np.abs(expected[known]), 1e-300)))


def made_up(seed=1, n=60, m=4, missing=0.2):
    """Return y, x, subject, visit of a made-up trial: two arms, arm by visit means, random missing visits."""
    rng = np.random.default_rng(seed)
    arm = rng.integers(0, 2, n)
    root = np.linalg.cholesky(0.4 + 0.6 * np.eye(m)) * np.linspace(1.0, 2.0, m)[:, None]
    y = 10.0 + arm[:, None] * np.arange(m) + rng.standard_normal((n, m)) @ root.T
    subject = np.repeat(np.arange(n), m)
    visit = np.tile(np.arange(m), n)
    keep = rng.random(n * m) >= missing
    x = {f"mean {a} {v}": ((arm[subject] == a) & (visit == v)).astype(float) for a in (0, 1) for v in range(m)}
    return y.ravel()[keep], {k: c[keep] for k, c in x.items()}, subject[keep], visit[keep]
