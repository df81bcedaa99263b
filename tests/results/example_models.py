"""Forest and univariate block of the example results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import stats
from tests.results.example_times import Times, Z, one_step, times_of
from tests.results.example_trial import Subject

from equipoise.terms import Status

if TYPE_CHECKING:
    from tests.results.example import Book

__all__ = ["model_rows"]


def model_rows(book: Book) -> None:
    """Subgroups and univariate models of the primary analysis."""
    _subgroups(book)
    _univariate(book)


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
            times = [times_of(part, "pfs_central")[0] for part in parts]
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
                method="likelihood ratio, Cox with arm and factor against arm, factor and arm by factor, unstratified",
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
    difference, variance = one_step(*times)
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
        _level_counts(book, name, shared)
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
            method="likelihood ratio, Cox",
            **shared,
        )


def _level_counts(book: Book, name: str, shared: dict[str, Any]) -> None:
    values = {s.id: getattr(s, name) for s in book.itt}
    words = {k: "(missing)" if v is None else str(v).lower() if isinstance(v, bool) else v for k, v in values.items()}
    levels = ["(missing)"] if name == "age" else [*sorted({*words.values()} - {"(missing)"}), "(missing)"]
    for level in levels:
        chosen = [s for s in book.itt if words[s.id] == level]
        columns = {k: v for k, v in shared.items() if k not in ("n", "n_events", "source_set", "strata")}
        columns["n_events"] = sum(s.pfs_event is not None for s in chosen)
        label = f"{name}: {level}"
        book.count(chosen, of=len(book.itt), label=label, variable=name, variable_level=level, **columns)
