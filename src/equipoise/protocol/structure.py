"""Fits plain values to the models and says in plain words what does not fit."""

import json
import types
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from equipoise.protocol.model import Protocol
from equipoise.protocol.nearest import nearest
from equipoise.protocol.source import KeyPath, Source

__all__ = ["build", "field_names", "plain_annotation"]

_WANTED = {
    "string_type": "text",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "dict_type": "a mapping of names to values",
    "model_type": "a mapping of names to values",
    "model_attributes_type": "a mapping of names to values",
    "tuple_type": "a list",
    "list_type": "a list",
    "date_type": "a date such as 2020-01-31",
    "date_parsing": "a date such as 2020-01-31",
    "date_from_datetime_parsing": "a date such as 2020-01-31",
    "date_from_datetime_inexact": "a date such as 2020-01-31",
    "none_required": "nothing",
}
_WORDS_OF_TRUTH = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}

_EITHER: dict[str | int, str] = {
    "assumed": "true, or a list of keys",
    "levels": "a list of levels, or a mapping of levels to labels",
}
"""Keys that take a value of either of two types."""
_EITHER_IN: dict[KeyPath, str] = {
    ("instruments",): "a name, or a mapping with a name",
    ("randomization", "strata"): "an expression, or a mapping with an expression",
}
"""Places whose parts take a value of either of two types."""

_PLACEHOLDERS: dict[str, Any] = {
    "equipoise": 1,
    "trial": {"id": "unknown", "title": "unknown", "masking": "open_label"},
    "arms": {"unknown": {"label": "unknown", "role": "control"}},
    "randomization": {"ratio": {"unknown": 1}, "method": {"biased_coin": {}}},
}


def build(source: Source) -> tuple[Protocol, set[KeyPath]]:
    """Fit a source to the models, noting every problem.

    Returns
    -------
    protocol
        The protocol, without the parts that do not fit: good enough to look for further problems.
    left_out
        Places of the parts that were left out or stand in for something missing.
    """
    data = deepcopy(source.data)
    left_out: set[KeyPath] = set()
    for attempt in range(12):
        try:
            return Protocol.model_validate_json(json.dumps(data), strict=True), left_out
        except ValidationError as error:
            faults = error.errors(include_url=False)
        places = [_path(fault["loc"], data) for fault in faults]
        if attempt == 0:
            _explain_all(source, faults, places)
        for fault, path in zip(faults, places, strict=True):
            left_out.add(_leave_out(data, path, missing=fault["type"] == "missing"))
    for name, value in _PLACEHOLDERS.items():
        left_out.add((name,))
        data[name] = value
    return Protocol.model_validate_json(json.dumps({name: data[name] for name in _PLACEHOLDERS}), strict=True), left_out


def _path(loc: tuple[str | int, ...], data: Any) -> KeyPath:
    """Turn pydantic's location into a place in the file: names of union branches are dropped."""
    path: list[str | int] = []
    current = data
    for index, part in enumerate(loc):
        last = index == len(loc) - 1
        if part == "[key]":
            return tuple(path)
        known = (isinstance(current, dict) and part in current) or (
            isinstance(current, list) and isinstance(part, int) and part < len(current)
        )
        if known:
            path.append(part)
            current = current[part]
        elif last and isinstance(current, dict) and isinstance(part, str):
            path.append(part)
    return tuple(path)


def _leave_out(data: Any, path: KeyPath, *, missing: bool) -> KeyPath:
    """Remove the part that does not fit; a part that misses something goes as a whole."""
    if missing:
        path = path[:-1] if len(path) > 1 else path
    if not path:
        return path
    if path[0] == "baseline" and len(path) > 2:
        path = path[:2]
    if len(path) == 1 and path[0] in _PLACEHOLDERS:
        data[path[0]] = deepcopy(_PLACEHOLDERS[str(path[0])])
        return path
    parent = data
    for part in path[:-1]:
        try:
            parent = parent[part]
        except (KeyError, IndexError, TypeError):
            return path
    if isinstance(parent, list) and isinstance(path[-1], int):
        return _leave_out(data, path[:-1], missing=False)
    if isinstance(parent, dict):
        parent.pop(path[-1], None)
    return path


def _value_at(data: Any, path: KeyPath) -> Any:
    """Return the value at a place; for a key that is not allowed, the key itself."""
    for part in path:
        if (isinstance(data, list) and isinstance(part, int)) or (isinstance(data, dict) and part in data):
            data = data[part]  # type: ignore[index]
        else:
            return part
    return data


def show(value: Any) -> str:
    """Write a value as it would stand in a file, shortened."""
    if isinstance(value, dict):
        return "a mapping" if value else "an empty mapping"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    text = (
        {None: "nothing", True: "true", False: "false"}.get(value)
        if value is None or isinstance(value, bool)
        else repr(value)
    )
    text = text or repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _explain_all(source: Source, faults: Sequence[Mapping[str, Any]], places: Sequence[KeyPath]) -> None:
    """Explain every fault; the choices of several lists at one place become one list."""
    choices: dict[KeyPath, list[str]] = {}
    keys = {path for fault, path in zip(faults, places, strict=True) if fault["loc"][-1] == "[key]"}
    for fault, path in zip(faults, places, strict=True):
        if fault["type"] in ("enum", "literal_error"):
            named = fault["ctx"]["expected"].replace(" or ", ", ").split(",")
            choices.setdefault(path, []).extend(choice.strip().strip("'") for choice in named)
        else:
            _explain(source, fault, path)
    for path, listed in choices.items():
        value = path[-1] if path in keys else _value_at(source.data, path)
        _explain_choice(source, path, value, listed)


def _explain_choice(source: Source, path: KeyPath, value: Any, choices: list[str]) -> None:
    suggestion = nearest(value, choices) if isinstance(value, str) else None
    expected = ", ".join(choices)
    if suggestion == value:
        suggestion, expected = None, f"{value}, without quotes"
    message = "this value is not one of the choices"
    source.add(path, message, seen=show(value), expected=expected, suggestion=suggestion)


def _explain(source: Source, fault: Mapping[str, Any], path: KeyPath) -> None:
    kind, value = fault["type"], fault.get("input")
    if (
        kind in ("missing", "too_long", "too_short")
        and isinstance(_value_at(source.data, path), list | dict)
        and path in source.lines
    ):
        _explain_length(source, fault, path)
    elif kind == "missing":
        source.add(path, f"{path[-1]!r} is missing", expected=_meaning_of(path))
    elif kind == "extra_forbidden":
        names = field_names(_model_at(path[:-1]))
        suggestion = nearest(str(path[-1]), names)
        listing = None if suggestion else ", ".join(sorted(names))
        source.add(path, f"{path[-1]!r} is not a key here", expected=listing, suggestion=suggestion)
    elif kind == "string_pattern_mismatch":
        _explain_pattern(source, path, value)
    elif kind in _WANTED:
        _explain_type(source, path, value, _WANTED[kind])
    else:
        message = fault["msg"].removeprefix("Value error, ").removeprefix("Input should ")
        source.add(
            path,
            f"this value should {message}" if fault["msg"].startswith("Input should") else message,
            seen=show(value),
        )


def _explain_pattern(source: Source, path: KeyPath, value: Any) -> None:
    if path and path[-1] == "paramcd":
        expected = "a capital letter, then up to 6 capitals or digits"
    else:
        expected = "a name of lower-case letters, digits and underscores that begins with a letter"
    source.add(path, "this name is not allowed", seen=show(value), expected=expected)


def _explain_length(source: Source, fault: Mapping[str, Any], path: KeyPath) -> None:
    value = _value_at(source.data, path)
    count = f"{len(value)} value{'s' * (len(value) != 1)}"
    if fault["type"] == "too_long" or fault["type"] == "missing":
        source.add(path, "this list does not have the right length", seen=count, expected="2 values")
    else:
        source.add(path, "something must stand here", seen=show(value), expected="at least one part")


def _explain_type(source: Source, path: KeyPath, value: Any, wanted: str) -> None:
    hint = ""
    if wanted == "text" and isinstance(value, int | float):
        hint = f", in quotes: '{str(value).lower() if isinstance(value, bool) else value}'"
    if wanted == "true or false" and isinstance(value, str) and value.lower() in _WORDS_OF_TRUTH:
        hint = f"; write {_WORDS_OF_TRUTH[value.lower()]} for {value}"
    if wanted == "a list" and isinstance(value, str | int | float):
        hint = f": [{value}]"
    wanted = _EITHER.get(path[-1]) or _EITHER_IN.get(path[:-1]) or wanted
    source.add(path, "this value is of the wrong type", seen=show(value), expected=wanted + hint)


def _meaning_of(path: KeyPath) -> str | None:
    """Say what a missing key means, in the model's own words."""
    model = _model_at(path[:-1])
    for name, info in model.model_fields.items() if model else ():
        if path[-1] in (name, info.alias) and info.description:
            words = " ".join(info.description.split()).rstrip(".")
            return words if words[1:2].isupper() else words[0].lower() + words[1:]
    return None


def field_names(model: type[BaseModel] | None) -> list[str]:
    """Keys that a model takes, as they are written in a file."""
    return [info.alias or name for name, info in model.model_fields.items()] if model else []


def plain_annotation(annotation: Any) -> list[Any]:
    """Alternatives of an annotation without ``Annotated`` and ``None``."""
    if get_origin(annotation) is Annotated:
        return plain_annotation(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return [part for choice in get_args(annotation) for part in plain_annotation(choice)]
    return [] if annotation is type(None) else [annotation]


def _model_at(path: KeyPath) -> type[BaseModel] | None:
    """Find the model at a place by its path alone."""
    current: list[Any] = [Protocol]
    for part in path:
        following: list[Any] = []
        for choice in current:
            if isinstance(choice, type) and issubclass(choice, BaseModel):
                following += [
                    option
                    for name, info in choice.model_fields.items()
                    if part in (name, info.alias)
                    for option in plain_annotation(info.annotation)
                ]
            elif get_origin(choice) is dict:
                following += plain_annotation(get_args(choice)[1])
            elif get_origin(choice) is tuple and isinstance(part, int):
                following += plain_annotation(get_args(choice)[0])
        current = following
    return next((choice for choice in current if isinstance(choice, type) and issubclass(choice, BaseModel)), None)
