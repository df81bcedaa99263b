"""Puts what is wrong beside the field that it is about; what belongs to none stands at the top alone."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from equipoise.server.pages.forms.inputs import Group, Input
from equipoise.server.pages.words import told
from equipoise.server.pages.words import translated as _
from equipoise.terms import Text

__all__ = ["in_words", "placed"]

Parts = tuple[Input | Group, ...]
_IN_ROW = re.compile(r"(?P<list>\w+) (?P<number>\d+)(?:: (?P<field>\w+))?")


def placed(
    parts: Parts, problems: Iterable[tuple[str, str]], places: Mapping[str, list[int]]
) -> tuple[Parts, list[tuple[str, str]]]:
    """Mark the inputs that problems are about.

    Parameters
    ----------
    parts
        The form.
    problems
        Field, place in a list, or name of a record -> what is wrong, as `equipoise.conduct.Refusal.problems` has it.
    places
        List -> numbers of the posted rows that its records come from.

    Returns
    -------
    parts, top
        The form with its marks; and each problem for the top of the page, with the identifier of what to go to
        (empty where it belongs to no field).
    """
    marks: dict[str, list[str]] = {}
    top: list[tuple[str, str]] = []
    for key, said in problems:
        where = _where(parts, key, places)
        words = in_words(said)
        if where is None:
            top.append(("", f"{key}: {words}" if key else words))
        else:
            marks.setdefault(where, []).append(words)
    found = tuple(_marked(part, marks) for part in parts)
    return found, [*_listed(found), *top]


def in_words(said: str) -> str:
    """Say a problem as a coordinator would."""
    values = said.values if isinstance(said, Text) else {}
    if "nothing" in (said, values.get("seen")):
        return _("Fill this in.")
    if "expected" in values:
        pair = {"seen": str(told(values["seen"])).strip("'"), "expected": told(values["expected"])}
        return _("%(seen)s does not fit here. What fits: %(expected)s.") % pair
    words = _(said)
    return words if words.endswith(".") else words[:1].upper() + words[1:] + ("" if words[-1:] == "?" else ".")


def _where(parts: Parts, key: str, places: Mapping[str, list[int]]) -> str | None:
    """Name of the input or list that a problem is about."""
    names = {part.name for part in _all(parts)} | {part.name for part in parts}
    for name in (key, f"values.{key}", f"answers.{key}"):
        if name in names:
            return name
    row = _IN_ROW.fullmatch(key)
    if row is not None and 0 < int(row["number"]) <= len(places.get(row["list"], ())):
        number = places[row["list"]][int(row["number"]) - 1]
        return _in_row(parts, row["list"], number, row["field"])
    for part in parts:
        if isinstance(part, Group):
            for inputs in part.rows:
                if any(each.key in ("lesion", "test") and each.typed == key for each in inputs):
                    return _best(inputs)
    return None


def _all(parts: Parts) -> list[Input]:
    return [each for part in parts for each in ([part] if isinstance(part, Input) else sum(part.rows, ()))]


def _in_row(parts: Parts, name: str, number: int, field: str | None) -> str | None:
    prefix = f"{name}.{number}."
    if field and any(each.name == prefix + field for each in _all(parts)):
        return prefix + field
    inputs = tuple(each for each in _all(parts) if each.name.startswith(prefix))
    return _best(inputs) if inputs else None


def _best(inputs: tuple[Input, ...]) -> str:
    """The input of a row where its problem is read: its size or value, else the first that can be typed into."""
    for key in ("diameter", "value"):
        for each in inputs:
            if each.key == key and each.kind not in ("hidden", "fixed"):
                return each.name
    return next((each.name for each in inputs if each.kind not in ("hidden", "fixed")), inputs[0].name)


def _marked(part: Input | Group, marks: Mapping[str, list[str]]) -> Input | Group:
    said = " ".join(marks.get(part.name, ()))
    if isinstance(part, Input):
        return replace(part, problem=said) if said else part
    rows = tuple(
        tuple(replace(each, problem=" ".join(marks[each.name])) if each.name in marks else each for each in row)
        for row in part.rows
    )
    return replace(part, rows=rows, problem=said)


def _listed(parts: Parts) -> list[tuple[str, str]]:
    found = []
    for part in parts:
        if part.problem:
            found.append((part.id, f"{part.label}: {part.problem}"))
        if isinstance(part, Group):
            for row in part.rows:
                name = next((dict(e.choices).get(e.typed, e.typed) for e in row if e.key in ("lesion", "test")), "")
                found += [(each.id, f"{name or each.label}: {each.problem}") for each in row if each.problem]
    return found
