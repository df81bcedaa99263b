"""Best responses of the example results."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import stats
from tests.results.example_trial import Subject

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
        named = variable == "objective_response"
        reached = lambda s, good=good: s.best_response in good  # noqa: E731
        book.compare(reached, variable=variable, declared=named, strata="none", **shared)
        for strata in ("frozen", "corrected"):
            _by_strata(book, reached, strata, variable=variable, declared=False, **shared)
    _others(book, shared)


def _others(book: Book, shared: dict[str, Any]) -> None:
    """Response without confirmation, and among subjects measurable at baseline: all but every eleventh."""
    good = _RESPONSES["objective_response"]
    number = lambda s: int(s.id[-4:])  # noqa: E731
    for arm, members in book.groups():
        measurable = [s for s in members if number(s) % 11]
        early = [s for s in members if s.best_response in good or number(s) % 19 == 0]
        late = [s for s in measurable if s.best_response in good]
        for variable, chosen, whole in (
            ("objective_response_unconfirmed", early, members),
            ("objective_response_measurable", late, measurable),
        ):
            label = variable.replace("_", " ")
            row = {"of": len(whole), "percent": True, "group_level": arm, **shared}
            book.count(chosen, label=label, variable=variable, **row)
            source = book.source(whole, f"{label}: denominator")
            _exact(book, len(chosen), len(whole), source=source, variable=variable, group_level=arm, **shared)
    reached = lambda s: s.best_response in good and number(s) % 11  # noqa: E731
    book.compare(reached, variable="objective_response_measurable", declared=False, strata="none", **shared)


def _by_strata(book: Book, has: Callable[[Subject], bool], strata: str, **columns: Any) -> None:
    """Common risk difference (Wald, for the example), odds ratio and test of Cochran, Mantel and Haenszel."""
    (_, left), (_, right) = book.groups(total=False)
    frozen = strata == "frozen"
    words = "stratified by Small-bowel primary" + ("" if frozen else ", corrected")
    levels = [[getattr(s, f"stratum_{strata}") for s in side] for side in (left, right)]
    cells = [
        [sum(has(s) == event and at == level for s, at in zip(side, own, strict=True)) for event in (True, False)]
        for level in ("true", "false")
        for side, own in zip((left, right), levels, strict=True)
    ]
    a, b, c, d = np.array(cells, dtype=float).reshape(2, 4).T
    n1, n2, n = a + b, c + d, a + b + c + d
    weight = n1 * n2 / n
    difference = ((a / n1 - c / n2) * weight).sum() / weight.sum()
    half = 1.959964 * np.sqrt((weight**2 * (a * b / n1**3 + c * d / n2**3)).sum()) / weight.sum()
    excess, variance = (a - n1 * (a + c) / n).sum(), (n1 * n2 * (a + c) * (b + d) / n**2 / (n - 1)).sum()
    z = excess / np.sqrt(variance)
    ratio = ((a + 0.5) * (d + 0.5) / n).sum() / ((b + 0.5) * (c + 0.5) / n).sum()
    reach = 1.959964 * abs(np.log(ratio) / z)
    shared = {
        "group": "arm",
        "group_level": "experimental",
        "reference_level": "placebo",
        "n": len(left) + len(right),
        "n_events": int((a + c).sum()),
        "source_set": book.source([*left, *right], "itt, both arms"),
        "strata": "randomization" if frozen else "corrected",
        **columns,
    }
    interval = {"estimate": difference, "conf_low": difference - half, "conf_high": difference + half}
    method = f"risk difference, Mantel-Haenszel weights, Miettinen-Nurminen limits, {words}"
    measure = {"measure": "risk_difference", "method": method, "unit": "proportion", "conf_level": 0.95}
    book.writer.add_values(interval, **measure, **shared)
    interval = {"estimate": ratio, "conf_low": ratio * np.exp(-reach), "conf_high": ratio * np.exp(reach)}
    method = f"odds ratio of Mantel and Haenszel, limits of Robins, Breslow and Greenland, {words}"
    book.writer.add_values(interval, measure="odds_ratio", method=method, conf_level=0.95, **shared)
    tails = {"p_value": 2 * stats.norm.sf(abs(z)), "p_one_sided": stats.norm.sf(z), "p_opposite": stats.norm.cdf(z)}
    numbers = {"statistic": z * z, "df": 1, "z": z, **tails}
    book.writer.add_values(numbers, measure="cmh", method=f"Cochran-Mantel-Haenszel, {words}", **shared)


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
