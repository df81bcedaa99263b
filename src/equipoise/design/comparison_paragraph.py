"""The statistical paragraph of an analysis of responses or of means."""

from __future__ import annotations

import math
from typing import Any

from equipoise.design.paragraph import (
    BOUNDARIES,
    allocator_sentences,
    bounds_listed,
    comparison_sentences,
    futility_sentence,
    listed,
)

__all__ = ["comparison_paragraph"]

PROPER = ("Fisher",)
"""Names with which a label may begin."""


def comparison_paragraph(design: dict[str, Any]) -> list[str]:
    """Write the design of an analysis in sentences."""
    sentences = [_question(design), *comparison_sentences(design), *_sizes(design), *_stages(design)]
    sentences += [*_looks(design), *_patients(design)]
    return [*sentences, *allocator_sentences(design)]


def _question(d: dict[str, Any]) -> str:
    effect, sides = d["effect"], "one" if d["sided"] == 1 else "two"
    level = f"{sides}-sided at level {d['alpha']:.4g} with power {d['power']:.0%}"
    test = _within(d["planned"]["label"])
    if d["kind"] == "single_arm":
        return (
            f"{d['label']}: {d['arms']['experimental']} in one arm, planned for a share of responses of "
            f"{effect['experimental']:g} against {effect['null']:g}, which is not worth while; {test}, {level}."
        )
    arms = f"{d['arms']['experimental']} against {d['arms']['control']}, {d['ratio']:g}:1"
    if d["kind"] == "mean":
        what = f"a difference of means of {effect['difference']:g} with a standard deviation of {effect['sd']:g}"
    else:
        what = f"shares of responses of {effect['experimental']:g} against {effect['control']:g}"
    return f"{d['label']}: {arms}, is planned for {what}; {test}, {level}."


def _within(label: str) -> str:
    """Write a label as it stands within a sentence."""
    return label if label.startswith(PROPER) or label[1:2] == " " else label[0].lower() + label[1:]


def _sizes(d: dict[str, Any]) -> list[str]:
    planned = d["planned"]
    if d["kind"] == "single_arm":
        return [
            f"In one stage this takes {planned['patients']} patients; more than {planned['most_responses']} responses "
            f"are a success (exact level {planned['alpha']:.4f}, exact power {planned['power']:.4f}). From "
            f"{planned['holds_from']} patients on no larger trial has less power than asked for."
        ]
    arms = planned["rounded"]
    found = [
        f"Without interim looks this takes {planned['patients']:.2f} patients, {arms['experimental']} and "
        f"{arms['control']} in whole patients ({_within(planned['label'])})."
    ]
    others = [
        f"{row['patients']:.2f} by {_within(row['label'])}"
        for row in d["methods"]
        if row["method"] != planned["method"]
    ]
    return [*found, f"Other tests take {listed(others)}."] if others else found


def _stages(d: dict[str, Any]) -> list[str]:
    found = []
    for row in d["stages"]:
        if row["kind"] == "admissible":
            continue
        lead = "In two stages as planned" if row["planned"] else "In two stages"
        found.append(
            f"{lead} ({row['kind']}): stop after {row['n1']} patients with at most {row['r1']} responses, give up "
            f"after {row['n']} with at most {row['r']}; expected size {row['expected_n']:.2f}, stop after the first "
            f"stage {row['stop_early']:.4f} where the treatment is not worth while (exact level {row['alpha']:.4f}, "
            f"power {row['power']:.4f})."
        )
    return found


def _looks(d: dict[str, Any]) -> list[str]:
    s = d["sequential"]
    if s is None:
        return []
    if len(s["information"]) == 1:
        return [f"There is one look; the bound of Z is {s['upper'][0]:.6g}."]
    at = listed([f"{t:.4g}" for t in s["information"]])
    bounds, patients = bounds_listed(s["upper"], 8), listed([f"{n:.2f}" for n in s["patients"]])
    found = [
        f"There are {len(s['information'])} looks, at {at} of the information, with bounds by "
        f"{BOUNDARIES.get(s['boundary'], s['boundary'])}: Z {bounds}, at {patients} patients with outcome (inflation "
        f"{s['inflation']:.4f})."
    ]
    if s["futility"]:
        found.append(futility_sentence(s))
    expected = s["expected_patients"]
    found.append(
        f"Under the effect planned {expected['planned']:.1f} patients are expected at the end, "
        f"{expected['none']:.1f} without an effect."
    )
    return found


def _patients(d: dict[str, Any]) -> list[str]:
    if d["patients"] is None:
        return []
    chosen = next((row["n"] for row in d["stages"] if row["planned"]), None)
    needed = chosen or (d["sequential"]["total_patients"] if d["sequential"] else d["planned"]["patients"])
    words = "enough" if d["patients"] >= math.ceil(needed * d["all_arms"] - 1e-9) else "fewer than this takes"
    return [f"The protocol plans {d['patients']} patients, {words}."]
