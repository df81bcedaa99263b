"""ADQS: scores of questionnaires with windows, baseline, change and what is analyzed.

Read from top to bottom: answers, forms, scores, days, then for each scale the baseline and the form of each window.
The rules are those of docs/methods/patient-reported.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from equipoise.cdisc import ADAM, Finding
from equipoise.derive.adqs_answers import Answers, read_answers
from equipoise.derive.adqs_findings import form_findings, without_scales
from equipoise.derive.adqs_forms import Forms, collect_forms
from equipoise.derive.adqs_instruments import Questionnaire, questionnaires
from equipoise.derive.adqs_scores import FormScores, score_forms
from equipoise.derive.adqs_timing import EXCLUSIONS, NO_DAY, Clock, Timing, clock, place_forms
from equipoise.derive.dates import collected_date
from equipoise.derive.source import KEYS, Source

__all__ = ["TOLERANCE", "Reported", "derive_adqs", "read_questionnaires"]

TOLERANCE = 1e-9
"""Scores are fractions: a change that falls short of a threshold by less than this reaches it."""

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]

_TEXT = (
    *("STUDYID", "USUBJID", "INSTR", "SCALE", "PARAMCD", "PARAM", "PARCAT1", "VISIT", "AVISIT", "CHGCAT1"),
    *("ABLFL", "ANL01FL", "EXCLRSN", "BETTER"),
)
_DAYS = ("FORMSEQ", "ADY", "AVISITN", "AWTARGET", "AWLO", "AWHI", "AWTDIFF", "NITEMS")
_NUMBERS = ("AVAL", "BASE", "CHG", "DETTHR", "IMPTHR")
_KINDS = {
    **dict.fromkeys(_TEXT, pl.String),
    **dict.fromkeys(_DAYS, pl.Int32),
    **dict.fromkeys(_NUMBERS, pl.Float64),
    "QSSEQ": pl.Int64,
    "ADT": pl.Date,
}
_TYPES = {variable.name: _KINDS[variable.name] for variable in ADAM["ADQS"].variables}


@dataclass(frozen=True, slots=True)
class Reported:
    """One questionnaire as it was answered."""

    one: Questionnaire
    subjects: pl.DataFrame
    """Randomized subjects of ADSL, sorted, with their row _S and UNBLNDDT."""
    answers: Answers
    forms: Forms
    scores: FormScores
    times: Clock
    timing: Timing
    usable: Flags
    """Form by scale: the form is not left out and has a score."""
    baseline: Ints
    """Subject by scale: the form that gives the baseline; -1 where there is none."""


def read_questionnaires(source: Source, adsl: pl.DataFrame) -> tuple[list[Reported], list[Finding]]:
    """Read and score every questionnaire of the protocol.

    Raises
    ------
    DeriveError
        Items and scales of a questionnaire do not fit.
    """
    subjects, findings = _subjects(source, adsl)
    found: list[Reported] = []
    known = questionnaires(source.protocol)
    findings += without_scales(source.protocol, [one.name for one in known])
    for one in known:
        answers, problems = read_answers(source, one, subjects)
        findings += problems
        forms, problems = collect_forms(one, answers, subjects)
        findings += problems
        scores, problems = score_forms(one, forms, subjects)
        findings += problems
        times = clock(one, subjects, source.cutoff)
        timing = place_forms(source.protocol, one, forms.table, scores.n_answered, times)
        findings += form_findings(one, subjects, forms, scores.n_answered, timing)
        usable = (timing.excluded < 0)[:, None] & ~np.isnan(scores.score)
        baseline = _baseline(timing, usable, subjects.height)
        found.append(Reported(one, subjects, answers, forms, scores, times, timing, usable, baseline))
    return found, findings


def derive_adqs(reported: Sequence[Reported]) -> pl.DataFrame:
    """Derive the scores: one row per subject, questionnaire, form and scale."""
    parts = [_rows(one, index) for index, one in enumerate(reported) if one.forms.table.height]
    if not parts:
        return pl.DataFrame(schema=_TYPES)
    table = pl.concat(parts).sort(["_S", "_I", "_C", "FORMSEQ"])
    return table.select(pl.col(name).cast(kind) for name, kind in _TYPES.items())


def _subjects(source: Source, adsl: pl.DataFrame) -> tuple[pl.DataFrame, list[Finding]]:
    dates, findings = collected_date(source, "unblinding")
    subjects = adsl.filter(pl.col("RANDFL") == "Y").sort(KEYS)
    subjects = subjects.join(dates.rename({"DATE": "UNBLNDDT"}), on=KEYS, how="left", maintain_order="left")
    return subjects.with_row_index("_S"), findings


def first_of_group(group: Ints, order: Sequence[Ints], usable: Flags, n_groups: int) -> Ints:
    """For each group and column the usable row that comes first; -1 where there is none.

    Parameters
    ----------
    group
        Group of each row; below 0 for rows of no group.
    order
        Keys of the order within a group, first key first; then the row.
    usable
        Row by column.
    """
    found = np.full((n_groups, usable.shape[1]), -1, dtype=np.int64)
    rows = np.flatnonzero(group >= 0)
    if not rows.size:
        return found
    rows = rows[np.lexsort((rows, *(key[rows] for key in reversed(order)), group[rows]))]
    groups, starts = np.unique(group[rows], return_index=True)
    never = rows.size
    rank = np.where(usable[rows], np.arange(rows.size)[:, None], never)
    first = np.minimum.reduceat(rank, starts, axis=0)
    found[groups] = np.where(first < never, rows[np.minimum(first, never - 1)], -1)
    return found


def _baseline(timing: Timing, usable: Flags, n_subjects: int) -> Ints:
    """The last usable score up to the first dose."""
    before = ~timing.after_baseline & (timing.day != NO_DAY)
    group = np.where(before, timing.subject, -1)
    return first_of_group(group, [-timing.day], usable, n_subjects)


def _analyzed(found: Reported) -> Flags:
    """Form by scale: the baseline, and the form nearest the target of each window."""
    timing, n_visits = found.timing, len(found.timing.planned)
    chosen = np.zeros(found.usable.shape, dtype=bool)
    group = np.where(timing.visit > 0, timing.subject * n_visits + timing.visit, -1)
    targets = np.array([form.target or 0 for form in timing.planned], dtype=np.int64)
    distance = np.abs(timing.study_day - targets[np.maximum(timing.visit, 0)])
    nearest = first_of_group(group, [distance, timing.day], found.usable, found.subjects.height * n_visits)
    for rows in (nearest, found.baseline):
        _, column = np.nonzero(rows >= 0)
        chosen[rows[rows >= 0], column] = True
    return chosen


def _exclusion(found: Reported, chosen: Flags) -> Ints:
    """Form by scale: index of the reason in ``EXCLUSIONS``, -1 for what is analyzed."""
    timing = found.timing
    code = {name: place for place, name in enumerate(EXCLUSIONS)}
    later = np.select(
        [timing.visit == 0, timing.visit < 0],
        [code["before_baseline"], code["outside_windows"]],
        default=code["not_nearest"],
    )
    reason = np.where(np.isnan(found.scores.score), code["not_scored"], later[:, None])
    reason = np.where((timing.excluded >= 0)[:, None], timing.excluded[:, None], reason)
    return np.where(chosen, -1, reason)


def _rows(found: Reported, index: int) -> pl.DataFrame:
    """Rows of one questionnaire: forms by scales, laid out in long form."""
    timing, scores, width = found.timing, found.scores, len(found.one.scales)
    chosen = _analyzed(found)
    base_form = found.baseline[timing.subject]
    base = np.where(base_form >= 0, scores.score[np.maximum(base_form, 0), np.arange(width)], np.nan)
    change = np.where(timing.after_baseline[:, None], scores.score - base, np.nan)
    reasons = pl.Series([*EXCLUSIONS, None], dtype=pl.String)
    forms = _form_columns(found)[np.repeat(np.arange(chosen.shape[0]), width)]
    column = np.tile(np.arange(width), chosen.shape[0])
    reason = _exclusion(found, chosen).ravel()
    values = pl.DataFrame(
        {
            "_C": column,
            "AVAL": scores.score.ravel(),
            "BASE": base.ravel(),
            "CHG": change.ravel(),
            "NITEMS": scores.n_items.ravel(),
            "_BL": (base_form == np.arange(chosen.shape[0])[:, None]).ravel(),
            "_AN": chosen.ravel(),
            "EXCLRSN": reasons[np.where(reason < 0, len(EXCLUSIONS), reason)],
        }
    )
    table = pl.concat([forms, _scale_columns(found)[column], values], how="horizontal")
    yes = pl.lit("Y")
    return table.with_columns(
        pl.col("AVAL", "BASE", "CHG").fill_nan(None),
        ABLFL=pl.when("_BL").then(yes),
        ANL01FL=pl.when("_AN").then(yes),
        _I=pl.lit(index),
    ).with_columns(CHGCAT1=_category())


def _category() -> pl.Expr:
    """What a change means by the thresholds of its scale."""
    gain = pl.when(pl.col("BETTER") == "high").then(pl.col("CHG")).otherwise(-pl.col("CHG"))
    worse, better = pl.col("DETTHR"), pl.col("IMPTHR")
    known = pl.col("CHG").is_not_null() & worse.is_not_null() & better.is_not_null()
    return (
        pl.when(known & (gain <= TOLERANCE - worse))
        .then(pl.lit("Worsened"))
        .when(known & (gain >= better - TOLERANCE))
        .then(pl.lit("Improved"))
        .when(known)
        .then(pl.lit("Stable"))
    )


def _form_columns(found: Reported) -> pl.DataFrame:
    """What is the same for all scales of a form."""
    timing, one = found.timing, found.one
    subject = pl.Series(timing.subject)
    day = pl.Series("ADY", timing.study_day)
    visits = pl.DataFrame(
        {
            "AVISIT": [form.label for form in timing.planned] + [None],
            "AVISITN": [form.target or 0 for form in timing.planned] + [None],
            "AWTARGET": [form.target or 1 for form in timing.planned] + [None],
            "AWLO": [form.first for form in timing.planned] + [None],
            "AWHI": [form.last for form in timing.planned] + [None],
        },
        schema_overrides={"AVISIT": pl.String, **dict.fromkeys(("AVISITN", "AWTARGET", "AWLO", "AWHI"), pl.Int64)},
    )
    place = np.where(timing.visit < 0, len(timing.planned), timing.visit)
    table = pl.concat([found.subjects.select(KEYS)[subject], visits[place]], how="horizontal")
    table = table.with_columns(
        pl.Series("_S", timing.subject),
        pl.lit(one.name).alias("INSTR"),
        pl.lit(one.label).alias("PARCAT1"),
        *(found.forms.table[name] for name in ("VISIT", "QSSEQ")),
        found.forms.table["DATE"].alias("ADT"),
        day,
        _number_in_subject(timing.subject),
    ).with_columns(ADY=pl.when(pl.col("ADY") != NO_DAY).then("ADY"))
    return table.with_columns(AWTDIFF=(pl.col("ADY") - pl.col("AWTARGET")).abs())


def _number_in_subject(subject: Ints) -> pl.Series:
    """FORMSEQ: forms stand in the order of subject and date."""
    first = np.searchsorted(subject, subject)
    return pl.Series("FORMSEQ", np.arange(subject.size) - first + 1)


def _scale_columns(found: Reported) -> pl.DataFrame:
    scales = found.one.scales
    return pl.DataFrame(
        {
            "SCALE": [scale.code for scale in scales],
            "PARAMCD": [scale.paramcd for scale in scales],
            "PARAM": [f"{found.one.name}: {scale.label}" for scale in scales],
            "BETTER": [scale.better for scale in scales],
            "DETTHR": pl.Series([scale.deterioration for scale in scales], dtype=pl.Float64),
            "IMPTHR": pl.Series([scale.improvement for scale in scales], dtype=pl.Float64),
        }
    )
