"""Hazard ratio of two groups within subgroups, and the test of interaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from equipoise.stats.errors import StatsError
from equipoise.stats.labels import Labels
from equipoise.stats.result import Result
from equipoise.stats.survival.cox import ChiSquare, CoxModel, Ties, cox_ph
from equipoise.stats.survival.groups import present_levels, reference_first
from equipoise.stats.survival.sample import read_sample
from equipoise.stats.tails import chi2_upper
from equipoise.stats.validate import InputCheck, Missing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

NAN = float("nan")
MISSING_LEVEL = "(missing)"


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class SubgroupForest(Result):
    """Hazard ratios of the other group over the reference, one entry per factor and level.

    `n` and `n_events` count the rows of the subgroup, `n_reference` and `n_events_reference` those of its reference
    group. Rows whose level is not known are the level "(missing)". `status` is "NE" where there are fewer than
    `min_events` events or a group is absent, "monotone" where a group has no events (see `CoxModel`), and `reason`
    says why. `interaction` holds per factor the likelihood-ratio test of group x factor against group + factor, on
    the rows whose level is known.
    """

    factor: tuple[str, ...]
    level: tuple[Any, ...]
    n: NDArray[np.int64]
    n_events: NDArray[np.int64]
    n_reference: NDArray[np.int64]
    n_events_reference: NDArray[np.int64]
    hazard_ratio: NDArray[np.float64]
    std_error: NDArray[np.float64]
    conf_low: NDArray[np.float64]
    conf_high: NDArray[np.float64]
    p_value: NDArray[np.float64]
    status: tuple[str, ...]
    reason: tuple[str, ...]
    interaction: dict[str, ChiSquare]
    groups: tuple[Any, ...]
    reference: Any
    conf_level: float
    min_events: int
    method: str

    def _title(self) -> str:
        return f"{self.method}, {self.groups[1]} v {self.groups[0]}"

    def _facts(self) -> Mapping[str, object]:
        return {f"interaction with {name}": f"p = {test.p_value:.3g}" for name, test in self.interaction.items()}

    def _columns(self) -> Mapping[str, Sequence[object] | NDArray[Any]]:
        shown = ("n", "n_events", "hazard_ratio", "conf_low", "conf_high", "p_value")
        columns: dict[str, Sequence[object] | NDArray[Any]] = {"factor": list(self.factor)}
        columns["level"] = [str(level) for level in self.level]
        return columns | {name: getattr(self, name) for name in shown} | {"status": list(self.status)}


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Checked rows of the two groups; `other` is True in the group that is compared with the reference."""

    time: NDArray[np.float64]
    event: NDArray[np.bool_]
    entry: NDArray[np.float64] | None
    other: NDArray[np.bool_]
    strata: NDArray[np.int64] | None

    def fit(self, rows: NDArray[np.bool_], x: Mapping[str, NDArray[np.float64]], **options: Any) -> CoxModel:
        return cox_ph(
            self.time[rows],
            self.event[rows],
            {name: column[rows] for name, column in x.items()},
            entry=None if self.entry is None else self.entry[rows],
            strata=None if self.strata is None else self.strata[rows],
            **options,
        )


def subgroup_hazard_ratios(
    time: ArrayLike,
    event: ArrayLike,
    group: ArrayLike,
    subgroups: Mapping[str, ArrayLike],
    *,
    strata: object | None = None,
    entry: ArrayLike | None = None,
    reference: object | None = None,
    min_events: int = 10,
    ties: Ties = "efron",
    conf_level: float = 0.95,
    missing: Missing = "raise",
) -> SubgroupForest:
    """Estimate the hazard ratio of two groups in each level of each factor, and test each factor's interaction with
    the group.

    The estimate in a level is that of a Cox model of the group alone, with the same strata, on the rows of the level.
    The interaction is tested by the likelihood ratio of a model with group, factor and their product against one with
    group and factor.

    Parameters
    ----------
    time, event, entry, strata, ties, conf_level : as in `cox_ph`.
    group : (n,) labels of two groups.
    subgroups : for each factor its (n,) labels; missing labels form a level of their own, "(missing)".
    reference : the group in the denominator; default the first in sorted order.
    min_events : a level with fewer events gets no estimate.
    missing : what to do with rows whose time, event, group, entry or strata are missing: "raise" or "drop".

    Raises
    ------
    StatsError
        If an argument holds values that cannot be used, or there are not two groups.
    """
    if isinstance(min_events, bool) or not isinstance(min_events, int) or min_events < 1:
        raise StatsError(f"min_events: expected a whole number from 1 on, got {min_events!r}")
    check = InputCheck(missing=missing)
    sample = read_sample(check, time, event, entry=entry)
    groups = check.labels("group", group)
    blocks = None if strata is None else check.strata("strata", strata)
    checks = {name: _read_factor(check, name, labels) for name, labels in subgroups.items()}
    check.finish()
    sample = sample.kept(check)
    levels, codes = reference_first(groups.levels, check.keep(groups.codes)[0], reference)
    if len(levels) != 2:
        raise StatsError(f"group: expected two groups, found {len(levels)}: {', '.join(map(repr, levels))}")
    rows = _Rows(
        sample.time, sample.event, sample.entry, codes == 1, None if blocks is None else check.keep(blocks.codes)[0]
    )
    options = {"ties": ties, "conf_level": conf_level}
    parts: list[dict[str, Any]] = []
    interaction: dict[str, ChiSquare] = {}
    for name, labels in checks.items():
        factor = Labels(labels.levels, check.keep(labels.codes)[0])
        parts += _levels_of(rows, name, factor, min_events, options)
        interaction[name] = _interaction(rows, factor, options)
    return _forest(
        parts, interaction, levels, conf_level=conf_level, min_events=min_events, stratified=blocks is not None
    )


def _read_factor(check: InputCheck, name: str, labels: ArrayLike) -> Labels:
    """Read a factor whose missing labels are no reason to drop a row."""
    own = InputCheck(missing="drop")
    read = own.labels(f"subgroups[{name}]", labels)
    check.problems.extend(own.problems)
    if not own.problems and read.codes.size != check.n:
        check.problem(f"subgroups[{name}]", f"has {read.codes.size} rows where time has {check.n}")
    return read


def _levels_of(
    rows: _Rows, name: str, factor: Labels, min_events: int, options: Mapping[str, Any]
) -> list[dict[str, Any]]:
    levels = list(enumerate(factor.levels))
    if (factor.codes < 0).any():
        levels.append((-1, MISSING_LEVEL))
    out = []
    for code, level in levels:
        inside = factor.codes == code
        event = rows.event & inside
        part: dict[str, Any] = {
            "factor": name,
            "level": level,
            "n": np.count_nonzero(inside),
            "n_events": np.count_nonzero(event),
            "n_reference": np.count_nonzero(inside & ~rows.other),
            "n_events_reference": np.count_nonzero(event & ~rows.other),
        }
        out.append(part | _estimate(rows, inside, part, min_events, options))
    return out


def _estimate(
    rows: _Rows, inside: NDArray[np.bool_], part: Mapping[str, Any], min_events: int, options: Mapping[str, Any]
) -> dict[str, Any]:
    nothing = dict.fromkeys(("hazard_ratio", "std_error", "conf_low", "conf_high", "p_value"), NAN)
    if part["n_events"] < min_events:
        return nothing | {"status": "NE", "reason": f"fewer than {min_events} events"}
    if part["n_reference"] in (0, part["n"]):
        return nothing | {"status": "NE", "reason": "one group only"}
    model = rows.fit(inside, {"group": rows.other.astype(np.float64)}, **options)
    return {
        "hazard_ratio": model.hazard_ratio[0],
        "std_error": model.std_error[0],
        "conf_low": model.conf_low[0],
        "conf_high": model.conf_high[0],
        "p_value": model.p_value[0],
        "status": model.status[0],
        "reason": model.reason,
    }


def _interaction(rows: _Rows, factor: Labels, options: Mapping[str, Any]) -> ChiSquare:
    known = factor.codes >= 0
    _, codes = present_levels(factor.levels, factor.codes[known])
    n_levels = int(codes.max(initial=0)) + 1
    if n_levels < 2:
        return ChiSquare(statistic=NAN, df=0, p_value=NAN)
    whole = np.zeros(known.size, np.int64)
    whole[known] = codes
    group = rows.other.astype(np.float64)
    main = {"group": group} | {f"level {k}": (whole == k).astype(np.float64) for k in range(1, n_levels)}
    products = {f"group x level {k}": group * (whole == k) for k in range(1, n_levels)}
    small, large = rows.fit(known, main, **options), rows.fit(known, main | products, **options)
    statistic, df = max(2.0 * (large.loglik - small.loglik), 0.0), large.lr.df - small.lr.df
    return ChiSquare(statistic=statistic if df else NAN, df=df, p_value=chi2_upper(statistic, df) if df else NAN)


def _forest(
    parts: list[dict[str, Any]],
    interaction: dict[str, ChiSquare],
    levels: tuple[Any, ...],
    *,
    conf_level: float,
    min_events: int,
    stratified: bool,
) -> SubgroupForest:
    words = ("factor", "level", "status", "reason")
    texts: dict[str, Any] = {name: tuple(part[name] for part in parts) for name in words}
    counts: dict[str, Any] = {
        name: np.array([part[name] for part in parts], np.int64)
        for name in ("n", "n_events", "n_reference", "n_events_reference")
    }
    numbers: dict[str, Any] = {
        name: np.array([part[name] for part in parts], np.float64)
        for name in ("hazard_ratio", "std_error", "conf_low", "conf_high", "p_value")
    }
    return SubgroupForest(
        **texts,
        **counts,
        **numbers,
        interaction=interaction,
        groups=levels,
        reference=levels[0],
        conf_level=conf_level,
        min_events=min_events,
        method=f"Cox regression within subgroups, {'stratified' if stratified else 'unstratified'}",
    )
