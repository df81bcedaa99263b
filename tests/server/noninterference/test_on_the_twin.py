"""Noninterference on synthetic trials: two records of the same facts differ in arms, and no blinded person sees it."""

from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("django", reason="needs the extra 'server'")

from tests.server.configured import set_up_django

set_up_django()

from tests.rehearsal.rehearsed import TWIN, protocol_of, small_model, trying_model, whole_model
from tests.server.noninterference.observe import Asker, Seen, differences
from tests.server.noninterference.rehearsed_twins import (
    LEARNED,
    Pair,
    RehearsedTwin,
    arms_of,
    exported,
    pair_of,
    people,
    recorded,
    seen_of,
    swapped_but,
)

from equipoise.conduct.roles import BLINDED
from equipoise.rehearsal.facts import Facts, generate
from equipoise.rehearsal.model.patient_model import PatientModel
from equipoise.rehearsal.streams import default_draws
from equipoise.rehearsal.twin.seeds import SEEDS, read_seeds


def made(full: bool) -> tuple[PatientModel, Facts]:
    """The twin itself, or a few patients of its model."""
    if full:
        model = whole_model()
        return model, generate(protocol_of(), model, read_seeds(TWIN / SEEDS, model.accrual.screened))
    model = trying_model(small_model(9))
    return model, generate(protocol_of(), model, default_draws([0], model.accrual.screened))


@pytest.fixture(scope="module")
def pair(memory: Path, full: bool) -> Pair:
    return pair_of(*made(full), memory)


def who_looks(pair: Pair, full: bool) -> tuple[list[Asker], tuple[str, ...]]:
    """Everybody who looks, and the patients looked at: of those swapped and of those whose arm was learned."""
    swapped, opened = sorted(pair.swapped), pair.opened
    subjects = (*swapped[: 2 if full else 1], opened[0])
    return people((subjects[0].partition("-")[0],), subjects[:1]), subjects


@pytest.fixture(scope="module")
def seen(pair: Pair, memory: Path, full: bool) -> Callable[[RehearsedTwin], Seen]:
    kept: dict[str, Seen] = {}
    askers, subjects = who_looks(pair, full)

    def look(twin: RehearsedTwin) -> Seen:
        name = twin.folder.name
        if name not in kept:
            kept[name] = seen_of(
                twin, memory / f"{name}-look", askers, subjects, browsers=len(askers) if full else 4, full=full
            )
        return kept[name]

    return look


def test_the_records_differ_in_arms_alone(pair: Pair) -> None:
    """Every event, every hash: what was drawn for a patient leaves no trace in the chain."""
    here, there = pair.one.made.arms, pair.other.made.arms
    one, other = pair.one.made.record, pair.other.made.record
    assert {subject for subject in here if here[subject] != there[subject]} == pair.swapped
    assert len(pair.swapped) > len(here) / 4
    assert pair.opened
    assert one.events == other.events
    refused = [[(r.command.request_id, r.refusal) for r in each.refused] for each in (one, other)]
    assert refused[0] == refused[1]


def test_blinded_people_see_the_same(pair: Pair, seen: Callable[[RehearsedTwin], Seen], full: bool) -> None:
    """Status, headers and body of what is read, pages, logs, verification, blinded data, backup: byte for byte."""
    one, other = seen(pair.one), seen(pair.other)
    found = differences(one, other)
    assert not found, f"{len(found)} differences:\n" + "\n".join(found[:20])
    askers, _ = who_looks(pair, full)
    assert {asker.role for asker in askers} == BLINDED
    read = {key[0] for key in one if len(key) == 5 and one[key].startswith(b"200")}
    assert read == {asker.who for asker in askers}, "everybody was let in"
    kinds = {key[0] for key in one} - {asker.who for asker in askers}
    assert kinds == {"verify", "server", "sdtm", "backup"}
    said = {key[1]: text for key, text in one.items() if key[0] == "verify"}
    assert b"unblinded statistician" in said["balance"]
    assert not any(text.startswith(b"False") for text in said.values()), "the record is intact as far as it is read"


def test_the_comparison_sees_an_arm(pair: Pair, memory: Path) -> None:
    """Data in which the arms are revealed differ."""
    one, other = (
        exported(twin.made.record.events, memory / f"{twin.folder.name}-open", arms=twin.made.arms)
        for twin in (pair.one, pair.other)
    )
    assert "sdtm dm.csv" in {found.partition(":")[0] for found in differences(one, other)}


def test_before_the_first_unblinding_all_arms_may_be_others(full: bool) -> None:
    """Everybody has the other arm, up to the moment at which somebody learns one."""
    model, facts = made(full)
    arms = arms_of(facts)
    own, others = [arm for _, arm in arms], swapped_but(arms, frozenset())
    whole = recorded(model, facts, own).record.events
    first = min(event.at for event in whole if event.kind in LEARNED)
    one, other = (recorded(model, facts, given, until=first) for given in (own, others))
    assert len(one.arms) > 1
    assert all(one.arms[subject] != arm for subject, arm in other.arms.items())
    assert one.record.events == other.record.events
    assert whole[: len(one.record.events)] == one.record.events
