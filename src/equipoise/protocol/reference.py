"""Describes the protocol file from its models.

``python -m equipoise.protocol.reference FILE`` renews the tables in a page. They stand between two marks, so
that the rest of the page is written by hand.
"""

import datetime as dt
import enum
import re
import sys
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from equipoise.protocol.item import ExpressionMark, Item
from equipoise.protocol.model import Protocol
from equipoise.protocol.structure import plain_annotation
from equipoise.protocol.walk import inner_models

__all__ = ["BEGIN", "END", "field_tables", "renewed"]

BEGIN = "<!-- tables made by python -m equipoise.protocol.reference: begin -->"
END = "<!-- tables made by python -m equipoise.protocol.reference: end -->"

_DESCRIBED_ELSEWHERE = "cohorts.*.method"
"""The method of a cohort is that of ``randomization.method``, where readers look for it."""

_WORDS = {
    str: "text",
    bool: "true or false",
    int: "whole number",
    float: "number",
    dt.date: "date",
    Any: "any value",
}


def field_tables() -> str:
    """Write a table of keys for every model of the format, in the order in which a protocol is read."""
    return "\n".join(_table(model, path) for model, path in _models().items())


def renewed(page: str) -> str:
    """Return a page with its tables made anew.

    Raises
    ------
    ValueError
        Where the page does not hold the two marks, in order.
    """
    pattern = re.compile(f"{re.escape(BEGIN)}.*{re.escape(END)}", re.DOTALL)
    if not pattern.search(page):
        raise ValueError(f"the page does not hold {BEGIN!r} and {END!r}")
    tables = f"{BEGIN}\n\n{field_tables()}\n{END}"
    return pattern.sub(lambda _: tables, page)


def _models() -> dict[type[BaseModel], str]:
    """Find every model with the place where it first stands."""
    found: dict[type[BaseModel], str] = {}
    waiting: list[tuple[type[BaseModel], str]] = [(Protocol, "")]
    while waiting:
        model, path = waiting.pop(0)
        if model in found:
            continue
        found[model] = path
        fresh: list[tuple[type[BaseModel], str]] = []
        for name, info in model.model_fields.items():
            key = info.alias or name
            place = f"{path}.{key}" if path else key
            if place == _DESCRIBED_ELSEWHERE:
                continue
            fresh += [(inner, place + tail) for inner, tail in inner_models(info.annotation)]
        waiting = waiting + fresh if model is Protocol else fresh + waiting
    return found


def _table(model: type[BaseModel], path: str) -> str:
    heading = f"### `{path}`" if path else "### The whole file"
    lines = [
        heading,
        "",
        " ".join((model.__doc__ or "").split()),
        "",
        "| key | value | default | meaning |",
        "| --- | --- | --- | --- |",
    ]
    for name, info in model.model_fields.items():
        if name in Item.model_fields and model is not Protocol:
            continue
        description = " ".join((info.description or "").split()).replace("``", "`")
        cells = (f"`{info.alias or name}`", _value(info), _default(info), description)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join([*lines, ""])


def _value(info: FieldInfo) -> str:
    if any(isinstance(mark, ExpressionMark) for mark in info.metadata):
        return _expression(next(mark for mark in info.metadata if isinstance(mark, ExpressionMark)))
    words = _type(info.annotation)
    limits = [_limit(mark) for mark in info.metadata]
    return " ".join([words, *(limit for limit in limits if limit)])


def _limit(mark: Any) -> str:
    match mark:
        case Ge():
            return f"≥ {mark.ge}"
        case Gt():
            return f"> {mark.gt}"
        case Le():
            return f"≤ {mark.le}"
        case Lt():
            return f"< {mark.lt}"
        case _:
            return ""


def _expression(mark: ExpressionMark) -> str:
    return "expression, true or false" if mark.result == "boolean" else "expression"


def _type(annotation: Any) -> str:
    if get_origin(annotation) is Annotated:
        inner, *metadata = get_args(annotation)
        mark = next((mark for mark in metadata if isinstance(mark, ExpressionMark)), None)
        limits = [
            limit
            for part in metadata
            for piece in (getattr(part, "metadata", None) or [part])
            if (limit := _limit(piece))
        ]
        return _expression(mark) if mark else " ".join([_type(inner), *limits])
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return ", ".join(f"`{choice}`" for choice in arguments)
    if origin is dict:
        return f"mapping of {_plural(arguments[0], 'names')} to {_type(arguments[1])}"
    if origin is tuple:
        is_pair = len(arguments) > 1 and arguments[1] is not Ellipsis
        return (
            f"pair of {_type(arguments[0])} and {_type(arguments[1])}" if is_pair else f"list of {_type(arguments[0])}"
        )
    if arguments:
        return " or ".join(dict.fromkeys(_type(choice) for choice in arguments if choice is not type(None)))
    return _plain_type(annotation)


def _plural(annotation: Any, word: str) -> str:
    choices = [choice for choice in plain_annotation(annotation) if isinstance(choice, str)]
    literal = _type(annotation)
    return literal if literal.startswith("`") else ", ".join(choices) or word


def _plain_type(annotation: Any) -> str:
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return ", ".join(f"`{choice.value}`" for choice in annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return f"[{annotation.__name__}](#{_anchor(annotation)})"
    return _WORDS.get(annotation, str(annotation))


def _anchor(model: type[BaseModel]) -> str:
    path = _models_by_name()[model.__name__]
    return re.sub(r"[^\w-]", "", path.lower())


def _models_by_name() -> dict[str, str]:
    return {model.__name__: path for model, path in _models().items()}


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return "required"
    value = info.default if info.default is not PydanticUndefined else None
    if value in (None, (), {}) or isinstance(value, BaseModel):
        return ""
    if isinstance(value, enum.Enum):
        return f"`{value.value}`"
    if isinstance(value, bool):
        return "`true`" if value else "`false`"
    if isinstance(value, tuple):
        return ", ".join(f"`{item}`" for item in value)
    return f"`{value}`"


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("docs/reference/protocol.md")
    target.write_text(renewed(target.read_text(encoding="utf-8")), encoding="utf-8")
