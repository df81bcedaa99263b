"""Adverse events and deaths of the example results."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tests.results.example_trial import TERMS

if TYPE_CHECKING:
    from tests.results.example import Book, Members

__all__ = ["safety_rows"]

_OVERVIEW: dict[str, Callable[[Any], bool]] = {
    "any": lambda e: True,
    "grade3": lambda e: e.grade >= 3,
    "grade5": lambda e: e.grade == 5,
    "serious": lambda e: e.serious,
    "related": lambda e: e.related,
    "discontinued": lambda e: e.stopped,
    "related_grade3": lambda e: e.related and e.grade >= 3,
}


def safety_rows(book: Book) -> None:
    for period, suffix in ((1, ""), (2, "_crossover")):
        groups = (
            list(book.groups(population="safety", total=False))
            if period == 1
            else [("placebo", [s for s in book.itt if s.crossed_over])]
        )
        for arm, members in groups:
            shared: dict[str, Any] = {"population": "safety", "group_level": arm, "of": len(members), "percent": True}
            for variable, has in _OVERVIEW.items():
                chosen = [s for s in members if any(e.period == period and has(e) for e in s.events)]
                book.count(
                    chosen,
                    label=f"adverse events, {variable}",
                    analysis_id=f"safety_overview{suffix}",
                    variable=variable,
                    **shared,
                )
            for text in ("1", "2", "3", "4", "5", "(missing)"):
                grades = {s.id: max((e.grade for e in s.events if e.period == period), default=0) for s in members}
                chosen = [s for s in members if str(grades[s.id]) == text]
                row = {"analysis_id": f"safety_maximum_grade{suffix}", "variable": "maximum_grade", "text": text}
                book.count(chosen, label=f"worst grade {text}", **row, **shared)
            _terms(book, members, period, {"analysis_id": f"safety_terms{suffix}", **shared})
        if period == 1:
            for variable, has in _OVERVIEW.items():
                book.compare(
                    lambda s, has=has: any(e.period == 1 and has(e) for e in s.events),
                    variable=variable,
                    analysis_id="safety_overview",
                    population="safety",
                )
    for arm, members in book.groups(population="safety", total=False):
        book.count(
            [],
            of=len(members),
            label="unknown onset",
            analysis_id="unknown_onset",
            population="safety",
            group_level=arm,
            variable="unknown_onset",
        )
    _deaths(book)


def _terms(book: Book, members: Members, period: int, shared: dict[str, Any]) -> None:
    for system in sorted({row[0] for row in TERMS}):
        for term in (None, *(row[1] for row in TERMS if row[0] == system)):
            worst = {
                s.id: max(
                    (e.grade for e in s.events if e.period == period and e.system == system and term in (None, e.term)),
                    default=0,
                )
                for s in members
            }
            name = term or system
            row = {"parent_level": system, "variable_level": term, **shared}
            for variable, lowest in (("any_grade", 1), ("grade3", 3)):
                book.count(
                    [s for s in members if worst[s.id] >= lowest], label=f"{name}, {variable}", variable=variable, **row
                )
            related = [
                s
                for s in members
                for e in s.events
                if e.period == period and e.system == system and term in (None, e.term) and e.related and e.grade >= 3
            ]
            book.count(
                list({s.id: s for s in related}.values()),
                label=f"{name}, related_grade3",
                variable="related_grade3",
                **row,
            )
            for grade in range(1, 6):
                book.count(
                    [s for s in members if worst[s.id] == grade],
                    label=f"{name}, worst grade {grade}",
                    variable="maximum_grade",
                    text=str(grade),
                    **row,
                )


def _deaths(book: Book) -> None:
    for arm, members in book.groups(population="safety", total=False):
        dead = [s for s in members if s.died]
        fatal = [s for s in members if any(e.grade == 5 for e in s.events)]
        shared: dict[str, Any] = {
            "analysis_id": "deaths",
            "population": "safety",
            "group_level": arm,
            "of": len(members),
            "percent": True,
        }
        book.count(dead, label="deaths", variable="all", **shared)
        soon = [s for s in dead if s.os_days - s.treated_days <= 30]
        book.count(soon, label="deaths within 30 days of the last dose", variable="within_30_days", **shared)
        for cause in ("Disease progression", "Other"):
            chosen = [s for s in dead if (cause == "Other") == (int(s.id[-1]) in (3, 7))]
            book.count(chosen, label=f"deaths: {cause}", variable="cause", variable_level=cause, **shared)
        book.count(fatal, label="grade 5 adverse events", variable="grade5", **shared)
