"""Time and memory of mixed models for repeated measures, from a frame and a formula to fit and least-squares means.

One process per case, one thread. Prints seconds on the wall clock and of the processor (the second matters on a busy
machine), the best of the repeats, and peak memory. Needs the extra ``formula``. With R and its package mmrm installed
the same files are fitted there too (``mmrm_worker.R``).
"""

import argparse
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
FORMULA = "y ~ base + race + arm * visit"
CASES = {
    "200 x 4": (200, 4),
    "1,000 x 10": (1_000, 10),
    "5,000 x 10": (5_000, 10),
    "100,000 x 10": (100_000, 10),
}
LARGEST_FOR_R = 5_000


def write_trial(subjects: int, visits: int, path: Path) -> None:
    """Write a made-up trial: two arms, a baseline, drop-out and single missing visits."""
    import numpy as np  # noqa: PLC0415
    import polars as pl  # noqa: PLC0415

    rng = np.random.default_rng(1)
    index = np.arange(visits)
    sd = np.linspace(5.0, 8.0, visits)
    covariance = 0.85 ** np.abs(np.subtract.outer(index, index)) * np.outer(sd, sd)
    arm, race, base = rng.integers(0, 2, subjects), rng.integers(0, 3, subjects), rng.normal(75.0, 10.0, subjects)
    mean = 0.3 * base[:, None] + arm[:, None] * np.linspace(0.0, 2.0, visits)
    y = mean + rng.normal(size=(subjects, visits)) @ np.linalg.cholesky(covariance).T
    here = (index < rng.geometric(0.04, subjects)[:, None]) & (rng.random((subjects, visits)) > 0.05)
    i, j = np.nonzero(here)
    columns = {
        "id": [f"S{k:06d}" for k in i],
        "visit": [f"V{k:02d}" for k in j],
        "arm": np.array(["control", "treated"])[arm[i]],
        "race": np.array(["a", "b", "c"])[race[i]],
        "base": base[i],
        "y": y[i, j],
    }
    pl.DataFrame(columns).write_csv(path)


def work(path: Path, repeats: int) -> None:
    """Fit the file several times; print the best times as JSON."""
    import polars as pl  # noqa: PLC0415

    from equipoise.stats import mmrm  # noqa: PLC0415

    data = pl.read_csv(path)
    wall, processor, steps = [], [], 0
    for _ in range(repeats + 1):
        start, start_processor = time.perf_counter(), time.process_time()
        model = mmrm(FORMULA, data, subject="id", visit="visit", arm="arm")
        model.means(["arm", "visit"])
        model.differences(by="visit")
        wall.append(time.perf_counter() - start)
        processor.append(time.process_time() - start_processor)
        steps = model.iterations
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    best = {"wall": min(wall[1:]), "processor": min(processor[1:])}
    print(json.dumps(best | {"steps": steps, "rows": model.n, "peak": peak}))


def r_has_mmrm() -> bool:
    """Tell whether R and its packages mmrm and emmeans are there."""
    if shutil.which("Rscript") is None:
        return False
    test = 'quit(status = !(requireNamespace("mmrm", quietly = TRUE) && requireNamespace("emmeans", quietly = TRUE)))'
    return subprocess.run(["Rscript", "-e", test], capture_output=True, check=False).returncode == 0


def main() -> None:
    """Run the cases and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--work", type=Path, help="only fit this file")
    options = parser.parse_args()
    if options.work:
        work(options.work, options.repeats)
        return
    one_thread = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "POLARS_MAX_THREADS"), "1")
    environment = {**os.environ, **one_thread}
    with_r = r_has_mmrm()
    print(f"Python {platform.python_version()}, {platform.machine()}, load {os.getloadavg()[0]:.1f}")
    print("R mmrm: " + ("installed" if with_r else "not installed"))
    print("| subjects x visits | rows | Newton steps | wall s | processor s | peak MiB | R mmrm s |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        for name, (subjects, visits) in CASES.items():
            path = Path(folder) / f"{subjects}.csv"
            write_trial(subjects, visits, path)
            repeats = str(options.repeats if subjects <= LARGEST_FOR_R else 1)
            command = [sys.executable, __file__, "--work", str(path), "--repeats", repeats]
            done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
            found = json.loads(done.stdout)
            r_seconds = ""
            if with_r and subjects <= LARGEST_FOR_R:
                worker = ["Rscript", str(HERE / "mmrm_worker.R"), str(path)]
                r_seconds = subprocess.run(worker, env=environment, capture_output=True, text=True, check=True).stdout
            print(
                f"| {name} | {found['rows']} | {found['steps']} | {found['wall']:.3f} | {found['processor']:.3f} "
                f"| {found['peak']:.0f} | {r_seconds.strip()} |"
            )


if __name__ == "__main__":
    main()
