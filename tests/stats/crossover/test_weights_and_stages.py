"""Inverse probability of censoring weights and two-stage estimation."""

import csv
import itertools
import json
import math

import numpy as np
import pytest
from tests.stats.crossover.trial import trial

from equipoise.stats import StatsError, cox_ph, ipcw_cox, two_stage, two_stage_g

TRTSWITCH = "trtswitch 0.2.7"


def read(path):
    with path.open() as file:
        rows = list(csv.DictReader(file))
    return {k: np.array([row[k] for row in rows]) for k in rows[0]}


def numbers(column):
    return np.array([math.nan if v == "NA" else float(v) for v in column])


def baseline_of(d):
    pathway = d["pathway.f"]
    return np.column_stack(
        [
            numbers(d["agerand"]),
            d["sex.f"] == "Female",
            numbers(d["tt_Lnum"]),
            numbers(d["rmh_alea.c"]),
            pathway == "HR",
            pathway == "PI3K/AKT/mTOR",
        ]
    ).astype(float)


@pytest.fixture(scope="module")
def goldens(reference):
    return json.loads((reference / "crossover" / "goldens_trtswitch.json").read_text())


@pytest.mark.evidence(method="ipcw_cox", kind="R", source=TRTSWITCH)
@pytest.mark.parametrize("stabilized", [True, False])
def test_weighted_hazard_ratio_equals_trtswitch(reference, goldens, stabilized):
    d = read(reference / "crossover" / "shilong.csv")
    found = ipcw_cox(
        numbers(d["id"]),
        numbers(d["tstart"]),
        numbers(d["tstop"]),
        numbers(d["event"]),
        d["bras.f"],
        switch_time=np.where(d["co"] == "TRUE", numbers(d["dco"]), math.nan),
        reference="CT",
        baseline=baseline_of(d),
        varying=np.column_stack([numbers(d[k]) for k in ("ps", "ttc", "tran")]),
        switchers="both",
        stabilized=stabilized,
        weight_time="at",
    )
    golden = goldens["shilong_ipcw_cox" if stabilized else "shilong_ipcw_cox_unstab"]
    assert found.hazard_ratio == pytest.approx(golden["hr"], rel=1e-8)
    assert (found.conf_low, found.conf_high) == pytest.approx(golden["hr_CI"], rel=1e-8)
    assert found.p_value == pytest.approx(golden["pvalue"], rel=1e-8)
    assert found.n_events == golden["fit_sumstat"]["nevents"][0]
    assert found.weight_max == pytest.approx(max(golden["weight_summary"]["Max"]), rel=1e-8)


@pytest.mark.evidence(method="two_stage", kind="R", source=TRTSWITCH)
@pytest.mark.parametrize("distribution", ["weibull", "loglogistic", "lognormal", "exponential"])
@pytest.mark.parametrize("recensor", [True, False])
def test_two_stages_equal_trtswitch(reference, goldens, distribution, recensor):
    d = read(reference / "crossover" / "shilong_tse.csv")
    baseline = baseline_of(d)
    found = two_stage(
        numbers(d["tstop"]),
        numbers(d["event"]),
        d["bras.f"],
        progression_time=np.where(d["pd"] == "1", numbers(d["dpd"]), math.nan),
        switch_time=np.where(d["co"] == "TRUE", numbers(d["dco"]), math.nan),
        reference="CT",
        censor_time=numbers(d["dcut"]),
        recensor=recensor,
        x=baseline,
        x_progression=np.column_stack([baseline, *(numbers(d[k]) for k in ("ps", "ttc", "tran"))]),
        switchers="both",
        distribution=distribution,
        taken_back_from="progression",
    )
    golden = goldens[f"shilong_tsesimp_{distribution}_{'recensor' if recensor else 'norecensor'}"]
    control, experimental = found.effects
    assert control.psi == pytest.approx(golden["psi"], abs=1e-8)
    assert (control.conf_low, control.conf_high) == pytest.approx(golden["psi_CI"], abs=1e-8)
    assert experimental.psi == pytest.approx(golden["psi_trt"], abs=1e-8)
    assert found.hazard_ratio == pytest.approx(golden["hr"], rel=1e-8)
    assert (found.conf_low, found.conf_high) == pytest.approx(golden["hr_CI"], rel=1e-8)
    assert found.n_events_recensored == sum(golden["event_summary"]["event_out_n"])


def columns(rows, frail):
    patient = np.array([r[0] for r in rows])
    return {
        "subject": patient,
        "start": np.array([r[1] for r in rows]),
        "stop": np.array([r[2] for r in rows]),
        "event": np.array([r[3] for r in rows]),
        "group": np.array([r[4] for r in rows]),
        "switch_time": np.array([r[5] for r in rows]),
        "varying": frail[patient].astype(float),
    }


@pytest.mark.evidence(method="ipcw_cox", kind="property", source="a simulated truth is found under confounding")
@pytest.mark.evidence(method="two_stage", kind="property", source="a simulated truth is found under confounding")
@pytest.mark.evidence(method="two_stage_g", kind="property", source="a simulated truth is found under confounding")
def test_the_truth_is_found_under_confounding(full):
    n = 12_000 if full else 4_000
    t = trial(n=n, psi=-0.6, seed=11, confounded=True)
    rows = t.rows()
    c = columns(rows, t.frail)
    never = trial(n=n, psi=-0.6, seed=11, confounded=True, switching=0.0)
    truth = float(cox_ph(never.time, never.event, never.arm).hazard_ratio[0])
    naive = np.isnan(t.switch)
    censored = cox_ph(np.where(naive, t.time, t.switch), t.event & naive, t.arm)
    progressed = np.array([r[6] for r in rows])
    weighted = ipcw_cox(**c, at_risk=progressed)
    progression = np.where(np.isinf(t.progression), np.nan, t.progression)
    staged = two_stage(
        t.time,
        t.event,
        t.arm,
        progression_time=progression,
        switch_time=t.switch,
        censor_time=t.limit,
        x_progression=t.frail.astype(float),
        day=1e-6,
    )
    patient = c["subject"]
    g = two_stage_g(**c, progression_time=progression[patient], censor_time=t.limit[patient])
    itt = float(cox_ph(t.time, t.event, t.arm).hazard_ratio[0])
    assert itt > truth + 0.03
    assert abs(weighted.hazard_ratio - truth) < max(0.05, abs(float(censored.hazard_ratio[0]) - truth))
    for found in (staged, g):
        assert abs(found.hazard_ratio - truth) < abs(itt - truth)
    assert g.psi == pytest.approx(-0.6, abs=0.25)
    assert g.psi_low < g.psi < g.psi_high


def test_g_estimation_is_drawn_again_through_both_stages():
    t = trial(n=120, psi=-0.6, seed=11, confounded=True)
    c = columns(t.rows(), t.frail)
    patient = c["subject"]
    progression = np.where(np.isinf(t.progression), np.nan, t.progression)
    more = {"progression_time": progression[patient], "censor_time": t.limit[patient]}
    plain = two_stage_g(**c, **more)
    found, again = (two_stage_g(**c, **more, samples=3, seed=3) for _ in range(2))
    assert (found.conf_low, found.conf_high) == (again.conf_low, again.conf_high)
    assert (found.hazard_ratio, found.psi) == (plain.hazard_ratio, plain.psi)
    assert 0 < found.conf_low < found.conf_high != plain.conf_high
    assert found.limits == f"bootstrap percentiles, {3 - found.samples_failed} samples"
    assert plain.limits == "second stage alone"


def test_without_covariates_stabilized_weights_are_one():
    t = trial(n=200)
    c = columns(t.rows(), t.frail)
    del c["varying"]
    found = ipcw_cox(**c)
    assert found.weight_min == found.weight_max == 1.0
    naive = np.isnan(t.switch)
    plain = cox_ph(np.where(naive, t.time, t.switch), t.event & naive, t.arm)
    assert found.hazard_ratio == pytest.approx(float(plain.hazard_ratio[0]), rel=1e-9)
    assert found.n_switched == (~naive).sum()


def test_truncation_and_bootstrap():
    t = trial(n=240, confounded=True)
    c = columns(t.rows(), t.frail)
    whole = ipcw_cox(**c, stabilized=False)
    cut = ipcw_cox(**c, stabilized=False, truncate=0.95)
    assert cut.weight_max < whole.weight_max
    drawn = ipcw_cox(**c, samples=20)
    assert drawn.conf_low < drawn.hazard_ratio < drawn.conf_high
    again = ipcw_cox(**c, samples=20)
    assert (again.conf_low, again.conf_high) == (drawn.conf_low, drawn.conf_high)
    staged = two_stage(
        t.time,
        t.event,
        t.arm,
        progression_time=np.where(np.isinf(t.progression), np.nan, t.progression),
        switch_time=t.switch,
        censor_time=t.limit,
        samples=20,
    )
    assert staged.conf_low < staged.hazard_ratio < staged.conf_high
    assert "20 samples" in staged.limits


def test_row_order_changes_nothing():
    t = trial(n=160, confounded=True)
    c = columns(t.rows(), t.frail)
    order = np.random.default_rng(2).permutation(c["subject"].size)
    shuffled = {k: v[order] for k, v in c.items()}
    assert ipcw_cox(**shuffled).hazard_ratio == pytest.approx(ipcw_cox(**c).hazard_ratio, rel=1e-12)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"switch_time": None}, "one a row"),
        ({"stop": 0.0}, "after the start of the row"),
        ({"event": 1.0}, "an event before the last row"),
        ({"switch_time": np.nan}, "nobody switched"),
        ({"truncate": 0.2}, "truncate"),
        ({"conf_level": 2}, "conf_level"),
    ],
)
def test_bad_rows_are_explained(change, expected):
    t = trial(n=60)
    c = columns(t.rows(), t.frail)
    size = c["subject"].size
    for name, value in change.items():
        c[name] = np.full(size, value) if isinstance(value, float) and name in c else value
    with pytest.raises(StatsError, match=expected):
        ipcw_cox(**c)


def test_a_patient_in_two_arms_is_named():
    t = trial(n=60)
    c = columns(t.rows(), t.frail)
    at = int(np.flatnonzero(c["subject"][1:] == c["subject"][:-1])[0]) + 1
    c["group"] = c["group"].copy()
    c["group"][at] = 1 - c["group"][at]
    with pytest.raises(StatsError, match=r"a second arm \(subject"):
        ipcw_cox(**c)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"censor_time": None}, "potential censoring time"),
        ({"progression_time": np.full(60, np.nan)}, "a switch without progression"),
        ({"progression_time": np.full(60, 1e6)}, "before progression"),
        ({"switch_time": np.full(60, np.nan)}, "nobody of the"),
        ({"distribution": "gamma"}, "distribution"),
        ({"day": 0}, "day"),
    ],
)
def test_bad_stages_are_explained(change, expected):
    t = trial(n=60)
    progression = np.where(np.isinf(t.progression), np.nan, t.progression)
    call = {"progression_time": progression, "switch_time": t.switch, "censor_time": t.limit} | change
    with pytest.raises(StatsError, match=expected):
        two_stage(t.time, t.event, t.arm, **call)


def progressed_rows(of):
    """Rows cut at progression and switch only, and whether a switch is possible in each."""
    rows = []
    for i in range(of.time.size):
        cuts = {cut for cut in (of.progression[i], of.switch[i]) if 0.0 < cut < of.time[i]}
        edges = sorted({0.0, *cuts, of.time[i]})
        for start, stop in itertools.pairwise(edges):
            event = bool(of.event[i]) and stop == of.time[i]
            rows.append((i, start, stop, event, of.arm[i], of.switch[i], of.progression[i] <= start))
    return [np.array(column) for column in zip(*rows, strict=True)]


@pytest.mark.parametrize("seed", [3, 4])
def test_switches_soon_after_progression_are_weighted_on_the_clock_of_progression(seed):
    of = trial(n=1000, psi=-0.5, seed=seed)
    subject, start, stop, event, arm, switch, progressed = progressed_rows(of)
    origin = np.where(progressed, of.progression[subject], 0.0)
    shared = {"switch_time": switch, "at_risk": progressed, "stabilized": False}
    without = trial(n=1000, psi=-0.5, seed=seed, switching=0.0)
    truth = float(cox_ph(without.time, without.event, without.arm.astype(float)[:, None]).hazard_ratio[0])
    found = ipcw_cox(subject, start, stop, event, arm, origin=origin, **shared)
    assert found.weight_max == pytest.approx(1 / 0.4, rel=0.1)
    assert abs(math.log(found.hazard_ratio / truth)) < 0.07
    elsewhere = ipcw_cox(subject, start, stop, event, arm, **shared)
    assert abs(math.log(elsewhere.hazard_ratio / truth)) > 0.2


def test_a_clock_from_randomization_is_the_usual_one():
    of = trial(n=200, seed=5)
    subject, start, stop, event, arm, switch, progressed = progressed_rows(of)
    shared = {"switch_time": switch, "at_risk": progressed}
    plain = ipcw_cox(subject, start, stop, event, arm, **shared)
    zero = ipcw_cox(subject, start, stop, event, arm, origin=np.zeros(subject.size), **shared)
    assert np.array_equal(plain.weight, zero.weight)
    with pytest.raises(StatsError, match="origin"):
        ipcw_cox(subject, start, stop, event, arm, origin=np.full(subject.size, np.nan), **shared)


@pytest.mark.parametrize("by", [0.0, 4e-9, -4e-9])
def test_times_that_differ_by_rounding_are_one_time_to_the_weights(by):
    """Two patients with events at one time, one of them written otherwise in the ninth digit."""
    t = trial(n=400, psi=-0.6, seed=5, confounded=True)
    c = columns(t.rows(), t.frail)
    dead = np.flatnonzero(c["event"] & np.isnan(c["switch_time"]))
    dead = dead[np.argsort(c["stop"][dead])]
    early, late = next((a, b) for a, b in itertools.pairwise(dead[40:]) if c["start"][b] < c["stop"][a] - 1.0)
    c["stop"][late] = c["stop"][early]
    expected = ipcw_cox(**c)
    c["stop"][late] *= 1.0 + by
    found = ipcw_cox(**c)
    assert found.hazard_ratio == pytest.approx(expected.hazard_ratio, rel=1e-7)
    assert found.n_rows == expected.n_rows
