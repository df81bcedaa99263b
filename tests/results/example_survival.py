"""Time-to-event rows, curves and follow-up of the example results."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from scipy import stats
from tests.results.example_models import model_rows
from tests.results.example_times import Z, kaplan_meier, one_step, quantile, times_of
from tests.results.example_trial import MONTH, Subject

from equipoise.terms import Status

if TYPE_CHECKING:
    from tests.results.example import Book

__all__ = ["survival_rows"]


def survival_rows(book: Book) -> None:
    """Follow-up, the two analyses of time to event, and the forest and univariate block of the primary one."""
    _follow_up(book)
    for rule_set in ("P", "A"):
        _analysis(book, "primary", "pfs_central", rule_set, landmarks=(6, 12), sided=1)
    model_rows(book)
    _analysis(book, "overall_survival", "os", "P", landmarks=(12, 24), sided=2)


def _follow_up(book: Book) -> None:
    for arm, members in book.groups():
        times, _ = times_of(members, "os")
        censored = [s for s in members if not s.died]
        shared = {
            "analysis_id": "follow_up",
            "endpoint": "os",
            "population": "itt",
            "group": "arm",
            "group_level": arm,
            "variable": "reverse_kaplan_meier",
            "n": len(members),
            "n_events": len(censored),
            "method": "reverse Kaplan-Meier, log-log limits, midpoint rule",
        }
        source = book.source(members, f"itt, {arm}")
        book.writer.add("n", len(members), source_set=source, **shared)
        book.writer.add("n_events", len(censored), source_set=book.source(censored, "alive at the cut-off"), **shared)
        _add_times(book, quantile(kaplan_meier(times, reverse=True), 0.5), source_set=source, conf_level=0.95, **shared)


def _add_times(book: Book, values: dict[str, float | None], **shared: Any) -> None:
    for statistic, value in values.items():
        book.writer.add(
            statistic, value, status=Status.OK if value is not None else Status.NOT_REACHED, unit="days", **shared
        )


def _analysis(book: Book, name: str, endpoint: str, rule_set: str, *, landmarks: tuple[int, ...], sided: int) -> None:
    shared: dict[str, Any] = {"analysis_id": name, "endpoint": endpoint, "population": "itt", "rule_set": rule_set}
    for arm, members in book.groups():
        _arm(book, arm, members, landmarks=landmarks, **shared)
    _comparison(book, landmarks=landmarks, sided=sided, **shared)


def _arm(book: Book, arm: str, members: list[Subject], *, landmarks: tuple[int, ...], **shared: Any) -> None:
    times, reasons = times_of(members, shared["endpoint"], shared["rule_set"])
    row = {"group_level": arm, "of": len(members), **shared}
    book.count(members, label=f"itt, {arm}", variable="subjects", **row)
    book.count([], label="no record", variable="without_record", **row)
    happened = [s for s, (_, e) in zip(members, times, strict=True) if e]
    book.count(happened, label="events", variable="events", percent=True, **row)
    for kind in sorted({e for _, e in times if e}):
        book.count(
            [s for s, (_, e) in zip(members, times, strict=True) if e == kind],
            label=kind,
            variable="events_by_type",
            variable_level=kind,
            **row,
        )
    unfinished = [s for s in members if s not in happened]
    book.count(unfinished, label="censored", variable="censored", percent=True, **row)
    for reason in sorted(Counter(r for r in reasons if r)):
        chosen = [s for s, r in zip(members, reasons, strict=True) if r == reason]
        book.count(chosen, label=f"censored: {reason}", variable="censored_reason", variable_level=reason, **row)
    if shared["endpoint"] == "pfs_central":
        text = "censored more than 49 days before the data cut-off"
        lost = [s for s, r in zip(members, reasons, strict=True) if r and r.startswith("Withdrew")]
        book.count(lost, label=text, variable="out_of_touch", text=text, percent=True, **row)
    km = kaplan_meier(times)
    more = {
        "group": "arm",
        "group_level": arm,
        "n": len(members),
        "n_events": len(happened),
        "source_set": book.source(members, f"itt, {arm}"),
        "method": "Kaplan-Meier, log-log limits",
    }
    for variable, p in (("median", 0.5), ("q25", 0.25), ("q75", 0.75)):
        shape = {**more, "method": f"{more['method']}, midpoint rule"}
        _add_times(book, quantile(km, p), variable=variable, conf_level=0.95, **shape, **shared)
    for month in landmarks:
        last = km.filter(pl.col("time_days") <= month * MONTH).row(-1, named=True)
        numbers = {k: last[k] for k in ("estimate", "conf_low", "conf_high")}
        numbers |= {
            "std_error": (last["conf_high"] - last["conf_low"]) / (2 * Z),
            "n_risk": sum(t >= month * MONTH for t, _ in times),
        }
        book.writer.add_values(numbers, variable="survival", time_days=month * MONTH, conf_level=0.95, **more, **shared)
    frame = km.with_columns(
        [
            pl.lit(v).alias(k)
            for k, v in {
                **shared,
                "group": "arm",
                "group_level": arm,
                "method": more["method"],
                "source_set": more["source_set"],
            }.items()
        ]
    )
    book.writer.add_frame("curves", frame.with_columns(curve=pl.lit("survival")))


def _comparison(book: Book, *, landmarks: tuple[int, ...], sided: int, **shared: Any) -> None:
    (_, left), (_, right) = book.groups(total=False)
    first, second = (
        times_of(left, shared["endpoint"], shared["rule_set"])[0],
        times_of(right, shared["endpoint"], shared["rule_set"])[0],
    )
    difference, variance = one_step(first, second)
    z, log_ratio, error = difference / variance**0.5, difference / variance, variance**-0.5
    pair = {
        "group": "arm",
        "group_level": "experimental",
        "reference_level": "placebo",
        "n": len(left) + len(right),
        "n_events": sum(e is not None for _, e in first + second),
        "source_set": book.source([*left, *right], "itt, both arms"),
        **shared,
    }
    names = {
        "randomization": "stratified by Small-bowel primary",
        "none": "unstratified",
        "corrected": "stratified by Small-bowel primary, corrected",
    }
    for strata, words in names.items():
        shift = {"randomization": 0.0, "none": 0.004, "corrected": -0.003}[strata]
        row = {"strata": strata, "declared": strata == "randomization" and shared["rule_set"] == "P", **pair}
        book.writer.add_values(
            {
                "statistic": (z + shift) ** 2,
                "df": 1,
                "z": z + shift,
                "p_value": 2 * stats.norm.sf(abs(z + shift)),
                "p_one_sided": stats.norm.cdf(z + shift),
                "p_opposite": stats.norm.sf(z + shift),
            },
            variable="logrank",
            measure="logrank",
            method=f"log-rank, {words}",
            **row,
        )
        log = log_ratio + shift
        numbers = {
            "estimate": np.exp(log),
            "std_error": error,
            "conf_low": np.exp(log - Z * error),
            "conf_high": np.exp(log + Z * error),
            "p_value": 2 * stats.norm.sf(abs(log / error)),
        }
        cox = {"variable": "hazard_ratio", "measure": "hazard_ratio", "method": f"Cox, Efron ties, {words}", **row}
        book.writer.add_values(numbers, conf_level=0.95, **cox)
        if sided == 1:
            book.writer.add("conf_high_one_sided", np.exp(log + stats.norm.ppf(0.9) * error), conf_level=0.90, **cox)
    for month in landmarks:
        a, b = (kaplan_meier(t).filter(pl.col("time_days") <= month * MONTH)["estimate"][-1] for t in (first, second))
        gap, width = a - b, (a * (1 - a) / len(left) + b * (1 - b) / len(right)) ** 0.5
        book.writer.add_values(
            {"estimate": gap, "std_error": width, "conf_low": gap - Z * width, "conf_high": gap + Z * width},
            variable="survival_difference",
            measure="survival_difference",
            time_days=month * MONTH,
            conf_level=0.95,
            strata="none",
            method="difference of Kaplan-Meier estimates, Greenwood variances, Wald limits",
            **pair,
        )
