"""A mixed model fitted from a formula: least-squares means and their differences."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from equipoise.stats.errors import StatsError
from equipoise.stats.mixed.model import MixedModel

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from equipoise.stats.mixed.estimates import LinearEstimates
    from equipoise.stats.mixed.terms import Design

MeanWeights = Literal["equal", "proportional"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class FormulaModel(MixedModel):
    """A mixed model with its formula; `levels` gives the levels of each factor, the reference first.

    Least-squares means are predictions on the grid of all combinations of levels, with every number at its mean over
    the rows used (subjects with more visits count more), averaged over the factors that are not asked for: with equal
    weights, or proportional to how often their combinations occur in the rows used.
    """

    formula: str
    levels: dict[str, tuple[Any, ...]]
    arm: str | None
    _design: Design
    _values: Mapping[str, NDArray[Any]]
    _positions: NDArray[np.int64]
    _read: Callable[[object], NDArray[np.float64]]

    @property
    def rows(self) -> NDArray[np.int64]:
        """Return the positions, in the frame, of the rows used."""
        return self._positions.copy()

    def design(self, data: object) -> NDArray[np.float64]:
        """Return the columns of the model for the rows of a frame, to be given to `predict` or `contrasts`."""
        return self._read(data)

    def means(
        self,
        by: str | Sequence[str],
        *,
        weights: MeanWeights = "equal",
        at: Mapping[str, object] | None = None,
        conf_level: float | None = None,
    ) -> LinearEstimates:
        """Return least-squares means for each combination of the levels of `by`, the first varying slowest.

        Parameters
        ----------
        by : factors of the model, such as ["arm", "visit"]; averages over visits are the means by arm alone.
        weights : how other factors are averaged, "equal" or "proportional" to their frequencies.
        at : values for numbers instead of their means, or the levels of factors to keep, such as some of the visits.

        Raises
        ------
        StatsError
            If a name is no factor of the model.
        """
        names = _listed(by)
        labels, matrix = self._averages(names, weights, at or {})
        method = f"Least-squares means, {weights} weights, {self.inference_title}"
        columns = {name: tuple(label[i] for label in labels) for i, name in enumerate(names)}
        return self.linear(matrix, columns, conf_level, method)

    def differences(
        self,
        of: str | None = None,
        *,
        by: str | Sequence[str] = (),
        reference: object | None = None,
        weights: MeanWeights = "equal",
        at: Mapping[str, object] | None = None,
        conf_level: float | None = None,
    ) -> LinearEstimates:
        """Return differences of least-squares means of the levels of a factor from a reference, within levels of `by`.

        Parameters
        ----------
        of : the factor compared; default the `arm` of the model.
        by : factors within whose levels to compare, such as the visit.
        reference : the level subtracted; default the first.
        weights, at : as in `means`.

        Raises
        ------
        StatsError
            If a name is no factor of the model, or the reference no level.
        """
        factor = of or self.arm
        if factor is None:
            raise StatsError("of: name the factor to compare, or give arm= to mmrm")
        within = _listed(by)
        labels, matrix = self._averages((*within, factor), weights, at or {})
        compared = list(dict.fromkeys(label[-1] for label in labels))
        base = compared[0] if reference is None else reference
        if base not in compared:
            raise StatsError(f"reference: {base!r} is not a level of {factor}; they are {_shown(compared)}")
        position = {label: i for i, label in enumerate(labels)}
        rows, names = [], []
        for label in labels:
            if label[-1] != base:
                rows.append(matrix[position[label]] - matrix[position[*label[:-1], base]])
                names.append((*label[:-1], f"{label[-1]} - {base}"))
        columns = {name: tuple(label[i] for label in names) for i, name in enumerate((*within, "contrast"))}
        method = f"Differences of least-squares means, {weights} weights, {self.inference_title}"
        return self.linear(np.array(rows).reshape(len(rows), -1), columns, conf_level, method)

    def _averages(
        self, by: tuple[str, ...], weights: str, at: Mapping[str, object]
    ) -> tuple[list[tuple[Any, ...]], NDArray[np.float64]]:
        """Return labels and contrasts of the means."""
        levels = self._design.categorical
        unknown = [name for name in by if name not in levels]
        if unknown or not by or len(set(by)) < len(by):
            seen = _shown(unknown) if unknown else _shown(by) or "nothing"
            raise StatsError(f"by: expected different factors of the model ({_shown(levels)}), got {seen}")
        if weights not in ("equal", "proportional"):
            raise StatsError(f"weights: expected 'equal' or 'proportional', got {weights!r}")
        kept = self._kept_levels(at)
        others = [name for name in levels if name not in by]
        asked = list(product(*(kept[name] for name in by)))
        averaged = list(product(*(kept[name] for name in others)))
        share = self._shares(others, averaged, weights)
        grid = np.array([(*a, *b) for a in asked for b in averaged], np.int64).reshape(len(asked) * len(averaged), -1)
        values: dict[str, NDArray[Any]] = {name: grid[:, i] for i, name in enumerate((*by, *others))}
        for name in self._design.numeric:
            value = float(at[name]) if name in at else float(np.mean(self._values[name]))  # type: ignore[arg-type]
            values[name] = np.full(grid.shape[0], value)
        matrix = self._design.matrix(values, grid.shape[0]).reshape(len(asked), len(averaged), -1)
        labels = [tuple(levels[name][code] for name, code in zip(by, codes, strict=True)) for codes in asked]
        return labels, np.einsum("abp,b->ap", matrix, share)

    def _kept_levels(self, at: Mapping[str, object]) -> dict[str, list[int]]:
        levels = self._design.categorical
        unknown = [name for name in at if name not in levels and name not in self._design.numeric]
        if unknown:
            known = _shown([*levels, *self._design.numeric])
            raise StatsError(f"at: {_shown(unknown)} is not in the model; its variables are {known}")
        kept = {name: list(range(len(own))) for name, own in levels.items()}
        for name, wanted in at.items():
            if name in levels:
                chosen = list(wanted) if isinstance(wanted, list | tuple) else [wanted]
                wrong = [label for label in chosen if label not in levels[name]]
                if wrong or not chosen:
                    raise StatsError(f"at: {_shown(wrong)} is not a level of {name}; they are {_shown(levels[name])}")
                kept[name] = [levels[name].index(label) for label in chosen]
        return kept

    def _shares(self, others: Sequence[str], averaged: Sequence[tuple[int, ...]], weights: str) -> NDArray[np.float64]:
        if weights == "equal" or not others:
            return np.full(len(averaged), 1.0 / len(averaged))
        code = np.zeros(self.n, np.int64)
        keys = np.zeros(len(averaged), np.int64)
        table = np.array(averaged, np.int64)
        for i, name in enumerate(others):
            size = len(self._design.categorical[name])
            code, keys = code * size + self._values[name], keys * size + table[:, i]
        counts = np.bincount(code, minlength=int(keys.max()) + 1)[keys].astype(np.float64)
        if counts.sum() == 0.0:
            raise StatsError("weights: none of the combinations of the averaged factors occurs in the rows used")
        return np.asarray(counts / counts.sum(), np.float64)


def _listed(names: str | Sequence[str]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


def _shown(names: object) -> str:
    return ", ".join(repr(name) for name in names)  # type: ignore[attr-defined]
