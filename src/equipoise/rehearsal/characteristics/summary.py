"""Operating characteristics of rehearsed trials, each with its Monte Carlo error."""

import math
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from equipoise.rehearsal.characteristics.run import Rehearsed
from equipoise.rehearsal.characteristics.scenarios import SCENARIOS

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
        ``alpha`` and ``scenarios``: of each its label, number of trials, ``rejected`` (share, standard error),
        distributions of what a trial shows, hazard ratios (geometric mean over trials, standard error of its log), and
        ``local_bias`` (ratio of the local to the central hazard ratio).
    """
    scenarios = {}
    for name, rows in rehearsed.rows.items():
        central, local = _numbers(rows, "log_ratio"), _numbers(rows, "log_ratio_local")
        share = float(np.mean(rows["p_one_sided"].to_numpy() < alpha))
        scenarios[name] = {
            "label": SCENARIOS[name][0],
            "trials": rows.height,
            "rejected": {"share": share, "std_error": math.sqrt(share * (1 - share) / rows.height)},
            "hazard_ratio": _ratio(central),
            "hazard_ratio_local": _ratio(local),
            "hazard_ratio_survival": _ratio(_numbers(rows, "log_ratio_survival")),
            "local_bias": _ratio(local - central),
            "difference_in_size": _distribution(2.0 * rows["n_experimental"] - rows["n"]),
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
                "difference_in_size": _cumulative(_numbers(rows, "n_experimental") * 2 - _numbers(rows, "n")),
            },
        }
    return {"alpha": alpha, "scenarios": scenarios}


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
