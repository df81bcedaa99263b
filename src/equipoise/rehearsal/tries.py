"""What is tried in vain as commands, and whether each got the answer that was expected."""

import json
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import attrgetter

import polars as pl

from equipoise.conduct import Command
from equipoise.rehearsal.attempts import AS_BEFORE, GRANTED

__all__ = ["Try", "in_vain", "tries_of", "with_tries"]

_VAIN, _AID = "try", "aid"
"""Beginnings of request numbers: of what is refused, and of what an attempt needs and is granted."""


@dataclass(frozen=True, slots=True)
class Try:
    """A command that is tried, and the answer that it should get."""

    attempt: str
    command: Command
    expected: str
    """Code of a refusal, granted, or the same answer as before."""


def in_vain(command: Command) -> bool:
    """Whether a command is tried in vain: it is refused, and leaves the record as it was."""
    return command.request_id.startswith(f"{_VAIN}-")


def tries_of(attempts: pl.DataFrame, commands: Sequence[Command], patients: pl.DataFrame, trial: int = 0) -> list[Try]:
    """Give the attempts of one trial as commands, in the order of time.

    Parameters
    ----------
    attempts
        What is tried, as `equipoise.rehearsal.attempts.ATTEMPTS` says.
    commands
        All commands of the trial, in order; a repetition is of the patient's last one, where that is of its kind.
    patients
        TRIAL, PATIENT, SUBJECT.
    trial
        Which trial.
    """
    numbers = dict(patients.filter(TRIAL=trial).select("PATIENT", "SUBJECT").rows())
    given: dict[str | None, list[Command]] = {}
    for command in commands:
        given.setdefault(command.subject, []).append(command)
    found = []
    rows = attempts.filter(TRIAL=trial).with_columns(AT=pl.from_epoch("AT").dt.strftime("%Y-%m-%dT%H:%M:%S.000000Z"))
    for place, row in enumerate(rows.sort("AT", "PATIENT", "ATTEMPT", "KIND").rows(named=True), start=1):
        command = Command(
            kind=row["KIND"], actor=row["ACTOR"], role=row["ROLE"], at=row["AT"],
            request_id=f"{_AID if row['EXPECTED'] in {GRANTED, AS_BEFORE} else _VAIN}-{place:05d}",
            payload=json.loads(row["PAYLOAD"]), site=row["SITE"], reason=row["REASON"],
            subject=numbers[row["PATIENT"]] if row["SUBJECT"] else None, second_factor=row["SECOND_FACTOR"],
        )  # fmt: skip
        if row["REPEATS"] is not None:
            earlier = given.get(command.subject, [])
            place_before = bisect_right(earlier, command.at, key=attrgetter("at")) - 1
            if place_before < 0 or earlier[place_before].kind != command.kind:
                continue
            command = replace(earlier[place_before], at=command.at)
        found.append(Try(row["ATTEMPT"], command, row["EXPECTED"]))
    return found


def with_tries(commands: Sequence[Command], tries: Sequence[Try]) -> list[Command]:
    """Put tries among the commands, each after those of the same second."""
    if not tries:
        return list(commands)
    return sorted([*commands, *(each.command for each in tries)], key=attrgetter("at"))
