"""From text to a checked expression."""

from collections.abc import Mapping
from dataclasses import dataclass

from equipoise.protocol.expressions.checker import check_tree, describe
from equipoise.protocol.expressions.errors import ExpressionError
from equipoise.protocol.expressions.parser import parse_tree
from equipoise.protocol.expressions.tree import And, Field, FieldType, Kind, Node, children

__all__ = ["Expression", "conjuncts", "parse"]


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed and checked expression."""

    text: str
    """As written."""
    tree: Node
    """Its parts, with types."""

    @property
    def type(self) -> FieldType:
        """Type of its value."""
        assert self.tree.type is not None  # noqa: S101 - the checker gives every node a type
        return self.tree.type

    @property
    def fields(self) -> tuple[str, ...]:
        """Fields it reads, sorted."""
        found: set[str] = set()
        waiting = [self.tree]
        while waiting:
            node = waiting.pop()
            if isinstance(node, Field):
                found.add(node.name)
            waiting.extend(children(node))
        return tuple(sorted(found))


def parse(text: str, fields: Mapping[str, FieldType], *, expect: Kind | None = None) -> Expression:
    """Parse an expression and check it against the declared fields.

    Parameters
    ----------
    text
        The expression.
    fields
        Declared field -> its type.
    expect
        The kind of value it must have; any unless given.

    Raises
    ------
    ExpressionError
        With the position of the first fault, what was expected and the nearest right name.
    """
    tree = check_tree(parse_tree(text), text, fields)
    kind = tree.type
    if expect is not None and (kind is None or kind.kind != expect):
        wanted = describe(FieldType(expect))
        raise ExpressionError(
            f"the expression must give {wanted}, but it gives {describe(kind)}", text, tree.start, tree.end
        )
    return Expression(text=text, tree=tree)


def conjuncts(expression: Expression) -> list[Expression]:
    """Split an expression at its outermost ``and``; the whole expression where there is none."""
    parts: list[Expression] = []
    waiting: list[Node] = [expression.tree]
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, And):
            waiting = [*node.operands, *waiting]
        else:
            parts.append(Expression(text=expression.text[node.start : node.end], tree=node))
    return parts
