"""Numbers as printed: counts that give the published P values, and a data set made to fit the published margins."""

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.analyze.small_trial import find, value

from equipoise.analyze import analyze
from equipoise.protocol import Protocol
from equipoise.results import Results

MONTH = 30.4375
RANDOMIZED = {"pazopanib": 97, "placebo": 74}
TREATED = {"pazopanib": 89, "placebo": 72}
#   term -> grade, subjects with it under pazopanib and under placebo
EVENTS = {
    "Hypertension": (3, 32, 6),
    "Hepatic enzyme increased": (3, 11, 1),
    "Fatal event": (5, 7, 0),
}


def trial() -> Protocol:
    """Pazopanib against placebo, central progression-free survival and survival, one-sided tests."""
    models = {"test": {"logrank": {}}, "effect": {"cox": {}}, "sided": 1, "alpha": 0.10}
    return Protocol.model_validate(
        {
            "equipoise": 1,
            "trial": {"id": "A021202", "title": "Pazopanib or placebo", "masking": "double_blind", "synthetic": True},
            "arms": {
                "pazopanib": {"label": "Pazopanib", "role": "experimental"},
                "placebo": {"label": "Placebo", "role": "control"},
            },
            "randomization": {
                "ratio": {"pazopanib": 1, "placebo": 1},
                "method": {"permuted_blocks": {"sizes": [4]}},
            },
            "endpoints": {
                "pfs": {"label": "PFS", "paramcd": "PFS", "events": ["central_progression"], "landmarks_months": [12]},
                "os": {"label": "OS", "paramcd": "OS", "events": ["death"], "landmarks_months": [12, 24]},
            },
            "populations": {
                "itt": {"label": "Intention to treat", "members": "randomized"},
                "safety": {"label": "Safety", "members": "randomized and treated", "arm": "received"},
            },
            "analyses": {
                "primary": {"endpoint": "pfs", "population": "itt", "role": "primary", **models},
                "survival": {"endpoint": "os", "population": "itt", **models},
            },
        }
    )


def subjects() -> pl.DataFrame:
    """All randomized, the last of each arm untreated."""
    rows = []
    for arm, n in RANDOMIZED.items():
        for k in range(n):
            treated = k < TREATED[arm]
            row = {"USUBJID": f"{arm}-{k:03d}", "ARMID": arm, "AARMID": arm if treated else None, "RANDFL": "Y"}
            day = dt.date(2014, 1, 1)
            rows.append({**row, "ITTFL": "Y", "SAFFL": "Y" if treated else "N", "TRTSDT": day if treated else None})
    return pl.DataFrame(rows)


def run(**frames: pl.DataFrame) -> Results:
    return analyze(trial(), {"ADSL": subjects(), **frames}, [], cut_name="all", cutoff=None)


@pytest.mark.evidence(method="analyze", kind="published", source="Bergsland 2025, counts inferred from percentages")
def test_adverse_events_give_the_published_p_values() -> None:
    rows = [
        {"USUBJID": f"{arm}-{k:03d}", "AEBODSYS": term, "AEDECOD": term, "AGRADEN": grade, "APERIOD": 1, "TRTEMFL": "Y"}
        for term, (grade, *counts) in EVENTS.items()
        for arm, n in zip(TREATED, counts, strict=True)
        for k in range(n)
    ]
    results = run(ADAE=pl.DataFrame(rows))
    overview = {"analysis_id": "safety_overview", "variable": "grade5"}
    assert round(value(results, measure="fisher", **overview), 3) == 0.017  # P = .017 as printed
    assert round(value(results, group_level="pazopanib", statistic="percent", **overview)) == 8
    table = find(results, analysis_id="safety_terms", variable="grade3", statistic="percent")
    printed = {(row["variable_level"], row["group_level"]): round(row["value"]) for row in table.iter_rows(named=True)}
    assert printed["Hypertension", "pazopanib"] == 36
    assert printed["Hypertension", "placebo"] == 8
    assert printed["Hepatic enzyme increased", "pazopanib"] == 12
    assert printed["Hepatic enzyme increased", "placebo"] == 1
    assert find(results, analysis_id="safety_overview", variable="any", statistic="n")["n"].to_list() == [89, 72]


def twin(folder: Path) -> pl.DataFrame:
    """Times of the fitted data set in whole days."""
    table = pl.read_csv(folder / "twin-a021202.csv")
    arm = table.with_columns(ARMID=pl.when(pl.col("arm") == 1).then(pl.lit("pazopanib")).otherwise(pl.lit("placebo")))
    place = pl.int_range(pl.len()).over("ARMID").cast(pl.String).str.zfill(3)
    frame = arm.with_columns(USUBJID=pl.col("ARMID") + "-" + place)
    parts = [
        frame.select(
            "USUBJID",
            ENDPT=pl.lit(name),
            RULESET=pl.lit("P"),
            AVAL=(pl.col(time) * MONTH).round().cast(pl.Int64),
            CNSR=1 - pl.col(event).cast(pl.Int64),
        )
        for name, time, event in (("pfs", "pfs", "pfs_ev"), ("os", "os", "os_ev"))
    ]
    return pl.concat(parts)


@pytest.mark.evidence(method="analyze", kind="published", source="Bergsland 2025 margins, fitted data")
def test_a_data_set_fitted_to_the_published_margins(reference: Path) -> None:
    results = run(ADTTE=twin(reference))

    def months(**where: Any) -> float:
        return round(value(results, **where) / MONTH, 1)

    pfs = {"analysis_id": "primary", "variable": "median"}
    names = ("estimate", "conf_low", "conf_high")
    assert [months(group_level="pazopanib", statistic=s, **pfs) for s in names] == [11.8, 9.8, 14.6]
    assert [months(group_level="placebo", statistic=s, **pfs) for s in names] == [7.6, 5.7, 9.1]
    events = find(results, analysis_id="primary", variable="events", statistic="n")
    assert events["value"].to_list() == [56, 56, 112]
    ratio = {"analysis_id": "primary", "variable": "hazard_ratio"}
    assert [round(value(results, statistic=s, **ratio), 2) for s in names] == [0.54, 0.37, 0.79]
    assert value(results, analysis_id="primary", statistic="p_one_sided") < 0.001
    rates = {"analysis_id": "survival", "variable": "survival", "statistic": "estimate"}
    printed = {("pazopanib", 12): 79.3, ("pazopanib", 24): 64.4, ("placebo", 12): 88.1, ("placebo", 24): 66.3}
    for (arm, month), percent in printed.items():
        assert round(100 * value(results, group_level=arm, time_days=month * MONTH, **rates), 1) == percent
    ratio = {"analysis_id": "survival", "variable": "hazard_ratio"}
    # published 1.11 (0.73 to 1.69); R 4.2.2, survival 3.5-3 on the same whole days
    found = [value(results, statistic=s, **ratio) for s in names]
    assert found == pytest.approx([1.1065975, 0.72685777, 1.6847286], rel=1e-6)
    # the published one-sided P = .32 is the tail toward harm; the tail of the alternative is above one half
    assert round(value(results, analysis_id="survival", statistic="p_opposite"), 2) == 0.32
    assert value(results, analysis_id="survival", statistic="p_one_sided") > 0.5
    follow_up = {"analysis_id": "follow_up", "endpoint": "os", "group_level": "(all)"}
    assert [round(value(results, statistic=s, **follow_up) / MONTH) for s in names] == [61, 60, 63]
