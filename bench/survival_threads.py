"""What a second thread gives: `cox_ph` on one and on two threads in turn, wall and processor seconds, best of repeats.

    python bench/survival_threads.py [--rows 1000000] [--repeats 7]

The best, not the median: on a machine with other work the second core is often taken. Results must be equal to the bit.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from survival import make_data

from equipoise.stats import cox_ph, threads


def seconds(task: Callable[[], object], count: int) -> tuple[float, float]:
    """Run once on `count` threads: wall and processor seconds."""
    with threads(count):
        wall, processor = time.perf_counter(), time.process_time()
        task()
        return time.perf_counter() - wall, time.process_time() - processor


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=7)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        make_data(Path(name), arguments.rows)
        read = {n: np.fromfile(Path(name) / f"{n}.bin") for n in ("days", "exact", "event", "stratum", "x")}
    x = np.ascontiguousarray(read["x"].reshape(10, -1).T)
    cases = {"4 strata": ("days", read["stratum"]), "no strata": ("days", None), "without ties": ("exact", None)}
    sys.stdout.write("| Cox, Efron | one thread, wall s | two | ratio | one, processor s | two |\n")
    sys.stdout.write("| --- | ---: | ---: | ---: | ---: | ---: |\n")
    for title, (column, strata) in cases.items():
        bits = set()
        best = {1: (np.inf, np.inf), 2: (np.inf, np.inf)}
        for _ in range(arguments.repeats + 1):
            for count in (1, 2):
                found = seconds(
                    lambda: bits.add(cox_ph(read[column], read["event"], x, strata=strata).vcov.tobytes()),  # noqa: B023
                    count,
                )
                best[count] = tuple(np.minimum(best[count], found))
        if len(bits) != 1:
            sys.exit("the threads disagree")
        (wall, processor), (wall_two, processor_two) = best[1], best[2]
        numbers = (wall, wall_two, wall / wall_two, processor, processor_two)
        sys.stdout.write(f"| {title} | " + " | ".join(f"{value:.3g}" for value in numbers) + " |\n")
    sys.stdout.write(f"\nload {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")


if __name__ == "__main__":
    main()
