"""Tests and effects between two arms: log-rank, hazard ratio, difference of survival at landmarks.

Every comparison is written by each model the data allow, side by side: stratified as frozen at randomization,
unstratified, and stratified by the corrected strata. ``declared`` marks the test and the effect the protocol names.
z < 0 and a hazard ratio below 1 mean that the experimental arm is better; ``p_one_sided`` is against that alternative,
``p_opposite`` the other tail.
"""

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from equipoise.analyze.book import MISSING, Book, Columns
from equipoise.analyze.populations import pairs
from equipoise.analyze.strata import Which, factor_labels, recomputed, stratum_labels, without_values
from equipoise.analyze.study import Positions, Study
from equipoise.analyze.survival import Frame
from equipoise.protocol import Analysis
from equipoise.stats import cox_ph, logrank_test, milestone_difference

__all__ = ["EFFECT", "Model", "Pair", "comparison", "hazard_ratio", "models", "pair_of", "ties_of"]

Ties = Literal["efron", "breslow"]
_NO_RECORD = "recomputed: no record of the strata used"
EFFECT = ("estimate", "std_error", "conf_low", "conf_high")


@dataclass(frozen=True, kw_only=True)
class Model:
    """How a test or an effect is stratified."""

    key: str
    """``randomization``, ``none`` or ``corrected``."""
    words: str
    labels: npt.NDArray[np.str_] | None
    """Stratum of every subject; None without strata."""
    missing: str = ""
    """Why the model cannot be computed."""
    also: str = ""
    """Key of a further model that this one stands for."""

    def is_declared(self, strata: str) -> bool:
        """Whether this is the model of the strata that the protocol names."""
        return strata in (self.key, self.also)


@dataclass(frozen=True, kw_only=True)
class Pair:
    """The subjects of two arms, and what is known of them in the order of ``positions``."""

    experimental: str
    reference: str
    positions: Positions
    treated: npt.NDArray[np.bool_]
    """True in the experimental arm."""
    days: npt.NDArray[np.int64]
    event: npt.NDArray[np.bool_]

    @property
    def columns(self) -> Columns:
        """Columns of rows about both arms."""
        return {
            "group_level": self.experimental,
            "reference_level": self.reference,
            "n": len(self.positions),
            "n_events": int(self.event.sum()),
        }

    def among(self, chosen: npt.NDArray[np.bool_]) -> "Pair":
        """Some of the subjects."""
        return Pair(
            experimental=self.experimental,
            reference=self.reference,
            positions=self.positions[chosen],
            treated=self.treated[chosen],
            days=self.days[chosen],
            event=self.event[chosen],
        )

    def obstacle(self) -> str:
        """Why no hazard ratio exists; empty where one does."""
        for arm, inside in ((self.experimental, self.treated), (self.reference, ~self.treated)):
            if not inside.any():
                return f"no subjects in arm {arm}"
        if not self.event.any():
            return "no events"
        for arm, inside in ((self.experimental, self.treated), (self.reference, ~self.treated)):
            if not self.event[inside].any():
                return f"no events in arm {arm}"
        return ""


def pair_of(frame: Frame, experimental: str, reference: str) -> Pair:
    """Subjects of two arms of an analysis."""
    left, right = frame.part(experimental).positions, frame.part(reference).positions
    positions = np.sort(np.concatenate([left, right]))
    return Pair(
        experimental=experimental,
        reference=reference,
        positions=positions,
        treated=np.isin(positions, left),
        days=frame.times.days[positions],
        event=frame.times.event[positions],
    )


def models(study: Study, cohort: str | None) -> list[Model]:
    """Models of every comparison; stratified ones by the cohort's own factors, where randomization was stratified.

    Where the data hold no record of any stratum used, strata frozen and corrected are the same, and one model stands
    for both.
    """
    plain = Model(key="none", words="unstratified", labels=None)
    factors, lost = factor_labels(study, cohort), recomputed(study, cohort)
    if not factors:
        return [plain]
    if len(lost) == len(factors):
        words = f"stratified by {', '.join(factors)} ({_NO_RECORD})"
        return [_stratified(study, cohort, "randomization", words, also="corrected"), plain]
    marked = ", ".join(f"{name} ({_NO_RECORD})" if name in lost else name for name in factors)
    return [
        _stratified(study, cohort, "randomization", f"stratified by {marked}"),
        plain,
        _stratified(study, cohort, "corrected", f"stratified by {', '.join(factors)}, corrected"),
    ]


def _stratified(study: Study, cohort: str | None, which: Which, words: str, also: str = "") -> Model:
    labels = stratum_labels(study, which, cohort)
    missing = ""
    if labels is None:
        kind = "" if also else " frozen at randomization" if which == "randomization" else " as corrected"
        names = ", ".join(without_values(study, which, cohort))
        missing = f"the data do not hold the strata{kind}: {names} missing for every subject"
    return Model(key=which, words=words, labels=labels, missing=missing, also=also)


def comparison(book: Book, frame: Frame) -> None:
    """Write the rows of every comparison of an analysis; an analysis that declares neither test nor effect has none."""
    if frame.analysis.test is None and frame.analysis.effect is None:
        return
    shown = {part.level for part in frame.parts}
    known = models(book.study, frame.analysis.cohort)
    for experimental, reference in pairs(book.study, frame.analysis):
        if not {experimental, reference} <= shown:
            continue
        pair = pair_of(frame, experimental, reference)
        label = f"{frame.analysis.endpoint}, rule set {frame.rule_set}: {experimental} and {reference}"
        shared: Columns = {**frame.columns, **pair.columns, "source_set": book.source(pair.positions, label)}
        for model in known:
            _report_missing_strata(book, frame, pair, model)
            _logrank(book, frame, pair, model, shared)
        for model in known:
            _hazard_ratio(book, frame, pair, model, shared)
        _landmark_differences(book, frame, pair, shared)


def _logrank(book: Book, frame: Frame, pair: Pair, model: Model, shared: Columns) -> None:
    test = frame.analysis.test
    declared = (
        frame.primary and test is not None and test.logrank is not None and model.is_declared(test.logrank.strata)
    )
    columns: Columns = {
        **shared,
        "variable": "logrank",
        "measure": "logrank",
        "strata": model.key,
        "declared": declared,
        "method": f"log-rank, {model.words}",
    }
    names = ("statistic", "df", "z", "p_value", "p_one_sided", "p_opposite")
    empty = [arm for arm, n in _sizes(pair).items() if n == 0]
    if model.missing or empty:
        book.nothing(names, model.missing or f"no subjects in arm {empty[0]}", **columns)
        return
    strata = None if model.labels is None else model.labels[pair.positions]
    result = logrank_test(pair.days, pair.event, pair.treated.astype(np.int64), strata=strata, reference=0)
    if result.status:
        book.nothing(names, result.reason, **columns)
        return
    silent = "; ".join(str(label) for label in result.strata_without_information)
    if silent:
        columns["text"] = f"strata without information: {silent}"
    book.writer.add_values({name: getattr(result, name) for name in names}, **columns)


def _sizes(pair: Pair) -> dict[str, int]:
    return {pair.experimental: int(pair.treated.sum()), pair.reference: int((~pair.treated).sum())}


def _hazard_ratio(book: Book, frame: Frame, pair: Pair, model: Model, shared: Columns) -> None:
    effect, analysis = frame.analysis.effect, frame.analysis
    cox = effect.cox if effect is not None else None
    declared = frame.primary and cox is not None and model.is_declared(cox.strata)
    ties = ties_of(book.study, analysis)
    columns: Columns = {**shared, "strata": model.key, "declared": declared}
    limit = analysis.alpha if analysis.sided == 1 else None
    hazard_ratio(book, pair, model, ties=ties, conf_level=analysis.conf_level, one_sided=limit, p_value=True, **columns)


def ties_of(study: Study, analysis: Analysis) -> Ties:
    """Treatment of ties in the Cox models of an analysis: as declared with its effect, else the trial's convention."""
    effect = analysis.effect
    return effect.cox.ties if effect is not None and effect.cox is not None else study.protocol.conventions.ties


def hazard_ratio(
    book: Book,
    pair: Pair,
    model: Model,
    *,
    ties: Ties,
    conf_level: float,
    one_sided: float | None = None,
    p_value: bool = False,
    **columns: Any,
) -> bool:
    """Write a hazard ratio of two arms, or why there is none; say whether there is one.

    ``one_sided`` is the level of a one-sided test, for its upper limit; ``p_value`` asks for Wald's.
    """
    columns |= {"variable": "hazard_ratio", "measure": "hazard_ratio", "conf_level": conf_level}
    columns |= {"method": f"Cox, {ties.capitalize()} ties, {model.words}"}
    names = EFFECT + (("p_value",) if p_value else ()) + (("conf_high_one_sided",) if one_sided is not None else ())
    obstacle = model.missing or pair.obstacle()
    if obstacle:
        book.nothing(names, obstacle, **columns)
        return False
    strata = None if model.labels is None else model.labels[pair.positions]
    x = pair.treated.astype(np.float64)[:, None]
    fit = cox_ph(pair.days, pair.event, x, strata=strata, ties=ties, conf_level=conf_level)
    numbers = {
        "estimate": float(fit.hazard_ratio[0]),
        "std_error": float(fit.std_error[0]),
        "conf_low": float(fit.conf_low[0]),
        "conf_high": float(fit.conf_high[0]),
        "p_value": float(fit.p_value[0]),
    }
    if not all(map(math.isfinite, numbers.values())):
        why = f": {fit.reason}" if fit.reason else ""
        book.nothing(names, f"the hazard ratio has no finite estimate{why}", **columns)
        return False
    book.writer.add_values({name: numbers[name] for name in names if name in numbers}, **columns)
    if one_sided is not None and one_sided < 0.5:
        wide = cox_ph(pair.days, pair.event, x, strata=strata, ties=ties, conf_level=1 - 2 * one_sided)
        book.writer.add("conf_high_one_sided", float(wide.conf_high[0]), **{**columns, "conf_level": 1 - one_sided})
    return True


def _landmark_differences(book: Book, frame: Frame, pair: Pair, shared: Columns) -> None:
    empty = [level for level in (pair.experimental, pair.reference) if len(frame.part(level).positions) == 0]
    arms = np.where(pair.treated, pair.experimental, pair.reference)
    level = frame.analysis.conf_level
    for months in frame.endpoint.landmarks_months:
        day = months * frame.endpoint.months_days
        columns: Columns = {**shared, "variable": "survival_difference", "measure": "survival_difference"}
        columns |= {"strata": "none", "time_days": day, "conf_level": level, "unit": "proportion"}
        columns |= {"method": "difference of Kaplan-Meier estimates, Greenwood variances, Wald limits"}
        if empty:
            book.nothing(EFFECT, f"no subjects in arm {empty[0]}", **columns)
            continue
        found = milestone_difference(
            pair.days, pair.event, arms, at=day, reference=pair.reference, method="plain", conf_level=level
        )
        known = EFFECT if not found.status else EFFECT[:1] if math.isfinite(found.estimate) else ()
        book.writer.add_values({name: getattr(found, name) for name in known}, **columns)
        book.nothing(EFFECT[len(known) :], found.reason, **columns)


def _report_missing_strata(book: Book, frame: Frame, pair: Pair, model: Model) -> None:
    if model.labels is None or not frame.primary:
        return
    unknown = [i for i in pair.positions if f": {MISSING}" in model.labels[i]]
    for i in unknown:
        subject = book.study.subjects[i]
        book.find(
            "warning",
            "stratum-missing",
            row_key=f"USUBJID={subject}",
            variable="STRAT1R" if model.key == "randomization" else "STRAT1V",
            seen=str(model.labels[i]),
            expected="a level of every stratification factor",
            effect="the subject stays in stratified analyses, with (missing) as a level of its own",
            subject=subject,
        )
