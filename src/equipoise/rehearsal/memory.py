"""A synthetic trial run in memory: every command through `conduct`, every event sealed in the chain."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import polars as pl

from equipoise.conduct import Command, Folding, Refusal, Rulebook, Rulebooks, State, decide
from equipoise.conduct.memory_vault import MemoryVault
from equipoise.conduct.vault import Grant, GrantKind
from equipoise.ledger import Chain, Event, uncollected
from equipoise.protocol import Problem, Protocol
from equipoise.rehearsal.additions import as_entered
from equipoise.rehearsal.attempts import AS_BEFORE, GRANTED
from equipoise.rehearsal.commands import in_order, patient_commands
from equipoise.rehearsal.errors import RehearsalError
from equipoise.rehearsal.facts import Facts
from equipoise.rehearsal.model.patient_model import PatientModel
from equipoise.rehearsal.opening import opening_commands
from equipoise.rehearsal.tries import Try, tries_of, with_tries
from equipoise.rehearsal.vault import RequestEntropy, rehearsal_vault

__all__ = ["Granted", "Refused", "Rehearsed", "commands_of", "run"]


class Refused(NamedTuple):
    """A command that was refused."""

    command: Command
    refusal: Refusal


class Granted(NamedTuple):
    """A command that was granted, with the numbers of its first and last event."""

    command: Command
    first: int
    last: int


@dataclass(slots=True)
class Rehearsed:
    """A trial as it was run."""

    protocol: Protocol
    vault: MemoryVault
    chain: Chain = field(default_factory=Chain)
    state: State = field(default_factory=State)
    refused: list[Refused] = field(default_factory=list)
    granted: list[Granted] = field(default_factory=list)
    tries: list[Try] = field(default_factory=list)
    """What was tried in vain, among the refused."""

    @property
    def given(self) -> int:
        """Commands given."""
        return len(self.granted) + len(self.refused)

    @property
    def events(self) -> list[Event]:
        """Events of the trial chain."""
        return self.chain.events

    def unexpected(self) -> list[Refused]:
        """Commands that were refused without having been tried in vain: facts that the front door does not take."""
        tried = {id(each.command) for each in self.tries}
        return [each for each in self.refused if id(each.command) not in tried]

    def surprises(self) -> list[tuple[Try, str]]:
        """Tries that got another answer than was expected, with the answer."""
        seen = {id(each.command): each.refusal.code for each in self.refused}
        seen |= {id(each.command): GRANTED for each in self.granted}
        answers = ((each, seen.get(id(each.command), AS_BEFORE)) for each in self.tries)
        return [(each, answer) for each, answer in answers if answer != each.expected]

    def arms(self) -> dict[str, str]:
        """Subject number -> arm, as the vault holds it."""
        return self.vault.reveal_all(_GRANT)


_GRANT = Grant(
    subject="*", kind=GrantKind.END_OF_TRIAL, actor="rehearsal", at=dt.datetime(1970, 1, 1, tzinfo=dt.UTC), event=""
)


def commands_of(
    protocol: Protocol, text: str, model: PatientModel, facts: Facts, *, commitment: str, trial: int = 0,
    attempts: bool = True,
) -> list[Command]:  # fmt: skip
    """Give all commands of a trial in order: the set-up, then the patients' by time with what is tried in vain.

    Parameters
    ----------
    protocol, text
        The protocol, and its text as adopted.
    model, facts
        The synthetic patients, and what `generate` made of them.
    commitment
        Published hash of the sealed seed.
    trial
        Which of the trials in the facts.
    attempts
        Whether people also try what is refused.
    """
    commands, tries = _given(protocol, text, model, facts, commitment=commitment, trial=trial, attempts=attempts)
    return with_tries(commands, tries)


def _given(
    protocol: Protocol, text: str, model: PatientModel, facts: Facts, *, commitment: str, trial: int, attempts: bool
) -> tuple[list[Command], list[Try]]:
    """Commands that are granted, and those that are tried in vain."""
    opening = opening_commands(protocol, text, model, facts.records, commitment=commitment, trial=trial)
    records = facts.records if facts.added is None else as_entered(facts.records, facts.added)
    with uncollected():
        commands = in_order(opening, patient_commands(records, facts.patients, trial))
    if facts.added is None:
        return commands, []
    return commands, tries_of(facts.added.attempts, commands, facts.patients, trial) if attempts else []


def run(
    protocol: Protocol,
    text: str,
    model: PatientModel,
    facts: Facts,
    *,
    trial: int = 0,
    faulty: bool = True,
    attempts: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> Rehearsed:
    """Run a synthetic trial in memory.

    Parameters
    ----------
    protocol, text
        The protocol, and its text as adopted.
    model, facts
        The synthetic patients, and what `generate` made of them.
    trial
        Which of the trials in the facts.
    faulty
        Whether the declared fault of allocation takes place.
    attempts
        Whether people also try what is refused.
    progress
        Told, now and then, how many commands of how many are done.

    Raises
    ------
    RehearsalError
        A patient gets another number or another arm than the facts have.
    """
    vault, entropy = rehearsal_vault(protocol, model.allocation, trial, faulty=faulty)
    commands, tries = _given(protocol, text, model, facts, commitment=vault.commitment, trial=trial, attempts=attempts)
    rehearsed = Rehearsed(protocol, vault, tries=tries)
    carry_out(rehearsed, with_tries(commands, tries), entropy, progress)
    _check(rehearsed, facts, trial)
    return rehearsed


def carry_out(
    rehearsed: Rehearsed,
    commands: Sequence[Command],
    entropy: RequestEntropy,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Give commands one after the other; refusals are kept, as a server keeps them."""
    with uncollected():
        _carry_out(rehearsed, commands, entropy, progress)


def _carry_out(
    rehearsed: Rehearsed,
    commands: Sequence[Command],
    entropy: RequestEntropy,
    progress: Callable[[int, int], None] | None,
) -> None:
    version = rehearsed.protocol.version.number
    rulebooks = Rulebooks({version: Rulebook(rehearsed.protocol, version)})
    folding, chain, vault = Folding(rehearsed.state), rehearsed.chain, rehearsed.vault
    for number, given in enumerate(commands):
        if progress is not None and number % 1000 == 0:
            progress(number, len(commands))
        command = _with_kit(given, folding.state) if given.kind == "dispense" else given
        entropy.begin(command.request_id)
        answer = decide(rulebooks, folding.state, command, vault)
        if isinstance(answer, Refusal):
            rehearsed.refused.append(Refused(command, answer))
            continue
        events = chain.append(answer, command.stamp())
        if events:
            folding.apply(events)
            rehearsed.granted.append(Granted(command, events[0].seq, events[-1].seq))
    rehearsed.state = folding.state


def _with_kit(command: Command, state: State) -> Command:
    """Name the kit that the vault assigned, where the command does not."""
    if "kit" in command.payload or not command.subject:
        return command
    assigned = state.subjects[command.subject].last("kit_assigned")
    return command if assigned is None else replace(command, payload={**command.payload, "kit": assigned["kit"]})


def _check(rehearsed: Rehearsed, facts: Facts, trial: int) -> None:
    """Refuse a run that is not of these facts."""
    known = facts.patients.filter(pl.col("TRIAL") == trial, pl.col("ARM").is_not_null())
    expected = dict(known.select("SUBJECT", "ARM").rows())
    found = rehearsed.arms()
    wrong = [subject for subject in {**expected, **found} if expected.get(subject) != found.get(subject)]
    if wrong:
        refused = next((f"; refused: {r.command.kind}: {r.refusal.reason}" for r in rehearsed.refused), "")
        message = f"{len(wrong)} patients have not the arm of the facts, first {wrong[0]}{refused}"
        raise RehearsalError(
            (Problem(file=f"trial {trial}", message=message, expected="facts of this model and seed"),)
        )
