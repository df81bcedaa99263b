"""Bounds against exact ones, print, rpact and gsDesign."""

import math

import numpy as np
import pytest
from scipy.special import ndtri
from scipy.stats import multivariate_normal
from tests.stats.sequential.rpact_designs import NAMES, column, design_of

from equipoise.stats import group_sequential
from equipoise.stats.sequential.walk import crossing_probabilities

RPACT = "rpact 3.3.4"
GSDESIGN = "gsDesign 3.11.0.9003"
PEER_ERROR = 1e-6
"""Largest error of rpact's bounds against exact ones is 8e-7."""


@pytest.mark.evidence(
    method="group_sequential", kind="published", source="bounds to 1e-12 (Gauss-Legendre, 960 points)"
)
def test_bounds_are_exact(exact_bounds):
    checked = 0
    for key, expected in exact_bounds.items():
        if "type" not in expected:
            name = next((n for n in ("LDP", "HSD-4") if n in key), "LDOF")
            boundary = {"LDOF": "asOF", "LDP": "asP", "HSD-4": "asHSD"}[name]
            design = group_sequential(
                expected["info"],
                alpha=expected.get("alpha", 0.025),  # gsDesign's own
                boundary=NAMES[boundary],
                boundary_parameter=-4 if boundary == "asHSD" else None,
            )
            assert design.upper == pytest.approx(np.array(expected["bounds"]), abs=1e-10), key
            checked += 1
            continue
        design = group_sequential(
            expected["info"],
            alpha=expected["alpha"],
            sided=expected["sided"],
            boundary=NAMES[expected["type"]],
            boundary_parameter=expected["par"],
        )
        assert design.upper == pytest.approx(np.array(expected["bounds"]), abs=1e-10), key
        checked += 1
    assert checked == len(exact_bounds) == 76


@pytest.mark.evidence(method="group_sequential", kind="R", source=RPACT)
def test_designs_equal_rpact(goldens):
    checked = 0
    for key, golden in goldens["boundaries"].items():
        design = design_of(golden["call"])
        if design is None:
            continue
        out, expected = golden["out"], golden["characteristics"]
        assert design.upper == pytest.approx(column(out["criticalValues"]), abs=PEER_ERROR), key
        if {"typeBetaSpending", "deltaPT0"} & set(golden["call"]):
            assert design.lower[:-1] == pytest.approx(column(out["futilityBounds"]), abs=PEER_ERROR), key
            assert design.beta_spent == pytest.approx(column(out["betaSpent"]), abs=PEER_ERROR), key
        assert design.drift**2 == pytest.approx(expected["shift"], rel=PEER_ERROR), key
        assert design.inflation == pytest.approx(expected["inflationFactor"], rel=PEER_ERROR), key
        for part, name in ((0.0, "0"), (0.5, "01"), (1.0, "1")):
            found = design.crossing(part * design.drift).expected_information * design.inflation
            assert found == pytest.approx(expected[f"averageSampleNumber{name}"], abs=PEER_ERROR), key
        rejected = design.crossing(design.drift).upper
        assert rejected == pytest.approx(column(expected["rejectionProbabilities"]), abs=PEER_ERROR), key
        checked += 1
    assert checked == 142


@pytest.mark.evidence(method="CrossingProbabilities", kind="R", source=f"{RPACT}, what is spent and reached by look")
def test_errors_and_power_by_look_equal_rpact(goldens):
    checked = 0
    for key, golden in goldens["boundaries"].items():
        design = design_of(golden["call"])
        if design is None:
            continue
        out, expected = golden["out"], golden["characteristics"]
        assert design.p_value == pytest.approx(column(out["stageLevels"]), abs=PEER_ERROR), key
        assert design.alpha_spent == pytest.approx(column(out["alphaSpent"]), abs=PEER_ERROR), key
        assert design.information * design.drift**2 == pytest.approx(column(expected["information"]), rel=PEER_ERROR), (
            key
        )
        assert design.drift**2 / design.inflation == pytest.approx(expected["nFixed"], rel=PEER_ERROR), key
        crossed = design.crossing(design.drift)
        assert np.cumsum(crossed.upper) == pytest.approx(column(expected["power"]), abs=PEER_ERROR), key
        if design.sided == 1:
            stopped = column(expected["futilityProbabilities"])
            assert crossed.lower[:-1] == pytest.approx(stopped, abs=PEER_ERROR), key
        checked += 1
    assert checked == 142


@pytest.mark.evidence(method="group_sequential", kind="R", source=GSDESIGN)
@pytest.mark.parametrize("kind", [3, 4])
@pytest.mark.parametrize(("name", "boundary"), [("LDOF", "asOF"), ("LDP", "asP"), ("HSD-4", "asHSD")])
def test_futility_equals_gsdesign(goldens, kind, name, boundary):
    golden = goldens["gsdesign"][f"tt{kind}_{name}"]
    design = group_sequential(
        golden["timing"],
        power=0.9,
        boundary=NAMES[boundary],
        boundary_parameter=-4 if boundary == "asHSD" else None,
        futility="hwang_shih_decani",
        futility_parameter=-2,
        binding=kind == 3,
    )
    # gsDesign's bounds do not spend quite what they should: its own probabilities, which are ours at its bounds, say so
    information, upper, lower = design.information, np.array(golden["upper"]), np.array(golden["lower"])
    for side, drift in ((0, 0.0), (1, golden["delta"] * math.sqrt(golden["n_I"][-1]))):
        up, down = crossing_probabilities(information, drift, lower, upper)
        assert up == pytest.approx(np.array(golden["upper_prob"])[:, side], abs=1e-7)
        assert down == pytest.approx(np.array(golden["lower_prob"])[:, side], abs=1e-7)
    overspent = abs(np.sum(golden["upper_prob"], axis=0)[0] - 0.025) if kind == 3 else 0.0
    tolerance = 5e-6 + overspent / 0.015  # over the density of Z at the last bound
    assert design.upper == pytest.approx(upper, abs=tolerance)
    assert design.lower == pytest.approx(lower, abs=tolerance)
    assert design.inflation == pytest.approx(golden["n_I"][-1], abs=tolerance)


@pytest.mark.evidence(method="CrossingProbabilities", kind="R", source=GSDESIGN)
def test_crossing_probabilities_equal_gsdesign(goldens):
    golden = goldens["gsdesign"]["gs_power"]
    design = group_sequential([0.4, 0.7, 1], power=0.9, futility="hwang_shih_decani", futility_parameter=-2)
    largest = golden["n_I"][-1]
    for i, theta in enumerate(golden["theta"]):
        found = design.crossing(theta * math.sqrt(largest))
        assert found.upper == pytest.approx(np.array(golden["upper"])[:, i], abs=1e-6)
        assert found.lower[:2] == pytest.approx(np.array(golden["lower"])[:2, i], abs=1e-6)
        assert found.expected_information * largest == pytest.approx(golden["en"][i], abs=1e-4)


@pytest.mark.evidence(method="group_sequential", kind="hand", source="one look is a fixed design")
def test_one_look_is_a_fixed_design():
    design = group_sequential(1, alpha=0.1, power=0.85)
    assert design.upper == pytest.approx([-ndtri(0.1)], abs=1e-14)
    assert design.inflation == pytest.approx(1.0, abs=1e-14)
    assert design.events(9 / 14) == pytest.approx([110.094444520594], rel=1e-12)


@pytest.mark.evidence(
    method="group_sequential", kind="published", source="Lan and DeMets 1983: 0.00305 and 2.963 at one half"
)
def test_two_sided_example_of_lan_and_demets():
    design = group_sequential([0.5, 1], alpha=0.05, sided=2)
    assert design.alpha_spent[0] == pytest.approx(0.00305065, abs=1e-8)
    assert design.upper[0] == pytest.approx(2.96259, abs=1e-5)


@pytest.mark.evidence(
    method="group_sequential", kind="published", source="Jennison and Turnbull 2000, tables 2.1 and 2.3"
)
@pytest.mark.parametrize(
    ("looks", "pocock", "obrien_fleming"), [(2, 2.178, 1.977), (3, 2.289, 2.004), (5, 2.413, 2.040), (10, 2.555, 2.087)]
)
def test_classical_constants(looks, pocock, obrien_fleming):
    two_sided = {"alpha": 0.05, "sided": 2}
    assert round(group_sequential(looks, boundary="pocock", **two_sided).upper[0], 3) == pocock
    assert round(group_sequential(looks, boundary="obrien_fleming", **two_sided).upper[-1], 3) == obrien_fleming


@pytest.mark.evidence(method="group_sequential", kind="hand", source="multivariate normal probability")
def test_crossing_probabilities_are_multivariate_normal():
    information = np.array([0.3, 0.55, 1.0])
    design = group_sequential(information, power=0.9)
    covariance = np.sqrt(np.minimum.outer(information, information) / np.maximum.outer(information, information))
    mean = 1.7 * np.sqrt(information)
    below = multivariate_normal.cdf(design.upper, mean=mean, cov=covariance, abseps=1e-10, releps=1e-10)
    assert design.crossing(1.7).power == pytest.approx(1.0 - below, abs=1e-8)


@pytest.mark.evidence(
    method="group_sequential", kind="published", source="A021202: two looks, one-sided 0.10, 85% power"
)
def test_bounds_of_a021202():
    design = group_sequential([0.5, 1.0], alpha=0.10, power=0.85)
    assert design.upper == pytest.approx([2.053557827262476, 1.3164605222518908], abs=1e-12)
    assert design.events(9 / 14)[-1] == pytest.approx(111.8859, abs=1e-4)
