"""Central review of many patients at once against the state machine of the criteria, read by read."""

import numpy as np
import pytest

from equipoise.criteria import (
    Adjudicate,
    AssignReader,
    Charter,
    CloseReading,
    LockVisit,
    PatientReview,
    ReceiveScan,
    adjudication_due,
    review_after,
    start_review,
)  # fmt: skip
from equipoise.criteria.review_actions import OpenVisit
from equipoise.rehearsal import review
from equipoise.rehearsal.course import piecewise
from equipoise.rehearsal.model.course import Hazard
from equipoise.rehearsal.reading import RESPONSES, Scans
from equipoise.rehearsal.review import follow_review, so_far
from equipoise.terms import Response

CHARTER = Charter(reference_day=0, adjudicate=("progression_date", "best_response", "response"))
INTERVAL = 84


def played(responses: np.ndarray, calls: np.ndarray, endorsed: np.ndarray) -> PatientReview:
    """One patient, step by step: a scan that the site calls is read at once, what is left at the end."""
    state = start_review("1", CHARTER)
    for reader, person in ((1, "Ada"), (2, "Bo")):
        state = review_after(state, AssignReader(reader=reader, person=person))
    read = 0

    def read_to(state: PatientReview, until: int, on: int) -> PatientReview:
        for reader, person in ((1, "Ada"), (2, "Bo")):
            for v in range(read, until + 1):
                state = review_after(state, OpenVisit(person=person, visit=v))
                said = None if v == 0 else Response(str(RESPONSES[responses[v, reader - 1]]))
                state = review_after(state, LockVisit(person=person, visit=v, on=on, response=said))
        return state

    def settled(state: PatientReview, choice: int, on: int) -> PatientReview:
        if adjudication_due(state):
            state = review_after(state, Adjudicate(person="Cy", endorses=choice, reason="why", on=on))
        return state

    for v in range(len(responses)):
        state = review_after(state, ReceiveScan(visit=v, scan_day=v * INTERVAL))
        if v > 0 and calls[v]:
            state = settled(read_to(state, v, v * INTERVAL + 7), int(endorsed[v]), v * INTERVAL + 9)
            read = v + 1
            if any(result.answer == "confirmed" for result in state.results):
                break
    end = len(responses) * INTERVAL
    until = max(scan.visit for scan in state.scans)
    state = read_to(state, until, end)
    state = review_after(state, CloseReading(on=end))
    return settled(state, int(endorsed[until]), end + 2)


@pytest.mark.parametrize("seed", range(8))
def test_many_patients_are_as_each_alone(seed: int) -> None:
    rng = np.random.default_rng(seed)
    counts = rng.integers(1, 9, 150)
    scans = Scans(
        np.repeat(np.arange(150), counts), np.concatenate([np.arange(n) for n in counts]),
        np.concatenate([np.arange(n) * INTERVAL for n in counts]),
    )  # fmt: skip
    said = rng.choice([1, 2, 3, 5, 6], (counts.sum(), 2), p=[0.02, 0.15, 0.63, 0.15, 0.05]).astype(np.int8)
    same = rng.random(len(said)) < 0.6
    said[same, 1] = said[same, 0]
    said[scans.assessment == 0] = 0
    calls = rng.random(len(said)) < 0.35
    endorsed = rng.integers(1, 3, len(said))
    starts = np.searchsorted(scans.row, np.arange(151))
    course = follow_review(
        scans, starts, calls=calls, readable=np.ones(len(said), bool), first=so_far(scans, said[:, 0], CHARTER),
        second=so_far(scans, said[:, 1], CHARTER), endorsed=endorsed, last_readable=np.ones(150, bool),
        compared=7, agreed=1,
    )  # fmt: skip
    steps = course.steps[course.steps[:, review.S_KIND] == review.RESULT]
    for p in range(150):
        here = slice(starts[p], starts[p + 1])
        alone = played(said[here], calls[here], endorsed[here])
        mine = steps[steps[:, review.S_PATIENT] == p]
        found = [
            (
                int(s[review.S_VERSION]), int(s[review.S_THROUGH] - starts[p]), int(s[review.S_READER]),
                bool(s[review.S_CHOSEN]), None if s[review.S_PD] < 0 else int(s[review.S_PD] - starts[p]),
                RESPONSES[s[review.S_BEST]],
                (None, "confirmed", "not confirmed", "not evaluable")[s[review.S_ANSWER]],
            )
            for s in mine
        ]  # fmt: skip
        expected = [
            (r.version, r.through_visit, r.reader, r.adjudicated, r.progression_visit,
             None if r.best_response is None else str(r.best_response), r.answer)
            for r in alone.results
        ]  # fmt: skip
        assert found == expected, p
        choices = course.steps[(course.steps[:, 0] == p) & (course.steps[:, review.S_KIND] == review.ADJUDICATED)]
        assert choices[:, review.S_READER].tolist() == [a.endorses for a in alone.adjudications]
        assert course.happened[here].sum() == len(alone.scans)


def test_piecewise_hazards_by_hand() -> None:
    """0.1 a month for 10 months, none for 5, then 0.2: a hazard of 1.4 is reached 2 months into the third period."""
    hazard = Hazard(months=(10.0, 15.0), rates={"a": (0.1, 0.0, 0.2), "b": (0.0, 0.0, 0.0)})
    arms = np.array(["a", "a", "a", "b"], dtype=object)
    assert piecewise(hazard, arms, np.array([0.5, 1.0, 1.4, 0.1])).tolist() == pytest.approx([5, 10, 17, np.inf])
