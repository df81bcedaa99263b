"""Fit one covariance structure, or the first of several that can be fitted, and explain what could not be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from equipoise.stats.errors import StatsError
from equipoise.stats.mixed.likelihood import PatternLikelihood
from equipoise.stats.mixed.newton import Optimum, minimize
from equipoise.stats.mixed.observations import Observations, Rows
from equipoise.stats.mixed.orthonormal import inverse_upper
from equipoise.stats.mixed.points import PointLikelihood, point_distances
from equipoise.stats.mixed.start import pairwise_moments, starting_points
from equipoise.stats.mixed.structures import SPATIAL, TITLES, covariance_structure
from equipoise.stats.result import Result

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Likelihood = PatternLikelihood | PointLikelihood
SINGULAR = 1e-7
"""Smallest eigenvalue of a visit correlation matrix that counts as positive definite."""
NAMED_VISITS = 4
VANISHED = 1e-4
"""Standard deviation of a visit, relative to the largest, below which steps without end mean that it falls to 0."""
INVOLVED = 0.2
"""Share of the largest weight in a dependency from which a visit is named."""


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A fitted model in the coordinates of the engine.

    `basis` turns those into the columns kept: Cov(coef) = basis basis'. `information[h]` is minus the derivative of
    the inverse of Cov(coef) by parameter h, in the engine's coordinates; `theta_vcov` covers the same parameters.
    """

    data: Observations
    name: str
    reml: bool
    likelihood: Likelihood
    optimum: Optimum
    coef: NDArray[np.float64]
    basis: NDArray[np.float64]
    loglik: float

    @property
    def information(self) -> NDArray[np.float64]:
        """Derivatives of the information about the coefficients."""
        return self.optimum.slopes.information

    @property
    def theta_vcov(self) -> NDArray[np.float64]:
        """Covariance of the parameters, response scaled as in the engine."""
        return self.optimum.theta_vcov

    @property
    def sigma(self) -> NDArray[np.float64]:
        """Sigma of each group in the units of the response."""
        return self.likelihood.matrices(self.optimum.value.theta) * self.data.scale**2

    def units(self) -> NDArray[np.float64]:
        """Return what each parameter must be multiplied by to be in the units of the response."""
        parts = []
        for structure in self.likelihood.structures:
            factor = np.ones(structure.k)
            factor[: structure.k if structure.correlation is None else structure.n_variances] = self.data.scale**2
            parts.append(factor)
        return np.concatenate(parts)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class Attempt(Result):
    """A structure that was tried, and why it was not used; the reason of the one used is empty."""

    covariance: str
    reason: str


def fit_first(data: Observations, names: Sequence[str], *, reml: bool) -> tuple[Fit, tuple[Attempt, ...]]:
    """Fit the first structure of the list that reaches a proper optimum.

    Raises
    ------
    StatsError
        If none does; the message says for each what happened.
    """
    attempts: list[Attempt] = []
    for name in names:
        reason = _unsuitable(data, name)
        if not reason:
            fit = _fit(data, name, reml=reml)
            reason = _explain(fit)
            if not reason:
                return fit, (*attempts, Attempt(covariance=name, reason=""))
        attempts.append(Attempt(covariance=name, reason=reason))
    tried = "\n".join(f"  {TITLES[a.covariance]} ({a.covariance}): {a.reason}" for a in attempts)
    advice = "give structures with fewer parameters to fall back to, such as covariance=('us', 'toeph', 'ar1h', 'cs')"
    raise StatsError(f"covariance: no structure could be fitted.\n{tried}\nWhat to do: {advice}")


def _fit(data: Observations, name: str, *, reml: bool) -> Fit:
    rows = data.rows
    n_groups = max(len(rows.groups), 1)
    likelihood: Likelihood
    if data.scattered and rows.points is not None:
        likelihood = PointLikelihood(data.blocks, rows.points, name, n_groups, reml=reml)
        starts = [likelihood.start()]
    else:
        distances = None if rows.points is None else point_distances(rows.points)
        structures = [covariance_structure(name, len(rows.visits), distances) for _ in range(n_groups)]
        likelihood = PatternLikelihood(data.compact, structures, reml=reml)
        starts = starting_points(data.blocks, likelihood)
    optimum = _best(likelihood, starts, name)
    p = data.kept.size
    inverse = inverse_upper(data.upper)
    coef = inverse @ (data.projected + data.scale * optimum.value.beta)
    basis = data.scale * (inverse @ optimum.value.whiten)
    used = data.n - p if reml else data.n
    loglik = -optimum.value.objective - used * (0.5 * np.log(2.0 * np.pi) + np.log(data.scale)) + 0.5 * data.log_weights
    if reml:
        loglik -= float(np.log(np.abs(np.diag(data.upper))).sum())
    return Fit(data, name, reml, likelihood, optimum, coef, basis, float(loglik))


def _unsuitable(data: Observations, name: str) -> str:
    """Say why a structure cannot be estimated at all; empty where it can be tried."""
    rows = data.rows
    m, n_groups = len(rows.visits), max(len(rows.groups), 1)
    if name in SPATIAL:
        m = min(m, 2)
    structure = covariance_structure(name, m, np.ones((m, m)) if name in SPATIAL else None)
    k = structure.k * n_groups
    free = data.n - data.kept.size
    if k > free:
        return f"{k} covariance parameters, but {data.n} rows less {data.kept.size} coefficients leave {free}"
    if not structure.heterogeneous:
        return ""
    for g in range(n_groups):
        _, pairs = pairwise_moments(data.blocks, m, g)
        within = f" of group {rows.groups[g]!r}" if rows.groups else ""
        few = [f"visit {rows.visits[a]!r} has {_seen(rows, a, g)}" for a in range(m) if pairs[a, a] < 2.0]
        if few:
            return f"{'; '.join(few[:NAMED_VISITS])}{within}: a variance of its own needs at least two"
        if name == "us":
            apart = [(a, b) for a in range(m) for b in range(a) if pairs[a, b] == 0.0]
            smallest = int(np.diag(pairs).min())
            if apart:
                shown = "; ".join(f"{rows.visits[b]!r} and {rows.visits[a]!r}" for a, b in apart[:NAMED_VISITS])
                return f"no subject{within} was seen at both visits {shown}: their covariance is not in the data"
            if smallest < 2:
                return f"a visit{within} has {_subjects(smallest)}"
    return ""


def _seen(rows: Rows, visit: int, group: int) -> str:
    """Say how many subjects of a group a visit has, and which if it is one."""
    subjects = rows.subject.codes[(rows.visit == visit) & (rows.group == group)]
    name = f" ({rows.subject.levels[subjects[0]]!r})" if subjects.size == 1 else ""
    return f"{_subjects(subjects.size)}{name}"


def _subjects(count: float) -> str:
    return "no subject" if count == 0 else "1 subject" if count == 1 else f"{int(count)} subjects"


def _best(likelihood: Likelihood, starts: Sequence[NDArray[np.float64]], name: str) -> Optimum:
    """Return the first proper optimum that a start leads to, else where the first start led."""
    found = None
    for start in starts:
        optimum = minimize(likelihood, start)
        found = found or optimum
        singular = name not in SPATIAL and any(
            _weakest(sigma)[0] < SINGULAR for sigma in likelihood.matrices(optimum.value.theta)
        )
        if not optimum.trouble and not singular:
            return optimum
    if found is None:
        raise ValueError("no starting point at which the likelihood exists")
    return found


def _weakest(sigma: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
    """Return the smallest eigenvalue of the correlation matrix, and its vector."""
    sd = np.sqrt(np.diag(sigma))
    values, vectors = np.linalg.eigh(sigma / np.outer(sd, sd))
    return float(values[0]), vectors[:, 0]


def _explain(fit: Fit) -> str:
    """Say why the end of the steps is no proper optimum; empty where it is one."""
    optimum, rows = fit.optimum, fit.data.rows
    for g, sigma in enumerate(fit.sigma):
        least, vector = _weakest(sigma)
        if least < SINGULAR and fit.name not in SPATIAL:
            involved = np.flatnonzero(np.abs(vector) > INVOLVED * np.abs(vector).max())
            labels = ", ".join(repr(rows.visits[a]) for a in involved)
            within = f" of group {rows.groups[g]!r}" if rows.groups else ""
            complete = _subjects(_attending(fit.data, involved, g))
            return (
                f"the covariance matrix{within} becomes singular: visits {labels} are linearly dependent ({complete} "
                "seen at all of them)"
            )
    if optimum.trouble or not np.isfinite(optimum.theta_vcov).all():
        detail = f"{optimum.iterations} Newton steps, decrement {optimum.decrement:.2g}"
        if gone := _vanished(fit):
            cause = "the covariates predict the response there without error"
            return f"the variance at visit {gone} falls to 0: {cause}; leave out visits whose response is a covariate"
        return f"{optimum.trouble or 'the covariance parameters have no finite variance'} ({detail})"
    return ""


def _vanished(fit: Fit) -> str:
    """Name the visits whose variance is next to nothing beside that of the others; empty where there are none."""
    sd = np.sqrt(np.array([np.diag(sigma) for sigma in fit.sigma]))
    gone = np.flatnonzero((sd < VANISHED * sd.max()).any(axis=0)) if fit.name not in SPATIAL else ()
    return ", ".join(repr(fit.data.rows.visits[a]) for a in gone)


def _attending(data: Observations, visits: NDArray[np.int64], group: int) -> int:
    """Count the subjects of a group seen at all the visits."""
    total = 0.0
    for block in data.blocks:
        all_seen = np.isin(block.visits, visits).sum(axis=1) == visits.size
        total += float(block.count[all_seen & (block.group == group)].sum())
    return int(total)
