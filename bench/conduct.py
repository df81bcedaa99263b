"""How many events a second are decided, sealed and applied in memory.

Usage: python bench/conduct.py [patients] [repeats]

Every repeat is a trial from begin to end; the median counts. Processor time stands beside it, which other work on the
machine disturbs less.
"""

import os
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.conduct.made_up import Trial

from equipoise.conduct import Command, apply, decide
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


def main(patients: int = 100, repeats: int = 9) -> float:
    """Collect the commands of a trial once, then time trials that are given the same ones; events a second."""
    commands: list[Command] = []
    first = Trial().set_up("01")
    record = first.record

    def collect(command: Command, drafts: tuple[Draft, ...]) -> None:
        commands.append(command)
        record(command, drafts)

    first.record = collect  # type: ignore[method-assign]
    for _ in range(patients):
        history(first)
    runs = [timed(commands) for _ in range(repeats)]
    n = runs[0][0]
    wall, processor = (statistics.median(run[i] for run in runs) for i in (1, 2))
    each = ", ".join(f"{n / run[1]:,.0f}" for run in runs)
    print(f"{n:,} events of {patients} patients: median {n / wall:,.0f} a second ({each})")
    print(f"a second of the processor: median {n / processor:,.0f}; load {os.getloadavg()[0]:.1f}")
    return n / wall


def timed(commands: list[Command]) -> tuple[int, float, float]:
    """Events of a trial that is given commands, and the seconds it takes: of the clock, of the processor."""
    trial = Trial().set_up("01")
    state, chain, n = trial.state, Chain(), 0
    chain.events = list(trial.chain.events)
    wall, processor = time.perf_counter(), time.process_time()
    for command in commands:
        drafts = decide(trial.rulebooks, state, command, trial.vault)
        for event in chain.append(drafts, command.stamp()):  # type: ignore[arg-type]
            state = apply(state, event)
            n += 1
    return n, time.perf_counter() - wall, time.process_time() - processor


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
