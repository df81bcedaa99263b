"""Walks through the parts of a protocol."""

from collections.abc import Iterator

from pydantic import BaseModel

from equipoise.protocol.item import Item
from equipoise.protocol.source import KeyPath, dotted

__all__ = ["assumed_items", "items"]


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
