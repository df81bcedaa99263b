"""Mixed model of a scale: means by arm and visit, differences between arms, what was fitted and what could not be."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from equipoise.analyze.book import Book, Columns
from equipoise.analyze.patient_reported_design import Design
from equipoise.analyze.patient_reported_rows import IN_MODEL, ModelData, model_data
from equipoise.analyze.patient_reported_scores import Scores, Visit
from equipoise.analyze.populations import Group
from equipoise.analyze.study import ALL
from equipoise.protocol import Instrument
from equipoise.stats import MixedModel, StatsError, mmrm_arrays
from equipoise.terms import Status

__all__ = ["ScaleFrame", "estimand", "model"]

Floats = npt.NDArray[np.float64]

_MEAN = ("estimate", "std_error", "df", "conf_low", "conf_high")
_TEST = ("estimate", "std_error", "df", "statistic", "p_value", "conf_low", "conf_high")
_DF = {
    "kenward-roger": "Kenward-Roger",
    "kenward-roger-linear": "Kenward-Roger (linear)",
    "satterthwaite": "Satterthwaite",
    "between-within": "between-within",
    "residual": "residual",
}
_STRUCTURES = {
    "us": "unstructured",
    "ar1": "first-order autoregressive",
    "ar1h": "heterogeneous first-order autoregressive",
    "cs": "compound symmetry",
    "csh": "heterogeneous compound symmetry",
    "toep": "Toeplitz",
    "toeph": "heterogeneous Toeplitz",
    "ad": "ante-dependence",
    "adh": "heterogeneous ante-dependence",
}


@dataclass(frozen=True, kw_only=True)
class ScaleFrame:
    """What the analysis of a scale is about: its name, its scores, its subjects by arm."""

    columns: Columns
    """Columns that all rows share."""
    scores: Scores
    parts: list[Group]
    """Arms in protocol order."""
    pairs: list[tuple[str, str]]
    """(experimental, reference) arms that are compared."""
    conf_level: float
    cohort: str | None = None

    @property
    def reference(self) -> str | None:
        """Arm against which the model is coded."""
        return next((reference for _, reference in self.pairs), None)


@dataclass(frozen=True, kw_only=True)
class _Estimate:
    """Rows to write: what they are about, and how they follow from the means of the model."""

    measure: str
    visit: Visit | None
    """None for the average of the visits after baseline."""
    arms: tuple[str, ...]
    """One arm, or the experimental arm and its reference."""
    declared: bool = False

    @property
    def columns(self) -> Columns:
        level = {"group_level": self.arms[0], "reference_level": self.arms[1] if len(self.arms) > 1 else None}
        day = {"visit": self.visit.label, "time_days": float(self.visit.day)} if self.visit is not None else {}
        return {**level, **day, "measure": self.measure, "unit": "points", "declared": self.declared or None}

    @property
    def statistics(self) -> tuple[str, ...]:
        return _TEST if "difference" in self.measure else _MEAN


@dataclass(frozen=True, kw_only=True)
class _Fitted:
    """The model of a scale, or why there is none."""

    frame: ScaleFrame
    data: ModelData
    design: Design
    fit: MixedModel | None
    why: str

    @property
    def shared(self) -> Columns:
        """Columns that all rows of the model share."""
        return {**self.frame.columns, "method": _method(self), "conf_level": self.frame.conf_level}


def model(book: Book, frame: ScaleFrame) -> None:
    """Write the rows of the mixed model of a scale; what cannot be estimated is a row with its reason."""
    data = model_data(book.study, frame.scores, frame.parts, frame.reference, cohort=frame.cohort)
    instrument = frame.scores.instrument
    design = data.design(instrument.model, baseline_is_response=instrument.baseline == "response")
    fit, why = (None, data.obstacle) if data.obstacle else _fit(frame, data, design)
    fitted = _Fitted(frame=frame, data=data, design=design, fit=fit, why=why)
    _fates(book, frame, data)
    _about(book, fitted)
    for wanted in _estimates(frame, data):
        _write(book, fitted, wanted)


def estimand(instrument: Instrument, population: str) -> str:
    """The estimand of the model in words: as declared, else composed from what is done."""
    if instrument.estimand is not None:
        return instrument.estimand
    change = instrument.baseline == "response" or instrument.model.response == "change"
    what = "mean change from baseline" if change else "mean score"
    return (
        f"Difference between the arms in {what} at each visit. Population: {population}. Stop of study treatment: "
        "scores after it are used (treatment policy). Crossover and unblinding: scores after them are not used. Death: "
        "no score is imputed after it. Scores not used or missing are taken as missing at random: the means are those "
        "expected had such subjects gone on like the others of their arm with the same earlier scores."
    )


def _fit(frame: ScaleFrame, data: ModelData, design: Design) -> tuple[MixedModel | None, str]:
    settings, rows = frame.scores.instrument.model, data.rows
    labels = [visit.label for visit in data.visits]
    try:
        fit = mmrm_arrays(
            rows.score,
            design.columns(),
            rows.subject,
            np.array(labels)[rows.visit],
            covariance=settings.covariance,
            group=np.array(data.arms)[rows.arm] if settings.covariance_by_arm else None,
            df=settings.df,
            visit_levels=labels,
            conf_level=frame.conf_level,
        )
    except StatsError as error:
        return None, " ".join(line.strip() for line in str(error).splitlines() if not line.startswith("What to do"))
    return fit, ""


def _estimates(frame: ScaleFrame, data: ModelData) -> list[_Estimate]:
    """What a model gives, in order: means, changes where the baseline is modeled, differences, then averages."""
    instrument = frame.scores.instrument
    wanted = instrument.model.declared_visit
    is_response = instrument.baseline == "response"
    visits = data.visits or ((frame.scores.base_visit,) if is_response else ()) + frame.scores.visits
    later = [visit for visit in visits if visit.day > 0]
    arms = [part.level for part in frame.parts]
    plan: list[_Estimate] = []
    for visit in (*visits, None):
        plan += [_Estimate(measure="model_mean", visit=visit, arms=(arm,)) for arm in arms]
    if is_response:
        for visit in (*later, None):
            plan += [_Estimate(measure="model_change", visit=visit, arms=(arm,)) for arm in arms]
    kinds = ("model_difference", "model_change_difference") if is_response else ("model_difference",)
    for kind in kinds:
        for pair in frame.pairs:
            for visit in (*(visits if kind == "model_difference" else later), None):
                named = (
                    visit is None if wanted is None else visit is not None and wanted in (visit.label, str(visit.day))
                )
                declared = named and kind == kinds[-1]
                plan.append(_Estimate(measure=kind, visit=visit, arms=pair, declared=declared))
    return plan


def _weights(fitted: _Fitted, wanted: _Estimate) -> Floats:
    """Weights of the columns for what is wanted."""
    data, design = fitted.data, fitted.design
    later = [k for k, visit in enumerate(data.visits) if visit.day > 0]
    places = later if wanted.visit is None else [data.visits.index(wanted.visit)]

    def of(arm: str) -> Floats:
        a = data.arms.index(arm)
        at = np.asarray(np.mean([design.mean(a, k) for k in places], axis=0), dtype=np.float64)
        return at - design.mean(a, 0) if "change" in wanted.measure else at

    first = of(wanted.arms[0])
    return first - of(wanted.arms[1]) if len(wanted.arms) > 1 else first


def _write(book: Book, fitted: _Fitted, wanted: _Estimate) -> None:
    columns: Columns = {**fitted.shared, **wanted.columns, **_behind(book, fitted, wanted)}
    names = wanted.statistics
    at_baseline = wanted.visit is not None and wanted.visit.day == 0
    if fitted.fit is not None and fitted.design.equal_baseline and at_baseline and len(wanted.arms) > 1:
        why = "the arms have one mean at baseline by the model"
        book.nothing(names, why, status=Status.NOT_DONE, **columns)
        return
    why = fitted.why or _obstacle(fitted.data, wanted)
    if fitted.fit is None or why:
        book.nothing(names, why, **columns)
        return
    found = fitted.fit.contrasts(_weights(fitted, wanted)[None, :])
    values = {name: float(getattr(found, name)[0]) for name in names}
    if found.status[0] or not math.isfinite(values["estimate"]):
        book.nothing(names, f"the data do not determine it: {fitted.fit.reason}", **columns)
        return
    for name, value in values.items():
        if math.isfinite(value):
            book.writer.add(name, value, **columns)
        else:
            book.nothing((name,), "no variance is left to estimate it from", **columns)


def _obstacle(data: ModelData, wanted: _Estimate) -> str:
    """Why something is not estimable though there is a model; empty where it may be."""
    for arm in wanted.arms:
        if arm not in data.arms:
            return f"arm {arm}: {data.arms_left_out.get(arm, 'no subjects')}"
    if "change" in wanted.measure and data.visits[0].day != 0:
        return f"the baseline is not in the model: {_first_reason(data)}"
    return ""


def _first_reason(data: ModelData) -> str:
    return next((why for visit, why in data.visits_left_out.items() if visit.day == 0), "no scores")


def _behind(book: Book, fitted: _Fitted, wanted: _Estimate) -> Columns:
    """Subjects behind an estimate: those with a score at the visit, or with any."""
    data = fitted.data
    held = [arm for arm in wanted.arms if arm in data.arms]
    visit = wanted.visit if wanted.visit in data.visits else None
    sets = [data.subjects(arm, visit) for arm in held]
    both = np.sort(np.concatenate(sets)) if sets else np.zeros(0, dtype=np.intp)
    at = f" at {visit.label}" if visit is not None else ""
    label = f"{fitted.frame.scores.code}, score in the model{at}: {' and '.join(wanted.arms)}"
    return {"n": len(both), "source_set": book.source(both, label)}


def _method(fitted: _Fitted) -> str:
    settings, fit, terms = fitted.frame.scores.instrument.model, fitted.fit, fitted.data.terms
    parts = ["mixed model for repeated measures, REML"]
    if fit is not None:
        by_arm = " by arm" if settings.covariance_by_arm else ""
        parts.append(f"{_STRUCTURES[fit.structure]} covariance{by_arm}")
    parts.append(f"{_DF[settings.df]} degrees of freedom")
    equal = fitted.design.equal_baseline
    base = "visit and arm by visit, arms alike at baseline" if equal else "arm, visit and arm by visit"
    return f"{', '.join(parts)}: {base}{', with ' if terms else ''}{', '.join(terms)}"


def _about(book: Book, fitted: _Fitted) -> None:
    """Rows about the model itself, for all arms together."""
    frame, data, fit = fitted.frame, fitted.data, fitted.fit
    instrument = frame.scores.instrument
    inside = np.unique(data.rows.subject)
    columns: Columns = {
        **fitted.shared,
        "group_level": ALL,
        "measure": "model",
        "n": len(inside),
        "source_set": book.source(inside, f"{frame.scores.code}: in the model"),
    }
    population = book.study.protocol.populations[columns["population"]].label
    texts = {
        "estimand": estimand(instrument, population),
        "df_method": _DF[instrument.model.df],
        "visits_left_out": "; ".join(f"{visit.label}: {reason}" for visit, reason in data.visits_left_out.items()),
        "arms_left_out": "; ".join(f"{arm}: {reason}" for arm, reason in data.arms_left_out.items()),
    }
    for statistic, text in texts.items():
        if text:
            book.writer.add(statistic, None, **{**columns, "text": text})
    numbers = ("n_rows", "n_subjects", "n_parameters", "loglik", "aic", "bic")
    if fit is None:
        book.nothing(("covariance", *numbers), fitted.why, **columns)
        return
    tried = "; ".join(f"{_STRUCTURES[a.covariance]}: {a.reason or 'used'}" for a in fit.attempts)
    book.writer.add("covariance", None, **{**columns, "text": _STRUCTURES[fit.structure]})
    book.writer.add("attempts", None, **{**columns, "text": tried})
    if fit.reason:
        book.writer.add("columns_left_out", None, **{**columns, "text": fit.reason})
    values = {
        "n_rows": fit.n,
        "n_subjects": fit.n_subjects,
        "n_parameters": fit.n_parameters,
        "loglik": fit.loglik,
        "aic": fit.aic,
        "bic": fit.bic,
    }
    book.writer.add_values(values, **columns)


def _fates(book: Book, frame: ScaleFrame, data: ModelData) -> None:
    """Subjects in the model, and why the others are not: per arm they add up to the population."""
    reasons = list(dict.fromkeys([IN_MODEL, *sorted(set(data.fate.values()))]))
    for reason in reasons:
        for part in frame.parts:
            chosen = part.positions[np.array([data.fate[int(i)] == reason for i in part.positions], dtype=bool)]
            columns: Columns = {**frame.columns, "group_level": part.level, "measure": "model_subjects"}
            label = f"{frame.scores.code}: {reason}, {part.level}"
            book.count(chosen, of=len(part.positions), label=label, variable_level=reason, **columns)
