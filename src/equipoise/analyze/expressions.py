"""Expressions of the protocol over the subjects of ADSL: levels of subgroups that are no baseline field."""

import numpy as np
import numpy.typing as npt
import polars as pl

from equipoise.analyze.book import MISSING, Book
from equipoise.analyze.study import Study
from equipoise.protocol import Subgroup, parse_expression
from equipoise.protocol.expressions import column

__all__ = ["expression_levels", "protocol_rows"]

_DATES = {"consent": "RFICDT", "registration": "REGDT", "randomization": "RANDDT", "first_dose": "TRTSDT"}


def protocol_rows(study: Study) -> pl.DataFrame:
    """Subjects by position with the protocol's own names: baseline fields, built-in dates, built-in facts."""
    adsl = study.adsl
    columns = []
    for name, field in study.protocol.baseline.items():
        variable = study.variables[name]
        values = pl.col(variable) if variable in adsl.columns else pl.lit(None)
        if field.type == "boolean":
            values = pl.when(values == "Y").then(True).when(values == "N").then(False).otherwise(None)
        columns.append(values.alias(name))
    for name, variable in _DATES.items():
        held = pl.col(variable) if variable in adsl.columns else pl.lit(None, dtype=pl.Date)
        columns.append(held.alias(name))
    treated = pl.col("TRTSDT").is_not_null() if "TRTSDT" in adsl.columns else pl.lit(value=False)
    columns += [(pl.col("RANDFL") == "Y").fill_null(value=False).alias("randomized"), treated.alias("treated")]
    columns.append(pl.lit(None, dtype=pl.Boolean).alias("eligible"))
    return adsl.select(columns)


def expression_levels(book: Book, name: str, factor: Subgroup) -> tuple[npt.NDArray[np.object_], list[str]]:
    """Level of every subject by the expressions of a subgroup, ``(missing)`` where none is true; and the levels.

    The first true expression counts; a subject for whom several are true is reported.
    """
    study = book.study
    rows = protocol_rows(study)
    hits = {
        level: rows.select(column(parse_expression(study.protocol, text)).fill_null(value=False).alias("hit"))[
            "hit"
        ].to_numpy()
        for level, text in factor.levels.items()
    }
    values = np.full(study.adsl.height, MISSING, dtype=object)
    for level in reversed(hits):
        values[hits[level]] = level
    several = np.flatnonzero(np.sum(list(hits.values()), axis=0) > 1)
    if len(several):
        book.find(
            "warning",
            "overlapping-subgroups",
            variable=name,
            seen=f"{len(several)} subjects in several levels, for example {study.subjects[several[0]]}",
            expected="levels that exclude each other",
            effect="counted in the first level that is true",
        )
    return values, list(hits)
