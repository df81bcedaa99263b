"""Recursive descent from tokens to a tree without types.

Precedence, lowest first: ``a if c else b``; ``or``; ``and``; ``not``; comparison, ``in``, ``is missing``; ``+ -``;
``* /``; minus sign.
"""

import dataclasses
import math
from typing import Literal

from equipoise.protocol.expressions.errors import ExpressionError
from equipoise.protocol.expressions.tokens import KEYWORDS, Token, tokenize
from equipoise.protocol.expressions.tree import (
    And,
    Arithmetic,
    Call,
    Choice,
    Compare,
    Constant,
    Field,
    In,
    IsMissing,
    Negative,
    Node,
    Not,
    Or,
    children,
)
from equipoise.protocol.nearest import nearest

__all__ = ["MAX_DEPTH", "MAX_NESTING", "parse_tree"]

MAX_NESTING = 32
"""Deepest nesting of parentheses, negations and minus signs."""
MAX_DEPTH = 64
"""Deepest tree, which a long sum makes too."""

_COMPARISONS = frozenset({"<", "<=", ">", ">=", "==", "!="})


def parse_tree(text: str) -> Node:
    """Parse an expression into a tree without types.

    Raises
    ------
    ExpressionError
        Where the text does not follow the grammar, or is too deep.
    """
    parser = _Parser(text)
    tree = parser.expression()
    parser.expect_end()
    _refuse_deep(tree, text)
    return tree


def _refuse_deep(tree: Node, text: str) -> None:
    level, depth = [tree], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise ExpressionError(
                f"the expression is deeper than {MAX_DEPTH} levels; split it into derived fields",
                text,
                level[0].start,
                level[0].end,
            )
        level = [child for node in level for child in children(node)]


class _Parser:
    """Reads tokens from left to right; one method per rule of the grammar."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokenize(text)
        self.position = 0
        self.nesting = 0

    @property
    def current(self) -> Token:
        return self.tokens[self.position]

    def take(self) -> Token:
        token = self.current
        self.position += 1
        return token

    def at(self, *words: str) -> bool:
        return self.current.kind in ("keyword", "operator") and self.current.text in words

    def accept(self, word: str) -> bool:
        found = self.at(word)
        self.position += found
        return found

    def error(self, message: str, token: Token | None = None, suggestion: str | None = None) -> ExpressionError:
        token = token or self.current
        return ExpressionError(message, self.text, token.start, token.end, suggestion)

    def expect(self, word: str, why: str) -> Token:
        if not self.at(word):
            raise self.error(f"expected {word!r} {why}, found {self.found()}")
        return self.take()

    def found(self) -> str:
        return "the end" if self.current.kind == "end" else repr(self.text[self.current.start : self.current.end])

    def expect_end(self) -> None:
        token = self.current
        if token.kind == "end":
            return
        suggestion = nearest(token.text, KEYWORDS) if token.kind == "name" else None
        if self.at("<", "<=", ">", ">=", "==", "!=", "in", "is"):
            raise self.error(f"{self.found()} cannot follow here; put the part before it in parentheses")
        raise self.error(
            f"{self.found()} cannot follow here; expected an operator such as 'and', 'or', '==', 'in'",
            suggestion=suggestion,
        )

    def deeper(self) -> None:
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            raise self.error(f"the expression is nested deeper than {MAX_NESTING} levels; split it into derived fields")

    def expression(self) -> Node:
        self.deeper()
        node = self.disjunction()
        if self.accept("if"):
            condition = self.disjunction()
            self.expect("else", "to say what holds otherwise")
            otherwise = self.expression()
            node = Choice(condition=condition, then=node, otherwise=otherwise, start=node.start, end=otherwise.end)
        self.nesting -= 1
        return node

    def disjunction(self) -> Node:
        parts = [self.conjunction()]
        while self.accept("or"):
            parts.append(self.conjunction())
        return parts[0] if len(parts) == 1 else Or(operands=tuple(parts), start=parts[0].start, end=parts[-1].end)

    def conjunction(self) -> Node:
        parts = [self.negation()]
        while self.accept("and"):
            parts.append(self.negation())
        return parts[0] if len(parts) == 1 else And(operands=tuple(parts), start=parts[0].start, end=parts[-1].end)

    def negation(self) -> Node:
        if not self.at("not"):
            return self.comparison()
        start = self.take().start
        self.deeper()
        operand = self.negation()
        self.nesting -= 1
        return Not(operand=operand, start=start, end=operand.end)

    def comparison(self) -> Node:
        left = self.sum()
        if self.at("in", "not"):
            return self.membership(left)
        if self.at("is"):
            return self.missing(left)
        operands, operators = [left], []
        while self.current.kind == "operator" and self.current.text in _COMPARISONS:
            operators.append(self.take().text)
            operands.append(self.sum())
        if not operators:
            return left
        return Compare(operands=tuple(operands), operators=tuple(operators), start=left.start, end=operands[-1].end)

    def membership(self, left: Node) -> Node:
        negated = self.accept("not")
        self.expect("in", "after 'not'")
        self.expect("[", "to begin the list of values")
        options: list[Node] = []
        while not self.at("]"):
            options.append(self.option())
            if not self.accept(","):
                break
        if not options:
            raise self.error("the list is empty: nothing can be in it")
        end = self.expect("]", "to close the list of values").end
        return In(operand=left, options=tuple(options), negated=negated, start=left.start, end=end)

    def option(self) -> Constant:
        start = self.current.start
        minus = self.accept("-")
        if self.current.kind not in ("number", "string") and not self.at("true", "false"):
            name = self.current.kind == "name"
            hint = f"; write text in quotes: '{self.current.text}'" if name else ""
            raise self.error(f"a list holds numbers, quoted text or true and false, found {self.found()}{hint}")
        node = self.atom()
        if not isinstance(node, Constant) or (minus and not isinstance(node.value, float)):
            raise self.error("a minus sign belongs before a number")
        return (
            dataclasses.replace(node, value=-node.value, start=start)
            if minus and isinstance(node.value, float)
            else node
        )

    def missing(self, left: Node) -> Node:
        self.take()
        negated = self.accept("not")
        if not self.at("missing"):
            raise self.error(
                f"expected 'missing' after 'is', found {self.found()}; compare values with '=='", suggestion="missing"
            )
        return IsMissing(operand=left, negated=negated, start=left.start, end=self.take().end)

    def sum(self) -> Node:
        node = self.product()
        while self.at("+", "-"):
            operator = self.take().text
            node = _arithmetic(operator, node, self.product())
        return node

    def product(self) -> Node:
        node = self.sign()
        while self.at("*", "/"):
            operator = self.take().text
            node = _arithmetic(operator, node, self.sign())
        return node

    def sign(self) -> Node:
        if not self.at("-"):
            return self.atom()
        start = self.take().start
        self.deeper()
        operand = self.sign()
        self.nesting -= 1
        return Negative(operand=operand, start=start, end=operand.end)

    def atom(self) -> Node:
        token = self.current
        if token.kind == "number":
            return self.number()
        if token.kind == "string":
            self.take()
            return Constant(value=token.text, start=token.start, end=token.end)
        if self.at("true", "false"):
            self.take()
            return Constant(value=token.text == "true", start=token.start, end=token.end)
        if token.kind == "name":
            return self.name()
        if self.at("("):
            return self.parentheses()
        if self.at("["):
            raise self.error("a list stands only after 'in' or 'not in'")
        raise self.error(f"expected a field, a value or '(', found {self.found()}")

    def number(self) -> Node:
        token = self.take()
        value = float(token.text)
        if not math.isfinite(value):
            raise self.error("the number is too large", token)
        unit = self.take() if self.current.kind == "unit" else None
        return Constant(
            value=value, unit=unit.text if unit else None, start=token.start, end=unit.end if unit else token.end
        )

    def name(self) -> Node:
        token = self.take()
        if not self.accept("("):
            return Field(name=token.text, start=token.start, end=token.end)
        arguments: list[Node] = []
        while not self.at(")"):
            arguments.append(self.expression())
            if not self.accept(","):
                break
        end = self.expect(")", f"to close {token.text}(").end
        return Call(name=token.text, arguments=tuple(arguments), start=token.start, end=end)

    def parentheses(self) -> Node:
        start = self.take().start
        node = self.expression()
        end = self.expect(")", "to close the parenthesis").end
        return dataclasses.replace(node, start=start, end=end)


def _arithmetic(operator: str, left: Node, right: Node) -> Node:
    sign: Literal["+", "-", "*", "/"] = operator  # type: ignore[assignment]
    return Arithmetic(operator=sign, left=left, right=right, start=left.start, end=right.end)
