"""Designs of analyses that compare more than one experimental arm."""

import pytest

from equipoise.design import design_trial

ARMS = ("  placebo: {label", "  high: {label: High, role: experimental}\n  placebo: {label")
RATIO = ("{active: 1, placebo: 1}", "{active: 2, high: 1, placebo: 1}")
BLOCKS = ("{minimization: {measure: variance, probability: 0.8}}", "{permuted_blocks: {sizes: [4]}}")
PATIENTS = ("patients: 300", "patients: 600")


def test_a_second_comparison_is_named_and_gives_no_events(small):
    found = design_trial(small(ARMS, RATIO, BLOCKS, PATIENTS), trials=600)["analyses"]["primary"]
    assert found["other_comparisons"] == [["High", "Placebo"]]
    text = " ".join(found["paragraph"])
    assert "The analysis also compares High against Placebo" in text
    assert "is not adjusted" in text
    planned = next(row for row in found["simulation"] if row["scenario"] == "effect as planned")
    assert planned["look_events"] == pytest.approx([130, 216], abs=1e-9)
    assert abs(planned["power"] - 0.9) < 4 * planned["std_error"] + 0.02


def test_one_comparison_says_nothing_of_others(small):
    found = design_trial(small(), simulate=False)["analyses"]["primary"]
    assert found["other_comparisons"] == []
    assert "also compares" not in " ".join(found["paragraph"])
