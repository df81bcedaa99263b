"""The adjudicator of central review: reads what the two readers read, and endorses the one who is nearer.

Nearer is decided by the progression each has found so far, in scans apart; then by best response, first response, and
the change of the sum of diameters since baseline. Where nothing tells the readers apart a coin does.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from equipoise.criteria import Charter
from equipoise.rehearsal.model.readers import Readers
from equipoise.rehearsal.model.tumors import Tumors
from equipoise.rehearsal.reading import Reading, Scans, read_scans
from equipoise.rehearsal.review import NO_VISIT, SoFar, so_far
from equipoise.rehearsal.streams import Draws
from equipoise.rehearsal.tumors import Disease

__all__ = ["ADJUDICATOR", "endorsements", "nearer"]

ADJUDICATOR = 3
"""Number of the adjudicator's own reading, after those of both readers."""

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def endorsements(
    readers: Readers, charter: Charter, *, tumors: Tumors, disease: Disease, scans: Scans, truth: Floats,
    readings: Sequence[Reading], found: Sequence[SoFar], coin: Floats, draws: Draws,
) -> Integers:  # fmt: skip
    """Give the reader whom the adjudicator endorses when both have read through a scan.

    Parameters
    ----------
    readers
        How the adjudicator reads.
    charter
        Rules of response.
    tumors, disease, scans, truth
        What is read; see `equipoise.rehearsal.reading.read_scans`.
    readings, found
        Readings of both readers, and what they amount to after each scan.
    coin
        A uniform for each scan, where the readers are equally near.
    draws
        Random numbers of the patients.

    Returns
    -------
    numpy.ndarray
        1 or 2 for each scan; 1 for scans of patients whose readers never differ.
    """
    endorsed = np.ones(len(scans.row), np.int64)
    differ = np.zeros(len(disease.there), np.bool_)
    differ[scans.row[_unlike(*found)]] = True
    mine = differ[scans.row]
    if not mine.any():
        return endorsed
    own = scans.of(mine)
    third = read_scans(
        ADJUDICATOR, readers.adjudicator or readers.central, tumors=tumors, disease=disease, scans=own,
        truth=truth[mine], charter=charter, draws=draws,
    )  # fmt: skip
    judged = _judged(own, so_far(own, third.response, charter), third.total)
    both = [_judged(own, _part(one, mine), reading.total[mine]) for one, reading in zip(found, readings, strict=True)]
    endorsed[mine] = nearer(judged, both, coin[mine])
    return endorsed


def _unlike(one: SoFar, two: SoFar) -> Booleans:
    unlike: Booleans = (one.progression != two.progression) | (one.best != two.best) | (one.responded != two.responded)
    return unlike


def _part(found: SoFar, chosen: Booleans) -> SoFar:
    """What a reading amounts to at some scans, of patients who are whole among them: places count among these."""
    place = np.cumsum(chosen) - 1

    def moved(places: Integers) -> Integers:
        return np.where(places[chosen] == NO_VISIT, NO_VISIT, place[np.maximum(places[chosen], 0)])

    return SoFar(moved(found.progression), found.best[chosen], moved(found.responded), found.last[chosen])


def _judged(scans: Scans, found: SoFar, total: Integers) -> Floats:
    """(scans, 4): scan of progression, best response, scan of response, logarithm of the change of the sum.

    What has not come by a scan counts as coming with the next one.
    """
    here = np.arange(len(scans.row))
    start = here - scans.order

    def place(places: Integers) -> Integers:
        found: Integers = np.where(places == NO_VISIT, here + 1, places) - start
        return found

    sums = np.where(total > 0, total, np.nan).astype(float)
    return np.column_stack([place(found.progression), found.best, place(found.responded), np.log(sums / sums[start])])


def nearer(judged: Floats, readers: Sequence[Floats], coin: Floats) -> Integers:
    """Tell which of two readers is nearer to a third.

    Parameters
    ----------
    judged, readers
        Scan of progression, best response, scan of the first response, logarithm of the change of the sum: of the
        third, and of each of the two, (scans, 4). Earlier columns decide before later ones; nan tells nothing.
    coin
        Uniforms, for those equally near.

    Returns
    -------
    numpy.ndarray
        1 or 2 for each scan.
    """
    apart = [np.abs(judged - each) for each in readers]
    for distance in apart:
        distance[:, 1] = distance[:, 1] > 0
    chosen = 1 + (coin >= 0.5).astype(np.int64)
    for column in reversed(range(judged.shape[1])):
        one, two = (distance[:, column] for distance in apart)
        chosen = np.where(one < two, 1, np.where(two < one, 2, chosen))
    return chosen
