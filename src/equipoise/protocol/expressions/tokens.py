"""Cuts the text of an expression into tokens."""

import re
from dataclasses import dataclass
from typing import Literal

from equipoise.protocol.expressions.errors import ExpressionError

__all__ = ["KEYWORDS", "MAX_LENGTH", "Token", "tokenize"]

MAX_LENGTH = 4000
"""Longest expression, in characters."""

KEYWORDS = frozenset({"and", "or", "not", "in", "is", "missing", "true", "false", "if", "else"})

_PATTERN = re.compile(
    r"""(?P<space>\s+)
      | (?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
      | (?P<string>'[^'\n]*'|"[^"\n]*")
      | (?P<name>[^\W\d]\w*)
      | (?P<operator><=|>=|==|!=|<|>|[-+*/(),\[\]])
    """,
    re.VERBOSE,
)
_UNIT = re.compile(r"[^\W\d_]\w*(?:/\w+)*|%")
_WRONG_OPERATORS = {"=": "==", "&": "and", "|": "or", "!": "not", "<>": "!=", "&&": "and", "||": "or"}

TokenKind = Literal["number", "unit", "string", "name", "keyword", "operator", "end"]


@dataclass(frozen=True, slots=True)
class Token:
    """A word or sign with its offsets."""

    kind: TokenKind
    text: str
    start: int
    end: int


def tokenize(text: str) -> list[Token]:
    """Cut an expression into tokens, closed by one of kind ``end``.

    Raises
    ------
    ExpressionError
        For a text that is too long or empty, an open quote, or a sign the language does not have.
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"the expression has {len(text)} characters; at most {MAX_LENGTH} are allowed", text, 0)
    tokens: list[Token] = []
    position = 0
    while position < len(text):
        match = _unit(text, position, tokens) or _PATTERN.match(text, position)
        if match is None:
            raise _unreadable(text, position)
        if match.lastgroup != "space":
            tokens.append(_token(match))
        position = match.end()
    if not tokens:
        raise ExpressionError("the expression is empty", text, 0)
    tokens.append(Token("end", "", len(text), len(text)))
    return tokens


def _unit(text: str, position: int, tokens: list[Token]) -> re.Match[str] | None:
    """Match a unit: a word directly after a number that is no keyword."""
    if not tokens or tokens[-1].kind != "number":
        return None
    match = _UNIT.match(text, position)
    return None if match is None or match.group().lower() in KEYWORDS else match


def _token(match: re.Match[str]) -> Token:
    kind, text, start, end = match.lastgroup or "unit", match.group(), match.start(), match.end()
    if kind == "string":
        text = text[1:-1]
    if kind == "name" and text in KEYWORDS:
        kind = "keyword"
    return Token(kind, text, start, end)  # type: ignore[arg-type]


def _unreadable(text: str, position: int) -> ExpressionError:
    if text[position] in "'\"":
        return ExpressionError("text is opened by a quote and not closed", text, position, len(text))
    for length in (2, 1):
        sign = text[position : position + length]
        if sign in _WRONG_OPERATORS:
            meant = _WRONG_OPERATORS[sign]
            return ExpressionError(f"{sign!r} is not part of the language", text, position, position + length, meant)
    return ExpressionError(f"{text[position]!r} is not part of the language", text, position)
