"""Fields of a payload: what a value may be, and everything that is wrong with a payload at once.

Payloads hold texts, whole numbers, booleans, nothing, lists and mappings. Numbers with decimals are decimal texts,
dates are ISO texts, sizes of lesions whole hundredths of a millimeter: the record holds no floats.
"""

import datetime as dt
import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from equipoise.terms import Text, said

__all__ = ["EARLIEST_YEAR", "Field", "FieldProblem", "check_payload", "not_fitting", "plain"]

IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:@-]{0,79}")
DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,12})?")
PARTIAL_DATE = re.compile(r"[0-9]{4}(-(0[1-9]|1[0-2])(-[0-9]{2})?)?")
HEX = re.compile(r"[0-9a-f]{64}")
LARGEST = 2**53 - 1
EARLIEST_YEAR = 1900
"""Nothing that a trial asks for happened before it: an earlier year is a slip of the keyboard."""
MOST = {"text": 4000, "texts": 10_000, "records": 500}
"""Most characters of a text, and most members of a list, where a field does not say."""


@dataclass(frozen=True, slots=True)
class Field:
    """One value of a payload."""

    name: str
    """Key in the payload."""
    type: str
    """text, identifier, date, partial_date, time, integer, decimal, boolean, choice, hash, texts, values, records."""
    doc: str
    """Meaning, as a form shows it."""
    required: bool = True
    """Whether it must be there; a field that is not required may also be null."""
    choices: tuple[str, ...] = ()
    """Allowed words of a choice."""
    minimum: int | None = None
    """Smallest whole number, or fewest members of a list."""
    maximum: int | None = None
    """Largest whole number, most members of a list, or most characters of a text."""
    fields: tuple["Field", ...] = ()
    """Fields of each record of a list."""
    sealed: bool = False
    """Whether blinded roles never see the value."""


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One thing wrong with a payload."""

    field: str
    """Key, or path of keys, in the payload."""
    seen: str
    """What was given; nothing of a sealed value."""
    expected: str
    """What belongs there."""
    missing: bool = False
    """Whether the value is not there at all."""

    @property
    def said(self) -> Text:
        """What was given and what belongs there, as one text."""
        return not_fitting(self.seen, self.expected)


def not_fitting(seen: object, expected: object) -> Text:
    """Say what was given and what belongs there: the form in which problems of fields are told."""
    wanted = Text(expected) if isinstance(expected, str) else expected
    return said("{seen}; expected: {expected}", seen=seen, expected=wanted)


def check_payload(fields: tuple[Field, ...], payload: Mapping[str, object], *, path: str = "") -> list[FieldProblem]:
    """Find everything that is wrong with a payload.

    Parameters
    ----------
    fields
        Fields that the payload may hold.
    payload
        Values by key.
    path
        Where the payload stands, for the texts.

    Returns
    -------
    list of FieldProblem
        Empty where all is well; in the order of ``fields``, keys that are none of them last.
    """
    problems: list[FieldProblem] = []
    known = 0
    for field in fields:
        value = payload.get(field.name)
        if value is None:
            known += field.name in payload
            if field.required:
                problems.append(FieldProblem(path + field.name, Text("nothing"), field.doc, missing=True))
            continue
        known += 1
        expected = _CHECKS[field.type](field, value)
        if expected is not None:
            problems.append(FieldProblem(path + field.name, _show(field, value), expected))
        elif field.type == "records":
            problems += _check_records(field, value, path)
    if known != len(payload):
        problems += _unknown_keys(fields, payload, path)
    return problems


def _check_records(field: Field, value: object, path: str) -> list[FieldProblem]:
    problems: list[FieldProblem] = []
    assert isinstance(value, list | tuple)  # noqa: S101 - the check of the type came before
    for place, record in enumerate(value, start=1):
        problems += check_payload(field.fields, record, path=f"{path}{field.name} {place}: ")
    return problems


def _unknown_keys(fields: tuple[Field, ...], payload: Mapping[str, object], path: str) -> list[FieldProblem]:
    names = [field.name for field in fields]
    problems = []
    for key in payload:
        if key not in names:
            near = difflib.get_close_matches(str(key), names, n=1)
            expected = said("one of {choices}", choices=names) if names else "no value at all"
            if near:
                expected = said("perhaps {name}", name=near[0])
            problems.append(FieldProblem(path + str(key)[:80], Text("a key that is not known here"), expected))
    return problems


def _show(field: Field, value: object) -> str:
    if field.sealed:
        return Text("a value that does not fit")
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _text(field: Field, value: object) -> str | None:
    most = field.maximum or MOST["text"]
    if not isinstance(value, str) or not value.strip():
        return "text"
    if len(value) > most:
        return said("text of at most {most} characters", most=most)
    return None if plain(value) else "text without control characters"


def plain(value: str) -> bool:
    """Tell whether text can be kept by every database and read by everybody: no control characters, whole letters."""
    if value.isascii() and value.isprintable():
        return True
    return _encodable(value) and not any(ord(letter) < 32 and letter not in "\n\t" for letter in value)


def _encodable(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _matching(pattern: re.Pattern[str], expected: str) -> Callable[[Field, object], str | None]:
    def check(_field: Field, value: object) -> str | None:
        return None if isinstance(value, str) and pattern.fullmatch(value) else expected

    return check


def _date(_field: Field, value: object) -> str | None:
    expected = "a date as year-month-day, for example 2014-05-31"
    if not isinstance(value, str) or len(value) != 10:
        return expected
    try:
        day = dt.date.fromisoformat(value)
    except ValueError:
        return expected
    if day.year >= EARLIEST_YEAR and day.isoformat() == value:
        return None
    return said("{expected}, from {year} on", expected=Text(expected), year=EARLIEST_YEAR)


def _partial_date(field: Field, value: object) -> str | None:
    if isinstance(value, str) and len(value) == 10:
        return _date(field, value)
    whole = isinstance(value, str) and PARTIAL_DATE.fullmatch(value) and int(value[:4]) >= EARLIEST_YEAR
    return None if whole else "a date, or its known part: 2014-05-31, 2014-05 or 2014"


def _time(_field: Field, value: object) -> str | None:
    expected = "a time in UTC, for example 2014-05-31T14:05:00Z"
    if not isinstance(value, str) or not value.endswith("Z"):
        return expected
    try:
        dt.datetime.fromisoformat(value)
    except ValueError:
        return expected
    return None


def _integer(field: Field, value: object) -> str | None:
    if type(value) is not int:
        return "a whole number"
    low = -LARGEST if field.minimum is None else field.minimum
    high = LARGEST if field.maximum is None else field.maximum
    if low <= value <= high:
        return None
    if field.maximum is None:
        return said("a whole number of at least {low}", low=low)
    return said("a whole number from {low} to {high}", low=low, high=high)


def _boolean(_field: Field, value: object) -> str | None:
    return None if type(value) is bool else "yes or no"


def _choice(field: Field, value: object) -> str | None:
    if isinstance(value, str) and value in field.choices:
        return None
    return said("one of {choices}", choices=[Text(word) for word in field.choices])


def _texts(field: Field, value: object) -> str | None:
    most = field.maximum or MOST["texts"]
    if not isinstance(value, list | tuple) or not all(isinstance(part, str) and part.strip() for part in value):
        return "a list of texts"
    if not all(map(plain, value)):
        return "texts without control characters"
    least = field.minimum or 0
    return None if least <= len(value) <= most else said("{least} to {most} texts", least=least, most=most)


def _records(field: Field, value: object) -> str | None:
    most = field.maximum or MOST["records"]
    if not isinstance(value, list | tuple) or not all(isinstance(part, Mapping) for part in value):
        return "a list of records"
    least = field.minimum or 0
    return None if least <= len(value) <= most else said("{least} to {most} records", least=least, most=most)


def _values(_field: Field, value: object) -> str | None:
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        return "values by name"
    if not all(part is None or isinstance(part, str | bool | int) for part in value.values()):
        return "texts, whole numbers, yes or no by name; a number with decimals as text"
    texts = [*value, *(part for part in value.values() if isinstance(part, str))]
    return None if all(map(plain, texts)) else "texts without control characters"


def _any(field: Field, value: object) -> str | None:
    expected = "a text, a whole number, yes or no, or lists and records of these"
    if isinstance(value, str):
        return None if plain(value) else "text without control characters"
    if value is None or isinstance(value, bool | int):
        return None
    if isinstance(value, list | tuple):
        return next((expected for part in value if _any(field, part)), None)
    if isinstance(value, Mapping):
        return next((expected for key, part in value.items() if not isinstance(key, str) or _any(field, part)), None)
    return expected


_CHECKS: dict[str, Callable[[Field, object], str | None]] = {
    "text": _text,
    "identifier": _matching(IDENTIFIER, "letters, digits and . _ : @ -, at most 80"),
    "date": _date,
    "partial_date": _partial_date,
    "time": _time,
    "integer": _integer,
    "decimal": _matching(DECIMAL, "a number as text, for example '1.5'"),
    "boolean": _boolean,
    "choice": _choice,
    "hash": _matching(HEX, "64 hexadecimal digits in lower case"),
    "texts": _texts,
    "values": _values,
    "records": _records,
    "any": _any,
}
