"""From the declaration of a command to a form, and from what was typed to its payload."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from equipoise.conduct import Field
from equipoise.server.pages.forms.inputs import Group, Input, Tuned
from equipoise.server.pages.forms.typed import (
    TypedError,
    read_date,
    read_decimal,
    read_hundredths,
    read_integer,
    read_partial_date,
    read_time,
)
from equipoise.server.pages.words import translated as _

__all__ = ["ROW_LIMIT", "Posted", "Understood", "parts_of", "payload_of", "rows_posted", "shown_value"]


@dataclass(frozen=True, slots=True)
class Understood:
    """What was posted, as far as it could be understood."""

    payload: dict[str, Any]
    """Values for the command, without those left empty."""
    problems: tuple[tuple[str, str], ...]
    """What could not be understood, by name of the input."""
    places: dict[str, list[int]]
    """List -> numbers of the posted rows that its records come from."""


Posted = Mapping[str, list[str]]
"""What was posted: name -> texts."""
ROW_LIMIT = 500
_NO = Tuned()
_KINDS = {"identifier": "text", "any": "text", "hash": "hidden", "texts": "lines"}


def parts_of(fields: tuple[Field, ...], tuned: Mapping[str, Tuned], posted: Posted | None) -> tuple[Input | Group, ...]:
    """Draw fields: with what was posted, else with the values to begin with."""
    found: list[Input | Group] = []
    for field, own in _standing(fields, tuned):
        if own.left_out:
            continue
        if field.type == "records":
            found.append(_group(field, own, posted))
        elif field.type == "values":
            found += [
                _input(inner, own.inner.get(inner.name, _NO), f"{field.name}.{inner.name}", posted, own.value or {})
                for inner in own.fields
            ]
        else:
            found.append(_input(field, own, field.name, posted, None))
    return tuple(found)


def _standing(fields: tuple[Field, ...], tuned: Mapping[str, Tuned]) -> Iterator[tuple[Field, Tuned]]:
    for field in fields:
        own = tuned.get(field.name, _NO)
        yield field if own.stands_for is None else replace(own.stands_for, name=field.name), own


def payload_of(fields: tuple[Field, ...], tuned: Mapping[str, Tuned], posted: Posted, time_zone: str) -> "Understood":
    """Read what was posted."""
    payload: dict[str, Any] = {}
    places: dict[str, list[int]] = {}
    reading = _Reading(posted, time_zone, [])
    for field, own in _standing(fields, tuned):
        if own.left_out:
            continue
        if field.type == "records":
            rows = []
            for number in rows_posted(field.name, posted):
                row = _row(reading, field, own, f"{field.name}.{number}")
                if row is not None:
                    rows.append(row)
                    places.setdefault(field.name, []).append(number)
            if rows or field.required:
                payload[field.name] = rows
        elif field.type == "values":
            payload[field.name] = row = {}
            for inner in own.fields:
                _read(reading, inner, own.inner.get(inner.name, _NO), f"{field.name}.{inner.name}", row)
        else:
            _read(reading, field, own, field.name, payload)
    return Understood(payload, tuple(reading.problems), places)


def rows_posted(name: str, posted: Posted) -> list[int]:
    """Numbers of the rows of a list that were posted."""
    numbers = set()
    for key in posted:
        head, _dot, rest = key.partition(".")
        number = rest.partition(".")[0]
        if head == name and number.isdigit() and len(number) < 5:
            numbers.add(int(number))
    return sorted(numbers)[:ROW_LIMIT]


def _row(reading: "_Reading", field: Field, own: Tuned, prefix: str) -> dict[str, Any] | None:
    """Read a row of a list; None where nothing was typed into it."""
    row: dict[str, Any] = {}
    before = len(reading.problems)
    for inner in field.fields:
        tuned = own.inner.get(inner.name, _NO)
        if not tuned.left_out:
            _read(reading, inner, tuned, f"{prefix}.{inner.name}", row)
    if len(reading.problems) > before:
        return row
    given = {name for name, tuned in own.inner.items() if tuned.hidden or tuned.fixed}
    filled = any(name in row for name in own.counts) if own.counts else not set(row) <= given
    return row if filled else None


@dataclass(frozen=True, slots=True)
class _Reading:
    """What is read, and what could not be understood."""

    posted: Posted
    time_zone: str
    problems: list[tuple[str, str]]


def _read(reading: _Reading, field: Field, own: Tuned, name: str, into: dict[str, Any]) -> None:
    texts = [text.replace("\r\n", "\n") for text in reading.posted.get(name, [])]
    if own.choices is not None and field.type == "texts":
        into[field.name] = [text for text in texts if text]
        return
    text = (texts[-1] if texts else "").strip()
    if field.type == "texts":
        lines = [line.strip() for line in text.replace(",", "\n").split("\n")]
        into[field.name] = [line for line in lines if line]
        return
    if not text:
        return
    try:
        into[field.name] = _understood(field, own, text, reading.time_zone)
    except TypedError as error:
        reading.problems.append((name, str(error)))


def _understood(field: Field, own: Tuned, text: str, time_zone: str) -> Any:
    if own.kind == "size":
        return read_hundredths(text)
    if field.type == "boolean":
        return {"yes": True, "no": False}.get(text, text)
    if field.type == "time":
        return read_time(text, time_zone)
    reader = _READERS.get(field.type)
    return text if reader is None else reader(text)


_READERS: dict[str, Any] = {
    "date": read_date,
    "partial_date": read_partial_date,
    "integer": read_integer,
    "decimal": read_decimal,
}


def _group(field: Field, own: Tuned, posted: Posted | None) -> Group:
    numbers = rows_posted(field.name, posted) if posted is not None else []
    values = [] if posted is not None else list(own.value or [])
    if posted is None:
        numbers = list(range(max(len(values), own.rows if own.rows is not None else max(1, field.minimum or 0))))

    def row(number: str, value: Mapping[str, Any] | None, given: Posted | None) -> tuple[Input, ...]:
        return tuple(
            _input(inner, own.inner.get(inner.name, _NO), f"{field.name}.{number}.{inner.name}", given, value)
            for inner in field.fields
            if not own.inner.get(inner.name, _NO).left_out
        )

    label, hint = _label(field, own)
    rows = [row(str(n), values[i] if i < len(values) else None, posted) for i, n in enumerate(numbers)]
    return Group(
        name=field.name,
        label=label,
        hint=own.why or hint,
        rows=tuple(rows),
        blank=row("__n__", None, None),
        least=field.minimum or 0,
        most=own.most or min(field.maximum or 100, 100),
        required=field.required,
    )


def _input(field: Field, own: Tuned, name: str, posted: Posted | None, values: Mapping[str, Any] | None) -> Input:
    label, hint = _label(field, own)
    value = values.get(field.name) if values is not None and values.get(field.name) is not None else own.value
    shown = shown_value(field, own, value)
    texts = posted.get(name, []) if posted is not None else None
    kind = _kind(field, own)
    choices = own.choices if own.choices is not None else tuple((word, _(word)) for word in field.choices)
    if kind == "boolean":
        choices = (("yes", _("Yes")), ("no", _("No")))
    picked = tuple(texts) if texts is not None else tuple(map(str, value or ())) if kind == "choices" else ()
    return Input(
        name=name,
        key=field.name,
        kind=kind,
        label=label,
        hint="" if own.why else hint,
        why=own.why or "",
        unit=own.unit or ("mm" if own.kind == "size" else ""),
        required=field.required,
        choices=choices,
        typed=(texts[-1] if texts else "") if texts is not None else shown,
        picked=picked,
        low="" if field.minimum is None or kind != "integer" else str(field.minimum),
        high="" if field.maximum is None or kind != "integer" else str(field.maximum),
        options=own.options,
        quiet=own.quiet,
        most=field.maximum if field.type == "text" else 80 if field.type == "identifier" else None,
    )


def _kind(field: Field, own: Tuned) -> str:
    if own.hidden:
        return "hidden"
    if own.fixed:
        return "fixed"
    if own.choices is not None:
        return "choices" if field.type == "texts" else "choice"
    if own.kind in ("size", "lines", "long", "text"):
        return own.kind
    if field.type == "text" and (field.maximum or 4000) > 1000:
        return "long"
    return _KINDS.get(field.type, field.type)


def shown_value(field: Field, own: Tuned, value: Any) -> str:
    """Write a value of the record as an input shows it."""
    if value is None:
        return ""
    if own.kind == "size":
        return f"{int(value) / 100:g}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if field.type == "texts":
        return "\n".join(map(str, value))
    return str(value)


def _label(field: Field, own: Tuned) -> tuple[str, str]:
    """Label and hint from the field's meaning: what stands before and after the semicolon."""
    said = _(field.doc)
    before, _semicolon, after = said.partition(";")
    label = own.label or before[:1].upper() + before[1:]
    return label, after.strip()[:1].upper() + after.strip()[1:]
