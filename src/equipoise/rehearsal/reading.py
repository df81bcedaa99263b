"""Scans as readers see them: choice of target lesions, measurements with error, responses by the criteria's kernel."""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import ndtri

from equipoise.criteria import Charter
from equipoise.criteria import recist_kernel as kernel
from equipoise.criteria.lesion_rows import settings
from equipoise.rehearsal.model.readers import Reader
from equipoise.rehearsal.model.tumors import MOST_LESIONS, MOST_NEW, Tumors
from equipoise.rehearsal.patients import MONTH
from equipoise.rehearsal.streams import Draws, Slot
from equipoise.rehearsal.tumors import Disease

__all__ = ["READERS", "RESPONSES", "Reading", "Scans", "begin_anew", "lesion_frame", "read_scans"]

READERS = 3
"""Readings of each patient: the site's, and two central ones."""
RESPONSES = (None, "CR", "PR", "SD", "NON-CR/NON-PD", "PD", "NE")
"""Words of the kernel's codes."""

_PLACES = 32
_READER_SLOTS = 100_000
_CHOICE, _ERROR, _SEES, _IMAGINES, _CALLS, _UNMEASURED = 1_000, 2_000, 12_000, 16_000, 18_000, 19_000

_MILLIMETER = 100
_SMALLEST = 2
_LEAST, _LEAST_NODE = 10, 15
_MOST_TARGETS, _MOST_IN_ORGAN = 5, 2

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Scans:
    """Scans of patients, sorted by patient and assessment; each patient begins with assessment 0."""

    row: Integers
    """Place of the patient."""
    assessment: Integers
    """Number of the planned assessment; 0 for the baseline."""
    day: Integers
    """Days from randomization."""

    @property
    def first(self) -> Booleans:
        """Whether a scan is the first of its patient."""
        found = np.ones(len(self.row), dtype=np.bool_)
        found[1:] = self.row[1:] != self.row[:-1]
        return found

    @property
    def order(self) -> Integers:
        """Number of the scan within its patient, from 0."""
        starts = np.flatnonzero(self.first)
        found: Integers = np.arange(len(self.row)) - np.repeat(starts, np.diff(np.append(starts, len(self.row))))
        return found

    def of(self, chosen: Booleans) -> "Scans":
        """Some of the scans."""
        return Scans(self.row[chosen], self.assessment[chosen], self.day[chosen])


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """What one reader saw; arrays of (scans, lesions)."""

    number: int
    """0 for the site, else the number of the central reader."""
    target: Booleans
    """Whether a lesion was chosen as target (scans, lesions)."""
    other: Booleans
    """Whether a lesion is followed without measuring."""
    millimeters: Integers
    """Diameter as measured."""
    unmeasured: Booleans
    """Whether a target lesion cannot be measured."""
    progressed: Booleans
    """Whether lesions that are not targets are called progressive (scans)."""
    new: Booleans
    """New lesions seen (scans, new lesions and one that is imagined)."""
    known: Booleans
    """Those of them that were there at the baseline of this reading, which began later."""
    total: Integers
    """Sum in hundredths of a millimeter; -1 without."""
    response: NDArray[np.int8]
    """Overall response by the criteria, a place in `RESPONSES`; 0 at baseline."""
    parts: NDArray[np.int8]
    """Response of targets and of others, places in `RESPONSES` (scans, 2)."""


def read_scans(
    number: int, reader: Reader, *, tumors: Tumors, disease: Disease, scans: Scans, truth: Floats, charter: Charter,
    draws: Draws,
) -> Reading:  # fmt: skip
    """Let a reader read scans.

    Parameters
    ----------
    number
        0 for the site, 1 and 2 for the central readers.
    reader
        How he reads.
    tumors
        When growth of other lesions is obvious.
    disease
        Latent disease.
    scans
        What is read.
    truth
        True diameters (scans, lesions).
    charter
        Rules of response.
    draws
        Random numbers of the patients.
    """
    base = number * _READER_SLOTS
    place = scans.assessment[:, None] * _PLACES + np.arange(MOST_LESIONS)[None, :]
    rows = np.repeat(scans.row, MOST_LESIONS)
    error = ndtri(draws.at(Slot("readers", base + _ERROR), rows, place.ravel())).reshape(place.shape)
    judged = _anchored(np.log(np.maximum(truth, 1)) + reader.error * error, reader.anchor, scans)
    seen = np.maximum(np.round(np.exp(judged)), _SMALLEST).astype(np.int64)
    target, other = _chosen(reader, base, disease, scans, seen=seen, draws=draws)
    fails = draws.at(Slot("readers", base + _UNMEASURED), scans.row, scans.assessment) < reader.not_evaluable
    unmeasured = target & (np.cumsum(target, axis=1) == 1) & (fails & ~scans.first)[:, None]
    progressed = _called(
        reader, base, scans, obvious_growth=tumors.obvious_growth, truth=truth, other=other, draws=draws
    )
    new = _new(reader, base, disease, scans, draws)
    nothing = np.zeros(0, np.int8)
    reading = Reading(
        number,
        target,
        other,
        seen,
        unmeasured,
        progressed,
        new,
        np.zeros_like(new),
        np.zeros(0, np.int64),
        nothing,
        nothing,
    )
    return _assessed(reading, disease, scans, charter)


def begin_anew(
    reading: Reading, disease: Disease, scans: Scans, *, chosen: Integers, day: Integers, charter: Charter
) -> Reading:
    """Read some of the scans with a new baseline, the first of each patient among those chosen.

    Parameters
    ----------
    reading
        The reading from randomization on.
    scans, chosen
        Its scans, and places of those that count.
    day
        Day of each scan chosen, counted from the new start.
    """
    own = Scans(scans.row[chosen], scans.assessment[chosen], day)
    series = np.cumsum(own.first) - 1
    known = reading.new[chosen][own.first][series]
    before = reading.progressed[chosen][own.first][series]
    again = replace(
        reading, target=reading.target[chosen], other=reading.other[chosen], millimeters=reading.millimeters[chosen],
        unmeasured=reading.unmeasured[chosen],
        progressed=reading.progressed[chosen] & ~before, new=reading.new[chosen] & ~known, known=known,
    )  # fmt: skip
    return _assessed(again, disease, own, charter)


def _anchored(judged: Floats, anchor: float, scans: Scans) -> Floats:
    """Pull every judgment toward the one at the scan before."""
    if anchor == 0:
        return judged
    found, order = judged.copy(), scans.order
    for step in range(1, int(order.max(initial=0)) + 1):
        here = np.flatnonzero(order == step)
        found[here] = (1 - anchor) * judged[here] + anchor * found[here - 1]
    return found


def _chosen(
    reader: Reader, base: int, disease: Disease, scans: Scans, *, seen: Integers, draws: Draws
) -> tuple[Booleans, Booleans]:
    """Choose targets at baseline: the largest, as the reader likes, at most five and two of an organ."""
    first = scans.first
    rows = scans.row[first]
    there = disease.there[rows]
    size = seen[first]
    taste = ndtri(draws.of(rows).uniform(Slot("readers", base + _CHOICE, MOST_LESIONS)))
    able = there & (size >= np.where(disease.nodal[rows], _LEAST_NODE, _LEAST))
    liking = np.where(able, np.log(np.maximum(size, 1)) + reader.choice * taste, -np.inf)
    organ = disease.organ[rows]
    better = liking[:, None, :] > liking[:, :, None]
    rank = (better & (organ[:, None, :] == organ[:, :, None])).sum(axis=2)
    able &= rank < _MOST_IN_ORGAN
    liking = np.where(able, liking, -np.inf)
    rank = (liking[:, None, :] > liking[:, :, None]).sum(axis=2)
    target = able & (rank < min(reader.most_targets, _MOST_TARGETS))
    series = np.cumsum(first) - 1
    return target[series], (there & ~target)[series]


def _called(
    reader: Reader, base: int, scans: Scans, *, obvious_growth: float, truth: Floats, other: Booleans, draws: Draws
) -> Booleans:
    """Tell from which scan on lesions that are not targets are called progressive."""
    smallest = _running_minimum(np.where(other, truth, np.inf), scans)
    obvious = (other & (truth >= obvious_growth * smallest)).any(axis=1)
    calls = draws.at(Slot("readers", base + _CALLS), scans.row, scans.assessment) < reader.sees_non_target
    return _from_then_on((obvious & calls & ~scans.first)[:, None], scans)[:, 0]


def _new(reader: Reader, base: int, disease: Disease, scans: Scans, draws: Draws) -> Booleans:
    """Tell from which scan on new lesions are seen; the last one is imagined, and seen but once."""
    there = disease.new_month[scans.row] * MONTH <= scans.day[:, None]
    place = scans.assessment[:, None] * _PLACES + np.arange(MOST_NEW)[None, :]
    rows = np.repeat(scans.row, MOST_NEW)
    sees = draws.at(Slot("readers", base + _SEES), rows, place.ravel()).reshape(place.shape) < reader.sees_new
    imagined = draws.at(Slot("readers", base + _IMAGINES), scans.row, scans.assessment) < reader.imagines_new
    found = _from_then_on(there & sees & ~scans.first[:, None], scans)
    return np.concatenate([found, (imagined & ~scans.first)[:, None]], axis=1)


def _running_minimum(values: Floats, scans: Scans) -> Floats:
    """Smallest value of each column so far within each patient."""
    found = values.copy()
    order = scans.order
    for step in range(1, int(order.max(initial=0)) + 1):
        here = np.flatnonzero(order == step)
        found[here] = np.minimum(found[here], found[here - 1])
    return found


def _from_then_on(seen: Booleans, scans: Scans) -> Booleans:
    found = seen.copy()
    order = scans.order
    for step in range(1, int(order.max(initial=0)) + 1):
        here = np.flatnonzero(order == step)
        found[here] |= found[here - 1]
    return found


def _assessed(reading: Reading, disease: Disease, scans: Scans, charter: Charter) -> Reading:
    """Find sums and responses by the criteria's kernel."""
    first, order = scans.first, scans.order
    kinds, which = _kinds(reading)
    scan, column = np.nonzero(kinds >= 0)
    kind = kinds[scan, column]
    rows = np.zeros((len(scan), kernel.N_ROW), dtype=np.int32)
    lesion = np.minimum(column, MOST_LESIONS - 1)
    rows[:, kernel.R_VISIT] = order[scan]
    rows[:, kernel.R_KIND] = kind
    rows[:, kernel.R_LESION] = which[column]
    rows[:, kernel.R_NODAL] = (column < MOST_LESIONS) & disease.nodal[scans.row[scan], lesion]
    is_target = kind == kernel.TARGET
    measured = is_target & ~reading.unmeasured[scan, lesion]
    rows[:, kernel.R_SIZE] = np.where(measured, reading.millimeters[scan, lesion] * _MILLIMETER, kernel.NOT_MEASURED)
    called = np.where(reading.progressed[scan], kernel.PROGRESSION, kernel.PRESENT)
    rows[:, kernel.R_STATE] = np.where(
        is_target, kernel.NOT_STATED, np.where(kind == kernel.NEW, kernel.PROGRESSION, called)
    )
    rows[is_target & ~measured, kernel.R_STATE] = kernel.NOT_EVALUABLE
    rows[:, kernel.R_DAY] = scans.day[scan]
    rows[:, kernel.R_SCHEDULED] = kernel.NO_DAY
    series = np.cumsum(first) - 1
    n_series = int(series[-1]) + 1 if len(series) else 0
    row_starts = np.searchsorted(series[scan], np.arange(n_series + 1)).astype(np.int64)
    visits = np.bincount(series, minlength=n_series) - 1
    visit_starts = np.concatenate([[0], np.cumsum(visits)]).astype(np.int64)
    found = np.zeros((int(visit_starts[-1]), kernel.N_VISIT), dtype=np.int64)
    best = np.zeros((n_series, kernel.N_BEST), dtype=np.int64)
    stops = np.full(n_series, 2**31, dtype=np.int64)
    kernel.assess_all(rows, row_starts, visit_starts, stops, settings(charter), found, best)
    total, response = np.full(len(scans.row), -1, np.int64), np.zeros(len(scans.row), np.int8)
    parts = np.zeros((len(scans.row), 2), np.int8)
    response[~first] = found[:, kernel.V_OVERALL]
    parts[~first, 0], parts[~first, 1] = found[:, kernel.V_TARGET], found[:, kernel.V_NON_TARGET]
    measured = (best[:, kernel.B_TARGETS] > 0)[series]
    total[first] = best[:, kernel.B_BASELINE]
    total[~first] = np.where(found[:, kernel.V_COMPLETE] == 1, found[:, kernel.V_SUM], -1)
    return replace(reading, total=np.where(measured, total, -1), response=response, parts=parts)


def _kinds(reading: Reading) -> tuple[NDArray[np.int8], Integers]:
    """Kind of each lesion at each scan (-1 where it is not recorded), and the identifier of each column."""
    known = np.where(reading.target, kernel.TARGET, np.where(reading.other, kernel.NON_TARGET, -1))
    new = np.where(reading.known, kernel.NON_TARGET, np.where(reading.new, kernel.NEW, -1))
    kinds = np.concatenate([known, new], axis=1).astype(np.int8)
    return kinds, np.arange(kinds.shape[1], dtype=np.int64)


def lesion_frame(reading: Reading, tumors: Tumors, disease: Disease, scans: Scans, chosen: Integers) -> pl.DataFrame:
    """List the lesions of chosen scans as they are recorded.

    Parameters
    ----------
    chosen
        Places of the scans.

    Returns
    -------
    polars.DataFrame
        SCAN (place in ``chosen``), lesion, kind, organ, nodal, diameter (hundredths of a millimeter), state; in order.
    """
    kinds, _ = _kinds(reading)
    scan, column = np.nonzero(kinds[chosen] >= 0)
    source = chosen[scan]
    kind = kinds[source, column]
    row, lesion = scans.row[source], np.minimum(column, MOST_LESIONS - 1)
    is_target, is_new = kind == kernel.TARGET, kind == kernel.NEW
    extra = np.clip(column - MOST_LESIONS, 0, MOST_NEW - 1)
    organ = np.where(is_new, disease.new_organ[row, extra], disease.organ[row, lesion])
    names = pl.Series(list(tumors.lesions.organs), dtype=pl.String)
    label = pl.Series([f"L{i + 1}" for i in range(MOST_LESIONS)] + [f"N{i + 1}" for i in range(MOST_NEW + 1)])
    measured = is_target & ~reading.unmeasured[source, lesion]
    state = np.where(is_target, 2, np.where(is_new | reading.progressed[source], 1, 0))
    words = pl.Series(["PRESENT", "UNEQUIVOCAL", "NOT EVALUABLE"]).gather(state)
    return pl.DataFrame(
        {
            "SCAN": scan.astype(np.int64),
            "lesion": label.gather(column),
            "kind": pl.Series(["TARGET", "NON-TARGET", "NEW"]).gather(kind),
            "organ": names.gather(organ),
            "nodal": pl.Series(~is_new & disease.nodal[row, lesion]),
            "diameter": pl.Series(np.where(is_target, reading.millimeters[source, lesion] * _MILLIMETER, -1)),
            "state": words,
        }
    ).with_columns(
        diameter=pl.when(pl.Series(measured)).then("diameter"), state=pl.when(pl.Series(~measured)).then("state")
    )
