"""Best overall response, objective response and disease control, with exact intervals and comparisons.

Beside the declared comparison stand the same by strata (Mantel-Haenszel weights; Cochran-Mantel-Haenszel test), the
response with the other rule of confirmation, and the response among subjects measurable at baseline.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from equipoise.analyze.book import MISSING, Book, Columns
from equipoise.analyze.comparison import models
from equipoise.analyze.populations import Group, groups, pairs
from equipoise.analyze.proportions import compare_by_strata, compare_proportions, exact_proportion
from equipoise.analyze.study import POSITION, Positions
from equipoise.analyze.tumor_course import tumor_course
from equipoise.protocol import Analysis, Endpoint
from equipoise.terms import Response, Status

__all__ = ["biomarker_response", "response"]

_OBJECTIVE = (Response.CR, Response.PR)
_RESPONSES = {
    "objective_response": _OBJECTIVE,
    "disease_control": (*_OBJECTIVE, Response.SD, Response.NON_CR_NON_PD),
}
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class _Scope:
    """What an analysis of response is about: its declaration, its subjects by arm, the columns of its rows."""

    analysis: Analysis
    endpoint: Endpoint
    parts: list[Group]
    columns: Columns


def response(book: Book, name: str, analysis: Analysis, endpoint: Endpoint) -> None:
    """Write the rows of an analysis of response; a member without an assessment counts as a non-responder."""
    best = _best(book, endpoint, confirmed=endpoint.confirmed)
    scope = _scope(book, name, analysis, endpoint)
    parts, shared = scope.parts, scope.columns
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
        _reached(book, scope, parts, _among(best, good), variable=variable)
    _other_confirmation(book, scope)
    _measurable(book, scope, _among(best, _OBJECTIVE))
    _time_to_response(book, scope, _among(best, _OBJECTIVE))
    tumor_course(book, endpoint, parts, best, shared)


def _scope(book: Book, name: str, analysis: Analysis, endpoint: Endpoint) -> _Scope:
    columns: Columns = {"analysis_id": name, "population": analysis.population, "endpoint": analysis.endpoint}
    parts = groups(book.study, analysis.population, arms=analysis.arms, cohort=analysis.cohort)
    return _Scope(analysis=analysis, endpoint=endpoint, parts=parts, columns={**columns, "group": "arm"})


def _among(best: npt.NDArray[np.object_], good: tuple[Response, ...]) -> Flags:
    return np.isin(best, [str(answer) for answer in good])


def _reached(book: Book, scope: _Scope, parts: list[Group], reached: Flags, *, variable: str) -> None:
    """Write who reached a response in these groups, and compare the arms if the protocol declares it."""
    analysis, columns = scope.analysis, {**scope.columns, "variable": variable}
    sides: dict[str, tuple[Group, Positions]] = {}
    words = variable.replace("_", " ")
    for part in parts:
        chosen = part.positions[reached[part.positions]]
        sides[part.level] = (part, chosen)
        count: Columns = {"of": len(part.positions), "percent": True, "group_level": part.level}
        book.count(chosen, label=f"{words}, {part.level}", **count, **columns)
        label = f"population {analysis.population}, {part.level}"
        exact_proportion(book, chosen, part, conf_level=analysis.conf_level, label=label, **columns)
    if analysis.test is None and analysis.effect is None:
        return
    named = variable in ("objective_response", "biomarker_response")
    for experimental, reference in pairs(book.study, analysis):
        if experimental not in sides or reference not in sides:
            continue
        label = f"population {analysis.population}, {experimental} and {reference}"
        left, right = sides[experimental], sides[reference]
        shared: Columns = {**columns, "conf_level": analysis.conf_level}
        over = analysis.test.cmh.strata if analysis.test is not None and analysis.test.cmh is not None else "none"
        declared = named and over == "none"
        compare_proportions(book, left, right, label=label, declared=declared, strata="none", **shared)
        for model in models(book.study, analysis.cohort):
            if model.key != "none":
                declared = named and model.is_declared(over)
                compare_by_strata(book, left, right, model, label=label, declared=declared, **shared)


def _other_confirmation(book: Book, scope: _Scope) -> None:
    """Write the objective response without confirmation where the endpoint asks for it, and the other way round."""
    other = _best(book, scope.endpoint, confirmed=not scope.endpoint.confirmed)
    if (other == MISSING).all():
        return
    variable = "objective_response_unconfirmed" if scope.endpoint.confirmed else "objective_response_confirmed"
    for part in scope.parts:
        chosen = part.positions[_among(other, _OBJECTIVE)[part.positions]]
        _alone(book, scope, part, chosen, variable=variable)


def _measurable(book: Book, scope: _Scope, reached: Flags) -> None:
    """Write the objective response among subjects in whom the same reader measured a target lesion at baseline."""
    columns: Columns = {**scope.columns, "variable": "objective_response_measurable"}
    rows = _parameter(book, scope.endpoint, "MDIS")
    if rows.height == 0:
        _not_done(book, scope, columns, "the data do not say who had measurable disease at baseline")
        return
    measured = np.zeros(book.study.adsl.height, dtype=bool)
    measured[rows.filter(pl.col("AVALC") == "Y")[POSITION].to_numpy()] = True
    sides = {}
    for part in scope.parts:
        inside = Group(part.level, part.positions[measured[part.positions]])
        chosen = inside.positions[reached[inside.positions]]
        sides[part.level] = (inside, chosen)
        _alone(book, scope, inside, chosen, variable="objective_response_measurable")
    analysis = scope.analysis
    if analysis.test is None and analysis.effect is None:
        return
    for left, right in pairs(book.study, analysis):
        if left in sides and right in sides:
            label = f"measurable at baseline, {left} and {right}"
            own: Columns = {**columns, "strata": "none", "declared": False, "conf_level": analysis.conf_level}
            compare_proportions(book, sides[left], sides[right], label=label, **own)


def _not_done(book: Book, scope: _Scope, columns: Columns, why: str) -> None:
    for part in scope.parts:
        whole: Columns = {"group_level": part.level, "n": len(part.positions), "method": "count"}
        book.nothing(("n",), why, status=Status.NOT_DONE, **columns, **whole)


def _alone(book: Book, scope: _Scope, part: Group, chosen: Positions, *, variable: str) -> None:
    """Write a proportion of one arm that is not compared."""
    words, columns = variable.replace("_", " "), {**scope.columns, "variable": variable}
    count: Columns = {"of": len(part.positions), "percent": True, "group_level": part.level}
    book.count(chosen, label=f"{words}, {part.level}", **count, **columns)
    label = f"{words}: denominator, {part.level}"
    exact_proportion(book, chosen, part, conf_level=scope.analysis.conf_level, label=label, **columns)


def _time_to_response(book: Book, scope: _Scope, reached: Flags) -> None:
    """Write the days from randomization to the first response among responders."""
    rows = _parameter(book, scope.endpoint, "CRSP" if scope.endpoint.confirmed else "RSP")
    if "ADT" not in rows.columns or "RANDDT" not in book.study.adsl.columns:
        return
    starts = book.study.text("RANDDT")
    days = np.full(book.study.adsl.height, np.nan)
    for at, date in rows.filter(pl.col("AVALC") == "Y").select(POSITION, "ADT").iter_rows():
        if date is not None and starts[at] is not None:
            days[at] = (date - starts[at]).days + 1
    for part in scope.parts:
        at = part.positions[reached[part.positions]]
        columns: Columns = {**scope.columns, "group_level": part.level, "variable": "time_to_response", "unit": "days"}
        book.distribution(days[at], at, label=f"responders, {part.level}", **columns)


def biomarker_response(book: Book, name: str, analysis: Analysis, endpoint: Endpoint) -> None:
    """Write the response of a biomarker among those for whom it counts, and who is out of the denominator."""
    study, scope = book.study, _scope(book, name, analysis, endpoint)
    rows = study.frame("ADRS")
    found = None if rows is None else rows.filter(pl.col("PARAMCD") == endpoint.paramcd)
    if found is None or found.height == 0:
        why = f"the data hold no {endpoint.label} (ADRS, PARAMCD {endpoint.paramcd})"
        _not_done(book, scope, {**scope.columns, "variable": "biomarker_response"}, why)
        return
    found = found.unique(POSITION, keep="first", maintain_order=True)
    member, reached = np.zeros(study.adsl.height, dtype=bool), np.zeros(study.adsl.height, dtype=bool)
    member[found[POSITION].to_numpy()] = True
    reached[found.filter(pl.col("AVALC") == "Y")[POSITION].to_numpy()] = True
    text = "not above the upper limit of normal at baseline, or not measured" if endpoint.above_normal_only else None
    for part in scope.parts:
        out: Columns = {**scope.columns, "variable": "not_counted", "group_level": part.level, "text": text}
        chosen = part.positions[~member[part.positions]]
        label = f"not in the denominator, {part.level}"
        book.count(chosen, of=len(part.positions), label=label, **out)
    counted = [Group(part.level, part.positions[member[part.positions]]) for part in scope.parts]
    _reached(book, scope, counted, reached, variable="biomarker_response")


def _parameter(book: Book, endpoint: Endpoint, paramcd: str) -> pl.DataFrame:
    """Rows of a parameter by the endpoint's assessor, one for each subject."""
    rows = book.study.frame("ADRS")
    if rows is None:
        return pl.DataFrame(schema={POSITION: pl.Int64, "AVALC": pl.String})
    rows = rows.filter(pl.col("PARAMCD") == paramcd)
    if endpoint.assessor is not None and "ASSESSOR" in rows.columns:
        rows = rows.filter(pl.col("ASSESSOR") == str(endpoint.assessor))
    return rows.unique(POSITION, keep="first", maintain_order=True)


def _best(book: Book, endpoint: Endpoint, *, confirmed: bool) -> npt.NDArray[np.object_]:
    """Best overall response of every subject; ``(missing)`` without an assessment."""
    best = np.full(book.study.adsl.height, MISSING, dtype=object)
    rows = _parameter(book, endpoint, "CBOR" if confirmed else "BOR")
    best[rows[POSITION].to_numpy()] = [MISSING if value in (None, "MISSING") else value for value in rows["AVALC"]]
    return best
