"""Which arms, visits and subjects enter the mixed model of a scale, and why the others do not."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from equipoise.analyze.baseline import field_levels, field_numbers
from equipoise.analyze.book import MISSING
from equipoise.analyze.patient_reported_design import Design, ModelRows
from equipoise.analyze.patient_reported_scores import Scores, Visit
from equipoise.analyze.populations import Group
from equipoise.analyze.strata import factor_label, stratum_values
from equipoise.analyze.study import Positions, Study
from equipoise.protocol import RepeatedMeasures

__all__ = ["IN_MODEL", "ModelData", "model_data"]

Floats = npt.NDArray[np.float64]

IN_MODEL = "in the model"
_NO_SCORE = "no score after baseline"
_NO_SCORE_AT_ALL = "no score"
_NO_BASELINE = "no baseline score"
_NO_VISIT = "scores only at visits left out"


@dataclass(frozen=True, kw_only=True)
class ModelData:
    """What enters a model: arms and visits in order, rows, and the fate of every subject of the population."""

    arms: tuple[str, ...]
    """Reference arm first."""
    visits: tuple[Visit, ...]
    rows: ModelRows
    fate: dict[int, str]
    """Position -> ``IN_MODEL``, or why the subject has no row."""
    arms_left_out: dict[str, str]
    visits_left_out: dict[Visit, str]
    terms: tuple[str, ...]
    """What is in the model besides arm, visit and arm by visit, in words."""
    obstacle: str = ""
    """Why there is no model; empty where there is one."""

    def design(self, model: RepeatedMeasures, *, baseline_is_response: bool) -> Design:
        """Columns of the model."""
        has_baseline = baseline_is_response and any(visit.day == 0 for visit in self.visits)
        return Design(
            arms=self.arms,
            visits=tuple(visit.label for visit in self.visits),
            rows=self.rows,
            baseline_by_visit=model.baseline_by_visit,
            equal_baseline=has_baseline and model.baseline_arms == "equal",
            proportional=model.weights == "proportional",
        )

    def subjects(self, arm: str, visit: Visit | None) -> Positions:
        """Subjects of an arm with a row at a visit, or with any row."""
        rows = self.rows
        chosen = rows.arm == self.arms.index(arm)
        if visit is not None:
            chosen &= rows.visit == self.visits.index(visit)
        return np.unique(rows.subject[chosen])


def model_data(
    study: Study, scores: Scores, parts: list[Group], reference: str | None, *, cohort: str | None = None
) -> ModelData:
    """Gather the rows of a model; ``parts`` are the arms of the population, without all together."""
    model, instrument = scores.instrument.model, scores.instrument
    is_response = instrument.baseline == "response"
    visits = ((scores.base_visit,) if is_response else ()) + scores.visits
    y = np.vstack([scores.base[None, :], scores.values]) if is_response else scores.values.copy()
    if not is_response and model.response == "change":
        y = y - scores.base
    usable = ~np.isnan(y)
    fate = _fates(study, scores, parts, usable, is_response=is_response)
    out = [i for i, why in fate.items() if why != IN_MODEL]
    usable[:, out] = False
    parts = sorted(parts, key=lambda part: part.level != reference)
    names = {part.level: study.protocol.arms[part.level].label for part in parts}
    kept, late = _arms_and_visits(model, visits, parts, usable, names)
    arms = [part for part in parts if part.level in kept[0]]
    shown = [k for k, visit in enumerate(visits) if visit in kept[1]]
    rows, terms = _rows(study, scores, arms, y[shown], usable[shown], cohort=cohort)
    used = set(rows.subject.tolist())
    fate |= {i: _NO_VISIT for i, why in fate.items() if why == IN_MODEL and i not in used}
    data = ModelData(
        arms=tuple(part.level for part in arms),
        visits=tuple(visits[k] for k in shown),
        rows=rows,
        fate=fate,
        arms_left_out={part.level: "no score in the model" for part in parts if part.level not in kept[0]},
        visits_left_out=late,
        terms=terms,
    )
    return replace(data, obstacle=_obstacle(data, scores, fate))


def _fates(
    study: Study, scores: Scores, parts: list[Group], usable: npt.NDArray[np.bool_], *, is_response: bool
) -> dict[int, str]:
    """Why each subject is in the model or not; the first reason that holds counts."""
    model = scores.instrument.model
    lacking = {name: _unknown(study, name) for name in model.covariates}
    fate: dict[int, str] = {}
    for part in parts:
        for i in part.positions.tolist():
            missing = [name for name, unknown in lacking.items() if unknown[i]]
            if not is_response and np.isnan(scores.base[i]):
                fate[i] = _NO_BASELINE
            elif not usable[:, i].any():
                fate[i] = _NO_SCORE_AT_ALL if is_response else _NO_SCORE
            elif missing:
                fate[i] = f"{missing[0].replace('_', ' ')} not known"
            else:
                fate[i] = IN_MODEL
    return fate


def _unknown(study: Study, name: str) -> npt.NDArray[np.bool_]:
    return np.array([value is None for value in study.text(study.variables[name])], dtype=bool)


def _arms_and_visits(
    model: RepeatedMeasures,
    visits: tuple[Visit, ...],
    parts: list[Group],
    usable: npt.NDArray[np.bool_],
    names: Mapping[str, str],
) -> tuple[tuple[set[str], list[Visit]], dict[Visit, str]]:
    """Arms with scores, and visits at which each of them has enough; visits left out, with the reason."""
    counts = {part.level: usable[:, part.positions].sum(axis=1) for part in parts}
    arms = {level for level, n in counts.items() if (n >= model.minimum_subjects).any()}
    arms = arms or {level for level, n in counts.items() if n.any()}
    late: dict[Visit, str] = {}
    for place, visit in enumerate(visits):
        few = [f"{names[part.level]} {counts[part.level][place]}" for part in parts if part.level in arms]
        least = min((int(counts[level][place]) for level in arms), default=0)
        if model.last_day is not None and visit.day > model.last_day:
            late[visit] = f"after day {model.last_day}"
        elif least < model.minimum_subjects:
            late[visit] = f"fewer than {model.minimum_subjects} scores in an arm ({', '.join(few) or 'none'})"
    return (arms, [visit for visit in visits if visit not in late]), late


def _rows(
    study: Study,
    scores: Scores,
    arms: list[Group],
    y: Floats,
    usable: npt.NDArray[np.bool_],
    *,
    cohort: str | None,
) -> tuple[ModelRows, tuple[str, ...]]:
    instrument, model = scores.instrument, scores.instrument.model
    code = np.full(study.adsl.height, -1, dtype=np.int64)
    for place, part in enumerate(arms):
        code[part.positions] = place
    subject, visit = np.nonzero(usable.T & (code >= 0)[:, None])
    base = scores.base[subject] if instrument.baseline == "covariate" else None
    factors: dict[str, tuple[tuple[str, ...], npt.NDArray[np.int64]]] = {}
    numbers: dict[str, Floats] = {}
    for name in study.protocol.strata(cohort) if model.strata != "none" else ():
        values = stratum_values(study, name, "corrected" if model.strata == "corrected" else "randomization")
        _add_factor(factors, factor_label(study.protocol, name), values[subject], sorted(set(values)))
    for name in model.covariates:
        field = study.protocol.baseline[name]
        words = field.label or name.replace("_", " ").capitalize()
        if field.type in ("integer", "number"):
            numbers[words] = field_numbers(study, name)[subject]
        else:
            levels, order = field_levels(study, name)
            _add_factor(factors, words, levels[subject], [*order, MISSING])
    terms = (*factors, *numbers)
    if base is not None:
        terms += ("baseline score by visit" if model.baseline_by_visit else "baseline score",)
    rows = ModelRows(
        subject=subject.astype(np.intp),
        arm=code[subject],
        visit=visit.astype(np.int64),
        score=y[visit, subject],
        base=base,
        factors=factors,
        numbers=numbers,
    )
    return rows, terms


def _add_factor(
    factors: dict[str, tuple[tuple[str, ...], npt.NDArray[np.int64]]],
    name: str,
    values: npt.NDArray[np.object_],
    order: list[str],
) -> None:
    """Levels that occur in the rows, in order."""
    levels = [level for level in order if (values == level).any()]
    place = {level: k for k, level in enumerate(levels)}
    factors[name] = (tuple(levels), np.array([place[value] for value in values], dtype=np.int64))


def _obstacle(data: ModelData, scores: Scores, fate: dict[int, str]) -> str:
    late = "; ".join(f"{visit.label}: {reason}" for visit, reason in data.visits_left_out.items())
    nobody = scores.instrument.baseline == "covariate" and all(why == _NO_BASELINE for why in fate.values())
    known = {
        "no subjects in the population": not fate,
        "nobody has a baseline score": nobody,
        f"no visit is left for the model ({late})": bool(late) and not data.visits,
        "nobody has a score after baseline": not len(data.rows.score),
        "nobody has enough scores after baseline": all(visit.day == 0 for visit in data.visits),
    }
    why = next((words for words, holds in known.items() if holds), "")
    if not why and np.ptp(data.rows.score) == 0:
        return f"every score is {data.rows.score[0]:g}: there is no variance to model"
    return why
