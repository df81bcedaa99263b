"""Scores of questionnaires by subject and visit, read from ADQS.

A score is used where ADQS says so (ANL01FL): the form of its visit, given while the arms can be compared. The baseline
is the record with ABLFL. Nothing is imputed, after death or otherwise.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from equipoise.analyze.book import Book
from equipoise.analyze.study import POSITION, Study
from equipoise.protocol import Instrument
from equipoise.protocol.questionnaires import CATALOG

__all__ = ["BASELINE", "CHANGES", "Scores", "Visit", "read_scores", "scale_codes"]

Floats = npt.NDArray[np.float64]

BASELINE = "Baseline"
CHANGES = ("improved", "stable", "worsened")
"""Categories of the change from baseline, by the important difference."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A planned questionnaire: its target study day (0 for the baseline) and its name."""

    day: int
    label: str


@dataclass(frozen=True, kw_only=True)
class Scores:
    """Scores of one scale; the last axis of arrays is the position of the subject, nan is no score."""

    instrument: Instrument
    code: str
    label: str
    better: Literal["high", "low"] | None
    """Which end of the scale is good for the subject; None where the data do not say."""
    worse_by: float | None
    better_by: float | None
    """Points of worsening and of improvement that matter."""
    base_visit: Visit
    visits: tuple[Visit, ...]
    """Visits after baseline with a score of anybody, by day."""
    base: Floats
    values: Floats
    """Visits by subjects."""
    categories: npt.NDArray[np.object_]
    """Visits by subjects: one of ``CHANGES``, or None."""

    @property
    def change(self) -> Floats:
        """Change from baseline, visits by subjects."""
        return self.values - self.base


def scale_codes(study: Study, instrument: Instrument) -> list[str]:
    """Scales of a questionnaire that the data hold: in the order of the protocol, of the catalog, of the alphabet."""
    frame = study.frame("ADQS")
    if frame is None:
        return []
    held = set(frame.filter(pl.col("INSTR") == instrument.name)["SCALE"].drop_nulls().to_list())
    entry = CATALOG.get(instrument.name)
    catalog = entry.scales(instrument.scoring) if entry is not None else {}
    wanted = dict.fromkeys((*instrument.scales, *catalog, *instrument.define, *sorted(held)))
    return [code for code in wanted if code in held]


def read_scores(book: Book, instrument: Instrument, code: str) -> Scores:
    """Read one scale; a second score of a subject at a visit is reported and left out."""
    study = book.study
    frame = study.frame("ADQS")
    rows = frame.filter((pl.col("INSTR") == instrument.name) & (pl.col("SCALE") == code)) if frame is not None else None
    if rows is None:
        rows = pl.DataFrame(schema={POSITION: pl.Int64, "AVAL": pl.Float64, "AVISITN": pl.Float64})
    size = study.adsl.height
    scored = rows.filter(pl.col("AVAL").is_not_null())
    first = _single(book, _where(scored, "ABLFL"), instrument, code)
    base = np.full(size, np.nan)
    base[first[POSITION].to_numpy()] = first["AVAL"].to_numpy()
    later = _where(scored, "ANL01FL").filter(pl.col("AVISITN") > 0)
    days = sorted({int(day) for day in later["AVISITN"].to_list()})
    values = np.full((len(days), size), np.nan)
    categories = np.full((len(days), size), None, dtype=object)
    visits = []
    for place, day in enumerate(days):
        own = _single(book, later.filter(pl.col("AVISITN") == day), instrument, code)
        at = own[POSITION].to_numpy()
        values[place, at] = own["AVAL"].to_numpy()
        categories[place, at] = [_category(word) for word in _column(own, "CHGCAT1")]
        visits.append(Visit(day, _first(_column(own, "AVISIT")) or f"Day {day}"))
    base_visit = Visit(0, _first(_column(first, "AVISIT")) or BASELINE)
    names = [visit.label for visit in (base_visit, *visits)]
    visits = [v if names.count(v.label) == 1 else Visit(v.day, f"{v.label} (day {v.day})") for v in visits]
    return Scores(
        instrument=instrument,
        code=code,
        label=_first(_column(rows, "PARAM")) or code,
        better=_better(_first(_column(rows, "BETTER"))),
        worse_by=_number(_column(rows, "DETTHR")),
        better_by=_number(_column(rows, "IMPTHR")),
        base_visit=base_visit,
        visits=tuple(visits),
        base=base,
        values=values,
        categories=categories,
    )


def _where(rows: pl.DataFrame, flag: str) -> pl.DataFrame:
    return rows.filter(pl.col(flag) == "Y") if flag in rows.columns else rows.clear()


def _single(book: Book, rows: pl.DataFrame, instrument: Instrument, code: str) -> pl.DataFrame:
    """One row for each subject, the first in the order of the study."""
    for row in (
        rows.filter(pl.col(POSITION).is_duplicated()).unique(POSITION, maintain_order=True).iter_rows(named=True)
    ):
        book.find(
            "error",
            "duplicate-key",
            dataset="ADQS",
            row_key=f"USUBJID={row['USUBJID']}, INSTR={instrument.name}, SCALE={code}, AVISITN={row['AVISITN']:g}",
            variable="AVAL",
            seen="several scores at one visit",
            expected="one score of a scale per subject and visit",
            effect="the first record is used",
            subject=row["USUBJID"],
        )
    return rows.unique(POSITION, keep="first", maintain_order=True)


def _column(rows: pl.DataFrame, name: str) -> list[object]:
    return rows[name].to_list() if name in rows.columns else [None] * rows.height


def _first(values: list[object]) -> str | None:
    """The text of several rows that should agree: the first in the alphabet."""
    return min((str(value) for value in values if value is not None), default=None)


def _number(values: list[object]) -> float | None:
    return min((float(str(value)) for value in values if value is not None), default=None)


def _better(word: str | None) -> Literal["high", "low"] | None:
    text = (word or "").lower()
    return "high" if text == "high" else "low" if text == "low" else None


def _category(word: object) -> str | None:
    text = str(word).lower() if word is not None else ""
    return text if text in CHANGES else None
