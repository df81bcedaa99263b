"""The parts of a parsed expression: frozen, with their place in the text and, once checked, their type."""

import datetime as dt
from dataclasses import dataclass
from typing import Literal as OneOf

__all__ = [
    "Age",
    "And",
    "Arithmetic",
    "Call",
    "Choice",
    "Compare",
    "Constant",
    "Convert",
    "DateDifference",
    "DateShift",
    "Field",
    "FieldType",
    "In",
    "IsMissing",
    "Kind",
    "Negative",
    "Node",
    "Not",
    "Or",
    "Scalar",
    "children",
]

Kind = OneOf["boolean", "number", "text", "date"]
Scalar = bool | float | str | dt.date


@dataclass(frozen=True, slots=True)
class FieldType:
    """Type of a field or of a part of an expression.

    ``levels`` are the values a text can take, where they are known; ``unit`` is the unit of a number.
    """

    kind: Kind
    levels: tuple[str, ...] | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A part of an expression; ``start`` and ``end`` are offsets in its text."""

    start: int
    end: int
    type: FieldType | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant(Node):
    """A number (with its unit), text, boolean or date written in the expression."""

    value: Scalar
    unit: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Field(Node):
    """A declared field or built-in."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Negative(Node):
    """Minus before a number."""

    operand: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Arithmetic(Node):
    """Sum, difference, product or quotient of numbers."""

    operator: OneOf["+", "-", "*", "/"]
    left: Node
    right: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Compare(Node):
    """One comparison or a chain of them: every neighboring pair must hold."""

    operands: tuple[Node, ...]
    operators: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class In(Node):
    """Membership of a value in a list of constants."""

    operand: Node
    options: tuple[Node, ...]
    negated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class IsMissing(Node):
    """Whether a value is unknown; itself never unknown."""

    operand: Node
    negated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Not(Node):
    """Negation; unknown stays unknown."""

    operand: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class And(Node):
    """False if any part is false, else unknown if any is unknown, else true."""

    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Or(Node):
    """True if any part is true, else unknown if any is unknown, else false."""

    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(Node):
    """``a if condition else b``; unknown where the condition is."""

    condition: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Node):
    """A function by name, before checking."""

    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Convert(Node):
    """A number in another unit: value x multiply / divide."""

    operand: Node
    multiply: float
    divide: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DateDifference(Node):
    """Whole days from ``right`` to ``left``."""

    left: Node
    right: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class DateShift(Node):
    """A date moved by calendar months and days."""

    operand: Node
    months: int
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Age(Node):
    """Completed calendar years; unknown where ``at`` is before ``birth``."""

    birth: Node
    at: Node


def children(node: Node) -> tuple[Node, ...]:  # noqa: PLR0911 - one answer per kind of node
    """Return the direct parts of a node."""
    match node:
        case Negative() | IsMissing() | Not() | Convert() | DateShift():
            return (node.operand,)
        case Arithmetic() | DateDifference():
            return (node.left, node.right)
        case Compare() | And() | Or():
            return node.operands
        case In():
            return (node.operand, *node.options)
        case Choice():
            return (node.condition, node.then, node.otherwise)
        case Call():
            return node.arguments
        case Age():
            return (node.birth, node.at)
        case _:
            return ()
