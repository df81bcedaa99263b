"""One estimate of survival had nobody crossed over."""

import math
from dataclasses import dataclass

from equipoise.analyze.crossover_patients import Flags, Floats
from equipoise.terms import Status

__all__ = ["Estimate"]

_NAN = math.nan


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """One line of the comparison: numbers, nan where there is none, and how they came about."""

    name: str
    """Key of ``METHODS``."""
    method: str
    recensored: bool | None = None
    effect: float | None = None
    """Effect after crossover as a multiple of that from randomization."""
    hazard_ratio: float = _NAN
    conf_low: float = _NAN
    conf_high: float = _NAN
    p_value: float = _NAN
    psi: float = _NAN
    psi_low: float = _NAN
    psi_high: float = _NAN
    roots: tuple[float, ...] = ()
    events: tuple[int, int] | None = None
    """Events of the experimental and the control arm behind the hazard ratio."""
    weights: dict[str, float] | None = None
    control: tuple[Floats, Flags] | None = None
    """Times and events of the control arm had nobody crossed over."""
    remark: str = ""
    why: str = ""
    """Why there is no estimate."""
    status: Status = Status.NOT_ESTIMABLE
