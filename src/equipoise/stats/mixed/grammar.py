"""Formulas: parsed by formulaic, their expressions taken apart and computed."""

from __future__ import annotations

import ast
import re
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from equipoise.stats.errors import StatsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

AS_CATEGORY = re.compile(r"C\(\s*`?([^,()`]+?)`?\s*\)")


def parse_formula(formula: str) -> Any:
    """Parse 'response ~ terms'."""
    try:
        formulaic = import_module("formulaic")
    except ImportError:
        raise StatsError('mmrm needs formulaic: pip install "equipoise[formula]", or use mmrm_arrays') from None
    try:
        parsed = formulaic.Formula(formula)
    except formulaic.errors.FormulaicError as error:
        text = re.sub(r"\x1b\[[0-9;]*m|[⧛⧚]", "", str(error))
        raise StatsError(f"formula: {formula!r} cannot be read: {' '.join(text.split())}") from None
    if not hasattr(parsed, "rhs") or len(list(parsed.lhs)) != 1 or not hasattr(parsed.rhs, "required_variables"):
        raise StatsError(f"formula: expected 'response ~ terms', got {formula!r}")
    return parsed


def names_in(expression: str) -> list[str]:
    """Return the names that an expression computes with: not those of functions and modules."""
    quoted = re.findall(r"`([^`]+)`", expression)
    try:
        tree = ast.parse(re.sub(r"`[^`]+`", "0", expression), mode="eval")
    except SyntaxError:
        raise StatsError(f"formula: {expression!r} cannot be read") from None
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    owners = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    names = [n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and id(n) not in called | owners]
    return list(dict.fromkeys([*quoted, *names]))


def evaluator(
    name: str, values: Mapping[str, NDArray[Any]]
) -> Callable[[Mapping[str, NDArray[Any]]], NDArray[np.float64]]:
    """Return a function that computes an expression; what it learns from data (a spline's knots) it learns here."""
    pandas, formulaic = import_module("pandas"), import_module("formulaic")
    frame = pandas.DataFrame({key: np.asarray(v, float) for key, v in values.items()})
    with np.errstate(all="ignore"):
        spec = formulaic.model_matrix(f"0 + {name}", frame, na_action="ignore").model_spec

    def evaluate(new: Mapping[str, NDArray[Any]]) -> NDArray[np.float64]:
        columns = pandas.DataFrame({key: np.asarray(new[key], float) for key in values})
        with np.errstate(all="ignore"):
            return np.asarray(spec.get_model_matrix(columns, na_action="ignore"), np.float64)

    return evaluate
