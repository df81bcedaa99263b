"""Arguments that several sample sizes share, checked."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri

from equipoise.stats.errors import InputProblem, StatsError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Check", "quantiles"]


class Check:
    """Collects what is wrong with the arguments of one call."""

    def __init__(self) -> None:
        self.problems: list[InputProblem] = []

    def problem(self, argument: str, message: str, position: int | None = None, value: object = None) -> None:
        """Note one thing that is wrong."""
        self.problems.append(InputProblem(argument=argument, message=message, position=position, value=value))

    def inside(self, **values: float) -> None:
        """Expect numbers strictly between 0 and 1."""
        for name, value in values.items():
            if not (_number(value) and 0.0 < value < 1.0):
                self.problem(name, f"expected a number between 0 and 1, got {value!r}")

    def positive(self, **values: float | None) -> None:
        """Expect positive finite numbers; None is left alone."""
        for name, value in values.items():
            if value is not None and not (_number(value) and math.isfinite(value) and value > 0.0):
                self.problem(name, f"expected a number above 0, got {value!r}")

    def sides(self, sided: int) -> None:
        """Expect one or two sides."""
        if sided not in (1, 2):
            self.problem("sided", f"expected 1 or 2, got {sided!r}")

    def more_than_chance(self, *, power: float, alpha: float, sided: int) -> None:
        """Expect more power than the level of one side, which a trial without patients has."""
        if not self.problems and power <= alpha / sided:
            self.problem("power", f"expected more than the level of one side {alpha / sided!r}, got {power!r}")

    def one_of(self, argument: str, value: str, allowed: Sequence[str]) -> None:
        """Expect one of several words."""
        if value not in allowed:
            self.problem(argument, f"expected one of {', '.join(allowed)}, got {value!r}")

    def finish(self) -> None:
        """Raise everything found, if anything was."""
        if self.problems:
            raise StatsError(self.problems)


def _number(value: object) -> bool:
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


def quantiles(alpha: float, sided: int, power: float) -> tuple[float, float]:
    """Normal quantiles of the level of one side, and of the power."""
    return -float(ndtri(alpha / sided)), float(ndtri(power))
