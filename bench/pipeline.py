"""Time and memory of the main job: from SDTM files to the report, process start included.

Prints the median of interleaved repeats. Needs the data of ``make demo``; the larger set is the same data repeated.
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
TRIAL = ROOT / "trials/cdisc_pilot"
DATA = ROOT / "build/demo/pilot_sdtm"
WORK = ROOT / "build/bench"
EQUIPOISE = str(Path(sys.executable).parent / "equipoise")


def replicate(copies: int) -> None:
    """Write the demonstration data ``copies`` times over as one trial, subjects renamed; parquet."""
    folder = WORK / f"sdtm-{copies}"
    folder.mkdir(parents=True, exist_ok=True)
    import polars as pl  # noqa: PLC0415

    from equipoise.cdisc import read_dataset  # noqa: PLC0415

    for path in sorted(DATA.iterdir()):
        frame = read_dataset(path)
        if "USUBJID" in frame.columns:
            parts = [frame.with_columns(pl.col("USUBJID") + f"-{k:03d}") for k in range(copies)]
            frame = pl.concat(parts)
        frame.write_parquet(folder / f"{path.stem}.parquet")


def run(command: Sequence[str]) -> tuple[float, float]:
    """Seconds and peak resident memory in MiB of one process."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    if status:
        sys.exit(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
    return seconds, usage.ru_maxrss / 1024


def main() -> None:
    """Run the cases in turn and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--copies", type=int, default=100)
    parser.add_argument("--replicate", type=int, help="only write the data that many times over")
    options = parser.parse_args()
    if options.replicate:
        replicate(options.replicate)
        return
    if not DATA.is_dir():
        sys.exit("run make demo first: its data are not there")
    large = WORK / f"sdtm-{options.copies}"
    if not large.is_dir():  # in a process of its own: a child's peak memory counts its parent's
        subprocess.run([sys.executable, __file__, "--replicate", str(options.copies)], check=True)

    def report(data: Path, name: str) -> list[str]:
        return [EQUIPOISE, "report", str(TRIAL), str(data), "-o", str(WORK / name)]

    cases = {
        "equipoise --help": ([EQUIPOISE, "--help"], options.repeats),
        "report, 254 subjects": (report(DATA, "one"), options.repeats),
        f"report, {254 * options.copies} subjects": (report(large, "many"), 1),
    }
    seen: dict[str, list[tuple[float, float]]] = {name: [] for name in cases}
    for turn in range(options.repeats):
        for name, (command, repeats) in cases.items():
            if turn < repeats:
                seen[name].append(run(command))
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {time.strftime('%Y-%m-%d')}"
    )
    for name, values in seen.items():
        seconds = statistics.median(v[0] for v in values)
        memory = max(v[1] for v in values)
        print(f"{name:32s} {seconds:8.2f} s {memory:8.0f} MiB   ({len(values)} runs)")
    one, many = (statistics.median(v[0] for v in seen[name]) for name in list(cases)[1:])
    print(f"ratio large to small: {many / one:.1f}")


if __name__ == "__main__":
    main()
