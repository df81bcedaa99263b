"""Rows and results made up for reports; defaults are those of one comparison in one population."""

from typing import Any

from equipoise.report.rows import Row
from equipoise.results import Results, ResultsWriter

__all__ = ["add_comparison", "empty_results", "row", "survival_results", "trial_of"]


def row(**columns: Any) -> Row:
    """One row with these columns, others empty."""
    values: dict[str, Any] = dict.fromkeys(Row._fields)
    return Row(**{**values, "row_id": 1, "statistic": "estimate", "status": "ok", "population": "itt", **columns})


def trial_of(*arms: str, synthetic: bool = False, **protocol: Any) -> dict[str, Any]:
    """What a report reads of trial.json; the last arm is the control."""
    roles = ["experimental"] * (len(arms) - 1) + ["control"] * bool(arms)
    return {
        "equipoise": "0.1.0",
        "study_id": "MADE-UP",
        "protocol_sha256": "ab" * 32,
        "protocol": {"trial": {"id": "MADE-UP", "title": "A made-up trial", "synthetic": synthetic}, **protocol},
        "data_cut": {"name": "final", "label": "Final", "cutoff": "2020-01-31", "snapshot": None},
        "arms": [{"id": a, "label": f"Arm {a}", "role": role} for a, role in zip(arms, roles, strict=True)],
        "comparisons": {},
        "assumed": [],
    }


def empty_results(*arms: str, **protocol: Any) -> Results:
    """Results without a single row."""
    return ResultsWriter(study_id="MADE-UP", data_cut="final").finish(trial_of(*arms, **protocol))


def add_comparison(
    writer: ResultsWriter, experimental: str, control: str, *, effect_strata: str, test_strata: str, **columns: Any
) -> None:
    """Hazard ratio 0.54 (0.37 to 0.79), P .0126 two-sided and .0063 one-sided, each under its own strata."""
    words = {"none": "unstratified", "randomization": "stratified by Site"}
    shared = {**columns, "group": "arm", "group_level": experimental, "reference_level": control}
    cox = {"measure": "hazard_ratio", "variable": "hazard_ratio", "method": f"Cox, Efron ties, {words[effect_strata]}"}
    logrank = {"measure": "logrank", "variable": "logrank", "method": f"log-rank, {words[test_strata]}"}
    for name, value in (("estimate", 0.54), ("conf_low", 0.37), ("conf_high", 0.79)):
        writer.add(name, value, conf_level=0.95, strata=effect_strata, **cox, **shared)
    for name, value, sided in (("p_value", 0.0126, 2), ("p_one_sided", 0.0063, 1), ("p_opposite", 0.9937, 1)):
        writer.add(name, value, sided=sided, strata=test_strata, **logrank, **shared)


def survival_results(
    *arms: str,
    sided: int = 2,
    effect_strata: str = "randomization",
    test_strata: str = "randomization",
    rule_sets: tuple[str, ...] = ("P",),
    declared: bool = True,
) -> Results:
    """One primary analysis: 10 subjects an arm, 6 events, median 365.25 days, upper limit not reached."""
    writer = ResultsWriter(study_id="MADE-UP", data_cut="final")
    base = {"analysis_id": "primary", "population": "itt", "endpoint": "pfs"}
    for rule_set in rule_sets:
        for arm in arms:
            members = writer.source_set([f"{arm}-{i:02}" for i in range(10)], f"arm {arm}")
            group = {**base, "rule_set": rule_set, "group": "arm", "group_level": arm, "source_set": members}
            for variable, count in (("subjects", 10), ("events", 6), ("censored", 4)):
                writer.add("n", count, variable=variable, n=10, method="count", **group)
            writer.add("n", 4, variable="censored_reason", variable_level="Ongoing", n=10, method="count", **group)
            curve = {"variable": "median", "unit": "days", "method": "Kaplan-Meier, log-log", "conf_level": 0.95}
            writer.add("estimate", 365.25, **curve, **group)
            writer.add("conf_low", 182.625, **curve, **group)
            writer.add("conf_high", None, status="NR", **curve, **group)  # type: ignore[arg-type]
        for arm in arms[:-1]:
            models = {"effect_strata": effect_strata, "test_strata": test_strata}
            named = declared and rule_set == rule_sets[0]
            add_comparison(writer, arm, arms[-1], **models, rule_set=rule_set, declared=named, **base)
    analysis: dict[str, Any] = {
        "endpoint": "pfs",
        "population": "itt",
        "role": "primary",
        "sided": sided,
        "alpha": 0.05,
    }
    if declared:
        analysis |= {"test": {"logrank": {"strata": test_strata}}, "effect": {"cox": {"strata": effect_strata}}}
    endpoint = {
        "label": "Progression-free survival",
        "rule_set": rule_sets[0],
        "events": ["central_progression", "death"],
    }
    return writer.finish(trial_of(*arms, analyses={"primary": analysis}, endpoints={"pfs": endpoint}))
