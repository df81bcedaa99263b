"""Adverse events, laboratory, questionnaires and incidents of a model: what is refused, and in which words."""

import io
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from equipoise.protocol import Protocol, load_protocol
from equipoise.rehearsal import RehearsalError
from equipoise.rehearsal.model import parse_model

TRIAL = Path(__file__).parents[2] / "trials" / "a021202"
GONE = object()


@pytest.fixture(scope="module")
def protocol() -> Protocol:
    return load_protocol(TRIAL / "protocol.yaml")


def changed(*changes: tuple[str, Any]) -> str:
    """The twin's model with values put at places; ``a/b>c`` gives the key b of a the name c."""
    yaml = YAML()
    yaml.width, yaml.preserve_quotes = 10_000, True
    data = yaml.load((TRIAL / "twin.yaml").read_text(encoding="utf-8"))
    for path, value in changes:
        *heads, last = path.split("/")
        part = data
        for head in heads:
            part = part[int(head) if head.isdigit() else head]
        name, _, other = last.partition(">")
        if other:
            part[other] = part.pop(name)
        elif value is GONE:
            del part[name]
        else:
            part[name] = value
    out = io.StringIO()
    yaml.dump(data, out)
    return out.getvalue()


def problems(text: str, protocol: Protocol) -> str:
    with pytest.raises(RehearsalError) as caught:
        parse_model(text, protocol, file="twin.yaml")
    assert all(problem.line is not None and problem.line > 1 for problem in caught.value.problems)
    return str(caught.value)


TERM = "safety/terms/hypertension"


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (f"{TERM}/related/pazopanib>pazopanip", None,
         [f"{TERM}/related/pazopanip: no arm", "did you mean 'pazopanib'", "arm pazopanib is missing"]),
        (f"{TERM}/related/pazopanib", 1.7, [f"{TERM}/related/pazopanib: should be less than", "seen 1.7"]),
        (f"{TERM}/grades/pazopanib", [0.1, 0.4, 0.5, 0.1], ["the probabilities do not add up; seen 1.1; expected 1"]),
        (f"{TERM}/rates/pazopanib", {"per_year": [-1]}, ["greater than or equal to 0", "seen -1"]),
        (f"{TERM}/rates/pazopanib", {"days": [9], "per_year": [1]}, ["1 rates; expected 2, one for each period"]),
        (f"{TERM}/rates/pazopanib", {"days": [9, 8], "per_year": [1, 1, 1]}, ["the days do not rise"]),
        ("safety/actions/terms/fatigue>fatige", None,
         ["safety/actions/terms/fatige: no term of the model", "did you mean 'fatigue'"]),
        ("safety/terms/nausea/term", "Vomiting", ["the term stands twice", "other than that of nausea"]),
        ("safety/relation/definite>certain", None, ["safety/relation/certain: no relation to treatment"]),
        ("safety/fatal/body_systems/Sepsis", GONE, ["safety/fatal/body_systems: term Sepsis is missing"]),
        ("safety/fatal/share/placebo", GONE, ["safety/fatal/share: arm placebo is missing"]),
        ("laboratory/visits", ["baselin", "cycle"],
         ["laboratory/visits: no visit of the protocol", "did you mean 'baseline'"]),
        ("laboratory/laboratories/Synthetic laboratory A/limits/NEUT", {"low": 9, "high": 7},
         ["the lower limit 9 does not lie below the upper 7"]),
        ("laboratory/laboratories/Synthetic laboratory A/limits/CGA", {"low": 9},
         ["Synthetic laboratory A has no upper limit of CGA"]),
        ("laboratory/tests/NEUT/field", "neutrofils",
         ["laboratory/tests/NEUT/field: no baseline field", "did you mean 'neutrophils'"]),
        ("laboratory/tests/NEUT/field", GONE, ["a test has either a field or a median"]),
        ("laboratory/tests/NEUT/field", "sex", ["the field holds no numbers; seen category"]),
        ("laboratory/tests/NEUT/graded/term", "neutrophil",
         ["graded/term: no term of the safety part", "did you mean 'neutrophils'"]),
        ("laboratory/tests/NEUT/graded/bounds", [1, 0.8, 0.9, 0.2], ["the bounds do not follow the grades"]),
        ("laboratory/tests/CGA/trends/placebo>plazebo", None, ["laboratory/tests/CGA/trends/plazebo: no arm"]),
        ("questionnaires/instruments/QLQ-GINET21>QLQ-GINET22", None,
         ["questionnaires/instruments/QLQ-GINET22: no questionnaire", "did you mean 'QLQ-GINET21'"]),
        ("questionnaires/instruments/QLQ-C30/scales/FA>FAT", None, ["scales/FAT: no scale of QLQ-C30"]),
        ("questionnaires/instruments/QLQ-GINET21/skipped_items/Q39>Q99", None, ["Q99: no item of QLQ-GINET21"]),
        ("questionnaires/instruments/QLQ-C30/scales/FA/effects", {"drug": 3}, ["scales/FA/effects/drug: no arm"]),
        ("questionnaires/missing/reasons/too ill>ill", None, ["questionnaires/missing/reasons/ill: no reason"]),
        ("questionnaires/missing/visit", -0.1, ["questionnaires/missing/visit", "greater than or equal to 0"]),
        ("incidents/recorded/code_broken", 12, ["incidents/recorded/code_broken: should be less than", "seen 12"]),
        ("incidents/attempts/double_click>double_clik", None,
         ["incidents/attempts/double_clik: no attempt", "did you mean 'double_click'"]),
        ("incidents/consent_versions/0/version", "1.0", ["incidents/consent_versions: a version stands twice"]),
        ("incidents/consent_versions/0/effective", "someday", ["incidents/consent_versions[1]/effective"]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_place(protocol: Protocol, path: str, value: object, said: list[str]) -> None:
    found = problems(changed((path, value)), protocol)
    for words in said:
        place, colon, rest = words.partition(":")
        assert (place.replace("/", ".") + colon + rest) in found, found


def test_everything_is_said_at_once(protocol: Protocol) -> None:
    found = problems(
        changed(
            ("safety/relation/definite>certain", None),
            ("questionnaires/instruments/QLQ-C30/scales/FA>FAT", None),
            ("incidents/attempts/double_click>double_clik", None),
        ),
        protocol,
    )
    assert found.startswith("3 problems")
    assert found.index("safety.relation.certain") < found.index("scales.FAT") < found.index("double_clik")


@pytest.mark.parametrize("part", ["laboratory", "questionnaires", "incidents"])
def test_a_part_may_be_left_out(protocol: Protocol, part: str) -> None:
    assert getattr(parse_model(changed((part, GONE)), protocol), part) is None


def test_a_laboratory_that_agrees_with_events_needs_them(protocol: Protocol) -> None:
    assert "graded.term: no term of the safety part" in problems(changed(("safety", GONE)), protocol)
    alone = changed(("safety", GONE), ("laboratory", GONE), ("calibration", GONE))
    assert parse_model(alone, protocol).safety is None
