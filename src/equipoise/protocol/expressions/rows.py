"""Evaluates an expression for one row of plain Python values; equal to ``columns.py`` on every row.

Unknown (None, NaN, a division by zero, a number beyond what a float holds) goes through arithmetic and comparisons;
``and``, ``or`` and ``not`` follow Kleene's three-valued logic.
"""

import calendar
import datetime as dt
import math
import operator
from collections.abc import Callable, Mapping
from numbers import Real
from typing import Any

from equipoise.protocol.expressions.parse import Expression
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
    Negative,
    Node,
    Not,
    Or,
    Scalar,
)

__all__ = ["evaluate_row"]

_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip
_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
}  # fmt: skip


def evaluate_row(expression: Expression, row: Mapping[str, object]) -> Scalar | None:
    """Evaluate an expression for one row.

    Parameters
    ----------
    expression
        A checked expression.
    row
        Field -> value: bool, number, str, date, or None where unknown. A field that is not there is unknown.

    Returns
    -------
    bool, float, str, date or None
        None where the answer is unknown.

    Raises
    ------
    TypeError
        Where a value is not of its field's declared type.
    """
    value: Scalar | None = _value(expression.tree, row)
    return value


def _value(node: Node, row: Mapping[str, object]) -> Any:  # noqa: PLR0911 - one answer per kind of node
    match node:
        case Constant():
            return node.value
        case Field():
            return _field(node, row.get(node.name))
        case And():
            return _all(_value(part, row) for part in node.operands)
        case Or():
            return _opposite(_all(_opposite(_value(part, row)) for part in node.operands))
        case Not():
            return _opposite(_value(node.operand, row))
        case IsMissing():
            return (_value(node.operand, row) is None) is not node.negated
        case Compare():
            return _compare(node, [_value(part, row) for part in node.operands])
        case In():
            return _membership(node, row)
        case Choice():
            condition = _value(node.condition, row)
            return None if condition is None else _value(node.then if condition else node.otherwise, row)
        case _:
            return _computed(node, row)


def _computed(node: Node, row: Mapping[str, object]) -> Any:
    match node:
        case Negative():
            value = _value(node.operand, row)
            return None if value is None else -value
        case Convert():
            value = _value(node.operand, row)
            return None if value is None else _finite(value * node.multiply / node.divide)
        case Arithmetic():
            return _arithmetic(node.operator, _value(node.left, row), _value(node.right, row))
        case DateDifference():
            left, right = _value(node.left, row), _value(node.right, row)
            return None if left is None or right is None else float((left - right).days)
        case DateShift():
            return _shifted(_value(node.operand, row), node.months, node.days)
        case Age():
            return _age(_value(node.birth, row), _value(node.at, row))
        case _:
            raise AssertionError(f"{type(node).__name__} is not evaluated")


def _field(node: Field, value: object) -> Scalar | None:
    kind = node.type.kind if node.type else "text"
    if value is None:
        return None
    if kind == "number" and isinstance(value, Real) and not isinstance(value, bool):
        return _finite(float(value))
    if kind == "boolean" and isinstance(value, bool):
        return value
    if kind == "text" and isinstance(value, str):
        return value
    if kind == "date" and isinstance(value, dt.date):
        return value.date() if isinstance(value, dt.datetime) else value
    raise TypeError(f"field {node.name!r} holds {kind} values, but a {type(value).__name__} was given: {value!r}")


def _all(parts: Any) -> bool | None:
    answer: bool | None = True
    for part in parts:
        if part is False:
            return False
        if part is None:
            answer = None
    return answer


def _opposite(value: bool | None) -> bool | None:
    return None if value is None else not value


def _compare(node: Compare, values: list[Any]) -> bool | None:
    return _all(
        None if left is None or right is None else _COMPARISONS[sign](left, right)
        for left, sign, right in zip(values, node.operators, values[1:], strict=False)
    )


def _membership(node: In, row: Mapping[str, object]) -> bool | None:
    value = _value(node.operand, row)
    if value is None:
        return None
    return any(value == _value(option, row) for option in node.options) is not node.negated


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _arithmetic(sign: str, left: float | None, right: float | None) -> float | None:
    if left is None or right is None or (sign == "/" and right == 0):
        return None
    return _finite(_ARITHMETIC[sign](left, right))


def _shifted(value: dt.date | None, months: int, days: int) -> dt.date | None:
    """Move a date; unknown beyond the years 1 to 9999."""
    if value is None:
        return None
    year, month = divmod(value.year * 12 + value.month - 1 + months, 12)
    if not dt.MINYEAR <= year <= dt.MAXYEAR:
        return None
    last = calendar.monthrange(year, month + 1)[1]
    try:
        return dt.date(year, month + 1, min(value.day, last)) + dt.timedelta(days=days)
    except OverflowError:
        return None


def _age(birth: dt.date | None, at: dt.date | None) -> float | None:
    if birth is None or at is None or at < birth:
        return None
    return float(at.year - birth.year - ((at.month, at.day) < (birth.month, birth.day)))
