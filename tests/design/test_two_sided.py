"""Two-sided designs with futility, and bounds that are not there, from the protocol to the look."""

import json

import pytest

from equipoise.design import design_trial, monitor_look, plan_looks
from equipoise.protocol import ProtocolError
from equipoise.report.design import write_design

TWO_SIDED = ("    sided: 1", "    sided: 2")
LOOKS = ("{at_fraction: 0.6}", "{at_fraction: 0.4, futility: true}, {at_fraction: 0.7, futility: true}")


def planned(words):
    return ("design: {patients", f"design: {{{words}, patients")


def test_the_trial_stops_where_z_is_near_zero(small, tmp_path):
    protocol = small(TWO_SIDED, LOOKS, planned("futility: lan_demets_pocock"))
    content = design_trial(protocol, trials=300)
    found = content["analyses"]["primary"]
    s = found["sequential"]
    assert 0 < s["inner"][0] < s["inner"][1] < s["inner"][2] == s["upper"][2]
    assert s["lower"] == [-bound for bound in s["upper"]]
    assert s["beta_spent"][-1] == pytest.approx(0.1, abs=1e-9)
    text = " ".join(found["paragraph"])
    assert f"Futility bounds (Pocock-like spending (Lan-DeMets), not binding) at |Z| {s['inner'][0]:.4g}" in text
    assert "type I error of this side" in text
    run = next(row for row in found["simulation"] if row["scenario"] == "no effect")
    ends = [run[name] for name in ("stops_for_success", "stops_for_futility", "stops_on_other_side")]
    assert sum(map(sum, ends)) == pytest.approx(1.0)
    assert run["stops_for_futility"][0] > 0.2
    write_design({"equipoise": "0", "protocol_sha256": "0" * 64, **content}, tmp_path)
    assert "Futility bound of |Z|" in (tmp_path / "index.html").read_text(encoding="utf-8")


def test_a_look_at_two_sides_has_a_bound_of_the_size_of_z(small):
    plan = plan_looks(small(TWO_SIDED, LOOKS, planned("futility: lan_demets_pocock")), "primary")
    events = [round(plan.events[0])]
    small_z, against = (monitor_look(plan, look=1, events=events, z=z) for z in (-0.1, -4.5))
    assert small_z.lower == pytest.approx(plan.design.inner[0], abs=0.01)
    assert small_z.futile
    assert not small_z.crossed_other_side
    assert not against.futile
    assert not against.crossed
    assert against.crossed_other_side
    assert monitor_look(plan, look=1, events=[events[0] + 20]).lower > small_z.lower


def test_a_bound_may_be_none(small, tmp_path):
    protocol = small(TWO_SIDED, LOOKS, planned("boundary: final_only, futility_bounds: [null, 0.5]"))
    content = design_trial(protocol, simulate=False)
    s = content["analyses"]["primary"]["sequential"]
    assert s["upper"][:2] == [None, None]
    assert s["inner"][:2] == [None, 0.5]
    json.dumps(content, allow_nan=False)
    assert "Z none, none and 2.24" in " ".join(content["analyses"]["primary"]["paragraph"])
    write_design({"equipoise": "0", "protocol_sha256": "0" * 64, **content}, tmp_path)
    plan = plan_looks(protocol, "primary")
    look = monitor_look(plan, look=1, events=[80], z=0.2)
    assert look.lower is None
    assert look.futile is None
    assert monitor_look(plan, look=2, events=[80, 140], z=0.2).futile


def test_bounds_with_a_shape_come_from_the_protocol(small):
    protocol = small(TWO_SIDED, LOOKS, planned("futility: wang_tsiatis, futility_parameter: 0.2"))
    found = design_trial(protocol, simulate=False)["analyses"]["primary"]
    assert "Futility bounds (Wang-Tsiatis bounds, not binding) at |Z| " in " ".join(found["paragraph"])
    plan = plan_looks(protocol, "primary")
    look = monitor_look(plan, look=2, events=[round(n) for n in plan.events[:2]], z=0.2)
    assert look.lower == pytest.approx(plan.design.inner[1], abs=0.02)


def test_a_bound_of_the_size_of_z_is_not_negative(small):
    with pytest.raises(ProtocolError, match="the bounds are of its size"):
        small(TWO_SIDED, LOOKS, planned("futility_bounds: [-1, 0.5]"))
