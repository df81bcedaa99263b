"""Questionnaires of the made-up trial as QS: forms given in study days, answers by item."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl
from tests.derive.made_up import Sdtm, iso, protocol, sdtm, subject

from equipoise.derive import Derived, derive
from equipoise.protocol import data_cut

__all__ = ["RECORD_A", "derived", "form", "qlq_c30", "scores", "with_forms"]

RECORD_A = "2 3 1 1 1 2 1 1 2 3 2 2 1 1 1 1 2 3 1 2 2 3 1 2 1 2 1 1 5 6"
"""Items 1 to 30 of the worked example; a dot is not answered."""

Record = dict[str, Any]
_SCHEMA: dict[str, Any] = {
    **dict.fromkeys(("STUDYID", "DOMAIN", "USUBJID"), pl.String),
    "QSSEQ": pl.Int64,
    **dict.fromkeys(("QSCAT", "QSTESTCD", "QSORRES", "QSSTRESC"), pl.String),
    "QSSTRESN": pl.Float64,
    **dict.fromkeys(("QSDTC", "QSSTAT", "QSREASND", "VISIT"), pl.String),
    "VISITDY": pl.Float64,
}


def qlq_c30(text: str = RECORD_A, **changes: Any) -> dict[str, Any]:
    """Answers of a QLQ-C30 under the CDISC test codes; ``Q8=None`` changes an item."""
    values = dict(zip((f"Q{i}" for i in range(1, 31)), text.split(), strict=True)) | changes
    return {f"EOR01{int(item[1:]):02d}": None if value in (".", None) else value for item, value in values.items()}


def form(
    name: str,
    day: int | str | None,
    answers: Mapping[str, Any],
    category: str = "EORTC QLQ-C30 VERSION 3.0",
    **more: Any,
) -> list[Record]:
    """Rows of QS of one form."""
    rows = []
    for code, value in answers.items():
        number = float(value) if value is not None and str(value).replace(".", "", 1).isdigit() else None
        text = None if value is None else str(value)
        row = {"USUBJID": name, "QSCAT": category, "QSTESTCD": code, "QSORRES": text, "QSSTRESC": text}
        rows.append(row | {"QSSTRESN": number, "QSDTC": iso(day)} | more)
    return rows


def with_forms(data: Sdtm, forms: Iterable[Sequence[Record]]) -> Sdtm:
    """The data sets with a QS of all the forms, numbered as they stand."""
    rows = [dict(row) for records in forms for row in records]
    for number, row in enumerate(rows, start=1):
        row |= {"STUDYID": "MADEUP", "DOMAIN": "QS", "QSSEQ": row.get("QSSEQ", number)}
    return data | {"QS": pl.DataFrame(rows, schema=_SCHEMA)}


def derived(
    forms: Iterable[Sequence[Record]],
    subjects: Sequence[Mapping[str, Any]] | None = None,
    instruments: Sequence[Any] = ({"name": "QLQ-C30", "every_weeks": 12, "important_difference": 10},),
    cut: str | None = None,
    **changes: Any,
) -> Derived:
    """Derive the made-up trial with questionnaires; one treated subject called S unless others are given."""
    dosed = subject("S", "DRG", ex=[{"EXTRT": "DRUG", "EXDOSE": 800.0, "EXSTDTC": 1, "EXENDTC": 400}])
    own = protocol(instruments=list(instruments), **changes)
    return derive(own, with_forms(sdtm(*(subjects or [dosed])), forms), cut=data_cut(own, cut))


def scores(result: Derived, **where: Any) -> pl.DataFrame:
    """Rows of ADQS that have the values named."""
    return result.adam["ADQS"].filter(*(pl.col(name).eq_missing(pl.lit(value)) for name, value in where.items()))
