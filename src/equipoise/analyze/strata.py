"""Strata as frozen at randomization, as corrected since, and where the two differ.

Stratified tests use the frozen strata; the corrected ones give a sensitivity row. A stratum not known is a level
of its own, ``(missing)``, so that no subject leaves an analysis silently.
"""

from typing import Literal

import numpy as np
import numpy.typing as npt

from equipoise.analyze.book import MISSING, Book, Columns
from equipoise.analyze.study import Study

__all__ = ["Which", "factor_labels", "strata", "stratum_labels", "stratum_variables"]

Which = Literal["randomization", "corrected"]
_SUFFIX: dict[str, str] = {"randomization": "R", "corrected": "V"}
_WORD: dict[str, str] = {"randomization": "frozen", "corrected": "corrected"}


def factor_labels(study: Study) -> list[str]:
    """Names of the stratification factors, for footnotes."""
    items = study.protocol.randomization.strata_items()
    return [item.label or name.replace("_", " ") for name, item in items.items()]


def stratum_variables(study: Study, which: Which) -> list[str] | None:
    """ADSL variables of the strata in protocol order; None where ADSL lacks one of them or holds no value in it."""
    names = [f"STRAT{w}{_SUFFIX[which]}" for w, _ in enumerate(study.protocol.randomization.strata, start=1)]
    held = [name in study.adsl.columns and study.adsl[name].is_not_null().any() for name in names]
    return names if names and all(held) else None


def stratum_labels(study: Study, which: Which) -> npt.NDArray[np.str_] | None:
    """Stratum of every subject in words, for example ``Small bowel: Y, Concurrent SSA: N``; None without strata."""
    names = stratum_variables(study, which)
    if names is None:
        return None
    parts = [
        [f"{label}: {MISSING if value is None else value}" for value in study.text(name)]
        for label, name in zip(factor_labels(study), names, strict=True)
    ]
    return np.array([", ".join(row) for row in zip(*parts, strict=True)], dtype=np.str_)


def strata(book: Book) -> None:
    """Write ``strata``: subjects per level as frozen, as corrected, where both agree, and those in a wrong stratum."""
    frozen = stratum_variables(book.study, "randomization")
    corrected = stratum_variables(book.study, "corrected")
    for place, factor in enumerate(book.study.protocol.randomization.strata):
        variables = {
            which: names[place]
            for which, names in (("randomization", frozen), ("corrected", corrected))
            if names is not None
        }
        if variables:
            _factor(book, factor, {k: _levels(book.study, v) for k, v in variables.items()})


def _levels(study: Study, variable: str) -> npt.NDArray[np.object_]:
    return np.array([MISSING if v is None else str(v) for v in study.text(variable)], dtype=object)


def _factor(book: Book, factor: str, values: dict[str, npt.NDArray[np.object_]]) -> None:
    study = book.study
    known = sorted({str(v) for array in values.values() for v in array[study.randomized]} - {MISSING})
    for level, positions in study.randomized_by_arm():
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
