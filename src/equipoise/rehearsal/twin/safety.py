"""Third search of a twin: whose adverse events, so that the counts come out as asked for; everything else stands."""

import numpy as np
import polars as pl

from equipoise.derive import Derived, derive
from equipoise.protocol import Protocol, data_cut, population_flag
from equipoise.rehearsal.direct import COURSE_DOMAINS, sdtm_of
from equipoise.rehearsal.model.calibration import EventTarget
from equipoise.rehearsal.model.patient_model import PatientModel
from equipoise.rehearsal.twin.candidates import Arms, candidate_trials, patients_and_candidates
from equipoise.rehearsal.twin.search import Goal, Pool

__all__ = ["event_goals", "event_name", "event_pool", "events_counted"]


def event_pool(  # noqa: PLR0917
    protocol: Protocol,
    model: PatientModel,
    draws: pl.DataFrame,
    arms: Arms,
    candidates: int,
    targets: tuple[EventTarget, ...],
) -> tuple[Pool, pl.DataFrame]:
    """Derive the adverse events of all candidates; give the pool of what the targets count, and its patients.

    Parameters
    ----------
    draws
        Draws of trial 0, whose courses of disease stand.
    arms
        Arm of each patient randomized, by PATIENT.
    """
    counts: dict[str, np.ndarray] = {}
    people = pl.DataFrame()
    for facts, numbers in candidate_trials(protocol, model, draws, arms, "safety", candidates):
        randomized = facts.patients.filter(pl.col("RANDOMIZED").is_not_null())
        if not counts:
            people = randomized.filter(pl.col("TRIAL") == numbers[0]).select("PATIENT").with_row_index("i")
            counts = {event_name(t): np.zeros((people.height, candidates), dtype=np.int64) for t in targets}
        sdtm = sdtm_of(protocol, facts, domains=(*COURSE_DOMAINS, "AE"))
        for cut in dict.fromkeys(target.cut for target in targets):
            derived = derive(protocol, sdtm, cut=data_cut(protocol, cut), studies="all", datasets=("ADAE",))
            rows = patients_and_candidates(protocol, derived.adam["ADSL"], randomized, people)
            for target in targets:
                if target.cut == cut:
                    hits = events_counted(protocol, derived, target).join(rows, on="USUBJID")
                    counts[event_name(target)][hits["i"].to_numpy(), hits["k"].to_numpy()] = 1
    zeros = np.zeros(people.height, dtype=np.int64)
    return Pool(arm=zeros, stratum=zeros, endpoints={}, counts=counts, shares={}), people


def event_goals(targets: tuple[EventTarget, ...]) -> list[Goal]:
    """Figures of the pool that the targets aim at."""
    return [Goal(f"sum.{event_name(target)}", target.count, target.within) for target in targets]


def event_name(target: EventTarget) -> str:
    """Name of what a target counts."""
    words = (target.term or "any event", f"grade {target.grade} or higher", "related" if target.related else "")
    return ", ".join(word for word in (target.arm, *words, target.cut or "") if word)


def events_counted(protocol: Protocol, derived: Derived, target: EventTarget) -> pl.DataFrame:
    """Events of the target in the safety population, under the treatment randomized to."""
    population = population_flag(protocol.safety.population)
    members = derived.adam["ADSL"].filter(pl.col(population) == "Y").select("USUBJID", "AARMID")
    events = derived.adam["ADAE"].filter((pl.col("TRTEMFL") == "Y") & (pl.col("APERIOD") == 1))
    asked = [pl.col("AARMID") == target.arm, pl.col("AGRADEN") >= target.grade]
    if target.term is not None:
        asked.append(pl.col("AEDECOD") == target.term)
    if target.related:
        asked.append(pl.col("RELFL") == "Y")
    return events.drop("AARMID", strict=False).join(members, on="USUBJID").filter(*asked)
