"""Best responses of the example results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scipy import stats

if TYPE_CHECKING:
    from tests.results.example import Book

__all__ = ["response_rows"]


def response_rows(book: Book) -> None:
    shared = {"analysis_id": "response", "endpoint": "response_central", "population": "itt"}
    for arm, members in book.groups():
        row = {"group_level": arm, "of": len(members), "percent": True, **shared}
        for answer in ("CR", "PR", "SD", "NON-CR/NON-PD", "PD", "NE", "(missing)"):
            chosen = [s for s in members if s.best_response == answer]
            book.count(chosen, label=f"best response {answer}", variable="best_response", variable_level=answer, **row)
        for variable, good in _RESPONSES.items():
            chosen = [s for s in members if s.best_response in good]
            book.count(chosen, label=variable.replace("_", " "), variable=variable, **row)
            _exact(
                book,
                len(chosen),
                len(members),
                source=book.source(chosen, variable),
                variable=variable,
                group_level=arm,
                **shared,
            )
    for variable, good in _RESPONSES.items():
        book.compare(
            lambda s, good=good: s.best_response in good,
            variable=variable,
            declared=variable == "objective_response",
            **shared,
        )


_RESPONSES = {"objective_response": ("CR", "PR"), "disease_control": ("CR", "PR", "SD", "NON-CR/NON-PD")}


def _exact(book: Book, x: int, n: int, *, source: str, **columns: Any) -> None:
    low = stats.beta.ppf(0.025, x, n - x + 1) if x else 0.0
    high = stats.beta.ppf(0.975, x + 1, n - x) if x < n else 1.0
    columns = {
        "method": "exact interval (Clopper-Pearson)",
        "conf_level": 0.95,
        "group": "arm",
        "n": n,
        "n_events": x,
        **columns,
    }
    book.writer.add_values(
        {"estimate": x / n, "conf_low": low, "conf_high": high}, unit="proportion", source_set=source, **columns
    )
