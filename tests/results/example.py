"""Example results of the made-up trial: every standing table and kind of analysis, in rows as ``analyze`` writes them.

For building and testing what reads results files. The numbers belong together (boxes add up, curves agree with counts)
but are computed by the shortest way, not by ``equipoise.stats``; do not test statistics against them.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import polars as pl
from scipy import stats
from tests.results.example_response import response_rows
from tests.results.example_safety import safety_rows
from tests.results.example_survival import survival_rows
from tests.results.example_trial import CUTOFF, Subject, example_protocol, example_subjects

from equipoise.results import Results, ResultsWriter
from equipoise.terms import Status

__all__ = ["Book", "example_results"]

ARMS = ("experimental", "placebo")
LABELS = {"experimental": "Experimental drug", "placebo": "Placebo"}
EVERYBODY = "(all)"
Members = list[Subject]


@dataclass
class Book:
    """Subjects by population and the writer of rows."""

    writer: ResultsWriter = field(default_factory=lambda: ResultsWriter(study_id="EXAMPLE-1", data_cut="final"))

    @property
    def itt(self) -> Members:
        return [s for s in example_subjects() if s.arm]

    def groups(self, *, population: str = "itt", total: bool = True) -> Iterator[tuple[str, Members]]:
        """Arm and its subjects, then all together."""
        base = [s for s in self.itt if population == "itt" or s.received]
        for arm in ARMS:
            yield arm, [s for s in base if (s.arm if population == "itt" else s.received) == arm]
        if total:
            yield EVERYBODY, base

    def source(self, members: Iterable[Subject], label: str) -> str:
        return self.writer.source_set([s.id for s in members], label)

    def count(self, members: Members, *, of: int, percent: bool = False, label: str, **columns: Any) -> None:
        """A count, and its percentage of ``of``."""
        columns = {
            "group": "arm",
            "n": of,
            "n_events": len(members),
            "source_set": self.source(members, label),
            **columns,
        }
        self.writer.add("n", len(members), method="count", **columns)
        if percent:
            share = 100 * len(members) / of if of else None
            status = Status.OK if of else Status.NOT_ESTIMABLE
            self.writer.add("percent", share, status=status, method="percentage of subjects", unit="%", **columns)

    def spread(self, values: list[float | None], members: Members, *, label: str, **columns: Any) -> None:
        """A distribution of a number."""
        seen = np.array([v for v in values if v is not None], dtype=float)
        q1, median, q3 = np.quantile(seen, [0.25, 0.5, 0.75])
        shared = {
            "group": "arm",
            "n": len(values),
            "source_set": self.source(members, label),
            "method": "moments; quantiles of type 7 (R)",
        }
        numbers = {
            "n": len(seen),
            "n_missing": len(values) - len(seen),
            "mean": seen.mean(),
            "sd": seen.std(ddof=1),
            "median": median,
            "q1": q1,
            "q3": q3,
            "min": seen.min(),
            "max": seen.max(),
        }
        self.writer.add_values(numbers, **shared, **columns)

    def compare(
        self,
        has: Callable[[Subject], bool],
        *,
        population: str,
        variable: str,
        declared: bool | None = None,
        **columns: Any,
    ) -> None:
        """Risk difference (Wald, for the example) and Fisher's exact test of the two arms."""
        (_, left), (_, right) = self.groups(population=population, total=False)
        x1, n1, x2, n2 = sum(map(has, left)), len(left), sum(map(has, right)), len(right)
        p1, p2 = x1 / n1, x2 / n2
        half = 1.959964 * (p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2) ** 0.5
        shared = {
            "group": "arm",
            "group_level": "experimental",
            "reference_level": "placebo",
            "n": n1 + n2,
            "n_events": x1 + x2,
            "variable": variable,
            "population": population,
            "declared": declared,
            "source_set": self.source([*left, *right], f"{population}, both arms"),
            **columns,
        }
        numbers = {"estimate": p1 - p2, "conf_low": p1 - p2 - half, "conf_high": p1 - p2 + half}
        self.writer.add_values(
            numbers,
            measure="risk_difference",
            method="risk difference, Newcombe's hybrid score limits",
            conf_level=0.95,
            unit="proportion",
            **shared,
        )
        p = stats.fisher_exact([[x1, n1 - x1], [x2, n2 - x2]]).pvalue
        self.writer.add("p_value", min(1.0, float(p)), measure="fisher", method="Fisher's exact test", **shared)


@cache
def example_results() -> Results:
    """Results of the made-up trial as ``equipoise analyze`` would leave them."""
    book = Book()
    for part in (
        _flow,
        _populations,
        _strata,
        _accrual,
        _baseline,
        _exposure,
        survival_rows,
        response_rows,
        safety_rows,
    ):
        part(book)
    book.writer.add_frame("findings", _findings())
    return book.writer.finish(_trial(book))


def _reasons(
    book: Book, members: Members, reason: Callable[[Subject], str | None], variable: str, **columns: Any
) -> None:
    for text, _ in Counter(r for s in members if (r := reason(s))).most_common():
        chosen = [s for s in members if reason(s) == text]
        book.count(
            chosen, of=len(members), label=f"{variable}: {text}", variable=variable, variable_level=text, **columns
        )


def _flow(book: Book) -> None:
    assessed = list(example_subjects())
    out = [s for s in assessed if not s.arm]
    shared = {"analysis_id": "flow", "group_level": EVERYBODY}
    book.count(assessed, of=len(assessed), label="assessed", variable="assessed", **shared)
    book.count(out, of=len(assessed), label="excluded before randomization", variable="excluded", **shared)
    _reasons(book, out, lambda s: s.excluded_reason, "excluded_reason", **shared)
    book.count([], of=len(assessed), label="not randomized, no reason", variable="not_randomized_unexplained", **shared)
    for arm, members in book.groups():
        shared = {"analysis_id": "flow", "group_level": arm}
        other = [s for s in members if s.received not in (s.arm, None)]
        parts = {
            "randomized": members,
            "received": [s for s in members if s.received == s.arm],
            "not_received": [s for s in members if s.received is None],
            "on_treatment": [s for s in members if s.on_treatment],
            "completed": [],
            "status_unknown": [],
            "discontinued": [s for s in members if s.stop_reason],
            "left_study": [s for s in members if s.left_reason],
            "crossed_over": [s for s in members if s.crossed_over],
        }
        for variable, chosen in parts.items():
            book.count(chosen, of=len(members), label=variable.replace("_", " "), variable=variable, **shared)
        for text in {LABELS[s.received or ""]: s.received for s in other}:
            chosen = [s for s in other if LABELS[s.received or ""] == text]
            book.count(
                chosen,
                of=len(members),
                label="received another arm's treatment",
                variable="received_other",
                variable_level=str(chosen[0].received),
                text=text,
                **shared,
            )
        _reasons(book, parts["not_received"], lambda s: "Never treated", "not_received_reason", **shared)
        _reasons(book, members, lambda s: s.stop_reason, "discontinued_reason", **shared)
        _reasons(book, members, lambda s: s.left_reason, "left_study_reason", **shared)
        for population in ("itt", "safety"):
            missing = [s for s in members if population == "safety" and not s.received]
            inside = [s for s in members if s not in missing]
            shared = {**shared, "population": population}
            book.count(inside, of=len(members), label=f"in population {population}", variable="analyzed", **shared)
            book.count(
                missing, of=len(members), label=f"not in population {population}", variable="not_analyzed", **shared
            )
            _reasons(book, missing, lambda s: "not treated", "not_analyzed_reason", **shared)


def _populations(book: Book) -> None:
    for population in ("itt", "safety"):
        for arm, members in book.groups(population=population):
            shared = {"analysis_id": "populations", "population": population, "group_level": arm}
            assigned = [s for s in book.itt if arm in (EVERYBODY, s.arm)]
            out = [s for s in assigned if population == "safety" and not s.received]
            book.count(members, of=len(members), label=f"{population}, {arm}", variable="members", **shared)
            book.count(out, of=len(assigned), label=f"not in {population}", variable="excluded", **shared)
            _reasons(book, out, lambda s: "not treated", "excluded_reason", **shared)
            other = [s for s in members if s.received not in (s.arm, None)]
            _reasons(book, other, lambda s: s.received, "received_other", **shared)


def _strata(book: Book) -> None:
    for arm, members in book.groups():
        shared = {"analysis_id": "strata", "population": "itt", "group_level": arm, "parent_level": "small_bowel"}
        for level in ("true", "false"):
            for which in ("frozen", "corrected"):
                chosen = [s for s in members if getattr(s, f"stratum_{which}") == level]
                book.count(
                    chosen,
                    of=len(members),
                    label=f"small_bowel {which}: {level}",
                    variable="stratum",
                    variable_level=level,
                    text=which,
                    **shared,
                )
            both = [s for s in members if s.stratum_frozen == s.stratum_corrected == level]
            book.count(
                both,
                of=len(members),
                label=f"small_bowel both: {level}",
                variable="stratum",
                variable_level=level,
                text="both",
                **shared,
            )
        wrong = [s for s in members if s.stratum_frozen != s.stratum_corrected]
        shared.pop("parent_level")
        book.count(
            wrong,
            of=len(members),
            label="small_bowel wrong at randomization",
            variable="misstratified",
            variable_level="small_bowel",
            **shared,
        )


def _accrual(book: Book) -> None:
    months = sorted({f"{s.randomized:%Y-%m}" for s in book.itt})
    for arm, members in book.groups():
        shared = {"analysis_id": "accrual", "group_level": arm}
        for month in months:
            now = [s for s in members if f"{s.randomized:%Y-%m}" == month]
            so_far = [s for s in members if f"{s.randomized:%Y-%m}" <= month]
            book.count(
                now, of=len(members), label=f"randomized in {month}", variable="randomized", visit=month, **shared
            )
            book.count(
                so_far,
                of=len(members),
                label=f"randomized to {month}",
                variable="randomized_cumulative",
                visit=month,
                **shared,
            )
        for site in sorted({s.site for s in book.itt}):
            here = [s for s in members if s.site == site]
            book.count(here, of=len(members), label=site, variable="site", variable_level=site, **shared)


def _baseline(book: Book) -> None:
    levels = {"sex": ("F", "M"), "primary_site": ("small_bowel", "lung", "other"), "prior_ssa": ("true", "false")}
    for arm, members in book.groups():
        shared = {"analysis_id": "baseline", "population": "itt", "group_level": arm}
        book.spread([s.age for s in members], members, label="age known", variable="age", unit="years", **shared)
        for name, known in levels.items():
            for level in (*known, "(missing)"):
                chosen = [s for s in members if _level(getattr(s, name)) == level]
                book.count(
                    chosen,
                    of=len(members),
                    percent=True,
                    label=f"{name}: {level}",
                    variable=name,
                    variable_level=level,
                    **shared,
                )


def _level(value: object) -> str:
    return "(missing)" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _exposure(book: Book) -> None:
    for arm, members in book.groups(population="safety"):
        shared = {"analysis_id": "exposure", "population": "safety", "group_level": arm}
        book.count(members, of=len(members), label="treated", variable="treated", **shared)
        book.spread(
            [float(s.treated_days) for s in members],
            members,
            label="treated",
            variable="duration_days",
            unit="days",
            **shared,
        )
        book.spread(
            [8.0 * s.treated_days * s.intensity for s in members],
            members,
            label="treated",
            variable="cumulative_dose",
            unit="mg",
            **shared,
        )
        book.spread(
            [s.intensity for s in members],
            members,
            label="treated",
            variable="dose_intensity_percent",
            unit="%",
            **shared,
        )


def _findings() -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "severity": "error",
                "code": "duplicate-key",
                "dataset": "AE",
                "row_key": "USUBJID=EXAMPLE-1-0012, AESEQ=3",
                "variable": "AESEQ",
                "seen": "2 rows",
                "expected": "1 row per key",
                "effect": "both rows are kept out",
                "subject": "EXAMPLE-1-0012",
            },
            {
                "severity": "warning",
                "code": "received-other-arm",
                "dataset": "EX",
                "row_key": "USUBJID=EXAMPLE-1-0050",
                "variable": "EXTRT",
                "seen": "treatment of another arm",
                "expected": "treatment of the assigned arm",
                "effect": "counted as received in safety, as assigned in efficacy",
                "subject": "EXAMPLE-1-0050",
            },
        ]
    )


def _trial(book: Book) -> dict[str, Any]:
    protocol = example_protocol()
    return {
        "equipoise": "0.1.0",
        "protocol": protocol.model_dump(mode="json", by_alias=True),
        "protocol_sha256": "0" * 64,
        "study_id": "EXAMPLE-1",
        "data_cut": {"name": "final", "label": "Final analysis", "cutoff": CUTOFF.isoformat(), "snapshot": None},
        "arms": [{"id": name, "label": arm.label, "role": str(arm.role)} for name, arm in protocol.arms.items()],
        "comparisons": {name: [["experimental", "placebo"]] for name in protocol.analyses},
        "subjects": {
            "assessed": len(example_subjects()),
            "randomized": len(book.itt),
            "treated": sum(s.received is not None for s in book.itt),
            "first_randomized": min(s.randomized for s in book.itt if s.randomized).isoformat(),
            "last_randomized": max(s.randomized for s in book.itt if s.randomized).isoformat(),
        },
        "population_flags": {"itt": "ITTFL", "safety": "SAFFL"},
        "assumed": ["endpoints.pfs_central.rule_set"],
        "labels": {
            "fields": {name: item.label for name, item in protocol.baseline.items()},
            "levels": {name: item.level_labels() for name, item in protocol.baseline.items()},
            "populations": {name: item.label for name, item in protocol.populations.items()},
            "endpoints": {name: item.label for name, item in protocol.endpoints.items()},
            "subgroups": {"sex": "Sex", "primary_site": "Primary site", "elderly": "Age group"},
            "analyses": {name: protocol.endpoints[item.endpoint].label for name, item in protocol.analyses.items()},
        },
    }
