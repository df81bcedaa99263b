"""What one trial shows: a row for each, from its analysis data, by the tests of the protocol's primary analysis."""

from typing import Any

import numpy as np
import polars as pl

from equipoise.derive import Derived, derive
from equipoise.derive.sdtm import study_id_of
from equipoise.protocol import Analysis, Protocol, data_cut
from equipoise.rehearsal.direct import COURSE_DOMAINS, sdtm_of
from equipoise.rehearsal.facts import generate
from equipoise.rehearsal.model.patient_model import PatientModel
from equipoise.rehearsal.streams import default_draws
from equipoise.stats import cox_ph, logrank_test
from equipoise.terms import ArmRole, Assessor, DateName, EventSource

__all__ = ["COLUMNS", "measure_trials"]

COLUMNS: dict[str, type[pl.DataType]] = {
    "TRIAL": pl.Int32,
    "n": pl.Int32,
    "n_experimental": pl.Int32,
    "beyond_ratio": pl.Float64,
    "beyond_ratio_level": pl.Float64,
    "events": pl.Int32,
    "z": pl.Float64,
    "p_one_sided": pl.Float64,
    "p_one_sided_local": pl.Float64,
    "log_ratio": pl.Float64,
    "log_ratio_local": pl.Float64,
    "log_ratio_survival": pl.Float64,
    "deaths": pl.Int32,
    "control_crossed": pl.Int32,
    "adjudicated": pl.Int32,
    "turnaround_median": pl.Float64,
    "confirmation_days": pl.Float64,
}
"""A row for each trial; experimental patients beyond what the ratio plans, in all and where it is most in a level of a
stratification factor; logs of hazard ratios, experimental to control; median days from a local progression that was
confirmed to the unblinding."""


def measure_trials(protocol: Protocol, model: PatientModel, trials: range) -> pl.DataFrame:
    """Rehearse trials by the short road and measure each of them: those whom the first primary analysis compares.

    Several experimental arms are taken together.

    Parameters
    ----------
    protocol
        With a primary analysis of a time to event.
    model
        The synthetic patients.
    trials
        Numbers of the trials: the same number gives the same trial whatever else is rehearsed.

    Returns
    -------
    polars.DataFrame
        `COLUMNS`, a row for each trial, in order.
    """
    facts = generate(protocol, model, default_draws(trials, model.accrual.screened), parts=("disease", "lesions"))
    waits = _waits(facts.patients)
    sdtm = sdtm_of(protocol, facts, domains=COURSE_DOMAINS)
    del facts  # a block's records and its data sets need not be in memory together
    derived = derive(
        protocol,
        sdtm,
        cut=data_cut(protocol),
        studies="all",
        datasets=("ADTTE", "ADREVIEW"),
        endpoints=_asked(protocol),
    )
    by_study = {
        name: frame.partition_by("STUDYID", as_dict=True, maintain_order=True)
        for name, frame in _wanted(derived).items()
    }
    rows = []
    for trial in trials:
        study = study_id_of(protocol, trial)
        own = {name: parts[study,] for name, parts in by_study.items() if (study,) in parts}
        rows.append({"TRIAL": trial, **_measured(protocol, own), "confirmation_days": waits.get(trial)})
    return pl.DataFrame(rows, schema=COLUMNS)


def _asked(protocol: Protocol) -> list[str]:
    """Times to event that are measured: the primary one, with local readings, and survival."""
    names = (_primary(protocol).endpoint, _other(protocol, EventSource.LOCAL_PROGRESSION), _other(protocol, None))
    return [name for name in names if name is not None]


def _primary(protocol: Protocol) -> Analysis:
    return next(given for given in protocol.analyses.values() if given.role == "primary")


def _wanted(derived: Derived) -> dict[str, pl.DataFrame]:
    times = derived.adam["ADTTE"].filter(pl.col("PRIMFL") == "Y")
    found = {"ADSL": derived.adam["ADSL"].filter(pl.col("RANDFL") == "Y"), "ADTTE": times}
    return found | ({"ADREVIEW": derived.adam["ADREVIEW"]} if "ADREVIEW" in derived.adam else {})


def _waits(patients: pl.DataFrame) -> dict[int, float]:
    """Median days from the local progression to the unblinding, by trial."""
    waited = patients.filter(pl.col("UNBLINDED").is_not_null() & pl.col("LOCAL_PD").is_not_null()).select(
        "TRIAL", days=(pl.col("UNBLINDED") - pl.col("LOCAL_PD")).dt.total_days()
    )
    return dict(waited.group_by("TRIAL").agg(pl.col("days").median()).iter_rows())


def _measured(protocol: Protocol, own: dict[str, pl.DataFrame]) -> dict[str, Any]:
    experimental = [name for name, arm in protocol.arms.items() if arm.role == ArmRole.EXPERIMENTAL]
    subjects = (
        own["ADSL"]
        .filter(*_members(_primary(protocol)))
        .select("USUBJID", "ARMID", "CROSSFL", pl.col("^STRAT(A|[0-9]+)R$"))
        .with_columns(arm=pl.col("ARMID").is_in(experimental).cast(pl.Int8))
    )
    primary = _times(own["ADTTE"], _primary(protocol).endpoint, subjects)
    z, p_value = _tested(primary)
    found, death = (_other(protocol, sources) for sources in (EventSource.LOCAL_PROGRESSION, None))
    local = None if found is None else _times(own["ADTTE"], found, subjects)
    survival = None if death is None else _times(own["ADTTE"], death, subjects)
    review = own.get("ADREVIEW")
    review = None if review is None else review.filter(pl.col("USUBJID").is_in(subjects["USUBJID"].to_list()))
    return {
        "n": subjects.height,
        "n_experimental": int(subjects["arm"].sum()),
        **_beyond_ratio(protocol, subjects, experimental),
        "events": int(primary["event"].sum()),
        "z": z,
        "p_one_sided": p_value,
        "p_one_sided_local": None if local is None else _tested(local)[1],
        "log_ratio": _log_ratio(primary),
        "log_ratio_local": None if local is None else _log_ratio(local),
        "log_ratio_survival": None if survival is None else _log_ratio(survival),
        "deaths": None if survival is None else int(survival["event"].sum()),
        "control_crossed": subjects.filter((pl.col("arm") == 0) & (pl.col("CROSSFL") == "Y")).height,
        "adjudicated": None if review is None else _count(review, "ADJUD"),
        "turnaround_median": None if review is None else _turnaround(review),
    }


def _members(analysis: Analysis) -> list[pl.Expr]:
    """Who is compared: the cohort and the arms of the analysis, where it names them."""
    found = [] if analysis.cohort is None else [pl.col("COHORT") == analysis.cohort]
    return found if analysis.arms is None else [*found, pl.col("ARMID").is_in(analysis.arms)]


def _tested(rows: pl.DataFrame) -> tuple[float, float]:
    """z and one-sided p value of the stratified log-rank test."""
    test = logrank_test(rows["AVAL"], rows["event"], rows["arm"], strata=rows["STRATAR"], reference=0)
    return float(test.z), float(test.p_one_sided)


def _beyond_ratio(protocol: Protocol, subjects: pl.DataFrame, experimental: list[str]) -> dict[str, float | None]:
    """Experimental patients beyond the share that the ratio plans: of all, and in the level where they are most."""
    ratio = protocol.ratio(_primary(protocol).cohort)
    share = sum(ratio.get(name, 0) for name in experimental) / sum(ratio.values())
    factors = [name for name in subjects.columns if name.startswith("STRAT") and name != "STRATAR"]
    levels = [subjects.group_by(name).agg(n=pl.len(), own=pl.col("arm").sum()) for name in factors]
    beyond = [abs(own - share * n) for frame in levels for n, own in frame.select("n", "own").iter_rows()]
    return {
        "beyond_ratio": float(subjects["arm"].sum()) - share * subjects.height,
        "beyond_ratio_level": max(beyond, default=None),
    }


def _times(times: pl.DataFrame, endpoint: str, subjects: pl.DataFrame) -> pl.DataFrame:
    own = times.filter(pl.col("ENDPT") == endpoint).join(subjects, on="USUBJID").sort("USUBJID")
    return own.with_columns(event=pl.col("CNSR") == 0)


def _other(protocol: Protocol, source: EventSource | None) -> str | None:
    """Endpoint from randomization with local progression and death, or death alone."""
    asked = {EventSource.DEATH} if source is None else {EventSource.DEATH, source}
    for name, endpoint in protocol.endpoints.items():
        if set(endpoint.events) == asked and endpoint.origin == DateName.RANDOMIZATION and endpoint.reverse_of is None:
            return name
    return None


def _log_ratio(rows: pl.DataFrame) -> float | None:
    model = cox_ph(rows["AVAL"], rows["event"], rows["arm"], strata=rows["STRATAR"])
    return float(model.coef[0]) if model.status[0] == "" and np.isfinite(model.coef[0]) else None


def _count(review: pl.DataFrame, parameter: str) -> int:
    return review.filter((pl.col("PARAMCD") == parameter) & (pl.col("AVALC") == "Y")).height


def _turnaround(review: pl.DataFrame) -> float | None:
    days = review.filter((pl.col("PARAMCD") == "TURNARND") & (pl.col("ASSESSOR") == str(Assessor.CENTRAL)))["AVAL"]
    middle = days.median()
    return float(middle) if isinstance(middle, int | float) else None
