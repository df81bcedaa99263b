"""The statistical paragraph of a protocol, with its numbers."""

from __future__ import annotations

import math
from typing import Any

__all__ = [
    "BOUNDARIES",
    "allocator_sentences",
    "bounds_listed",
    "comparison_sentences",
    "futility_sentence",
    "listed",
    "statistical_paragraph",
]

BOUNDARIES = {
    "lan_demets_obrien_fleming": "O'Brien-Fleming-like spending (Lan-DeMets)",
    "lan_demets_pocock": "Pocock-like spending (Lan-DeMets)",
    "hwang_shih_decani": "Hwang-Shih-DeCani spending",
    "kim_demets": "Kim-DeMets spending",
    "user_spending": "the alpha given for each look",
    "obrien_fleming": "O'Brien-Fleming bounds",
    "pocock": "Pocock bounds",
    "wang_tsiatis": "Wang-Tsiatis bounds",
    "haybittle_peto": "Haybittle-Peto bounds",
    "final_only": "the final look alone",
}


def statistical_paragraph(design: dict[str, Any]) -> list[str]:
    """Write the design of an analysis in sentences."""
    sentences = [_question(design), *comparison_sentences(design), _events(design), *_methods(design)]
    sentences += [*_looks(design), *_others(design)]
    sentences += [*_realized(design), *_time(design), *_simulated(design), *allocator_sentences(design)]
    return sentences


def _question(d: dict[str, Any]) -> str:
    effect = d["effect"]
    if effect["medians"]:
        control, experimental = effect["medians"]["control"], effect["medians"]["experimental"]
        medians = f"medians of {control:g} months under control and {experimental:.4g} months under treatment"
        question = f"{medians}, a hazard ratio of {effect['hazard_ratio']:.4f}"
    else:
        ratios = ", ".join(f"{r:.3g}" for r in effect["hazard_ratios"])
        question = f"hazard ratios over time of {ratios}"
    test = "stratified log-rank test" if d["stratified"] else "log-rank test"
    shares = d["ratio"]
    return (
        f"{d['label']}: {d['arms']['experimental']} against {d['arms']['control']}, {shares:g}:1, is planned for "
        f"{question}, by a {'one' if d['sided'] == 1 else 'two'}-sided {test} at level {d['alpha']:.4g} "
        f"with power {d['power']:.0%}."
    )


def comparison_sentences(d: dict[str, Any]) -> list[str]:
    """Say of an analysis of several pairs of arms that one is designed, and what that leaves open."""
    pairs = listed([f"{experimental} against {control}" for experimental, control in d["other_comparisons"]])
    if not pairs:
        return []
    return [
        f"The analysis also compares {pairs}: events, looks and simulated trials here are those of the one comparison, "
        "at its whole level; the level over all comparisons is larger and is not adjusted."
    ]


def _events(d: dict[str, Any]) -> str:
    planned = d["fixed"]["planned"]
    text = f"Without interim looks this takes {planned['events']:.2f} events ({planned['label']})"
    declared = d["planned_events"]
    return text + (f"; the protocol declares {declared}." if declared else ".")


def _methods(d: dict[str, Any]) -> list[str]:
    others = [
        f"{row['events']:.2f} by {row['label']}"
        for row in d["fixed"]["methods"]
        if row.get("events") and row["method"] != d["fixed"]["planned"]["method"]
    ]
    return [f"Other formulas give {listed(others)}."] if others else []


def _looks(d: dict[str, Any]) -> list[str]:
    s = d["sequential"]
    count = len(s["information"])
    if count == 1:
        return [f"There is one look; the bound of Z is {s['upper'][0]:.6g}."]
    rule = BOUNDARIES.get(s["boundary"], s["boundary"])
    at = listed([f"{t:.4g}" for t in s["information"]])
    bounds = bounds_listed(s["upper"], 8)
    events = listed([f"{e:.2f}" for e in s["events"]])
    p = listed([f"{value:.3g}" for value in s["p_value"]])
    found = [
        f"There are {count} looks, at {at} of the information, with bounds by {rule}: Z {bounds}, one-sided p {p}, "
        f"at {events} events (inflation {s['inflation']:.4f})."
    ]
    if s["futility"]:
        found.append(futility_sentence(s))
    found.append(
        f"Under the effect planned {s['expected_events']['planned']:.1f} events are expected at the end, "
        f"{s['expected_events']['none']:.1f} without an effect."
    )
    averages = d["effect"].get("average_hazard_ratios")
    if averages:
        ratios = listed([f"{ratio:.4f}" for ratio in averages])
        found.append(
            f"As the effect changes with time, its average hazard ratio is {ratios} at the looks; the expected events "
            "above take the last one throughout, the simulated trials the effect as it changes."
        )
    return found


def _others(d: dict[str, Any]) -> list[str]:
    found = []
    for other in d["other_looks"]:
        if other["looks"] == len(d["sequential"]["information"]) and d["sequential"]["equally_spaced"]:
            continue
        bounds = bounds_listed(other["upper"], 6)
        words = "one look" if other["looks"] == 1 else f"{other['looks']} equally spaced looks"
        found.append(f"with {words} {other['events'][-1]:.2f} events and {bounds}")
    rule = BOUNDARIES.get(d["other_looks"][0]["boundary"], "") if d["other_looks"] else ""
    return [f"By {rule} it would be {'; '.join(found)}."] if found else []


def _realized(d: dict[str, Any]) -> list[str]:
    realized = d["realized"]
    if not realized:
        return []
    counts = ":".join(str(n) for n in realized["arms"].values())
    method = d["fixed"]["planned"]["method"]
    events = realized["events"].get(method) or next(iter(realized["events"].values()))
    return [f"At the {counts} really randomized it would take {events:.2f} events ({d['fixed']['planned']['label']})."]


def _time(d: dict[str, Any]) -> list[str]:
    found = []
    planned = d["sequential"].get("solution") or {}
    if planned.get("impossible"):
        found.append(f"These events cannot be had as planned: {planned['impossible']}.")
    elif planned.get("solved_for") == "patients":
        found.append(f"This takes {math.ceil(planned['patients'] - 1e-9)} patients in the arms compared.")
    elif planned.get("follow_up_months") is not None:
        months = planned["follow_up_months"]
        when = f"{months:.1f} months after" if months >= 0 else f"{-months:.1f} months before"
        found.append(f"With the patients planned the events are expected {when} the end of accrual.")
    for row in d["accrual"]:
        last = row["look_months"][-1]
        if row["scenario"] == "as planned" and last is not None:
            found.append(f"The final analysis is expected {last:.1f} months after the first patient.")
    return found


def _simulated(d: dict[str, Any]) -> list[str]:
    found = []
    for run in d["simulation"] or []:
        what = "power" if run["scenario"] == "effect as planned" else "type I error"
        other = math.fsum(run["stops_on_other_side"] or ())
        if what != "power" and run["stops_on_other_side"] is not None:
            what += f" of this side; {other:.2%} cross the bound of the other side"
        found.append(
            f"Of {run['trials']:,} simulated trials with {run['scenario']} {run['power']:.2%} end with success "
            f"(Monte Carlo standard error {run['std_error']:.2%}): the {what}."
        )
    return found


def futility_sentence(s: dict[str, Any]) -> str:
    """Futility bounds of the interim looks: of Z, or with two sides of its size."""
    inner = s.get("inner")
    limits = bounds_listed((s["lower"] if inner is None else inner)[:-1], 4)
    kind = "binding" if s["binding"] else "not binding"
    what = "Z" if inner is None else "|Z|"
    return f"Futility bounds ({BOUNDARIES.get(s['futility'], s['futility'])}, {kind}) at {what} {limits}."


def bounds_listed(bounds: list[float | None], digits: int) -> str:
    """Bounds in words; none where the trial cannot stop."""
    return listed(["none" if b is None else f"{b:.{digits}g}" for b in bounds])


def allocator_sentences(d: dict[str, Any]) -> list[str]:
    """Say how the allocator behaves."""
    a = d["allocator"]
    if not a:
        return []
    found = (
        f"Allocation by {a['method']}: a mean imbalance of {a['mean_imbalance']:.2f} patients, and "
        f"{a['guessable']:.1%} of the assignments guessed right by one who knows the method and all earlier records"
    )
    runs = a["size_of_test"]
    if runs:
        sizes = listed([f"in {row['size']:.1%} with {_drift(row['scenario'])}" for row in runs])
        error = max(row["std_error"] for row in runs)
        found += (
            f"; without an effect the planned test at level {runs[0]['nominal']:.4g} rejects {sizes} "
            f"({runs[0]['trials']:,} simulated trials each, Monte Carlo standard error {error:.2%})"
        )
    return [found + "."]


def _drift(scenario: str) -> str:
    return scenario if scenario == "no drift" else f"a drift ({scenario})"


def listed(parts: list[str]) -> str:
    """Join words as a sentence does."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)
