"""A record in words: its fields with their labels, dates and units, and those that can be corrected."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from equipoise.conduct import COMMANDS, CORRECTABLE
from equipoise.conduct.state import Record
from equipoise.server.pages.dates import day
from equipoise.server.pages.page import Call
from equipoise.server.pages.seen import shown_values
from equipoise.server.pages.words import translated as _
from equipoise.server.pages.words_of_record import lab_test_words, lesion_state_words

__all__ = ["ShownField", "shown_fields", "value_words"]

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_HIDDEN = frozenset({"record", "stage", "slot", "hash", "person_key", "factors"})
_FIXED = {"screened": {"person_key", "rescreen_of"}, "visit_recorded": {"visit", "number"},
          "tumors_measured": {"assessment"}, "response_assessed": {"assessment"},
          "diary_missed": {"instrument", "target"}, "consented": {"form"}}  # fmt: skip
_LABELS = {field.name: field.doc for spec in COMMANDS.values() for field in spec.fields}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownField:
    """A field of a record."""

    name: str
    label: str
    text: str
    rows: tuple[Mapping[str, str], ...] = ()
    """For a list: its records in words."""
    heads: tuple[str, ...] = ()
    correctable: bool = False


def shown_fields(call: Call, record: Record) -> list[ShownField]:
    """Fields of a record that the role may see, in the order of the record."""
    own = {field.name: field for field in CORRECTABLE.get(record.kind, ())}
    found = []
    for name, value in shown_values(record).items():
        if name in _HIDDEN or (value is None and name not in own):
            continue
        correctable = name in own and name not in _FIXED.get(record.kind, set())
        if name == "values" and isinstance(value, dict):
            found += _baseline(call, value)
            continue
        doc = own[name].doc if name in own else _LABELS.get(name, name.replace("_", " "))
        label = _(doc).partition(";")[0].partition(":")[0].partition(", ")[0]
        rows = (
            tuple(_row(row) for row in value)
            if isinstance(value, list) and value and isinstance(value[0], dict)
            else ()
        )
        heads = tuple(dict.fromkeys(key for row in rows for key in row))
        text = "" if rows else value_words(name, value)
        found.append(ShownField(name=name, label=label[:1].upper() + label[1:], text=text, rows=rows, heads=heads,
                                correctable=correctable))  # fmt: skip
    return found


def _baseline(call: Call, values: Mapping[str, Any]) -> list[ShownField]:
    found = []
    for name, value in values.items():
        declared = call.context.rules.protocol.baseline.get(name)
        label = (declared.label if declared else None) or name.replace("_", " ")
        text = declared.level_labels().get(str(value), str(value)) if declared and declared.type == "category" else None
        unit = f" {declared.unit}" if declared and declared.unit and value is not None else ""
        shown = (text if text is not None else value_words(name, value)) + unit
        found.append(ShownField(name=f"values.{name}", label=label, text=shown, correctable=True))
    return found


def _row(row: Mapping[str, Any]) -> dict[str, str]:
    found = {}
    for name, value in row.items():
        if value is None:
            continue
        label = _("size, mm") if name == "diameter" else _(name.replace("_", " "))
        if name == "diameter":
            found[label] = f"{value / 100:g}"
        elif name == "test":
            found[label] = lab_test_words(value)
        elif name == "state":
            found[label] = lesion_state_words(value)
        else:
            found[label] = value_words(name, value)
    return found


def value_words(name: str, value: Any) -> str:
    """Write a value of the record."""
    if value is None:
        return "-"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "-"
    if isinstance(value, dict):
        return "; ".join(f"{key}: {value_words(key, part)}" for key, part in value.items())
    return _plain(name, value)


def _plain(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if name == "sum" and isinstance(value, int):
        return f"{value / 100:g} mm"
    text = str(value)
    return day(text) if _DATE.fullmatch(text) else text
