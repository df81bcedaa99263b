"""What was wrong with the data, and what that did to the results."""

import re
from collections.abc import Iterable
from itertools import groupby

import polars as pl

from equipoise.report.cells import Column, Line, Table

__all__ = ["PER_CODE", "finding_counts", "findings_list_table", "findings_table"]

PER_CODE = 20
"""Rows listed of one code."""
EFFECTS = 3
PARTICULARS = (
    (re.compile(r"\b\d{4}-\d{2}(-\d{2})?\b"), "[date]"),
    (re.compile(r"(?<![\w.])\d+(\.\d+)?\b"), "[number]"),
)
KEYS = ("severity", "code", "dataset", "variable")
ORDER = {"error": 0, "warning": 1, "note": 2}
WORDS = {"error": "Error: kept out", "warning": "Warning: used", "note": "Note"}


def finding_counts(findings: pl.DataFrame) -> dict[str, int]:
    """Findings by severity."""
    severities = findings["severity"].to_list() if "severity" in findings.columns else []
    return {name: severities.count(name) for name in ORDER}


def findings_table(findings: pl.DataFrame) -> Table:
    """Findings counted by kind, place and effect."""
    groups: dict[tuple[str, ...], list[tuple[str, str]]] = {}
    for row in findings.select(*KEYS, "effect", "subject").iter_rows():
        values = [value or "" for value in row]
        groups.setdefault(tuple(values[:-2]), []).append((values[-2], values[-1]))
    lines = []
    for key in sorted(groups, key=lambda key: (ORDER.get(key[0], 3), *key[1:])):
        severity, code, dataset, variable = key
        said = _effects(effect for effect, _ in groups[key])
        subjects = {subject for _, subject in groups[key] if subject}
        where = ".".join(part for part in (dataset, variable) if part)
        lines.append(
            Line(WORDS.get(severity, severity), (code, where, str(len(groups[key])), str(len(subjects)), said))
        )
    return Table(
        name="findings",
        title="Findings about the data by kind",
        stub="Severity",
        columns=(
            Column(head="Code", numeric=False),
            Column(head="Where", numeric=False),
            Column(head="Findings"),
            Column(head="Subjects"),
            Column(head="Effect on the results", numeric=False),
        ),
        lines=tuple(lines),
        empty="Nothing was found wrong with the data. Findings would stand here with their effect on the results.",
    )


def findings_list_table(findings: pl.DataFrame) -> Table:
    """Each finding, the gravest first, at most ``PER_CODE`` of one code."""
    names = ("severity", "code", "dataset", "row_key", "variable", "seen", "expected", "effect")
    rows = [tuple(value or "" for value in row) for row in findings.select(names).iter_rows()]
    rows.sort(key=lambda row: (ORDER.get(row[0], 3), row[1:]))
    lines: list[Line] = []
    for (severity, code), group in groupby(rows, key=lambda row: row[:2]):
        found, word = list(group), WORDS.get(severity, severity)
        lines += [
            Line(word, (code, key or dataset, variable, seen, expected, effect))
            for _, _, dataset, key, variable, seen, expected, effect in found[:PER_CODE]
        ]
        if len(found) > PER_CODE:
            more = f"and {len(found) - PER_CODE} more (results/findings)"
            lines.append(Line(word, (code, more, "", "", "", "")))
    heads = ("Code", "Row", "Variable", "Seen", "Expected", "Effect")
    return Table(
        name="findings-list",
        title="Findings about the data, row by row",
        stub="Severity",
        columns=tuple(Column(head=head, numeric=False) for head in heads),
        lines=tuple(lines),
        collapsed=True,
        empty="No row of the data was found wrong.",
    )


def _effects(effects: Iterable[str]) -> str:
    """Effects of one kind of finding: one as it is, several without the dates and numbers of single rows."""
    known = sorted(set(effects))
    if len(known) <= 1:
        return "".join(known)
    for pattern, word in PARTICULARS:
        known = [pattern.sub(word, effect) for effect in known]
    known = list(dict.fromkeys(known))
    return "; or ".join(known[:EFFECTS]) + ("; or others, listed below" if len(known) > EFFECTS else "")
