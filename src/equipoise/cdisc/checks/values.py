"""Variables and values that SDTM requires, codelists, domains."""

from collections.abc import Mapping

import polars as pl

from equipoise.cdisc.checks.marks import ROW, Mark, mark
from equipoise.cdisc.checks.rules import rule
from equipoise.cdisc.spec import CODELISTS, DatasetSpec, Variable, dataset_spec

__all__ = ["check_values"]

_OLDEST_AGE = 120
_KEYS = ("STUDYID", "USUBJID")  # without them a row is kept out, by another rule


def check_values(datasets: Mapping[str, pl.DataFrame]) -> list[Mark]:
    """Marks of the group ``values``."""
    marks: list[Mark] = []
    for dataset in sorted(datasets):
        frame = datasets[dataset]
        if not frame.height:
            nothing = pl.DataFrame(schema={ROW: pl.UInt32, "seen": pl.String, "expected": pl.String})
            marks.append(Mark(rule=rule("no-rows"), dataset=dataset, variable="", rows=nothing))
        spec = dataset_spec(dataset)
        if spec is not None:
            marks += _required(dataset, frame, spec)
            marks += _codelists(dataset, frame, spec)
            marks += _domain(dataset, frame)
    if "AGE" in datasets.get("DM", pl.DataFrame()).columns:
        dm = datasets["DM"].select("AGE").with_row_index(ROW)
        odd = dm.filter(~pl.col("AGE").cast(pl.Float64, strict=False).is_between(0, _OLDEST_AGE))
        marks += mark(rule("implausible-age"), "DM", "AGE", odd, seen=pl.col("AGE"))
    return marks


def _required(dataset: str, frame: pl.DataFrame, spec: DatasetSpec) -> list[Mark]:
    marks: list[Mark] = []
    for variable in spec.variables:
        if variable.core != "required":
            continue
        if variable.name not in frame.columns:
            nothing = pl.DataFrame(schema={ROW: pl.UInt32, "seen": pl.String, "expected": pl.String})
            marks.append(Mark(rule=rule("missing-variable"), dataset=dataset, variable=variable.name, rows=nothing))
        elif variable.name not in _KEYS and frame[variable.name].null_count():
            empty = frame.select(variable.name).with_row_index(ROW).filter(pl.col(variable.name).is_null())
            marks += mark(rule("missing-value"), dataset, variable.name, empty, seen=pl.lit("(empty)"))
    return marks


def _codelists(dataset: str, frame: pl.DataFrame, spec: DatasetSpec) -> list[Mark]:
    marks: list[Mark] = []
    for variable in spec.variables:
        if variable.codelist is None or variable.name not in frame.columns:
            continue
        if not CODELISTS[variable.codelist].extensible:
            marks += _unlisted(dataset, frame, variable, variable.codelist)
    if spec.name == "RS" and {"RSTESTCD", "RSSTRESC"} <= set(frame.columns):
        overall = frame.with_row_index(ROW).filter(pl.col("RSTESTCD") == "OVRLRESP")
        marks += _unlisted(dataset, overall, Variable("RSSTRESC", ""), "ONCRSR")
    return marks


def _unlisted(dataset: str, frame: pl.DataFrame, variable: Variable, codelist: str) -> list[Mark]:
    terms = CODELISTS[codelist].terms
    column = frame[variable.name].cast(pl.String)
    other = [value for value in column.unique().drop_nulls().sort() if value not in terms]
    if not other:
        return []
    rows = frame if ROW in frame.columns else frame.with_row_index(ROW)
    rows = rows.select(ROW, pl.col(variable.name).cast(pl.String)).filter(pl.col(variable.name).is_in(other))
    expected = pl.lit(f"one of {', '.join(terms)}")
    return mark(rule("not-in-codelist"), dataset, variable.name, rows, seen=pl.col(variable.name), expected=expected)


def _domain(dataset: str, frame: pl.DataFrame) -> list[Mark]:
    variable, expected = ("RDOMAIN", dataset[4:6]) if dataset.startswith("SUPP") else ("DOMAIN", dataset[:2])
    if variable not in frame.columns or frame.schema[variable] != pl.String:
        return []
    rows = frame.select(variable).with_row_index(ROW).filter(pl.col(variable) != expected)
    return mark(rule("wrong-domain"), dataset, variable, rows, seen=pl.col(variable), expected=pl.lit(expected))
