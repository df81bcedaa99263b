"""Scores of forms: items by the rules of the instrument, ready-made scores as they are; what could not be used."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from equipoise.cdisc import Finding
from equipoise.criteria import score_questionnaires
from equipoise.derive.adqs_forms import Forms, subject_key
from equipoise.derive.adqs_instruments import Questionnaire, ScaleFacts

__all__ = ["FormScores", "score_forms"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class FormScores:
    """Scores of the forms of one questionnaire: a row per form."""

    score: Floats
    """A column per scale; nan where there is none."""
    n_items: Ints
    """A column per scale: answered items."""
    n_answered: Ints
    """Answers of the form that could be used."""
    n_missing: Ints
    n_not_applicable: Ints


def score_forms(one: Questionnaire, forms: Forms, subjects: pl.DataFrame) -> tuple[FormScores, list[Finding]]:
    """Score every form."""
    height, width = forms.table.height, len(one.scales)
    score = np.full((height, width), np.nan)
    n_items = np.zeros((height, width), dtype=np.int64)
    counts = {name: np.zeros(height, dtype=np.int64) for name in ("NANSWER", "NMISSING", "NNOTAPPL")}
    findings: list[Finding] = []
    if one.scorer is not None:
        found = score_questionnaires(forms.answers, one.scorer, keys=[])
        for place, scale in enumerate(one.scales):
            if scale.ready is None:
                score[:, place] = found.scores[scale.code].cast(pl.Float64).fill_null(np.nan).to_numpy()
                n_items[:, place] = found.answered[scale.code].to_numpy()
        counts = {name: found.scores[name].to_numpy().astype(np.int64) for name in counts}
        for row in found.problems.iter_rows(named=True):
            words = (row["code"], row["ITEM"], row["seen"], row["expected"], row["effect"])
            findings.append(_finding(forms, subjects, one, row["ROW"], words))
    for place, scale in enumerate(one.scales):
        if scale.ready is not None:
            value, problems = _ready(forms.answers[scale.code], scale)
            score[:, place] = value
            there = ~np.isnan(value)
            n_items[:, place] = there
            counts["NANSWER"] = counts["NANSWER"] + there
            findings += [_finding(forms, subjects, one, row, words) for row, words in problems]
    scores = FormScores(
        score=score,
        n_items=n_items,
        n_answered=counts["NANSWER"],
        n_missing=counts["NMISSING"],
        n_not_applicable=counts["NNOTAPPL"],
    )
    return scores, findings


def _ready(text: pl.Series, scale: ScaleFacts) -> tuple[Floats, list[tuple[int, tuple[str, str, str, str, str]]]]:
    """Values of a ready-made score, and those that cannot be used."""
    own = scale.ready
    value = text.cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy().copy()
    low = -np.inf if own is None or own.low is None else own.low
    high = np.inf if own is None or own.high is None else own.high
    number = np.isfinite(value)
    wrong = text.is_not_null().to_numpy() & ~(number & (value >= low) & (value <= high))
    expected = "a number" + (f" from {low:g} to {high:g}" if np.isfinite(low) and np.isfinite(high) else "")
    problems = [
        (
            row,
            (
                "score-out-of-range" if number[row] else "score-not-number",
                scale.code,
                str(text[row]),
                expected,
                "the score counts as missing",
            ),
        )
        for row in np.flatnonzero(wrong).tolist()
    ]
    value[wrong] = np.nan
    return value, problems


def _finding(
    forms: Forms, subjects: pl.DataFrame, one: Questionnaire, row: int, words: tuple[str, str, str, str, str]
) -> Finding:
    code, item, seen, expected, effect = words
    form = forms.table.row(row, named=True)
    subject = subject_key(subjects, form["_S"])
    return Finding(
        severity="error",
        code=code,
        dataset="QS",
        row_key=", ".join(_place(one, subject, item, form["VISIT"], form["DTC"])),
        variable=item,
        seen=seen,
        expected=expected,
        effect=effect,
        subject=subject,
    )


def _place(one: Questionnaire, subject: str, item: str, visit: str | None, day: str | None) -> Iterator[str]:
    yield f"USUBJID={subject}"
    yield f"QSCAT={one.name}"
    yield f"item {item}"
    if visit:
        yield f"VISIT={visit}"
    yield f"QSDTC={day or 'missing'}"
