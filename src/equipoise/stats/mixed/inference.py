"""Standard errors and degrees of freedom of linear functions of the coefficients.

Coordinates: the engine's, in which Cov(coef) of the fitted model is the identity. With T the covariance of the
parameters and P_h the derivative of the information by parameter h:

* Satterthwaite for one contrast c: df = 2 (c'c)^2 / (g'T g), g_h = c'P_h c. For several the eigenvectors of their
  covariance are tested one by one and the F statistic takes the df that gives it the right mean (Fai and Cornelius).
* Kenward-Roger: Cov_A = I + 2 sum_hj T_hj (Q_hj - P_h P_j - 1/4 R_hj), with the scaled F of Kenward and Roger (1997).
  R_hj holds second derivatives of Sigma and depends on the parameters chosen: natural ones are the default.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol, get_args

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from equipoise.stats.mixed.curvature import Parameters
    from equipoise.stats.mixed.fit import Fit

DfMethod = Literal[
    "kenward-roger", "kenward-roger-linear", "kenward-roger-r", "satterthwaite", "between-within", "residual"
]
DF_METHODS: tuple[str, ...] = get_args(DfMethod)
PARAMETERS: dict[str, Parameters] = {
    "kenward-roger": "natural",
    "kenward-roger-linear": "linear",
    "kenward-roger-r": "r",
}
DEPENDENT = float(np.sqrt(np.finfo(float).eps))
"""Contrasts whose variance is below this share of the largest are combinations of the others."""


class Inference(Protocol):
    """Covariance of the coefficients (engine coordinates) and degrees of freedom."""

    vcov: NDArray[np.float64]

    def df(self, contrasts: NDArray[np.float64], columns: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the df of each row; `columns` are the same contrasts of the columns kept."""

    def f_df(self, contrasts: NDArray[np.float64], columns: NDArray[np.float64]) -> tuple[float, float]:
        """Return the factor of the F statistic and its denominator df."""


class Satterthwaite:
    """Satterthwaite's method with the covariance of the fitted model."""

    def __init__(self, fit: Fit) -> None:
        self.vcov = np.eye(fit.coef.size)
        self._information = fit.information
        self._theta_vcov = fit.theta_vcov

    def df(self, contrasts: NDArray[np.float64], columns: NDArray[np.float64]) -> NDArray[np.float64]:  # noqa: ARG002
        turned = self._information @ contrasts.T
        slopes = np.einsum("hpr,rp->rh", turned, contrasts)
        spread = np.einsum("rh,hj,rj->r", slopes, self._theta_vcov, slopes)
        variance = np.einsum("rp,rp->r", contrasts, contrasts)
        with np.errstate(divide="ignore", invalid="ignore"):
            result: NDArray[np.float64] = 2.0 * variance**2 / spread
        return result

    def f_df(self, contrasts: NDArray[np.float64], columns: NDArray[np.float64]) -> tuple[float, float]:  # noqa: ARG002
        _, _, directions = np.linalg.svd(contrasts, full_matrices=False)
        return 1.0, pooled_df(self.df(directions, directions))


class KenwardRoger(Satterthwaite):
    """Kenward and Roger's method in natural parameters, without second derivatives, or in those of R's mmrm."""

    def __init__(self, fit: Fit, variant: str) -> None:
        super().__init__(fit)
        inner = fit.likelihood.bias(fit.optimum.value, fit.theta_vcov, PARAMETERS[variant])
        k, p, _ = self._information.shape
        weighted = np.tensordot(self._theta_vcov, self._information, 1)
        stacked = self._information.transpose(1, 0, 2).reshape(p, k * p)
        inner = inner - stacked @ weighted.reshape(k * p, p)
        self.vcov = np.eye(p) + inner + inner.T

    def f_df(self, contrasts: NDArray[np.float64], columns: NDArray[np.float64]) -> tuple[float, float]:  # noqa: ARG002
        c = contrasts.shape[0]
        q, _ = np.linalg.qr(contrasts.T)
        small = q.T @ self._information @ q
        traces = np.trace(small, axis1=1, axis2=2)
        a1 = float(traces @ self._theta_vcov @ traces)
        flat = small.reshape(small.shape[0], -1)
        a2 = float(np.sum((flat @ flat.T) * self._theta_vcov))
        if a2 <= 0.0:
            return 1.0, float("inf")
        b = (a1 + 6.0 * a2) / (2.0 * c)
        g = ((c + 1) * a1 - (c + 4) * a2) / ((c + 2) * a2)
        d = 3.0 * c + 2.0 - 2.0 * g
        c1, c2, c3 = g / d, (c - g) / d, (c + 2.0 - g) / d
        mean = 1.0 / (1.0 - a2 / c)
        variance = (2.0 / c) * (1.0 + c1 * b) / ((1.0 - c2 * b) ** 2 * (1.0 - c3 * b))
        rho = variance / (2.0 * mean**2)
        df = 4.0 + (c + 2.0) / (c * rho - 1.0)
        return df / (mean * (df - 2.0)), df


class BetweenWithin:
    """Degrees of freedom by whether a column varies within subjects; the intercept counts as within."""

    def __init__(self, fit: Fit) -> None:
        data = fit.data
        self.vcov = np.eye(fit.coef.size)
        subject = data.rows.subject.codes
        x = data.rows.x[:, data.kept]
        order = np.argsort(subject, kind="stable")
        same = subject[order][1:] == subject[order][:-1]
        moved = (x[order][1:] != x[order][:-1]) & same[:, None]
        between = ~moved.any(axis=0)
        constant = (x == 1.0).all(axis=0)
        intercept = bool(constant.any())
        between &= ~constant
        n_between = data.n_subjects - int(intercept) - int(between.sum())
        n_within = data.n - data.n_subjects - int((~between & ~constant).sum())
        self._df = np.where(between, float(n_between), float(n_within))

    def df(self, contrasts: NDArray[np.float64], columns: NDArray[np.float64]) -> NDArray[np.float64]:  # noqa: ARG002
        result: NDArray[np.float64] = np.where(columns != 0.0, self._df, np.inf).min(axis=1)
        return result

    def f_df(self, contrasts: NDArray[np.float64], columns: NDArray[np.float64]) -> tuple[float, float]:
        return 1.0, float(self.df(contrasts, columns).min())


class Residual:
    """Rows less coefficients, for every contrast."""

    def __init__(self, fit: Fit) -> None:
        self.vcov = np.eye(fit.coef.size)
        self._df = float(fit.data.n - fit.coef.size)

    def df(self, contrasts: NDArray[np.float64], columns: NDArray[np.float64]) -> NDArray[np.float64]:  # noqa: ARG002
        return np.full(contrasts.shape[0], self._df)

    def f_df(self, contrasts: NDArray[np.float64], columns: NDArray[np.float64]) -> tuple[float, float]:  # noqa: ARG002
        return 1.0, self._df


def pooled_df(df: NDArray[np.float64]) -> float:
    """Return the denominator df of a mean of squared t statistics (Fai and Cornelius 1996)."""
    q = df.size
    if q == 1 or bool(np.all(np.abs(df - df[0]) <= 1e-8 * np.abs(df[0]))):
        return float(df[0])
    if not bool((df > 2.0).all()):
        return 2.0
    expected = float(np.sum(df / (df - 2.0)))
    return 2.0 * expected / (expected - q)
