"""Multiple imputation of repeated measures: missing at random, reference-based, shifted by delta.

For each imputation the subjects are drawn again with replacement within arms and a mixed model is fitted to the draw
(approximate Bayesian imputation); missing values of the real subjects are then drawn given their observed ones.
Values missing after the last observed visit follow the chosen assumption; those between observed visits are always
missing at random. With mu_own and mu_ref the means of the subject's arm and of the reference arm at its covariates, the
mean of a subject who left after visit d is

    mar                mu_own at all visits
    jump-to-reference  mu_own up to d, mu_ref after
    copy-reference     mu_ref at all visits

and the missing values are drawn from the normal distribution given the observed ones (Carpenter et al. 2013).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import fsum
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from equipoise.stats.errors import StatsError
from equipoise.stats.labels import Labels, code_labels
from equipoise.stats.mixed.mmrm_arrays import mmrm_arrays
from equipoise.stats.mixed.single_thread import single_threaded
from equipoise.stats.result import Result
from equipoise.stats.validate import InputCheck

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from equipoise.stats.mixed.structures import Structure

Assumption = Literal["mar", "jump-to-reference", "copy-reference"]
FALLBACK: tuple[Structure, ...] = ("us", "toeph", "ar1h", "cs")
MOST_REDRAWS = 20


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class Imputations(Result):
    """Completed data sets: `y` is (imputations, subjects, visits) in the order of the arguments.

    `imputed` marks the values that were missing, `after_dropout` those of them after the subject's last observed visit.
    `structures` counts the covariance structures that the fits used; `n_redrawn` the draws that could not be fitted.
    """

    y: NDArray[np.float64]
    imputed: NDArray[np.bool_]
    after_dropout: NDArray[np.bool_]
    arm: tuple[Any, ...]
    reference: Any
    assumption: str
    seed: int
    structures: dict[str, int]
    n_redrawn: int
    method: str

    def shifted(self, delta: float, *, arm: object | None = None) -> NDArray[np.float64]:
        """Return `y` with delta added to the values imputed after dropout, in one arm or in all."""
        rows = np.array([arm is None or label == arm for label in self.arm])
        return np.asarray(self.y + delta * (self.after_dropout & rows[:, None]), np.float64)

    def _title(self) -> str:
        return self.method

    def _facts(self) -> Mapping[str, object]:
        return {
            "imputations": self.y.shape[0],
            "subjects": self.y.shape[1],
            "values imputed": int(self.imputed.sum()),
            "after dropout": int(self.after_dropout.sum()),
            "seed": self.seed,
        }

    def _columns(self) -> Mapping[str, Sequence[object] | NDArray[Any]]:
        return {
            "visit": list(range(1, self.y.shape[2] + 1)),
            "imputed": self.imputed.sum(axis=0),
            "after_dropout": self.after_dropout.sum(axis=0),
        }


@single_threaded
def impute_visits(
    y: ArrayLike,
    arm: ArrayLike,
    *,
    subject: ArrayLike,
    seed: int,
    covariates: ArrayLike | None = None,
    reference: object | None = None,
    assumption: Assumption = "mar",
    n_imputations: int = 50,
    covariance: Structure | Sequence[Structure] = FALLBACK,
) -> Imputations:
    """Complete repeated measures several times.

    Parameters
    ----------
    y : (n, m) responses, one row per subject, one column per visit in order; nan where missing.
    arm : (n,) labels.
    subject : (n,) distinct labels: they give the order of the draws, so that the order of rows does not matter.
    seed : of the random draws.
    covariates : (n, q) without missing values; their effects differ by visit.
    reference : the reference arm; default the first in sorted order. Its own subjects are missing at random.
    assumption : "mar", "jump-to-reference" or "copy-reference", for values after the last observed visit.
    n_imputations : completed data sets, at least 2.
    covariance : structures of the mixed model, a fallback order.

    Raises
    ------
    StatsError
        If an argument holds values that cannot be used, or draws cannot be fitted.

    References
    ----------
    Carpenter, Roger and Kenward (2013) J Biopharm Stat. Gower-Page et al. (2022) JOSS, method "approxbayes".
    """
    values, arms, x, base = _read(y, arm, subject, covariates, reference, assumption, n_imputations)
    order = np.argsort(code_labels(np.asarray(subject)).codes, kind="stable")
    rng = np.random.Generator(np.random.Philox(seed))
    out = np.empty((n_imputations, *values.shape))
    structures: dict[str, int] = {}
    redrawn = 0
    sorted_y, sorted_arm, sorted_x = values[order], arms.codes[order], x[order]
    for i in range(n_imputations):
        means, sigma, used, failures = _draw_model(sorted_y, sorted_arm, sorted_x, len(arms.levels), covariance, rng)
        structures[used] = structures.get(used, 0) + 1
        redrawn += failures
        noise = rng.standard_normal(values.shape)
        out[i, order] = _completed(sorted_y, sorted_arm, sorted_x @ means[1] + means[0], sigma, base, assumption, noise)
    imputed = np.isnan(values)
    return Imputations(
        y=out,
        imputed=imputed,
        after_dropout=imputed & (np.arange(values.shape[1]) > _last_seen(values)[:, None]),
        arm=tuple(arms.levels[code] for code in arms.codes),
        reference=arms.levels[base],
        assumption=assumption,
        seed=seed,
        structures=structures,
        n_redrawn=redrawn,
        method=f"Multiple imputation, {assumption}, {n_imputations} data sets",
    )


def _read(  # noqa: PLR0917 - the arguments of one call
    y: ArrayLike,
    arm: ArrayLike,
    subject: ArrayLike,
    covariates: ArrayLike | None,
    reference: object | None,
    assumption: str,
    n_imputations: int,
) -> tuple[NDArray[np.float64], Labels, NDArray[np.float64], int]:
    check = InputCheck()
    values = np.array(y, np.float64)
    if values.ndim != 2 or values.size == 0:
        raise StatsError(f"y: expected one row per subject and one column per visit, got shape {values.shape}")
    arms, subjects = check.labels("arm", arm), check.labels("subject", subject)
    if subjects.codes.size != len(subjects.levels):
        check.problem("subject", f"{subjects.codes.size} rows for {len(subjects.levels)} subjects; expected one each")
    x = np.empty((values.shape[0], 0))
    if covariates is not None:
        x, _ = check.matrix("covariates", covariates)
        x = x - np.array([fsum(column) for column in x.T]) / max(x.shape[0], 1)
    check.choice("assumption", assumption, get_args(Assumption))
    if n_imputations < 2:
        check.problem("n_imputations", f"expected at least 2, got {n_imputations}")
    if reference is not None and reference not in arms.levels:
        check.problem("reference", f"{reference!r} is not an arm; they are {', '.join(map(repr, arms.levels))}")
    if arms.codes.size not in (0, values.shape[0]):
        check.problem("arm", f"has {arms.codes.size} rows where y has {values.shape[0]}")
    if np.isinf(values).any():
        check.problem("y", "expected finite numbers, or nan where missing")
    check.finish()
    unseen = np.flatnonzero(np.isnan(values).all(axis=0))
    if unseen.size:
        raise StatsError(f"y: visit {int(unseen[0]) + 1} has no value at all; leave it out")
    return values, arms, x, 0 if reference is None else arms.levels.index(reference)


def _draw_model(  # noqa: PLR0917 - one draw
    y: NDArray[np.float64],
    arm: NDArray[np.int64],
    x: NDArray[np.float64],
    n_arms: int,
    covariance: Structure | Sequence[Structure],
    rng: np.random.Generator,
) -> tuple[tuple[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64], str, int]:
    """Fit a bootstrap sample; return means (arms, 1, visits) with covariate effects (q, visits), and Sigma."""
    m, q = y.shape[1], x.shape[1]
    message = ""
    for failures in range(MOST_REDRAWS):
        drawn = np.concatenate(
            [rng.choice(rows, rows.size) for a in range(n_arms) if (rows := np.flatnonzero(arm == a)).size]
        )
        i, j = np.nonzero(~np.isnan(y[drawn]))
        rows = drawn[i]
        parts = [*((arm[rows] == a) for a in range(n_arms)), *(x[rows, c] for c in range(q))]
        columns = np.column_stack([part * (j == v) for part in parts for v in range(m)]).astype(np.float64)
        try:
            model = mmrm_arrays(y[rows, j], columns, i, j, covariance=covariance, df="residual", visit_levels=range(m))
        except StatsError as error:
            message = str(error)
            continue
        if len(model.visits) == m and not any(model.status):
            effects = model.coef.reshape(n_arms + q, m)
            return (effects[:n_arms, None, :], effects[n_arms:]), model.covariance, model.structure, failures
        message = "an arm had nobody at some visit"
    raise StatsError(f"y: {MOST_REDRAWS} samples in a row could not be fitted; the last: {message}")


def _completed(  # noqa: PLR0917 - one completion
    y: NDArray[np.float64],
    arm: NDArray[np.int64],
    means: NDArray[np.float64],
    sigma: NDArray[np.float64],
    base: int,
    assumption: str,
    noise: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Draw the missing values; `means` is (arms, subjects, visits)."""
    n, m = y.shape
    own, other = means[arm, np.arange(n)], means[base]
    mean = own
    if assumption != "mar":
        after: NDArray[np.bool_] = np.arange(m)[None, :] > _last_seen(y)[:, None]
        left = (_last_seen(y) < m - 1).reshape(-1, 1)
        mean = np.where(after if assumption == "jump-to-reference" else left, other, own)
    out = y.copy()
    missing = np.isnan(y)
    patterns, pattern_of = np.unique(missing, axis=0, return_inverse=True)
    for k, lacks in enumerate(patterns):
        rows = np.flatnonzero(pattern_of.reshape(-1) == k)
        if not lacks.any():
            continue
        slope = np.linalg.solve(sigma[np.ix_(~lacks, ~lacks)], sigma[np.ix_(~lacks, lacks)])
        spread = sigma[np.ix_(lacks, lacks)] - sigma[np.ix_(lacks, ~lacks)] @ slope
        gap = y[np.ix_(rows, ~lacks)] - mean[np.ix_(rows, ~lacks)]
        drawn = noise[np.ix_(rows, lacks)] @ np.linalg.cholesky((spread + spread.T) / 2.0).T
        out[np.ix_(rows, lacks)] = mean[np.ix_(rows, lacks)] + gap @ slope + drawn
    return out


def _last_seen(y: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the last observed visit of each subject, -1 where there is none."""
    seen = ~np.isnan(y)
    last: NDArray[np.int64] = np.where(seen.any(axis=1), y.shape[1] - 1 - np.argmax(seen[:, ::-1], axis=1), -1)
    return last
