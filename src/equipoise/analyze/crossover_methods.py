"""Estimates of survival had nobody crossed over, each with its numbers or the reason why there are none."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from equipoise.analyze.crossover_estimate import Estimate
from equipoise.analyze.crossover_patients import CrossoverPatients, Flags, Floats
from equipoise.analyze.crossover_rows import FollowUpRows, follow_up_rows, values_at
from equipoise.analyze.crossover_words import METHODS, NAIVE
from equipoise.protocol import CrossoverAdjustment
from equipoise.stats import StatsError, cox_ph, ipcw_cox, logrank_test, rpsftm, two_stage, two_stage_g
from equipoise.terms import Status

__all__ = ["estimates", "intention_to_treat"]

_NAN = math.nan


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """What all methods share."""

    patients: CrossoverPatients
    declared: CrossoverAdjustment
    conf_level: float

    @property
    def arm(self) -> npt.NDArray[np.int64]:
        """1 in the experimental arm."""
        return self.patients.pair.treated.astype(np.int64)

    @property
    def strata(self) -> npt.NDArray[np.str_] | None:
        """Stratum of each patient; None without strata."""
        labels = self.patients.model.labels
        return None if labels is None else labels[self.patients.pair.positions]

    @property
    def samples(self) -> dict[str, Any]:
        """Bootstrap of the methods that have one."""
        return {"samples": self.declared.bootstrap, "seed": self.declared.seed, "conf_level": self.conf_level}

    @property
    def x(self) -> Floats | None:
        """Covariates at randomization; None without any."""
        return self.patients.x if self.patients.x.shape[1] else None

    def words(self, name: str, recensored: bool | None = None) -> str:
        """Method of an estimate in words."""
        more = {True: ", recensored", False: ", not recensored", None: ""}[recensored]
        stratified = name in ("intention_to_treat", *NAIVE, "rpsftm")
        base = f"{METHODS[name]}{more}"
        if stratified:
            return f"{base}, {self.patients.model.words}"
        if name == "two_stage":
            base = base.replace("accelerated failure time", f"{self.declared.distribution.capitalize()} model")
            base = base.replace("model model", "model")
        if name == "ipcw":
            clock = "unstabilized, clock from progression" if self.patients.gate else "stabilized"
            base = f"{base} ({clock})"
        names = ", ".join(self.patients.covariates)
        return f"{base}, covariates {names}" if names else base


def intention_to_treat(patients: CrossoverPatients, conf_level: float) -> Estimate:
    """Hazard ratio of the arms as randomized, and the log-rank P of the same strata."""
    plan = _Plan(patients=patients, declared=CrossoverAdjustment(), conf_level=conf_level)
    found = _cox(plan, "intention_to_treat", patients.time, patients.event, np.ones(patients.time.size, dtype=bool))
    if found.why:
        return found
    test = logrank_test(patients.time, patients.event, plan.arm, strata=plan.strata, reference=0)
    return replace(found, p_value=_NAN if test.status else float(test.p_value))


def estimates(patients: CrossoverPatients, declared: CrossoverAdjustment, conf_level: float) -> Iterator[Estimate]:
    """Naive contrasts, then every method asked for in its variants; what cannot be done says why."""
    plan = _Plan(patients=patients, declared=declared, conf_level=conf_level)
    makers: dict[str, Callable[..., Estimate]] = {
        "rpsftm": _rpsftm,
        "ipcw": _ipcw,
        "two_stage": _two_stage,
        "two_stage_g": _two_stage_g,
    }
    for name in NAIVE:
        yield _guarded(plan, name, _naive, {})
    for name in declared.methods:
        variants: list[dict[str, Any]] = [{"recensored": value} for value in declared.recensor]
        if name == "ipcw":
            variants = [{}]
        elif name == "rpsftm":
            pairs = product(declared.effect_after_switch, declared.recensor)
            variants = [{"recensored": value, "effect": effect} for effect, value in pairs]
        for variant in variants:
            yield _guarded(plan, name, makers[name], variant)


def _guarded(plan: _Plan, name: str, make: Callable[..., Estimate], variant: dict[str, Any]) -> Estimate:
    """Estimate, or the reason why the data or the numbers allow none."""
    method = plan.words(name, variant.get("recensored"))
    empty = Estimate(name=name, method=method, **variant)
    obstacle = _obstacle(plan, name, recensored=bool(variant.get("recensored")))
    if obstacle:
        return replace(empty, why=obstacle, status=Status.NOT_DONE)
    try:
        with np.errstate(all="ignore"):
            found = make(plan, empty)
    except StatsError as error:
        words = _one_line(str(error))
        return replace(empty, why="the factor on time has no finite estimate" if "= nan" in words else words)
    except (ArithmeticError, ValueError):
        return replace(empty, why="the hazard ratio has no finite estimate")
    if found.why or math.isfinite(found.hazard_ratio):
        return found
    said = found.remark.split("; ", 1)[-1] if found.remark.startswith("limits") else found.remark
    why = said if said and not said.startswith("limits") else "the hazard ratio has no finite estimate"
    return replace(found, why=why, control=None, events=None)


def _one_line(text: str) -> str:
    return "; ".join(line.strip() for line in text.splitlines() if line.strip())


def _obstacle(plan: _Plan, name: str, *, recensored: bool) -> str:
    """Why a method does not belong to these data; empty where it does."""
    patients, arm = plan.patients, plan.patients.pair.reference
    two_stages, modeled = name in ("two_stage", "two_stage_g"), name not in (*NAIVE, "rpsftm")
    limit = np.full(patients.time.size, np.inf) if patients.limit is None else patients.limit
    late = int((patients.time > limit).sum())
    unknown = "potential censoring times are not known"
    obstacles = (
        (bool(patients.pair.obstacle()), patients.pair.obstacle()),
        (not patients.switched.any(), f"nobody in arm {arm} crossed over"),
        (
            name != "rpsftm" and bool(patients.switched[patients.control].all()),
            f"everybody in arm {arm} crossed over: nobody is left to stand for them",
        ),
        (
            modeled and patients.gate and not patients.progression_known,
            f"the data hold no date of {patients.assessor} progression, which opens the gate of crossover",
        ),
        (
            two_stages and not patients.gate,
            "crossover does not wait for progression: progression is no second baseline",
        ),
        (recensored and patients.limit is None, f"the data cut has no cut-off date: {unknown}"),
        (recensored and late > 0, f"{late} subjects are observed after the cut-off date: {unknown}"),
    )
    return next((why for found, why in obstacles if found), "")


def _naive(plan: _Plan, empty: Estimate) -> Estimate:
    patients = plan.patients
    if empty.name == "without_switchers":
        return _cox(plan, empty.name, patients.time, patients.event, ~patients.switched)
    time = np.where(patients.switched, patients.switch, patients.time)
    return _cox(plan, empty.name, time, patients.event & ~patients.switched, np.ones(time.size, dtype=bool))


def _cox(plan: _Plan, name: str, time: Floats, event: Flags, among: Flags) -> Estimate:
    """Hazard ratio of the arms, stratified as declared, among some patients."""
    empty = Estimate(name=name, method=plan.words(name))
    pair = replace(plan.patients.pair.among(among), days=time[among].astype(np.int64), event=event[among])
    if pair.obstacle():
        return replace(empty, why=pair.obstacle())
    strata = None if plan.strata is None else plan.strata[among]
    x = pair.treated.astype(np.float64)[:, None]
    fit = cox_ph(time[among], event[among], x, strata=strata, conf_level=plan.conf_level)
    return replace(
        empty,
        hazard_ratio=float(fit.hazard_ratio[0]),
        conf_low=float(fit.conf_low[0]),
        conf_high=float(fit.conf_high[0]),
        p_value=float(fit.p_value[0]),
        events=_events(event[among], pair.treated),
        remark=fit.reason,
    )


def _events(event: Flags, experimental: Flags) -> tuple[int, int]:
    return int((event & experimental).sum()), int((event & ~experimental).sum())


def _missing_root(status: str, roots: int) -> str:
    if status == "NE":
        return "the estimating function does not cross 0"
    return f"the estimating function crosses 0 at {roots} places; the middle one is used" if roots > 1 else ""


def _remark(*parts: str) -> str:
    return "; ".join(part for part in parts if part)


def _rpsftm(plan: _Plan, empty: Estimate) -> Estimate:
    patients = plan.patients
    found = rpsftm(
        patients.time,
        patients.event,
        plan.arm,
        reference=0,
        switch_time=patients.switch,
        censor_time=patients.limit if empty.recensored else None,
        recensor=bool(empty.recensored),
        effect_after_switch=float(empty.effect or 1.0),
        strata=plan.strata,
        **plan.samples,
    )
    limits = "" if math.isnan(found.psi) else f"limits: {found.hazard_ratio_limits}"
    return replace(
        empty,
        hazard_ratio=found.hazard_ratio,
        conf_low=found.hazard_ratio_low,
        conf_high=found.hazard_ratio_high,
        p_value=found.p_value,
        psi=found.psi,
        psi_low=found.conf_low,
        psi_high=found.conf_high,
        roots=tuple(jump.psi for jump in found.roots),
        events=_events(found.event, found.experimental),
        control=(found.time[~found.experimental], found.event[~found.experimental]),
        remark=_remark(limits, _missing_root(found.status, len(found.roots))),
    )


def _rows_of(plan: _Plan, interval: int | None = None) -> tuple[FollowUpRows, dict[str, Any]]:
    """Start-stop rows and the arguments that censoring weights and g-estimation share."""
    patients = plan.patients
    rows = follow_up_rows(patients, interval=interval)
    who = rows.patient
    switch = patients.switch[who]
    possible = ~patients.pair.treated[who] & (np.isnan(switch) | (rows.start < switch))
    if patients.gate:
        possible &= rows.progressed
    x = np.hstack([patients.x[who], rows.varying])
    kept = _independent(x[possible])
    n_baseline = patients.x.shape[1]
    baseline = [k for k in kept if k < n_baseline]
    varying = [k for k in kept if k >= n_baseline]
    shared: dict[str, Any] = {
        "subject": who,
        "start": rows.start,
        "stop": rows.stop,
        "event": rows.event,
        "group": plan.arm[who],
        "reference": 0,
        "switch_time": switch,
        "baseline": x[:, baseline] if baseline else None,
        "varying": x[:, varying] if varying else None,
        "conf_level": plan.conf_level,
    }
    return rows, shared


def _independent(x: Floats) -> list[int]:
    """Columns that are no sum of a constant and the columns before them."""
    basis: list[Floats] = [np.ones(x.shape[0])] if x.shape[0] else []
    kept = []
    for k in range(x.shape[1]):
        rest = x[:, k].copy()
        for other in basis:
            rest -= other * (float(other @ rest) / float(other @ other))
        if float(rest @ rest) > 1e-10 * max(float(x[:, k] @ x[:, k]), 1.0):
            basis.append(rest)
            kept.append(k)
    return kept


def _ipcw(plan: _Plan, empty: Estimate) -> Estimate:
    rows, shared = _rows_of(plan)
    at_risk, origin = None, None
    if plan.patients.gate:
        # progression would stand in both parts of a stabilized weight and cancel
        at_risk = rows.progressed
        origin = np.where(rows.progressed, plan.patients.progression[rows.patient], 0.0)
    found = ipcw_cox(
        **shared,
        at_risk=at_risk,
        origin=origin,
        stabilized=not plan.patients.gate,
        samples=plan.declared.bootstrap,
        seed=plan.declared.seed,
    )
    low, middle, high = found.weight_quartiles
    model = found.model
    return replace(
        empty,
        hazard_ratio=found.hazard_ratio,
        conf_low=found.conf_low,
        conf_high=found.conf_high,
        p_value=found.p_value,
        events=_events(found.event, found.experimental),
        weights={
            "n": float(found.n_rows),
            "mean": found.weight_mean,
            "min": found.weight_min,
            "q1": low,
            "median": middle,
            "q3": high,
            "max": found.weight_max,
        },
        remark=model.reason if any(model.status) else f"limits: {found.limits}",
    )


def _two_stage(plan: _Plan, empty: Estimate) -> Estimate:
    patients = plan.patients
    # counted from day 1, as the ``day`` of the method wants it
    shift = 0.0 if patients.inclusive else 1.0
    control = patients.control & ~np.isnan(patients.progression)
    since = np.where(np.isnan(patients.progression), 0.0, patients.progression)
    measured = values_at(patients, patients.progression)
    at = np.hstack([patients.x, (since / max(float(since.max()), 1.0))[:, None], measured])
    found = two_stage(
        patients.time + shift,
        patients.event,
        plan.arm,
        reference=0,
        progression_time=patients.progression + 1.0,
        switch_time=patients.switch + 1.0,
        censor_time=patients.limit + shift if empty.recensored and patients.limit is not None else None,
        recensor=bool(empty.recensored),
        x=plan.x,
        x_progression=at[:, _independent(at[control])],
        distribution=plan.declared.distribution,
        **plan.samples,
    )
    effect = found.effects[0]
    return replace(
        empty,
        hazard_ratio=found.hazard_ratio,
        conf_low=found.conf_low,
        conf_high=found.conf_high,
        p_value=found.p_value,
        psi=effect.psi,
        psi_low=effect.conf_low,
        psi_high=effect.conf_high,
        events=_events(found.event, found.experimental),
        control=(found.time[~found.experimental] - shift, found.event[~found.experimental]),
        remark=f"limits: {found.limits}",
    )


def _two_stage_g(plan: _Plan, empty: Estimate) -> Estimate:
    patients = plan.patients
    rows, shared = _rows_of(plan, plan.declared.interval_days)
    limit = None
    if empty.recensored and patients.limit is not None:
        limit = patients.limit[rows.patient]
    delay = (patients.switch - patients.progression)[patients.switched]
    longest = float(delay.max())
    found = two_stage_g(
        **shared,
        at_risk=rows.progressed & (rows.start < patients.progression[rows.patient] + max(longest, 1.0)),
        progression_time=patients.progression[rows.patient],
        censor_time=limit,
        recensor=bool(empty.recensored),
        samples=plan.declared.bootstrap,
        seed=plan.declared.seed,
    )
    how = f"limits: {found.limits}" if found.samples else "limits take psi for known"
    return replace(
        empty,
        hazard_ratio=found.hazard_ratio,
        conf_low=found.conf_low,
        conf_high=found.conf_high,
        p_value=_NAN if found.model is None else float(found.model.p_value[0]),
        psi=found.psi,
        psi_low=found.psi_low,
        psi_high=found.psi_high,
        roots=tuple(jump.psi for jump in found.roots),
        events=_events(found.event, found.experimental),
        control=(found.time[~found.experimental], found.event[~found.experimental]),
        remark=_remark(how, _missing_root(found.status, len(found.roots))),
    )
