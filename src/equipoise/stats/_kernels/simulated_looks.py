"""Looks of a simulated trial: when they take place, and the stratified log-rank statistic at each.

One sort of a trial's times serves all its looks. Patients come in order of entry, so the follow-up times at a calendar
time fall from patient to patient and need no sort; merging them with the sorted times at which patients leave by
event or dropout gives every risk set.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from equipoise.stats._kernels.allocation import Plan
from equipoise.stats._kernels.decorator import compiled, inlined
from equipoise.stats._kernels.simulation import BY_CALENDAR, NEVER, Patients, TrialModel, draw_trial, room_for

FULL_BUCKET = 24
"""Times in one bucket above which the bucket is sorted by halves, not by insertion."""


class Sorting(NamedTuple):
    """Room for one sort."""

    key: np.ndarray
    row: np.ndarray
    """In: rows and their keys; out: in order."""
    spare_key: np.ndarray
    spare_row: np.ndarray
    bucket: np.ndarray
    starts: np.ndarray
    """Two more than there are buckets."""
    stack: np.ndarray


@compiled
def sorting_room(n: int) -> Sorting:
    """Make room for a sort of up to n numbers."""
    return Sorting(
        np.empty(n),
        np.empty(n, np.int64),
        np.empty(n),
        np.empty(n, np.int64),
        np.empty(n, np.int64),
        np.empty(min(max(n, 16), 4096) + 2, np.int64),
        np.empty(256, np.int64),
    )


@inlined
def _halve(key: np.ndarray, row: np.ndarray, m: int, stack: np.ndarray) -> None:
    """Sort down to runs of a dozen (Hoare's quicksort, the longer part left for later)."""
    depth, low, high = 0, 0, m - 1
    while True:
        while high - low > 12:
            middle = key[(low + high) // 2]
            i, j = low, high
            while i <= j:
                while key[i] < middle:
                    i += 1
                while key[j] > middle:
                    j -= 1
                if i <= j:
                    key[i], key[j] = key[j], key[i]
                    row[i], row[j] = row[j], row[i]
                    i += 1
                    j -= 1
            if j - low > high - i:
                stack[depth], stack[depth + 1] = low, j
                low = i
            else:
                stack[depth], stack[depth + 1] = i, high
                high = j
            depth += 2
        if depth == 0:
            return
        depth -= 2
        low, high = stack[depth], stack[depth + 1]


@inlined
def sort_rows(room: Sorting, m: int) -> None:
    """Sort the first m keys of `room` with their rows: into buckets of equal width, then inside them."""
    if m < 2:
        return
    key, row, spare, spare_row = room.key, room.row, room.spare_key, room.spare_row
    low, high = key[0], key[0]
    for p in range(m):
        low, high = min(low, key[p]), max(high, key[p])
    if high == low:
        return
    room.starts[:] = 0
    last = room.starts.size - 3
    scale = last / (high - low)
    for p in range(m):
        b = int((key[p] - low) * scale)
        room.bucket[p] = b
        room.starts[b + 2] += 1
        spare[p], spare_row[p] = key[p], row[p]
    most = 0
    for b in range(2, room.starts.size):
        most = max(most, room.starts[b])
        room.starts[b] += room.starts[b - 1]
    for p in range(m):
        b = room.bucket[p] + 1
        at = room.starts[b]
        room.starts[b] = at + 1
        key[at], row[at] = spare[p], spare_row[p]
    if most > FULL_BUCKET:
        _halve(key, row, m, room.stack)
    for p in range(1, m):
        k, r = key[p], row[p]
        q = p - 1
        while q >= 0 and key[q] > k:
            key[q + 1], row[q + 1] = key[q], row[q]
            q -= 1
        key[q + 1], row[q + 1] = k, r


@compiled
def look_times(
    kind: np.ndarray, at: np.ndarray, end: float, known: np.ndarray, cell: np.ndarray, room: Sorting, out: np.ndarray
) -> None:
    """Write the calendar time of each look; the end of the trial where the events are never known.

    Events are those of the arms compared: patients with a `cell`. A look whose events are known before the look ahead
    of it has taken place is made together with that one.
    """
    count = 0
    for i in range(known.size):
        room.key[count] = known[i]
        count += known[i] < NEVER and cell[i] >= 0
    for i in range(count):
        room.row[i] = 0
    sort_rows(room, count)
    for look in range(at.size):
        if kind[look] == BY_CALENDAR:
            out[look] = min(at[look], end)
        else:
            wanted = int(at[look])
            out[look] = min(room.key[wanted - 1], end) if wanted <= count else end
        if look > 0:
            out[look] = max(out[look], out[look - 1])


@inlined
def _sort_exits(patients: Patients, cell: np.ndarray, last: float, room: Sorting) -> int:
    """Sort the times from entry at which compared patients leave by event or dropout; give their number."""
    m = 0
    for i in range(cell.size):
        time = min(patients.event[i], patients.dropout[i])
        room.key[m], room.row[m] = time, i
        m += cell[i] >= 0 and (time <= last - patients.entry[i] or patients.known[i] <= last)
    sort_rows(room, m)
    return m


@inlined
def _exits(i: int, time: float, cut: float, patients: Patients) -> bool:
    """Whether a patient leaves by event or dropout, not by the end of follow-up."""
    return bool(patients.known[i] <= cut or time <= cut - patients.entry[i])


@inlined
def _count_entered(cut: float, patients: Patients, cell: np.ndarray, at_risk: np.ndarray, out: np.ndarray) -> int:
    """Count the patients at risk in every cell at the start, and those of both arms."""
    at_risk[:] = 0.0
    entered = 0
    while entered < cell.size and cut - patients.entry[entered] > 0.0:
        if cell[entered] >= 0:
            at_risk[cell[entered]] += 1.0
        entered += 1
    out[4], out[5] = 0.0, 0.0
    for c in range(at_risk.size):
        out[5 - (c & 1)] += at_risk[c]
    return entered


@inlined
def _tied(
    cut: float, patients: Patients, cell: np.ndarray, exits: Sorting, at: int, after: int, at_risk: np.ndarray
) -> tuple[float, float, float, float]:
    """Sums over several exits at one time: deaths of a stratum together, before anybody leaves."""
    score, variance, first, second = 0.0, 0.0, 0.0, 0.0
    for p in range(at, after):
        s = cell[exits.row[p]] >> 1
        deaths, deaths1, earlier = 0.0, 0.0, False
        for q in range(at, after):
            k = exits.row[q]
            if patients.known[k] <= cut and cell[k] >> 1 == s:
                earlier = earlier or q < p
                deaths += 1.0
                deaths1 += cell[k] & 1
        if earlier or deaths == 0.0 or patients.known[exits.row[p]] > cut:
            continue
        n1 = at_risk[2 * s + 1]
        n = n1 + at_risk[2 * s]
        share = n1 / n
        score += deaths1 - deaths * share
        if n > 1.0:
            variance += deaths * share * (1.0 - share) * (n - deaths) / (n - 1.0)
        first += deaths1
        second += deaths - deaths1
    for p in range(at, after):
        i = exits.row[p]
        if _exits(i, exits.key[p], cut, patients) and patients.entry[i] < cut:
            at_risk[cell[i]] -= 1.0
    return score, variance, first, second


@inlined
def logrank_sums_of(
    cut: float, patients: Patients, cell: np.ndarray, exits: Sorting, m: int, at_risk: np.ndarray, out: np.ndarray
) -> int:
    """Write observed minus expected events of the experimental arm, its variance, the events of both arms.

    `cell` is twice the stratum of the test plus 1 for the experimental arm, -1 for other arms; `at_risk` has one place
    per cell and is left with the patients at the end. Gives the number of patients entered, and in `out` from 4 on
    those of both arms.
    """
    entered = _count_entered(cut, patients, cell, at_risk, out)
    score, variance, first, second = 0.0, 0.0, 0.0, 0.0
    oldest = entered - 1
    at = 0
    while at < m:
        i, now = exits.row[at], exits.key[at]
        after = at + 1
        if not _exits(i, now, cut, patients) or patients.entry[i] >= cut:
            at = after
            continue
        while oldest >= 0 and cut - patients.entry[oldest] < now:
            c = cell[oldest]
            own = min(patients.event[oldest], patients.dropout[oldest])
            if c >= 0 and not _exits(oldest, own, cut, patients):
                at_risk[c] -= 1.0
            oldest -= 1
        while after < m and exits.key[after] == now:
            after += 1
        if after > at + 1:
            sums = _tied(cut, patients, cell, exits, at, after, at_risk)
            score, variance, first, second = score + sums[0], variance + sums[1], first + sums[2], second + sums[3]
        else:
            c = cell[i]
            if patients.known[i] <= cut:
                n = at_risk[c] + at_risk[c ^ 1]
                mine = c & 1
                share = at_risk[c | 1] / n
                score += mine - share
                variance += share * (1.0 - share)
                first += mine
                second += 1 - mine
            at_risk[c] -= 1.0
        at = after
    out[0], out[1], out[2], out[3] = score, variance, first, second
    return entered


@inlined
def arm_cells(model: TrialModel, patients: Patients, cell: np.ndarray) -> None:
    """Write the cell of each patient: twice the stratum of the test plus 1 for the experimental arm, -1 for others."""
    for i in range(model.n):
        s, a = model.stratum_test[patients.stratum[i]], patients.arm[i]
        cell[i] = 2 * s + 1 if a == model.experimental else (2 * s if a == model.control else -1)


@compiled
def sums_of_looks(
    cuts: np.ndarray,
    patients: Patients,
    cell: np.ndarray,
    room: Sorting,
    at_risk: np.ndarray,
    sums: np.ndarray,
    facts: np.ndarray,
) -> None:
    """Test one trial at each look.

    `sums` (looks, 6): observed minus expected, variance, events of both arms, patients entered in both arms; `facts`
    (looks, 3): the calendar time, crossovers up to then, and dropouts of both arms.
    """
    m = _sort_exits(patients, cell, cuts.max(), room)
    for look in range(cuts.size):
        cut = cuts[look]
        entered = logrank_sums_of(cut, patients, cell, room, m, at_risk, sums[look])
        crossed, gone = 0, 0
        for i in range(entered):
            follow = cut - patients.entry[i]
            crossed += patients.crossover[i] <= follow
            left = patients.known[i] > cut and patients.dropout[i] < min(patients.event[i], follow)
            gone += left and cell[i] >= 0
        facts[look, 0], facts[look, 1], facts[look, 2] = cut, crossed, gone


@compiled
def simulate_block(
    model: TrialModel, plan: Plan, seed: int, scenario: int, first: int, sums: np.ndarray, facts: np.ndarray
) -> None:
    """Simulate trials from number `first` on: `sums` and `facts` of `sums_of_looks`, one more dimension in front."""
    patients, draws = room_for(model, plan)
    room = sorting_room(model.n)
    cell = np.empty(model.n, np.int64)
    at_risk = np.empty(2 * (model.stratum_test.max() + 1))
    cuts = np.empty(model.look_at.size)
    for t in range(sums.shape[0]):
        draw_trial(model, plan, seed, scenario, first + t, patients, draws)
        arm_cells(model, patients, cell)
        look_times(model.look_kind, model.look_at, model.end, patients.known, cell, room, cuts)
        sums_of_looks(cuts, patients, cell, room, at_risk, sums[t], facts[t])
