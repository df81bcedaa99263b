"""Lesions of a patient as they truly are: at baseline, on any later day, and those that appear.

Convention: time is months from randomization. A diameter grows exponentially at a rate of its own; a treatment, while
it is given, slows growth by a factor and takes away a share of the diameter that settles within months.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from equipoise.rehearsal.model.tumors import MOST_LESIONS, MOST_NEW, Effect, Tumors
from equipoise.rehearsal.patients import MONTH
from equipoise.rehearsal.streams import Draws, Slot

__all__ = ["FAR", "Disease", "Exposure", "make_disease", "sizes"]

FAR = 10**6
"""A day that never comes."""

_GROWTH = Slot("disease", 0)
_NUMBER = Slot("disease", 1)
_FACTOR = Slot("disease", 2)
_DEPTH = Slot("disease", 3)
_OPEN_FACTOR = Slot("disease", 4)
_OPEN_DEPTH = Slot("disease", 5)
_INDOLENT = Slot("disease", 6)
_ORGAN = Slot("disease", 100, MOST_LESIONS)
_SIZE = Slot("disease", 120, MOST_LESIONS)
_RATE = Slot("disease", 140, MOST_LESIONS)
_NEW = Slot("disease", 160, MOST_NEW)
_NEW_PLACE = Slot("disease", 170, MOST_NEW)

_LEAST_TARGET, _LEAST_NODE = 14.0, 20.0
_SMALLEST = 6.0

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Disease:
    """Latent disease of each patient; arrays of (patients, lesions) hold 0 where there is no lesion."""

    score: Floats
    """Growth of the patient on the scale of its standard deviation; high is fast."""
    relative: Floats
    """Growth rate relative to the median."""
    there: Booleans
    organ: Integers
    """Place of the organ among those of the model."""
    nodal: Booleans
    base: Floats
    """Diameter at baseline, mm."""
    rate: Floats
    """Logarithmic growth a month."""
    factor: Floats
    """On the growth rate while assigned treatment is given."""
    depth: Floats
    settles: Floats
    open_factor: Floats
    open_depth: Floats
    open_settles: float
    new_month: Floats
    """Months at which new lesions appear (patients, new lesions)."""
    new_organ: Integers


@dataclass(frozen=True, slots=True, eq=False)
class Exposure:
    """Days from randomization on which treatment begins and ends; `FAR` for never."""

    start: Integers
    stop: Integers
    open_start: Integers
    open_stop: Integers


def make_disease(tumors: Tumors, crosses_to: str | None, arms: NDArray[np.object_], draws: Draws) -> Disease:
    """Draw the latent disease of the patients randomized.

    Parameters
    ----------
    tumors
        Lesions, growth, effects.
    crosses_to
        Arm whose treatment is given openly after crossover; none without.
    arms
        Arm of each patient.
    draws
        Random numbers of these patients.
    """
    lesions, growth = tumors.lesions, tumors.growth
    n = len(draws)
    score = draws.normal(_GROWTH)
    relative = np.exp(growth.doubling_months.spread * score)
    relative[draws.uniform(_INDOLENT) < growth.indolent] *= growth.indolent_growth
    number = 1 + np.minimum(_poisson(draws.uniform(_NUMBER), lesions.mean_more), MOST_LESIONS - 1)
    there = np.arange(MOST_LESIONS)[None, :] < number[:, None]
    organ, nodal = _organs(tumors, draws.uniform(_ORGAN))
    spread = lesions.diameter_mm
    base = np.clip(spread.median * np.exp(spread.spread * draws.normal(_SIZE)), _SMALLEST, lesions.largest_mm)
    least = np.where(nodal[:, 0], _LEAST_NODE, _LEAST_TARGET)
    base[:, 0] = np.maximum(base[:, 0], least)
    rate = np.log(2) / growth.doubling_months.median * relative[:, None]
    rate = rate * np.exp(growth.lesion_spread * draws.normal(_RATE))
    effects = [tumors.effects[arm] for arm in arms]
    factor, depth = _effect(effects, draws.normal(_FACTOR), draws.normal(_DEPTH))
    opened = tumors.after_crossover or tumors.effects[crosses_to or next(iter(tumors.effects))]
    open_factor, open_depth = _effect([opened] * n, draws.normal(_OPEN_FACTOR), draws.normal(_OPEN_DEPTH))
    new_month, new_organ = _new_lesions(tumors, effects, relative, draws)
    return Disease(
        score=score, relative=relative, there=there, organ=organ, nodal=nodal & there, base=np.where(there, base, 0.0),
        rate=np.where(there, rate, 0.0), factor=factor, depth=depth,
        settles=np.array([effect.settles_months for effect in effects]),
        open_factor=open_factor, open_depth=open_depth, open_settles=opened.settles_months,
        new_month=new_month, new_organ=new_organ,
    )  # fmt: skip


def _poisson(uniform: Floats, mean: float) -> Integers:
    """Number whose distribution function first reaches the uniform."""
    steps = np.arange(1, MOST_LESIONS)
    chance = np.exp(-mean) * np.cumprod(np.concatenate([[1.0], mean / steps]))
    found: Integers = np.searchsorted(np.cumsum(chance), uniform, side="right").astype(np.int64)
    return found


def _organs(tumors: Tumors, uniform: Floats) -> tuple[Integers, Booleans]:
    organs = list(tumors.lesions.organs.values())
    shares = np.cumsum([organ.weight for organ in organs])
    place = np.minimum(np.searchsorted(shares / shares[-1], uniform, side="right"), len(organs) - 1)
    return place.astype(np.int64), np.array([organ.nodal for organ in organs])[place]


def _effect(effects: list[Effect], factor: Floats, depth: Floats) -> tuple[Floats, Floats]:
    def column(get: str, name: str) -> Floats:
        return np.array([getattr(getattr(effect, get), name) for effect in effects])

    found = column("growth", "median") * np.exp(column("growth", "spread") * factor)
    share = column("depth", "median") * np.exp(column("depth", "spread") * depth)
    return found, np.minimum(share, np.array([effect.deepest for effect in effects]))


def _new_lesions(tumors: Tumors, effects: list[Effect], relative: Floats, draws: Draws) -> tuple[Floats, Integers]:
    """Months at which new lesions appear, by a cumulative rate of (time x rate) to the power of the shape."""
    new = tumors.new
    hazard = np.array([effect.new_lesions for effect in effects]) * relative**new.growth_power
    needed = np.cumsum(draws.exponential(_NEW), axis=1) / np.maximum(hazard, 1e-12)[:, None]
    month = needed ** (1 / new.shape) / max(new.per_month, 1e-12)
    return np.minimum(month, FAR / MONTH), _organs(tumors, draws.uniform(_NEW_PLACE))[0]


def sizes(disease: Disease, exposure: Exposure, rows: Integers, day: Integers) -> Floats:
    """True diameters of the lesions of patients on days.

    Parameters
    ----------
    disease
        Latent disease.
    exposure
        When treatment was given.
    rows
        Places of the patients in ``disease``.
    day
        Days from randomization; sizes before it are those of day 0.

    Returns
    -------
    numpy.ndarray
        Millimeters, (rows, lesions).
    """
    day = np.maximum(day, 0)
    treated = (np.clip(day, exposure.start[rows], exposure.stop[rows]) - exposure.start[rows]) / MONTH
    begun = exposure.open_start[rows]
    opened = (np.clip(day, begun, np.maximum(exposure.open_stop[rows], begun)) - begun) / MONTH
    treated, opened = np.maximum(treated, 0), np.maximum(opened, 0)
    alone = day / MONTH - treated - opened
    effective = alone + treated * disease.factor[rows] + opened * disease.open_factor[rows]
    left = 1 - disease.depth[rows] * (1 - np.exp(-treated / disease.settles[rows]))
    left = left * (1 - disease.open_depth[rows] * (1 - np.exp(-opened / disease.open_settles)))
    grown = disease.base[rows] * np.exp(np.minimum(disease.rate[rows] * effective[:, None], 4.0))
    found: Floats = np.minimum(grown * left[:, None], 400.0)
    return found
