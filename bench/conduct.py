"""How many events a second are decided, sealed and applied in memory.

Usage: python bench/conduct.py [patients]

The first line is a run from begin to end; the second adds up the best of 50 repetitions of every command of one
patient, which other work on the machine does not slow down.
"""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.conduct.made_up import Trial

from equipoise.conduct import Command, State, apply, decide
from equipoise.ledger import Chain, Draft


def history(trial: Trial) -> None:
    """One patient of 57 events: screening, randomization, ten cycles."""
    subject = trial.randomized()
    staff = "coordinator@01"
    trial.do("record_dose", staff, {"start": trial.today, "amount": "800", "unit": "mg"}, subject=subject)
    labs = [
        {"test": "NEUT", "value": "3.1", "unit": "10^9/L", "low": "1.5", "high": "7.5"},
        {"test": "PLAT", "value": "210"},
    ]
    vitals = [{"test": "SYSBP", "value": "128"}, {"test": "DIABP", "value": "80"}]
    for cycle in range(1, 11):
        day = trial.today
        visit = {"visit": "cycle", "number": cycle, "status": "done", "date": day}
        event = {"term": f"Nausea {cycle}", "grade": 1, "onset": day, "outcome": "unknown", "related": "possible"}
        trial.do("record_visit", staff, visit, subject=subject)
        trial.do("record_labs", staff, {"date": day, "laboratory": "Central", "results": labs}, subject=subject)
        trial.do("record_vitals", staff, {"date": day, "results": vitals}, subject=subject)
        trial.do("record_contact", staff, {"date": day, "how": "visit", "status": "alive"}, subject=subject)
        trial.do("record_adverse_event", staff, event | {"action": "none", "serious": False}, subject=subject)


def main(patients: int = 100) -> float:
    """Collect the commands of a trial once, then time a second trial that is given the same ones."""
    commands: list[tuple[Command, State]] = []
    first, second = Trial().set_up("01"), Trial().set_up("01")
    record = first.record

    def collect(command: Command, drafts: tuple[Draft, ...]) -> None:
        commands.append((command, first.state))
        record(command, drafts)

    first.record = collect  # type: ignore[method-assign]
    for _ in range(patients):
        history(first)
    state, chain, n = second.state, Chain(), 0
    chain.end = second.chain.end
    wall = time.perf_counter()
    for command, _ in commands:
        drafts = decide(second.rulebooks, state, command, second.vault)
        for event in chain.append(drafts, command.stamp()):  # type: ignore[arg-type]
            state = apply(state, event)
            n += 1
    wall = time.perf_counter() - wall
    print(f"{n:,} events of {patients} patients: {n / wall:,.0f} a second")
    return best(first, commands[-len(commands) // patients :])


def best(trial: Trial, commands: list[tuple[Command, State]]) -> float:
    """Add up the shortest of 50 repetitions of deciding, sealing and applying each command."""
    shortest, n = 0.0, 0
    for command, state in commands:
        times = []
        for _ in range(50):
            start = time.perf_counter()
            drafts, after, chain = decide(trial.rulebooks, state, command, trial.vault), state, Chain()
            for event in chain.append(drafts, command.stamp()):  # type: ignore[arg-type]
                after = apply(after, event)
            times.append(time.perf_counter() - start)
        shortest += min(times)
        n += len(drafts)
    print(f"best repetition of each command: {n / shortest:,.0f} events a second")
    return n / shortest


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
