"""Time to event per arm: events, reasons of censoring, quantiles, survival at landmarks, curves, follow-up."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from equipoise.analyze.book import Book, Columns
from equipoise.analyze.populations import Group, groups
from equipoise.analyze.study import ALL
from equipoise.analyze.times import Times, read_times
from equipoise.protocol import Analysis, Endpoint
from equipoise.stats import SurvivalCurve, kaplan_meier
from equipoise.terms import DateName, EventSource, Status

__all__ = ["QUANTILE_RULES", "Frame", "curve_of", "follow_up", "frame_of", "survival"]

_QUANTILES = {"q25": 0.25, "median": 0.5, "q75": 0.75}
_PROGRESSION = {EventSource.CENTRAL_PROGRESSION, EventSource.LOCAL_PROGRESSION}
QUANTILE_RULES = {"midpoint": "midpoint", "left": "first"}


@dataclass(frozen=True, kw_only=True)
class Frame:
    """What an analysis of a time to event is about: its name, its subjects by arm, their times."""

    name: str
    analysis: Analysis
    endpoint: Endpoint
    rule_set: str
    parts: list[Group]
    """Arms in protocol order, then all; only subjects with a record."""
    without: list[Group]
    """The members of the population without a record."""
    times: Times

    @property
    def columns(self) -> Columns:
        """Columns that all rows of this analysis share."""
        return {
            "analysis_id": self.name,
            "population": self.analysis.population,
            "endpoint": self.analysis.endpoint,
            "rule_set": self.rule_set,
            "group": "arm",
        }

    @property
    def primary(self) -> bool:
        """Whether the rule set is the endpoint's own."""
        return self.rule_set == str(self.endpoint.rule_set)

    def part(self, level: str) -> Group:
        """Subjects of one arm."""
        return next(part for part in self.parts if part.level == level)


def frame_of(book: Book, name: str, analysis: Analysis, rule_set: str) -> Frame:
    """Gather the subjects and times of an analysis."""
    times = read_times(book, analysis.endpoint, rule_set)
    members = groups(book.study, analysis.population, arms=analysis.arms, cohort=analysis.cohort)
    return Frame(
        name=name,
        analysis=analysis,
        endpoint=book.study.protocol.endpoints[analysis.endpoint],
        rule_set=rule_set,
        parts=[Group(part.level, times.of(part.positions)) for part in members],
        without=[Group(part.level, part.positions[~times.known[part.positions]]) for part in members],
        times=times,
    )


def survival(book: Book, frame: Frame) -> None:
    """Write the rows per arm and for all arms together, and the curves."""
    for part, without in zip(frame.parts, frame.without, strict=True):
        _counts(book, frame, part, without)
        _estimates(book, frame, part)
        if frame.primary and part.level != ALL:
            _empty(book, frame, part)


def _empty(book: Book, frame: Frame, part: Group) -> None:
    """Report an arm about which an analysis says little or nothing."""
    n, n_events = len(part.positions), int(frame.times.event[part.positions].sum())
    if n_events > 0:
        return
    what = "subjects with a time to event" if n == 0 else "events"
    book.find(
        "warning" if n == 0 else "note",
        "arm-without-subjects" if n == 0 else "arm-without-events",
        dataset="ADTTE",
        row_key=f"ENDPT={frame.analysis.endpoint}, RULESET={frame.rule_set}",
        variable="CNSR",
        seen=f"analysis {frame.name}: no {what} in arm {part.level}",
        expected=f"{what} in every arm",
        effect="no hazard ratio, and no interval of the curve" if n else "nothing is estimated for the arm",
    )


def _counts(book: Book, frame: Frame, part: Group, without: Group) -> None:
    times, positions = frame.times, part.positions
    shared: Columns = {**frame.columns, "group_level": part.level}
    about = f"{frame.analysis.endpoint}, rule set {frame.rule_set}, {part.level}"
    n = len(positions)
    book.count(positions, of=n, label=f"{about}: analyzed", variable="subjects", **shared)
    everybody = n + len(without.positions)
    book.count(without.positions, of=everybody, label=f"{about}: no record", variable="without_record", **shared)
    for event, variable, detail in ((True, "events", "events_by_type"), (False, "censored", "censored_reason")):
        chosen = positions[times.event[positions] == event]
        book.count(chosen, of=n, percent=True, label=f"{about}: {variable}", variable=variable, **shared)
        for code in times.descriptions(frame.parts[-1].positions, event=event):
            own, text = chosen[times.codes[chosen] == code], times.labels[code]
            columns: Columns = {"variable": detail, "variable_level": text, **shared}
            book.count(own, of=n, label=f"{about}: {text}", **columns)
    _out_of_touch(book, frame, part)


def _out_of_touch(book: Book, frame: Frame, part: Group) -> None:
    """Censored so long before the cut-off that a scheduled assessment was missed: a sign of loss or of late data."""
    schedule, cutoff = book.study.protocol.visits.tumor_assessment, book.study.cutoff
    if schedule is None or cutoff is None or not _PROGRESSION & set(frame.endpoint.events):
        return
    weeks = [phase.every_weeks for phase in schedule.phases]
    weeks += [] if schedule.every_weeks is None else [schedule.every_weeks]
    if not weeks:
        return
    days = math.ceil(7 * max(weeks)) + schedule.window_days
    times, positions = frame.times, part.positions
    early = times.dates[positions] < np.datetime64(cutoff) - np.timedelta64(days, "D")
    chosen = positions[early & ~times.event[positions]]
    text = f"censored more than {days} days before the data cut-off"
    shared: Columns = {**frame.columns, "group_level": part.level, "variable": "out_of_touch", "text": text}
    book.count(chosen, of=len(positions), percent=True, label=f"{text}, {part.level}", **shared)


def curve_of(book: Book, frame: Frame, part: Group, *, reverse: bool = False) -> SurvivalCurve:
    """Kaplan-Meier curve of a group with the conventions of the protocol."""
    return kaplan_meier(
        frame.times.days[part.positions],
        frame.times.event[part.positions],
        reverse=reverse,
        conf_type=book.study.protocol.conventions.conf_type,
        conf_level=frame.analysis.conf_level,
    )


def _estimates(book: Book, frame: Frame, part: Group) -> None:
    """Write quantiles, landmarks and the curve of one group."""
    conf_type = book.study.protocol.conventions.conf_type
    n_events = int(frame.times.event[part.positions].sum())
    shared: Columns = {
        **frame.columns,
        "group_level": part.level,
        "method": f"Kaplan-Meier, {conf_type} limits",
        "conf_level": frame.analysis.conf_level,
        "n": len(part.positions),
        "n_events": n_events,
        "source_set": book.source(part.positions, f"{frame.analysis.endpoint}, {part.level}: analyzed"),
    }
    landmarks = [months * frame.endpoint.months_days for months in frame.endpoint.landmarks_months]
    if len(part.positions) == 0:
        for variable in _QUANTILES:
            book.nothing(("estimate", "conf_low", "conf_high"), "no subjects", variable=variable, unit="days", **shared)
        for day in landmarks:
            names = ("estimate", "std_error", "conf_low", "conf_high", "n_risk")
            book.nothing(names, "no subjects", variable="survival", time_days=day, **shared)
        return
    curve = curve_of(book, frame, part)
    for variable, p in _QUANTILES.items():
        _quantile(book, curve, p, variable=variable, **shared)
    _landmarks(book, curve, landmarks, shared)
    _steps(book, curve, shared)


def _quantile(book: Book, curve: SurvivalCurve, p: float, **shared: Any) -> None:
    rule = book.study.protocol.conventions.quantile
    found = curve.quantile(p, rule=QUANTILE_RULES[rule])
    shared["method"] = f"{shared['method']}, {rule} rule"
    for statistic in ("estimate", "conf_low", "conf_high"):
        value = float(getattr(found, statistic))
        if np.isnan(value):
            book.nothing((statistic,), "not reached", status=Status.NOT_REACHED, unit="days", **shared)
        else:
            book.writer.add(statistic, value, unit="days", **shared)


def _landmarks(book: Book, curve: SurvivalCurve, days: list[float], shared: Columns) -> None:
    if not days:
        return
    at = curve.at(np.array(days))
    for k, day in enumerate(days):
        columns: Columns = {**shared, "variable": "survival", "time_days": day, "unit": "proportion"}
        estimate = float(at.estimate[k])
        if at.beyond_follow_up[k] and estimate > 0:
            why = f"follow-up ends at day {int(curve.time[-1])}"
            book.nothing(("estimate", "std_error", "conf_low", "conf_high"), why, **columns)
        else:
            book.writer.add("estimate", estimate, **columns)
            why = "no event so far" if estimate == 1 else "the curve is at 0"
            for statistic in ("std_error", "conf_low", "conf_high"):
                value = float(getattr(at, statistic)[k])
                if np.isnan(value):
                    book.nothing((statistic,), why, **columns)
                else:
                    book.writer.add(statistic, value, **columns)
        book.writer.add("n_risk", int(at.n_risk[k]), **{**columns, "unit": None})


def _steps(book: Book, curve: SurvivalCurve, shared: Columns) -> None:
    start = {"time_days": 0.0, "n_risk": curve.n, "n_events": 0, "n_censored": 0, "estimate": 1.0}
    columns: Columns = {
        c: getattr(curve, c) for c in ("n_risk", "n_events", "n_censored", "estimate", "conf_low", "conf_high")
    }
    steps = pl.DataFrame({"time_days": curve.time, **columns}).with_columns(
        pl.col("time_days", "estimate", "conf_low", "conf_high").cast(pl.Float64).fill_nan(None)
    )
    first = pl.DataFrame({**start, "conf_low": 1.0, "conf_high": 1.0}, schema=steps.schema)
    kept = ("analysis_id", "population", "endpoint", "rule_set", "group", "group_level", "method", "source_set")
    words = [pl.lit(shared[c]).alias(c) for c in kept]
    book.writer.add_frame("curves", pl.concat([first, steps]).with_columns(*words, curve=pl.lit("survival")))


def follow_up(book: Book) -> None:
    """Write ``follow_up``: the reverse Kaplan-Meier median, once per analyzed endpoint that runs from randomization."""
    seen: set[tuple[str, str, str | None]] = set()
    for analysis in book.study.protocol.analyses.values():
        endpoint = book.study.protocol.endpoints[analysis.endpoint]
        key = (analysis.endpoint, analysis.population, analysis.cohort)
        timed = endpoint.kind == "time_to_event" and endpoint.origin is DateName.RANDOMIZATION
        if not timed or endpoint.reverse_of is not None or key in seen:
            continue
        seen.add(key)
        frame = frame_of(book, "follow_up", analysis, str(endpoint.rule_set))
        for part in frame.parts:
            _follow_up(book, frame, part)


def _follow_up(book: Book, frame: Frame, part: Group) -> None:
    censored = part.positions[~frame.times.event[part.positions]]
    shared: Columns = {
        **frame.columns,
        "group_level": part.level,
        "variable": "reverse_kaplan_meier",
        "subgroup": "cohort" if frame.analysis.cohort else None,
        "subgroup_level": frame.analysis.cohort,
        "n": len(part.positions),
        "n_events": len(censored),
        "source_set": book.source(part.positions, f"{frame.analysis.endpoint}, {part.level}: analyzed"),
    }
    book.writer.add("n", len(part.positions), method="count", **shared)
    own: Columns = {
        **shared,
        "source_set": book.source(censored, f"{frame.analysis.endpoint}, {part.level}: without event"),
    }
    book.writer.add("n_events", len(censored), method="count", **own)
    conf_type = book.study.protocol.conventions.conf_type
    shared |= {"method": f"reverse Kaplan-Meier, {conf_type} limits", "conf_level": frame.analysis.conf_level}
    if len(part.positions) == 0:
        book.nothing(("estimate", "conf_low", "conf_high"), "no subjects", unit="days", **shared)
    else:
        _quantile(book, curve_of(book, frame, part, reverse=True), 0.5, **shared)
