"""Write docs/validation/stats.md from the evidence marks of the tests: `python docs/validation/make_stats.py`.

Runs tests/stats and records, for every mark, what was proven, against what, in how many tests, and the largest
difference seen. Tests against reference data need EQUIPOISE_REFERENCE; without it they are counted as not run.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
KINDS = {"hand": "closed formula by hand", "R": "R", "published": "published number", "property": "property"}
HEAD = """# Evidence for the statistics

Made by `docs/validation/make_stats.py` from the marks on the tests in `tests/stats`; do not edit. *Difference* is the
largest relative difference seen where a test measures it; elsewhere the test asserts its own tolerance. *Not run*
counts tests whose reference data were absent.

"""


@dataclass
class Evidence:
    """What the tests with one mark showed."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    differences: list[float] = field(default_factory=list)

    def row(self, method: str, kind: str, source: str) -> str:
        """Write one line of the table."""
        largest = f"{max(self.differences):.0e}" if self.differences else ""
        state = [f"{self.failed} FAILED"] if self.failed else []
        state += [f"{self.passed} passed"] if self.passed else []
        state += [f"{self.skipped} not run"] if self.skipped else []
        return f"| {method} | {KINDS.get(kind, kind)} | {source} | {', '.join(state)} | {largest} |"


class Recorder:
    """A pytest plugin that collects the outcome of every marked test."""

    def __init__(self) -> None:
        self.found: dict[tuple[str, str, str], Evidence] = defaultdict(Evidence)
        self.marks: dict[str, list[tuple[str, str, str]]] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Note the marks of every test."""
        for item in items:
            self.marks[item.nodeid] = [
                (mark.kwargs["method"], mark.kwargs["kind"], mark.kwargs["source"])
                for mark in item.iter_markers("evidence")
            ]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count the outcome; a difference is known once the fixture that measures it is done."""
        for mark in self.marks.get(report.nodeid, []):
            evidence = self.found[mark]
            if report.when == "call" or report.outcome != "passed":
                setattr(evidence, report.outcome, getattr(evidence, report.outcome) + 1)
            if report.when == "teardown":
                evidence.differences += [v for name, v in report.user_properties if name == "largest_difference"]


def main() -> int:
    """Run the tests and write the page."""
    recorder = Recorder()
    status = pytest.main(
        ["-q", "-p", "no:randomly", "-p", "no:cacheprovider", str(ROOT / "tests" / "stats")], plugins=[recorder]
    )
    lines = ["| method | evidence | source | tests | difference |", "| --- | --- | --- | --- | --- |"]
    for (method, kind, source), evidence in sorted(
        recorder.found.items(), key=lambda item: (item[0][0].lower(), item[0])
    ):
        lines.append(evidence.row(method, kind, source))
    (ROOT / "docs" / "validation" / "stats.md").write_text(HEAD + "\n".join(lines) + "\n")
    return int(status)


if __name__ == "__main__":
    sys.exit(main())
