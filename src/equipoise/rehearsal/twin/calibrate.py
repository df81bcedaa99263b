"""The search for a twin from beginning to end: who comes, in which arms, with which disease, with which harms."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl

from equipoise.protocol import Problem, Protocol
from equipoise.rehearsal.allocation import allocate
from equipoise.rehearsal.decision import factor_columns
from equipoise.rehearsal.errors import RehearsalError
from equipoise.rehearsal.model.calibration import Calibration
from equipoise.rehearsal.model.naming import allocated_arms
from equipoise.rehearsal.model.patient_model import PatientModel
from equipoise.rehearsal.streams import default_draws
from equipoise.rehearsal.twin.baseline import allocation_seed_for, choose_patients, randomized_as
from equipoise.rehearsal.twin.candidates import Arms
from equipoise.rehearsal.twin.course import course_pool
from equipoise.rehearsal.twin.safety import event_goals, event_pool
from equipoise.rehearsal.twin.search import Choice, Goal, choose

__all__ = ["Twin", "calibrate", "landmarks_of"]

_SURVIVAL = re.compile(r"(?P<endpoint>\w+)\.(?:(?:control|experimental|all)\.\w+?(?:_(?P<day>\d+))?|ratio(?:_\w+)?)$")


@dataclass(frozen=True, slots=True, eq=False)
class Twin:
    """What the search found."""

    draws: pl.DataFrame
    """Candidates of trial 0: TRIAL, PATIENT and each stream."""
    allocation_seed: int
    """Seed of allocation under which the arms have the sizes asked for."""
    tried: dict[str, int]
    """Search -> choices tried."""


def calibrate(
    protocol: Protocol, model: PatientModel, *, told: Callable[[str], None] = lambda _: None, file: str = "twin.yaml"
) -> Twin:
    """Search for the twin that the calibration of a model asks for.

    Parameters
    ----------
    protocol, model
        The trial, and its synthetic patients with `PatientModel.calibration`.
    told
        Is called with the name of each step that begins.
    file
        Name of the model's file in messages.

    Raises
    ------
    RehearsalError
        The model has no calibration, or targets cannot be met: which, and how near the search came.
    """
    asked = model.calibration
    if asked is None:
        raise RehearsalError((Problem(file=file, message="the model has no calibration", expected="`calibration:`"),))
    return _Search(protocol, model, asked, told, file).run()


@dataclass(slots=True)
class _Search:
    """One search after the other; each lets stand what those before it chose."""

    protocol: Protocol
    model: PatientModel
    asked: Calibration
    told: Callable[[str], None]
    file: str

    def run(self) -> Twin:
        self._check_sizes()
        self.told("patients")
        patients = choose_patients(self.protocol, self.model, self.asked)
        self._check(patients, "baseline")
        draws = default_draws([0], self.model.accrual.screened).with_columns(accrual=_series(patients.candidates))
        randomized = randomized_as(self.protocol, self.model, patients.candidates)
        self.told("arms")
        seed, sizes = allocation_seed_for(self.protocol, self.model, randomized, self.asked)
        if seed is None:
            near, asked = (
                ", ".join(f"{count} in {arm}" for arm, count in given.items()) for given in (sizes, self.asked.arms)
            )
            raise self._error("arms", "no seed of allocation gives these sizes; the nearest", seen=near, expected=asked)
        allocation = self.model.allocation.model_copy(update={"seed": seed})
        self.model = self.model.model_copy(update={"allocation": allocation})
        factors = factor_columns(self.protocol, randomized).get_columns()
        rows = randomized.select("TRIAL", "SLOT", "COHORT").with_columns(factors)
        arms: Arms = allocate(self.protocol, rows, allocation)
        tried = {"patients": patients.tried, "arms": seed + 1}
        draws, tried["course of disease"] = self._course(draws, arms)
        draws, tried["adverse events"] = self._safety(draws, arms)
        return Twin(draws, seed, tried)

    def _check_sizes(self) -> None:
        """Refuse sizes of all arms that are not the patients randomized."""
        total, randomized = sum(self.asked.arms.values()), self.model.accrual.randomized
        if set(self.asked.arms) == set(allocated_arms(self.protocol)) and total != randomized:
            message = "the arms do not add up to accrual.randomized"
            raise self._error("arms", message, seen=str(total), expected=str(randomized))

    def _course(self, draws: pl.DataFrame, arms: Arms) -> tuple[pl.DataFrame, int]:
        if not self.asked.course:
            return draws, 0
        self.told("courses of disease")
        days = landmarks_of(self.asked, self.protocol, self.file)
        pool, people = course_pool(
            self.protocol, self.model, draws, arms, candidates=self.asked.candidates, landmarks=days
        )
        unknown = sorted(set(self.asked.course) - set(pool.names))
        if unknown:
            known = ", ".join(pool.names)
            raise self._error(
                "course", "no figures of the search", seen=", ".join(unknown), expected=f"some of {known}"
            )
        self.told("choice of courses")
        goals = [Goal(name, target, within) for name, (target, within) in self.asked.course.items()]
        choice = choose(pool, goals, seed=self.asked.seed, steps=self.asked.steps)
        self._check(choice, "course")
        return _chosen(draws, people, choice, "disease", "readers"), choice.tried

    def _safety(self, draws: pl.DataFrame, arms: Arms) -> tuple[pl.DataFrame, int]:
        if not self.asked.safety:
            return draws, 0
        self.told("adverse events")
        targets = self.asked.safety
        pool, people = event_pool(self.protocol, self.model, draws, arms, self.asked.candidates, targets)
        self.told("choice of adverse events")
        choice = choose(pool, event_goals(targets), seed=self.asked.seed, steps=self.asked.steps)
        self._check(choice, "safety")
        return _chosen(draws, people, choice, "safety"), choice.tried

    def _check(self, choice: Choice, part: str) -> None:
        """Refuse a choice that misses targets, and say how near it came."""
        problems = [
            self._problem(
                part,
                f"{goal.figure} cannot be met: the nearest of {choice.tried:,} choices",
                seen=f"{choice.figures[goal.figure]:g}",
                expected=f"{goal.target:g}, within {goal.tolerance:g}; change the model, or ask for more candidates",
            )
            for goal in choice.unmet
        ]
        if problems:
            raise RehearsalError(tuple(problems))

    def _problem(self, part: str, message: str, *, seen: str, expected: str | None = None) -> Problem:
        return Problem(file=self.file, path=f"calibration.{part}", message=message, seen=seen, expected=expected)

    def _error(self, part: str, message: str, *, seen: str, expected: str | None = None) -> RehearsalError:
        return RehearsalError((self._problem(part, message, seen=seen, expected=expected),))


def landmarks_of(asked: Calibration, protocol: Protocol, file: str) -> dict[str, tuple[int, ...]]:
    """Endpoints that the figures of the course name -> days at which survival is asked for.

    Raises
    ------
    RehearsalError
        Figures of endpoints that the protocol does not have; all at once.
    """
    days: dict[str, set[int]] = {}
    problems = []
    for name in asked.course:
        found = _SURVIVAL.match(name)
        if found is None or name.startswith(("sum.", "share.")):
            continue
        if found["endpoint"] not in protocol.endpoints:
            expected = f"one of {', '.join(protocol.endpoints)}"
            problems.append(
                Problem(file=file, path=f"calibration.course.{name}", message="no such endpoint", expected=expected)
            )
            continue
        days.setdefault(found["endpoint"], set()).update([int(found["day"])] if found["day"] else [])
    if problems:
        raise RehearsalError(tuple(problems))
    return {name: tuple(sorted(found)) for name, found in days.items()}


def _chosen(draws: pl.DataFrame, people: pl.DataFrame, choice: Choice, *streams: str) -> pl.DataFrame:
    """Draws with the candidates chosen for the patients randomized."""
    picked = people.select("PATIENT").with_columns(PICKED=_series(choice.candidates))
    joined = draws.join(picked, on="PATIENT", how="left", maintain_order="left")
    return joined.with_columns(pl.coalesce("PICKED", name).alias(name) for name in streams).drop("PICKED")


def _series(values: np.ndarray) -> pl.Series:
    return pl.Series(values, dtype=pl.Int32)
