"""Time and memory of tumor responses: trials of 171 patients, a baseline and 8 visits, 5 target lesions, one reader.

Each size runs in a process of its own; rows are shuffled once, so that sorting is part of the time.
"""

import argparse
import platform
import resource
import subprocess
import sys
import time

import numpy as np
import polars as pl

from equipoise.criteria import recist_responses

PATIENTS, VISITS, LESIONS = 171, 9, 5


def measurements(trials: int, seed: int = 1) -> pl.DataFrame:
    """Made-up lesions that shrink and grow again, some of them not measured, in random order."""
    rng = np.random.default_rng(seed)
    shape = (trials, PATIENTS, VISITS, LESIONS)
    baseline = rng.integers(100, 800, (trials, PATIENTS, 1, LESIONS))
    change = np.exp(np.cumsum(rng.normal(0.0, 0.15, (trials, PATIENTS, VISITS, 1)), axis=2))
    size = (baseline * change).astype(np.int64) / 10
    size[rng.random(shape) < 0.005] = np.nan
    size[:, :, 0] = baseline[:, :, 0] / 10
    order = rng.permutation(size.size)
    study, patient, visit, lesion = (place.ravel()[order] for place in np.indices(shape, dtype=np.int32))
    studies = pl.Series([f"S{i:05d}" for i in range(trials)])
    patients = pl.Series([f"{i:04d}" for i in range(PATIENTS)])
    names = pl.Series([f"T{i + 1:02d}" for i in range(LESIONS)])
    return pl.DataFrame(
        {
            "STUDYID": studies.gather(study),
            "USUBJID": patients.gather(patient),
            "DAY": visit.astype(np.int64) * 56 + 1,
            "LESION": names.gather(lesion),
            "KIND": pl.repeat("TARGET", size.size, eager=True),
            "DIAMETER": pl.Series(size.ravel()[order], nan_to_null=True),
        }
    )


def measure(trials: int) -> None:
    """Print rows, seconds and peak memory for one size."""
    frame = measurements(trials)
    recist_responses(measurements(1))  # the compiler is loaded, the kernel read from the cache
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    start, cpu = time.perf_counter(), time.process_time()
    found = recist_responses(frame)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{frame.height:>11,} measurements {found.best.height:>9,} patients {seconds:7.2f} s (processor {cpu:6.2f} s)"
        f" {1e6 * seconds / frame.height:6.3f} s a million, {memory:6.0f} MiB at most, {before:6.0f} before"
    )


def main() -> None:
    """Run the sizes in turn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, help="only this many trials, in this process")
    options = parser.parse_args()
    if options.trials:
        measure(options.trials)
        return
    print(f"{platform.machine()}, Python {platform.python_version()}, {time.strftime('%Y-%m-%d')}", flush=True)
    for scale in (0.1, 1, 3):
        subprocess.run([sys.executable, __file__, "--trials", str(round(1000 * scale))], check=True)


if __name__ == "__main__":
    main()
