"""Scores of questionnaires from answers in columns, and what was wrong with the answers.

Let s be the sum of the n answered items of a scale, each from low to high. At least half of the items must be answered.
The score is 100 (s - n low) / (n (high - low)), of a reversed scale 100 (n high - s) / (n (high - low)): sums are whole
numbers, the division is the only rounding.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from equipoise.criteria.errors import CriteriaError
from equipoise.criteria.instruments import Instrument, Item

__all__ = ["QuestionnaireScores", "score_questionnaires"]

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_COUNTS = ("NANSWER", "NNOTAPPL", "NMISSING")
_SUMMARY = "SUMMARY"
_EFFECT = "the item counts as missing"


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class QuestionnaireScores:
    """Scores of questionnaires and the answers that could not be used."""

    scores: pl.DataFrame
    """A row for each questionnaire, in the order given: the key columns, a column for each scale (null where fewer than
    half of its items are answered), SUMMARY where the instrument has one, NANSWER, NNOTAPPL and NMISSING (items
    answered, not applicable, and neither; an answer that could not be used is missing)."""
    answered: pl.DataFrame
    """A row for each questionnaire, in the order given; a column for each scale: how many of its items are answered."""
    problems: pl.DataFrame
    """A row for each answer that could not be used, by questionnaire and item: severity, code (``item-out-of-range``,
    ``item-not-whole``, ``item-not-number``), ROW (place in the frame given, from 0), the key columns, ITEM, seen,
    expected, effect."""


@dataclass(frozen=True, slots=True, eq=False)
class _Answers:
    value: Ints
    answered: Bools
    not_applicable: Bools
    problems: list[tuple[int, str, str, str, str]]


def score_questionnaires(
    frame: pl.DataFrame,
    instrument: Instrument,
    *,
    columns: Mapping[str, str] | None = None,
    keys: Sequence[str] | None = None,
) -> QuestionnaireScores:
    """Score questionnaires by the rules of their instrument.

    Parameters
    ----------
    frame
        A row for each questionnaire, a column for each item: whole numbers, or text that holds them; null, NaN and
        blank are not answered.
    instrument
        One of ``INSTRUMENTS`` or your own.
    columns
        Column of an item whose name is another than that of the item.
    keys
        Columns to keep; every column that is no item unless given.

    Returns
    -------
    QuestionnaireScores
        Scores and problems. An answer out of range, not whole or no number is missing, and a problem.

    Raises
    ------
    CriteriaError
        A column is missing, holds neither numbers nor text, or has the name of a score; all problems at once.

    References
    ----------
    Fayers P.M. et al. (2001), The EORTC QLQ-C30 Scoring Manual, 3rd edition. Giesinger J.M. et al. (2016),
    Replication and validation of higher order models demonstrated that a summary score for the EORTC QLQ-C30 is robust,
    Journal of Clinical Epidemiology 69, 79-88.

    Examples
    --------
    >>> from equipoise.criteria.instruments import INSTRUMENTS
    >>> frame = pl.DataFrame({"USUBJID": ["01", "02"], "QOL": [7, 11]})
    >>> found = score_questionnaires(frame, INSTRUMENTS["LASA"])
    >>> found.scores["QOL_SCORE"].to_list(), found.problems["seen"].to_list()
    ([70.0, None], ['11'])
    """
    names = {item.name: (columns or {}).get(item.name, item.name) for item in instrument.items}
    kept = list(keys) if keys is not None else [name for name in frame.columns if name not in set(names.values())]
    _check(frame, instrument, names, kept, columns or {})
    answers = {item.name: _read(frame[names[item.name]], item, instrument.not_applicable) for item in instrument.items}
    own = [frame[name] for name in kept]
    series, answered = _scales(instrument, answers)
    scores = pl.DataFrame([*own, *series, *_counts(frame.height, answers)])
    return QuestionnaireScores(scores=scores, answered=pl.DataFrame(answered), problems=_problems(frame, kept, answers))


def _check(
    frame: pl.DataFrame, instrument: Instrument, names: Mapping[str, str], kept: Sequence[str], given: Mapping[str, str]
) -> None:
    problems = [f"columns names {n!r}, which is no item of {instrument.name}" for n in given if n not in names]
    used = list(names.values())
    problems += [
        f"the column {name!r} is given for several items of {instrument.name}: expected a column for each item"
        for name in sorted({n for n in used if used.count(n) > 1})
    ]
    for item, name in names.items():
        if name not in frame.columns:
            problems.append(
                f"column {name} of {instrument.name} is missing: name the column of the item {item} in columns"
            )
        elif not (frame[name].dtype.is_numeric() or frame[name].dtype in (pl.String, pl.Null)):
            problems.append(f"column {name} holds {frame[name].dtype}: expected numbers, or text that holds numbers")
    own = {scale.code for scale in instrument.scales} | {_SUMMARY, *_COUNTS, "severity", "code", "ROW", "ITEM"}
    own |= {"seen", "expected", "effect"}
    for name in kept:
        if name not in frame.columns:
            problems.append(f"key column {name} is missing")
        elif name in own:
            problems.append(f"the column {name} has the name of a result: rename it, or leave it out of keys")
    if problems:
        raise CriteriaError(problems)


def _read(series: pl.Series, item: Item, codes: Sequence[str]) -> _Answers:
    text = series.cast(pl.String).str.strip_chars()
    number = text.cast(pl.Float64, strict=False) if series.dtype == pl.String else series.cast(pl.Float64)
    value = number.fill_null(np.nan).to_numpy()
    there = (text.fill_null("") != "").to_numpy()
    if series.dtype != pl.String:
        there = ~np.isnan(value)
    words = [code.upper() for code in codes]
    numbers = pl.Series(words, dtype=pl.String).cast(pl.Float64, strict=False).drop_nulls().drop_nans().to_numpy()
    outside = (text.str.to_uppercase().is_in(words).fill_null(value=False).to_numpy() | np.isin(value, numbers)) & there
    outside = outside & item.may_not_apply
    there = there & ~outside
    finite = np.isfinite(value)
    whole = finite & (np.floor(value) == value)
    good = there & whole & (value >= item.low) & (value <= item.high)
    expected = f"a whole number from {item.low} to {item.high}"
    problems = []
    for row in np.flatnonzero(there & ~good).tolist():
        code = "item-out-of-range" if whole[row] else "item-not-whole" if finite[row] else "item-not-number"
        problems.append((row, code, item.name, str(text[row]), expected))
    whole_value = np.where(good, value, 0).astype(np.int64)
    if item.reversed:
        whole_value = np.where(good, item.low + item.high - whole_value, 0)
    return _Answers(whole_value, good, outside, problems)


def _scales(instrument: Instrument, answers: Mapping[str, _Answers]) -> tuple[list[pl.Series], list[pl.Series]]:
    """Scores, and the answered items of each scale."""
    found: dict[str, npt.NDArray[np.float64]] = {}
    counts: list[pl.Series] = []
    for scale in instrument.scales:
        parts = [answers[name] for name in scale.items]
        item = instrument.item(scale.items[0])
        n = np.sum([part.answered for part in parts], axis=0, dtype=np.int64)
        total = np.sum([part.value for part in parts], axis=0, dtype=np.int64)
        points = n * item.high - total if scale.reversed else total - n * item.low
        divisor = np.maximum(n, 1)
        if scale.percent:
            score = 100 * points / (divisor * (item.high - item.low))
        else:
            score = (points + n * item.low) * (len(scale.items) if scale.summed else 1) / divisor
        counts.append(pl.Series(scale.code, n))
        found[scale.code] = np.where(n >= scale.minimum, score, np.nan)
    series = [pl.Series(code, values, nan_to_null=True) for code, values in found.items()]
    if instrument.summary:
        summed = np.zeros(len(series[0]))
        for code in instrument.summary:
            summed += found[code] if instrument.scale(code).better == "high" else 100 - found[code]
        series.append(pl.Series(_SUMMARY, summed / len(instrument.summary), nan_to_null=True))
        used = [item for code in instrument.summary for item in instrument.scale(code).items]
        counts.append(pl.Series(_SUMMARY, np.sum([answers[item].answered for item in used], axis=0, dtype=np.int64)))
    return series, counts


def _counts(height: int, answers: Mapping[str, _Answers]) -> list[pl.Series]:
    answered, outside = np.zeros(height, dtype=np.int64), np.zeros(height, dtype=np.int64)
    for part in answers.values():
        answered += part.answered
        outside += part.not_applicable
    missing = len(answers) - answered - outside
    return [pl.Series(name, values) for name, values in zip(_COUNTS, (answered, outside, missing), strict=True)]


def _problems(frame: pl.DataFrame, kept: Sequence[str], answers: Mapping[str, _Answers]) -> pl.DataFrame:
    rows = sorted((p for part in answers.values() for p in part.problems), key=lambda p: p[0])
    places = pl.Series("ROW", [p[0] for p in rows], dtype=pl.Int64)
    texts = {
        name: pl.Series(name, [str(p[i]) for p in rows], dtype=pl.String)
        for i, name in ((1, "code"), (2, "ITEM"), (3, "seen"), (4, "expected"))
    }
    constant = {
        "severity": pl.Series("severity", ["error"] * len(rows), dtype=pl.String),
        "effect": pl.Series("effect", [_EFFECT] * len(rows), dtype=pl.String),
    }
    keys = [frame[name].gather(places) for name in kept]
    ends = [texts["ITEM"], texts["seen"], texts["expected"], constant["effect"]]
    return pl.DataFrame([constant["severity"], texts["code"], places, *keys, *ends])
