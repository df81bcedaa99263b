"""What the models answer: schedules, comparisons, levels, names, cuts."""

import datetime as dt

import pytest
from pydantic import ValidationError

from equipoise.protocol import (
    AssessmentSchedule,
    BaselineField,
    EveryWeeks,
    Protocol,
    adsl_variables,
    assumed_items,
    data_cut,
    field_types,
    parse_protocol,
    population_flag,
    population_reason,
)
from equipoise.protocol.expressions import FieldType


def test_schedule_with_one_interval() -> None:
    assert AssessmentSchedule(every_weeks=12).days(340) == [85, 169, 253, 337]
    assert AssessmentSchedule(every_weeks=12).days(336) == [85, 169, 253]


def test_schedule_whose_interval_changes() -> None:
    schedule = AssessmentSchedule(phases=(EveryWeeks(every_weeks=8, until_week=24), EveryWeeks(every_weeks=12)))

    assert schedule.days(400) == [57, 113, 169, 253, 337]


def test_levels_with_labels() -> None:
    assert BaselineField(levels=("small_bowel", "other")).level_labels() == {
        "small_bowel": "small bowel",
        "other": "other",
    }
    assert BaselineField(levels={"F": "Female"}).level_labels() == {"F": "Female"}
    assert BaselineField(type="boolean").level_labels() == {"true": "Yes", "false": "No"}


def test_comparisons_are_each_experimental_arm_against_the_control(right: str) -> None:
    text = right.replace("  placebo: {label", "  high: {label: High, role: experimental}\n  placebo: {label")
    protocol = parse_protocol(text.replace("placebo: 1}", "placebo: 1, high: 1}").replace("[2, 4]", "[3]"))
    analysis = protocol.analyses["primary"]

    assert protocol.comparisons(analysis) == [("active", "placebo"), ("high", "placebo")]
    assert protocol.comparisons(analysis.model_copy(update={"arms": ("high", "placebo")})) == [("high", "placebo")]
    assert protocol.comparisons(analysis.model_copy(update={"comparisons": (("high", "active"),)})) == [
        ("high", "active")
    ]


def test_a_protocol_is_frozen(right: str) -> None:
    protocol = parse_protocol(right)

    with pytest.raises(ValidationError, match="frozen"):
        protocol.trial.id = "other"  # type: ignore[misc]


def test_arms_of_a_cohort(right: str) -> None:
    text = right.replace("role: experimental}", "role: experimental, cohort: one}")
    protocol = parse_protocol(
        text + "cohorts:\n  one: {label: One, members: prior_ssa}\n  two: {label: Two, members: not prior_ssa}\n"
    )

    assert protocol.ratio("one") == {"active": 1, "placebo": 1}
    assert protocol.ratio("two") == {"placebo": 1}


@pytest.mark.parametrize(
    ("name", "flag", "reason"),
    [
        ("itt", "ITTFL", "ITTRSN"),
        ("safety", "SAFFL", "SAFRSN"),
        ("per_protocol", "PERPROFL", "PERPRRSN"),
        ("eligible", "ELIGIBFL", "ELIGIRSN"),
    ],
)
def test_population_variables(name: str, flag: str, reason: str) -> None:
    assert (population_flag(name), population_reason(name)) == (flag, reason)
    assert len(reason) <= 8


def test_adsl_variables(right: str) -> None:
    text = right.replace(
        "  site: {levels: [small_bowel, midgut]}",
        """\
  age_again: {type: integer, sdtm: {domain: DM, variable: AGE}}
  sex: {levels: [F, M], sdtm: {domain: DM, variable: SEX}}
  site: {levels: [small_bowel, midgut]}
  site_id: {type: text, sdtm: {domain: DM, variable: SITEID}}
  trtsdt: {type: date}
  progression_first: {type: date}
  progression_second: {type: date}
  itt_fl: {type: boolean}
  strat1_r: {type: boolean}""",
    )

    assert adsl_variables(parse_protocol(text)) == {
        "age": "AGE",
        "age_again": "AGEAGAIN",
        "sex": "SEX",
        "site": "SITE",
        "site_id": "SITEID2",
        "trtsdt": "TRTSDT2",
        "progression_first": "PROGRESS",
        "progression_second": "PROGRES2",
        "itt_fl": "ITTFL2",
        "strat1_r": "STRAT1R2",
        "prior_ssa": "PRIORSSA",
        "progression": "PROGRES3",
    }


def test_data_cut(right: str) -> None:
    protocol = parse_protocol(right)

    assert data_cut(protocol)[0] == "final"
    assert data_cut(protocol, "final")[1].cutoff == dt.date(2020, 1, 31)
    assert data_cut(protocol, "all")[1].cutoff is None
    with pytest.raises(
        ValueError, match=r"data cut 'finl' is not in the protocol; it has: final, all; did you mean 'final'\?"
    ):
        data_cut(protocol, "finl")


def test_without_a_default_all_data_are_taken(right: str) -> None:
    name, cut = data_cut(parse_protocol(right.replace(", default: true", "")))

    assert (name, cut.cutoff, cut.snapshot) == ("all", None, None)


def test_fields_of_expressions(right: str) -> None:
    types = field_types(parse_protocol(right))

    assert types["age"] == FieldType("number", unit="years")
    assert types["site"] == FieldType("text", levels=("small_bowel", "midgut"))
    assert types["prior_ssa"] == types["treated"] == FieldType("boolean")
    assert types["registration"] == types["progression"] == FieldType("date")


def test_assumed_items(right: str) -> None:
    text = right.replace("{readers: 2}", "{readers: 2, assumed: [readers], note: Usual}").replace(
        "label: Systemic, counts: true", "label: Systemic, counts: true, assumed: true"
    )

    assert assumed_items(parse_protocol(text)) == {"review.central.readers": "Usual", "new_therapy.systemic": None}


def test_a_protocol_survives_a_round_trip(right: str) -> None:
    protocol = parse_protocol(right + "crossover: {from: placebo, to: active}\ninstruments: [LASA]\n")

    assert Protocol.model_validate_json(protocol.model_dump_json(by_alias=True)) == protocol
