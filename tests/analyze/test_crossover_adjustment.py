"""Survival had nobody crossed over: known truths, published numbers, and data that allow no estimate."""

import datetime as dt
import math
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.analyze.crossover_trial import adam, block, number, patients, protocol, protocol_data, results_of

from equipoise.analyze import analyze
from equipoise.protocol import Protocol
from equipoise.results import Results, write_results
from equipoise.stats import rpsftm

ECOG = {"ecog": {"label": "ECOG", "sdtm": {"domain": "QS", "testcd": "ECOG101"}}}
ALL = ("rpsftm", "ipcw", "two_stage", "two_stage_g")
IMMDEF_PSI = -0.181177943578843
"""Exact jump of the log-rank estimating function on immdef, by bisection; rpsftm 1.2.9 stops at -0.18132."""


@pytest.fixture(scope="module")
def confounded() -> Results:
    """The frail die early and cross over seldom; frailty is a covariate and a measurement."""
    data = adam(patients(500, psi=-0.5, seed=4, confounded=True))
    return results_of(data, protocol(covariates=["frail"], time_varying=ECOG))


@pytest.fixture(scope="module")
def truth() -> float:
    """Hazard ratio of the same patients had nobody crossed over."""
    without = patients(500, psi=-0.5, seed=4, confounded=True, switching=0.0)
    return number(results_of(adam(without), protocol(methods=["rpsftm"])), "intention_to_treat")


@pytest.mark.parametrize("name", ALL)
def test_every_method_finds_the_hazard_ratio_had_nobody_crossed_over(
    confounded: Results, truth: float, name: str
) -> None:
    rows = block(confounded, variable=name, measure="hazard_ratio", statistic="estimate")
    rows = rows.filter(pl.col("parent_level").is_null() | (pl.col("parent_level") == "1"))
    assert rows.height == (1 if name == "ipcw" else 2)
    itt = number(confounded, "intention_to_treat")
    for found in rows["value"]:
        assert abs(math.log(found / truth)) < 0.14
        assert abs(math.log(found / truth)) < abs(math.log(itt / truth))


def test_the_block_begins_with_intention_to_treat_as_the_main_analysis_has_it(confounded: Results) -> None:
    rows = block(confounded).filter(pl.col("measure") == "hazard_ratio")
    order = list(dict.fromkeys(rows["variable"]))
    assert order == ["intention_to_treat", "censored_at_switch", "without_switchers", *ALL]
    main = confounded.statistics.filter(pl.col("analysis_id") == "survival", pl.col("strata") == "none")
    for measure, statistic in (("hazard_ratio", "estimate"), ("hazard_ratio", "conf_low"), ("logrank", "p_value")):
        own = main.filter(pl.col("measure") == measure, pl.col("statistic") == statistic)["value"][0]
        assert number(confounded, "intention_to_treat", statistic=statistic) == own


def test_the_structural_model_keeps_the_p_value_and_lists_its_variants(confounded: Results) -> None:
    rows = block(confounded, variable="rpsftm", measure="hazard_ratio")
    variants = rows.select("variable_level", "parent_level").unique(maintain_order=True).rows()
    levels = [(level, effect) for effect in ("1", "0.75", "0.5") for level in ("recensored", "not_recensored")]
    assert variants == levels
    p = set(rows.filter(pl.col("statistic") == "p_value")["value"])
    itt = number(confounded, "intention_to_treat", statistic="p_value")
    assert len(p) == 1
    assert p.copy().pop() == pytest.approx(itt, rel=1e-12)
    for level, effect in levels:
        low, high = (
            number(confounded, "rpsftm", variable_level=level, parent_level=effect, statistic=s)
            for s in ("conf_low", "conf_high")
        )
        assert (low < 1 < high) == (p.copy().pop() > 0.05)


def test_factors_on_time_events_left_weights_and_assumptions_are_written(confounded: Results) -> None:
    psi = {
        name: number(confounded, name, "log_time_factor", variable_level="recensored", parent_level=effect)
        for name, effect in (("rpsftm", "1"), ("two_stage", None), ("two_stage_g", None))
    }
    assert all(abs(value + 0.5) < 0.2 for value in psi.values())
    observed = [
        row["value"] for row in block(confounded, variable="intention_to_treat", measure="events_left").to_dicts()
    ]
    left = block(confounded, variable="rpsftm", measure="events_left", variable_level="recensored", parent_level="1")
    by_arm = dict(zip(left["group_level"], left["value"], strict=True))
    assert by_arm["drug"] == observed[0]
    assert by_arm["placebo"] < observed[1]
    weights = {r["statistic"]: r["value"] for r in block(confounded, variable="ipcw", measure="weight").to_dicts()}
    assert weights["min"] == pytest.approx(1.0)
    assert 1.0 < weights["mean"] < weights["max"] < 10.0
    said = block(confounded, measure="assumption")
    assert said.height == 3 + 6 + 1 + 2 + 2
    assert all(len(text) > 40 for text in said["text"])
    assert "For contrast only" in said.filter(pl.col("variable") == "without_switchers")["text"][0]


def test_who_crossed_over_when_and_with_which_covariates(confounded: Results) -> None:
    of = patients(500, psi=-0.5, seed=4, confounded=True)
    crossed, progressed = ~np.isnan(of.switch), ~of.experimental & ~np.isnan(of.progression)
    for variable, n, of_n in (
        ("switched", crossed.sum(), 250),
        ("progressed", progressed.sum(), 250),
        ("switched_of_progressed", crossed.sum(), progressed.sum()),
        ("switched_without_progression", 0, crossed.sum()),
    ):
        row = block(confounded, variable=variable, statistic="n").to_dicts()[0]
        assert (row["value"], row["n"], row["group_level"]) == (n, of_n, "placebo")
    median = block(confounded, variable="days_progression_to_switch", statistic="median")["value"][0]
    assert median == np.median((of.switch - of.progression)[crossed])
    words = {row["variable"]: row["text"] for row in block(confounded, statistic="names").to_dicts()}
    assert words == {
        "covariates_at_randomization": "Region, Frail",
        "covariates_after_randomization": "days to progression, ECOG",
        "covariates_absent": "none",
    }


def test_curves_of_the_control_arm_had_nobody_crossed_over(confounded: Results) -> None:
    curves = confounded.curves.filter(pl.col("analysis_id") == "survival_without_crossover")
    names = curves.filter(pl.col("group_level") == "placebo")["curve"].unique(maintain_order=True).to_list()
    assert names == [
        *("as_observed", "rpsftm_recensored", "rpsftm"),
        *("two_stage_recensored", "two_stage", "two_stage_g_recensored", "two_stage_g"),
    ]
    last = {
        name: curves.filter(pl.col("curve") == name, pl.col("group_level") == "placebo")["time_days"].max()
        for name in names
    }
    assert last["rpsftm_recensored"] < last["rpsftm"]
    at = {
        name: curves.filter(pl.col("curve") == name, pl.col("time_days") >= 400, pl.col("group_level") == "placebo")[
            "estimate"
        ][0]
        for name in names
    }
    assert at["rpsftm"] < at["as_observed"]


def immdef(folder: Path) -> tuple[pl.DataFrame, pl.DataFrame, Protocol, dt.date]:
    """The published simulation as ADaM: a day is a millionth of a year, so that hardly any digit is lost."""
    table = pl.read_csv(folder / "crossover" / "immdef.csv")
    cutoff = dt.date(9999, 12, 31)
    limit, time, switch = ((table[name] * 1e6).round().cast(pl.Int32) for name in ("censyrs", "progyrs", "xoyrs"))
    start = pl.Series([cutoff] * table.height).to_physical() - limit
    crossed = (table["xo"] == 1) & (table["imm"] == 0)
    dates = pl.DataFrame({"start": start, "switch": switch, "crossed": crossed}).select(
        pl.col("start").cast(pl.Date), TR02SDT=pl.when("crossed").then(pl.col("start") + pl.col("switch")).cast(pl.Date)
    )
    names = [f"P{k:04d}" for k in table["id"]]
    arm = ["immediate" if value else "deferred" for value in table["imm"]]
    flags = dict.fromkeys(("RANDFL", "ITTFL"), ["Y"] * len(names))
    adsl = pl.DataFrame(
        {"USUBJID": names, "ARMID": arm, "AARMID": arm, **flags, "RANDDT": dates["start"], "TR02SDT": dates["TR02SDT"]}
    )
    adtte = pl.DataFrame(
        {"USUBJID": names, "ENDPT": "os", "RULESET": "P", "AVAL": time, "CNSR": 1 - table["prog"], "EVNTDESC": "Death"}
    )
    data = protocol_data(methods=["rpsftm"])
    data["arms"] = {
        "immediate": {"label": "Immediate", "role": "experimental"},
        "deferred": {"label": "Deferred", "role": "control"},
    }
    data["randomization"] = {
        "ratio": {"immediate": 1, "deferred": 1},
        "method": {"permuted_blocks": {"sizes": [4]}},
    }
    data["crossover"] = {"from": "deferred", "to": "immediate"}
    data["endpoints"]["os"]["day_count"] = "exclusive"
    return adsl, adtte, Protocol.model_validate(data), cutoff


def test_the_published_simulation_through_the_analysis(reference: Path) -> None:
    adsl, adtte, declared, cutoff = immdef(reference)
    results = analyze(declared, {"ADSL": adsl, "ADTTE": adtte}, [], cut_name="final", cutoff=cutoff)
    recensored = {"variable_level": "recensored", "parent_level": "1"}
    found = number(results, "rpsftm", "log_time_factor", **recensored)
    assert found == pytest.approx(IMMDEF_PSI, abs=3e-7)
    # log hazard ratio .80482 and -.1200, -.4412 of the contrasts: survival 3.8 (R), METHOD of the reference data
    assert number(results, "intention_to_treat") == pytest.approx(0.80482, abs=5e-6)
    assert math.log(number(results, "censored_at_switch")) == pytest.approx(-0.1200, abs=5e-5)
    assert math.log(number(results, "without_switchers")) == pytest.approx(-0.4412, abs=6e-5)
    days = adsl.join(adtte, on="USUBJID", maintain_order="left")
    limit = (pl.Series([cutoff]).to_physical()[0] - days["RANDDT"].to_physical()).to_numpy()
    switch = (days["TR02SDT"].to_physical() - days["RANDDT"].to_physical()).cast(pl.Float64).fill_null(math.nan)
    direct = rpsftm(
        days["AVAL"].to_numpy(), (days["CNSR"] == 0).to_numpy(), days["ARMID"].to_numpy(),
        reference="deferred", switch_time=switch.to_numpy(), censor_time=limit,
    )  # fmt: skip
    assert found == direct.psi
    assert number(results, "rpsftm", **recensored) == direct.hazard_ratio
    for statistic in ("conf_low", "conf_high"):
        assert number(results, "rpsftm", "log_time_factor", statistic=statistic, **recensored) == getattr(
            direct, statistic
        )
        own = number(results, "rpsftm", statistic=statistic, **recensored)
        assert own == getattr(direct, f"hazard_ratio_{statistic.removeprefix('conf_')}")


@pytest.mark.parametrize("test_strata", ["none", "randomization"])
def test_strata_of_the_declared_effect_are_used(test_strata: str) -> None:
    data = protocol_data(methods=["rpsftm"], effect_after_switch=[1])
    data["analyses"]["survival"] |= {
        "test": {"logrank": {"strata": test_strata}},
        "effect": {"cox": {"strata": test_strata}},
    }
    results = results_of(adam(patients(200)), Protocol.model_validate(data))
    itt = block(results, variable="intention_to_treat", measure="hazard_ratio", statistic="estimate").to_dicts()[0]
    assert itt["strata"] == test_strata
    declared = results.statistics.filter(
        pl.col("analysis_id") == "survival", pl.col("declared"), pl.col("measure") == "hazard_ratio"
    )
    assert itt["value"] == declared.filter(pl.col("statistic") == "estimate")["value"][0]


def test_bootstrap_goes_through_the_whole_procedure_and_can_be_repeated() -> None:
    data = adam(patients(120))
    asked = {"methods": ["rpsftm", "two_stage"], "recensor": [True], "effect_after_switch": [1], "bootstrap": 50}
    first, again, other = (results_of(data, protocol(**asked, seed=seed)) for seed in (5, 5, 6))
    limits = [number(r, "rpsftm", statistic="conf_low", variable_level="recensored") for r in (first, again, other)]
    assert limits[0] == limits[1] != limits[2]
    said = block(first, variable="rpsftm", measure="hazard_ratio", statistic="estimate")["text"][0]
    assert "bootstrap percentiles" in said
    assert block(first, variable="bootstrap")["text"][0] == "50 samples, seed 5"


def test_the_same_data_give_the_same_bytes_whatever_their_order(tmp_path: Path) -> None:
    data = adam(patients(150))
    shuffled = {name: frame.sample(fraction=1.0, shuffle=True, seed=1) for name, frame in data.items()}
    asked = protocol(covariates=["frail"], time_varying=ECOG)
    for name, frames in (("first", data), ("second", shuffled)):
        write_results(results_of(frames, asked), tmp_path / name)
    for file in sorted(path.name for path in (tmp_path / "first").iterdir()):
        assert (tmp_path / "first" / file).read_bytes() == (tmp_path / "second" / file).read_bytes(), file


def test_a_later_start_of_a_weaker_effect_is_a_sensitivity_analysis() -> None:
    of = patients(400, psi=-0.6, seed=8)
    results = results_of(adam(of), protocol(methods=["rpsftm"], recensor=[False], effect_after_switch=[1, 0.5]))
    full, half = (number(results, "rpsftm", parent_level=k) for k in ("1", "0.5"))
    assert full < half < number(results, "intention_to_treat") < 1
