"""Random numbers of synthetic patients: a pure function of seed, stream, patient, candidate and slot.

Every use of chance has a slot of its own, so that a draw that is added anywhere never changes another. A patient's
CANDIDATE is a number too: candidate k of patient i is what patient i would have drawn in trial k. The generator is
Philox4x32-10 (Salmon, Moraes, Dror, Shaw 2011), keyed by the seed, at counter (slot, candidate, patient, stream).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import ndtri

from equipoise.stats._kernels import compiled
from equipoise.stats._kernels.philox import uniform_pair

__all__ = ["STREAMS", "Draws", "Slot", "default_draws"]

STREAMS = ("accrual", "disease", "readers", "safety", "questionnaires")
"""Streams, each with a candidate of its own for every patient."""

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

_FIRST_STREAM = 16
_OPEN = 2.0**-54


class Slot(NamedTuple):
    """A named place in a stream: ``size`` numbers from ``first`` on, that belong to one use."""

    stream: str
    first: int
    size: int = 1


def default_draws(trials: Sequence[int], n_patients: int) -> pl.DataFrame:
    """Give the draws of trials as they come: every patient of trial k has candidate k in every stream.

    Parameters
    ----------
    trials
        Numbers of trials, from 0 on.
    n_patients
        Places in each trial, in order of screening.

    Returns
    -------
    polars.DataFrame
        TRIAL, PATIENT and a column for each stream (Int32), a row for each place.
    """
    trial = np.repeat(np.asarray(trials, dtype=np.int32), n_patients)
    patient = np.tile(np.arange(1, n_patients + 1, dtype=np.int32), len(trials))
    return pl.DataFrame({"TRIAL": trial, "PATIENT": patient, **dict.fromkeys(STREAMS, trial)})


@compiled
def fill_pairs(  # noqa: PLR0917
    seed: int, stream: int, patient: Integers, candidate: Integers, slot: Integers, out: Floats
) -> None:
    """Fill (n, 2) with the two uniforms of each patient, candidate and slot."""
    for i in range(out.shape[0]):
        first, second = uniform_pair(seed, patient[i], candidate[i], slot[i], stream)
        out[i, 0] = first
        out[i, 1] = second


class Draws:
    """Random numbers of the patients of a draws frame, row by row.

    Parameters
    ----------
    seed
        Seed of the model.
    frame
        TRIAL, PATIENT and a candidate for each stream.
    """

    def __init__(self, seed: int, frame: pl.DataFrame) -> None:
        self.seed = seed
        self.patient: Integers = frame["PATIENT"].to_numpy().astype(np.int64)
        self.candidates: dict[str, Integers] = {name: frame[name].to_numpy().astype(np.int64) for name in STREAMS}

    def of(self, rows: NDArray[np.bool_] | Integers) -> "Draws":
        """Give the random numbers of some of the patients."""
        chosen = object.__new__(Draws)
        chosen.seed = self.seed
        chosen.patient = self.patient[rows]
        chosen.candidates = {name: values[rows] for name, values in self.candidates.items()}
        return chosen

    def __len__(self) -> int:
        return len(self.patient)

    def uniform(self, slot: Slot) -> Floats:
        """Uniforms on (0, 1) of a slot: one a patient, or (patients, size)."""
        n = len(self)
        rows = np.repeat(np.arange(n), slot.size)
        found = self.at(slot, rows, np.tile(np.arange(slot.size), n))
        return found if slot.size == 1 else found.reshape(n, slot.size)

    def normal(self, slot: Slot) -> Floats:
        """Standard normal numbers of a slot: one a patient, or (patients, size)."""
        found: Floats = ndtri(self.uniform(slot))
        return found

    def exponential(self, slot: Slot) -> Floats:
        """Standard exponential numbers of a slot: one a patient, or (patients, size)."""
        found: Floats = -np.log(self.uniform(slot))
        return found

    def at(self, slot: Slot, rows: Integers, place: Integers) -> Floats:
        """Uniforms on (0, 1) for rows of a long frame: the patient of each row, and its place in the slot."""
        return self.pairs(slot, rows, place)[:, 0]

    def pairs(self, slot: Slot, rows: Integers, place: Integers) -> Floats:
        """Two uniforms on (0, 1) for each row of a long frame: (rows, 2)."""
        out = np.empty((len(rows), 2))
        number = np.int64(slot.first) + place.astype(np.int64)
        stream = _FIRST_STREAM + STREAMS.index(slot.stream)
        fill_pairs(self.seed, stream, self.patient[rows], self.candidates[slot.stream][rows], number, out)
        return out + _OPEN
