"""Operating characteristics of rehearsed trials, each with its Monte Carlo error."""

import math
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from equipoise.rehearsal.characteristics.run import Rehearsed
from equipoise.rehearsal.characteristics.scenarios import SCENARIOS
from equipoise.stats import binomial_ci

__all__ = ["summarize"]

Floats = NDArray[np.float64]
_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def summarize(rehearsed: Rehearsed, alpha: float) -> dict[str, Any]:
    """Summarize rehearsed trials as plain values.

    Parameters
    ----------
    rehearsed
        Rows of the scenarios.
    alpha
        One-sided level of the primary test.

    Returns
    -------
    dict
        ``alpha`` and ``scenarios``: of each its label, number of trials, ``rejected`` and ``rejected_local`` (share,
        standard error, exact 95% limits), distributions of what a trial shows, hazard ratios (geometric mean over
        trials, standard error of its log), ``local_bias`` (ratio of the local to the central hazard ratio) and
        ``against_declared`` (ratio of its hazard ratios to those of the same patients in the scenario as declared).
    """
    scenarios = {}
    declared = rehearsed.rows.get("declared")
    for name, rows in rehearsed.rows.items():
        central, local = _numbers(rows, "log_ratio"), _numbers(rows, "log_ratio_local")
        scenarios[name] = {
            "label": SCENARIOS[name][0],
            "trials": rows.height,
            "rejected": _share(rows["p_one_sided"], alpha),
            "rejected_local": _share(rows["p_one_sided_local"], alpha),
            "hazard_ratio": _ratio(central),
            "hazard_ratio_local": _ratio(local),
            "hazard_ratio_survival": _ratio(_numbers(rows, "log_ratio_survival")),
            "local_bias": _ratio(local - central),
            "against_declared": {} if declared is None or name == "declared" else _against(rows, declared),
            "beyond_ratio": _distribution(rows["beyond_ratio"]),
            "beyond_ratio_level": _distribution(rows["beyond_ratio_level"]),
            "events": _distribution(rows["events"]),
            "deaths": _distribution(rows["deaths"]),
            "adjudicated_percent": _distribution(100.0 * rows["adjudicated"] / rows["n"]),
            "crossed_percent": _distribution(100.0 * rows["control_crossed"] / (rows["n"] - rows["n_experimental"])),
            "turnaround_days": _distribution(rows["turnaround_median"]),
            "confirmation_days": _distribution(rows["confirmation_days"]),
            "cumulative": {
                "hazard_ratio": _cumulative(np.exp(central)),
                "hazard_ratio_local": _cumulative(np.exp(local)),
                "hazard_ratio_survival": _cumulative(np.exp(_numbers(rows, "log_ratio_survival"))),
                "beyond_ratio": _cumulative(_numbers(rows, "beyond_ratio")),
                "beyond_ratio_level": _cumulative(_numbers(rows, "beyond_ratio_level")),
            },
        }
    return {"alpha": alpha, "scenarios": scenarios}


def _share(p_values: pl.Series, alpha: float) -> dict[str, float | int | None]:
    """Share of the trials with a test in which it rejects."""
    known = p_values.drop_nulls().to_numpy()
    if known.size == 0:
        return {"n": 0, "share": None, "std_error": None, "conf_low": None, "conf_high": None}
    count = int(np.count_nonzero(known < alpha))
    share, limits = count / known.size, binomial_ci(count, known.size)
    error = math.sqrt(share * (1 - share) / known.size)
    return {
        "n": int(known.size),
        "share": share,
        "std_error": error,
        "conf_low": float(limits.conf_low),
        "conf_high": float(limits.conf_high),
    }


def _against(rows: pl.DataFrame, declared: pl.DataFrame) -> dict[str, Any]:
    """Ratios of hazard ratios, trial by trial: equal numbers are the same patients."""
    both = rows.join(declared, on="TRIAL", suffix="_declared", maintain_order="left")
    names = {"hazard_ratio": "log_ratio", "hazard_ratio_survival": "log_ratio_survival"}
    return {key: _ratio(_numbers(both, name) - _numbers(both, f"{name}_declared")) for key, name in names.items()}


def _numbers(rows: pl.DataFrame, name: str) -> Floats:
    found: Floats = rows[name].cast(pl.Float64).fill_null(math.nan).to_numpy()
    return found


def _ratio(logs: Floats) -> dict[str, float | int | None]:
    known = logs[np.isfinite(logs)]
    if known.size == 0:
        return {"n": 0, "estimate": None, "std_error": None}
    error = float(np.std(known, ddof=1) / math.sqrt(known.size)) if known.size > 1 else None
    return {"n": int(known.size), "estimate": float(np.exp(math.fsum(known) / known.size)), "std_error": error}


def _cumulative(values: Floats) -> dict[str, list[float]]:
    """Quantiles at every second percent, for a curve."""
    known = values[np.isfinite(values)]
    shares = np.arange(1, 100, 2) / 100
    return {"value": np.quantile(known, shares).tolist() if known.size else [], "share": shares.tolist()}


def _distribution(values: pl.Series) -> dict[str, float | int | None]:
    known = values.drop_nulls().cast(pl.Float64).to_numpy()
    if known.size == 0:
        return {"n": 0}
    points = {f"p{round(100 * q):02d}": float(np.quantile(known, q)) for q in _QUANTILES}
    return {"n": int(known.size), "mean": math.fsum(known) / known.size, **points}
