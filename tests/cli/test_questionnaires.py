"""A double-blind trial with LASA, QLQ-C30 and QLQ-GI.NET21 from answers to report."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.analyze.small_trial import find, value
from tests.derive.made_up import PROTOCOL, sdtm, subject
from tests.derive.made_up_forms import form, qlq_c30, with_forms

from equipoise.analyze import analyze
from equipoise.derive import Derived, derive
from equipoise.protocol import Protocol, data_cut
from equipoise.report import write_report
from equipoise.results import Results
from equipoise.stats import mmrm

DAYS = (-3, 85, 169, 253)
INSTRUMENTS: list[dict[str, Any]] = [
    {"name": "LASA", "label": "Linear analog self-assessment", "scales": ["QOL_SCORE"]},
    {"name": "QLQ-C30", "label": "EORTC QLQ-C30"},
    {"name": "QLQ-GINET21", "label": "EORTC QLQ-GI.NET21", "scoring": "original"},
]
SHARED = {"every_weeks": 12, "until_week": 36, "important_difference": 10, "baseline": "response"}


@cache
def protocol() -> Protocol:
    """The made-up trial, asked as in A021202: baseline as a response with means of its own in each arm."""
    declared = {
        **PROTOCOL,
        "crossover": {"from": "placebo", "to": "drug"},
        "instruments": [SHARED | instrument for instrument in INSTRUMENTS],
        "endpoints": {
            **PROTOCOL["endpoints"],
            "ttd": {"label": "Time to deterioration of quality of life", "kind": "deterioration", "paramcd": "TTDQL",
                    "instrument": "LASA", "scale": "QOL_SCORE"},
            "tudd": {"label": "Time to definitive deterioration", "kind": "deterioration", "paramcd": "TUDD",
                     "instrument": "LASA", "scale": "QOL_SCORE", "deterioration": {"definitive": True}},
        },
        "analyses": {
            name: {"endpoint": name, "population": "itt", "test": {"logrank": {}}, "effect": {"cox": {}}}
            for name in ("ttd", "tudd")
        },
    }  # fmt: skip
    return Protocol.model_validate(declared)


def _answers(rng: np.random.Generator, item: int, shift: float, low: int, high: int) -> int:
    return int(np.clip(round(low + (high - low) * (0.45 + 0.02 * (item % 5)) + shift + rng.normal(0, 0.8)), low, high))


@cache
def derived() -> Derived:
    """Thirty subjects; P01 crosses over on day 100, P02 dies on day 120, D01 stops treatment and goes on answering."""
    rng = np.random.default_rng(11)
    subjects, forms = [], []
    for arm in ("D", "P"):
        for k in range(1, 16):
            name = f"{arm}{k:02d}"
            dose = {"EXTRT": "DRUG" if arm == "D" else "PLACEBO", "EXDOSE": 800.0, "EXSTDTC": 1, "EXENDTC": 260}
            facts: dict[str, Any] = {"ex": [dose]}
            if name == "P01":
                facts["ex"] = [dose | {"EXENDTC": 99}, dose | {"EXTRT": "DRUG", "EXSTDTC": 100}]
            if name == "P02":
                facts["death"] = 120
            if name == "D01":
                facts["ex"] = [dose | {"EXENDTC": 40}]
            subjects.append(subject(name, "DRG" if arm == "D" else "PLA", **facts))
            own = rng.normal(0, 0.6)
            for day in DAYS:
                if (name == "P02" and day > 120) or (day > 0 and rng.random() < 0.15):
                    continue
                shift = own + (0.3 if arm == "D" and day > 0 else 0.0)
                c30 = {f"Q{i}": str(_answers(rng, i, shift, 1, 7 if i > 28 else 4)) for i in range(1, 31)}
                module = {f"Q{i}": str(_answers(rng, i, shift, 1, 4)) for i in range(31, 52)}
                forms += [
                    form(name, day, {"QOL": str(_answers(rng, 0, 2 * own, 0, 10))}, "LASA"),
                    form(name, day, qlq_c30(**c30)),
                    form(name, day, module, "QLQ-GINET21"),
                ]
    return derive(protocol(), with_forms(sdtm(*subjects), forms), cut=data_cut(protocol()))


@cache
def results() -> Results:
    study = derived()
    return analyze(protocol(), study.adam, study.findings, cut_name=study.cut_name, cutoff=study.cutoff)


def test_every_scale_of_the_three_is_analyzed() -> None:
    rows = find(results(), measure="model", statistic="covariance")
    scales = {name: part["variable"].to_list() for (name,), part in
              rows.partition_by("parent_level", as_dict=True, maintain_order=True).items()}  # fmt: skip
    assert list(scales) == ["LASA", "QLQ-C30", "QLQ-GINET21"]
    assert scales["LASA"] == ["QOL_SCORE"]
    assert len(scales["QLQ-C30"]) == 16
    assert scales["QLQ-C30"][0] == "QL"
    assert scales["QLQ-C30"][-1] == "SUMMARY"
    assert scales["QLQ-GINET21"] == ["ED", "GI", "TR", "SF21", "DRW", "WL", "MBP", "INF", "SX"]  # original: no WG


@pytest.mark.parametrize(("instrument", "scale"), [("LASA", "QOL_SCORE"), ("QLQ-C30", "FA"), ("QLQ-GINET21", "SF21")])
def test_the_model_is_that_of_a_formula_on_the_scores(instrument: str, scale: str) -> None:
    own = derived().adam["ADQS"].filter((pl.col("INSTR") == instrument) & (pl.col("SCALE") == scale))
    used = own.filter((pl.col("ANL01FL") == "Y") & pl.col("AVAL").is_not_null())
    arms = derived().adam["ADSL"].select("USUBJID", "ARMID")
    labels = used.sort("AVISITN")["AVISIT"].unique(maintain_order=True).to_list()
    where = {"analysis_id": "patient_reported", "variable": scale, "parent_level": instrument}
    texts = dict(find(results(), **where, measure="model").select("statistic", "text").iter_rows())
    structure = {"unstructured": "us", "heterogeneous Toeplitz": "toeph"}[texts["covariance"]]
    fit = mmrm(
        "AVAL ~ ARMID * AVISIT",
        used.join(arms, on="USUBJID"),
        subject="USUBJID",
        visit="AVISIT",
        arm="ARMID",
        covariance=structure,
        levels={"AVISIT": labels, "ARMID": ["placebo", "drug"]},
    )
    found = fit.differences(by="AVISIT")
    for at, visit in enumerate(labels):
        for name in ("estimate", "std_error", "df", "p_value", "conf_low", "conf_high"):
            seen = value(results(), **where, measure="model_difference", visit=visit, statistic=name)
            assert seen == pytest.approx(getattr(found, name)[at], rel=1e-8, abs=1e-9), (visit, name)


def test_what_follows_crossover_is_left_out_and_what_follows_stop_is_kept() -> None:
    scored = derived().adam["ADQS"].filter((pl.col("SCALE") == "FA") & (pl.col("AVISITN") > 100))
    crossed = scored.filter(pl.col("USUBJID") == "P01")
    assert set(crossed["EXCLRSN"]) <= {"after_crossover"}
    assert crossed["ANL01FL"].null_count() == crossed.height > 0
    assert set(scored.filter(pl.col("USUBJID") == "D01")["ANL01FL"]) == {"Y"}
    sets = dict(zip(results().source_sets["source_set"], results().source_sets["subjects"], strict=True))
    row = find(results(), variable="FA", measure="model_mean", visit="Week 24", group_level="placebo",
               statistic="estimate")  # fmt: skip
    assert "P01" not in sets[row["source_set"][0]]
    gone = find(results(), variable="not_expected_reason", parent_level="QLQ-C30", visit="Week 24",
                group_level="placebo", statistic="n")  # fmt: skip
    counts = dict(gone.select("variable_level", "value").iter_rows())
    assert counts["crossed over"] == 1
    assert counts["died"] == 1


def test_the_report_tells_directions_variant_and_estimand(tmp_path: Path) -> None:
    page = write_report(results(), tmp_path).read_text(encoding="utf-8")
    for words in (
        "Patient-reported outcomes",
        "treatment-related symptoms (TR) have three items, weight gain among them (original form)",
        "Social functioning (SF21) counts problems: higher is worse",
        "Item numbers are not checked against the publisher",
        "Estimand. Difference between the arms in mean change from baseline at each visit.",
        "Death: no score is imputed after it.",
        "Time to definitive deterioration",
    ):
        assert words in page, words
    names = {path.name for path in (tmp_path / "figures").iterdir()}
    for name in ("lasa", "qlq_c30", "qlq_ginet21"):
        assert {f"trajectories_{name}.svg", f"trajectories_{name}.pdf"} <= names
    tables = {path.stem for path in (tmp_path / "tables").iterdir()}
    assert {"pro-qlq-c30-differences", "pro-qlq-c30-compliance", "pro-qlq-c30-models", "pro-lasa-means"} <= tables


# Days of forms and QOL (0 to 10); 10 points of 100 matter. A worsens on day 85 for good, B never, C on day 85 for once
# and from day 253 on for good, D was asked at baseline only.
BY_HAND = {
    "A": {-3: 8, 85: 6, 169: 6},
    "B": {-3: 8, 85: 8, 169: 9},
    "C": {-3: 8, 85: 7, 169: 8, 253: 5},
    "D": {-3: 8},
}


def test_curves_of_deterioration_by_hand() -> None:
    dose = {"EXTRT": "DRUG", "EXDOSE": 800.0, "EXSTDTC": 1, "EXENDTC": 300}
    subjects = [subject(name, "DRG", ex=[dose]) for name in BY_HAND]
    subjects.append(subject("Z", "PLA", ex=[dose | {"EXTRT": "PLACEBO"}]))
    forms = [form(name, day, {"QOL": str(qol)}, "LASA") for name, own in BY_HAND.items() for day, qol in own.items()]
    study = derive(protocol(), with_forms(sdtm(*subjects), forms), cut=data_cut(protocol()))
    found = analyze(protocol(), study.adam, study.findings, cut_name=study.cut_name, cutoff=study.cutoff)

    def steps(analysis: str) -> list[tuple[float, int, int, float]]:
        own = found.curves.filter((pl.col("analysis_id") == analysis) & (pl.col("group_level") == "drug"))
        return own.select("time_days", "n_risk", "n_events", "estimate").rows()

    assert steps("ttd") == [
        (0.0, 4, 0, 1.0),
        (1.0, 4, 0, 1.0),  # D: censored on day 1
        (85.0, 3, 2, pytest.approx(1 / 3)),  # A and C
        (169.0, 1, 0, pytest.approx(1 / 3)),  # B: censored
    ]
    assert steps("tudd") == [
        (0.0, 4, 0, 1.0),
        (1.0, 4, 0, 1.0),
        (85.0, 3, 1, pytest.approx(2 / 3)),  # A
        (169.0, 2, 0, pytest.approx(2 / 3)),  # B: censored
        (253.0, 1, 1, 0.0),  # C
    ]
    assert value(found, analysis_id="ttd", variable="median", group_level="drug", statistic="estimate") == 85.0
