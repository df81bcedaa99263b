"""From columns of measurements to the sorted rows of the kernel: visits in order, states settled, repeats resolved."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from equipoise.criteria import recist_kernel as k
from equipoise.criteria.charter import Charter

__all__ = ["Assessed", "Columns", "assess_columns", "choose_baseline", "resolve_repeats", "settings", "settle"]

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_INCREASE = 500
_DATES = {"first_scan": k.FIRST_SCAN, "last_scan": k.LAST_SCAN, "last_target_scan": k.LAST_SCAN}
_KEEP = {"never": k.KEEP_NEVER, "confirmed": k.KEEP_CONFIRMED, "always": k.KEEP_ALWAYS}


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Measurements, one element a row; ``size`` in hundredths of a millimeter or ``NOT_MEASURED``; ids are codes."""

    series: Ints
    baseline: Bools
    visit: Ints | None
    day: Ints
    scheduled: Ints
    kind: Ints
    lesion: Ints
    part: Ints
    nodal: Ints
    size: Ints
    state: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Assessed:
    """Kernel output; ``source`` gives the place of each kernel row in the columns, ``found`` a row for each visit."""

    rows: npt.NDArray[np.int32]
    source: Ints
    visit_starts: Ints
    found: Ints
    best: Ints
    superseded: Ints
    """Rows replaced by a later scan of the same visit."""
    conflicting: Ints
    """Rows that disagree with another of the same day."""
    repeated: Ints
    """Rows that say the same as another of the same day."""


@lru_cache(maxsize=1024)
def settings(charter: Charter) -> Ints:
    """Write a charter as the kernel's settings, which nobody changes."""
    old = charter.criteria == "RECIST 1.0"
    values = {
        k.S_PD_PERCENT: 20,
        k.S_PD_INCREASE: 0 if old else _INCREASE,
        k.S_PR_PERCENT: 30,
        k.S_NODE_NORMAL: k.NODE_NORMAL,
        k.S_NODES_APART: not old,
        k.S_IRECIST: charter.criteria == "iRECIST",
        k.S_REIMAGE: charter.node_returns == "reimage",
        k.S_RETURN_BY_SUM: charter.lesion_returns == "sum",
        k.S_PD_DATE: _DATES.get(charter.progression_date, k.SCHEDULED),
        k.S_RESPONSE_DATE: _DATES.get(charter.response_date, k.SCHEDULED),
        k.S_KEEP_PR: _KEEP[charter.keep_partial_response],
        k.S_CONFIRM_DAYS: charter.confirmation_days,
        k.S_NE_BETWEEN: charter.confirmation_ne_allowed,
        k.S_SD_BETWEEN: charter.confirmation_sd_allowed,
        k.S_SD_DAY: charter.reference_day + charter.minimum_sd_days,
        k.S_FURTHER_INCREASE: _INCREASE,
        k.S_ICONFIRM_DAYS: charter.irecist_confirmation_days,
    }
    return np.array([values[i] for i in range(k.N_SETTINGS)], dtype=np.int64)


def settle(rows: npt.NDArray[np.int32], charter: Charter) -> None:
    """Make every row mean one thing, as the charter has it."""
    k.settle(rows, charter.criteria != "RECIST 1.0", charter.small_new_node == "wait")


def choose_baseline(series: Ints, day: Ints, stated: Bools | None, charter: Charter) -> tuple[Bools, Bools, Bools]:
    """Which rows are the baseline, which come before it, and which of the baseline are older than its window."""
    oldest = charter.reference_day - charter.baseline_window_days
    baseline = day <= charter.reference_day if stated is None else stated
    last = np.full(int(series.max(initial=-1)) + 1, k.NO_DAY, dtype=np.int64)
    np.maximum.at(last, series[baseline], day[baseline])
    if stated is None:
        early = baseline & (day < oldest) & (last[series] >= oldest)
    else:
        early = ~baseline & (day <= last[series])
    return baseline, early, baseline & (day < oldest) & ~early


def packed(*keys: Ints) -> Ints:
    """One number for each combination of keys, in their order, the first key the most important."""
    result, width = np.zeros(len(keys[0]), dtype=np.int64), 1
    for key in keys:
        low, high = int(key.min(initial=2**62)), int(key.max(initial=-(2**62)))
        span = max(high - low + 1, 1)
        if span == 1:
            continue
        if width * span >= 2**62:
            result = np.unique(result, return_inverse=True)[1]
            width = int(result.max()) + 1
        result = (key - low) if width == 1 else result * span + (key - low)
        width *= span
    return result


def first_days(columns: Columns) -> Ints:
    """First day of each row's visit, 0 for the baseline."""
    if columns.visit is None:
        return np.where(columns.baseline, 0, columns.day)
    label = np.where(columns.baseline, -1, columns.visit)
    n_series = int(columns.series.max(initial=-1)) + 1
    order = k.order_in_series(columns.series, n_series, packed(label, columns.day))
    series, visit = columns.series[order], label[order]
    begins = np.ones(len(order), dtype=np.bool_)
    begins[1:] = (visit[1:] != visit[:-1]) | (series[1:] != series[:-1])
    starts = np.flatnonzero(begins)
    first = np.empty_like(columns.day)
    first[order] = np.repeat(columns.day[order][starts], np.diff(np.append(starts, len(order))))
    first[columns.baseline] = 0
    return first


def assess_columns(columns: Columns, n_series: int, stops: Ints, charter: Charter) -> Assessed:
    """Sort, resolve repeats and run the kernel over all series; ``stops`` is the last day counted for each."""
    first = first_days(columns)
    label = np.zeros_like(first) if columns.visit is None else np.where(columns.baseline, -1, columns.visit)
    later = (~columns.baseline).astype(np.int64)
    place = packed(later, first, label, columns.kind, columns.lesion, columns.part)
    order = k.order_in_series(columns.series, n_series, packed(place, columns.day))
    rows = np.take(as_rows(columns), order, axis=0)
    settle(rows, charter)
    keep, repeats = resolve_repeats(rows, columns.series[order], place[order], order)
    if len(repeats[0]) + len(repeats[1]) + len(repeats[2]):
        rows, order = rows[keep], order[keep]
    series = columns.series[order]
    visit = np.zeros(len(order), dtype=np.int64)
    visit_starts = k.number_visits(series, n_series, columns.baseline[order], label[order], first[order], visit)
    rows[:, k.R_VISIT] = visit
    row_starts = np.searchsorted(series, np.arange(n_series + 1))
    found = np.zeros((visit_starts[-1], k.N_VISIT), dtype=np.int64)
    best = np.zeros((n_series, k.N_BEST), dtype=np.int64)
    k.assess_all(rows, row_starts, visit_starts, stops, settings(charter), found, best)
    found[:, k.V_ROW] += np.repeat(row_starts[:-1], np.diff(visit_starts))
    return Assessed(rows, order, visit_starts, found, best, *repeats)


def as_rows(columns: Columns) -> npt.NDArray[np.int32]:
    """Write columns side by side, so that sorting moves a row at once."""
    rows = np.zeros((len(columns.series), k.N_ROW), dtype=np.int32)
    rows[:, k.R_KIND], rows[:, k.R_LESION], rows[:, k.R_NODAL] = columns.kind, columns.lesion, columns.nodal
    rows[:, k.R_SIZE], rows[:, k.R_STATE] = columns.size, columns.state
    rows[:, k.R_DAY], rows[:, k.R_SCHEDULED] = columns.day, columns.scheduled
    return rows


def resolve_repeats(
    rows: npt.NDArray[np.int32], series: Ints, place: Ints, source: Ints
) -> tuple[Bools, tuple[Ints, Ints, Ints]]:
    """Which of the sorted rows to keep, one for each place (a lesion or part at a visit); sources of the rest.

    That of the last day is kept; it is made not evaluable where one day has two answers.
    """
    same = (place[1:] == place[:-1]) & (series[1:] == series[:-1])
    keep = np.ones(len(rows), dtype=np.bool_)
    keep[:-1] = ~same
    superseded: list[int] = []
    conflicting: list[int] = []
    repeated: list[int] = []
    doubtful = False
    answer = [k.R_SIZE, k.R_STATE]
    for i in np.flatnonzero(same):
        doubtful = doubtful and bool(i > 0 and same[i - 1])
        if rows[i, k.R_DAY] != rows[i + 1, k.R_DAY]:
            superseded.append(source[i])
            doubtful = False
            continue
        differs = doubtful or bool(np.any(rows[i, answer] != rows[i + 1, answer]))
        (conflicting if differs else repeated).append(source[i])
        if differs:
            rows[i + 1, answer], doubtful = (k.NOT_MEASURED, k.NOT_EVALUABLE), True
    lists = [np.array(sorted(items), dtype=np.int64) for items in (superseded, conflicting, repeated)]
    return keep, (lists[0], lists[1], lists[2])
