"""The protocol of a synthetic trial: named so, marked so, and nothing that a registry knows it by."""

from pathlib import Path

import pytest

from equipoise.conduct.allocation_stage import StageDesign
from equipoise.protocol import compare_protocols, parse_protocol
from equipoise.rehearsal.synthetic import PREFIX, synthetic_protocol

TRIALS = Path(__file__).parents[2] / "trials"
NAMES = sorted(path.parent.name for path in TRIALS.glob("*/protocol.yaml"))


@pytest.mark.parametrize("name", NAMES)
def test_a_synthetic_protocol_says_so_and_holds_no_registry_number(name: str) -> None:
    text = (TRIALS / name / "protocol.yaml").read_text(encoding="utf-8")
    real, made = parse_protocol(text), synthetic_protocol(text)
    protocol = parse_protocol(made)
    assert protocol.trial.synthetic
    assert protocol.study_id == f"{PREFIX}{real.study_id}"
    assert not any(number in made for number in real.registry.identifiers.values())
    assert synthetic_protocol(made) == made
    # balance is watched over the number planned, which may stand in the registry block alone
    designs = (StageDesign.of(real), StageDesign.of(protocol))
    planned = [[cohort.planned for cohort in design.cohorts.values()] for design in designs]
    assert planned[0] == planned[1]
    assert designs[0].digest == designs[1].digest


def test_nothing_but_name_mark_and_registry_differs() -> None:
    text = (TRIALS / "a021202" / "protocol.yaml").read_text(encoding="utf-8")
    changed = {
        change.path.split(".")[0]
        for change in compare_protocols(parse_protocol(text), parse_protocol(synthetic_protocol(text)))
    }
    assert changed <= {"trial", "registry", "randomization", "data"}
    kept = [line.split("#")[1] for line in text.splitlines() if line.lstrip().startswith("#")]
    assert all(comment in synthetic_protocol(text) for comment in kept if "NCT" not in comment), "comments stay"


def test_registry_numbers_go_from_a_protocol_that_calls_itself_synthetic() -> None:
    made = synthetic_protocol((TRIALS / "a021202" / "protocol.yaml").read_text(encoding="utf-8"))
    again = synthetic_protocol(made + "\nregistry:\n  identifiers: {clinicaltrials.gov: NCT01841736}\n")
    assert "NCT01841736" not in again
    assert parse_protocol(again).study_id == f"{PREFIX}A021202"


def test_a_short_registry_number_stays_where_it_means_something_else() -> None:
    text = (TRIALS / "a021202" / "protocol.yaml").read_text(encoding="utf-8")
    protocol = parse_protocol(synthetic_protocol(text.replace('IND: "75648"', 'local: "12"')))
    assert protocol.registry.identifiers == {}
    assert protocol.visits.tumor_assessment is not None
    assert protocol.visits.tumor_assessment.every_weeks == 12
