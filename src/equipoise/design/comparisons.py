"""Designs of responses and of means: two arms by approximate and exact tests, one arm in one stage or two."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import ndtr, ndtri

from equipoise.design.assumptions import given_futility
from equipoise.design.errors import DesignError
from equipoise.design.size import finite
from equipoise.stats import (
    fisher_power,
    group_sequential,
    sample_size_fisher,
    sample_size_means,
    sample_size_proportions,
    sample_size_single_arm,
    simon_two_stage,
)

if TYPE_CHECKING:
    from equipoise.protocol import Analysis, DesignAssumptions, Protocol
    from equipoise.stats import GroupSequential, TwoArmSize

__all__ = ["Comparison", "compared", "comparison_design", "read_comparison"]

CURVE_POINTS = 41
SCORE, FISHER, T_TEST, NORMAL, EXACT = "score", "fisher", "t", "normal", "exact"
LABELS = {
    SCORE: "Score test (Farrington-Manning)",
    FISHER: "Fisher's exact test",
    T_TEST: "t test",
    NORMAL: "Normal test with known variance",
    EXACT: "Exact binomial test",
}
DEFAULT_BOUNDARY = "lan_demets_obrien_fleming"


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Assumptions of an analysis of responses or means."""

    analysis: str
    kind: str
    """response, mean or single_arm."""
    endpoint: str
    cohort: str | None
    experimental: str
    control: str | None
    """None with one arm."""
    ratio: float
    alpha: float
    sided: int
    power: float
    patients: int | None
    declared: DesignAssumptions
    method: str
    """Test that is planned."""
    fractions: tuple[float, ...]
    """Information at the looks, the last one 1."""

    @property
    def level(self) -> float:
        """One-sided level."""
        return self.alpha / self.sided


def compared(protocol: Protocol) -> list[str]:
    """Analyses with a design of responses or means."""
    return [name for name, a in protocol.analyses.items() if _kind(a) is not None and a.power is not None]


def _kind(analysis: Analysis) -> str | None:
    design = analysis.design
    if design is None or (analysis.test is not None and analysis.test.logrank is not None):
        return None
    if design.response is not None:
        return "single_arm" if design.response.null is not None else "response"
    return "mean" if design.mean is not None else None


def read_comparison(protocol: Protocol, name: str) -> Comparison:
    """Read the assumptions of an analysis of responses or means off a protocol.

    Raises
    ------
    DesignError
        There are no two arms to compare, or looks that such a design cannot have.
    """
    analysis = protocol.analyses[name]
    kind, design = _kind(analysis), analysis.design
    if kind is None or design is None or analysis.power is None:
        raise DesignError(f"analysis {name!r} has no design of responses or means")
    experimental, control, ratio = _arms(protocol, name, analysis, kind)
    fisher = analysis.test is not None and bool(analysis.test.fisher)
    method = {"single_arm": EXACT, "mean": T_TEST}.get(kind, FISHER if fisher else SCORE)
    if analysis.interims and kind == "single_arm":
        raise DesignError(f"analysis {name!r}: looks at one arm are its stages; give design.response.stages instead")
    return Comparison(
        analysis=name,
        kind=kind,
        endpoint=analysis.endpoint,
        cohort=analysis.cohort,
        experimental=experimental,
        control=control,
        ratio=ratio,
        alpha=analysis.alpha,
        sided=analysis.sided,
        power=analysis.power,
        patients=_patients(protocol, analysis, design),
        declared=design,
        method=method,
        fractions=_fractions(name, analysis),
    )


def _arms(protocol: Protocol, name: str, analysis: Analysis, kind: str) -> tuple[str, str | None, float]:
    if kind == "single_arm":
        return next(iter(analysis.arms or protocol.arms)), None, math.inf
    pairs = protocol.comparisons(analysis)
    if not pairs:
        raise DesignError(f"analysis {name!r} has no design: it lacks an experimental and a control arm")
    experimental, control = pairs[0]
    ratio = protocol.ratio(analysis.cohort)
    lost = [arm for arm in (experimental, control) if arm not in ratio]
    if lost:
        raise DesignError(f"analysis {name!r}: the arm {lost[0]!r} has no share in the randomization ratio")
    return experimental, control, ratio[experimental] / ratio[control]


def _fractions(name: str, analysis: Analysis) -> tuple[float, ...]:
    if any(look.at_events is not None for look in analysis.interims):
        raise DesignError(f"analysis {name!r}: looks at patients with outcome are given by at_fraction, not at_events")
    count = len(analysis.interims)
    return (*(look.at_fraction or (k + 1) / (count + 1) for k, look in enumerate(analysis.interims)), 1.0)


def _patients(protocol: Protocol, analysis: Analysis, design: DesignAssumptions) -> int | None:
    if design.patients is not None:
        return design.patients
    if analysis.cohort is not None:
        return protocol.cohorts[analysis.cohort].planned_subjects
    return protocol.randomization.planned_subjects or protocol.registry.enrollment


def comparison_design(plan: Comparison) -> dict[str, Any]:
    """Compute sizes, looks, stages and power of an analysis of responses or means.

    Raises
    ------
    DesignError
        Sizes that cannot be had; says why.
    """
    try:
        methods = _methods(plan)
        found: dict[str, Any] = {
            "effect": _effect(plan),
            "methods": methods,
            "planned": next(row for row in methods if row["method"] == plan.method),
            "stages": _stages(plan),
            "sequential": None,
        }
        if plan.kind != "single_arm":
            design = _bounds(plan)
            n = found["planned"]["patients"] * design.inflation
            found["sequential"] = _sequential(design, n)
            found["power_curve"] = _curve(plan, n)
        else:
            found["power_curve"] = _curve(plan, found["planned"]["patients"])
    except ValueError as error:
        raise DesignError(f"analysis {plan.analysis!r}: {error}") from error
    return found


def _effect(plan: Comparison) -> dict[str, Any]:
    response, mean = plan.declared.response, plan.declared.mean
    if response is not None:
        return {"experimental": response.experimental, "control": response.control, "null": response.null}
    return {"difference": mean.difference, "sd": mean.sd} if mean is not None else {}


def _row(method: str, size: TwoArmSize) -> dict[str, Any]:
    experimental, control = size.round_up()
    rounded = {"experimental": experimental, "control": control}
    return {"method": method, "label": LABELS[method], "patients": size.n, "rounded": rounded, "power": size.power}


def _methods(plan: Comparison) -> list[dict[str, Any]]:
    response, mean = plan.declared.response, plan.declared.mean
    if mean is not None:
        return [
            _row(
                way,
                sample_size_means(
                    mean.difference,
                    mean.sd,
                    ratio=plan.ratio,
                    alpha=plan.alpha,
                    sided=plan.sided,
                    power=plan.power,
                    distribution=way,  # type: ignore[arg-type]
                ),
            )
            for way in (T_TEST, NORMAL)
        ]
    if response is None:
        return []
    if response.control is None:
        return [_single(plan)]
    score = sample_size_proportions(
        response.experimental,
        response.control,
        ratio=plan.ratio,
        alpha=plan.alpha,
        sided=plan.sided,
        power=plan.power,
    )
    return [_row(SCORE, score), _fisher(plan, score)]


def _single(plan: Comparison) -> dict[str, Any]:
    response = plan.declared.response
    assert response is not None and response.null is not None  # noqa: S101, PT018 - of a single arm
    size = sample_size_single_arm(response.null, response.experimental, alpha=plan.level, power=plan.power)
    return {
        "method": EXACT,
        "label": LABELS[EXACT],
        "patients": size.n,
        "most_responses": size.most_responses,
        "alpha": size.alpha,
        "power": size.power,
        "holds_from": size.n_from_which_power_holds,
    }


def _fisher(plan: Comparison, score: TwoArmSize) -> dict[str, Any]:
    """Smallest trial in the planned ratio that has the exact power; near the size by the score test."""
    response = plan.declared.response
    assert response is not None and response.control is not None  # noqa: S101, PT018 - of two arms
    p, q = response.experimental, response.control
    if plan.ratio == 1.0:
        size = sample_size_fisher(p, q, alpha=plan.level, power=plan.power)
        return _row(FISHER, size)
    n = max(2, math.floor(0.8 * score.n_control))
    while True:
        arms = math.ceil(plan.ratio * n - 1e-9), n
        power = fisher_power(*arms, p, q, alpha=plan.level)
        if power >= plan.power:
            break
        n += 1
    rounded = {"experimental": arms[0], "control": arms[1]}
    return {"method": FISHER, "label": LABELS[FISHER], "patients": sum(arms), "rounded": rounded, "power": power}


def _stages(plan: Comparison) -> list[dict[str, Any]]:
    """Simon's designs of one arm: the minimax, the optimal and those between."""
    response = plan.declared.response
    if response is None or response.null is None:
        return []
    try:
        designs = simon_two_stage(
            response.null, response.experimental, alpha=plan.level, power=plan.power, largest=response.largest
        )
    except ValueError:
        if response.stages != "one":
            raise
        return []
    last = len(designs) - 1
    return [
        {
            "kind": d.kind,
            "planned": response.stages != "one" and k == (last if response.stages == "optimal" else 0),
            "r1": d.r1,
            "n1": d.n1,
            "r": d.r,
            "n": d.n,
            "expected_n": d.expected_n,
            "stop_early": d.stop_early,
            "alpha": d.alpha,
            "power": d.power,
        }
        for k, d in enumerate(designs)
    ]


def _bounds(plan: Comparison) -> GroupSequential:
    declared = plan.declared
    futile = len(plan.fractions) > 1
    return group_sequential(
        np.array(plan.fractions),
        alpha=plan.alpha,
        sided=plan.sided,  # type: ignore[arg-type]
        power=plan.power,
        boundary=declared.boundary or DEFAULT_BOUNDARY,
        boundary_parameter=declared.boundary_parameter if declared.boundary else None,
        futility=declared.futility if futile else None,
        futility_parameter=declared.futility_parameter if futile else None,
        futility_bounds=given_futility(declared) if futile else None,
        binding=declared.binding if futile else False,
    )


def _sequential(design: GroupSequential, n: float) -> dict[str, Any]:
    under = {"planned": design.crossing(design.drift), "none": design.crossing(0.0)}
    return {
        "boundary": design.boundary,
        "futility": design.futility,
        "binding": design.binding,
        "information": design.information.tolist(),
        "upper": finite(design.upper.tolist()),
        "lower": finite(design.lower.tolist()),
        "inner": None if design.inner is None else finite(design.inner.tolist()),
        "p_value": design.p_value.tolist(),
        "alpha_spent": design.alpha_spent.tolist(),
        "patients": (design.information * n).tolist(),
        "total_patients": n,
        "inflation": design.inflation,
        "drift": design.drift,
        "expected_patients": {name: c.expected_information * n for name, c in under.items()},
    }


def _curve(plan: Comparison, n: float) -> dict[str, Any]:
    """Power by the true effect at the size planned, without looks."""
    response, mean = plan.declared.response, plan.declared.mean
    reach = float(ndtri(1.0 - plan.level))
    if mean is not None:
        share = plan.ratio / (1.0 + plan.ratio) ** 2
        effects = np.linspace(0.0, 1.5 * mean.difference, CURVE_POINTS)
        power = ndtr(np.abs(effects) / mean.sd * math.sqrt(n * share) - reach)
        return {"label": "True difference of means", "effect": effects.tolist(), "power": power.tolist()}
    assert response is not None  # noqa: S101 - the other kinds have one
    base = response.control if response.control is not None else response.null
    assert base is not None  # noqa: S101 - the protocol gives one of the two
    far = base + 1.5 * (response.experimental - base)
    effects = np.linspace(base, min(0.99, max(0.01, far)), CURVE_POINTS)
    label = "True share of responses with the experimental treatment"
    if response.control is None:
        size = round(n)
        most = sample_size_single_arm(base, response.experimental, alpha=plan.level, power=plan.power).most_responses
        exact = [_more_than(most, size, float(p)) for p in effects]
        return {"label": label, "effect": effects.tolist(), "power": exact}
    n_control = n / (1.0 + plan.ratio)
    mixed = (plan.ratio * effects + base) / (1.0 + plan.ratio)
    spread_null = np.sqrt(mixed * (1.0 - mixed) * (1.0 / plan.ratio + 1.0))
    spread = np.sqrt(effects * (1.0 - effects) / plan.ratio + base * (1.0 - base))
    power = ndtr((np.abs(effects - base) * math.sqrt(n_control) - reach * spread_null) / spread)
    return {"label": label, "effect": effects.tolist(), "power": power.tolist()}


def _more_than(most: int, n: int, p: float) -> float:
    return math.fsum(math.comb(n, k) * p**k * (1.0 - p) ** (n - k) for k in range(most + 1, n + 1))
