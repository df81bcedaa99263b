"""How much worse the missing values must be before a conclusion falls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from equipoise.stats.errors import StatsError
from equipoise.stats.mixed.pooling import PooledEstimate, rubin
from equipoise.stats.mixed.single_thread import single_threaded
from equipoise.stats.result import Result

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from equipoise.stats.mixed.imputation import Imputations


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class TippingPoint(Result):
    """Pooled differences at each shift `delta`; `tipping` is the first, from 0 outwards, that is not significant.

    nan where all shifts stay significant; 0 where the difference is not significant without any.
    """

    delta: NDArray[np.float64]
    estimate: NDArray[np.float64]
    std_error: NDArray[np.float64]
    df: NDArray[np.float64]
    p_value: NDArray[np.float64]
    conf_low: NDArray[np.float64]
    conf_high: NDArray[np.float64]
    tipping: float
    alpha: float
    arm: Any
    reference: Any
    method: str

    def _title(self) -> str:
        return self.method

    def _facts(self) -> Mapping[str, object]:
        return {"tipping": self.tipping, "alpha": self.alpha}

    def _columns(self) -> Mapping[str, Sequence[object] | NDArray[Any]]:
        shown = ("delta", "estimate", "std_error", "df", "p_value", "conf_low", "conf_high")
        return {name: getattr(self, name) for name in shown}


@single_threaded
def compare_at_visit(
    imputations: Imputations,
    visit: int = -1,
    *,
    arm: object | None = None,
    covariates: ArrayLike | None = None,
    delta: float = 0.0,
    conf_level: float = 0.95,
) -> PooledEstimate:
    """Compare an arm with the reference at one visit by analysis of covariance of each completed data set.

    Parameters
    ----------
    imputations : from `impute_visits`.
    visit : position of the visit, from 0; negative from the end.
    arm : the arm compared with the reference; may be left out where there are two.
    covariates : (n, q) without missing values.
    delta : added to the arm's values imputed after dropout.
    conf_level : confidence level of the limits.

    Raises
    ------
    StatsError
        If the arm or visit is unknown or the covariates do not fit.
    """
    compared = _arm(imputations, arm)
    m = imputations.y.shape[2]
    if not -m <= visit < m:
        raise StatsError(f"visit: expected a position from 0 to {m - 1}, or from the end -1 to {-m}, got {visit}")
    labels = np.array([label == compared for label in imputations.arm])
    rows = labels | np.array([label == imputations.reference for label in imputations.arm])
    columns = [np.ones(rows.sum()), labels[rows].astype(np.float64)]
    if covariates is not None:
        columns += list(_covariates(covariates, len(imputations.arm))[rows].T)
    x = np.column_stack(columns)
    df = x.shape[0] - x.shape[1]
    if df < 1 or np.linalg.matrix_rank(x) < x.shape[1]:
        raise StatsError("covariates: expected columns that are no combinations of each other, and fewer than subjects")
    y = imputations.shifted(delta, arm=compared)[:, rows, visit].T
    bread = np.linalg.inv(x.T @ x)
    beta = bread @ (x.T @ y)
    residual = y - x @ beta
    errors = np.sqrt(np.sum(residual**2, axis=0) / df * bread[1, 1])
    return rubin(beta[1], errors, df_complete=float(df), conf_level=conf_level)


def tipping_point(
    imputations: Imputations,
    deltas: ArrayLike,
    visit: int = -1,
    *,
    arm: object | None = None,
    covariates: ArrayLike | None = None,
    alpha: float = 0.05,
) -> TippingPoint:
    """Shift the values imputed after dropout in one arm until the difference from the reference is not significant.

    Parameters
    ----------
    deltas : shifts to try, in units of the response; the sign that makes the arm worse.
    alpha : two-sided level.
    imputations, visit, arm, covariates : as in `compare_at_visit`.

    Raises
    ------
    StatsError
        If `deltas` is empty, or as in `compare_at_visit`.
    """
    shifts = np.atleast_1d(np.asarray(deltas, np.float64))
    if shifts.size == 0 or not np.isfinite(shifts).all():
        raise StatsError("deltas: expected at least one finite shift")
    shifts = shifts[np.argsort(np.abs(shifts), kind="stable")]
    pooled = [
        compare_at_visit(imputations, visit, arm=arm, covariates=covariates, delta=float(d), conf_level=1.0 - alpha)
        for d in shifts
    ]
    failed = [float(d) for d, p in zip(shifts, pooled, strict=True) if p.p_value > alpha]
    names = ("estimate", "std_error", "df", "p_value", "conf_low", "conf_high")
    return TippingPoint(
        delta=shifts,
        **{name: np.array([getattr(p, name) for p in pooled]) for name in names},
        tipping=failed[0] if failed else float("nan"),
        alpha=alpha,
        arm=_arm(imputations, arm),
        reference=imputations.reference,
        method=f"Delta-adjusted tipping point, {imputations.assumption}, {imputations.y.shape[0]} imputations",
    )


def _covariates(covariates: ArrayLike, n: int) -> NDArray[np.float64]:
    extra = np.asarray(covariates, np.float64)
    if extra.shape[:1] != (n,):
        raise StatsError(f"covariates: expected a row for each of {n} subjects, got shape {extra.shape}")
    extra = extra.reshape(n, -1)
    if not np.isfinite(extra).all():
        row = int(np.argmin(np.isfinite(extra).all(axis=1)))
        raise StatsError(f"covariates: expected no missing values, row {row} has one")
    return extra


def _arm(imputations: Imputations, arm: object | None) -> object:
    others = [label for label in dict.fromkeys(imputations.arm) if label != imputations.reference]
    if arm is None and len(others) == 1:
        return others[0]
    if arm not in others:
        raise StatsError(f"arm: expected one of {', '.join(map(repr, others))}, got {arm!r}")
    return arm
