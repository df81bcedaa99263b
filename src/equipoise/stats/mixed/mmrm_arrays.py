"""Mixed models for repeated measures from arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from equipoise.stats.mixed.estimates import linear_estimates
from equipoise.stats.mixed.fit import Attempt, Fit, fit_first
from equipoise.stats.mixed.inference import DF_METHODS, BetweenWithin, DfMethod, KenwardRoger, Residual, Satterthwaite
from equipoise.stats.mixed.model import DROPPED, MixedModel
from equipoise.stats.mixed.observations import Rows, prepare, read_rows
from equipoise.stats.mixed.sandwich import SANDWICHES, SandwichInference
from equipoise.stats.mixed.single_thread import single_threaded
from equipoise.stats.mixed.structures import SPATIAL, STRUCTURES, TITLES, Structure
from equipoise.stats.validate import InputCheck, Missing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from equipoise.stats.labels import Labels
    from equipoise.stats.mixed.inference import Inference


@single_threaded
def mmrm_arrays(
    y: ArrayLike,
    X: object,
    subject: ArrayLike | Labels,
    visit: ArrayLike | Labels,
    *,
    covariance: Structure | Sequence[Structure] = "us",
    group: ArrayLike | Labels | None = None,
    weights: ArrayLike | None = None,
    reml: bool = True,
    df: DfMethod = "kenward-roger",
    vcov: str = "model",
    visit_levels: Sequence[Any] | None = None,
    conf_level: float = 0.95,
    missing: Missing = "drop",
) -> MixedModel:
    """Fit y = X b + e with the errors of a subject's visits correlated, by restricted or full maximum likelihood.

    Parameters
    ----------
    y : (n,) responses.
    X : (n, p) covariates: matrix, frame or mapping of columns, with a column of ones where an intercept is meant.
    subject : (n,) labels; subjects are independent, and have at most one row per visit.
    visit : (n,) labels of visits, in sorted order or that of `visit_levels`; for "sp_exp" and "sp_gau" coordinates,
        (n,) or (n, d).
    covariance : "us", "ar1", "ar1h", "cs", "csh", "toep", "toeph", "ad", "adh", "sp_exp" or "sp_gau"; several are a
        fallback order: the first that reaches a proper optimum is used, and `attempts` says what happened before.
    group : (n,) labels; each group of subjects has covariance parameters of its own.
    weights : (n,) positive numbers that divide the variance of a row.
    df : "kenward-roger" (natural parameters, as SAS), "kenward-roger-linear", "kenward-roger-r" (as R's mmrm, to
        reproduce it), "satterthwaite", "between-within" or "residual"; the first three need REML.
    vcov : "model", or the sandwich by subject "CR0", "CR2" or "CR3".
    visit_levels : the visits in their order; levels without rows are left out and listed in `unattended`.
    missing : "drop" rows with missing values and list them in `dropped`, or "raise".

    Raises
    ------
    StatsError
        If arguments cannot be used, listing all problems, or if no structure can be fitted, saying why.

    Notes
    -----
    Exact Newton steps on moments per pattern of visits: docs/methods/mmrm.md.

    References
    ----------
    Mallinckrodt et al. (2008) Drug Information Journal. Kenward and Roger (1997) Biometrics.

    Examples
    --------
    >>> y, arm = [5.0, 6.5, 4.0, 6.0, 7.0, 9.0, 6.5, 7.0], [0, 0, 0, 0, 1, 1, 1, 1]
    >>> x = {"intercept": [1] * 8, "arm": arm}
    >>> fit = mmrm_arrays(y, x, [1, 1, 2, 2, 3, 3, 4, 4], [1, 2] * 4, covariance="cs")
    >>> fit.coef.round(3).tolist(), fit.df.round(3).tolist()
    ([5.375, 2.0], [2.0, 2.0])
    """
    check = InputCheck(missing=missing)
    level = check.open_interval("conf_level", conf_level, 0.0, 1.0)
    names = _structures(check, covariance)
    check.choice("df", df, DF_METHODS)
    check.choice("vcov", vcov, ("model", *SANDWICHES))
    if df.startswith("kenward-roger") and (not reml or vcov != "model"):
        cause = "maximum likelihood (reml=False)" if not reml else f"the {vcov} sandwich"
        check.problem("df", f"{df!r} is not defined for {cause}; give df='satterthwaite' or another method")
    rows = read_rows(
        check,
        y,
        X,
        subject,
        visit,
        group=group,
        weights=weights,
        visit_levels=visit_levels,
        spatial=bool(names) and names[0] in SPATIAL,
    )
    fit, attempts = fit_first(prepare(rows), names, reml=reml)
    return _model(fit, attempts, rows, check, df, vcov, level)


def _structures(check: InputCheck, covariance: object) -> tuple[Any, ...]:
    names = (covariance,) if isinstance(covariance, str) else tuple(covariance)  # type: ignore[arg-type]
    if not names:
        check.problem("covariance", "expected at least one structure")
    for name in names:
        check.choice("covariance", name, STRUCTURES)
    if len({name in SPATIAL for name in names}) > 1:
        check.problem("covariance", "spatial structures read coordinates, the others visits: do not mix them")
    return names


def _inference(fit: Fit, df: str, vcov: str) -> Inference:
    if vcov != "model":
        sandwich = SandwichInference(fit, vcov)
        if df == "satterthwaite":
            return sandwich
        plain: BetweenWithin | Residual = BetweenWithin(fit) if df == "between-within" else Residual(fit)
        plain.vcov = sandwich.vcov
        return plain
    if df == "satterthwaite":
        return Satterthwaite(fit)
    if df == "between-within":
        return BetweenWithin(fit)
    if df == "residual":
        return Residual(fit)
    return KenwardRoger(fit, df)


def _model(  # noqa: PLR0917 - one place builds the result
    fit: Fit, attempts: tuple[Attempt, ...], rows: Rows, check: InputCheck, df: str, vcov: str, level: float
) -> MixedModel:
    inference = _inference(fit, df, vcov)
    p, kept = len(rows.names), fit.data.kept
    unit = np.eye(p)[kept]
    found = linear_estimates(fit, inference, unit, labels={}, conf_level=level, method="", strict=False)
    status = np.full(p, DROPPED, object)
    status[kept] = ""
    half = fit.basis @ inference.vcov @ fit.basis.T
    sigma = fit.sigma
    return MixedModel(
        names=rows.names,
        coef=_spread(found.estimate, kept, p),
        std_error=_spread(found.std_error, kept, p),
        df=_spread(found.df, kept, p),
        statistic=_spread(found.statistic, kept, p),
        p_value=_spread(found.p_value, kept, p),
        conf_low=_spread(found.conf_low, kept, p),
        conf_high=_spread(found.conf_high, kept, p),
        conf_level=level,
        status=tuple(status.tolist()),
        reason=_reason(rows, kept),
        vcov=_spread_matrix(half, kept, p),
        model_vcov=_spread_matrix(fit.basis @ fit.basis.T, kept, p),
        structure=fit.name,
        covariance=sigma if rows.groups else sigma[0],
        visits=rows.visits,
        groups=rows.groups,
        unattended=rows.unattended,
        attempts=attempts,
        loglik=fit.loglik,
        reml=fit.reml,
        n=rows.y.size,
        n_subjects=fit.data.n_subjects,
        n_parameters=fit.likelihood.k,
        df_method=df,
        vcov_method=vcov,
        iterations=fit.optimum.iterations,
        dropped=check.dropped,
        method=_method(fit, df, vcov, rows),
        _fit=fit,
        _inference=inference,
    )


def _spread(values: NDArray[np.float64], kept: NDArray[np.int64], p: int) -> NDArray[np.float64]:
    out = np.full(p, np.nan)
    out[kept] = values
    return out


def _spread_matrix(values: NDArray[np.float64], kept: NDArray[np.int64], p: int) -> NDArray[np.float64]:
    out = np.full((p, p), np.nan)
    out[np.ix_(kept, kept)] = values
    return out


def _reason(rows: Rows, kept: NDArray[np.int64]) -> str:
    """Say which columns and visits were left out."""
    parts = []
    gone = [name for j, name in enumerate(rows.names) if j not in set(kept.tolist())]
    if gone:
        parts.append(f"dropped as combinations of the columns before them: {', '.join(gone)}")
    if rows.unattended:
        parts.append(f"visits without any row: {', '.join(str(visit) for visit in rows.unattended)}")
    return "; ".join(parts)


def _method(fit: Fit, df: str, vcov: str, rows: Rows) -> str:
    parts = ["Mixed model for repeated measures", "REML" if fit.reml else "maximum likelihood", TITLES[fit.name]]
    if rows.groups:
        parts.append(f"one matrix for each of {len(rows.groups)} groups")
    if rows.weights is not None:
        parts.append("weighted")
    if vcov != "model":
        parts.append(f"{vcov} variance")
    return ", ".join([*parts, df])
