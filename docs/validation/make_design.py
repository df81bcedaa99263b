"""Write docs/validation/design.md from the reference numbers: `python docs/validation/make_design.py`.

Runs the tests that hold designs, sizes, weighted tests and allocation against reference numbers, and writes down every
comparison they make: our number, the reference's, the difference, and the exact number where one is known. Needs
EQUIPOISE_REFERENCE.
"""

from __future__ import annotations

import inspect
import json
import linecache
import math
import os
import sys
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from equipoise.design import read_assumptions, run_trials
from equipoise.design.allocator import read_allocator
from equipoise.design.simulation import trial_plan
from equipoise.design.size import planned_design
from equipoise.protocol import load_protocol
from equipoise.stats import SimulatedStratum
from equipoise.stats.allocation import permuted_blocks

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
LEFT_OUT = import_module("tests.stats.sequential.not_compared")
NOT_COMPARED = {**LEFT_OUT.NOT_COMPARED, **LEFT_OUT.CROSSOVER_NOT_COMPARED}
TESTS = (
    "tests/stats/sequential/test_bounds.py",
    "tests/stats/sequential/test_after_the_plan.py",
    "tests/stats/sequential/test_peer_designs.py",
    "tests/stats/sample_size",
    "tests/stats/survival/test_weighted_reference.py",
    "tests/stats/allocation/test_reference.py",
    "tests/stats/allocation/test_rerandomization.py",
    "tests/stats/crossover",
)
TRIALS = 100_000
KEYS = ("key", "name", "method", "setting", "n", "ours")
HEAD = """# Designs against reference numbers

Made by `docs/validation/make_design.py`, which runs the tests and writes down every comparison with a reference number;
do not edit. Sources: rpact 3.3.4, gsDesign 3.11.0.9003, clinfun 1.1.5, survival and survRM2 in R 4.2.2, and exact
computations (boundaries with 960 nodes a look; randomization in fractions). *Largest difference* is over all numbers of
the comparison; *ours* and *reference* show the last of them. *Exact* is the last bound to 1e-12, where it was computed.

"""


@dataclass
class Comparison:
    """One comparison made by a test."""

    golden: str
    what: str
    ours: float
    theirs: float
    difference: float
    count: int


@dataclass(eq=False)
class Recorder:
    """Stands in for `pytest.approx` and notes what is compared."""

    real: Any = pytest.approx
    found: dict[str, list[Comparison]] = field(default_factory=dict)
    test: str = ""
    sources: dict[str, str] = field(default_factory=dict)

    def approx(self, expected: Any, *args: Any, **kwargs: Any) -> Any:
        """As `pytest.approx`, noting the comparison."""
        return Noted(self, expected, self.real(expected, *args, **kwargs))

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep the tests that are held against reference numbers."""
        kept = []
        for item in items:
            marks = [m.kwargs for m in item.iter_markers("evidence") if m.kwargs["kind"] in ("R", "published")]
            uses = getattr(item, "fixturenames", ())
            if marks and {"reference", "goldens", "exact_bounds", "numbers"} & set(uses):
                kept.append(item)
                self.sources[item.nodeid] = "; ".join(dict.fromkeys(mark["source"] for mark in marks))
        items[:] = kept

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Remember which test runs."""
        self.test = item.nodeid

    def note(self, actual: Any, expected: Any, frame: Any) -> None:
        """Note one comparison with the key it belongs to."""
        try:
            ours = np.atleast_1d(np.asarray(actual, dtype=float)).ravel()
            theirs = np.atleast_1d(np.asarray(expected, dtype=float)).ravel()
        except (TypeError, ValueError):
            return
        known = np.isfinite(ours) & np.isfinite(theirs) if ours.size == theirs.size else np.zeros(0, bool)
        if not known.any():
            return
        names = [str(frame.f_locals[k]) for k in KEYS if isinstance(frame.f_locals.get(k), str | int)]
        line = linecache.getline(frame.f_code.co_filename, frame.f_lineno).strip()
        what = line.removeprefix("assert ").partition(" == ")[0].replace("|", "\\|")
        at = np.flatnonzero(known)[-1]
        comparison = Comparison(
            golden=" ".join(dict.fromkeys(names))
            or self.test.rpartition("::")[2].replace("_", " ").removeprefix("test "),
            what=what,
            ours=float(ours[at]),
            theirs=float(theirs[at]),
            difference=float(np.abs(ours[known] - theirs[known]).max()),
            count=int(known.sum()),
        )
        rows = self.found.setdefault(self.test, [])
        if rows and (rows[-1].golden, rows[-1].what) == (comparison.golden, comparison.what):
            comparison.count += rows[-1].count
            comparison.difference = max(comparison.difference, rows[-1].difference)
            rows[-1] = comparison
        else:
            rows.append(comparison)


class Noted:
    """Compares as `pytest.approx` does, and tells the recorder."""

    __array_ufunc__ = None
    __array_priority__ = 100

    def __init__(self, recorder: Recorder, expected: Any, real: Any) -> None:
        self.recorder, self.expected, self.real = recorder, expected, real

    def __eq__(self, actual: object) -> bool:
        """Compare and note."""
        caller = inspect.currentframe()
        self.recorder.note(actual, self.expected, caller.f_back if caller else None)
        return bool(actual == self.real)

    __hash__ = None  # type: ignore[assignment]


def simulated_power() -> list[str]:
    """Say by how much, and why, the power of simulated trials differs from the formula's."""
    protocol = load_protocol(ROOT / "trials" / "a021202" / "protocol.yaml")
    plan = read_assumptions(protocol, "primary")
    design, events = planned_design(plan)
    trial = trial_plan(plan, read_allocator(protocol, plan), events=(design.information * events).tolist())
    last = trial.looks[-1].events or 0
    effect = -math.log(plan.hazard_ratio)
    alone = (SimulatedStratum(1.0, trial.strata[0].hazards),)
    cases = {
        "simulated, no strata": replace(
            trial, strata=alone, allocation=permuted_blocks((1, 1), (4, 6)), stratified=False
        ),
        "simulated, four strata, plain test": replace(trial, stratified=False),
        "simulated, four strata, stratified test (as planned)": trial,
    }
    drift = effect * math.sqrt(last / 4)
    lines = [
        "## Simulated and planned power: A021202",
        "",
        f"{TRIALS:,} trials each, seed 21202, {last} events, hazard ratio {plan.hazard_ratio:.4f}; "
        "docs/methods/simulation.md says why.",
        "*Power at this Z* is that of the design, by recursion, at the mean of Z that was simulated.",
        "",
        "| case | information | mean of Z | power | Monte Carlo standard error | power at this Z |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
        f"| formula | {last / 4:.2f} | {drift:.4f} | {design.crossing(drift).power:.4f} | | |",
    ]
    for words, case in cases.items():
        run = run_trials(case, TRIALS, seed=21202)
        z, stops = float(-run.z[:, -1].mean()), run.stops(design.upper)
        information = float(((run.z[:, -1] / run.log_hazard_ratio[:, -1]) ** 2).mean())
        cells = (
            f"{information:.2f} | {z:.4f} | {stops.power:.4f} | {stops.std_error:.4f} | {design.crossing(z).power:.4f}"
        )
        lines.append(f"| {words} | {cells} |")
    return [*lines, ""]


def page(recorder: Recorder, exact: dict[str, Any]) -> str:
    """Write the page."""
    lines = [HEAD]
    total = sum(len(rows) for rows in recorder.found.values())
    numbers = sum(row.count for rows in recorder.found.values() for row in rows)
    lines.append(f"{numbers:,} numbers in {total:,} comparisons.\n")
    for test, rows in sorted(recorder.found.items()):
        title = test.rpartition("::")[2].removeprefix("test_").replace("_", " ").replace("[", ": ").rstrip("]")
        lines += [f"## {title[:1].upper() + title[1:]}", "", f"Source: {recorder.sources[test]}.", ""]
        lines += ["| golden | quantity | numbers | ours | reference | largest difference | exact |"]
        lines += ["| --- | --- | ---: | ---: | ---: | ---: | ---: |"]
        for row in rows:
            known = exact.get(row.golden, {}).get("bounds") if row.what == "design.upper" else None
            best = f"{known[-1]:.12g}" if known else ""
            cells = (row.golden, f"`{row.what}`", str(row.count), f"{row.ours:.12g}", f"{row.theirs:.12g}")
            lines.append(f"| {' | '.join(cells)} | {row.difference:.1e} | {best} |")
        lines.append("")
    lines += simulated_power()
    lines += ["## Not compared", "", "| golden | why |", "| --- | --- |"]
    lines += [f"| {key} | {why} |" for key, why in NOT_COMPARED.items()]
    lines += ["", "Inside the goldens that are compared:", "", "| numbers | why |", "| --- | --- |"]
    lines += [f"| {key.replace('*', chr(92) + '*')} | {why} |" for key, why in LEFT_OUT.FIELDS_NOT_COMPARED.items()]
    return "\n".join([*lines, ""])


def main() -> int:
    """Run the tests and write the page."""
    folder = os.environ.get("EQUIPOISE_REFERENCE")
    if not folder:
        print("set EQUIPOISE_REFERENCE to the folder of the reference numbers", file=sys.stderr)
        return 2
    recorder = Recorder()
    pytest.approx = recorder.approx
    code = pytest.main(["-q", "-p", "no:randomly", *(str(ROOT / test) for test in TESTS)], plugins=[recorder])
    if code:
        return int(code)
    exact = json.loads((Path(folder) / "design" / "exact_bounds.json").read_text(encoding="utf-8"))
    (ROOT / "docs/validation/design.md").write_text(page(recorder, exact), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
