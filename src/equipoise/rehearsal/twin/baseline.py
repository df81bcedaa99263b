"""First search of a twin: who comes, so that baseline facts and the number randomized are those asked for."""

import numpy as np
import polars as pl

from equipoise.protocol import Protocol, field_types
from equipoise.protocol.expressions import column, parse
from equipoise.rehearsal.allocation import allocate
from equipoise.rehearsal.decision import factor_columns
from equipoise.rehearsal.model.calibration import Calibration
from equipoise.rehearsal.model.patient_model import PatientModel
from equipoise.rehearsal.patients import screened_patients
from equipoise.rehearsal.streams import default_draws
from equipoise.rehearsal.twin.search import Choice, Goal, Integers, Pool, choose

__all__ = ["allocation_seed_for", "choose_patients", "randomized_as"]

RANDOMIZED = "randomized"


def choose_patients(protocol: Protocol, model: PatientModel, calibration: Calibration) -> Choice:
    """Choose a candidate of the stream ``accrual`` for each place of screening.

    Every target of ``calibration.baseline`` is met among exactly ``accrual.randomized`` patients.
    """
    open_end = model.accrual.model_copy(update={"randomized": model.accrual.screened})
    draws = default_draws(range(calibration.candidates), model.accrual.screened)
    patients = screened_patients(protocol, model.model_copy(update={"accrual": open_end}), draws)
    fields = field_types(protocol)
    taken = pl.col("RANDOMIZED").is_not_null()
    wanted = {target.of: column(parse(target.of, fields, expect="boolean")) for target in calibration.baseline}
    facts = patients.select(
        "TRIAL",
        "PATIENT",
        taken.alias(RANDOMIZED),
        *((holds.fill_null(value=False) & taken).alias(name) for name, holds in wanted.items()),
    )
    counted = draws.select("TRIAL", "PATIENT").join(facts, on=["TRIAL", "PATIENT"], how="left").fill_null(value=False)
    counted = counted.sort("PATIENT", "TRIAL")
    shape = (model.accrual.screened, calibration.candidates)
    counts = {name: counted[name].to_numpy().astype(np.int64).reshape(shape) for name in (RANDOMIZED, *wanted)}
    pool = Pool(
        arm=np.zeros(shape[0], dtype=np.int64),
        stratum=np.zeros(shape[0], dtype=np.int64),
        endpoints={},
        counts=counts,
        shares={},
    )
    goals = [Goal(f"sum.{RANDOMIZED}", model.accrual.randomized, 0)]
    goals += [Goal(f"sum.{target.of}", target.count, target.within) for target in calibration.baseline]
    return choose(pool, goals, seed=calibration.seed, steps=calibration.steps)


def randomized_as(protocol: Protocol, model: PatientModel, candidates: Integers) -> pl.DataFrame:
    """Patients of trial 0 who are randomized with these candidates of ``accrual``."""
    draws = default_draws([0], model.accrual.screened).with_columns(accrual=pl.Series(candidates, dtype=pl.Int32))
    return screened_patients(protocol, model, draws).filter(pl.col("RANDOMIZED").is_not_null())


def allocation_seed_for(
    protocol: Protocol, model: PatientModel, patients: pl.DataFrame, calibration: Calibration, *, most: int = 2_000
) -> tuple[int | None, dict[str, int]]:
    """First seed of allocation at which each arm gets as many patients as asked for, None where ``most`` have none.

    Beside it stand the patients of the arms asked for: as asked, or as the nearest seed gives them.
    """
    columns = factor_columns(protocol, patients).get_columns()
    rows = patients.select("TRIAL", "SLOT", "COHORT").with_columns(columns)
    nearest: dict[str, int] = {}
    for seed in range(most):
        arms = allocate(protocol, rows, model.allocation.model_copy(update={"seed": seed}))
        found = {arm: int(np.sum(arms == arm)) for arm in calibration.arms}
        if found == calibration.arms:
            return seed, found
        if not nearest or _distance(found, calibration) < _distance(nearest, calibration):
            nearest = found
    return None, nearest


def _distance(found: dict[str, int], calibration: Calibration) -> int:
    return sum(abs(found[arm] - count) for arm, count in calibration.arms.items())
