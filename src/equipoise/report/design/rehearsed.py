"""The page of rehearsed trials: size and power of the primary test, what reading and crossover do, imbalance."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from markupsafe import Markup

from equipoise.report.design.charts import Chart, Curve, chart_of, ticks
from equipoise.report.design.page import whole_page
from equipoise.report.design.parts import chart_html, number, percent, table_html

__all__ = ["write_rehearsed"]

BAND = "SYNTHETIC: every patient here was made up"
_SURVIVAL = ("declared", "helps", "helps_late")
_COLORS = ("#0072B2", "#D55E00", "#5b6570")


def write_rehearsed(summary: Mapping[str, Any], folder: Path) -> Path:
    """Write index.html from the summary of rehearsed trials; the same content gives the same bytes.

    Parameters
    ----------
    summary
        ``trial``, ``title``, ``equipoise`` and what `equipoise.rehearsal.characteristics.summarize` gives.
    folder
        Where to; made if needed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    scenarios: Mapping[str, Any] = summary["scenarios"]
    sections = [
        ("test", "The primary test", _test(scenarios, summary["alpha"])),
        ("reading", "Local and central reading", _reading(scenarios)),
        ("crossover", "Overall survival and crossover", _survival(scenarios)),
        ("allocation", "Allocation", _allocation(scenarios)),
    ]
    path = folder / "index.html"
    page = whole_page(
        title=f"{summary['trial']}: rehearsed trials",
        kicker=summary["title"],
        sections=sections,
        foot=f"equipoise {summary['equipoise']}. Every number stands in characteristics.json.",
        band=BAND,
    )
    path.write_text(page, encoding="utf-8")
    return path


def _estimate(given: Mapping[str, Any]) -> str:
    if given.get("estimate") is None:
        return "-"
    error = given.get("std_error")
    return number(given["estimate"], 3) + (f" ({number(error, 3)})" if error is not None else "")


def _middle(given: Mapping[str, Any], digits: int = 0) -> str:
    if not given.get("n"):
        return "-"
    return f"{number(given['p50'], digits)} ({number(given['p05'], digits)} to {number(given['p95'], digits)})"


def _share(given: Mapping[str, Any]) -> str:
    if given["share"] is None:
        return "-"
    return f"{percent(given['share'])} ({percent(given['conf_low'])} to {percent(given['conf_high'])})"


def _test(scenarios: Mapping[str, Any], alpha: float) -> Markup:
    rows = [
        (
            s["label"],
            f"{s['trials']:,}",
            _share(s["rejected"]),
            _share(s["rejected_local"]),
            _middle(s["events"]),
            _estimate(s["hazard_ratio"]),
        )
        for s in scenarios.values()
    ]
    notes = (
        f"Stratified log-rank test of the primary endpoint at one-sided {alpha:g}; with arms alike the share that "
        "rejects is the type I error, else the power. By local reading: the same test of progression as the sites read "
        "it, or death. In brackets exact 95% limits for the number of trials.",
        "Hazard ratio: geometric mean over trials (standard error of its logarithm). Events: median (5% to 95%).",
        "Every trial was generated lesion by lesion, read, adjudicated, derived and tested by the code that analyzes a "
        "trial's own data.",
    )
    heads = ("Scenario", "Trials", "Rejected", "By local reading", "Events", "Hazard ratio")
    return table_html("test-table", "Chance that the primary test rejects", heads, rows, notes)


def _reading(scenarios: Mapping[str, Any]) -> Markup:
    rows = [
        (
            s["label"],
            _estimate(s["hazard_ratio"]),
            _estimate(s["hazard_ratio_local"]),
            _estimate(s["local_bias"]),
            _middle(s["adjudicated_percent"]),
            _middle(s["turnaround_days"], 1),
            _middle(s["confirmation_days"], 1),
        )
        for s in scenarios.values()
    ]
    heads = ("Scenario", "Central", "Local", "Local to central", "Adjudicated, %", "Turn-around", "To unblinding")
    notes = (
        "Hazard ratios by central and by local reading, and the ratio of the two; geometric means over trials "
        "(standard error of the logarithm).",
        "Turn-around: working days of a real-time review, the trial's median; to unblinding: days from the local "
        "progression, the trial's median; each as median (5% to 95%) over trials.",
    )
    table = table_html("reading-table", "What reading does to the result", heads, rows, notes)
    declared = next(iter(scenarios.values()))["cumulative"]
    curves = {"Central reading": declared["hazard_ratio"], "Local reading": declared["hazard_ratio_local"]}
    return table + chart_html(_cumulative("reading-chart", curves, "Hazard ratio", "Hazard ratios of trials"))


def _survival(scenarios: Mapping[str, Any]) -> Markup:
    rows = [
        (
            s["label"],
            _middle(s["deaths"]),
            _middle(s["crossed_percent"]),
            _estimate(s["hazard_ratio_survival"]),
            _estimate(s["against_declared"].get("hazard_ratio_survival", {})),
        )
        for s in scenarios.values()
    ]
    heads = ("Scenario", "Deaths", "Crossed over, %", "Hazard ratio of death", "To declared")
    notes = (
        "By intention to treat; crossed over: of the control arm. Median (5% to 95%) over trials; hazard ratios: "
        "geometric mean (standard error of the logarithm).",
        "To declared: ratio of the hazard ratio to that of the same patients in the model as declared, trial by trial.",
    )
    title = "What crossover and the delay of reading do to overall survival"
    table = table_html("survival-table", title, heads, rows, notes)
    drawn = [name for name in _SURVIVAL if name in scenarios] or list(scenarios)
    chosen = (scenarios[name] for name in drawn)
    curves = {s["label"]: s["cumulative"]["hazard_ratio_survival"] for s in chosen}
    return table + chart_html(_cumulative("survival-chart", curves, "Hazard ratio of death", "Overall survival"))


def _allocation(scenarios: Mapping[str, Any]) -> Markup:
    declared = next(iter(scenarios.values()))
    words = {
        "beyond_ratio": "All patients: experimental beyond the ratio",
        "beyond_ratio_level": "Most in a level of a factor, either way",
    }
    points = ("p05", "p25", "p50", "p75", "p95")
    rows = [
        (label, *(number(declared[name][point], 1) for point in points))
        for name, label in words.items()
        if declared[name].get("n")
    ]
    notes = (
        "Patients of the experimental arm beyond those whom the allocation ratio plans, by the allocator of the trial; "
        "with two arms of equal size twice that is the difference between them. Factors are those of stratification.",
    )
    heads = ("Patients", "5%", "25%", "Median", "75%", "95%")
    table = table_html("allocation-table", "Balance of the arms", heads, rows, notes)
    curves = {label: declared["cumulative"][name] for name, label in words.items()}
    return table + chart_html(_cumulative("allocation-chart", curves, "Patients", "Imbalance"))


def _cumulative(name: str, given: Mapping[str, Mapping[str, Any]], x_label: str, caption: str) -> Chart | None:
    """Share of trials at or below a value; None where there is nothing to draw."""
    known = {label: curve for label, curve in given.items() if curve["value"]}
    values = [value for curve in known.values() for value in curve["value"]]
    if not values or min(values) == max(values):
        return None
    dashes: tuple[tuple[float, ...], ...] = ((), (5, 2.5), (1.5, 2))
    curves = [
        Curve(label=label, x=curve["value"], y=curve["share"], color=color, dash=dash)
        for (label, curve), color, dash in zip(known.items(), _COLORS, dashes, strict=False)
    ]
    return chart_of(
        name,
        f"{caption}: share of trials at or below a value.",
        curves,
        x_ticks=ticks(min(values), max(values)),
        y_ticks=(0.0, 0.25, 0.5, 0.75, 1.0),
        x_label=x_label,
        y_label="Share of trials",
    )
