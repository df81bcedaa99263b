"""What the model shows when nobody chooses: the figures of trials as they come, and where the printed ones lie."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import polars as pl

from equipoise.derive import Derived, derive
from equipoise.derive.sdtm import study_id_of
from equipoise.protocol import Protocol, data_cut, field_types
from equipoise.protocol.expressions import column, parse
from equipoise.rehearsal.direct import COURSE_DOMAINS, sdtm_of
from equipoise.rehearsal.facts import generate
from equipoise.rehearsal.model.calibration import Calibration, EventTarget
from equipoise.rehearsal.model.patient_model import PatientModel
from equipoise.rehearsal.patients import MONTH
from equipoise.rehearsal.processes import finished_on_processes
from equipoise.rehearsal.streams import default_draws
from equipoise.rehearsal.twin.candidates import CHUNK, patients_and_candidates
from equipoise.rehearsal.twin.course import CourseParts, course_figures
from equipoise.rehearsal.twin.published import Line
from equipoise.rehearsal.twin.safety import event_name, events_counted

__all__ = ["percentiles", "uncalibrated_figures"]


def uncalibrated_figures(
    protocol: Protocol,
    model: PatientModel,
    landmarks: Mapping[str, tuple[int, ...]],
    trials: range,
    *,
    workers: int = 1,
    told: Callable[[int, int], None] = lambda _done, _all: None,
) -> list[dict[str, float]]:
    """Give the figures of trials that nobody calibrated, by the names that the searches use.

    Besides those of `Pool.names`, ``randomized.ARM`` and ``baseline.EXPRESSION`` (share of the patients randomized).
    """
    blocks = [range(first, min(first + CHUNK, trials.stop)) for first in range(trials.start, trials.stop, CHUNK)]
    measure = partial(_block, protocol, model, dict(landmarks))
    apart = workers > 1 and len(blocks) > 1
    answers = finished_on_processes(measure, blocks, workers) if apart else enumerate(map(measure, blocks))
    found: dict[int, list[dict[str, float]]] = {}
    for done, (place, block) in enumerate(answers, start=1):
        found[place] = block
        told(done, len(blocks))
    return [figures for place in range(len(blocks)) for figures in found[place]]


def _block(
    protocol: Protocol, model: PatientModel, landmarks: Mapping[str, tuple[int, ...]], numbers: range
) -> list[dict[str, float]]:
    asked = model.calibration or Calibration()
    facts = generate(
        protocol, model, default_draws(numbers, model.accrual.screened), parts=("disease", "lesions", "safety")
    )
    sdtm = sdtm_of(protocol, facts, domains=(*COURSE_DOMAINS, "AE"))
    randomized = facts.patients.filter(pl.col("RANDOMIZED").is_not_null())
    del facts  # a block's records and its data sets need not be in memory together
    wanted: dict[str | None, set[str]] = {None: {"ADTR", "ADTTE"}}
    for target in asked.safety:
        wanted.setdefault(target.cut, set()).add("ADAE")
    derived = {
        cut: _by_study(
            derive(
                protocol, sdtm, cut=data_cut(protocol, cut), studies="all", datasets=names, endpoints=tuple(landmarks)
            )
        )
        for cut, names in wanted.items()
    }
    found = []
    for number in numbers:
        own = randomized.filter(pl.col("TRIAL") == number)
        study = study_id_of(protocol, number)
        found.append(_figures(protocol, asked, landmarks, own, {cut: of[study] for cut, of in derived.items()}))
    return found


def _by_study(derived: Derived) -> dict[str, Derived]:
    """Take the studies apart."""
    parts = {name: frame.partition_by("STUDYID", as_dict=True) for name, frame in derived.adam.items()}
    return {
        study: replace(derived, adam={n: parts[n].get((study,), frame.clear()) for n, frame in derived.adam.items()})
        for (study,) in parts["ADSL"]
    }


def _figures(
    protocol: Protocol,
    asked: Calibration,
    landmarks: Mapping[str, tuple[int, ...]],
    own: pl.DataFrame,
    derived: Mapping[str | None, Derived],
) -> dict[str, float]:
    """Figures of one trial."""
    people = own.sort("PATIENT").select(
        "PATIENT", "ARM", pl.concat_str("^factors\\..*$", separator=" ").alias("STRATUM")
    )
    people = people.with_row_index("i")
    parts = CourseParts(people.height, 1, tuple(landmarks))
    alone = own.with_columns(TRIAL=pl.lit(0, dtype=pl.Int32))
    rows = patients_and_candidates(protocol, derived[None].adam["ADSL"], own, people).with_columns(k=pl.lit(0))
    parts.add(protocol, derived[None], rows)
    parts.add_deaths(alone.join(people.select("PATIENT", "i"), on="PATIENT"))
    figures = course_figures(protocol, parts, people, landmarks)
    for target in asked.safety:
        figures[f"sum.{event_name(target)}"] = _with_event(protocol, derived[target.cut], target)
    for arm in protocol.arms:
        figures[f"randomized.{arm}"] = float((own["ARM"] == arm).sum())
    fields = field_types(protocol)
    for baseline in asked.baseline:
        holds = own.select(column(parse(baseline.of, fields, expect="boolean")).fill_null(value=False)).to_series()
        figures[f"baseline.{baseline.of}"] = float(np.mean(holds.to_numpy()))
    return figures


def _with_event(protocol: Protocol, derived: Derived, target: EventTarget) -> float:
    return float(events_counted(protocol, derived, target)["USUBJID"].n_unique())


def percentiles(lines: Mapping[str, Line], figures: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Say where each printed figure lies among trials: percent of them below it, those equal counted half.

    Lines without a printed value or without a figure of the search have none; a median not reached lies above all.
    """
    found = {}
    for name, line in lines.items():
        if line.value is None or line.figure is None:
            continue
        scale = {"months": MONTH, "percent": 0.01, "proportion": 0.01}.get(line.unit, 1.0)
        printed = line.value * scale
        values = [math.inf if math.isnan(value) else value for value in (trial[line.figure] for trial in figures)]
        below = sum(value < printed for value in values) + 0.5 * sum(value == printed for value in values)
        found[name] = round(100.0 * below / len(values), 1)
    return found
