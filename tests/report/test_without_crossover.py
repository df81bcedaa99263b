"""Survival had nobody crossed over from SDTM to the page: the same numbers in results, table, figure and sentence."""

import datetime as dt
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.analyze.crossover_trial import adam, patients, protocol_data, results_of
from tests.analyze.crossover_trial import protocol as adam_protocol
from tests.derive.made_up import DAY_1, protocol, sdtm, subject

from equipoise.analyze import analyze
from equipoise.derive import Derived, derive
from equipoise.protocol import DataCut, Protocol
from equipoise.report import write_report
from equipoise.report.figures import crossover_figure, figures
from equipoise.results import Results

CUTOFF = DAY_1 + dt.timedelta(days=1199)
ECOG = {"ecog": {"label": "ECOG performance status", "sdtm": {"domain": "LB", "testcd": "ECOG"}}}


def declared(**adjustment: Any) -> Protocol:
    """The made-up protocol with crossover and an analysis of survival."""
    asked = {"covariates": ["sex"], "time_varying": ECOG, **adjustment}
    survival = {
        "endpoint": "os", "population": "itt", "role": "primary", "test": {"logrank": {}}, "effect": {"cox": {}},
        "crossover_adjustment": asked,
    }  # fmt: skip
    return protocol(crossover={"from": "placebo", "to": "drug"}, analyses={"survival": survival})


def people(n: int = 160) -> list[dict[str, list[dict[str, Any]]]]:
    """Patients of a trial in which treatment stretches survival by 1.8 and two thirds cross over after progression."""
    rng = np.random.default_rng(11)
    made = []
    for k in range(n):
        drug = k % 2 == 0
        untreated = rng.exponential(300.0) + 20.0
        progression = 1 + int((1.8 if drug else 1.0) * untreated * rng.uniform(0.3, 0.7))
        switch = progression + int(rng.integers(1, 8)) if not drug and rng.random() < 0.66 else None
        switch = switch if switch is not None and switch < untreated else None
        after = 0.0 if switch is None else untreated - switch
        death = 1 + int(untreated * 1.8 if drug else untreated + 0.8 * after)
        last = min(death, 1200)
        own = "DRUG" if drug else "PLACEBO"
        doses = [{"EXTRT": own, "EXDOSE": 800.0, "EXSTDTC": 1, "EXENDTC": min(progression, last)}]
        if switch is not None and switch <= last:
            doses.append({"EXTRT": "DRUG", "EXDOSE": 800.0, "EXSTDTC": switch, "EXENDTC": last})
        ecog = [
            {"LBTESTCD": "ECOG", "LBTEST": "ECOG", "LBDTC": day, "LBSTRESN": float(rng.integers(0, 3))}
            for day in (-3, 30, progression)
            if day <= last
        ]
        made.append(
            subject(
                f"P{k:03d}", "DRG" if drug else "PLA", dm={"SEX": "F" if k % 3 else "M"}, ex=doses, lb=ecog,
                ok=[day for day in (84, 168) if day < min(progression, last)],
                pd=[progression] if progression <= last else [], death=death if death <= 1200 else None,
                ds=[{"DSCAT": "OTHER EVENT", "DSDECOD": "LAST CONTACT", "DSSTDTC": last}],
            )
        )  # fmt: skip
    return made


@pytest.fixture(scope="module")
def derived() -> Derived:
    return derive(declared(), sdtm(*people()), cut=("final", DataCut(cutoff=CUTOFF)))


@pytest.fixture(scope="module")
def results(derived: Derived) -> Results:
    return analyze(declared(), derived.adam, derived.findings, cut_name="final", cutoff=derived.cutoff)


@pytest.fixture(scope="module")
def page(results: Results, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(results, tmp_path_factory.mktemp("report") / "report")


def test_dated_measurements_are_derived(derived: Derived) -> None:
    table = derived.adam["ADTDC"]
    assert table.columns == ["STUDYID", "USUBJID", "PARAMCD", "PARAM", "ADT", "ADY", "AVAL"]
    assert set(table["PARAMCD"]) == {"ECOG"}
    first = table.filter(pl.col("USUBJID") == "P001").to_dicts()[0]
    assert (first["ADT"], first["ADY"], first["PARAM"]) == (DAY_1 - dt.timedelta(days=4), -4, "ECOG performance status")
    assert table.select("USUBJID", "PARAMCD", "ADT").is_duplicated().sum() == 0


def test_measurements_without_date_or_number_are_left_out_and_the_last_of_a_day_counts() -> None:
    records: list[dict[str, Any]] = [
        {"LBTESTCD": "ECOG", "LBDTC": day, "LBSTRESN": value}
        for day, value in ((5, 1.0), (5, 2.0), ("2020-02", 1.0), (9, None), (None, 1.0))
    ]
    cut = ("final", DataCut(cutoff=CUTOFF))
    data = sdtm(subject("ONE", lb=records), subject("TWO", None, lb=records))
    table = derive(declared(), data, cut=cut).adam["ADTDC"]
    assert table.select("USUBJID", "ADY", "AVAL").rows() == [("ONE", 5, 2.0)]
    without = derive(declared(time_varying={}), data, cut=cut).adam
    assert "ADTDC" not in without


def test_from_sdtm_every_method_leans_away_from_intention_to_treat(results: Results) -> None:
    rows = results.statistics.filter(
        pl.col("analysis_id") == "survival_without_crossover",
        pl.col("measure") == "hazard_ratio",
        pl.col("statistic") == "estimate",
    )
    assert set(rows["status"]) == {"ok"}
    found = {(r["variable"], r["variable_level"], r["parent_level"]): r["value"] for r in rows.to_dicts()}
    itt = found.pop(("intention_to_treat", None, None))
    for (name, level, effect), value in found.items():
        if name not in ("censored_at_switch", "without_switchers"):
            assert value < itt, (name, level, effect)
            assert abs(math.log(value * 1.8)) < 0.45, (name, level, effect)
    switched = results.statistics.filter(pl.col("variable") == "switched", pl.col("statistic") == "n")
    crossed = results.statistics.filter(
        pl.col("analysis_id") == "flow", pl.col("variable") == "crossed_over", pl.col("group_level") == "placebo"
    )
    assert switched["value"][0] == crossed["value"][0] > 30


def test_the_table_shows_the_rows_and_their_assumptions(page: Path, results: Results) -> None:
    text = page.read_text(encoding="utf-8")
    assert 'id="without-crossover"' in text
    table = text[text.index('<table id="survival-without-crossover"') :]
    table = re.sub(r"<[^>]+>", " ", table[: table.index("</table>")])
    table = re.sub(r"\s+", " ", table)
    for words in (
        "Intention to treat (primary)",
        "For contrast only",
        "RPSFTM",
        "IPCW",
        "effect after crossover × 0.5",
    ):
        assert words in table
    rows = results.statistics.filter(pl.col("analysis_id") == "survival_without_crossover")
    for assumption in set(rows.filter(pl.col("measure") == "assumption")["text"]):
        assert assumption in table
    ratio = rows.filter(pl.col("variable") == "ipcw", pl.col("statistic") == "estimate")["value"][0]
    assert f"{ratio:.2f}" in table
    section = text[text.index('id="without-crossover"') :]
    for words in (
        "treatment policy",
        "hypothetical strategy",
        "References: Robins and Tsiatis",
        "counterfactual curve",
    ):
        assert words in section
    assert (page.parent / "tables" / "survival-without-crossover.rtf").is_file()


def test_the_figure_shows_the_control_arm_twice(results: Results) -> None:
    figure = crossover_figure(results, "survival")
    assert figure is not None
    assert set(figure.geometry["curves"]) == {"drug", "placebo", "placebo had nobody crossed over"}
    for words in ("Placebo, as observed", "Placebo, had nobody crossed over", "Structural failure time model"):
        assert words in figure.caption + figure.summary
    assert "Recensoring ends the counterfactual curve earlier" in figure.caption
    observed, other = (figure.geometry["curves"][k]["points"] for k in ("placebo", "placebo had nobody crossed over"))
    assert other[-1][0] < observed[-1][0]
    assert "crossover_survival" in figures(results)


def test_the_same_results_give_the_same_bytes(results: Results, page: Path, tmp_path: Path) -> None:
    again = write_report(results, tmp_path / "report")
    for name in ("index.html", "figures/crossover_survival.svg", "tables/survival-without-crossover.rtf"):
        assert (again.parent / name).read_bytes() == (page.parent / name).read_bytes(), name


def test_a_trial_without_crossover_says_why(tmp_path: Path) -> None:
    nobody = results_of(adam(patients(80, switching=0.0)), adam_protocol(methods=["rpsftm"]))
    text = write_report(nobody, tmp_path / "report").read_text(encoding="utf-8")
    assert text.count("Not done: nobody in arm placebo crossed over") >= 8
    assert "crossover_survival" not in figures(nobody)


def test_a_trial_that_does_not_ask_has_no_section(tmp_path: Path) -> None:
    data = protocol_data()
    del data["analyses"]["survival"]["crossover_adjustment"]
    plain = results_of(adam(patients(80)), Protocol.model_validate(data))
    assert 'id="without-crossover"' not in write_report(plain, tmp_path / "report").read_text(encoding="utf-8")


def test_data_of_an_older_derivation_are_told_in_the_section(tmp_path: Path) -> None:
    data = adam(patients(80))
    data["ADSL"] = data["ADSL"].drop("TR02SDT")
    text = write_report(results_of(data), tmp_path / "report").read_text(encoding="utf-8")
    assert "Not done: ADSL does not hold RANDDT and TR02SDT" in text
