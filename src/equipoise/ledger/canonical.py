"""The one way in which a value is written down: canonical JSON.

Keys sorted by code point, no blanks, UTF-8 without escapes beyond those JSON demands, text in Unicode form NFC, no
lone surrogates, no floating point numbers (a decimal number is text such as ``"12.5"``), integers within plus or minus
2**53 - 1 so that every JSON reader gets the same number. Equal values have equal bytes; different ones have not.
"""

import json
import unicodedata
from collections.abc import Mapping
from typing import Any, NoReturn

import orjson

from equipoise.ledger.errors import LedgerError

__all__ = ["canonical_text", "normalized", "parse_canonical"]

LARGEST_INTEGER = 2**53 - 1


def canonical_text(value: Any) -> str:
    """Write a value of text, integers, booleans, None, lists and maps as canonical JSON.

    Raises
    ------
    LedgerError
        With the place of the first value that has no canonical form, for example ``payload.doses[2]``.
    """
    if not sound(value):
        _check(value, ())
    return written(value)


def written(value: Any) -> str:
    """Write what `sound` has passed as canonical JSON.

    Raises
    ------
    LedgerError
        With the place of text that is not in Unicode form NFC or holds half of a surrogate pair.
    """
    try:
        text = orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
    except orjson.JSONEncodeError:  # half of a surrogate pair, or lists in lists beyond its depth
        check_unicode(value)
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    if not text.isascii():
        check_unicode(value)
    return text


def parse_canonical(text: str) -> Any:
    """Read canonical JSON; text that is JSON but not canonical is refused.

    Raises
    ------
    LedgerError
        For floats, repeated keys, and text that differs from the canonical form of what it says.
    """
    try:
        value = orjson.loads(text)
        canonical = sound(value) and written(value) == text
    except ValueError:
        canonical = False
    return value if canonical else _read_with_reasons(text)


def _read_with_reasons(text: str) -> Any:
    """Read more slowly, and say of text that is not canonical what is wrong."""
    try:
        value = _decode(text)
    except ValueError as error:
        raise LedgerError(f"not JSON: {error}") from error
    if canonical_text(value) != text:
        raise LedgerError("not in canonical form: keys sorted and unique, no blanks, text in Unicode form NFC")
    return value


def normalized(value: Any) -> Any:
    """Bring all text of a value into Unicode form NFC; everything else stays.

    Raises
    ------
    LedgerError
        Where two keys of a map become one.
    """
    if isinstance(value, str):
        return value if value.isascii() else unicodedata.normalize("NFC", value)
    if isinstance(value, Mapping):
        result = {normalized(key): normalized(item) for key, item in value.items()}
        if len(result) != len(value):
            raise LedgerError(f"keys become one in Unicode form NFC: {', '.join(map(str, value))}")
        return result
    if isinstance(value, list | tuple):
        return [normalized(item) for item in value]
    return value


def sound(value: Any) -> bool:
    """Tell whether everything in a list or map has a canonical form, but for its text: what is asked of every event."""
    kind = type(value)
    if kind is dict:
        for key in value:
            if type(key) is not str:
                return False
        value = value.values()
    elif kind is not list and kind is not tuple:
        return _plain(value)
    for item in value:
        kind = type(item)
        if kind is str or item is None or kind is bool:
            continue
        if kind is int:
            if not -LARGEST_INTEGER <= item <= LARGEST_INTEGER:
                return False
        elif not sound(item):
            return False
    return True


def _plain(value: Any) -> bool:
    kind = type(value)
    return kind is str or value is None or kind is bool or (kind is int and abs(value) <= LARGEST_INTEGER)


def _check(value: Any, path: tuple[str | int, ...]) -> None:
    """Refuse the first value that has no canonical form, naming its place."""
    kind = type(value)
    if kind is dict:
        for key, item in value.items():
            if type(key) is not str:
                _refuse((*path, str(key)), f"the key is {type(key).__name__}, expected text")
            _check(item, (*path, key))
    elif kind is list or kind is tuple:
        for index, item in enumerate(value):
            _check(item, (*path, index))
    elif not _plain(value):
        _check_plain(kind, value, path)


def _check_plain(kind: type, value: Any, path: tuple[str | int, ...]) -> None:
    if kind is int:
        if not -LARGEST_INTEGER <= value <= LARGEST_INTEGER:
            _refuse(path, f"{value} is beyond 2**53 - 1; give it as text")
    elif kind is float:
        _refuse(path, f"{value!r} is a floating point number; give an integer or decimal text such as '12.5'")
    elif not isinstance(value, str):
        _refuse(path, f"{kind.__name__} has no canonical form; give text, integer, boolean, none, list or map")


def check_unicode(value: Any, path: tuple[str | int, ...] = ()) -> None:
    """Raise LedgerError for text that is not in Unicode form NFC or holds half of a surrogate pair."""
    if isinstance(value, str):
        if any("\ud800" <= letter <= "\udfff" for letter in value):
            _refuse(path, "the text holds half of a surrogate pair")
        if not unicodedata.is_normalized("NFC", value):
            _refuse(path, f"{value!r} is not in Unicode form NFC")
    elif isinstance(value, Mapping):
        for key, item in value.items():
            check_unicode(key, (*path, key))
            check_unicode(item, (*path, key))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            check_unicode(item, (*path, index))


def _refuse(path: tuple[str | int, ...], why: str) -> NoReturn:
    place = "value" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    raise LedgerError(f"{place}: {why}")


def _no_float(text: str) -> NoReturn:
    raise LedgerError(f"{text} is a floating point number; the record holds integers and decimal text only")


_decode = json.JSONDecoder(parse_float=_no_float, parse_constant=_no_float).decode
