"""Questionnaires: what the loader refuses, with its place, and the planned forms."""

# ruff: noqa: E501 - tables with one case a line

import pytest

from equipoise.criteria import INSTRUMENTS
from equipoise.protocol import CATALOG, Instrument, PlannedForm, ProtocolError, Visit, parse_protocol, planned_forms

HEAD = """\
equipoise: 1
trial: {id: T1, title: A trial, masking: double_blind}
arms:
  active: {label: Active, role: experimental}
  placebo: {label: Placebo, role: control}
baseline:
  age: {type: integer, sdtm: {domain: DM, variable: AGE}}
randomization: {ratio: {active: 1, placebo: 1}, method: {permuted_blocks: {sizes: [2]}}}
visits: {schedule: {screening: {day: -7}, month_1: {day: 29}, month_3: {day: 85}}}
populations:
  itt: {label: ITT, members: randomized}
instruments:
"""
TAIL = """\
endpoints:
  ttd: {label: TTD, kind: deterioration, paramcd: TTD, instrument: QLQ-C30, scale: QL}
"""
C30 = "  - {name: QLQ-C30, every_weeks: 12, important_difference: 10}\n"
OWN = "define: {S: {label: S, items: [A, B], better: low}}, items: {A: {high: 4}, B: {high: 4}}"

# instrument, path after instruments[1], part of the message
INSTRUMENT_CASES = [
    ("{name: QLQ-C3O, every_weeks: 12}", ".name", "is not in the catalog, and defines no scales"),
    ("{name: DIARY, every_weeks: 12}", ".name", "has no scales"),
    ("{name: DIARY, scoring: x, " + OWN + "}", ".scoring", "only a catalog instrument has variants"),
    ("{name: QLQ-GINET21, scoring: orginal}", ".scoring", "scoring 'orginal' is not declared"),
    ("{name: QLQ-C30, scales: [QL2]}", ".scales[1]", "scale 'QL2' is not declared"),
    ("{name: QLQ-C30, thresholds: {XX: {deterioration: 5}}}", ".thresholds.XX", "scale 'XX' is not declared"),
    ("{name: QLQ-GINET21, item_map: {ZZ: [Q31]}}", ".item_map.ZZ", "scale of the catalog 'ZZ'"),
    ("{name: QLQ-GINET21, item_map: {WL: [Q99]}}", ".item_map.WL[1]", "item 'Q99' is not declared"),
    ("{name: QLQ-GINET21, item_map: {WL: [Q48]}}", ".item_map.WL", "'Q48' stands in the scales"),
    ("{name: QLQ-C30, source: {tests: {Q31: X}}}", ".source.tests.Q31", "item 'Q31' is not declared"),
    ("{name: QLQ-C30, at: [month_2]}", ".at[1]", "visit 'month_2' is not declared"),
    ("{name: QLQ-C30, until_week: 12}", ".until_week", "this ends the weeks of every_weeks"),
    ("{name: QLQ-C30, every_weeks: 12, windows: {week_12: {first: 2}}}", ".windows", "need an end of the weeks"),
    ("{name: QLQ-C30, at: [month_1, month_3], windows: {month_1: {first: 2}}}", ".windows", "visits have no window"),
    ("{name: QLQ-C30, at: [month_1], windows: {month_1: {first: 9, last: 2}}}", ".windows.month_1", "ends before it begins"),
    ("{name: QLQ-C30, at: [month_1], windows: {month_1: {first: 2}, x: {first: 9}}}", ".windows.x", "'x' is not declared"),
    ("{name: QLQ-C30, at: [month_1, month_3], windows: {month_1: {first: 2, last: 60}, month_3: {first: 60}}}", ".windows.month_3", "two windows overlap"),
    ("{name: D, items: {A: {low: 4, high: 4}}, define: {S: {label: S, items: [A], better: low}}}", ".items.A", "has no range"),
    ("{name: D, items: {A: {high: 4}}, define: {S: {label: S, items: [A, C], better: low}}}", ".define.S.items[2]", "item 'C' is not declared"),
    ("{name: D, items: {A: {high: 4}, B: {high: 5}}, define: {S: {label: S, items: [A, B], better: low}}}", ".define.S.items", "different ranges"),
    ("{name: D, items: {A: {high: 4}}, define: {S: {label: S, items: [A, A], better: low}}}", ".define.S.items", "an item stands twice"),
    ("{name: D, items: {A: {high: 4}}, define: {S: {label: S, items: [A], better: low, minimum_items: 2}}}", ".define.S.minimum_items", "more items are needed"),
    ("{name: D, items: {A: {high: 4}}, define: {S: {label: S, items: [A], better: low, low: 0}}}", ".define.S.low", "belongs to a ready-made score"),
    ("{name: D, define: {S: {label: S, better: low, low: 9, high: 1}}}", ".define.S", "the score has no range"),
    ("{name: D, define: {S: {label: S, better: low, reversed: true}}}", ".define.S.reversed", "a ready-made score has no items"),
    ("{name: D, define: {S-1: {label: S, better: low}}}", ".define.S-1", "cannot be the name of a scale"),
    ("{name: QLQ-C30, baseline: response, model: {response: change}}", ".model.response", "no change from itself"),
    ("{name: QLQ-C30, model: {baseline_arms: equal}}", ".model.baseline_arms", "has no means to be equal"),
    ("{name: QLQ-C30, model: {covariates: [agge]}}", ".model.covariates[1]", "baseline field 'agge'"),
    ("{name: QLQ-C30, windows: halfway}", ".windows", "half_way"),
    ("{name: QLQ-C30, define: {S: {label: S, better: up}}}", ".define.S.better", ""),
    ("{name: QLQ-C30, important_difference: 0}", ".important_difference", ""),
]  # fmt: skip


@pytest.mark.parametrize(("instrument", "path", "message"), INSTRUMENT_CASES)
def test_a_wrong_questionnaire_is_refused_with_its_place(instrument: str, path: str, message: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        parse_protocol(f"{HEAD}  - {instrument}\n", file="t.yaml")

    found = [problem for problem in caught.value.problems if message in str(problem)]
    assert [(problem.file, problem.line, problem.path) for problem in found] == [
        ("t.yaml", 13, f"instruments[1]{path}")
    ]


ENDPOINT_CASES = [
    ("scale: QL", "scale: QL2", "endpoints.ttd.scale", "scale of QLQ-C30 'QL2' is not declared"),
    ("scale: QL", "events: [death], scale: QL", "endpoints.ttd", "has no events"),
    (", scale: QL", "", "endpoints.ttd", "a deterioration needs its scale"),
    ("instrument: QLQ-C30", "instrument: QLQ-C31", "endpoints.ttd.instrument", "instrument 'QLQ-C31' is not declared"),
    (", important_difference: 10", "", "endpoints.ttd", "a deterioration needs its threshold"),
    ("important_difference: 10", "important_difference: 10, scales: [PF]", "endpoints.ttd.scale", "scale among those reported 'QL'"),
    ("kind: deterioration", "kind: change, deterioration: {definitive: true}", "endpoints.ttd.deterioration", "only an endpoint of kind deterioration"),
    ("kind: deterioration", "kind: deterioration, deterioration: {death: ignore}", "endpoints.ttd.deterioration.death", ""),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "path", "message"), ENDPOINT_CASES)
def test_a_wrong_deterioration_is_refused_with_its_place(old: str, new: str, path: str, message: str) -> None:
    text = HEAD + C30 + TAIL
    assert text.count(old) == 1
    with pytest.raises(ProtocolError) as caught:
        parse_protocol(text.replace(old, new), file="t.yaml")

    found = [problem for problem in caught.value.problems if message in str(problem)]
    assert [(problem.line, problem.path) for problem in found] == [(15, path)]


def test_thresholds_may_stand_with_the_endpoint_or_the_scale() -> None:
    text = HEAD + C30.replace(", important_difference: 10", "") + TAIL
    with_scale = text.replace("every_weeks: 12", "every_weeks: 12, thresholds: {QL: {deterioration: 5}}")
    with_endpoint = text.replace("scale: QL}", "scale: QL, deterioration: {threshold: 5}}")

    assert parse_protocol(with_scale, file="t.yaml").instrument_items()[0].thresholds["QL"].deterioration == 5
    assert parse_protocol(with_endpoint, file="t.yaml").endpoints["ttd"].deterioration.threshold == 5


def test_everything_can_be_declared() -> None:
    line = (
        "  - {name: D, "
        + OWN
        + ", at: [screening, month_1, month_3], windows: {month_1: {first: 2, last: 60}, month_3: {first: 61}}, model: {baseline_arms: equal}, baseline: response}\n"
    )
    protocol = parse_protocol(HEAD + C30 + line + TAIL, file="t.yaml")

    assert [instrument.name for instrument in protocol.instrument_items()] == ["QLQ-C30", "D"]


@pytest.mark.parametrize(
    ("name", "variant", "scorer"),
    [
        ("QLQ-C30", "version 3", "QLQ-C30"),
        ("QLQ-C30", "version 2", "QLQ-C30 v2"),
        ("QLQ-GINET21", "validated", "QLQ-GINET21"),
        ("QLQ-GINET21", "original", "QLQ-GINET21 original"),
        ("LASA", "overall", "LASA"),
    ],
)
def test_the_catalog_knows_what_the_scoring_has(name: str, variant: str, scorer: str) -> None:
    scored = INSTRUMENTS[scorer]
    ours = {scale.code: scale.items for scale in scored.scales} | ({"SUMMARY": ()} if scored.summary else {})

    assert dict(CATALOG[name].scales(variant)) == ours


def plan(**fields: object) -> list[tuple[object, ...]]:
    schedule = {
        "month_1": Visit(day=29),
        "cycle": Visit(label="Cycle", day=29, repeats_every_days=28),
        "pre": Visit(day=-1),
    }
    instrument = Instrument.model_validate({"name": "X", **fields})
    return [(f.visit, f.target, f.first, f.last) for f in planned_forms(instrument, schedule, 100)]


def test_planned_forms() -> None:
    baseline = ("baseline", None, None, 1)

    assert plan() == [baseline]
    assert plan(every_weeks=6) == [baseline, ("week_6", 43, 2, 64), ("week_12", 85, 65, 106)]
    assert plan(every_weeks=6, until_week=6) == [baseline, ("week_6", 43, 2, 84)]
    assert plan(every_weeks=6, until_week=6, last_window="open") == [baseline, ("week_6", 43, 2, None)]
    assert plan(every_weeks=4, until_week=8, at=["pre", "month_1"]) == [
        baseline,
        ("month_1", 29, 2, 43),
        ("week_8", 57, 44, 71),
    ]
    assert plan(at=["cycle"]) == [baseline, ("cycle", 29, 2, 43), ("cycle_2", 57, 44, 71), ("cycle_3", 85, 72, 99)]
    assert PlannedForm("a", "A", 1, 1, 1).label == "A"
