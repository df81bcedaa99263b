"""The same wishes in two trials that differ in their arms alone are answered alike, for everybody who may not know."""

import random
from dataclasses import replace
from typing import Any

import pytest
from tests.conduct.made_up import Trial
from tests.conduct.test_any_order import AnyOrder, _step

from equipoise.conduct import Command, Refusal
from equipoise.conduct.roles import SITE_ROLES
from equipoise.ledger import kinds


def answers(seed: int, walk: int, leak: str | None = None) -> tuple[list[Any], dict[str, str]]:
    """Everything that one walk is told, without what stands sealed."""
    machine = AnyOrder()
    machine.begin(seed)
    trial: Trial = machine.trial
    # kit numbers are drawn by chance of the vault; here they are the same in both trials
    trial.vault.kit_for = lambda subject, site, *, request, **_: f"{site}{request}"  # type: ignore[method-assign]
    told: list[Any] = []
    decide = trial.decide

    def listen(command: Command) -> Any:
        answer = decide(command)
        if command.kind == leak and isinstance(answer, Refusal) and command.subject in trial.vault._slots:
            answer = replace(answer, remedy=f"{answer.remedy} {trial.arm(command.subject)[:2]}")
        if not _knows(trial, command):
            told.append((command.kind, command.actor, command.subject, _open(answer)))
        return answer

    trial.decide = listen  # type: ignore[method-assign]
    draw = random.Random(walk)  # noqa: S311 - a walk, no secret
    for _ in range(150):
        _step(machine, draw)
    arms = {row.subject: trial.arm(row.subject) for row in trial.vault.rows}
    return told, arms


def _knows(trial: Trial, command: Command) -> bool:
    """Whether the person treats a patient who was unblinded."""
    subject = trial.state.subjects.get(command.subject or "")
    return subject is not None and subject.unblinded and command.role in SITE_ROLES


def _open(answer: Any) -> Any:
    if isinstance(answer, Refusal):
        return answer
    return [
        (draft.kind, {k: v for k, v in draft.payload.items() if k not in kinds()[draft.kind].sealed_fields})
        for draft in answer
    ]


@pytest.mark.parametrize("walk", range(3))
def test_answers_do_not_depend_on_arms(walk: int) -> None:
    one, arms = answers(1, walk)
    for seed in (2, 3):
        other, other_arms = answers(seed, walk)
        if arms != other_arms:
            break
    assert arms != other_arms
    assert len(one) == len(other) > 100
    for mine, yours in zip(one, other, strict=True):
        assert mine == yours


@pytest.mark.parametrize("kind", ["record_dose", "lock_read"])
def test_a_planted_leak_is_found(kind: str) -> None:
    """Control: a refusal of one command that ends in the arm's first letter makes the answers differ."""
    found = [answers(seed, 0, leak=kind)[0] for seed in (1, 2, 3)]
    assert not found[0] == found[1] == found[2]
