"""What is told of forms that are not used as they stand."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from equipoise.cdisc import Finding
from equipoise.derive.adqs_forms import Forms
from equipoise.derive.adqs_instruments import Questionnaire
from equipoise.derive.adqs_timing import EXCLUSIONS, Timing
from equipoise.protocol import Protocol

__all__ = ["form_findings", "without_scales"]

Ints = NDArray[np.int64]
Words = tuple[str, str, str]
Severity = Literal["error", "warning", "note"]


def form_findings(
    one: Questionnaire, subjects: pl.DataFrame, forms: Forms, n_answered: Ints, timing: Timing
) -> list[Finding]:
    """Tell of forms without a day, after death, twice on a day, and outside every window."""
    code = {name: place for place, name in enumerate(EXCLUSIONS)}
    used = timing.excluded < 0
    nobody = timing.planned[1:] == []

    def after_death(row: int) -> Words:
        died = subjects["DTHDT"][int(timing.subject[row])]
        return f"answered {forms.table['DATE'][row]}", f"a day up to death on {died}", "the form is left out"

    def undated(row: int) -> Words:
        text = forms.table["DTC"][row] or "no date"
        return text, "a complete date: the day of a form is not imputed", "the form is left out"

    def twice(row: int) -> Words:
        same = np.flatnonzero((timing.subject == timing.subject[row]) & (timing.day == timing.day[row]))
        sequences = forms.table["QSSEQ"]
        counts = "; ".join(f"QSSEQ {sequences[int(r)]}: {n_answered[r]} answers" for r in same)
        kept = next(int(r) for r in same if timing.excluded[r] != code["same_day_duplicate"])
        seen = f"{same.size} forms on {forms.table['DATE'][row]} ({counts})"
        return (
            seen,
            "one form on a day",
            f"the form with most answers, then the first, is used: QSSEQ {sequences[kept]}",
        )

    def outside(row: int) -> Words:
        spans = [f"{f.label}: {f.first} to {f.last if f.last is not None else 'end'}" for f in timing.planned[1:5]]
        more = "; ..." if len(timing.planned) > 5 else ""
        expected = f"a study day in a window ({'; '.join(spans)}{more})" if spans else "a planned visit after baseline"
        return f"study day {timing.study_day[row]}", expected, "the form is not analyzed by visit"

    kinds: list[tuple[Severity, str, NDArray[np.bool_], Callable[[int], Words]]] = [
        ("error", "form-after-death", timing.excluded == code["after_death"], after_death),
        ("warning", "form-undated", timing.excluded == code["undated"], undated),
        ("warning", "form-twice", timing.excluded == code["same_day_duplicate"], twice),
        ("note", "form-outside-windows", used & (timing.visit < 0) & (not nobody), outside),
    ]
    findings = [
        _finding(one, str(subjects["USUBJID"][int(timing.subject[row])]), forms.table.row(row, named=True), what)
        for severity, name, rows, words in kinds
        for row in np.flatnonzero(rows).tolist()
        for what in [(severity, name, words(row))]
    ]
    return findings + _unplanned(one, int((used & (timing.visit < 0)).sum()) if nobody else 0)


def _finding(one: Questionnaire, subject: str, form: Mapping[str, Any], what: tuple[Severity, str, Words]) -> Finding:
    severity, code, (seen, expected, effect) = what
    visit = f", VISIT={form['VISIT']}" if form["VISIT"] else ""
    return Finding(
        severity=severity,
        code=code,
        dataset="QS",
        row_key=f"USUBJID={subject}, QSCAT={one.name}{visit}, QSDTC={form['DTC'] or 'missing'}",
        variable="QSDTC",
        seen=seen,
        expected=expected,
        effect=effect,
        subject=subject,
    )


def _unplanned(one: Questionnaire, count: int) -> list[Finding]:
    if not count:
        return []
    return [
        Finding(
            severity="warning",
            code="questionnaire-without-visits",
            dataset="QS",
            row_key="",
            variable="QSDTC",
            seen=f"{count} forms after baseline, no planned visit",
            expected=f"every_weeks or at in instruments.{one.index} of the protocol",
            effect=f"only the baseline of {one.name} is analyzed",
        )
    ]


def without_scales(protocol: Protocol, scored: Sequence[str]) -> list[Finding]:
    """Tell of questionnaires of the protocol that have no scale and so no score."""
    return [
        Finding(
            severity="warning",
            code="questionnaire-without-scales",
            dataset="QS",
            row_key="",
            variable="QSCAT",
            seen=f"{one.name}: not in the catalog, and no scale is defined",
            expected=f"define in instruments.{index} of the protocol",
            effect=f"no score of {one.name}",
        )
        for index, one in enumerate(protocol.instrument_items())
        if one.name not in scored
    ]
