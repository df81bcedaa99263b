"""What is said about linear functions of the coefficients: estimates with limits, and F tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from equipoise.stats.mixed.inference import DEPENDENT
from equipoise.stats.mixed.single_thread import single_threaded
from equipoise.stats.result import Result
from equipoise.stats.tails import f_upper, t_quantile, t_two_sided

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from equipoise.stats.mixed.fit import Fit
    from equipoise.stats.mixed.inference import Inference

NOT_ESTIMABLE = "NE"
NAN = float("nan")
ESTIMABLE = 1e-8


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class LinearEstimates(Result):
    """Linear functions of the coefficients, one entry per row of the contrast matrix.

    `labels` holds the columns that name the rows, such as arm and visit. `status` is "NE" where a function cannot be
    estimated because the columns it needs were dropped; its numbers are nan. `p_value` tests against 0, two-sided.
    """

    labels: dict[str, tuple[Any, ...]]
    estimate: NDArray[np.float64]
    std_error: NDArray[np.float64]
    df: NDArray[np.float64]
    statistic: NDArray[np.float64]
    p_value: NDArray[np.float64]
    conf_low: NDArray[np.float64]
    conf_high: NDArray[np.float64]
    conf_level: float
    status: tuple[str, ...]
    contrasts: NDArray[np.float64]
    method: str

    def _title(self) -> str:
        return self.method

    def _facts(self) -> Mapping[str, object]:
        return {"conf_level": self.conf_level}

    def _columns(self) -> Mapping[str, Sequence[object] | NDArray[Any]]:
        shown = ("estimate", "std_error", "df", "statistic", "p_value", "conf_low", "conf_high")
        columns: dict[str, Sequence[object] | NDArray[Any]] = {name: list(c) for name, c in self.labels.items()}
        return columns | {name: getattr(self, name) for name in shown} | {"status": list(self.status)}


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class FTest(Result):
    """An F test that several linear functions of the coefficients are all 0.

    `df` counts the independent functions: rows that are combinations of others do not count. nan where a function
    cannot be estimated.
    """

    statistic: float
    df: int
    df_denominator: float
    p_value: float
    method: str

    def _title(self) -> str:
        return self.method


@single_threaded
def linear_estimates(
    fit: Fit,
    inference: Inference,
    contrasts: NDArray[np.float64],
    *,
    labels: dict[str, tuple[Any, ...]],
    conf_level: float,
    method: str,
    strict: bool = True,
) -> LinearEstimates:
    """Estimate each row of a matrix over all columns; with `strict` only where the data determine it."""
    columns = contrasts[:, fit.data.kept]
    good = estimable(fit, contrasts) if strict else np.ones(contrasts.shape[0], np.bool_)
    turned = columns[good] @ fit.basis
    n = contrasts.shape[0]
    estimate, std_error, df = np.full(n, NAN), np.full(n, NAN), np.full(n, NAN)
    estimate[good] = columns[good] @ fit.coef
    std_error[good] = np.sqrt(np.einsum("rp,pq,rq->r", turned, inference.vcov, turned, optimize=True))
    df[good] = inference.df(turned, columns[good])
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = estimate / std_error
    half = t_quantile(conf_level, df) * std_error
    return LinearEstimates(
        labels=labels,
        estimate=estimate,
        std_error=std_error,
        df=df,
        statistic=statistic,
        p_value=t_two_sided(statistic, df),
        conf_low=estimate - half,
        conf_high=estimate + half,
        conf_level=conf_level,
        status=tuple(np.where(good, "", NOT_ESTIMABLE).tolist()),
        contrasts=contrasts,
        method=method,
    )


@single_threaded
def f_test(fit: Fit, inference: Inference, contrasts: NDArray[np.float64], method: str) -> FTest:
    """Test that all rows are 0."""
    columns = contrasts[:, fit.data.kept]
    if not estimable(fit, contrasts).all():
        return FTest(statistic=NAN, df=0, df_denominator=NAN, p_value=NAN, method=method)
    turned = columns @ fit.basis
    values, vectors = np.linalg.eigh(turned @ inference.vcov @ turned.T)
    independent = values > DEPENDENT * values[-1]
    if not independent.any() or values[-1] <= 0.0:
        return FTest(statistic=NAN, df=0, df_denominator=NAN, p_value=NAN, method=method)
    rotation = vectors[:, independent].T
    scores = rotation @ (columns @ fit.coef)
    q = int(independent.sum())
    plain = float(np.sum(scores**2 / values[independent])) / q
    used = columns if q == columns.shape[0] else rotation @ columns
    factor, df = inference.f_df(used @ fit.basis, used)
    statistic = factor * plain
    return FTest(statistic=statistic, df=q, df_denominator=df, p_value=f_upper(statistic, q, df), method=method)


def estimable(fit: Fit, contrasts: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which functions of all columns depend only on what the data determine."""
    data = fit.data
    p = contrasts.shape[1]
    if data.kept.size == p:
        return np.ones(contrasts.shape[0], np.bool_)
    dropped = np.setdiff1d(np.arange(p), data.kept)
    implied = contrasts[:, data.kept] @ data.aliases
    gap = np.abs(contrasts[:, dropped] - implied)
    size = np.abs(contrasts).max(axis=1, keepdims=True) + np.abs(contrasts[:, data.kept]) @ np.abs(data.aliases)
    result: NDArray[np.bool_] = (gap <= ESTIMABLE * size).all(axis=1)
    return result
