"""How long designs and simulated trials take; prints one line each. Peers run where they are installed.

Usage: python bench/design.py [--quick] [--rscript Rscript] [--lifelines PYTHON]
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np

from equipoise.stats import (
    Accrual,
    Look,
    PiecewiseHazard,
    SimulatedStratum,
    TrialPlan,
    group_sequential,
    rpsftm,
    simulate_trials,
    threads,
)
from equipoise.stats.allocation import permuted_blocks

CONTROL = PiecewiseHazard.from_median(9)
RPACT = """
suppressMessages(library(rpact))
d <- getDesignGroupSequential(kMax = 5, typeOfDesign = "asOF", typeBetaSpending = "bsOF", alpha = 0.025, beta = 0.1)
t <- system.time(getDesignGroupSequential(
  kMax = 5, typeOfDesign = "asOF", typeBetaSpending = "bsOF", alpha = 0.025, beta = 0.1))["elapsed"]
d2 <- getDesignGroupSequential(kMax = 2, typeOfDesign = "asOF", alpha = 0.1, beta = 0.15)
u <- system.time(getSimulationSurvival(d2, hazardRatio = 9/14, lambda2 = log(2)/9, directionUpper = FALSE,
  plannedEvents = c(56, 112), maxNumberOfSubjects = 171,
  accrualTime = c(0, 25), maxNumberOfIterations = 10000, seed = 1))
cat(sprintf("rpact: boundaries %.1f ms, 10,000 trials without strata %.2f s\\n", 1000 * t, u["elapsed"]))
"""
LIFELINES = """
import time
import numpy as np
from lifelines import __version__
from lifelines.statistics import logrank_test

def trial(random):
    entry, arm = random.uniform(0, 25, 171), random.permutation(np.arange(171) % 2)
    times = random.exponential(np.where(arm == 1, 14, 9) / np.log(2))
    found = []
    for events in (56, 112):
        cut = np.sort(entry + times)[events - 1]
        there = entry < cut
        seen, event = np.minimum(times, cut - entry)[there], (entry + times <= cut)[there]
        a, b = arm[there] == 1, arm[there] == 0
        found.append(logrank_test(seen[a], seen[b], event[a], event[b]).test_statistic)
    return found

random = np.random.default_rng(1)
trial(random)
clock, used = time.perf_counter(), time.process_time()
for _ in range(TRIALS):
    trial(random)
print(time.perf_counter() - clock, time.process_time() - used, __version__)
"""
LIFELINES_TRIALS = 200
"""Trials timed; ten thousand are told from them."""


def plan() -> TrialPlan:
    """171 patients in four strata, blocks of 4 and 6, looks at 56 and 112 events."""
    hazards = (CONTROL, CONTROL.times(PiecewiseHazard((9 / 14,))))
    strata = tuple(SimulatedStratum(0.25, hazards, levels) for levels in ((0, 0), (0, 1), (1, 0), (1, 1)))
    blocks = permuted_blocks([1, 1], [4, 6], n_levels=[2, 2])
    looks = (Look(events=56), Look(events=112))
    return TrialPlan(n=171, allocation=blocks, strata=strata, accrual=Accrual(25), looks=looks)


def best(run: Callable[[], object], repeats: int = 5) -> tuple[float, float]:
    """Least wall and processor time of some repeats."""
    wall = processor = float("inf")
    for _ in range(repeats):
        start, used = time.perf_counter(), time.process_time()
        run()
        wall, processor = min(wall, time.perf_counter() - start), min(processor, time.process_time() - used)
    return wall, processor


def say(what: str, times: tuple[float, float]) -> None:
    """Print one line."""
    print(f"{what}: {times[0]:.4f} s by the clock, {times[1]:.4f} s of processor time", flush=True)


def simulations(trials: int) -> float:
    """10,000 trials on one thread and two, and many on two; give the processor time of one thread."""
    trial = plan()
    simulate_trials(trial, 10, seed=1)
    one = best(lambda: simulate_trials(trial, 10_000, seed=1))
    say("10,000 trials of 171 patients, one interim look, stratified log-rank, one thread", one)
    with threads(2):
        two = best(lambda: simulate_trials(trial, 10_000, seed=1))
        say(f"the same on two threads ({one[0] / two[0]:.2f} times as fast)", two)
        say(f"{trials:,} trials on two threads", best(lambda: simulate_trials(trial, trials, seed=1), 1))
    return one[1]


def lifelines(python: str, own: float) -> None:
    """The same looks by lifelines, without strata, which its test does not have."""
    code = LIFELINES.replace("TRIALS", str(LIFELINES_TRIALS))
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    if done.returncode:
        print("lifelines: not installed")
        return
    wall, processor, version = done.stdout.split()
    scale = 10_000 / LIFELINES_TRIALS
    say(
        f"lifelines {version}: 10,000 trials without strata, told from {LIFELINES_TRIALS} "
        f"({float(processor) * scale / own:.0f} times the processor time)",
        (float(wall) * scale, float(processor) * scale),
    )


def crossover(samples: int) -> None:
    """Rank-preserving structural failure time model on 1,000 patients with a bootstrap."""
    random = np.random.default_rng(1)
    n = 1_000
    treated = np.arange(n) % 2 == 0
    alone = random.exponential(20.0, n)
    switch = np.where(treated, 1e6, random.exponential(15.0, n))
    time_ = np.where(treated, alone * 1.4, np.where(alone > switch, switch + (alone - switch) * 1.4, alone))
    censor = random.uniform(20, 40, n)
    event, seen = time_ <= censor, np.minimum(time_, censor)
    exposure = np.where(treated, 1.0, np.clip((seen - switch) / seen, 0.0, 1.0))
    run = lambda: rpsftm(  # noqa: E731 - named for the timer
        seen, event, treated, exposure=exposure, censor_time=censor, samples=samples, seed=1
    )
    say(f"RPSFTM on 1,000 patients with {samples:,} bootstraps", best(run, 1))


def main() -> None:
    """Time everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the long ones")
    parser.add_argument("--rscript", default="Rscript", help="R with rpact, where there is one")
    parser.add_argument("--lifelines", default=sys.executable, metavar="PYTHON", help="Python that has lifelines")
    asked = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors")
    more = {"power": 0.9, "futility": "lan_demets_obrien_fleming"}
    group_sequential(5, **more)
    say("boundaries of five looks with beta spending", best(lambda: group_sequential(5, **more), 20))
    own = simulations(100_000 if asked.quick else 1_000_000)
    lifelines(asked.lifelines, own)
    crossover(100 if asked.quick else 1_000)
    if shutil.which(asked.rscript) is None:
        print("rpact: no Rscript here")
    else:
        done = subprocess.run([asked.rscript, "-e", RPACT], capture_output=True, text=True, check=False)
        print(done.stdout.strip() or "rpact: not installed")


if __name__ == "__main__":
    main()
