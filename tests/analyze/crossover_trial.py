"""Made-up trials with crossover after progression whose truth is known, as ADaM."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from equipoise.analyze import analyze
from equipoise.protocol import Protocol
from equipoise.results import Results

__all__ = ["CUTOFF", "Patients", "adam", "block", "number", "patients", "protocol", "protocol_data", "results_of"]

CUTOFF = dt.date(2021, 6, 30)


@dataclass(frozen=True, kw_only=True)
class Patients:
    """One place a patient; days from randomization, whose day is day 1; nan where there is none."""

    experimental: np.ndarray
    frail: np.ndarray
    limit: np.ndarray
    day: np.ndarray
    died: np.ndarray
    progression: np.ndarray
    """Day of progression, as a study day."""
    switch: np.ndarray
    """Day of the first crossover dose, as a study day."""


def patients(
    n: int = 400, *, psi: float = -0.5, seed: int = 3, switching: float = 0.7, confounded: bool = False
) -> Patients:
    """Exponential survival without treatment; treatment stretches it by exp(-psi), from the start or crossover on.

    Where confounded, the frail die earlier and cross over more seldom.
    """
    rng = np.random.default_rng(seed)
    experimental = np.arange(n) % 2 == 0
    frail = rng.random(n) < 0.4
    untreated = rng.exponential(np.where(frail & confounded, 200.0, 400.0), n)
    factor = np.exp(-psi)
    progression = np.where(experimental, factor, 1.0) * untreated * rng.uniform(0.2, 0.7, n)
    chance = np.where(frail & confounded, 0.15, switching)
    switch = np.where(
        ~experimental & (rng.random(n) < chance), np.floor(progression) + 1.0 + rng.integers(0, 3, n), np.nan
    )
    switch = np.where(switch < untreated, switch, np.nan)
    after = np.where(np.isnan(switch), 0.0, untreated - np.nan_to_num(switch))
    true = np.where(experimental, untreated * factor, untreated + after * (factor - 1.0))
    limit = rng.integers(500, 1500, n).astype(np.float64)
    day = np.minimum(np.floor(true) + 1.0, limit)
    died = np.floor(true) + 1.0 <= limit
    progression = np.floor(progression) + 1.0
    return Patients(
        experimental=experimental,
        frail=frail,
        limit=limit,
        day=day,
        died=died,
        progression=np.where(progression <= day, progression, np.nan),
        switch=np.where(switch + 1.0 <= day, switch + 1.0, np.nan),
    )


def adam(of: Patients) -> dict[str, pl.DataFrame]:
    """ADSL, ADTTE, ADRS and ADTDC of the patients."""
    start = [CUTOFF - dt.timedelta(days=int(limit) - 1) for limit in of.limit]

    def dates(days: np.ndarray) -> pl.Series:
        values = [
            None if np.isnan(day) else first + dt.timedelta(days=int(day) - 1)
            for first, day in zip(start, days, strict=True)
        ]
        return pl.Series(values, dtype=pl.Date)

    names = [f"S{k:04d}" for k in range(of.day.size)]
    strata = ["east" if k % 3 else "west" for k in range(len(names))]
    arms = ["drug" if e else "placebo" for e in of.experimental]
    yes = ["Y"] * len(names)
    crossed = ~np.isnan(of.switch)
    adsl = pl.DataFrame(
        {
            "USUBJID": names, "ARMID": arms, "AARMID": arms, "RANDFL": yes, "ITTFL": yes, "RANDDT": start,
            "TRTSDT": start, "TR02SDT": dates(of.switch), "CROSSFL": ["Y" if c else "N" for c in crossed],
            "FRAIL": ["Y" if f else "N" for f in of.frail], "STRAT1R": strata, "STRAT1V": strata,
        }
    )  # fmt: skip
    shared = {"USUBJID": names, "RULESET": ["P"] * len(names)}
    adtte = pl.DataFrame(
        {
            **shared, "ENDPT": ["os"] * len(names), "AVAL": of.day.astype(int), "CNSR": (~of.died).astype(int),
            "ADT": dates(of.day), "EVNTDESC": ["Death" if d else None for d in of.died],
            "CNSREAS": [None if d else "Alive at the data cut-off" for d in of.died],
        }
    )  # fmt: skip
    adrs = pl.DataFrame(
        {"USUBJID": names, "PARAMCD": "OVRLRESP", "ASSESSOR": "central", "AVALC": "PD", "ADT": dates(of.progression)}
    ).filter(pl.col("ADT").is_not_null())
    ecog = [float(f) for f in of.frail]
    days = [first - dt.timedelta(days=3) for first in start]
    adtdc = pl.DataFrame({"USUBJID": names, "PARAMCD": "ECOG", "ADT": days, "AVAL": ecog})
    return {"ADSL": adsl, "ADTTE": adtte, "ADRS": adrs, "ADTDC": adtdc}


def protocol_data(**adjustment: Any) -> dict[str, Any]:
    """The protocol as a dictionary; keywords change what is asked of survival had nobody crossed over."""
    return {
        "equipoise": 1,
        "trial": {"id": "CROSSED", "title": "A made-up trial", "masking": "double_blind", "synthetic": True},
        "arms": {
            "drug": {"label": "Drug", "role": "experimental", "treatments": ["DRUG"]},
            "placebo": {"label": "Placebo", "role": "control", "treatments": ["PLACEBO"]},
        },
        "baseline": {"frail": {"label": "Frail", "type": "boolean"}, "region": {"levels": ["east", "west"]}},
        "randomization": {
            "ratio": {"drug": 1, "placebo": 1},
            "method": {"permuted_blocks": {"sizes": [4]}},
            "strata": {"region": {"label": "Region", "expression": "region"}},
        },
        "crossover": {"from": "placebo", "to": "drug"},
        "endpoints": {"os": {"label": "Overall survival", "paramcd": "OS", "events": ["death"]}},
        "populations": {"itt": {"label": "All randomized", "members": "randomized"}},
        "analyses": {
            "survival": {
                "endpoint": "os", "population": "itt", "role": "primary",
                "test": {"logrank": {}}, "effect": {"cox": {}}, "crossover_adjustment": adjustment,
            }
        },
        "data_cuts": {"final": {"cutoff": CUTOFF, "default": True}},
    }  # fmt: skip


def protocol(**adjustment: Any) -> Protocol:
    """The protocol with what is asked of survival had nobody crossed over."""
    return Protocol.model_validate(protocol_data(**adjustment))


def results_of(
    data: Mapping[str, pl.DataFrame], declared: Protocol | None = None, cutoff: dt.date | None = CUTOFF
) -> Results:
    """Analyze the trial."""
    return analyze(declared or protocol(), data, [], cut_name="final", cutoff=cutoff)


def block(results: Results, **where: Any) -> pl.DataFrame:
    """Rows of survival had nobody crossed over with these values."""
    conditions = [pl.col(k).is_null() if v is None else pl.col(k) == v for k, v in where.items()]
    return results.statistics.filter(pl.col("analysis_id") == "survival_without_crossover", *conditions)


def number(results: Results, variable: str, measure: str | None = "hazard_ratio", **where: Any) -> float:
    """The one number with these columns: the estimate unless another statistic is named."""
    rows = block(results, **{"variable": variable, "measure": measure, "statistic": "estimate", **where})
    assert rows.height == 1, rows
    found = rows["value"][0]
    assert found is not None, rows
    return float(found)
