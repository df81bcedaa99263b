"""What expressions of a protocol may name, and where expressions stand in it."""

from collections.abc import Iterator
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel

from equipoise.protocol.baseline import BaselineField
from equipoise.protocol.expressions import Expression, FieldType, Kind, parse
from equipoise.protocol.item import ExpressionMark
from equipoise.protocol.model import Protocol

__all__ = ["BUILT_IN_FIELDS", "expression_places", "field_type", "field_types", "parse_expression"]

BUILT_IN_FIELDS: dict[str, FieldType] = {
    "consent": FieldType("date"),
    "registration": FieldType("date"),
    "randomization": FieldType("date"),
    "first_dose": FieldType("date"),
    "randomized": FieldType("boolean"),
    "treated": FieldType("boolean"),
    "eligible": FieldType("boolean"),
}
"""Facts that every trial has: dates, and whether a subject was randomized, treated, found eligible."""

_KINDS: dict[str, Kind] = {
    "category": "text",
    "text": "text",
    "boolean": "boolean",
    "integer": "number",
    "number": "number",
    "date": "date",
}


def field_type(field: BaselineField) -> FieldType:
    """Type of a baseline field in expressions."""
    levels = tuple(field.levels) if field.type == "category" else None
    return FieldType(_KINDS[field.type], levels=levels, unit=field.unit)


def field_types(protocol: Protocol) -> dict[str, FieldType]:
    """Everything that expressions of a protocol may name: the built-in facts and the baseline fields."""
    return BUILT_IN_FIELDS | {name: field_type(field) for name, field in protocol.baseline.items()}


def parse_expression(protocol: Protocol, text: str) -> Expression:
    """Parse an expression over the fields of a protocol.

    Raises
    ------
    ExpressionError
        Where it names something that is not declared, or does not fit together.
    """
    return parse(text, field_types(protocol))


def expression_places(value: BaseModel) -> Iterator[tuple[tuple[str, ...], str, ExpressionMark]]:
    """Give every expression in a model: its place, its text and the kind of value it must have."""
    for name, info in type(value).model_fields.items():
        marks = [mark for mark in info.metadata if isinstance(mark, ExpressionMark)]
        annotation = Annotated[info.annotation, marks[0]] if marks else info.annotation
        yield from _places(getattr(value, name), annotation, (info.alias or name,))


def _places(
    value: Any, annotation: Any, path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], str, ExpressionMark]]:
    if isinstance(value, str):
        mark = _mark(annotation)
        if mark is not None:
            yield path, value, mark
    elif isinstance(value, BaseModel):
        for inner, text, mark in expression_places(value):
            yield (*path, *inner), text, mark
    elif isinstance(value, dict):
        item = next((get_args(part)[1] for part in _alternatives(annotation) if get_origin(part) is dict), Any)
        for key, inner_value in value.items():
            yield from _places(inner_value, item, (*path, str(key)))


def _alternatives(annotation: Any) -> list[Any]:
    if get_origin(annotation) is Annotated:
        return _alternatives(get_args(annotation)[0])
    if get_origin(annotation) in (dict, tuple) or not get_args(annotation):
        return [annotation]
    return [part for choice in get_args(annotation) for part in _alternatives(choice)]


def _mark(annotation: Any) -> ExpressionMark | None:
    """Find the mark of a text, inside optional and alternative types."""
    if get_origin(annotation) is Annotated:
        inner, *metadata = get_args(annotation)
        found = next((mark for mark in metadata if isinstance(mark, ExpressionMark)), None)
        return found or _mark(inner)
    if get_origin(annotation) in (dict, tuple):
        return None
    return next((mark for choice in get_args(annotation) if (mark := _mark(choice))), None)
