"""Rows and sets of subjects as compact JSON for the page.

Columns of text are stored as their distinct values and positions in them. A set of subjects is stored as ascending
steps in base 36 or as bits in base 64, whichever is shorter. Sets are embedded from the smallest up while ``BUDGET``
characters last; a larger set is named with its count, and its subjects are in results/source_sets.
"""

import base64
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from equipoise.report.facts import Facts
from equipoise.report.questionnaires import questionnaire, scale_facts
from equipoise.report.rows import Row, Rows
from equipoise.report.rules import rule_line
from equipoise.report.words import STANDING, STATISTICS, STATUS, STRATA, VARIABLES, sentence_case

__all__ = ["BUDGET", "embed", "encode_set"]

BUDGET = 3_000_000
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
LEFT_OUT = {"row_id", "study_id"}
NUMBERS = {"value"}
DATA_TERMS = ("safety_terms", "flow", "deaths", "populations")
"""Analyses whose levels are terms or reasons of the data."""


def embed(rows: Rows, wanted: Iterable[int], facts: Facts, source_sets: pl.DataFrame, *, budget: int = BUDGET) -> str:
    """JSON text, safe inside a script element, of the wanted rows and the sets behind them."""
    keep = set(wanted)
    chosen = [row for row in rows if row.row_id in keep]
    subjects, sets = _sets(chosen, source_sets, budget)
    columns = {name: _column(chosen, name) for name in Row._fields if name not in LEFT_OUT}
    data = {
        "ids": [row.row_id for row in chosen],
        "columns": {name: column for name, column in columns.items() if column != {"one": None}},
        "words": _words(chosen, facts),
        "rules": _rules(chosen, facts),
        "subjects": subjects,
        "sets": sets,
    }
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _column(rows: Sequence[Row], name: str) -> Any:
    values = [_plain(getattr(row, name)) for row in rows]
    distinct = list(dict.fromkeys(values))
    if len(distinct) <= 1:
        return {"one": distinct[0] if distinct else None}
    if name in NUMBERS:
        return values
    place = {value: i for i, value in enumerate(distinct)}
    return {"of": distinct, "at": [place[value] for value in values]}


def _plain(value: Any) -> Any:
    """Whole floats as integers: a count reads 97, not 97.0."""
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 else value


def _sets(rows: Sequence[Row], source_sets: pl.DataFrame, budget: int) -> tuple[list[str], dict[str, Any]]:
    needed = {row.source_set for row in rows if row.source_set}
    known = source_sets.filter(pl.col("source_set").is_in(sorted(needed))).sort("n", "source_set")
    names = known["subjects"].explode().drop_nulls().unique().sort()
    place = pl.DataFrame({"subjects": names, "place": pl.Series(range(len(names)), dtype=pl.Int64)})
    members = (
        known.select("source_set", "subjects")
        .explode("subjects")
        .join(place, on="subjects", how="inner")
        .sort("source_set", "place")
        .partition_by("source_set", as_dict=True, include_key=False)
    )
    sets: dict[str, Any] = {}
    for name, n in known.select("source_set", "n").iter_rows():
        places = members[(name,)]["place"].to_numpy() if (name,) in members else np.zeros(0, dtype=np.int64)
        code = encode_set(places, len(names)) if budget > 0 else None
        if code is not None:
            budget -= len(code)
            code = code if budget >= 0 else None
        sets[name] = [n, code]
    used = any(code for _, code in sets.values())
    return (names.to_list() if used else []), {name: sets[name] for name in sorted(sets)}


def encode_set(places: npt.NDArray[np.int64], size: int) -> str:
    """Code of a set of ascending positions below ``size``: ``d`` and steps, or ``b`` and bits, whichever is shorter."""
    bits_length = 1 + 4 * math.ceil(math.ceil(size / 8) / 3)
    if 2 * len(places) <= bits_length:
        delta = "d" + ".".join(_base36(int(step)) for step in np.diff(places, prepend=-1))
        if len(delta) <= bits_length:
            return delta
    bits = np.zeros(size, dtype=np.uint8)
    bits[places] = 1
    return "b" + base64.b64encode(np.packbits(bits).tobytes()).decode("ascii")


def _base36(number: int) -> str:
    text = ""
    while True:
        number, digit = divmod(number, 36)
        text = DIGITS[digit] + text
        if number == 0:
            return text


def _words(rows: Sequence[Row], facts: Facts) -> dict[str, Mapping[str, str]]:
    def used(column: str) -> list[str]:
        return [value for value in dict.fromkeys(getattr(row, column) for row in rows) if value]

    asked = [name for name in used("parent_level") if questionnaire(facts, name)]
    scales = {
        str(row.variable): scale_facts(facts, row.parent_level, str(row.variable)).label
        for row in rows
        if row.variable and row.parent_level and questionnaire(facts, row.parent_level)
    }
    return {
        "statistic": {name: STATISTICS[name] for name in used("statistic") if name in STATISTICS},
        "status": {name: STATUS.get(name, name) for name in used("status")},
        "strata": {name: STRATA.get(name, name) for name in used("strata")},
        "population": {name: facts.population_label(name) for name in used("population")},
        "endpoint": {name: facts.endpoint_label(name) for name in used("endpoint")},
        "variable": {
            name: VARIABLES.get(name) or scales.get(name) or facts.field_label(name) for name in used("variable")
        },
        "analysis": {name: _analysis(name, facts) for name in used("analysis_id")},
        "arm": {
            name: facts.arm_label(name) for name in dict.fromkeys([*used("group_level"), *used("reference_level")])
        },
        "level": _levels(rows) | {name: questionnaire(facts, name)["label"] for name in asked},
        "data_cut": dict.fromkeys(used("data_cut"), facts.data_cut),
    }


def _levels(rows: Sequence[Row]) -> dict[str, str]:
    """Terms and reasons of the data in sentence case, as tables print them."""
    terms = (row for row in rows if (row.analysis_id or "").startswith(DATA_TERMS) or " " in (row.variable_level or ""))
    names = dict.fromkeys(name for row in terms for name in (row.variable_level, row.parent_level) if name)
    return {name: sentence_case(name) for name in names if sentence_case(name) != name}


def _rules(rows: Sequence[Row], facts: Facts) -> dict[str, tuple[str, str]]:
    """Endpoint and rule set -> name and words of what governs the times."""
    keys = dict.fromkeys((row.endpoint, row.rule_set) for row in rows if row.rule_set)
    lines = {f"{endpoint}|{rule_set}": rule_line(facts, endpoint, rule_set) for endpoint, rule_set in keys}
    return {key: line for key, line in lines.items() if line[1]}


def _analysis(name: str, facts: Facts) -> str:
    for ending, words in (
        ("_subgroups", "subgroups"),
        ("_univariate", "baseline factors"),
        ("_without_crossover", "had nobody crossed over"),
    ):
        if name.endswith(ending) and name.removesuffix(ending) in facts.analyses:
            return f"{facts.analysis_label(name.removesuffix(ending))}, {words}"
    return STANDING.get(name) or facts.analysis_label(name)
