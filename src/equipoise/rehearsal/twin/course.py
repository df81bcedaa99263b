"""Second search of a twin: whose disease, read by whose eyes, so that the curves come out as asked for.

Who comes, and to which arm, stands; each candidate trial has the same patients with another course. All candidates go
through the production pipeline, SDTM and ADaM, and the search chooses among what came out.
"""

from collections.abc import Mapping

import numpy as np
import polars as pl

from equipoise.analyze.readings import scan_responses
from equipoise.analyze.study import POSITION, read_study
from equipoise.derive import Derived, derive
from equipoise.protocol import Protocol, data_cut
from equipoise.rehearsal.direct import COURSE_DOMAINS, sdtm_of
from equipoise.rehearsal.model.patient_model import PatientModel
from equipoise.rehearsal.twin.candidates import Arms, candidate_trials, patients_and_candidates
from equipoise.rehearsal.twin.search import EndpointPool, Pool, figures_of
from equipoise.terms import ArmRole

__all__ = ["CourseParts", "course_figures", "course_pool"]

_RESPONSES = {"CR": 0, "PR": 0, "SD": 1, "NON-CR/NON-PD": 1, "PD": 2}
"""Rows and columns of the table of scans: response, stable, progression."""
CELLS = tuple(f"scans_central_{row}_local_{column}" for row in range(3) for column in range(3))


class CourseParts:
    """What the search needs of every patient and candidate, filled chunk by chunk."""

    def __init__(self, n: int, candidates: int, endpoints: tuple[str, ...]) -> None:
        self.endpoints = endpoints
        shape = (n, candidates)
        self.time = {name: np.ones(shape, dtype=np.int64) for name in endpoints}
        self.event = {name: np.zeros(shape, dtype=np.bool_) for name in endpoints}
        names = ("treated", "crossed", "treatment_deaths", *CELLS)
        self.counts = {name: np.zeros(shape, dtype=np.int64) for name in names}

    def add(self, protocol: Protocol, derived: Derived, rows: pl.DataFrame) -> None:
        """Take what was derived; ``rows`` says of each USUBJID which patient and candidate it is (``i``, ``k``)."""
        times = derived.adam["ADTTE"].filter(pl.col("PRIMFL") == "Y").join(rows, on="USUBJID")
        for name in self.endpoints:
            own = times.filter(pl.col("ENDPT") == name)
            at = own["i"].to_numpy(), own["k"].to_numpy()
            self.time[name][at] = own["AVAL"].to_numpy()
            self.event[name][at] = own["CNSR"].to_numpy() == 0
        subjects = derived.adam["ADSL"].join(rows, on="USUBJID")
        at = subjects["i"].to_numpy(), subjects["k"].to_numpy()
        self.counts["treated"][at] = subjects["TRTSDT"].is_not_null().to_numpy()
        self.counts["crossed"][at] = subjects["TR02SDT"].is_not_null().to_numpy()
        self._scans(protocol, derived, rows)

    def add_deaths(self, randomized: pl.DataFrame) -> None:
        """Count deaths that the blinded treatment caused: each of them is an adverse event of grade 5."""
        caused = randomized.filter((pl.col("DEATH_CAUSE") == "treatment") & pl.col("OPEN_START").is_null())
        self.counts["treatment_deaths"][caused["i"].to_numpy(), caused["TRIAL"].to_numpy()] = 1

    def _scans(self, protocol: Protocol, derived: Derived, rows: pl.DataFrame) -> None:
        study = read_study(protocol, derived.adam, cut_name=derived.cut_name, cutoff=derived.cutoff)
        named = pl.DataFrame({POSITION: np.arange(study.adsl.height), "USUBJID": study.subjects})
        scans = scan_responses(study).drop_nulls(["local", "central"]).join(named, on=POSITION).join(rows, on="USUBJID")
        scans = scans.filter(pl.col("local").is_in(list(_RESPONSES)) & pl.col("central").is_in(list(_RESPONSES)))
        place = scans.select(pl.col("central", "local").replace_strict(_RESPONSES, return_dtype=pl.Int64))
        cell = place["central"].to_numpy() * 3 + place["local"].to_numpy()
        i, k = scans["i"].to_numpy(), scans["k"].to_numpy()
        for number, name in enumerate(CELLS):
            chosen = cell == number
            np.add.at(self.counts[name], (i[chosen], k[chosen]), 1)


def course_pool(
    protocol: Protocol,
    model: PatientModel,
    draws: pl.DataFrame,
    arms: Arms,
    *,
    candidates: int,
    landmarks: Mapping[str, tuple[int, ...]],
) -> tuple[Pool, pl.DataFrame]:
    """Derive all candidates; give the pool and its patients (PATIENT, ARM, i).

    Parameters
    ----------
    draws
        Draws of trial 0, of which ``accrual`` stands.
    arms
        Arm of each patient randomized, in order of PATIENT.
    landmarks
        Endpoint of the protocol, taken under its primary rule set -> days at which survival is wanted.
    """
    cut = data_cut(protocol)
    parts: CourseParts | None = None
    people = pl.DataFrame()
    for facts, numbers in candidate_trials(protocol, model, draws, arms, "disease readers", candidates):
        randomized = facts.patients.filter(pl.col("RANDOMIZED").is_not_null())
        if parts is None:
            people = randomized.filter(pl.col("TRIAL") == numbers[0]).select(
                "PATIENT", "ARM", pl.concat_str(pl.col("^factors\\..*$"), separator=" ").alias("STRATUM")
            )
            people = people.sort("PATIENT").with_row_index("i")
            parts = CourseParts(people.height, candidates, tuple(landmarks))
        sdtm = sdtm_of(protocol, facts, domains=COURSE_DOMAINS)
        derived = derive(protocol, sdtm, cut=cut, studies="all", datasets=("ADTR", "ADTTE"), endpoints=tuple(landmarks))
        parts.add(protocol, derived, patients_and_candidates(protocol, derived.adam["ADSL"], randomized, people))
        parts.add_deaths(randomized.join(people.select("PATIENT", "i"), on="PATIENT"))
    if parts is None:
        raise ValueError("no candidates")
    return _pool(protocol, parts, people, landmarks), people


def course_figures(
    protocol: Protocol, parts: CourseParts, people: pl.DataFrame, landmarks: Mapping[str, tuple[int, ...]]
) -> dict[str, float]:
    """Figures of the first candidate of everybody."""
    return figures_of(_pool(protocol, parts, people, landmarks), np.zeros(people.height, dtype=np.int64))


def _pool(
    protocol: Protocol, parts: CourseParts, people: pl.DataFrame, landmarks: Mapping[str, tuple[int, ...]]
) -> Pool:
    experimental = [name for name, arm in protocol.arms.items() if arm.role == ArmRole.EXPERIMENTAL]
    arm = people["ARM"].is_in(experimental).to_numpy().astype(np.int64)
    by_arm = ("treated", "treatment_deaths")
    counts = {name: values for name, values in parts.counts.items() if name not in by_arm}
    for name in by_arm:
        for word, side in (("experimental", 1), ("control", 0)):
            counts[f"{name}_{word}"] = parts.counts[name] * (arm == side)[:, None]
    counts["scans"] = np.sum([parts.counts[name] for name in CELLS], axis=0)
    counts["scans_differ"] = counts["scans"] - np.sum([parts.counts[CELLS[4 * c]] for c in range(3)], axis=0)
    counts["scans_central_only"] = parts.counts["scans_central_2_local_1"]
    counts["scans_local_only"] = parts.counts["scans_central_1_local_2"]
    return Pool(
        arm=arm,
        stratum=people["STRATUM"].rank("dense").to_numpy().astype(np.int64) - 1,
        endpoints={name: EndpointPool(parts.time[name], parts.event[name], days) for name, days in landmarks.items()},
        counts=counts,
        shares={
            "scans_differ": ("scans_differ", "scans"),
            "central_only": ("scans_central_only", "scans_differ"),
            "local_only": ("scans_local_only", "scans_differ"),
        },
        agreement=CELLS,
    )
