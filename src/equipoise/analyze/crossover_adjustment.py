"""Survival had nobody crossed over: a block of rows beside the intention-to-treat comparison, and its curves."""

import math

import polars as pl

from equipoise.analyze.book import Book, Columns
from equipoise.analyze.crossover_estimate import Estimate
from equipoise.analyze.crossover_methods import estimates, intention_to_treat
from equipoise.analyze.crossover_patients import CrossoverPatients, Flags, Floats, crossover_patients
from equipoise.analyze.crossover_words import ASSUMPTIONS
from equipoise.analyze.study import Positions
from equipoise.analyze.survival import QUANTILE_RULES, Frame
from equipoise.protocol import CrossoverAdjustment
from equipoise.stats import kaplan_meier
from equipoise.terms import Status

__all__ = ["SUFFIX", "crossover_adjustment"]

SUFFIX = "_without_crossover"
_RATIO = ("estimate", "conf_low", "conf_high", "p_value")


def crossover_adjustment(book: Book, frame: Frame) -> None:
    """Write ``<analysis>_without_crossover`` where the protocol asks for it."""
    declared, rule = frame.analysis.crossover_adjustment, book.study.protocol.crossover
    if declared is None or rule is None:
        return
    arms = (rule.to_arm, rule.from_arm)
    shared: Columns = {**frame.columns, "analysis_id": f"{frame.name}{SUFFIX}"}
    if "TR02SDT" not in book.study.adsl.columns or "RANDDT" not in book.study.adsl.columns:
        why = "ADSL does not hold RANDDT and TR02SDT, the dates of randomization and of the first crossover dose"
        columns: Columns = {"group_level": arms[0], "reference_level": arms[1], "variable": "intention_to_treat"}
        book.nothing(_RATIO[:1], why, status=Status.NOT_DONE, measure="hazard_ratio", **{**shared, **columns})
        return
    patients = crossover_patients(book, frame, declared, arms)
    _counts(book, patients, shared)
    _covariates(book, patients, declared, shared)
    conf_level, pair = frame.analysis.conf_level, patients.pair
    _write(book, patients, intention_to_treat(patients, conf_level), conf_level, shared)
    members = {arm: pair.treated if arm == pair.experimental else patients.control for arm in arms}
    for arm, inside in members.items():
        if inside.any():
            times = patients.time[inside], patients.event[inside]
            own = (arm, pair.positions[inside])
            _curve(book, own, times, curve="as_observed", method="as observed", conf_level=conf_level, shared=shared)
    own = (pair.reference, pair.positions[patients.control])
    for found in estimates(patients, declared, conf_level):
        _write(book, patients, found, conf_level, shared)
        if found.control is not None and found.effect in (None, 1.0):
            name = found.name + ("_recensored" if found.recensored else "")
            _median(book, patients, found, conf_level, shared)
            _curve(book, own, found.control, curve=name, method=found.method, conf_level=conf_level, shared=shared)


def _counts(book: Book, patients: CrossoverPatients, shared: Columns) -> None:
    """Write who crossed over, after what, and how late."""
    pair, control = patients.pair, patients.control
    everybody = pair.positions[control]
    progressed = control & patients.progressed
    of_reference: Columns = {**shared, "group_level": pair.reference}
    for arm, inside in ((pair.experimental, pair.treated), (pair.reference, control)):
        members = pair.positions[inside]
        book.count(
            members, of=members.size, label=f"analyzed, {arm}", **{**shared, "variable": "subjects", "group_level": arm}
        )
    for variable, chosen, of in (
        ("switched", patients.switched, control),
        ("progressed", progressed, control),
        ("switched_of_progressed", patients.switched & progressed & ~patients.unexplained, progressed),
        ("switched_without_progression", patients.unexplained, patients.switched),
    ):
        label = f"{variable.replace('_', ' ')}, {pair.reference}"
        columns: Columns = {**of_reference, "variable": variable, "text": f"{patients.assessor} progression"}
        book.count(pair.positions[chosen], of=int(of.sum()), percent=True, label=label, **columns)
    known = patients.switched & ~patients.unexplained
    for variable, chosen, values in (
        ("days_to_switch", patients.switched, patients.switch),
        ("days_progression_to_switch", known, patients.switch - patients.progression),
    ):
        columns = {**of_reference, "variable": variable, "unit": "days"}
        book.distribution(values[chosen], pair.positions[chosen], label=variable.replace("_", " "), **columns)
    if patients.limit is not None:
        columns = {**of_reference, "variable": "potential_follow_up", "unit": "days"}
        book.distribution(patients.limit[control], everybody, label="potential follow-up", **columns)


def _covariates(book: Book, patients: CrossoverPatients, declared: CrossoverAdjustment, shared: Columns) -> None:
    """Write which covariates are in the models, as words."""
    pair = patients.pair
    arms: Columns = {**shared, "group_level": pair.experimental, "reference_level": pair.reference}
    varying = (*(["days to progression"] if patients.gate else ["progression"]), *patients.varying_names)
    for variable, names in (
        ("covariates_at_randomization", patients.covariates),
        ("covariates_after_randomization", varying),
        ("covariates_absent", patients.absent),
    ):
        text = ", ".join(names) or "none"
        book.writer.add("names", None, text=text, variable=variable, method="as declared", **arms)
    if declared.bootstrap:
        text = f"{declared.bootstrap} samples, seed {declared.seed}"
        book.writer.add("samples", declared.bootstrap, text=text, variable="bootstrap", **arms)


def _write(book: Book, patients: CrossoverPatients, found: Estimate, conf_level: float, shared: Columns) -> None:
    """Write the rows of one estimate: hazard ratio, acceleration, events left, weights, assumption."""
    pair = patients.pair
    columns: Columns = {
        **shared,
        **pair.columns,
        **_variant(found),
        "strata": patients.model.key if found.name in _STRATIFIED else "none",
        "method": found.method,
        "conf_level": conf_level,
        "source_set": book.source(pair.positions, "in survival had nobody crossed over"),
    }
    book.writer.add("assumption", None, **{**columns, "measure": "assumption", "text": ASSUMPTIONS[found.name]})
    ratio: Columns = {**columns, "measure": "hazard_ratio"}
    if found.why:
        book.nothing(_RATIO, found.why, status=found.status, **ratio)
        return
    numbers = (found.hazard_ratio, found.conf_low, found.conf_high, found.p_value)
    _numbers(book, dict(zip(_RATIO, numbers, strict=True)), {**ratio, "text": found.remark or None})
    if found.events is not None:
        for level, other, count in (
            (pair.experimental, pair.reference, found.events[0]),
            (pair.reference, pair.experimental, found.events[1]),
        ):
            arms: Columns = {**columns, "group_level": level, "reference_level": other}
            book.writer.add("n", count, **{**arms, "measure": "events_left", "method": "count", "n_events": count})
    if not math.isnan(found.psi):
        names = ("estimate", "conf_low", "conf_high")
        values = (found.psi, found.psi_low, found.psi_high)
        psi: Columns = {**columns, "measure": "log_time_factor"}
        psi["text"] = f"roots: {', '.join(f'{root:.9g}' for root in found.roots)}" if found.roots else None
        _numbers(book, dict(zip(names, values, strict=True)), psi)
    if found.weights is not None:
        for name, value in found.weights.items():
            book.writer.add(name, value, **{**columns, "measure": "weight"})


_STRATIFIED = ("intention_to_treat", "censored_at_switch", "without_switchers", "rpsftm")


def _median(book: Book, patients: CrossoverPatients, found: Estimate, conf_level: float, shared: Columns) -> None:
    """Write the median of the control arm had nobody crossed over."""
    if found.control is None:
        return
    conventions = book.study.protocol.conventions
    curve = kaplan_meier(*found.control, conf_type=conventions.conf_type, conf_level=conf_level)
    median = curve.quantile(0.5, rule=QUANTILE_RULES[conventions.quantile])
    columns: Columns = {
        **shared,
        **_variant(found),
        "group_level": patients.pair.reference,
        "measure": "median",
        "unit": "days",
        "conf_level": conf_level,
        "method": f"Kaplan-Meier, {conventions.conf_type} limits; {found.method}",
        "n": int(patients.control.sum()),
        "source_set": book.source(patients.pair.positions[patients.control], f"analyzed, {patients.pair.reference}"),
    }
    for name in ("estimate", "conf_low", "conf_high"):
        value = float(getattr(median, name))
        if math.isfinite(value):
            book.writer.add(name, value, **columns)
        else:
            book.nothing((name,), "not reached", status=Status.NOT_REACHED, **columns)


def _variant(found: Estimate) -> Columns:
    """Columns that tell estimates apart."""
    return {
        "variable": found.name,
        "variable_level": {True: "recensored", False: "not_recensored", None: None}[found.recensored],
        "parent_level": None if found.effect is None else f"{found.effect:g}",
    }


def _numbers(book: Book, values: dict[str, float], columns: Columns) -> None:
    """Write finite numbers; others are not estimable."""
    for name, value in values.items():
        if math.isfinite(value):
            book.writer.add(name, value, **columns)
        else:
            book.nothing((name,), "no finite value", **columns)


def _curve(
    book: Book,
    arm: tuple[str, Positions],
    times: tuple[Floats, Flags],
    *,
    curve: str,
    method: str,
    conf_level: float,
    shared: Columns,
) -> None:
    """Write the Kaplan-Meier curve of an arm with these times."""
    conf_type = book.study.protocol.conventions.conf_type
    found = kaplan_meier(*times, conf_type=conf_type, conf_level=conf_level)
    names = ("n_risk", "n_events", "n_censored", "estimate", "conf_low", "conf_high")
    steps = pl.DataFrame({"time_days": found.time, **{name: getattr(found, name) for name in names}})
    steps = steps.with_columns(pl.col("time_days", "estimate", "conf_low", "conf_high").cast(pl.Float64).fill_nan(None))
    start = {"time_days": 0.0, "n_risk": found.n, "n_events": 0, "n_censored": 0, "estimate": 1.0}
    first = pl.DataFrame({**start, "conf_low": 1.0, "conf_high": 1.0}, schema=steps.schema)
    words = {
        **{name: shared[name] for name in ("analysis_id", "population", "endpoint", "rule_set", "group")},
        "group_level": arm[0],
        "method": f"Kaplan-Meier, {conf_type} limits; {method}",
        "source_set": book.source(arm[1], f"survival had nobody crossed over, {arm[0]}"),
        "curve": curve,
    }
    columns = [pl.lit(value).alias(name) for name, value in words.items()]
    book.writer.add_frame("curves", pl.concat([first, steps]).with_columns(*columns))
