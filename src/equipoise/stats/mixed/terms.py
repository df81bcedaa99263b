"""Columns of a model from its terms, coded as R codes them with treatment contrasts.

A factor within a term is coded by indicators of all levels but the first where the term without it is in the model too
(the empty term is the intercept), else by indicators of all levels. Columns vary fastest by the first factor of a term.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from numpy.typing import NDArray

Values = "Mapping[str, NDArray[Any]]"


@dataclass(frozen=True, slots=True)
class Categorical:
    """A factor: `levels` in order, the first is the reference; its values are codes."""

    variable: str
    levels: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Numeric:
    """A number as it stands."""

    variable: str


@dataclass(frozen=True, slots=True, eq=False)
class Expression:
    """Columns computed from numbers, such as a logarithm or a spline."""

    variables: tuple[str, ...]
    names: tuple[str, ...]
    evaluate: Callable[[Mapping[str, NDArray[Any]]], NDArray[np.float64]]


Factor = Categorical | Numeric | Expression


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """The terms of a model, each a tuple of names of factors; the empty tuple is the intercept."""

    terms: tuple[tuple[str, ...], ...]
    factors: Mapping[str, Factor]

    @property
    def categorical(self) -> dict[str, tuple[Any, ...]]:
        """Return the levels of each categorical variable."""
        return {f.variable: f.levels for f in self.factors.values() if isinstance(f, Categorical)}

    @property
    def numeric(self) -> tuple[str, ...]:
        """Return the variables that are numbers."""
        named: dict[str, None] = {}
        for factor in self.factors.values():
            if isinstance(factor, Numeric):
                named[factor.variable] = None
            elif isinstance(factor, Expression):
                named.update(dict.fromkeys(factor.variables))
        return tuple(named)

    def names(self) -> tuple[str, ...]:
        """Name the columns."""
        out: list[str] = []
        for term in self.terms:
            parts = [[]] if not term else [self._labels(name, full=self._is_full(term, name)) for name in term]
            out += _combined(parts) if term else ["(Intercept)"]
        return tuple(out)

    def matrix(self, values: Mapping[str, NDArray[Any]], n: int) -> NDArray[np.float64]:
        """Return the columns for n rows of codes and numbers."""
        columns: list[NDArray[np.float64]] = []
        made: dict[tuple[str, bool], list[NDArray[np.float64]]] = {}
        for term in self.terms:
            block = [np.ones(n)] if not term else None
            for name in term:
                key = (name, self._is_full(term, name))
                if key not in made:
                    made[key] = self._coded(values, *key)
                block = made[key] if block is None else [left * right for right in made[key] for left in block]
            columns += block or []
        return np.ascontiguousarray(np.array(columns).T) if columns else np.empty((n, 0))

    def _is_full(self, term: tuple[str, ...], name: str) -> bool:
        rest = frozenset(term) - {name}
        return all(frozenset(other) != rest for other in self.terms)

    def _labels(self, name: str, *, full: bool) -> list[str]:
        factor = self.factors[name]
        if isinstance(factor, Categorical):
            return [f"{factor.variable}{level}" for level in factor.levels[0 if full else 1 :]]
        return list(factor.names) if isinstance(factor, Expression) else [factor.variable]

    def _coded(self, values: Mapping[str, NDArray[Any]], name: str, full: bool) -> list[NDArray[np.float64]]:
        factor = self.factors[name]
        if isinstance(factor, Categorical):
            codes = values[factor.variable]
            return [(codes == i).astype(np.float64) for i in range(0 if full else 1, len(factor.levels))]
        if isinstance(factor, Expression):
            return list(factor.evaluate(values).T)
        return [np.asarray(values[factor.variable], np.float64)]


def _combined(parts: Iterable[list[str]]) -> list[str]:
    """Join the labels of a term's factors; the first varies fastest."""
    out: list[str] = []
    for labels in parts:
        out = labels if not out else [f"{left}:{right}" for right in labels for left in out]
    return out
