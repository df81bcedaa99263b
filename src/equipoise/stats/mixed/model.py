"""The result of a mixed model for repeated measures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from equipoise.stats.errors import StatsError
from equipoise.stats.mixed.estimates import FTest, LinearEstimates, f_test, linear_estimates
from equipoise.stats.mixed.fit import Attempt, Fit
from equipoise.stats.mixed.single_thread import single_threaded
from equipoise.stats.mixed.structures import TITLES
from equipoise.stats.result import Result

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from equipoise.stats.mixed.inference import Inference

ResidualType = Literal["response", "pearson", "normalized"]
DROPPED = "NE"


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class CovarianceParameters(Result):
    """Parameters of the covariance matrix with standard errors from the observed information."""

    group: tuple[Any, ...]
    name: tuple[str, ...]
    estimate: NDArray[np.float64]
    std_error: NDArray[np.float64]
    vcov: NDArray[np.float64]
    method: str

    def _title(self) -> str:
        return self.method

    def _facts(self) -> Mapping[str, object]:
        return {}

    def _columns(self) -> Mapping[str, Sequence[object] | NDArray[Any]]:
        columns: dict[str, Sequence[object] | NDArray[Any]] = {}
        if any(group is not None for group in self.group):
            columns["group"] = list(self.group)
        return columns | {"name": list(self.name), "estimate": self.estimate, "std_error": self.std_error}


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class MixedModel(Result):
    """A fitted mixed model for repeated measures: one entry of the arrays per column of X, in the order of `names`.

    `status` is "NE" where a column is a combination of the ones before it: it was dropped and its numbers are nan;
    `reason` says so. `vcov` is the covariance that `std_error` comes from (Kenward-Roger or sandwich, if asked for),
    `model_vcov` that of the fitted model without adjustment.

    `covariance` is the covariance matrix of the visits, one per group along the first axis where there are groups (for
    spatial structures on more than 40 distinct points the variance alone); `structure` names it, and `attempts` says
    which structures were tried before, and why they were not used. `n` counts rows, `dropped` gives the rows left out
    by reason, as positions in the arguments; `unattended` lists visits without any row.
    """

    names: tuple[str, ...]
    coef: NDArray[np.float64]
    std_error: NDArray[np.float64]
    df: NDArray[np.float64]
    statistic: NDArray[np.float64]
    p_value: NDArray[np.float64]
    conf_low: NDArray[np.float64]
    conf_high: NDArray[np.float64]
    conf_level: float
    status: tuple[str, ...]
    reason: str
    vcov: NDArray[np.float64]
    model_vcov: NDArray[np.float64]
    structure: str
    covariance: NDArray[np.float64]
    visits: tuple[Any, ...]
    groups: tuple[Any, ...]
    unattended: tuple[Any, ...]
    attempts: tuple[Attempt, ...]
    loglik: float
    reml: bool
    n: int
    n_subjects: int
    n_parameters: int
    df_method: str
    vcov_method: str
    iterations: int
    dropped: dict[str, NDArray[np.int64]]
    method: str
    _fit: Fit
    _inference: Inference

    @property
    def deviance(self) -> float:
        """Return -2 log-likelihood (of the residuals under REML)."""
        return -2.0 * self.loglik

    @property
    def aic(self) -> float:
        """Return Akaike's criterion; only covariance parameters count, under REML and ML alike."""
        return self.deviance + 2.0 * self.n_parameters

    @property
    def aicc(self) -> float:
        """Return Akaike's criterion corrected for small samples."""
        size = max(self.n_parameters + 2, self.n - self._fit.coef.size)
        return self.deviance + 2.0 * self.n_parameters * size / (size - self.n_parameters - 1)

    @property
    def bic(self) -> float:
        """Return Schwarz's criterion with the number of subjects as sample size."""
        return self.deviance + self.n_parameters * float(np.log(self.n_subjects))

    @property
    def rows(self) -> NDArray[np.int64]:
        """Return the positions, in the arguments, of the rows used."""
        return self._fit.data.rows.used.copy()

    def contrasts(
        self, contrasts: ArrayLike, *, labels: Sequence[str] | None = None, conf_level: float | None = None
    ) -> LinearEstimates:
        """Estimate linear functions of the coefficients: one row of weights per function, one column per coefficient.

        Raises
        ------
        StatsError
            If the matrix does not have a column for each coefficient.
        """
        matrix = self._matrix(contrasts)
        names = tuple(labels) if labels is not None else tuple(str(i + 1) for i in range(matrix.shape[0]))
        if len(names) != matrix.shape[0]:
            raise StatsError(f"labels: {len(names)} labels for {matrix.shape[0]} contrasts; expected one each")
        return self.linear(matrix, {"contrast": names}, conf_level, f"Contrasts, {self.inference_title}")

    def f_test(self, contrasts: ArrayLike) -> FTest:
        """Test that several linear functions of the coefficients are all 0.

        Raises
        ------
        StatsError
            If the matrix does not have a column for each coefficient.
        """
        return f_test(self._fit, self._inference, self._matrix(contrasts), f"F test, {self.inference_title}")

    def predict(self, x: ArrayLike, *, conf_level: float | None = None) -> LinearEstimates:
        """Return the expected response for rows of covariates, with limits; columns as in the model."""
        matrix = self._matrix(x)
        rows = tuple(range(matrix.shape[0]))
        return self.linear(matrix, {"row": rows}, conf_level, f"Expected response, {self.inference_title}")

    @single_threaded
    def fitted(self) -> NDArray[np.float64]:
        """Return the expected response of the rows used, in the order of `rows`."""
        data = self._fit.data
        expected: NDArray[np.float64] = data.rows.x[:, data.kept] @ self._fit.coef
        return expected

    @single_threaded
    def residuals(self, kind: ResidualType = "response") -> NDArray[np.float64]:
        """Return residuals of the rows used, in the order of `rows`.

        "response": observed less expected. "pearson": over the standard deviation of the visit. "normalized": turned
        by the inverse of the triangle of the subject's covariance matrix, so that all are uncorrelated with variance 1.

        Raises
        ------
        StatsError
            If there is no such kind.
        """
        data = self._fit.data
        plain = data.rows.y - self.fitted()
        if kind == "response":
            return plain
        if kind not in ("pearson", "normalized"):
            raise StatsError(f"kind: expected 'response', 'pearson' or 'normalized', got {kind!r}")
        if data.rows.weights is not None:
            plain = plain * np.sqrt(data.rows.weights)
        ordered, out = plain[data.layout.order] / data.scale, np.empty(plain.size)
        for block, inverse in zip(data.blocks, self._fit.optimum.value.inverses, strict=True):
            n, s = block.z.shape[:2]
            part = slice(block.rows, block.rows + n * s)
            values, v = ordered[part].reshape(n, s, 1), np.linalg.inv(inverse)
            if kind == "pearson":
                sd = np.sqrt(np.diagonal(v, axis1=1, axis2=2))
                out[data.layout.order[part]] = (values[:, :, 0] / sd[block.pattern_of]).ravel()
            else:
                lower = np.linalg.cholesky(v)[block.pattern_of]
                out[data.layout.order[part]] = np.linalg.solve(lower, values).ravel()
        return out

    def covariance_parameters(self) -> CovarianceParameters:
        """Return the parameters of the covariance matrix with standard errors."""
        fit = self._fit
        units = fit.units()
        visits = [str(visit) for visit in self.visits]
        groups = self.groups or (None,)
        named = [(g, n) for g, s in zip(groups, fit.likelihood.structures, strict=True) for n in s.names(visits)]
        vcov = fit.theta_vcov * np.outer(units, units)
        return CovarianceParameters(
            group=tuple(group for group, _ in named),
            name=tuple(name for _, name in named),
            estimate=fit.optimum.value.theta * units,
            std_error=np.sqrt(np.diag(vcov)),
            vcov=vcov,
            method=f"Covariance parameters, {TITLES[self.structure]}",
        )

    @property
    def inference_title(self) -> str:
        """Say how standard errors and degrees of freedom were made."""
        return self.df_method if self.vcov_method == "model" else f"{self.vcov_method} variance, {self.df_method}"

    def linear(
        self,
        contrasts: NDArray[np.float64],
        labels: dict[str, tuple[Any, ...]],
        conf_level: float | None,
        method: str,
    ) -> LinearEstimates:
        """Estimate checked contrasts under given labels."""
        level = self.conf_level if conf_level is None else conf_level
        return linear_estimates(self._fit, self._inference, contrasts, labels=labels, conf_level=level, method=method)

    def _matrix(self, contrasts: ArrayLike) -> NDArray[np.float64]:
        matrix = np.atleast_2d(np.asarray(contrasts, np.float64))
        if matrix.ndim != 2 or matrix.shape[1] != len(self.names):
            raise StatsError(
                f"contrasts: got shape {np.shape(contrasts)}; expected one column for each of {len(self.names)} "
                f"coefficients: {', '.join(self.names)}"
            )
        if not np.isfinite(matrix).all():
            raise StatsError("contrasts: expected finite numbers")
        return matrix

    def _title(self) -> str:
        return self.method

    def _facts(self) -> Mapping[str, object]:
        facts: dict[str, object] = {
            "rows": self.n,
            "subjects": self.n_subjects,
            "visits": len(self.visits),
            "log-likelihood": self.loglik,
            "AIC": self.aic,
            "BIC": self.bic,
            "rows left out": sum(rows.size for rows in self.dropped.values()),
        }
        failed = [f"{a.covariance}: {a.reason}" for a in self.attempts if a.reason]
        if failed:
            facts["not used"] = "; ".join(failed)
        return {**facts, "note": self.reason} if self.reason else facts

    def _columns(self) -> Mapping[str, Sequence[object] | NDArray[Any]]:
        shown = ("coef", "std_error", "df", "statistic", "p_value", "conf_low", "conf_high")
        columns: dict[str, Sequence[object] | NDArray[Any]] = {"variable": list(self.names)}
        return columns | {name: getattr(self, name) for name in shown} | {"status": list(self.status)}
