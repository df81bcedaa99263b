"""Times of the made-up subjects, and curves and tests by the shortest way."""

import numpy as np
import polars as pl
from tests.results.example_trial import Subject

__all__ = ["Times", "Z", "kaplan_meier", "one_step", "quantile", "times_of"]

Z = 1.959963984540054
Times = list[tuple[int, str | None]]  # day and event, None when censored


def times_of(members: list[Subject], endpoint: str, rule_set: str = "P") -> tuple[Times, list[str | None]]:
    """(day, event) pairs and the reasons of censoring; rule set A of the example censors late deaths."""
    rows: Times = []
    reasons: list[str | None] = []
    for s in members:
        if endpoint == "os":
            rows.append((s.os_days, "Death" if s.died else None))
            reasons.append(None if s.died else "Alive at the data cut-off")
        elif rule_set == "A" and s.pfs_event == "Death" and s.pfs_days > 300:
            rows.append((s.pfs_days - 100, None))
            reasons.append("Event after two or more missed assessments")
        else:
            rows.append((s.pfs_days, s.pfs_event))
            reasons.append(s.pfs_censored)
    return rows, reasons


def kaplan_meier(times: Times, *, reverse: bool = False) -> pl.DataFrame:
    rows = [
        {
            "time_days": 0.0,
            "n_risk": len(times),
            "n_events": 0,
            "n_censored": 0,
            "estimate": 1.0,
            "conf_low": 1.0,
            "conf_high": 1.0,
        }
    ]
    estimate, spread = 1.0, 0.0
    for day in sorted({t for t, _ in times}):
        risk = sum(t >= day for t, _ in times)
        events = sum(t == day and (e is None) == reverse for t, e in times)
        censored = sum(t == day for t, _ in times) - events
        estimate *= 1 - events / risk
        spread += events / (risk * (risk - events)) if risk > events else 0.0
        low, high = estimate, estimate
        if 0 < estimate < 1:
            half = Z * spread**0.5 / np.log(estimate)
            low, high = estimate ** np.exp(-half), estimate ** np.exp(half)
        low, high = min(low, high), max(low, high)
        rows.append(
            {
                "time_days": float(day),
                "n_risk": risk,
                "n_events": events,
                "n_censored": censored,
                "estimate": estimate,
                "conf_low": low,
                "conf_high": high,
            }
        )
    return pl.DataFrame(rows)


def quantile(km: pl.DataFrame, p: float) -> dict[str, float | None]:
    def first(column: str) -> float | None:
        below = km.filter(pl.col(column) < 1 - p - 1e-12)["time_days"]
        return float(below[0]) if len(below) else None

    return {"estimate": first("estimate"), "conf_low": first("conf_low"), "conf_high": first("conf_high")}


def one_step(left: Times, right: Times) -> tuple[float, float]:
    """Observed minus expected events on the left, and its variance."""
    difference = variance = 0.0
    for day in sorted({t for t, e in left + right if e}):
        n1, n2 = sum(t >= day for t, _ in left), sum(t >= day for t, _ in right)
        d1, d = (
            sum(t == day and e is not None for t, e in left),
            sum(t == day and e is not None for t, e in left + right),
        )
        n = n1 + n2
        difference += d1 - d * n1 / n
        variance += d * n1 * n2 * (n - d) / (n * n * (n - 1)) if n > 1 else 0.0
    return difference, variance
