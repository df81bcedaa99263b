"""Test of proportional hazards: the score test for x times a function of time (Grambsch and Therneau 1994)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from equipoise.stats._kernels.cox_history import mean_covariates, timed_information
from equipoise.stats._kernels.product_limit import count_at_times, product_limit
from equipoise.stats.errors import StatsError
from equipoise.stats.result import Result
from equipoise.stats.survival.cox_variance import history_at
from equipoise.stats.survival.sample import NO_WEIGHTS
from equipoise.stats.tails import chi2_upper

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from equipoise.stats.survival.cox_data import CoxData
    from equipoise.stats.survival.cox_fit import CoxFit

TimeTransform = Literal["km", "rank", "identity", "log"]
TRANSFORMS = ("km", "rank", "identity", "log")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class ProportionalHazardsTest(Result):
    """Score tests of coefficients that change with g(time): one entry per term, and "GLOBAL" last for all together."""

    term: tuple[str, ...]
    statistic: NDArray[np.float64]
    df: NDArray[np.int64]
    p_value: NDArray[np.float64]
    transform: str
    method: str

    def _title(self) -> str:
        return f"{self.method}, time transform {self.transform}"

    def _facts(self) -> Mapping[str, object]:
        return {}

    def _columns(self) -> Mapping[str, Sequence[object] | NDArray[Any]]:
        return {"term": list(self.term), "statistic": self.statistic, "df": self.df, "p_value": self.p_value}


def proportional_hazards_of(
    data: CoxData, fit: CoxFit, transform: str, terms: Mapping[str, Sequence[str]] | None
) -> ProportionalHazardsTest:
    """Test each term (default: each covariate) and all together."""
    if transform not in TRANSFORMS:
        raise StatsError(f"transform: expected one of {', '.join(map(repr, TRANSFORMS))}, got {transform!r}")
    if data.ties == "exact" or fit.infinite or fit.kept.size == 0:
        raise StatsError("the test needs finite coefficients and ties 'efron' or 'breslow'")
    names = [data.names[j] for j in fit.kept]
    blocks = {name: [name] for name in names} if terms is None else {k: list(v) for k, v in terms.items()}
    unknown = [name for block in blocks.values() for name in block if name not in names]
    if unknown:
        raise StatsError(f"terms: {unknown[0]!r} is not an estimated covariate; they are {', '.join(names)}")
    score, information = _augmented(data, fit, _time_function(data, transform))
    p = len(names)
    places = [[p + names.index(name) for name in block] for block in blocks.values()] + [list(range(p, 2 * p))]
    statistics = [_score_test(score, information, p, place) for place in places]
    degrees = [len(place) for place in places]
    return ProportionalHazardsTest(
        term=(*blocks, "GLOBAL"),
        statistic=np.array(statistics),
        df=np.array(degrees),
        p_value=np.array([chi2_upper(s, d) for s, d in zip(statistics, degrees, strict=True)]),
        transform=transform,
        method="Score test of proportional hazards",
    )


def _augmented(
    data: CoxData, fit: CoxFit, timing: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return score and information of (x, x g(t)) at the fit, where the score of x is 0."""
    history = history_at(data, fit.kept, fit.beta)
    dying = np.flatnonzero(data.event)
    groups = data.row_group[dying]
    schoenfeld = history.x[dying] - mean_covariates(history.steps, history.s1, history.d1)[groups]
    score = np.sum(schoenfeld * (data.weights[dying] * timing[groups])[:, None], axis=0)
    plain, mixed, squared = (
        timed_information(
            history.x,
            data.event,
            history.risk,
            data.group_start,
            data.stratum_group,
            data.first_group,
            history.steps,
            history.s1,
            history.d1,
            weight,
        )
        for weight in (np.ones(timing.size), timing, timing * timing)
    )
    return np.concatenate([np.zeros(score.size), score]), np.block([[plain, mixed], [mixed, squared]])


def _score_test(score: NDArray[np.float64], information: NDArray[np.float64], p: int, places: list[int]) -> float:
    chosen = [*range(p), *places]
    part = score[chosen]
    return float(part @ np.linalg.solve(information[np.ix_(chosen, chosen)], part))


def _time_function(data: CoxData, transform: str) -> NDArray[np.float64]:
    """Return g at the time of each group, less its mean over events, strata together."""
    codes = data.grid.codes[data.order[data.group_start[:-1]]]
    times = data.grid.times
    events = np.bincount(data.grid.codes[data.sample.event], minlength=times.size)
    if transform == "identity":
        g = times
    elif transform == "log":
        if times[0] <= 0.0 and events[0]:
            raise StatsError("transform: 'log' cannot be used with events at time 0")
        g = np.log(np.maximum(times, np.finfo(np.float64).tiny))
    elif transform == "rank":
        rows = np.bincount(data.grid.codes, minlength=times.size)
        g = np.cumsum(rows) - (rows - 1) / 2.0
    else:
        counts = count_at_times(data.grid.codes, data.sample.event, NO_WEIGHTS, data.grid.entry, times.size)
        g = 1.0 - np.concatenate([[1.0], product_limit(counts[0], counts[1])[0][:-1]])
    centered: NDArray[np.float64] = (g - np.average(g, weights=events))[codes]
    return centered
