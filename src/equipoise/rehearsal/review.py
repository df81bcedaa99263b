"""Central review of many patients at once: what each reader has seen so far, when the readers differ, what is answered.

The rules are those of `criteria.review`: both readers lock what has come, in order; a result is locked whenever both
have read as far and nothing is left to settle; where they differ, an adjudicator endorses one reader for the whole
patient until the progression of that reader moves. Here the rules run over arrays; that conduct's decisions are the
same is proved by a test which gives every command to conduct.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from equipoise.criteria import Charter, VisitRead, summarize_reader
from equipoise.rehearsal.reading import RESPONSES, Scans
from equipoise.stats._kernels import compiled
from equipoise.terms import Response

__all__ = [
    "ADJUDICATED",
    "CALLED",
    "CLOSED",
    "NO_VISIT",
    "RESULT",
    "TRIGGERS",
    "ReviewCourse",
    "SoFar",
    "follow_review",
    "so_far",
]

TRIGGERS = ("progression_date", "best_response", "response")
"""What may call the adjudicator; bit 1, 2 and 4."""
RESULT, CALLED, ADJUDICATED, CLOSED = 1, 2, 3, 4
"""Kinds of steps of a review: a result, a call for the adjudicator, a choice, the end of reading."""
NO_VISIT = -1

S_PATIENT, S_KIND, S_BATCH, S_THROUGH, S_VERSION, S_READER, S_CHOSEN, S_PD, S_BEST, S_ANSWER, S_BITS, N_STEP = range(12)
CONFIRMED, NOT_CONFIRMED, NOT_EVALUABLE = 1, 2, 3
"""Answers."""

Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class SoFar:
    """What a reader's reading amounts to after each scan: arrays over scans."""

    progression: Integers
    """Place of the scan of progression; `NO_VISIT` without."""
    best: Integers
    """Best overall response, a place in `RESPONSES`."""
    responded: Integers
    """Place of the scan of the first response; `NO_VISIT` without."""
    last: Integers
    """Last response, a place in `RESPONSES`."""


def so_far(scans: Scans, response: NDArray[np.int8], charter: Charter) -> SoFar:
    """Summarize a reader after each scan, once for each course of responses that occurs.

    Parameters
    ----------
    scans
        Scans, sorted.
    response
        Overall response at each scan.
    charter
        Rules of best response, with day 0 as reference.
    """
    order = scans.order
    late = scans.day >= charter.minimum_sd_days
    code = response.astype(np.int64) * 2 + late
    node = np.zeros(len(order), np.int64)
    histories: list[tuple[int, ...]] = [()]
    known: dict[tuple[int, int], int] = {}
    for step in range(1, int(order.max(initial=0)) + 1):
        here = np.flatnonzero(order == step)
        pairs, inverse = np.unique(node[here - 1] * 16 + code[here], return_inverse=True)
        numbers = np.empty(len(pairs), np.int64)
        for i, pair in enumerate(pairs.tolist()):
            key = (pair // 16, pair % 16)
            if key not in known:
                known[key] = len(histories)
                histories.append((*histories[key[0]], key[1]))
            numbers[i] = known[key]
        node[here] = numbers[inverse]
    table = np.array([_summary(history, charter) for history in histories], dtype=np.int64)
    found = table[node]
    start = np.arange(len(order)) - order
    place = np.where(found[:, 0] == NO_VISIT, NO_VISIT, start + found[:, 0])
    responded = np.where(found[:, 2] == NO_VISIT, NO_VISIT, start + found[:, 2])
    return SoFar(place, found[:, 1], responded, found[:, 3])


def _summary(history: tuple[int, ...], charter: Charter) -> tuple[int, int, int, int]:
    """Progression, best response, first response, last response of a course; scans are counted from 1."""
    if not history:
        return NO_VISIT, 0, NO_VISIT, 0
    early, late = 0, charter.minimum_sd_days
    reads = [
        VisitRead(visit=i, day=late + i if code % 2 else early, response=Response(str(RESPONSES[code // 2])))
        for i, code in enumerate(history, start=1)
    ]
    found = summarize_reader(reads, Charter(reference_day=0, minimum_sd_days=charter.minimum_sd_days))
    return (
        NO_VISIT if found.progression_visit is None else found.progression_visit,
        RESPONSES.index(None if found.best_response is None else str(found.best_response)),
        NO_VISIT if found.response_visit is None else found.response_visit,
        history[-1] // 2,
    )


@dataclass(frozen=True, slots=True, eq=False)
class ReviewCourse:
    """How the review of each patient went on."""

    happened: Booleans
    """Whether a scan took place: scanning ends with a confirmed progression."""
    asked: Booleans
    """Whether the scan brought about a reading in time, which was made."""
    batch: Integers
    """Place of the scan with whose reading a scan was read; -1 at the end of scanning, -2 never."""
    gate: Integers
    """Place of the scan whose reading opened the gate, for each patient; `NO_VISIT` without."""
    gate_adjudicated: Booleans
    """Whether the gate was opened by the adjudicator's choice."""
    steps: Integers
    """Steps in order: patient, kind, batch, through, version, reader, chosen, progression, best, answer, bits."""


def follow_review(
    scans: Scans, starts: Integers, *, calls: Booleans, readable: Booleans, first: SoFar, second: SoFar,
    endorsed: Integers, last_readable: Booleans, compared: int, agreed: int,
) -> ReviewCourse:  # fmt: skip
    """Follow the central review of every patient.

    Parameters
    ----------
    scans, starts
        Scans, and where those of each patient begin.
    calls
        Whether the site calls progression at a scan.
    readable
        Whether a reading asked for at a scan can be finished.
    first, second
        The two readers.
    endorsed
        Reader whom the adjudicator would endorse once both have read through a scan.
    last_readable
        Whether the reading at the end of scanning can be finished, for each patient.
    compared
        Bits of what is compared.
    agreed
        Reader whose reading counts where they agree.
    """
    n, patients = len(scans.row), len(starts) - 1
    steps = np.zeros((2 * n + 8 * patients + 8, N_STEP), np.int64)
    happened, asked = np.zeros(n, np.bool_), np.zeros(n, np.bool_)
    batch = np.full(n, -2, np.int64)
    gate, by_choice = np.full(patients, NO_VISIT, np.int64), np.zeros(patients, np.bool_)
    one = np.column_stack([first.progression, first.best, first.responded, first.last])
    two = np.column_stack([second.progression, second.best, second.responded, second.last])
    used = walk_reviews(
        starts, calls, readable, one, two, endorsed, last_readable, compared, agreed,
        happened, asked, batch, gate, by_choice, steps,
    )  # fmt: skip
    return ReviewCourse(happened, asked, batch, gate, by_choice, steps[:used].copy())


@compiled
def differences(one: Integers, two: Integers, settled: bool, compared: int) -> int:
    """Bits in which two readers differ."""
    bits = 0
    if one[0] != two[0]:
        bits |= 1
    if settled or one[0] >= 0 or two[0] >= 0:
        if one[1] != two[1]:
            bits |= 2
        if one[2] != two[2]:
            bits |= 4
    return bits & compared


@compiled
def walk_reviews(  # type: ignore[no-untyped-def]  # noqa: C901, PLR0912, PLR0917
    starts, calls, readable, one, two, endorsed, last_readable, compared, agreed,
    happened, asked, batch, gate, by_choice, steps,
):  # fmt: skip
    """Follow each patient scan by scan; write what happens; give the number of steps."""
    used = 0
    state = np.zeros(8, np.int64)  # version, choice, its progression, bits due, through, last progression, best, reader
    for p in range(starts.shape[0] - 1):
        begin, end = starts[p], starts[p + 1]
        state[:] = 0
        state[2] = state[5] = NO_VISIT
        unread = begin
        for s in range(begin, end):
            happened[s] = True
            if s == begin or not calls[s] or not readable[s]:
                continue
            asked[s] = True
            for u in range(unread, s + 1):
                batch[u] = s
                if u > begin:
                    before = used
                    used = read_through(p, s, u, s, False, one, two, compared, agreed, state, steps, used)
                    result = used > before and steps[used - 1, S_KIND] == RESULT
                    if result and steps[used - 1, S_PD] >= 0 and gate[p] < 0:
                        gate[p] = s
            unread = s + 1
            if state[3] != 0:
                used = choose(p, s, s, endorsed[s], one, two, state, steps, used)
                if steps[used - 1, S_PD] >= 0 and gate[p] < 0:
                    gate[p], by_choice[p] = s, True
            if gate[p] >= 0:
                break
        if not last_readable[p] or (unread == begin and end - begin < 1):
            continue
        last = begin
        for u in range(begin, end):
            if happened[u]:
                last = u
        for u in range(unread, last + 1):
            batch[u] = -1
            if u > begin:
                used = read_through(p, -1, u, last, False, one, two, compared, agreed, state, steps, used)
        steps[used, S_PATIENT], steps[used, S_KIND], steps[used, S_BATCH] = p, CLOSED, -1
        used += 1
        if last > begin:
            used = read_through(p, -1, last, last, True, one, two, compared, agreed, state, steps, used)
            if state[3] != 0:
                used = choose(p, -1, last, endorsed[last], one, two, state, steps, used)
    return used


@compiled
def read_through(p, asked_at, u, most, settled, one, two, compared, agreed, state, steps, used):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Both readers have read through scan ``u``: a result, or a call for the adjudicator."""
    bits = differences(one[u], two[u], settled, compared)
    chosen = state[1]
    stands = chosen > 0 and (one[u, 0] if chosen == 1 else two[u, 0]) == state[2]
    if bits != 0 and not stands:
        if bits != state[3]:
            steps[used, S_PATIENT], steps[used, S_KIND], steps[used, S_BATCH] = p, CALLED, asked_at
            steps[used, S_THROUGH], steps[used, S_BITS], steps[used, S_READER] = u, bits, most
            used += 1
        state[3] = bits
        return used
    state[3] = 0
    reader = chosen if stands else agreed
    return lock_result(p, asked_at, u, reader, stands, bits, one[u] if reader == 1 else two[u], state, steps, used)


@compiled
def choose(p, asked_at, u, reader, one, two, state, steps, used):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """The adjudicator endorses a reader; a result follows."""
    steps[used, S_PATIENT], steps[used, S_KIND], steps[used, S_BATCH] = p, ADJUDICATED, asked_at
    steps[used, S_THROUGH], steps[used, S_READER] = u, reader
    used += 1
    seen = one[u] if reader == 1 else two[u]
    bits = state[3]
    state[1], state[2], state[3] = reader, seen[0], 0
    return lock_result(p, asked_at, u, reader, True, bits, seen, state, steps, used)


@compiled
def lock_result(p, asked_at, u, reader, chosen, bits, seen, state, steps, used):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Lock a result unless it says the same as the one before."""
    same = state[0] > 0 and state[4] == u and state[5] == seen[0] and state[6] == seen[1]
    if same and state[7] == reader * 16 + chosen * 8 + bits:
        return used
    state[0] += 1
    state[4], state[5], state[6], state[7] = u, seen[0], seen[1], reader * 16 + chosen * 8 + bits
    steps[used, S_PATIENT], steps[used, S_KIND], steps[used, S_BATCH] = p, RESULT, asked_at
    steps[used, S_THROUGH], steps[used, S_VERSION], steps[used, S_READER] = u, state[0], reader
    steps[used, S_CHOSEN], steps[used, S_PD], steps[used, S_BEST] = chosen, seen[0], seen[1]
    steps[used, S_BITS] = bits
    not_evaluable = seen[3] == 0 or seen[3] == 6
    steps[used, S_ANSWER] = CONFIRMED if seen[0] >= 0 else NOT_EVALUABLE if not_evaluable else NOT_CONFIRMED
    return used + 1
