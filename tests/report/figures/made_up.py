"""Results made up for figures: arms, times and counts are given, rows follow the results contract."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from equipoise.results import Results, ResultsWriter
from equipoise.terms import Status

__all__ = ["Times", "flow_results", "forest_results", "survival_results", "trial_of"]

Times = Sequence[tuple[int, bool]]
"""Day and whether the event happened."""


def trial_of(arms: Sequence[str], *, labels: Mapping[str, str] | None = None, **protocol: Any) -> dict[str, Any]:
    """What a figure reads of trial.json; the last arm is the control."""
    roles = ["experimental"] * (len(arms) - 1) + ["control"]
    names = [
        {"id": arm, "label": (labels or {}).get(arm, arm.title()), "role": role}
        for arm, role in zip(arms, roles, strict=True)
    ]
    return {
        "study_id": "S1",
        "data_cut": {"name": "final", "label": "Final analysis", "cutoff": "2021-06-30"},
        "arms": names,
        "comparisons": {"primary": [[arm, arms[-1]] for arm in arms[:-1]]},
        "protocol": {
            "analyses": {"primary": {"endpoint": "pfs", "population": "itt"}},
            "endpoints": {
                "pfs": {
                    "label": "Progression-free survival",
                    "origin": "randomization",
                    "rule_set": "P",
                    "months_days": 30.0,
                }
            },
            "populations": {"itt": {"label": "Intention to treat"}},
            **protocol,
        },
    }


def survival_results(
    arms: Mapping[str, Times], *, trial: dict[str, Any] | None = None, minimum_at_risk: int = 0
) -> Results:
    """Curves, counts and medians of arms, a hazard ratio and a test of every arm against the last."""
    writer = ResultsWriter(study_id="S1", data_cut="final")
    shared = {"analysis_id": "primary", "endpoint": "pfs", "population": "itt", "rule_set": "P", "group": "arm"}
    for arm, times in arms.items():
        curve = kaplan_meier(times)
        writer.add_frame(
            "curves",
            curve.with_columns(
                **{k: pl.lit(v) for k, v in shared.items()}, group_level=pl.lit(arm), curve=pl.lit("survival")
            ),
        )
        events = sum(event for _, event in times)
        for variable, n in (("subjects", len(times)), ("events", events), ("censored", len(times) - events)):
            writer.add("n", n, variable=variable, group_level=arm, n=len(times), **shared)
        below = curve.filter(pl.col("estimate") < 0.5)["time_days"]
        for statistic in ("estimate", "conf_low", "conf_high"):
            value = float(below[0]) if len(below) and statistic != "conf_high" else None
            status = Status.OK if value is not None else Status.NOT_REACHED
            writer.add(
                statistic,
                value,
                status=status,
                variable="median",
                group_level=arm,
                conf_level=0.95,
                unit="days",
                **shared,
            )
    reference = list(arms)[-1]
    for arm in list(arms)[:-1]:
        pair = {"group_level": arm, "reference_level": reference, "declared": True, "strata": "none", **shared}
        writer.add_values(
            {"estimate": 0.54, "conf_low": 0.37, "conf_high": 0.79},
            variable="hazard_ratio",
            conf_level=0.95,
            method="Cox, unstratified",
            **pair,
        )
        writer.add("p_value", 0.0172, variable="logrank", sided=2, method="log-rank, unstratified", **pair)
        writer.add("p_one_sided", 0.0086, variable="logrank", sided=1, method="log-rank, unstratified", **pair)
    trial = trial or trial_of(list(arms))
    trial["protocol"]["conventions"] = {"minimum_at_risk": minimum_at_risk, **trial["protocol"].get("conventions", {})}
    return writer.finish(trial)


def kaplan_meier(times: Times) -> pl.DataFrame:
    """Product-limit estimate at time 0 and every distinct time, with a made-up band."""
    rows = [(0.0, len(times), 0, 0, 1.0, 1.0, 1.0)]
    estimate = 1.0
    for day in sorted({t for t, _ in times}):
        risk = sum(t >= day for t, _ in times)
        events = sum(t == day and event for t, event in times)
        estimate *= 1 - events / risk
        low, high = (None, None) if estimate in (0, 1) else (estimate * 0.8, 1 - (1 - estimate) * 0.8)
        rows.append((float(day), risk, events, sum(t == day for t, _ in times) - events, estimate, low, high))
    names = ["time_days", "n_risk", "n_events", "n_censored", "estimate", "conf_low", "conf_high"]
    return pl.DataFrame(rows, schema=names, orient="row")


def forest_results(
    rows: Sequence[tuple[str, str | None, tuple[int, int, int, int], tuple[float, float, float] | None, float | None]],
) -> Results:
    """Subgroup rows: factor, level, (events, n, events, n), effect or None, P for interaction (on the first level)."""
    writer = ResultsWriter(study_id="S1", data_cut="final")
    shared = {
        "analysis_id": "primary_subgroups",
        "endpoint": "pfs",
        "population": "itt",
        "rule_set": "P",
        "group": "arm",
    }
    for factor, level, counts, effect, p in rows:
        where = {"subgroup": factor, "subgroup_level": level, **shared}
        for arm, (events, n) in zip(("drug", "control"), (counts[:2], counts[2:]), strict=True):
            writer.add("n", n, variable="subjects", group_level=arm, **where)
            writer.add("n", events, variable="events", group_level=arm, **where)
        pair = {
            "group_level": "drug",
            "reference_level": "control",
            "variable": "hazard_ratio",
            "conf_level": 0.95,
            "method": "Cox, unstratified",
            **where,
        }
        for i, statistic in enumerate(("estimate", "conf_low", "conf_high")):
            writer.add(
                statistic, effect[i] if effect else None, status=Status.OK if effect else Status.NOT_ESTIMABLE, **pair
            )
        if p is not None:
            writer.add(
                "p_value",
                p,
                variable="interaction",
                **{**where, "subgroup_level": None},
                group_level="drug",
                reference_level="control",
            )
    trial = trial_of(["drug", "control"], subgroups={"sex": {"field": "sex"}, "site": {"field": "site"}})
    trial["protocol"]["baseline"] = {"sex": {"label": "Sex"}, "site": {"label": "Primary site"}}
    return writer.finish(trial)


def flow_results(
    arms: Mapping[str, Mapping[str, Any]],
    *,
    excluded: Mapping[str, int],
    trial: dict[str, Any] | None = None,
    totals: Mapping[str, int] | None = None,
) -> Results:
    """Flow rows: counts by variable per arm (``*_reason`` maps reasons), exclusions by reason, other totals."""
    writer = ResultsWriter(study_id="S1", data_cut="final")

    def add(variable: str, n: int, arm: str, **columns: Any) -> None:
        writer.add("n", n, analysis_id="flow", variable=variable, group="arm", group_level=arm, **columns)

    randomized = sum(arm["randomized"] for arm in arms.values())
    n_excluded = sum(excluded.values())
    whole = {"assessed": randomized + n_excluded, "excluded": n_excluded, "randomized": randomized, **(totals or {})}
    for variable, n in whole.items():
        add(variable, n, "(all)")
    for reason, n in excluded.items():
        add("excluded_reason", n, "(all)", variable_level=reason)
    for arm, counts in arms.items():
        for variable, value in counts.items():
            population = {"population": "itt"} if "analyzed" in variable else {}
            if isinstance(value, Mapping):
                for reason, n in value.items():
                    add(variable, n, arm, variable_level=reason, **population)
            else:
                add(variable, value, arm, **population)
    return writer.finish(trial or trial_of(list(arms)))
