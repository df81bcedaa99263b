"""Speed of the survival engine beside its peers: one core, processor time, medians of interleaved repeats.

    python bench/survival.py --peers-python PEERS/bin/python [--rscript Rscript] [--rows 1000000] [--repeats 5]

Every engine runs in a process of its own that stays alive and is asked for one task after the other, in turn, so that
a busy machine slows all of them alike. A task that an engine lacks is left empty. The peers' environment needs
lifelines, scikit-survival and statsmodels; R needs survival.
"""

import argparse
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

import numpy as np

HERE = Path(__file__).parent
TASKS = {
    "km": "Kaplan-Meier with limits and median, integer days",
    "km_untied": "the same without ties",
    "logrank": "log-rank, 4 strata",
    "cox": "Cox, Efron, 10 covariates, 4 strata",
    "cox_untied": "the same without ties, a tenth of the rows",
    "cox_untied_full": "the same without ties, all rows",
    "small": "171 subjects: Kaplan-Meier, log-rank in 4 strata, Cox with 3 covariates, together",
}
SLOW = {  # minutes for one repeat: left out
    ("lifelines", "cox_untied_full"),
    ("statsmodels", "cox_untied_full"),
    ("scikit-survival", "cox"),
    ("scikit-survival", "cox_untied_full"),
}


def make_data(folder: Path, rows: int) -> None:
    """Write columns as raw doubles: days, the time before rounding, event, arm, stratum, ten covariates."""
    rng = np.random.default_rng(20260801)
    arm = rng.integers(0, 2, rows)
    x = np.column_stack(
        [arm, *(rng.normal(size=rows) for _ in range(5)), *(rng.integers(0, 2, rows) for _ in range(4))]
    )
    hazard = np.exp(x @ np.array([-0.3, *np.linspace(-0.2, 0.2, 9)])) / 600
    to_event, to_end = rng.exponential(1 / hazard), rng.uniform(30, 1500, rows)
    exact = np.minimum(to_event, to_end)
    columns = {"exact": exact, "days": np.ceil(exact), "event": to_event <= to_end, "arm": arm}
    columns |= {"stratum": rng.integers(0, 4, rows), "x": np.asfortranarray(x).ravel(order="F")}
    for name, values in columns.items():
        np.asarray(values, float).tofile(folder / f"{name}.bin")


class Worker:
    """One engine in its process: send a task, read the processor seconds."""

    def __init__(self, name: str, command: list[str], folder: Path) -> None:
        self.name = name
        single = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
        self.process = subprocess.Popen(
            [*command, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, **single},
        )
        self.version = self.ask("version")

    def ask(self, task: str) -> str:
        """Run one task; the answer is seconds, a version, memory in MB, or empty where the engine lacks the task."""
        self.process.stdin.write(task + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()


def engines(arguments: argparse.Namespace, folder: Path) -> list[Worker]:
    """Start every engine that is installed."""
    worker = str(HERE / "survival_worker.py")
    found = [Worker("equipoise", [sys.executable, worker, "equipoise"], folder)]
    if arguments.peers_python:
        names = ("lifelines", "scikit-survival", "statsmodels")
        found += [Worker(name, [arguments.peers_python, worker, name], folder) for name in names]
    if arguments.rscript:
        found.append(Worker("R survival", [arguments.rscript, str(HERE / "survival_worker.R")], folder))
    return [engine for engine in found if engine.version]


def measure(workers: list[Worker], repeats: int) -> dict[tuple[str, str], float]:
    """Interleave: every engine once, then every engine again; the first round warms up and does not count."""
    seconds: dict[tuple[str, str], list[float]] = {}
    for task in TASKS:
        for repeat in range(repeats + 1):
            for worker in workers:
                if (worker.name, task) in SLOW:
                    continue
                answer = worker.ask(task)
                if answer and repeat:
                    seconds.setdefault((worker.name, task), []).append(float(answer))
    return {key: median(values) for key, values in seconds.items()}


def table(workers: list[Worker], seconds: dict[tuple[str, str], float]) -> str:
    """Write the result as a Markdown table, in seconds."""
    lines = ["| task | " + " | ".join(f"{w.name} {w.version}" for w in workers) + " |"]
    lines.append("| --- |" + " ---: |" * len(workers))
    for task, title in TASKS.items():
        cells = [f"{seconds[w.name, task]:.4g}" if (w.name, task) in seconds else "" for w in workers]
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    """Make the data, ask all engines, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers-python")
    parser.add_argument("--rscript")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_data(folder, arguments.rows)
        workers = engines(arguments, folder)
        seconds = measure(workers, arguments.repeats)
        memory = workers[0].ask("memory")
    sys.stdout.write(
        f"{platform.processor() or platform.machine()}, {arguments.rows} rows, {arguments.repeats} repeats\n\n"
    )
    sys.stdout.write(table(workers, seconds) + f"\n\nequipoise, Cox with all rows, peak memory: {memory}\n")


if __name__ == "__main__":
    main()
