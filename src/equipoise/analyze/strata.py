"""Strata as frozen at randomization, as corrected since, and where the two differ.

Stratified tests use the frozen strata; the corrected ones give a sensitivity row. A stratum not known is a level
of its own, ``(missing)``, so that no subject leaves an analysis silently.
"""

from typing import Literal

import numpy as np
import numpy.typing as npt

from equipoise.analyze.book import MISSING, Book, Columns
from equipoise.analyze.study import Positions, Study
from equipoise.protocol import Protocol

__all__ = [
    "Which",
    "factor_label",
    "factor_labels",
    "recomputed",
    "strata",
    "stratum_labels",
    "stratum_values",
    "stratum_variables",
    "without_values",
]

Which = Literal["randomization", "corrected"]
_SUFFIX: dict[str, str] = {"randomization": "R", "corrected": "V"}
_WORD: dict[str, str] = {"randomization": "frozen", "corrected": "corrected"}


def factor_labels(study: Study, cohort: str | None = None) -> list[str]:
    """Names of the stratification factors of a cohort, or of the trial, for footnotes."""
    return [factor_label(study.protocol, name) for name in study.protocol.strata(cohort)]


def factor_label(protocol: Protocol, name: str) -> str:
    """Name of a factor: its label, else that of the baseline field which it is, else its identifier in words."""
    factor = protocol.randomization.strata_items()[name]
    field = protocol.baseline.get(factor.expression.strip())
    words = name[:1].upper() + name[1:].replace("_", " ")
    return factor.label or (field.label if field is not None else None) or words


def recomputed(study: Study, cohort: str | None = None) -> list[str]:
    """Names of the factors of which the data hold no record: their frozen stratum is the recomputed one."""
    return [factor_label(study.protocol, name) for name in study.protocol.strata(cohort) if _is_recomputed(study, name)]


def without_values(study: Study, which: Which, cohort: str | None = None) -> list[str]:
    """Names of the factors that are missing for every subject."""
    places = {name: w for w, name in enumerate(study.protocol.randomization.strata, start=1)}
    return [
        factor_label(study.protocol, name)
        for name in study.protocol.strata(cohort)
        if all(value is None for value in study.text(f"STRAT{places[name]}{_SUFFIX[which]}"))
    ]


def _is_recomputed(study: Study, name: str) -> bool:
    place = list(study.protocol.randomization.strata).index(name) + 1
    same = list(study.text(f"STRAT{place}R")) == list(study.text(f"STRAT{place}V"))
    return same and study.protocol.randomization.strata_items()[name].sdtm is None


def stratum_variables(study: Study, which: Which, cohort: str | None = None) -> list[str] | None:
    """ADSL variables of these factors in protocol order; None where ADSL lacks one of them or holds no value in it."""
    places = {name: w for w, name in enumerate(study.protocol.randomization.strata, start=1)}
    names = [f"STRAT{places[name]}{_SUFFIX[which]}" for name in study.protocol.strata(cohort)]
    held = [name in study.adsl.columns and study.adsl[name].is_not_null().any() for name in names]
    return names if names and all(held) else None


def stratum_labels(study: Study, which: Which, cohort: str | None = None) -> npt.NDArray[np.str_] | None:
    """Stratum of every subject in words, for example ``Small bowel: Yes, Concurrent SSA: No``; None without strata."""
    names = stratum_variables(study, which, cohort)
    if names is None:
        return None
    parts = [
        [f"{label}: {MISSING if value is None else value}" for value in study.text(name)]
        for label, name in zip(factor_labels(study, cohort), names, strict=True)
    ]
    return np.array([", ".join(row) for row in zip(*parts, strict=True)], dtype=np.str_)


def stratum_values(study: Study, name: str, which: Which) -> npt.NDArray[np.object_]:
    """Level of a stratification factor of every subject, ``(missing)`` where it is not known."""
    place = list(study.protocol.randomization.strata).index(name) + 1
    return _levels(study, f"STRAT{place}{_SUFFIX[which]}")


def strata(book: Book) -> None:
    """Write ``strata``: subjects per level as frozen, as corrected, where both agree, and those in a wrong stratum.

    A factor without a record of the strata used has corrected levels only.
    """
    study = book.study
    for place, factor in enumerate(study.protocol.randomization.strata, start=1):
        values = {}
        for which, suffix in _SUFFIX.items():
            if which == "randomization" and _is_recomputed(study, factor):
                continue
            variable = f"STRAT{place}{suffix}"
            if variable in study.adsl.columns and study.adsl[variable].is_not_null().any():
                values[which] = _levels(study, variable)
        if values:
            _factor(book, factor, values)


def _stratified_by(study: Study, factor: str, positions: Positions) -> Positions:
    """Those of the subjects whose cohort is stratified by a factor; all in a trial without cohorts."""
    cohorts = [name for name in study.protocol.cohorts if factor in study.protocol.strata(name)]
    return positions[np.isin(study.text("COHORT")[positions], cohorts)] if study.protocol.cohorts else positions


def _levels(study: Study, variable: str) -> npt.NDArray[np.object_]:
    return np.array([MISSING if v is None else str(v) for v in study.text(variable)], dtype=object)


def _factor(book: Book, factor: str, values: dict[str, npt.NDArray[np.object_]]) -> None:
    study = book.study
    everybody = _stratified_by(study, factor, study.randomized)
    known = sorted({str(v) for array in values.values() for v in array[everybody]} - {MISSING})
    for level, members in study.randomized_by_arm():
        positions = _stratified_by(study, factor, members)
        shared: Columns = {"analysis_id": "strata", "group_level": level, "of": len(positions)}
        for text in (*known, MISSING):
            chosen = {_WORD[k]: array[positions] == text for k, array in values.items()}
            if len(values) == 2:
                chosen["both"] = chosen["frozen"] & chosen["corrected"]
            for word, mask in chosen.items():
                columns: Columns = {
                    **shared,
                    "variable": "stratum",
                    "variable_level": text,
                    "parent_level": factor,
                    "text": word,
                }
                book.count(positions[mask], label=f"stratum {factor}, {word}: {text}", **columns)
        if len(values) == 2:
            wrong = values["randomization"][positions] != values["corrected"][positions]
            label = f"stratum {factor} at randomization differs from the corrected one"
            book.count(positions[wrong], label=label, variable="misstratified", variable_level=factor, **shared)
