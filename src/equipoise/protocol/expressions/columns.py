"""Turns an expression into a polars expression; equal to ``rows.py`` on every row."""

import functools
import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import polars as pl

from equipoise.protocol.expressions.parse import Expression
from equipoise.protocol.expressions.rows import evaluate_row
from equipoise.protocol.expressions.tree import (
    Age,
    And,
    Arithmetic,
    Choice,
    Compare,
    Constant,
    Convert,
    DateDifference,
    DateShift,
    Field,
    In,
    IsMissing,
    Kind,
    Negative,
    Node,
    Not,
    Or,
)

__all__ = ["column"]

_DTYPES: dict[Kind, type[pl.DataType]] = {
    "boolean": pl.Boolean,
    "number": pl.Float64,
    "text": pl.String,
    "date": pl.Date,
}
_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip
_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {"+": operator.add, "-": operator.sub, "*": operator.mul}


def column(expression: Expression) -> pl.Expr:
    """Return the expression over a frame whose columns are the fields' names.

    The result has one value per row, null where the answer is unknown: Boolean, Float64, String or Date.
    Columns are cast to their field's type; a value that does not fit raises polars' ``InvalidOperationError``.
    """
    kind: Kind = expression.type.kind
    if not expression.fields:
        return pl.repeat(pl.lit(evaluate_row(expression, {}), dtype=_DTYPES[kind]), pl.len())
    return _column(expression.tree)


def _column(node: Node) -> pl.Expr:  # noqa: PLR0911 - one answer per kind of node
    match node:
        case Constant():
            return pl.lit(node.value)
        case Field():
            return _field(node)
        case And():
            return functools.reduce(operator.and_, map(_column, node.operands))
        case Or():
            return functools.reduce(operator.or_, map(_column, node.operands))
        case Not():
            return ~_column(node.operand)
        case IsMissing():
            inner = _column(node.operand)
            return inner.is_not_null() if node.negated else inner.is_null()
        case Compare():
            parts = [_column(part) for part in node.operands]
            pairs = zip(parts, node.operators, parts[1:], strict=False)
            return pl.all_horizontal([_COMPARISONS[sign](left, right) for left, sign, right in pairs])
        case In():
            inner = _column(node.operand)
            found = functools.reduce(operator.or_, (inner == _column(option) for option in node.options))
            return ~found if node.negated else found
        case Choice():
            condition = _column(node.condition)
            return pl.when(condition).then(_column(node.then)).when(~condition).then(_column(node.otherwise))
        case _:
            return _computed(node)


def _computed(node: Node) -> pl.Expr:
    match node:
        case Negative():
            return -_column(node.operand)
        case Convert():
            return _quotient(_column(node.operand) * node.multiply, pl.lit(node.divide))
        case Arithmetic():
            left, right = _column(node.left), _column(node.right)
            return _quotient(left, right) if node.operator == "/" else _finite(_ARITHMETIC[node.operator](left, right))
        case DateDifference():
            difference = _column(node.left) - _column(node.right)
            return difference.dt.total_days().cast(pl.Float64)
        case DateShift():
            return _shifted(_column(node.operand), node.months, node.days)
        case Age():
            return _age(_column(node.birth), _column(node.at))
        case _:
            raise AssertionError(f"{type(node).__name__} is not evaluated")


def _field(node: Field) -> pl.Expr:
    kind: Kind = node.type.kind if node.type else "text"
    value = pl.col(node.name).cast(_DTYPES[kind])
    return _finite(value) if kind == "number" else value


def _finite(value: pl.Expr) -> pl.Expr:
    return pl.when(value.is_finite()).then(value)


def _quotient(left: pl.Expr, right: pl.Expr) -> pl.Expr:
    """Divide by IEEE 754, as Python does: polars multiplies by the reciprocal where the divisor is one number."""
    return _finite(pl.map_batches([left, right], _divide, return_dtype=pl.Float64))


def _divide(parts: Sequence[pl.Series]) -> pl.Series:
    left, right = (part.cast(pl.Float64).to_numpy() for part in parts)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return pl.Series(values=np.divide(left, right), dtype=pl.Float64)


def _shifted(value: pl.Expr, months: int, days: int) -> pl.Expr:
    moved = value.dt.offset_by(f"{months}mo") if months else value
    moved = moved.dt.offset_by(f"{days}d") if days else moved
    return pl.when(moved.dt.year().is_between(1, 9999)).then(moved)


def _age(birth: pl.Expr, at: pl.Expr) -> pl.Expr:
    before = (at.dt.month() < birth.dt.month()) | ((at.dt.month() == birth.dt.month()) & (at.dt.day() < birth.dt.day()))
    years = at.dt.year().cast(pl.Int32) - birth.dt.year().cast(pl.Int32) - before.cast(pl.Int32)
    return pl.when(at >= birth).then(years.cast(pl.Float64))
