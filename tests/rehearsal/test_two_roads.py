"""Facts through every command of conduct, or straight to SDTM: the same data."""

import polars as pl
import pytest
from tests.rehearsal.rehearsed import Lived, lived

from equipoise.conduct import State, apply_all
from equipoise.derive.sdtm import sdtm_from_ledger
from equipoise.ledger import verify_chain
from equipoise.ledger.chain import store
from equipoise.rehearsal.direct import sdtm_of
from equipoise.rehearsal.memory import run


@pytest.fixture(scope="module", params=["small", "twin"])
def trial(request: pytest.FixtureRequest) -> Lived:
    return lived(small=request.param == "small")


def test_both_roads_give_the_same_sdtm(trial: Lived) -> None:
    recorded = sdtm_from_ledger(trial.protocol, trial.run.events, arms=trial.run.arms()).datasets
    direct = sdtm_of(trial.protocol, trial.facts).datasets
    assert set(recorded) == set(direct)
    for name, frame in recorded.items():
        assert frame.schema == direct[name].schema, name
        assert frame.equals(direct[name]), name
    full = {name for name, frame in recorded.items() if frame.height}
    assert full >= {"DM", "SUPPDM", "DS", "EX", "TU", "TR", "RS", "SUPPRS", "CM", "SS", "LB", "VS", "QS"}


def test_the_course_of_disease_is_granted_command_by_command(trial: Lived) -> None:
    refused = [(r.command.kind, r.refusal.code, r.refusal.reason) for r in trial.run.refused]
    assert refused == []
    assert len(trial.run.events) >= trial.run.given - len(trial.run.refused)


def test_the_record_is_whole(trial: Lived) -> None:
    events = trial.run.events
    assert len(list(verify_chain("trial", [store(event) for event in events]))) == len(events)
    assert apply_all(State(), events) == trial.run.state
    patients = trial.facts.patients
    assert set(trial.run.state.subjects) == set(patients["SUBJECT"])
    randomized = patients.filter(pl.col("ARM").is_not_null())
    assert trial.run.arms() == dict(randomized.select("SUBJECT", "ARM").rows())


def test_the_same_seed_gives_the_same_record() -> None:
    first, again = lived(small=True), lived.__wrapped__(small=True)
    assert first.run.chain.end == again.run.chain.end
    other = lived(small=True, trial=1)
    assert other.run.chain.end != first.run.chain.end


def test_what_is_tried_in_vain_changes_nothing_that_counts() -> None:
    """Attempts get the answers that are expected of them, and the data are those of a trial without them."""
    trial = lived(small=True)
    tried = run(trial.protocol, trial.text, trial.model, trial.facts, attempts=True)
    assert tried.tries
    assert [(t.command.kind, t.expected, answer) for t, answer in tried.surprises()] == []
    assert len(tried.refused) >= len(tried.tries) / 2
    recorded = sdtm_from_ledger(trial.protocol, tried.events, arms=tried.arms()).datasets
    for name, frame in sdtm_of(trial.protocol, trial.facts).datasets.items():
        assert frame.equals(recorded[name]), name
