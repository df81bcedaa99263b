"""Designs for an effect that changes with time."""

import math

import pytest

from equipoise.design import design_analysis, monitor_look, plan_looks

DELAY = ("design: {patients", "design: {effect: [{until_month: 4, hazard_ratio: 1}, {hazard_ratio: 0.5}], patients")


def test_the_average_effect_at_each_look_is_told(small):
    found = design_analysis(small(DELAY), "primary", simulate=False)
    first, last = found["effect"]["average_hazard_ratios"]
    assert 0.5 < last < first < 1
    planned = next(row for row in found["fixed"]["methods"] if row["method"] == "schoenfeld")
    z = 1.959963984540054 + 1.2815515655446004
    assert planned["events"] == pytest.approx(4 * z**2 / math.log(planned["average_hazard_ratio"]) ** 2, rel=1e-9)
    assert last == pytest.approx(planned["average_hazard_ratio"], abs=0.002)
    text = " ".join(found["paragraph"])
    assert f"its average hazard ratio is {first:.4f} and {last:.4f} at the looks" in text
    assert design_analysis(small(), "primary", simulate=False)["effect"]["average_hazard_ratios"] is None


def test_conditional_power_takes_the_average_effect_planned(small):
    plan = plan_looks(small(DELAY), "primary")
    now, end = (count / 4 for count in plan.events)
    found = monitor_look(plan, look=1, events=[round(plan.events[0])], z=1.0)
    root = math.sqrt(end - now)
    score = (1.98 * math.sqrt(end) - math.sqrt(now)) / root + math.log(plan.hazard_ratio) * root
    assert 0.6 < plan.hazard_ratio < 0.66
    assert found.conditional_power_planned == pytest.approx(0.5 * math.erfc(score / math.sqrt(2)), abs=0.01)
