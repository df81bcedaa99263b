"""Best overall response, objective response and disease control, with exact intervals and comparisons."""

import numpy as np
import numpy.typing as npt
import polars as pl

from equipoise.analyze.book import MISSING, Book, Columns
from equipoise.analyze.populations import Group, groups, pairs
from equipoise.analyze.proportions import compare_proportions, exact_proportion
from equipoise.analyze.study import POSITION, Positions
from equipoise.protocol import Analysis, Endpoint
from equipoise.terms import Response

__all__ = ["response"]

_RESPONSES = {
    "objective_response": (Response.CR, Response.PR),
    "disease_control": (Response.CR, Response.PR, Response.SD, Response.NON_CR_NON_PD),
}


def response(book: Book, name: str, analysis: Analysis, endpoint: Endpoint) -> None:
    """Write the rows of an analysis of response; a member without an assessment counts as a non-responder."""
    best = _best(book, endpoint)
    parts = groups(book.study, analysis.population, arms=analysis.arms, cohort=analysis.cohort)
    shared: Columns = {
        "analysis_id": name,
        "population": analysis.population,
        "endpoint": analysis.endpoint,
        "group": "arm",
    }
    other = sorted({str(v) for v in best} - {*map(str, Response), MISSING})
    for part in parts:
        for answer in (*map(str, Response), *other, MISSING):
            chosen = part.positions[best[part.positions] == answer]
            columns: Columns = {
                **shared,
                "group_level": part.level,
                "variable": "best_response",
                "variable_level": answer,
            }
            label = f"best response {answer}, {part.level}"
            book.count(chosen, of=len(part.positions), percent=True, label=label, **columns)
    for variable, good in _RESPONSES.items():
        reached = np.isin(best, [str(answer) for answer in good])
        _reached(book, analysis, parts, reached, {**shared, "variable": variable})


def _reached(
    book: Book, analysis: Analysis, parts: list[Group], reached: npt.NDArray[np.bool_], columns: Columns
) -> None:
    sides: dict[str, tuple[Group, Positions]] = {}
    words = columns["variable"].replace("_", " ")
    for part in parts:
        chosen = part.positions[reached[part.positions]]
        sides[part.level] = (part, chosen)
        count: Columns = {"of": len(part.positions), "percent": True, "group_level": part.level}
        book.count(chosen, label=f"{words}, {part.level}", **count, **columns)
        label = f"population {analysis.population}, {part.level}"
        exact_proportion(book, chosen, part, conf_level=analysis.conf_level, label=label, **columns)
    if analysis.test is None and analysis.effect is None:
        return
    columns = {**columns, "declared": columns["variable"] == "objective_response"}
    for experimental, reference in pairs(book.study, analysis):
        if experimental in sides and reference in sides:
            label = f"population {analysis.population}, {experimental} and {reference}"
            left, right = sides[experimental], sides[reference]
            compare_proportions(book, left, right, conf_level=analysis.conf_level, label=label, **columns)


def _best(book: Book, endpoint: Endpoint) -> npt.NDArray[np.object_]:
    """Best overall response of every subject, confirmed if the endpoint asks; ``(missing)`` without an assessment."""
    study = book.study
    best = np.full(study.adsl.height, MISSING, dtype=object)
    rows = study.frame("ADRS")
    if rows is None:
        return best
    rows = rows.filter(pl.col("PARAMCD") == ("CBOR" if endpoint.confirmed else "BOR"))
    if endpoint.assessor is not None and "ASSESSOR" in rows.columns:
        rows = rows.filter(pl.col("ASSESSOR") == str(endpoint.assessor))
    rows = rows.unique(POSITION, keep="first", maintain_order=True)
    words = [MISSING if value in (None, "MISSING") else value for value in rows["AVALC"].to_list()]
    best[rows[POSITION].to_numpy()] = words
    return best
