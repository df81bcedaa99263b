"""Time-to-event rows, curves, subgroups, univariate models and follow-up of the example results."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from scipy import stats
from tests.results.example_trial import MONTH, Subject

from equipoise.terms import Status

if TYPE_CHECKING:
    from tests.results.example import Book

__all__ = ["survival_rows"]

Z = 1.959963984540054
Times = list[tuple[int, str | None]]  # day and event, None when censored


def survival_rows(book: Book) -> None:
    """Follow-up, the two analyses of time to event, and the forest and univariate block of the primary one."""
    _follow_up(book)
    for rule_set in ("P", "A"):
        _analysis(book, "primary", "pfs_central", rule_set, landmarks=(6, 12), sided=1)
    _subgroups(book)
    _univariate(book)
    _analysis(book, "overall_survival", "os", "P", landmarks=(12, 24), sided=2)


def _times(members: list[Subject], endpoint: str, rule_set: str = "P") -> tuple[Times, list[str | None]]:
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


def _kaplan_meier(times: Times, *, reverse: bool = False) -> pl.DataFrame:
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


def _quantile(km: pl.DataFrame, p: float) -> dict[str, float | None]:
    def first(column: str) -> float | None:
        below = km.filter(pl.col(column) < 1 - p - 1e-12)["time_days"]
        return float(below[0]) if len(below) else None

    return {"estimate": first("estimate"), "conf_low": first("conf_low"), "conf_high": first("conf_high")}


def _one_step(left: Times, right: Times) -> tuple[float, float]:
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


def _follow_up(book: Book) -> None:
    for arm, members in book.groups():
        times, _ = _times(members, "os")
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
            "method": "reverse Kaplan-Meier, log-log",
        }
        source = book.source(members, f"itt, {arm}")
        book.writer.add("n", len(members), source_set=source, **shared)
        book.writer.add("n_events", len(censored), source_set=book.source(censored, "alive at the cut-off"), **shared)
        _add_times(
            book, _quantile(_kaplan_meier(times, reverse=True), 0.5), source_set=source, conf_level=0.95, **shared
        )


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
    times, reasons = _times(members, shared["endpoint"], shared["rule_set"])
    row = {"group_level": arm, "of": len(members), **shared}
    book.count(members, label=f"itt, {arm}", variable="subjects", **row)
    happened = [s for s, (_, e) in zip(members, times, strict=True) if e]
    book.count(happened, label="events", variable="events", **row)
    for kind in sorted({e for _, e in times if e}):
        book.count(
            [s for s, (_, e) in zip(members, times, strict=True) if e == kind],
            label=kind,
            variable="events_by_type",
            variable_level=kind,
            **row,
        )
    book.count([s for s in members if s not in happened], label="censored", variable="censored", **row)
    for reason in sorted(Counter(r for r in reasons if r)):
        chosen = [s for s, r in zip(members, reasons, strict=True) if r == reason]
        book.count(chosen, label=f"censored: {reason}", variable="censored_reason", variable_level=reason, **row)
    km = _kaplan_meier(times)
    more = {
        "group": "arm",
        "group_level": arm,
        "n": len(members),
        "n_events": len(happened),
        "source_set": book.source(members, f"itt, {arm}"),
        "method": "Kaplan-Meier, log-log",
    }
    for variable, p in (("median", 0.5), ("q25", 0.25), ("q75", 0.75)):
        _add_times(book, _quantile(km, p), variable=variable, conf_level=0.95, **more, **shared)
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
        _times(left, shared["endpoint"], shared["rule_set"])[0],
        _times(right, shared["endpoint"], shared["rule_set"])[0],
    )
    difference, variance = _one_step(first, second)
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
        "corrected": "stratified by Small-bowel primary as corrected",
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
        a, b = (_kaplan_meier(t).filter(pl.col("time_days") <= month * MONTH)["estimate"][-1] for t in (first, second))
        gap, width = a - b, (a * (1 - a) / len(left) + b * (1 - b) / len(right)) ** 0.5
        book.writer.add_values(
            {"estimate": gap, "std_error": width, "conf_low": gap - Z * width, "conf_high": gap + Z * width},
            variable="survival_difference",
            measure="survival_difference",
            time_days=month * MONTH,
            conf_level=0.95,
            strata="none",
            method="difference of Kaplan-Meier estimates, Greenwood",
            **pair,
        )


def _subgroup_of(s: Subject, factor: str) -> str:
    if factor == "elderly":
        return "(missing)" if s.age is None else "Below 65 years" if s.age < 65 else "65 years and above"
    return str(getattr(s, factor)) if factor != "(all)" else ""


def _subgroups(book: Book) -> None:
    levels = {
        "(all)": ("",),
        "sex": ("F", "M", "(missing)"),
        "primary_site": ("small_bowel", "lung", "other", "(missing)"),
        "elderly": ("Below 65 years", "65 years and above", "(missing)"),
    }
    shared = {"analysis_id": "primary_subgroups", "endpoint": "pfs_central", "population": "itt", "rule_set": "P"}
    for factor, known in levels.items():
        for level in known:
            parts = [
                [s for s in members if _subgroup_of(s, factor) == level] for _, members in book.groups(total=False)
            ]
            row = {"subgroup": factor, "subgroup_level": level or None, **shared}
            times = [_times(part, "pfs_central")[0] for part in parts]
            for arm, part, rows in zip(("experimental", "placebo"), parts, times, strict=True):
                happened = [s for s, (_, e) in zip(part, rows, strict=True) if e]
                book.count(
                    part, of=len(part), label=f"{factor} {level}, {arm}", variable="subjects", group_level=arm, **row
                )
                book.count(
                    happened,
                    of=len(part),
                    label=f"{factor} {level}, {arm}, events",
                    variable="events",
                    group_level=arm,
                    **row,
                )
            _effect(book, parts, times, **row)
        if factor != "(all)":
            everybody = book.source(book.itt, "itt, both arms")
            book.writer.add_values(
                {"statistic": 1.21, "df": len(known) - 2, "p_value": float(stats.chi2.sf(1.21, len(known) - 2))},
                variable="interaction",
                measure="interaction",
                method="likelihood ratio, Cox with and without arm by factor",
                strata="none",
                subgroup=factor,
                group="arm",
                group_level="experimental",
                reference_level="placebo",
                n=len(book.itt),
                source_set=everybody,
                **shared,
            )


def _effect(book: Book, parts: list[list[Subject]], times: list[Times], **row: Any) -> None:
    n_events = sum(e is not None for rows in times for _, e in rows)
    pair = {
        "variable": "hazard_ratio",
        "measure": "hazard_ratio",
        "group": "arm",
        "group_level": "experimental",
        "reference_level": "placebo",
        "n": sum(map(len, parts)),
        "n_events": n_events,
        "method": "Cox, Efron ties, unstratified",
        "strata": "none",
        "conf_level": 0.95,
        "source_set": book.source([s for p in parts for s in p], "both arms"),
        **row,
    }
    difference, variance = _one_step(*times)
    if n_events < 5 or variance == 0:
        for statistic in ("estimate", "std_error", "conf_low", "conf_high"):
            book.writer.add(
                statistic, None, status=Status.NOT_ESTIMABLE, text=f"{n_events} events, fewer than 5", **pair
            )
        return
    log, error = difference / variance, variance**-0.5
    book.writer.add_values(
        {
            "estimate": np.exp(log),
            "std_error": error,
            "conf_low": np.exp(log - Z * error),
            "conf_high": np.exp(log + Z * error),
        },
        **pair,
    )


def _univariate(book: Book) -> None:
    effects = {
        "age": [(None, None, "1 year", 1.01, 0.009)],
        "sex": [("M", "F", None, 1.12, 0.19)],
        "primary_site": [("lung", "small_bowel", None, 1.35, 0.27), ("other", "small_bowel", None, 0.94, 0.23)],
        "prior_ssa": [("true", "false", None, 0.81, 0.31)],
    }
    shared = {
        "analysis_id": "primary_univariate",
        "endpoint": "pfs_central",
        "population": "itt",
        "rule_set": "P",
        "group": "arm",
        "group_level": "(all)",
        "strata": "none",
        "source_set": book.source(book.itt, "itt, both arms"),
        "n": len(book.itt),
        "n_events": sum(s.pfs_event is not None for s in book.itt),
    }
    for name, rows in effects.items():
        for level, reference, unit, ratio, error in rows:
            numbers = {
                "estimate": ratio,
                "std_error": error,
                "conf_low": ratio * np.exp(-Z * error),
                "conf_high": ratio * np.exp(Z * error),
            }
            numbers["p_value"] = 2 * stats.norm.sf(abs(np.log(ratio) / error))
            more = {
                "variable_level": level,
                "reference_level": reference,
                "unit": unit,
                "conf_level": 0.95,
                "measure": "hazard_ratio",
                **shared,
            }
            book.writer.add_values(numbers, variable=name, method="Cox, Efron ties, unstratified, one factor", **more)
        book.writer.add_values(
            {"statistic": 1.4, "df": len(rows), "p_value": float(stats.chi2.sf(1.4, len(rows)))},
            variable=name,
            measure="likelihood_ratio",
            method="likelihood ratio",
            **shared,
        )
