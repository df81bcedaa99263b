"""Walks through the parts of a protocol."""

from collections.abc import Iterator
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from equipoise.protocol.item import Item
from equipoise.protocol.model import Protocol
from equipoise.protocol.source import KeyPath, dotted
from equipoise.protocol.structure import plain_annotation

__all__ = ["assumed_items", "inner_models", "items", "model_classes"]


def items(value: object, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Item]]:
    """Give every item in a protocol or a part of it, with its place, in the order of the models."""
    if isinstance(value, Item):
        yield path, value
    if isinstance(value, BaseModel):
        for name, info in type(value).model_fields.items():
            yield from items(getattr(value, name), (*path, info.alias or name))
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from items(inner, (*path, str(key)))
    elif isinstance(value, tuple):
        for index, inner in enumerate(value):
            yield from items(inner, (*path, index))


def assumed_items(protocol: Item) -> dict[str, str | None]:
    """List what the protocol assumes because its source is silent.

    Returns
    -------
    dict
        Place (``review.central.readers``) -> the note beside it, or None.
    """
    found: dict[str, str | None] = {}
    for path, item in items(protocol):
        if item.assumed is True:
            found[dotted(path)] = item.note
        elif item.assumed:
            found.update({dotted((*path, name)): item.note for name in item.assumed})
    return found


def model_classes() -> list[type[BaseModel]]:
    """List every model of the format, `Protocol` first."""
    found: list[type[BaseModel]] = []
    waiting: list[type[BaseModel]] = [Protocol]
    while waiting:
        model = waiting.pop(0)
        if model not in found:
            found.append(model)
            waiting += [inner for info in model.model_fields.values() for inner, _ in inner_models(info.annotation)]
    return found


def inner_models(annotation: Any) -> list[tuple[type[BaseModel], str]]:
    """Find the models in an annotation, each with ``.*`` for a mapping and ``[]`` for a list around it."""
    models: list[tuple[type[BaseModel], str]] = []
    for choice in plain_annotation(annotation):
        if get_origin(choice) is dict:
            models += [(model, ".*" + tail) for model, tail in inner_models(get_args(choice)[1])]
        elif get_origin(choice) is tuple:
            models += [(model, "[]" + tail) for model, tail in inner_models(get_args(choice)[0])]
        elif isinstance(choice, type) and issubclass(choice, BaseModel):
            models.append((choice, ""))
    return models
