"""Time and memory of responses, central review and both progression-free survivals, for up to thousands of trials.

Each trial has 171 patients with a baseline and 8 visits, 5 target lesions and three readers: two central ones and the
site. Timed are tumor responses and best responses of every reader, comparison of the central readers, the endorsement
of one where they differ, and progression-free survival by central and by local reading. Each size runs in a process of
its own. Rows are shuffled over all trials, so that sorting is part of the time; ``--sorted`` leaves them in order.
"""

import argparse
import platform
import resource
import statistics
import subprocess
import sys
import time

import numpy as np
import polars as pl

from equipoise.criteria import (
    RULES,
    CensorOptions,
    Charter,
    Histories,
    Schedule,
    TumorResponses,
    censor,
    central_results,
    progression_histories,
    recist_responses,
)
from equipoise.terms import RuleSet

PATIENTS, VISITS, LESIONS = 171, 9, 5
READERS = ("R1", "R2", "SITE")
SCHEDULE = Schedule.from_study_days([1 + 56 * visit for visit in range(1, VISITS)], window=7)
KEYS = ["STUDYID", "USUBJID"]


def measurements(trials: int, seed: int = 1, *, shuffle: bool = True) -> pl.DataFrame:
    """Made-up lesions that shrink and grow again, some not measured, as several readers measure them."""
    rng = np.random.default_rng(seed)
    patient = (trials, PATIENTS, 1)
    baseline = rng.integers(100, 800, (*patient, 1, LESIONS))
    change = np.exp(np.cumsum(rng.normal(0.0, 0.15, (*patient, VISITS, 1)), axis=3)).astype(np.float32)
    shape = (trials, PATIENTS, len(READERS), VISITS, LESIONS)
    size = baseline * change * np.exp(rng.normal(0.0, 0.05, shape)).astype(np.float32)
    size = (size.astype(np.int32) / np.float32(10)).ravel()
    later = np.tile(np.arange(VISITS) > 0, size.size // (VISITS * LESIONS)).repeat(LESIONS)
    size[(rng.random(size.size, dtype=np.float32) < 0.005) & later] = np.nan
    order = rng.permutation(size.size) if shuffle else np.arange(size.size)
    place, columns = order, {}
    names = {
        "LESION": pl.Series([f"T{i + 1:02d}" for i in range(LESIONS)]),
        "DAY": pl.Series([56 * visit + 1 for visit in range(VISITS)]),
        "READER": pl.Series(READERS),
        "USUBJID": pl.Series([f"{i:04d}" for i in range(PATIENTS)]),
        "STUDYID": pl.Series([f"S{i:05d}" for i in range(trials)]),
    }
    for name, values in names.items():
        place, code = np.divmod(place, len(values))
        columns[name] = values.gather(code)
    diameter = pl.Series(size[order], nan_to_null=True).cast(pl.Float64).round(1)
    return pl.DataFrame(columns).with_columns(KIND=pl.lit("TARGET"), DIAMETER=diameter)


def survival(patients: pl.DataFrame, found: TumorResponses) -> np.ndarray:
    """Days and events of progression-free survival under two rule sets."""
    histories: Histories = progression_histories(patients, found)
    outcomes = [censor(histories, RULES[name], SCHEDULE, CensorOptions()) for name in (RuleSet.A, RuleSet.P)]
    return np.array([(o.event.sum(), o.day.sum()) for o in outcomes])


def job(frame: pl.DataFrame) -> dict[str, float]:
    """Seconds of each step."""
    charter, seconds, start = Charter(), {}, time.perf_counter()

    def lap(name: str) -> None:
        nonlocal start
        now = time.perf_counter()
        seconds[name], start = now - start, now

    found = recist_responses(frame, charter)
    lap("responses")
    central = found.best.filter(pl.col("READER") != "SITE")
    pending = central_results(central, None, charter).patients.filter(pl.col("STATUS") == "pending")
    choices = pending.select(KEYS).with_columns(ENDORSED=pl.Series(["R1", "R2"]).gather(np.arange(pending.height) % 2))
    review = central_results(central, choices, charter).patients
    lap("review")
    names = pl.Series(["R1", "R2"])
    for who in (names.gather(review["READER"] - 1), pl.Series(["SITE"]).gather(np.zeros(review.height, dtype=int))):
        survival(review.select(KEYS).with_columns(who.alias("READER")), found)
    lap("survival")
    return {**seconds, "all": sum(seconds.values())}


def measure(trials: int, runs: int, shuffle: bool) -> None:
    """Print rows, seconds and peak memory for one size."""
    job(measurements(1))  # the compiler is loaded, the kernels read from the cache
    frame = measurements(trials, shuffle=shuffle)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    cpu, found = time.process_time(), []
    for _ in range(runs):
        found.append(job(frame))
    cpu = (time.process_time() - cpu) / runs
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    median = {name: statistics.median(run[name] for run in found) for name in found[0]}
    parts = ", ".join(f"{name} {median[name]:.2f}" for name in median if name != "all")
    print(
        f"{trials:>6,} trials {frame.height:>11,} measurements {median['all']:7.2f} s ({parts}; best"
        f" {min(run['all'] for run in found):.2f}; processor {cpu:.2f}) {1e6 * median['all'] / frame.height:6.3f} s a"
        f" million, {memory:6.0f} MiB at most, {before:6.0f} before",
        flush=True,
    )


def main() -> None:
    """Run the sizes in turn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, help="only this many trials, in this process")
    parser.add_argument("--runs", type=int, default=3, help="the median of so many runs is printed")
    parser.add_argument("--sorted", action="store_true", help="rows in order of study, patient, reader and day")
    options = parser.parse_args()
    if options.trials:
        measure(options.trials, options.runs, not options.sorted)
        return
    print(f"{platform.machine()}, Python {platform.python_version()}, {time.strftime('%Y-%m-%d')}", flush=True)
    order = ["--sorted"] if options.sorted else []
    for scale in (0.1, 1, 3):
        command = [sys.executable, __file__, "--trials", str(round(1000 * scale)), "--runs", str(options.runs), *order]
        subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
