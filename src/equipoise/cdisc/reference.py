"""Describes the rules for dirty data, the variables and the codelists as pages of the documentation show them.

``python -m equipoise.cdisc.reference FILE`` renews the tables in a page. They stand between two marks, so that the rest
of the page is written by hand.
"""

import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from equipoise.cdisc.checks import RULES
from equipoise.cdisc.spec import ADAM, CODELISTS, DatasetSpec, Variable
from equipoise.cdisc.spec.sdtm_general import EVENTS, FINDINGS, INTERVENTIONS
from equipoise.cdisc.spec.sdtm_special import DM, SUPP, SV

__all__ = ["BEGIN", "END", "renewed", "tables"]

BEGIN = "<!-- tables made by python -m equipoise.cdisc.reference: begin -->"
END = "<!-- tables made by python -m equipoise.cdisc.reference: end -->"

_SDTM_COLUMNS = ("variable", "label", "kind", "core", "codelist")
_GROUPS = {
    "rows": "Rows: set aside before ADaM is derived",
    "dates": "Dates: set aside before ADaM is derived",
    "values": "Values: reported before ADaM is derived",
    "story": "Contradictions between dates: reported by `check_sdtm`",
}


def tables() -> str:
    """Write the tables of rules, SDTM, ADaM and codelists."""
    parts = ["## The rules", ""]
    for group, title in _GROUPS.items():
        rows = [(f"`{r.code}`", r.severity, r.looks_for, r.effect) for r in RULES if r.group == group]
        parts += [f"### {title}", "", *_table(("code", "severity", "looks for", "effect"), rows), ""]
    parts += ["## SDTM variables that equipoise reads", ""]
    for spec in (DM, SV, SUPP):
        parts += [*_heading(spec), *_variables(spec.variables, _SDTM_COLUMNS)]
    for title, specs in (("Interventions", INTERVENTIONS), ("Events", EVENTS), ("Findings", FINDINGS)):
        parts += _class(title, specs)
    parts += ["## ADaM variables that equipoise makes", ""]
    for spec in ADAM.values():
        parts += [*_heading(spec), *_variables(spec.variables, ("variable", "label", "kind", "codelist", "origin"))]
    lists = [
        (f"`{c.name}`", c.label, ", ".join(c.terms), "others may occur" if c.extensible else "these only")
        for c in CODELISTS.values()
    ]
    parts += ["## Codelists", "", *_table(("codelist", "label", "values", "extent"), lists), ""]
    return "\n".join(parts)


def renewed(page: str) -> str:
    """Return a page with its tables made anew. Raises ValueError where it does not hold the two marks, in order."""
    pattern = re.compile(f"{re.escape(BEGIN)}.*{re.escape(END)}", re.DOTALL)
    if not pattern.search(page):
        raise ValueError(f"the page does not hold {BEGIN!r} and {END!r}")
    made = f"{BEGIN}\n\n{tables()}\n{END}"
    return pattern.sub(lambda _: made, page)


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


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        file = Path(argument)
        file.write_text(renewed(file.read_text(encoding="utf-8")), encoding="utf-8")
