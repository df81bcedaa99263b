"""Values of a codelist in another letter case, or with blanks around: the same value, spelled otherwise."""

from collections.abc import Mapping

import polars as pl

from equipoise.cdisc.checks.marks import ROW, Mark
from equipoise.cdisc.checks.rules import rule
from equipoise.cdisc.spec import CODELISTS, dataset_spec

__all__ = ["respelled"]


def respelled(datasets: Mapping[str, pl.DataFrame]) -> tuple[dict[str, pl.DataFrame], list[Mark]]:
    """Data sets with the spelling of the codelists, and one mark per variable with the number of rows changed."""
    result, marks = {}, []
    for dataset in sorted(datasets):
        frame = datasets[dataset]
        changed: list[pl.Series] = []
        for variable, codelist in _listed(dataset, frame).items():
            values = frame[variable].drop_nulls().unique().sort().to_list()
            terms = {term.upper(): term for term in CODELISTS[codelist].terms}
            known = {v: terms[v.strip().upper()] for v in values if v.strip().upper() in terms}
            other = {v: term for v, term in known.items() if v != term}
            if not other:
                continue
            rows = int(frame[variable].is_in(list(other)).sum())
            changed.append(frame[variable].replace(other))
            shown = ", ".join(repr(v) for v in other)
            counted = f"{shown} ({rows} {'row' if rows == 1 else 'rows'})"
            found = pl.DataFrame(
                {ROW: [0], "seen": [counted], "expected": [", ".join(sorted(set(other.values())))]},
                schema_overrides={ROW: pl.UInt32},
            )
            marks.append(Mark(rule=rule("other-spelling"), dataset=dataset, variable=variable, rows=found))
        result[dataset] = frame.with_columns(changed) if changed else frame
    return {name: result[name] for name in datasets}, marks


def _listed(dataset: str, frame: pl.DataFrame) -> dict[str, str]:
    """Text variables of a data set that have a codelist."""
    spec = dataset_spec(dataset)
    listed = {v.name: v.codelist for v in spec.variables if v.codelist is not None} if spec else {}
    if spec is not None and spec.name == "RS":
        listed |= {"RSSTRESC": "ONCRSR"}
    return {name: codelist for name, codelist in listed.items() if frame.schema.get(name) == pl.String}
