"""Describes the rules for dirty data, the variables and the codelists as pages of the documentation show them.

``python -m equipoise.cdisc.reference FILE...`` renews the tables in pages. They stand between two marks, so that the
rest of a page is written by hand.
"""

import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from equipoise.cdisc.checks import RULES
from equipoise.cdisc.spec import ADAM, CODELISTS, DatasetSpec, Variable
from equipoise.cdisc.spec.sdtm_general import EVENTS, FINDINGS, INTERVENTIONS
from equipoise.cdisc.spec.sdtm_special import DM, SUPP, SV

__all__ = ["PARTS", "begin", "end", "renewed"]

_ADAM_COLUMNS = ("variable", "label", "kind", "codelist", "origin")
_SDTM_COLUMNS = ("variable", "label", "kind", "core", "codelist")
_GROUPS = {
    "rows": "Rows: set aside before ADaM is derived",
    "dates": "Dates: set aside before ADaM is derived",
    "values": "Values: reported before ADaM is derived",
    "story": "Contradictions between dates: reported by `check_sdtm`",
}


def begin(part: str) -> str:
    """Mark before the tables of a part."""
    return f"<!-- {part} made by python -m equipoise.cdisc.reference: begin -->"


def end(part: str) -> str:
    """Mark after the tables of a part."""
    return f"<!-- {part} made by python -m equipoise.cdisc.reference: end -->"


def renewed(page: str) -> str:
    """Return a page with its tables made anew. Raises ValueError where it does not hold the two marks of any part."""
    found = False
    for part, write in PARTS.items():
        pattern = re.compile(f"{re.escape(begin(part))}.*{re.escape(end(part))}", re.DOTALL)
        found = found or pattern.search(page) is not None
        made = "\n".join([begin(part), "", *write(), end(part)])
        page = pattern.sub(lambda _, text=made: text, page)  # type: ignore[misc]
    if not found:
        raise ValueError(f"the page does not hold marks such as {begin('rules')!r} and {end('rules')!r}")
    return page


def _rules() -> list[str]:
    lines: list[str] = []
    for group, title in _GROUPS.items():
        rows = [(f"`{r.code}`", r.severity, r.looks_for, r.effect) for r in RULES if r.group == group]
        lines += [f"### {title}", "", *_table(("code", "severity", "looks for", "effect"), rows), ""]
    return lines


def _specification() -> list[str]:
    lines = ["## SDTM variables that equipoise reads", ""]
    for spec in (DM, SV, SUPP):
        lines += [*_heading(spec), *_variables(spec.variables, _SDTM_COLUMNS)]
    for title, specs in (("Interventions", INTERVENTIONS), ("Events", EVENTS), ("Findings", FINDINGS)):
        lines += _class(title, specs)
    lines += ["## ADaM variables that equipoise makes", ""]
    for spec in ADAM.values():
        lines += [*_heading(spec), *_variables(spec.variables, _ADAM_COLUMNS)]
    lists = [
        (f"`{c.name}`", c.label, ", ".join(c.terms), "others may occur" if c.extensible else "these only")
        for c in CODELISTS.values()
    ]
    return [*lines, "## Codelists", "", *_table(("codelist", "label", "values", "extent"), lists), ""]


def _heading(spec: DatasetSpec) -> list[str]:
    keys = ", ".join(f"`{k}`" for k in spec.keys)
    return [f"### {spec.name}: {spec.label}", "", f"{spec.structure}; key {keys}", ""]


def _class(title: str, specs: Sequence[DatasetSpec]) -> list[str]:
    """Variables that all data sets of a class share, then what each adds; ``--`` stands for the domain."""
    general = {spec.name: [_general(spec.name, v) for v in spec.variables] for spec in specs}
    shared = [v for v in general[specs[0].name] if all(v in variables for variables in general.values())]
    names = ", ".join(f"{spec.name} ({spec.label})" for spec in specs)
    parts = [f"### {title}", "", f"{names}; {specs[0].structure}; key `STUDYID`, `USUBJID`, `--SEQ`", ""]
    parts += _variables(shared, _SDTM_COLUMNS)
    for spec in specs:
        own = [v for v, g in zip(spec.variables, general[spec.name], strict=True) if g not in shared]
        if own:
            parts += [f"#### {spec.name} adds", "", *_variables(own, _SDTM_COLUMNS)]
    return parts


def _general(domain: str, variable: Variable) -> Variable:
    name = variable.name
    return replace(variable, name=f"--{name[2:]}" if name.startswith(domain) else name)


def _variables(variables: Sequence[Variable], columns: Sequence[str]) -> list[str]:
    rows = []
    for variable in variables:
        cells = {
            "variable": f"`{variable.name}`",
            "label": variable.label,
            "kind": variable.kind,
            "core": variable.core,
            "codelist": f"`{variable.codelist}`" if variable.codelist else "",
            "origin": variable.origin,
        }
        rows.append(tuple(cells[c] for c in columns))
    return [*_table(columns, rows), ""]


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    return [
        "| " + " | ".join(columns) + " |",
        "| " + " | ".join("---" for _ in columns) + " |",
        *("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows),
    ]


PARTS: dict[str, Callable[[], list[str]]] = {"rules": _rules, "variables": _specification}
"""Parts of pages, and what writes their lines."""


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        file = Path(argument)
        file.write_text(renewed(file.read_text(encoding="utf-8")), encoding="utf-8")
