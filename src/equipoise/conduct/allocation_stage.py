"""From the protocol to allocation: which arms, ratio, method and factors are in force, and one patient at a time.

Each cohort with a method or ratio of its own, and the trial as a whole, is allocated by itself. Levels and strata get
rows of the state as they first occur, so sites and levels need not be known beforehand; the order of rows never changes
a probability.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from json import dumps, loads
from typing import TYPE_CHECKING, Any

import numpy as np

from equipoise.stats.allocation import Plan, allocate_rows, biased_coin, minimization, permuted_blocks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from equipoise.protocol import Protocol

__all__ = ["SITE_FACTOR", "Allocator", "CohortDesign", "StageDesign", "starts_new_stage"]

SITE_FACTOR = "site"
"""Name of the factor that `stratify_by_site` adds."""


@dataclass(frozen=True, kw_only=True)
class CohortDesign:
    """How one cohort, or a trial without cohorts, is allocated."""

    arms: tuple[str, ...]
    ratio: tuple[int, ...]
    method: str
    """permuted_blocks, minimization or biased_coin."""
    settings: Mapping[str, Any]
    factors: tuple[str, ...]
    """Names of the factors, in the order of the protocol; the site last."""
    planned: int | None = None
    """Subjects planned, if the protocol says: the cohort's, else the trial's."""

    @property
    def by_margin(self) -> bool:
        """True for minimization, which balances the levels of each factor; else strata are combinations."""
        return self.method == "minimization"

    def plan(self, n_levels: tuple[int, ...]) -> Plan:
        """Give the plan for so many levels of each factor, or so many strata."""
        if self.method == "permuted_blocks":
            return permuted_blocks(self.ratio, self.settings["sizes"], n_levels=n_levels)
        if self.method == "minimization":
            return minimization(self.ratio, n_levels, measure=self.settings["measure"], p=self.settings["probability"])
        return biased_coin(self.ratio, p=self.settings["probability"], n_levels=n_levels)

    def __repr__(self) -> str:
        """Name the method; show no block sizes."""
        return f"CohortDesign({self.method})"


@dataclass(frozen=True, kw_only=True)
class StageDesign:
    """The design of an allocation stage: what is in force between two amendments that change allocation."""

    cohorts: Mapping[str | None, CohortDesign]
    """Cohort -> design; the key None where the trial has no cohorts."""
    crosses_from: str | None = None
    crosses_to: str | None = None
    strata: Mapping[str, str]
    """Factor -> expression, as it stands in the protocol."""
    members: Mapping[str, str]
    """Cohort -> expression of who belongs to it."""

    @classmethod
    def of(cls, protocol: Protocol) -> StageDesign:
        """Read the design off a protocol."""
        names = tuple(protocol.cohorts) or (None,)
        crossover = protocol.crossover
        return cls(
            cohorts={name: _cohort_design(protocol, name) for name in names},
            crosses_from=crossover.from_arm if crossover else None,
            crosses_to=crossover.to_arm if crossover else None,
            strata={name: str(stratum.expression) for name, stratum in protocol.strata().items()},
            members={name: str(cohort.members) for name, cohort in protocol.cohorts.items()},
        )

    def __repr__(self) -> str:
        """Name the cohorts; show no block sizes."""
        return f"StageDesign({', '.join(str(name) for name in self.cohorts)})"

    def crossing_as(self, other: StageDesign) -> StageDesign:
        """Give the same design with another's crossover."""
        same = (self.crosses_from, self.crosses_to) == (other.crosses_from, other.crosses_to)
        return self if same else replace(self, crosses_from=other.crosses_from, crosses_to=other.crosses_to)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of everything that decides an allocation: arms, ratio, method, settings, strata."""
        content = {
            "strata": dict(self.strata),
            "members": dict(self.members),
            "cohorts": [
                [name, d.arms, d.ratio, d.method, sorted(d.settings.items()), d.factors]
                for name, d in self.cohorts.items()
            ],
        }
        return sha256(dumps(content, sort_keys=True).encode()).hexdigest()


def starts_new_stage(before: Protocol, after: Protocol) -> bool:
    """Tell whether an amendment changes arms, ratio, method or strata, so that a new allocation stage begins."""
    return StageDesign.of(before).digest != StageDesign.of(after).digest


class Allocator:
    """Allocates the patients of one cohort in one stage, in order of their slots, from the uniforms handed in.

    It draws nothing: the same design, factors and uniforms give the same arms, live, in a rehearsal and in replay.
    """

    __slots__ = ("_design", "_plan", "_rows", "_state")

    def __init__(self, design: CohortDesign) -> None:
        self._design = design
        n_factors = len(design.factors) if design.by_margin else 1
        self._rows: dict[tuple[str, ...], int] = {}
        self._plan = design.plan((1,) * n_factors)
        self._state = np.zeros((0, self._plan.share.size), np.int64)

    def allocate(self, factors: Mapping[str, str], uniforms: NDArray[np.float64]) -> str:
        """Allocate the next patient by his factors and the two uniforms of his slot; give the arm."""
        rows = np.array([[self._row(key) for key in self._keys(factors)]], np.int64)
        listed = allocate_rows(self._plan, self._state, rows, np.ascontiguousarray(uniforms.reshape(1, 2)))
        return self._design.arms[int(self._plan.arm_of[listed[0]])]

    def snapshot(self) -> bytes:
        """Give the counts as they stand, to be stored sealed; `restore` takes them. The length tells no count."""
        keys = dumps([list(key) for key in self._rows]).encode()
        return len(keys).to_bytes(8, "big") + keys + self._state[: len(self._rows)].astype(">i8").tobytes()

    def restore(self, snapshot: bytes) -> None:
        """Go on from counts that an allocator of the same design gave."""
        end = 8 + int.from_bytes(snapshot[:8], "big")
        keys = [tuple(key) for key in loads(snapshot[8:end])]
        self._rows = {key: row for row, key in enumerate(keys)}
        state = np.frombuffer(snapshot[end:], ">i8").astype(np.int64)
        self._state = np.ascontiguousarray(state.reshape(len(keys), self._plan.share.size))

    def copy(self) -> Allocator:
        """Give an allocator that stands where this one does and goes on by itself."""
        other = object.__new__(Allocator)
        other._design, other._plan = self._design, self._plan
        other._rows, other._state = dict(self._rows), self._state.copy()
        return other

    def _keys(self, factors: Mapping[str, str]) -> list[tuple[str, ...]]:
        if self._design.by_margin:
            return [(name, factors[name]) for name in self._design.factors]
        return [tuple(factors[name] for name in self._design.factors)]

    def _row(self, key: tuple[str, ...]) -> int:
        row = self._rows.setdefault(key, len(self._rows))
        if row == self._state.shape[0]:
            more = np.zeros((max(8, row), self._state.shape[1]), np.int64)
            self._state = np.ascontiguousarray(np.vstack([self._state, more]))
        return row

    def __repr__(self) -> str:
        """Say the method; show no counts."""
        return f"Allocator({self._design.method})"


def _cohort_design(protocol: Protocol, cohort: str | None) -> CohortDesign:
    method = protocol.allocation_method(cohort)
    ratio = protocol.ratio(cohort)
    name = next(n for n in ("permuted_blocks", "minimization", "biased_coin") if getattr(method, n) is not None)
    chosen = getattr(method, name)
    settings = {key: chosen.__dict__[key] for key in ("sizes", "measure", "probability") if key in chosen.__dict__}
    site = (SITE_FACTOR,) if protocol.randomization.stratify_by_site else ()
    return CohortDesign(
        arms=tuple(ratio),
        ratio=tuple(ratio.values()),
        method=name,
        settings=settings,
        factors=(*protocol.strata(cohort), *site),
        planned=_planned(protocol, cohort),
    )


def _planned(protocol: Protocol, cohort: str | None) -> int | None:
    own = protocol.cohorts[cohort].planned_subjects if cohort is not None else None
    return own or protocol.randomization.planned_subjects or protocol.registry.enrollment
