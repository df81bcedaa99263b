"""How fast synthetic trials are made: through every command, by the short road a thousand at a time, and as a twin.

Usage: python bench/rehearsal.py [trials]

Prints events and histories a second on the conduct road; minutes and memory of `trials` trials (1,000 unless given) to
the primary test on two processes, and of 1/10, 1/5 and 2/5 of them; seconds of one twin by step. Processor time stands
beside the clock, which other work on the machine disturbs less.
"""

import os
import resource
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from equipoise.analyze import analyze
from equipoise.cli.rehearse import Rehearsal, prepare
from equipoise.derive import derive
from equipoise.derive.sdtm import sdtm_from_ledger
from equipoise.protocol import data_cut
from equipoise.protocol.source import read_text
from equipoise.rehearsal.characteristics import rehearse_trials
from equipoise.rehearsal.facts import Facts
from equipoise.rehearsal.memory import Rehearsed, carry_out, commands_of, run
from equipoise.rehearsal.synthetic import synthetic_protocol
from equipoise.rehearsal.vault import rehearsal_vault

TRIAL = Path(__file__).parents[1] / "trials" / "a021202"
WORKERS = 2
Made = TypeVar("Made")
HISTORY = 60
"""Events of a history, as the promise counts them."""


class Spent:
    """Seconds of the clock, seconds of the processor with those of processes that have ended, and most memory."""

    def __init__(self) -> None:
        self.wall = self.processor = self.memory = 0.0


def processor() -> float:
    """Seconds of the processor, here and in processes that have ended."""
    times = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in times)


def resident() -> int:
    """Bytes in memory of this process and of those it started."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii").split()
    total = 0
    for process in ("self", *children):
        try:
            total += int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
        except OSError:
            continue
    return total * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def measured() -> Iterator[Spent]:
    """Measure what is done inside."""
    spent, done = Spent(), threading.Event()

    def watch() -> None:
        while not done.wait(0.2):
            spent.memory = max(spent.memory, resident())

    watcher = threading.Thread(target=watch)
    watcher.start()
    wall, cpu = time.perf_counter(), processor()
    try:
        yield spent
    finally:
        spent.wall, spent.processor = time.perf_counter() - wall, processor() - cpu
        done.set()
        watcher.join()


def conduct_road(repeats: int = 3) -> None:
    """Give all commands of the twin, decide, seal and apply them; the best of some runs counts."""
    rehearsal, facts = twin()
    made, runs = [], []
    for _ in range(repeats):
        with measured() as building:
            vault, entropy = rehearsal_vault(rehearsal.protocol, rehearsal.model.allocation)
            commands = commands_of(
                rehearsal.protocol, rehearsal.text, rehearsal.model, facts, commitment=vault.commitment
            )
        record = Rehearsed(rehearsal.protocol, vault)
        with measured() as deciding:
            carry_out(record, commands, entropy)
        made.append(building.processor)
        runs.append(deciding.processor)
    events, best = len(record.events), min(runs)
    print(f"{events:,} events of {len(record.state.subjects)} patients: {events / best:,.0f} events and "
          f"{events / best / HISTORY:,.0f} histories of {HISTORY} events a second of the processor; "
          f"{min(made):.2f} s before that to write {len(commands):,} commands")  # fmt: skip


def many_trials(trials: int) -> None:
    """Rehearse trials to the primary test."""
    protocol = synthetic_protocol(read_text(TRIAL / "protocol.yaml"))
    model = read_text(TRIAL / "twin.yaml")
    for n in (trials // 10, trials // 5, 2 * trials // 5, trials):
        with measured() as spent:
            rehearse_trials(protocol, model, n, scenarios=("declared",), workers=WORKERS)
        print(f"{n:,} trials to the primary test on {WORKERS} processes: {spent.wall / 60:.2f} min, "
              f"{spent.processor / n:.3f} s of the processor a trial, {spent.memory / 2**30:.2f} GiB")  # fmt: skip


def by_step() -> None:
    """Rehearse one twin, step by step."""
    rehearsal, facts = step("generate", twin)
    protocol, text = rehearsal.protocol, rehearsal.text
    record = step("decide and seal", lambda: run(protocol, text, rehearsal.model, facts))
    sdtm = step("write SDTM", lambda: sdtm_from_ledger(protocol, record.events, arms=record.arms()))
    derived = step("derive", lambda: derive(protocol, sdtm, cut=data_cut(protocol)))
    step("analyze", lambda: analyze(
        protocol, derived.adam, list(derived.findings), cut_name=derived.cut_name, cutoff=derived.cutoff
    ))  # fmt: skip


def step(name: str, make: Callable[[], Made]) -> Made:
    """Do one step and say how long it took."""
    with measured() as spent:
        made = make()
    print(f"twin: {name}: {spent.processor:.1f} s of the processor, {spent.wall:.1f} s")
    return made


def twin() -> tuple[Rehearsal, Facts]:
    """The twin and its facts."""
    rehearsal = prepare(TRIAL / "protocol.yaml")
    return rehearsal, rehearsal.facts()


def main(trials: int = 1_000) -> None:
    """Measure and print everything."""
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    conduct_road()
    by_step()
    many_trials(trials)
    print(f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
