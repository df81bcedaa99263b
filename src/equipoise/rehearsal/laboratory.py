"""Laboratory results and vital signs of synthetic patients at their visits.

Before treatment a value is the baseline fact of the patient where the protocol has one, so that records agree. On
treatment it nears the patient's own plateau; while an adverse event lasts that is defined by a test, the value lies
beyond the bound of its grade.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import ndtri

from equipoise.rehearsal.model.laboratory import Graded, LaboratoryModel, LaboratoryTest, Limits, Trend
from equipoise.rehearsal.model.safety import SafetyModel
from equipoise.rehearsal.safety import Events
from equipoise.rehearsal.timeline import NEVER, Timeline, chosen, named_slot

__all__ = ["measurements"]

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

Adverse = tuple[SafetyModel, Events]

YEAR = 365.25
_STEADY = Trend()
_MARGIN = 0.35
"""Values beyond a bound lie at most by this part beyond it."""


def measurements(
    model: LaboratoryModel, times: Timeline, visits: pl.DataFrame, baseline: pl.DataFrame, adverse: Adverse | None
) -> dict[str, pl.DataFrame]:
    """Generate laboratory results and vital signs.

    Parameters
    ----------
    model
        Laboratories and tests.
    times
        Days of the patients.
    visits
        Visits that took place: TRIAL, PATIENT, AT, visit, number, date.
    baseline
        A row for each patient of ``times`` in its order, with the baseline fields that the model names.
    adverse
        Terms and adverse events, for tests that agree with them; none where they are not generated.

    Returns
    -------
    dict of str to polars.DataFrame
        ``labs_recorded`` and ``vitals_recorded``, a row for each result; values are decimal texts. Records are made
        some minutes after that of the visit.
    """
    table = visits.filter(pl.col("visit").is_in(model.visits) & pl.col("date").is_not_null())
    table = table.sort("TRIAL", "PATIENT", "AT", "visit", "number")
    table = table.with_columns(ROW=pl.Series(times.rows_of(table)))
    table = table.with_columns(NTH=pl.int_range(pl.len(), dtype=pl.Int32).over("TRIAL", "PATIENT"))
    laboratory = _laboratories(model, times)
    found = {}
    for kind, tests in (("labs_recorded", model.tests), ("vitals_recorded", model.vitals)):
        parts = []
        for place, (code, test) in enumerate(tests.items()):
            limits = [lab.limits[code] if kind == "labs_recorded" else Limits() for lab in model.laboratories.values()]
            source = _Source(code, test, limits)
            base = _before(source, times, laboratory, baseline)
            due = _due(source, times, table, first=model.visits[0])
            parts.append(_results(source, times, due, (laboratory, base), adverse).with_columns(PLACE=place))
        found[kind] = _records(model, kind, table, laboratory, parts)
    return found


class _Source:
    """A test with the limits of each laboratory."""

    __slots__ = ("code", "high", "limits", "low", "test")

    def __init__(self, code: str, test: LaboratoryTest, limits: list[Limits]) -> None:
        self.code, self.test, self.limits = code, test, limits
        self.low: Floats = np.array([np.nan if one.low is None else one.low for one in limits])
        self.high: Floats = np.array([np.nan if one.high is None else one.high for one in limits])


def _laboratories(model: LaboratoryModel, times: Timeline) -> Integers:
    """Laboratory of each patient: that of the site, the same in all trials."""
    sites, place = np.unique(times.site, return_inverse=True)
    spread = (np.arange(len(sites)) + 0.5) / max(len(sites), 1)
    mixed = (spread * 7919 + 0.5) % 1.0
    return chosen(mixed, [lab.share for lab in model.laboratories.values()])[place]


class _Due:
    """Visits at which a test is measured: place in the table, patient, day, whether before treatment, chance."""

    __slots__ = ("chance", "day", "first", "row", "visit")

    def __init__(self, visit: Integers, row: Integers, day: Integers, first: Flags, chance: Floats) -> None:
        self.visit, self.row, self.day, self.first, self.chance = visit, row, day, first, chance


def _due(source: _Source, times: Timeline, table: pl.DataFrame, *, first: str) -> _Due:
    begins = (table["visit"] == first).to_numpy()
    row = table["ROW"].to_numpy()
    place = np.minimum(table["NTH"].to_numpy().astype(np.int64), 4000)
    chance = times.draws.pairs(named_slot("safety", f"results {source.code}", 4096), row, place)
    due = begins | ((table["number"].to_numpy() - 1) % source.test.every == 0)
    due &= begins | (chance[:, 0] >= source.test.missing)
    day = table["date"].cast(pl.Int32).to_numpy().astype(np.int64)
    return _Due(np.flatnonzero(due), row[due], day[due], begins[due], chance[due])


def _results(
    source: _Source, times: Timeline, due: _Due, of_patients: tuple[Integers, Floats], adverse: Adverse | None
) -> pl.DataFrame:
    """Results of one test: place of the visit in the table, value, limits; ``of_patients``: laboratory, baseline."""
    test, row = source.test, due.row
    lab, base = of_patients[0][row], of_patients[1][row]
    low, high = source.low[lab], source.high[lab]
    exact = due.first & (test.field is not None)
    noise = np.where(due.first, 0.0, test.noise * ndtri(due.chance[:, 1]))
    value = _moved(test, base, _shift(source, times, row, due.day) + noise)
    if test.graded is not None and adverse is not None:
        grade = _grades(test.graded, adverse, row, due.day)
        value = _beyond(test.graded, value, grade, low if test.graded.below else high, due.chance[:, 0])
    value = np.where(exact, base, value)
    n = len(row)
    return pl.DataFrame({
        "VISIT_ROW": due.visit,
        "test": pl.Series([source.code], dtype=pl.String).new_from_index(0, n),
        "value": _decimal(value, test.digits),
        "unit": pl.Series([test.unit], dtype=pl.String).new_from_index(0, n),
        "low": _limit(low),
        "high": _limit(high),
    }).filter(pl.col("value").is_not_null())  # fmt: skip


def _before(source: _Source, times: Timeline, laboratory: Integers, baseline: pl.DataFrame) -> Floats:
    """Value of each patient before treatment; not a number where it is not known."""
    test = source.test
    if test.field is not None:
        if test.field not in baseline.columns:
            return np.full(len(times), np.nan)
        found = baseline[test.field].cast(pl.Float64).fill_null(np.nan).to_numpy()
        return found * source.high[laboratory] if test.multiple_of_normal else found
    z = times.draws.normal(named_slot("safety", f"before {source.code}"))
    median = float(test.median or 1)
    found = median * np.exp(test.spread * z) if test.scale == "log" else median + test.spread * z
    return np.asarray(found, dtype=float)


def _moved(test: LaboratoryTest, base: Floats, shift: Floats) -> Floats:
    found = base * np.exp(np.clip(shift, -8, 8)) if test.scale == "log" else base + shift
    return np.asarray(found, dtype=float)


def _shift(source: _Source, times: Timeline, row: Integers, day: Integers) -> Floats:
    """What treatment changes by a day: the way to the plateau of each treatment and back, and what a year adds."""
    shift = np.zeros(len(row))
    z = times.draws.normal(named_slot("safety", f"plateau {source.code}", 2))
    trends = [source.test.trends.get(label, _STEADY) for label in times.arms]
    mean, spread = np.array([t.mean for t in trends]), np.array([t.spread for t in trends])
    half, yearly = np.array([t.half_days for t in trends]), np.array([t.per_year for t in trends])
    assigned = times.first_dose, np.minimum(times.last_dose, times.open_first), times.arm
    opened = times.open_first, times.open_last, np.full(len(times), times.open_arm)
    for number, (begin, stop, arms) in enumerate((assigned, opened)):
        arm = arms[row]
        on = np.clip(np.minimum(day, stop[row]) - begin[row], 0, None).astype(float)
        off = np.clip(day - stop[row], 0, None).astype(float)
        near = (1 - np.exp2(-on / half[arm])) * np.exp2(-off / half[arm])
        change = (mean[arm] + spread[arm] * z[row, number]) * near + yearly[arm] * on / YEAR
        shift += np.where(begin[row] >= NEVER, 0.0, change)
    return shift


def _grades(graded: Graded, adverse: Adverse, row: Integers, day: Integers) -> Integers:
    """Highest grade of the term that lasts on the day of each result; 0 for none."""
    safety, events = adverse
    mine = events.of(events.term == list(safety.terms).index(graded.term))
    found = np.zeros(len(row), dtype=np.int64)
    if not len(mine):
        return found
    results = pl.DataFrame({"row": row, "day": day, "result": np.arange(len(row))})
    lasting = pl.DataFrame({"row": mine.row, "onset": mine.onset, "end": mine.end, "grade": mine.grade})
    pairs = results.join(lasting, on="row").filter(pl.col("day").is_between("onset", "end"))
    best = pairs.group_by("result").agg(pl.col("grade").max())
    found[best["result"].to_numpy()] = best["grade"].to_numpy()
    return found


def _beyond(graded: Graded, value: Floats, grade: Integers, limit: Floats, chance: Floats) -> Floats:
    """Put values beyond the bound of the grade, and keep those of no grade within that of grade 3."""
    unit = np.where(np.isnan(limit), 1.0, limit)
    bound = np.concatenate([[np.nan], graded.bounds])[grade] * unit
    worst = graded.bounds[2] * unit
    if graded.below:
        pushed, calm = np.minimum(value, bound * (1 - _MARGIN * chance)), np.maximum(value, worst)
    else:
        pushed, calm = np.maximum(value, bound * (1 + _MARGIN * chance)), np.minimum(value, worst)
    return np.where(grade > 0, pushed, calm)


def _decimal(value: Floats, digits: int) -> pl.Series:
    """Write numbers as decimal texts that are not below zero; none where not a number."""
    rounded = pl.Series(np.round(np.clip(value, 0, 1e9), digits), nan_to_null=True)
    if digits == 0:
        return rounded.cast(pl.Int64).cast(pl.String)
    scaled = pl.Series(np.round(np.clip(np.nan_to_num(value), 0, 1e9) * 10**digits).astype(np.int64))
    whole, rest = scaled // 10**digits, scaled % 10**digits
    table = pl.DataFrame({"w": whole, "r": rest, "there": rounded.is_not_null()})
    text = pl.format("{}.{}", "w", pl.col("r").cast(pl.String).str.zfill(digits))
    return table.select(pl.when("there").then(text)).to_series()


def _limit(limits: Floats) -> pl.Series:
    """Write limits as texts; laboratories have few."""
    words = {value: f"{value:g}" for value in np.unique(limits[~np.isnan(limits)]).tolist()}
    series = pl.Series(limits, nan_to_null=True)
    return series.replace_strict(words, default=None, return_dtype=pl.String) if words else series.cast(pl.String)


def _records(
    model: LaboratoryModel, kind: str, table: pl.DataFrame, laboratory: Integers, parts: list[pl.DataFrame]
) -> pl.DataFrame:
    """Put the results of a visit together, in the order of the tests."""
    empty = {"VISIT_ROW": pl.Int64, "PLACE": pl.Int64, "test": pl.String, "value": pl.String, "unit": pl.String}
    every = pl.concat(parts) if parts else pl.DataFrame(schema={**empty, "low": pl.String, "high": pl.String})
    every = every.sort("VISIT_ROW", "PLACE")
    heads = table[every["VISIT_ROW"].to_numpy()]
    minutes = model.entry_minutes + (0 if kind == "labs_recorded" else 1)
    names = pl.Series(list(model.laboratories))
    heads = heads.select(
        "TRIAL",
        "PATIENT",
        AT=pl.col("AT") + 60 * minutes,
        NTH=(pl.col("NTH").rank("dense").over("TRIAL", "PATIENT") - 1).cast(pl.Int32),
        date=pl.col("date"),
        visit=pl.col("visit"),
        laboratory=names.gather(pl.Series(laboratory[heads["ROW"].to_numpy()])),
    )
    columns = ("test", "value", "unit", "low", "high") if kind == "labs_recorded" else ("test", "value", "unit")
    if kind != "labs_recorded":
        heads = heads.drop("laboratory")
    return heads.hstack(every.select(columns))
