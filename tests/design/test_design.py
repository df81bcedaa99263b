"""Designs computed from protocol files alone."""

import json
import math

import numpy as np
import pytest

from equipoise.design import DesignError, design_analysis, design_trial, monitor_look, plan_looks
from equipoise.protocol import ProtocolError


@pytest.fixture
def a021202(published):
    return design_analysis(published("a021202"), "primary", simulate=False)


def test_a021202_reads_as_published(a021202):
    """Schoenfeld by hand; bounds from the exact table (equal information, one-sided 0.10, two looks)."""
    z = 1.2815515655446004 + 1.0364333894937898  # normal quantiles of 0.90 and 0.85
    events = 4 * z**2 / math.log(9 / 14) ** 2
    assert a021202["fixed"]["planned"]["events"] == pytest.approx(events, rel=1e-12)
    assert f"{events:.2f}" == "110.09"
    assert a021202["sequential"]["upper"] == pytest.approx([2.0535578, 1.3164605222518908], abs=1e-7)
    assert [other["looks"] for other in a021202["other_looks"]] == [1, 2, 3]
    assert a021202["realized"]["events"]["schoenfeld"] == pytest.approx(events * 171**2 / (4 * 97 * 74), rel=1e-12)
    text = " ".join(a021202["paragraph"])
    for words in ("110.09 events (Schoenfeld)", "1.3164605", "97:74", "112.12 events", "Freedman", "Lachin-Foulkes"):
        assert words in text


def test_cabinet_spends_what_its_looks_say(published):
    design = design_trial(published("cabinet"), simulate=False)
    assert set(design["analyses"]) == {"primary_epnet", "primary_pnet"}
    for analysis in design["analyses"].values():
        s = analysis["sequential"]
        assert s["boundary"] == "user_spending"
        assert s["alpha_spent"] == pytest.approx([0.001, 0.002, 0.025], abs=1e-12)
        assert s["lower"][0] < s["lower"][1] < s["lower"][2] == s["upper"][2]
        assert analysis["ratio"] == 2


@pytest.mark.parametrize(("name", "events"), [("radiant4", 176.6), ("netter1", 72.4), ("sunitinib_pnet", 256.3)])
def test_other_published_trials_have_a_design(published, name, events):
    design = design_analysis(published(name), "primary", simulate=False)
    assert design["fixed"]["planned"]["events"] == pytest.approx(events, abs=1.5)


def test_the_whole_design_is_plain_numbers_and_repeats(small):
    protocol = small()
    first = design_trial(protocol)
    text = json.dumps(first, allow_nan=False)
    assert text == json.dumps(design_trial(protocol, mapper=lambda function, items: [function(i) for i in items]))
    analysis = first["analyses"]["primary"]
    assert set(analysis["shapes"]["scenarios"][0]["power"]) == {"log-rank", "max-combo", "restricted mean", "milestone"}
    assert [row["scenario"][:8] for row in analysis["allocator"]["size_of_test"]] == ["no drift", "hazard d"]
    assert set(analysis["allocator"]["factor_imbalance"]) == {"site", "prior"}
    assert analysis["allocator"]["guessable"] > 0.5


def test_simulated_power_is_the_planned_one(small, full):
    trials = 100_000 if full else 5_000
    analysis = design_analysis(small(("trials: 160", f"trials: {trials}")), "primary", trials=trials)
    with_effect, without = analysis["simulation"]
    assert abs(without["power"] - 0.025) < 4 * without["std_error"] + 0.002  # the log-rank test is not quite normal
    assert abs(with_effect["power"] - 0.9) < 4 * with_effect["std_error"] + 0.01


def test_events_by_month_add_up(small):
    analysis = design_analysis(small(), "primary", simulate=False)
    planned, *others = analysis["accrual"]
    assert planned["look_months"][0] < planned["look_months"][1]
    slow = next(row for row in others if row["scenario"] == "three quarters of the rate")
    assert slow["accrual_months"] == pytest.approx(32)
    assert slow["look_months"][1] > planned["look_months"][1]
    curve = analysis["event_curve"]
    at = np.interp(planned["look_months"][1], curve["months"], curve["events"])
    assert at == pytest.approx(analysis["sequential"]["total_events"], rel=2e-3)


def test_power_curve_passes_through_the_plan(small):
    analysis = design_analysis(small(), "primary", simulate=False)
    curve = analysis["power_curve"]
    assert np.interp(10 / 16, curve["hazard_ratio"], curve["power"]) == pytest.approx(0.9, abs=2e-3)
    assert np.interp(1.0, curve["hazard_ratio"], curve["power"]) == pytest.approx(0.025, abs=2e-3)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("patients: 300", "patients: 100", r"cannot be reached: 100 patients give at most \d"),
        ("    median_control_months: 10\n", "", "lacks median_control_months"),
        ("[{at_fraction: 0.6}]", "[{at_events: 400}]", "interim look 1 is at 400 events, the final analysis at"),
        ("[{at_fraction: 0.6}]", "[{at_fraction: 0.3, alpha_spent: 0.01}, {at_fraction: 0.6}]", "at some looks only"),
        ("seed: 7", "seed: 7, strata: {site: {midgut: 0.5, colon: 0.5}}", "colon is not a level"),
    ],
)
def test_impossible_designs_are_explained(small, old, new, said):
    with pytest.raises(DesignError, match=said):
        design_trial(small((old, new)), simulate=False)


@pytest.mark.parametrize(
    ("old", "new", "place", "said"),
    [
        ("alpha: 0.025", "alpha: 0", "analyses.primary.alpha", "greater than 0"),
        ("power: 0.9", "power: 1.2", "analyses.primary.power", "less than 1"),
        ("power: 0.9", "power: 0.01", "analyses.primary.power", "not above alpha"),
        ("active: 1,", "active: 0,", "randomization.ratio.active", "greater than or equal to 1"),
        ("experimental_months: 16", "experimental_months: 10", "analyses.primary.median_exp", "hazard ratio is 1"),
        ("experimental_months: 16", "experimental_months: 7", "analyses.primary.median_exp", "worse than control"),
        ("seed: 7", "seed: 7, hazard_ratio: 1.4", "analyses.primary.design.hazard_ratio", "worse than control"),
        ("seed: 7", "seed: 7, hazard_ratio: 1.0", "analyses.primary.design.hazard_ratio", "hazard ratio is 1"),
        ("months: 24", "months: 80", "analyses.primary.design.accrual.months", "accrual takes longer than the study"),
        ("{at_fraction: 0.6}", "{at_fraction: 0.6}, {at_fraction: 0.4}", "interims[2].at_fraction", "order of time"),
        ("{at_fraction: 0.6}", "{at_fraction: 0.6, alpha_spent: 0.03}", "interims[1].alpha_spent", "more than alpha"),
        ("{at_fraction: 0.6}", "{at_fraction: 0.6, alpha_spent: 0.025}", "interims[1].alpha_spent", "nothing is left"),
        ("power: 0.9", "power: 0.9\n    planned_events: 290", "analyses.primary.planned_events", "patients can give"),
        ("seed: 7", "seed: 7, boundary: kim_demets", "analyses.primary.design", "kim_demets needs its parameter"),
        ("seed: 7", "seed: 7, futility: lan_demets_pocock", "primary.design.futility", "not every look may stop"),
        (
            "seed: 7",
            "seed: 7, futility_bounds: [0, 1]",
            "primary.design.futility_bounds",
            "one futility bound for each",
        ),
        ("seed: 7", "seed: 7, strata: {site: {midgut: 0.2}}", "primary.design.strata.site", "do not add up to 1"),
        ("seed: 7", "seed: 7, prognosis: {sites: {a: 2}}", "primary.design.prognosis.sites", "not declared"),
        ("seed: 7", "seed: 7, realized: {activ: 2}", "primary.design.realized.activ", "not declared"),
        ("seed: 7", "seed: 7, effect: [{hazard_ratio: 1}]", "primary.design.effect", "hazard ratio is 1"),
        ("seed: 7", "seed: 7, effect: [{until_month: 3, hazard_ratio: 0.5}]", "design.effect[1]", "goes on for ever"),
    ],
)
def test_wrong_plans_are_told_with_their_line(small, old, new, place, said):
    with pytest.raises(ProtocolError) as caught:
        small((old, new))
    found = [p for p in caught.value.problems if place in (p.path or "") and said in str(p)]
    assert found, [(p.path, str(p)) for p in caught.value.problems]
    assert all(p.file == "t.yaml" and p.line for p in found)


def test_an_interim_at_the_final_events_is_told(small):
    with pytest.raises(ProtocolError, match="comes at the final analysis or after it"):
        small(("[{at_fraction: 0.6}]", "[{at_events: 200}]\n    planned_events: 200"))


def test_bounds_move_with_the_events(published):
    plan = plan_looks(published("a021202"), "primary")
    as_planned = monitor_look(plan, look=1, events=[56], z=1.0)
    assert as_planned.upper == pytest.approx(as_planned.planned_upper, abs=1e-9)
    # by hand: information 14 of 28, Phi(theta sqrt(14) + z - b sqrt(2)) with theta = ln(14/9), z = 1, b = 1.3164605
    assert as_planned.conditional_power_planned == pytest.approx(0.785654, abs=1e-6)
    early, late = monitor_look(plan, look=1, events=[40]), monitor_look(plan, look=1, events=[70])
    assert early.upper > as_planned.upper > late.upper
    final = monitor_look(plan, look=2, events=[56, 101], z=2.5)
    assert final.alpha_spent == pytest.approx(0.10, abs=1e-12)
    assert final.crossed
    assert final.conf_high < 1


def test_the_futility_bound_moves_too(published):
    plan = plan_looks(published("cabinet"), "primary_epnet")
    first, more = (monitor_look(plan, look=1, events=[n], z=-1.0) for n in (41, 60))
    assert first.lower < more.lower
    assert more.futile
    as_planned = monitor_look(plan, look=1, events=[plan.events[0]])
    assert as_planned.lower == pytest.approx(plan.design.lower[0], abs=1e-9)


@pytest.mark.parametrize(
    ("look", "events", "said"),
    [
        (3, [10], "there is no look 3"),
        (2, [60, 60], "a look repeated tells nothing new"),
        (2, [120, 130], "all error is spent"),
    ],
)
def test_impossible_looks_are_explained(published, look, events, said):
    with pytest.raises(DesignError, match=said):
        monitor_look(plan_looks(published("a021202"), "primary"), look=look, events=events)
