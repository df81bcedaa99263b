"""Gives every part of a parsed expression its type, or says what does not fit.

Units are converted here, once, so that both evaluators see plain numbers; names are resolved here, so that neither
can meet an unknown one.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import NoReturn

from equipoise.protocol.expressions.errors import ExpressionError
from equipoise.protocol.expressions.functions import FUNCTIONS
from equipoise.protocol.expressions.tree import (
    Age,
    And,
    Arithmetic,
    Call,
    Choice,
    Compare,
    Constant,
    Convert,
    DateDifference,
    DateShift,
    Field,
    FieldType,
    In,
    IsMissing,
    Negative,
    Node,
    Not,
    Or,
)
from equipoise.protocol.expressions.units import TIME_UNITS, known_units, normal_unit, same_dimension, size_in_base
from equipoise.protocol.nearest import nearest

__all__ = ["check_tree"]

BOOLEAN = FieldType("boolean")
DATE = FieldType("date")
_MAX_SHIFT = 12_000.0
_FEW = 24
"""Up to so many declared names are listed beside a suggestion."""
_KIND_WORDS = {"boolean": "true or false", "number": "a number", "text": "text", "date": "a date"}


def check_tree(tree: Node, text: str, fields: Mapping[str, FieldType]) -> Node:
    """Return the tree with types, conversions and resolved functions.

    Raises
    ------
    ExpressionError
        For an unknown name, level or unit, or for types that do not go together.
    """
    return _Checker(text, fields).check(tree)


def _kind(node: Node) -> str:
    return node.type.kind if node.type else "text"


def _unit(node: Node) -> str | None:
    return node.type.unit if node.type else None


def describe(kind: FieldType | None) -> str:
    """Name a type in words."""
    if kind is None:
        return "nothing"
    word = _KIND_WORDS[kind.kind]
    return f"{word} of {kind.unit}" if kind.unit else word


def _is_bare_number(node: Node) -> bool:
    """Whether a number is written without a unit; zero needs none."""
    inner = node.operand if isinstance(node, Negative) else node
    return isinstance(inner, Constant) and isinstance(inner.value, float) and inner.unit is None and inner.value != 0


class _Checker:
    def __init__(self, text: str, fields: Mapping[str, FieldType]) -> None:
        self.text = text
        self.fields = fields
        self.units = known_units(field.unit for field in fields.values())

    def fail(self, message: str, node: Node, suggestion: str | None = None) -> NoReturn:
        raise ExpressionError(message, self.text, node.start, node.end, suggestion)

    def check(self, node: Node) -> Node:  # noqa: PLR0911 - one answer per kind of node
        match node:
            case Constant():
                return self.constant(node)
            case Field():
                return self.field(node)
            case Arithmetic():
                return self.product(node) if node.operator in "*/" else self.sum(node)
            case Compare():
                return self.compare(node)
            case In():
                return self.membership(node)
            case Choice():
                return self.choice(node)
            case Call():
                return self.call(node)
            case _:
                return self.logic(node)

    def logic(self, node: Node) -> Node:
        match node:
            case And() | Or():
                word = "'and'" if isinstance(node, And) else "'or'"
                return replace(node, operands=tuple(self.boolean(part, word) for part in node.operands), type=BOOLEAN)
            case Not():
                return replace(node, operand=self.boolean(node.operand, "'not'"), type=BOOLEAN)
            case IsMissing():
                return replace(node, operand=self.check(node.operand), type=BOOLEAN)
            case Negative():
                operand = self.number(node.operand, "after a minus sign")
                return replace(node, operand=operand, type=FieldType("number", unit=_unit(operand)))
            case _:
                raise AssertionError(f"{type(node).__name__} is not parsed from text")

    def constant(self, node: Constant) -> Node:
        if isinstance(node.value, bool):
            return replace(node, type=BOOLEAN)
        if isinstance(node.value, str):
            return replace(node, type=FieldType("text", levels=(node.value,)))
        if node.unit is None:
            return replace(node, type=FieldType("number"))
        unit = normal_unit(node.unit)
        if unit not in self.units:
            if node.unit in self.fields:
                self.fail(f"an operator is missing between the number and {node.unit!r}", node)
            self.fail(f"unit {node.unit!r} is not known here", node, nearest(node.unit, self.units))
        return replace(node, type=FieldType("number", unit=unit))

    def field(self, node: Field) -> Node:
        declared = self.fields.get(node.name)
        if declared is None:
            if node.name in FUNCTIONS:
                self.fail(f"{node.name} is a function; write {FUNCTIONS[node.name]}", node)
            known = ", ".join(sorted(self.fields)) or "none"
            suggestion = nearest(node.name, self.fields)
            listing = "" if suggestion and len(self.fields) > _FEW else f"; declared are: {known}"
            self.fail(f"field {node.name!r} is not declared{listing}", node, suggestion)
        unit = normal_unit(declared.unit) if declared.unit else None
        return replace(node, type=replace(declared, unit=unit))

    def boolean(self, node: Node, word: str) -> Node:
        checked = self.check(node)
        if _kind(checked) != "boolean":
            self.fail(
                f"{word} needs true or false, but this is {describe(checked.type)}; compare it with a value", checked
            )
        return checked

    def number(self, node: Node, where: str) -> Node:
        checked = self.check(node)
        if _kind(checked) != "number":
            self.fail(f"a number is needed {where}, but this is {describe(checked.type)}", checked)
        return checked

    def sum(self, node: Arithmetic) -> Node:
        left, right = self.check(node.left), self.check(node.right)
        if _kind(left) == "date":
            if _kind(right) == "date":
                if node.operator == "+":
                    self.fail("two dates cannot be added; write a - b for the days between them", node)
                return DateDifference(
                    left=left, right=right, start=node.start, end=node.end, type=FieldType("number", unit="days")
                )
            return self.shift(node, left, right)
        left, right = self.must_be_number(left, node.operator), self.must_be_number(right, node.operator)
        left, right, unit = self.same_unit(left, right)
        return replace(node, left=left, right=right, type=FieldType("number", unit=unit))

    def must_be_number(self, node: Node, operator: str) -> Node:
        if _kind(node) != "number":
            self.fail(f"{operator!r} needs numbers, but this is {describe(node.type)}", node)
        return node

    def shift(self, node: Arithmetic, left: Node, right: Node) -> Node:
        whole = isinstance(right, Constant) and isinstance(right.value, float) and right.value.is_integer()
        if (
            not whole
            or _unit(right) not in TIME_UNITS
            or not isinstance(right, Constant)
            or not isinstance(right.value, float)
        ):
            self.fail(
                "to or from a date goes a whole number with its unit of time, for example 28 days or 12 months", right
            )
        amount, unit = right.value, _unit(right)
        if amount > _MAX_SHIFT:
            self.fail(f"a date is moved by at most {_MAX_SHIFT:.0f}", right)
        signed = int(amount) if node.operator == "+" else -int(amount)
        months = {"months": signed, "years": 12 * signed}.get(unit or "", 0)
        days = {"days": signed, "weeks": 7 * signed}.get(unit or "", 0)
        return DateShift(operand=left, months=months, days=days, start=node.start, end=node.end, type=DATE)

    def product(self, node: Arithmetic) -> Node:
        left, right = (self.must_be_number(self.check(part), node.operator) for part in (node.left, node.right))
        units = _unit(left), _unit(right)
        unit: str | None
        if node.operator == "/" and units[0] and units[1] and same_dimension(units[0], units[1]):
            left, right, _ = self.same_unit(left, right)
            unit = None
        elif units[1] is None:
            unit = units[0]
        elif node.operator == "*":
            unit = units[1] if units[0] is None else f"{units[0]}*{units[1]}"
        else:
            unit = f"{units[0] or 1}/({units[1]})"
        return replace(node, left=left, right=right, type=FieldType("number", unit=unit))

    def same_unit(self, left: Node, right: Node) -> tuple[Node, Node, str | None]:
        """Bring two numbers to one unit; a number without unit takes the other's."""
        units = _unit(left), _unit(right)
        if units[0] is None or units[1] is None or units[0] == units[1]:
            return left, right, units[0] or units[1]
        if not same_dimension(units[0], units[1]):
            self.fail(f"units do not go together: {units[0]} and {units[1]}", right)
        base = {"days": "days", "mm": "mm", "mg": "mg"}[_base(units[0])]
        return _to_unit(left, base), _to_unit(right, base), base

    def compare(self, node: Compare) -> Node:
        operands = [self.check(part) for part in node.operands]
        for index, operator in enumerate(node.operators):
            left, right = operands[index], operands[index + 1]
            self.comparable(left, right, operator)
        if _kind(operands[0]) == "number":
            operands = self.one_unit(operands)
        return replace(node, operands=tuple(operands), type=BOOLEAN)

    def one_unit(self, operands: list[Node]) -> list[Node]:
        units = sorted({unit for part in operands if (unit := _unit(part))})
        if len(units) < 2:
            return operands
        first = next(unit for part in operands if (unit := _unit(part)))
        strange = next((part for part in operands if (unit := _unit(part)) and not same_dimension(unit, first)), None)
        if strange is not None:
            self.fail(f"units do not go together: {' and '.join(units)}", strange)
        bare = next((part for part in operands if _is_bare_number(part)), None)
        if bare is not None:
            self.fail(f"write the unit of this number: its neighbors are in {' and '.join(units)}", bare)
        return [_to_unit(part, _base(units[0])) if _unit(part) else part for part in operands]

    def comparable(self, left: Node, right: Node, operator: str) -> None:
        kinds = _kind(left), _kind(right)
        if kinds[0] != kinds[1]:
            hint = "; write a date as date('2020-01-31')" if set(kinds) == {"date", "text"} else ""
            self.fail(f"{describe(left.type)} cannot be compared with {describe(right.type)}{hint}", right)
        if operator not in ("==", "!=") and kinds[0] in ("text", "boolean"):
            self.fail(
                f"{operator!r} needs numbers or dates, but this is {describe(left.type)}; list the levels with 'in'",
                left,
            )
        if kinds[0] == "text":
            self.levels_meet(left, right)

    def levels_meet(self, left: Node, right: Node) -> None:
        for value, other in ((left, right), (right, left)):
            if isinstance(value, Constant) and isinstance(value.value, str):
                self.level_exists(value, value.value, other)
        levels = tuple(set(node.type.levels) if node.type and node.type.levels else None for node in (left, right))
        if levels[0] and levels[1] and not levels[0] & levels[1]:
            self.fail("these can never be equal: they have no level in common", right)

    def level_exists(self, node: Node, value: str, other: Node) -> None:
        levels = other.type.levels if other.type else None
        if levels is None or value in levels:
            return
        name = f" of {other.name}" if isinstance(other, Field) else ""
        self.fail(f"{value!r} is not a level{name}: {', '.join(levels)}", node, nearest(value, levels))

    def membership(self, node: In) -> Node:
        operand = self.check(node.operand)
        options: list[Node] = []
        for raw in node.options:
            option = self.check(raw)
            if _kind(operand) == "date":
                self.fail("a list cannot hold dates; compare with ==", operand)
            if _kind(option) != _kind(operand):
                self.fail(
                    f"the list is compared with {describe(operand.type)}, but this is {describe(option.type)}", option
                )
            if isinstance(option, Constant) and isinstance(option.value, str):
                self.level_exists(option, option.value, operand)
            options.append(option)
        if _kind(operand) == "number":
            operand, *options = self.one_unit([operand, *options])
        return replace(node, operand=operand, options=tuple(options), type=BOOLEAN)

    def choice(self, node: Choice) -> Node:
        condition = self.boolean(node.condition, "'if'")
        then, otherwise = self.check(node.then), self.check(node.otherwise)
        if _kind(then) != _kind(otherwise):
            self.fail(
                f"both results must be of one type, but they are {describe(then.type)} and {describe(otherwise.type)}",
                otherwise,
            )
        kind = then.type or BOOLEAN
        if _kind(then) == "number":
            then, otherwise, unit = self.same_unit(then, otherwise)
            kind = FieldType("number", unit=unit)
        if _kind(then) == "text":
            kind = FieldType("text", levels=_joined_levels((then, otherwise)))
        return replace(node, condition=condition, then=then, otherwise=otherwise, type=kind)

    def call(self, node: Call) -> Node:
        if node.name not in FUNCTIONS:
            suggestion = nearest(node.name, FUNCTIONS)
            self.fail(
                f"there is no function {node.name!r}; functions are {', '.join(sorted(FUNCTIONS))}", node, suggestion
            )
        wanted = 2 if node.name == "age" else 1
        if len(node.arguments) != wanted:
            self.fail(f"{node.name} takes {wanted} value{'s' * (wanted > 1)}: {FUNCTIONS[node.name]}", node)
        if node.name == "date":
            return self.date(node)
        arguments = [self.check(argument) for argument in node.arguments]
        if node.name == "age":
            for argument in arguments:
                if _kind(argument) != "date":
                    self.fail(
                        f"age takes two dates: {FUNCTIONS['age']}, but this is {describe(argument.type)}", argument
                    )
            return Age(
                birth=arguments[0],
                at=arguments[1],
                start=node.start,
                end=node.end,
                type=FieldType("number", unit="years"),
            )
        value = arguments[0]
        if (
            _kind(value) != "number"
            or (_unit(value) is not None and _unit(value) not in TIME_UNITS)
            or _is_bare_number(value)
        ):
            self.fail(
                f"{node.name} takes a length of time: {FUNCTIONS[node.name]}, but this is {describe(value.type)}", value
            )
        return replace(_to_unit(value, node.name), start=node.start, end=node.end)

    def date(self, node: Call) -> Node:
        argument = node.arguments[0]
        if not isinstance(argument, Constant) or not isinstance(argument.value, str):
            self.fail(f"date takes quoted text: {FUNCTIONS['date']}", argument)
        try:
            value = dt.date.fromisoformat(argument.value)
        except ValueError:
            self.fail(f"{argument.value!r} is not a complete date; write year-month-day: {FUNCTIONS['date']}", argument)
        if argument.value != value.isoformat():
            self.fail(f"write the date as {value.isoformat()}", argument)
        return Constant(value=value, start=node.start, end=node.end, type=DATE)


def _base(unit: str) -> str:
    return next(base for base in ("days", "mm", "mg") if same_dimension(unit, base))


def _to_unit(node: Node, unit: str) -> Node:
    """Convert a number; one without unit is taken to be in days already."""
    from_size = size_in_base(_unit(node) or "days")
    to_size = size_in_base(unit)
    kind = FieldType("number", unit=unit)
    if from_size == to_size:
        return replace(node, type=kind)
    return Convert(operand=node, multiply=from_size, divide=to_size, start=node.start, end=node.end, type=kind)


def _joined_levels(parts: Iterable[Node]) -> tuple[str, ...] | None:
    levels: dict[str, None] = {}
    for part in parts:
        if part.type is None or part.type.levels is None:
            return None
        levels.update(dict.fromkeys(part.type.levels))
    return tuple(levels)
