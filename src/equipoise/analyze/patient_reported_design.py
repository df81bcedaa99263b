"""Columns of the mixed model of a scale, and the combinations of them that are means.

Without a formula: intercept, stratification factors, further factors and numbers, baseline, arm, visit, arm by visit,
baseline by visit, coded against the first level. Where the arms share their mean at baseline there is no effect of the
arm by itself, and arm by visit starts after the baseline.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Design", "ModelRows"]

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class ModelRows:
    """The rows of a model, one per subject and visit."""

    subject: npt.NDArray[np.intp]
    """Positions of subjects."""
    arm: Codes
    visit: Codes
    score: Floats
    """The response."""
    base: Floats | None
    """Baseline, where it is a covariate."""
    factors: Mapping[str, tuple[tuple[str, ...], Codes]]
    """Name -> levels and the level of each row."""
    numbers: Mapping[str, Floats]


@dataclass(frozen=True, kw_only=True)
class Design:
    """How rows become columns.

    ``arms`` and ``visits`` hold the levels, the first of each is the reference. With ``equal_baseline`` the first visit
    is the baseline, at which the arms have one mean.
    """

    arms: tuple[str, ...]
    visits: tuple[str, ...]
    rows: ModelRows
    baseline_by_visit: bool
    equal_baseline: bool
    proportional: bool
    """Factors count in the means as often as their levels occur; else alike."""

    def columns(self) -> dict[str, Floats]:
        """Columns of the model by name, for the rows."""
        rows = self.rows
        factors = {
            name: (codes[:, None] == np.arange(len(levels))).astype(np.float64)
            for name, (levels, codes) in rows.factors.items()
        }
        arm = (rows.arm[:, None] == np.arange(len(self.arms))).astype(np.float64)
        visit = (rows.visit[:, None] == np.arange(len(self.visits))).astype(np.float64)
        return self._coded(arm, visit, rows.base, factors, rows.numbers)

    def mean(self, arm: int, visit: int) -> Floats:
        """Weights of the columns that give the mean of an arm at a visit.

        Numbers are at their mean over the rows, levels of factors weighted as declared.
        """
        rows = self.rows
        one = np.ones(1)
        factors = {name: self._shares(len(levels), codes) for name, (levels, codes) in rows.factors.items()}
        base = None if rows.base is None else one * np.mean(rows.base)
        numbers = {name: one * np.mean(values) for name, values in rows.numbers.items()}
        arms, visits = np.eye(len(self.arms))[[arm]], np.eye(len(self.visits))[[visit]]
        return np.concatenate(list(self._coded(arms, visits, base, factors, numbers).values()))

    def _shares(self, levels: int, codes: Codes) -> Floats:
        counts = np.bincount(codes, minlength=levels).astype(np.float64)
        return (counts / counts.sum() if self.proportional else np.full(levels, 1 / levels))[None, :]

    def _coded(
        self,
        arm: Floats,
        visit: Floats,
        base: Floats | None,
        factors: Mapping[str, Floats],
        numbers: Mapping[str, Floats],
    ) -> dict[str, Floats]:
        columns: dict[str, Floats] = {"(Intercept)": np.ones(len(arm))}
        for name, shares in factors.items():
            levels = self.rows.factors[name][0]
            columns |= {f"{name}: {levels[k]}": shares[:, k] for k in range(1, len(levels))}
        columns |= dict(numbers)
        if base is not None:
            columns["Baseline"] = base
        if not self.equal_baseline:
            columns |= {f"Arm: {self.arms[a]}": arm[:, a] for a in range(1, len(self.arms))}
        columns |= {f"Visit: {self.visits[v]}": visit[:, v] for v in range(1, len(self.visits))}
        for v in range(1, len(self.visits)):
            columns |= {
                f"Arm: {self.arms[a]}, visit: {self.visits[v]}": arm[:, a] * visit[:, v]
                for a in range(1, len(self.arms))
            }
        if base is not None and self.baseline_by_visit:
            columns |= {f"Baseline, visit: {self.visits[v]}": base * visit[:, v] for v in range(1, len(self.visits))}
        return columns
