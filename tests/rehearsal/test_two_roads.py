"""Facts through every command of conduct, or straight to SDTM: the same data."""

import polars as pl
import pytest
from tests.rehearsal.rehearsed import Lived, lived, protocol_of, protocol_text, twin, whole_model

from equipoise.conduct import Refusal, State, apply_all
from equipoise.derive.sdtm import sdtm_from_ledger
from equipoise.ledger import verify_chain
from equipoise.ledger.chain import store
from equipoise.rehearsal.direct import sdtm_of
from equipoise.rehearsal.facts import generate
from equipoise.rehearsal.memory import Refused, run
from equipoise.rehearsal.model.incidents import ATTEMPTS
from equipoise.rehearsal.streams import default_draws


@pytest.fixture(scope="module", params=["small", "twin"])
def trial(request: pytest.FixtureRequest) -> Lived:
    return lived(small=True) if request.param == "small" else twin()


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
    """No command is refused but what is tried in vain, and that gets the answer that is expected."""
    refused = [(r.command.kind, r.refusal.code, r.refusal.reason) for r in trial.run.unexpected()]
    assert refused == []
    assert [(t.command.kind, t.expected, answer) for t, answer in trial.run.surprises()] == []
    assert trial.run.tries
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
    """The data are those of a trial without attempts, and what is tried stands beside the record."""
    trial = lived(small=True, trying=True)
    without = run(trial.protocol, trial.text, trial.model, trial.facts, attempts=False)
    assert without.tries == without.refused == []
    assert {each.attempt for each in trial.run.tries} >= set(ATTEMPTS) - {"after_withdrawal", "old_site"}
    assert len(trial.run.refused) >= len(trial.run.tries) / 2
    assert trial.run.surprises() == []
    assert trial.run.unexpected() == []
    here, there = (sdtm_from_ledger(trial.protocol, r.events, arms=r.arms()).datasets for r in (trial.run, without))
    assert set(here) == set(there)
    for name, frame in here.items():
        assert frame.equals(there[name]), name


def test_a_fact_that_the_front_door_refuses_is_no_attempt() -> None:
    """The check can fail: a scan of a patient who does not exist."""
    found = lived(small=True).run
    stray = Refused(found.granted[-1].command, Refusal("not_now", "made up", "none"))
    refused = type(found)(found.protocol, found.vault, refused=[*found.refused, stray], tries=found.tries)
    assert refused.unexpected() == [stray]


def test_nothing_is_recorded_after_the_use_of_data_was_withdrawn() -> None:
    """Scans, readings and judgments that were on their way when the patient withdrew are not facts."""
    model = whole_model()
    wish = model.dropout.causes["patient"]
    at_once = wish.hazard.model_copy(
        update={"rates": {arm: (1.5, *rest) for arm, (_, *rest) in wish.hazard.rates.items()}}
    )
    all_data = wish.model_copy(update={"then": {"data": 1.0}, "hazard": at_once})
    dropout = model.dropout.model_copy(update={"causes": {**model.dropout.causes, "patient": all_data}})
    model = model.model_copy(update={"dropout": dropout})
    facts = generate(protocol_of(), model, default_draws(range(6), model.accrual.screened))
    gone = facts.records["withdrawn"].filter(level="data").select("TRIAL", "PATIENT", GONE="AT")
    assert gone.height > 300
    for kind, frame in facts.records.items():
        if "PATIENT" in frame.columns:
            late = frame.join(gone, on=["TRIAL", "PATIENT"]).filter(pl.col("AT") > pl.col("GONE"))
            assert late.height == 0, kind
    rehearsed = run(protocol_of(), protocol_text(), model, facts)
    assert [(r.command.kind, r.refusal.reason) for r in rehearsed.unexpected()] == []
