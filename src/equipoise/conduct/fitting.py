"""Whether a payload fits its fields, seen at once: a test for each field, made when a command is declared.

`equipoise.conduct.field.check_payload` says everything that is wrong with a payload; nearly all have nothing wrong, and
that is seen here. A test says yes only to what that function lets pass. Where it is not sure, for example of letters
beyond ASCII, it says no, and the function has the word.
"""

import datetime as dt
import re
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from typing import Any

from equipoise.conduct.field import DECIMAL, EARLIEST_YEAR, HEX, IDENTIFIER, LARGEST, MOST, PARTIAL_DATE, Field

__all__ = ["Fits", "fits_of"]

Test = Callable[[Any], object]
Fits = Callable[[Mapping[str, Any]], bool]
"""Whether a payload fits: no is "look at it closely"."""
_SIMPLE = frozenset({int, bool, type(None)})


def fits_of(fields: tuple[Field, ...]) -> Fits:
    """Make the test of payloads with the given fields."""
    tests = {field.name: _TESTS[field.type](field) for field in fields}
    required = frozenset(field.name for field in fields if field.required)

    def fits(payload: Mapping[str, Any]) -> bool:
        try:
            for name, value in payload.items():
                if value is None:
                    if name in required or name not in tests:
                        return False
                elif not tests[name](value):
                    return False
        except (AttributeError, KeyError, TypeError, ValueError):
            return False
        return len(payload) == len(tests) or required <= payload.keys()

    return fits


@lru_cache(maxsize=16_384)
def _is_date(text: str) -> bool:
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        return False
    return day.year >= EARLIEST_YEAR and day.isoformat() == text


def _is_time(value: Any) -> bool:
    return value.endswith("Z") and bool(dt.datetime.fromisoformat(value))


def _matching(pattern: re.Pattern[str]) -> Callable[[Field], Test]:
    return lambda _: pattern.fullmatch


def _text(field: Field) -> Test:
    most = field.maximum or MOST["text"]

    def fits(value: Any) -> bool:
        return value.isascii() and value.isprintable() and 0 < len(value) <= most and not value.isspace()

    return fits


def _partial_date(_: Field) -> Test:
    def fits(value: Any) -> bool:
        if len(value) == 10:
            return _is_date(value)
        return PARTIAL_DATE.fullmatch(value) is not None and int(value[:4]) >= EARLIEST_YEAR

    return fits


def _integer(field: Field) -> Test:
    low = -LARGEST if field.minimum is None else field.minimum
    high = LARGEST if field.maximum is None else field.maximum
    return lambda value: type(value) is int and low <= value <= high


def _bounds(field: Field) -> tuple[int, int]:
    return field.minimum or 0, field.maximum or MOST[field.type]


def _plain(texts: Collection[Any]) -> bool:
    whole = "".join(texts)
    return whole.isascii() and whole.isprintable()


def _texts(field: Field) -> Test:
    low, high = _bounds(field)

    def fits(value: Any) -> bool:
        listed = type(value) in (list, tuple) and low <= len(value) <= high
        return listed and _plain(value) and all(map(str.strip, value))

    return fits


def _records(field: Field) -> Test:
    low, high = _bounds(field)
    inner = fits_of(field.fields)

    def fits(value: Any) -> bool:
        if type(value) not in (list, tuple) or not low <= len(value) <= high:
            return False
        for part in value:  # noqa: SIM110 - `all` with a generator takes twice the time
            if type(part) is not dict or not inner(part):
                return False
        return True

    return fits


def _values(_: Field) -> Test:
    def fits(value: Any) -> bool:
        if type(value) is not dict or not _plain(value):
            return False
        parts = value.values()
        return _SIMPLE.issuperset(map(type, parts)) or _mixed(parts)

    return fits


def _mixed(parts: Collection[Any]) -> bool:
    texts = [part for part in parts if type(part) is str]
    return _plain(texts) and all(type(part) is str or type(part) in _SIMPLE for part in parts)


_TESTS: dict[str, Callable[[Field], Test]] = {
    "text": _text,
    "identifier": _matching(IDENTIFIER),
    "date": lambda _: _is_date,
    "partial_date": _partial_date,
    "time": lambda _: _is_time,
    "integer": _integer,
    "decimal": _matching(DECIMAL),
    "boolean": lambda _: lambda value: type(value) is bool,
    "choice": lambda field: frozenset(field.choices).__contains__,
    "hash": _matching(HEX),
    "texts": _texts,
    "values": _values,
    "records": _records,
    "any": lambda _: lambda value: type(value) is int or (type(value) is str and _plain((value,))),
}
"""Type of a field -> what makes its test."""
