"""Every protocol file of the repository can be analyzed: with no data, and with made-up subjects of its own arms."""

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.analyze.small_trial import find

from equipoise.analyze import analyze
from equipoise.protocol import Protocol, adsl_variables, load_protocol, population_flag
from equipoise.results import STATISTICS, Results, ars_reporting_event

TRIALS = sorted((Path(__file__).resolve().parents[2] / "trials").glob("*/protocol.yaml"))
START = dt.date(2020, 1, 1)


def made_up(protocol: Protocol, n: int = 120) -> dict[str, pl.DataFrame]:
    """ADaM of n made-up subjects, from a fixed seed; a few without treatment, half of the control arm crossing over."""
    rng = np.random.Generator(np.random.Philox(7))
    arms, cohorts = list(protocol.arms), list(protocol.cohorts) or [None]
    adsl, adtte, adae = [], [], []
    for k in range(n):
        arm, cohort = arms[k % len(arms)], cohorts[(k // len(arms)) % len(cohorts)]
        row: dict[str, Any] = {"USUBJID": f"T{k:03d}", "SITEID": str(k % 5), "COHORT": cohort, "ARMID": arm}
        treated = k % 17 != 0
        row |= {"AARMID": arm if treated else None, "RANDFL": "Y", "RANDDT": START + dt.timedelta(days=5 * k)}
        row |= {"TRTSDT": row["RANDDT"] if treated else None, "EOTSTT": "ONGOING" if treated else None}
        crossover = protocol.crossover
        row["CROSSFL"] = "Y" if crossover is not None and arm == crossover.from_arm and k % 2 else "N"
        for w, _ in enumerate(protocol.randomization.strata, start=1):
            row[f"STRAT{w}R"] = row[f"STRAT{w}V"] = ("Y", "N")[int(rng.integers(2))]
        for name, variable in adsl_variables(protocol).items():
            row[variable] = _value(protocol, name, rng)
        for name, population in protocol.populations.items():
            row[population_flag(name)] = "Y" if treated or population.arm == "assigned" else "N"
        adsl.append(row)
        for name, endpoint in protocol.endpoints.items():
            for rule_set in (endpoint.rule_set, *endpoint.sensitivity):
                days = int(rng.exponential(300)) + 1
                adtte.append((row["USUBJID"], name, str(rule_set), days, int(rng.integers(2)) * 6, "Event", "Ongoing"))
        adae.append(
            (row["USUBJID"], "Body", f"Ache {k % 4}", int(rng.integers(1, 6)), 1 + k % 2, "Y" if treated else None)
        )
    times = ["USUBJID", "ENDPT", "RULESET", "AVAL", "CNSR", "EVNTDESC", "CNSREAS"]
    events = ["USUBJID", "AEBODSYS", "AEDECOD", "AGRADEN", "APERIOD", "TRTEMFL"]
    return {
        "ADSL": pl.DataFrame(adsl, infer_schema_length=None),
        "ADTTE": pl.DataFrame(adtte, schema=times, orient="row"),
        "ADAE": pl.DataFrame(adae, schema=events, orient="row"),
    }


def _value(protocol: Protocol, name: str, rng: np.random.Generator) -> Any:
    field = protocol.baseline[name]
    if rng.random() < 0.05:
        return None
    if field.type == "boolean":
        return "Y" if rng.random() < 0.5 else "N"
    if field.type in ("integer", "number"):
        return float(rng.integers(20, 90))
    if field.type == "date":
        return START - dt.timedelta(days=int(rng.integers(30, 900)))
    levels = list(field.level_labels())
    return levels[int(rng.integers(len(levels)))] if levels else "text"


def check(results: Results) -> None:
    """Rows are told apart by their columns and say why a number is missing."""
    keys = [c for c in STATISTICS if c not in ("row_id", "value", "status", "unit", "n", "n_events", "source_set")]
    twice = results.statistics.filter(pl.struct(keys).is_duplicated())
    assert twice.height == 0, twice.select(keys)
    missing = results.statistics.filter(pl.col("value").is_null())
    assert missing.filter(pl.col("text").is_null() & (pl.col("status") != "NR")).height == 0
    assert ars_reporting_event(results)["analyses"]


@pytest.mark.parametrize("path", TRIALS, ids=lambda path: path.parent.name)
def test_made_up_subjects(path: Path) -> None:
    protocol = load_protocol(path)
    results = analyze(protocol, made_up(protocol), [], cut_name="all", cutoff=None)
    check(results)
    timed = [n for n, a in protocol.analyses.items() if protocol.endpoints[a.endpoint].kind == "time_to_event"]
    assert timed
    for name in timed:
        analysis = protocol.analyses[name]
        if analysis.data_cut is not None:
            assert find(results, analysis_id=name)["status"].to_list() == ["not_done"]
            continue
        subjects = find(results, analysis_id=name, variable="subjects", statistic="n", group_level="(all)")
        assert subjects["value"].min() > 0
        used = set(find(results, analysis_id=name, statistic="z")["strata"])
        homes = [factor.sdtm for factor in protocol.strata(analysis.cohort).values()]
        corrected = {"corrected"} if any(homes) else set()
        assert used in (set(), {"none", *(["randomization"] if homes else []), *corrected})


@pytest.mark.parametrize("path", TRIALS, ids=lambda path: path.parent.name)
def test_no_data(path: Path) -> None:
    protocol = load_protocol(path)
    data = {name: frame.clear() for name, frame in made_up(protocol, 5).items()}
    results = analyze(protocol, data, [], cut_name="all", cutoff=None)
    check(results)
    assert results.statistics.filter(pl.col("statistic") == "n")["value"].max() == 0
