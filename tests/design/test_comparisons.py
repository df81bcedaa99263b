"""Designs of responses, of means and of one arm, from protocol files."""

import json
import math
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.design.conftest import TEXT

from equipoise.design import DesignError, design_trial, designed
from equipoise.protocol import Protocol, ProtocolError, parse_protocol
from equipoise.report.design import write_design

HEAD = TEXT[: TEXT.index("endpoints:")]
BODY = """\
endpoints:
  resp: {label: Objective response, kind: response, paramcd: ORR, assessor: local}
populations:
  itt: {label: ITT, members: randomized}
analyses:
  primary:
    endpoint: resp
    population: itt
    role: primary
"""
ONE_ARM = (
    HEAD.replace("  placebo: {label: Placebo, role: control}\n", "")
    .replace("ratio: {active: 1, placebo: 1}", "ratio: {active: 1}")
    .replace("minimization: {measure: variance, probability: 0.8}", "permuted_blocks: {sizes: [1]}")
    .replace("double_blind", "open_label")
)
FISHER = """\
    test: {fisher: true}
    sided: 2
    alpha: 0.05
    power: 0.9
    design: {patients: 240, response: {experimental: 0.4, control: 0.2}, trials: 300, seed: 5}
"""


def protocol_of(analysis: str, *, head: str = HEAD) -> Protocol:
    return parse_protocol(head + BODY + analysis, file="t.yaml")


def primary(analysis: str, *, head: str = HEAD, simulate: bool = False) -> dict[str, Any]:
    found: dict[str, Any] = design_trial(protocol_of(analysis, head=head), simulate=simulate)["analyses"]["primary"]
    return found


@pytest.mark.parametrize(
    ("shares", "alpha", "power", "optimal", "minimax"),
    [
        # R. Simon (1989) Controlled Clinical Trials 10:1, tables 1 and 2: r1/n1, r/n, expected size
        ((0.2, 0.4), 0.05, 0.8, (3, 13, 12, 43, 20.6), (4, 18, 10, 33, 22.3)),
        ((0.05, 0.25), 0.10, 0.9, (0, 9, 2, 24, 14.5), (0, 13, 2, 20, 16.4)),
        ((0.1, 0.3), 0.05, 0.8, (1, 10, 5, 29, 15.0), (1, 15, 5, 25, 19.5)),
    ],
)
def test_two_stages_of_one_arm_are_those_of_simon(shares, alpha, power, optimal, minimax) -> None:
    text = (
        f"    sided: 1\n    alpha: {alpha}\n    power: {power}\n"
        f"    design: {{response: {{experimental: {shares[1]}, null: {shares[0]}, stages: optimal}}}}\n"
    )
    found = primary(text, head=ONE_ARM)
    rows = {row["kind"]: row for row in found["stages"]}
    for kind, (r1, n1, r, n, expected) in (("optimal", optimal), ("minimax", minimax)):
        row = rows[kind]
        assert (row["r1"], row["n1"], row["r"], row["n"]) == (r1, n1, r, n)
        assert row["expected_n"] == pytest.approx(expected, abs=0.06)
        assert row["alpha"] <= alpha
        assert row["power"] >= power
    assert rows["optimal"]["planned"]
    assert not rows["minimax"]["planned"]
    assert f"stop after {optimal[1]} patients with at most {optimal[0]} responses" in " ".join(found["paragraph"])
    assert found["sequential"] is None
    assert found["allocator"] is None


def test_one_stage_is_exact() -> None:
    text = "    sided: 1\n    alpha: 0.05\n    power: 0.8\n    design: {response: {experimental: 0.4, null: 0.2}}\n"
    planned = primary(text, head=ONE_ARM)["planned"]
    # A'Hern (2001) Statistics in Medicine 20:859: 35 patients, 12 responses
    assert (planned["patients"], planned["most_responses"]) == (35, 11)
    tail = sum(math.comb(35, k) * Fraction(1, 5) ** k * Fraction(4, 5) ** (35 - k) for k in range(12, 36))
    assert planned["alpha"] == pytest.approx(float(tail), rel=1e-12)


def test_two_arms_by_score_and_fisher() -> None:
    found = primary(FISHER)
    by_method = {row["method"]: row for row in found["methods"]}
    # n = (1.959964 sqrt(2 .3 .7) + 1.281552 sqrt(.4 .6 + .2 .8))^2 / .2^2 in each arm
    by_hand = (1.959963985 * np.sqrt(2 * 0.3 * 0.7) + 1.281551566 * np.sqrt(0.4 * 0.6 + 0.2 * 0.8)) ** 2 / 0.04
    assert by_method["score"]["patients"] == pytest.approx(2 * by_hand, rel=1e-8)
    assert found["planned"]["method"] == "fisher"
    assert found["planned"]["power"] >= 0.9
    assert "enough" in " ".join(found["paragraph"])
    curve = found["power_curve"]
    at = curve["power"][int(np.argmin(np.abs(np.array(curve["effect"]) - 0.4)))]
    assert at == pytest.approx(0.9, abs=0.05)
    assert curve["power"][0] == pytest.approx(0.025, abs=1e-9), "at no effect the level"


def test_fisher_in_another_ratio_keeps_the_ratio() -> None:
    head = HEAD.replace("ratio: {active: 1, placebo: 1}", "ratio: {active: 2, placebo: 1}")
    planned = primary(FISHER, head=head)["planned"]
    assert planned["rounded"]["experimental"] == 2 * planned["rounded"]["control"]
    assert planned["power"] >= 0.9
    assert planned["patients"] > primary(FISHER)["planned"]["patients"]


def test_looks_at_responses_have_bounds() -> None:
    text = FISHER.replace("fisher: true", "cmh: {strata: randomization}").replace(
        "sided: 2\n    alpha: 0.05\n", "sided: 1\n    alpha: 0.025\n    interims: [{at_fraction: 0.5}]\n"
    )
    s = primary(text)["sequential"]
    # gsDesign 3.6: Lan-DeMets O'Brien-Fleming spending at half the information
    assert s["upper"] == pytest.approx([2.962588, 1.968596], abs=1e-6)
    assert s["patients"][0] == pytest.approx(s["total_patients"] / 2)
    assert s["inflation"] > 1.0


def test_means_by_the_t_distribution() -> None:
    text = "    sided: 2\n    alpha: 0.05\n    power: 0.9\n    design: {patients: 172, mean: {difference: 5, sd: 10}}\n"
    found = primary(text)
    # R 4.3 power.t.test(delta = 5, sd = 10, power = .9): n = 85.03128
    assert found["planned"]["patients"] == pytest.approx(2 * 85.03128, abs=1e-4)
    assert found["planned"]["rounded"] == {"experimental": 86, "control": 86}
    assert found["power_curve"]["power"][-1] > 0.99


def test_the_allocator_and_the_size_of_the_planned_test_are_simulated(tmp_path: Path) -> None:
    content = design_trial(protocol_of(FISHER))
    found = content["analyses"]["primary"]["allocator"]
    no_drift, drift = found["size_of_test"]
    assert no_drift["scenario"] == "no drift"
    assert "odds of a response double" in drift["scenario"]
    for row in (no_drift, drift):
        assert row["size"] <= 0.025 + 4 * row["std_error"], "Fisher's test keeps its level"
    assert set(found["factor_imbalance"]) == {"site", "prior"}
    json.dumps(content, allow_nan=False)
    page = write_design({"equipoise": "0", **content}, tmp_path).read_text(encoding="utf-8")
    for words in ("Fisher&#39;s exact test", "The allocator", "True share of responses"):
        assert words in page
    assert design_trial(protocol_of(FISHER)) == content, "the same from the same seed"


def test_a_design_of_responses_is_not_monitored_as_events() -> None:
    assert designed(protocol_of(FISHER)) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("control: 0.2", "null: 0.2, control: 0.2", "there is one share to compare with"),
        ("experimental: 0.4, control: 0.2", "experimental: 0.2, control: 0.2", "no number of patients is enough"),
        ("experimental: 0.4, control: 0.2", "experimental: 0.1, null: 0.2", "one arm is tested for more"),
        ("experimental: 0.4", "experimental: 1.4", "less than 1"),
        ("trials: 300", "mean: {difference: 1, sd: 1}", "an analysis is of responses or of means"),
        ("response: {experimental: 0.4, control: 0.2}", "mean: {difference: 0, sd: 1}", "no number of patients"),
        ("response: {experimental: 0.4, control: 0.2}", "mean: {difference: 2, sd: 0}", "greater than 0"),
    ],
)
def test_bad_plans_are_found_in_the_file(old: str, new: str, said: str) -> None:
    assert old in FISHER
    with pytest.raises(ProtocolError) as found:
        protocol_of(FISHER.replace(old, new))
    assert said in str(found.value)


def test_what_cannot_be_computed_is_explained() -> None:
    looks = FISHER.replace("power: 0.9", "power: 0.9\n    interims: [{at_events: 30}]")
    with pytest.raises(DesignError, match="given by at_fraction"):
        primary(looks)
    with pytest.raises(DesignError, match=r"primary lacks power, design\.response"):
        primary("    test: {fisher: true}\n")
    single = (
        "    sided: 1\n    alpha: 0.05\n    power: 0.8\n    interims: [{at_fraction: 0.5}]\n"
        "    design: {response: {experimental: 0.4, null: 0.2}}\n"
    )
    with pytest.raises(DesignError, match=r"design\.response\.stages"):
        primary(single, head=ONE_ARM)
    small = (
        "    sided: 1\n    alpha: 0.05\n    power: 0.8\n"
        "    design: {response: {experimental: 0.25, null: 0.2, stages: minimax, largest: 50}}\n"
    )
    with pytest.raises(DesignError, match="no two-stage design of at most 50 patients"):
        primary(small, head=ONE_ARM)


def test_all_kinds_stand_in_one_design(small: Callable[..., Protocol]) -> None:
    """A trial with a time to event and a response gets both, in the order of the protocol."""
    endpoint = (
        "  os: {label: Overall",
        "  resp: {label: R, kind: response, paramcd: ORR, assessor: local}\n  os: {label: Overall",
    )
    analysis = ("analyses:\n", "analyses:\n  response:\n    endpoint: resp\n    population: itt\n" + FISHER)
    content = design_trial(small(endpoint, analysis), simulate=False)
    assert {name: d["kind"] for name, d in content["analyses"].items()} == {
        "response": "response",
        "primary": "survival",
    }
