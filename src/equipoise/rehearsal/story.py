"""The whole story of the patients randomized, from latent disease to the last day: who reads what on which day.

Days of people at work are days since 1970-01-01; all others are counted from randomization.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from equipoise.criteria import Charter
from equipoise.protocol import Protocol
from equipoise.rehearsal.adjudication import endorsements
from equipoise.rehearsal.course import (
    DATA,
    Course,
    Plan,
    add_working,
    lived_course,
    planned_course,
    planned_exposure,
    planned_scans,
    span_of,
)
from equipoise.rehearsal.model.part import Span
from equipoise.rehearsal.model.patient_model import PatientModel
from equipoise.rehearsal.reading import RESPONSES, Reading, Scans, begin_anew, read_scans
from equipoise.rehearsal.review import NO_VISIT, TRIGGERS, ReviewCourse, SoFar, follow_review, so_far
from equipoise.rehearsal.streams import Draws, Slot
from equipoise.rehearsal.tumors import FAR, Disease, Exposure, make_disease, sizes

__all__ = ["Clock", "OpenPhase", "Story", "live_through"]

PD = RESPONSES.index("PD")
OPEN_GAP = 35
"""Days after the first open dose before which no assessment is planned."""
CLINICAL_DELAY = 35
"""Days after the scan on which treatment ends for clinical progression, unless it has ended before."""

_PLACES = 64
_DAYS = {name: Slot("readers", 900_000 + i * _PLACES) for i, name in enumerate(
    ("assess", "send", "accept", "read_1", "read_2", "adjudicate", "unblind", "endorse")
)}  # fmt: skip
_LAST = {name: Slot("readers", 950_000 + i) for i, name in enumerate(("read_1", "read_2", "adjudicate"))}

Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]
Words = NDArray[np.object_]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Clock:
    """Days, since 1970-01-01, on which people do what a scan asks for; the last four are for each patient."""

    scan: Integers
    assess: Integers
    send: Integers
    accept: Integers
    read: Integers
    """(scans, 2): when the readers lock, if the scan asks for a reading."""
    choose: Integers
    unblind: Integers
    """Working days from the answer."""
    last_read: Integers
    """(patients, 2): when they lock what is left."""
    last_close: Integers
    last_choose: Integers


@dataclass(frozen=True, slots=True, eq=False)
class OpenPhase:
    """Scans under open treatment: those of the blinded phase come first in each patient."""

    scans: Scans
    reading: Reading
    """The site's reading from randomization on."""
    new: Integers
    """Places, in ``scans``, of the scans under open treatment."""
    response: NDArray[np.int8]
    """Response at these, with the last blinded scan as baseline."""
    parts: NDArray[np.int8]
    assess: Integers


@dataclass(frozen=True, slots=True, eq=False)
class Story:
    """The whole story of the patients randomized."""

    arms: Words
    disease: Disease
    course: Course
    scans: Scans
    """Scans that could take place; ``review.happened`` says which did."""
    starts: Integers
    truth: Floats
    readings: tuple[Reading, Reading, Reading]
    review: ReviewCourse
    clock: Clock
    open: OpenPhase
    draws: Draws

    @property
    def plan(self) -> Plan:
        """What would have happened, as far as it did."""
        return self.course.plan


def live_through(
    protocol: Protocol, model: PatientModel, charter: Charter, *, day: Integers, arms: Words, draws: Draws
) -> Story:
    """Let patients live through the trial.

    Parameters
    ----------
    protocol
        Assessments, crossover.
    model
        The synthetic patients.
    charter
        Reading rules, with day 0 as reference.
    day
        Days of randomization, since 1970-01-01.
    arms
        Arm of each patient.
    draws
        Random numbers of these patients.
    """
    crossover = protocol.crossover
    day = day.astype(np.int64)
    disease = make_disease(model.tumors, crossover.to_arm if crossover else None, arms, draws)
    plan = planned_course(model, disease, day, arms, draws)
    scans = planned_scans(protocol, model, plan, draws)
    exposure = planned_exposure(plan)
    truth = sizes(disease, exposure, scans.row, scans.day)
    scans, truth, clinical = _until_clinical(model, scans, truth, len(day))
    readings = _read(model, charter, disease, scans=scans, truth=truth, draws=draws)
    starts = np.searchsorted(scans.row, np.arange(len(day) + 1)).astype(np.int64)
    clock = _clock(model, plan, scans, clinical, draws)
    central = _so_far(scans, readings, charter)
    coin = draws.at(_DAYS["endorse"], scans.row, scans.assessment)
    endorsed = endorsements(
        model.readers, charter, tumors=model.tumors, disease=disease, scans=scans, truth=truth, readings=readings[1:],
        found=central, coin=coin, draws=draws,
    )  # fmt: skip
    review = _review(protocol, charter, plan, scans=scans, starts=starts, calls=readings[0].response == PD,
                     central=central, endorsed=endorsed, clock=clock)  # fmt: skip
    told = _told(plan, clock, review)
    clinical = np.where(review.gate == NO_VISIT, clinical, FAR)
    crosses = arms == (crossover.from_arm if crossover else None)
    window = crossover.new_baseline_scan_days if crossover else None
    course = lived_course(
        model, plan, scans, review, told=told, clinical=clinical, crosses=crosses, window=window, draws=draws
    )
    opened, course = _open_phase(
        protocol, model, charter, disease, course=course, scans=scans, review=review, draws=draws
    )
    return Story(arms, disease, course, scans, starts, truth, readings, review, clock, opened, draws)


def _until_clinical(model: PatientModel, scans: Scans, truth: Floats, patients: int) -> tuple[Scans, Floats, Integers]:
    """Leave out scans after obvious growth of the whole disease; give the day on which treatment ends for it."""
    total = truth.sum(axis=1)
    order = scans.order
    smallest = total.copy()
    for step in range(1, int(order.max(initial=0)) + 1):
        here = np.flatnonzero(order == step)
        smallest[here] = np.minimum(smallest[here], smallest[here - 1])
    grown = total >= model.tumors.clinical_growth * smallest
    earlier = np.zeros(len(total), np.bool_)
    for step in range(1, int(order.max(initial=0)) + 1):
        here = np.flatnonzero(order == step)
        earlier[here] = earlier[here - 1] | grown[here - 1]
    clinical = np.full(patients, FAR, np.int64)
    first = grown & ~earlier
    clinical[scans.row[first]] = scans.day[first] + CLINICAL_DELAY
    return scans.of(~earlier), truth[~earlier], clinical


def _read(
    model: PatientModel, charter: Charter, disease: Disease, *, scans: Scans, truth: Floats, draws: Draws
) -> tuple[Reading, Reading, Reading]:
    readers = model.readers

    def reading(number: int) -> Reading:
        reader = readers.local if number == 0 else readers.central
        return read_scans(
            number, reader, tumors=model.tumors, disease=disease, scans=scans, truth=truth, charter=charter, draws=draws
        )

    return reading(0), reading(1), reading(2)


def _clock(model: PatientModel, plan: Plan, scans: Scans, clinical: Integers, draws: Draws) -> Clock:
    days = model.readers.days

    def wait(name: str, span: Span) -> Integers:
        return span_of(span, draws.at(_DAYS[name], scans.row, scans.assessment))

    day = plan.day[scans.row] + scans.day
    assess, send = add_working(day, wait("assess", days.assess)), add_working(day, wait("send", days.send))
    accept = add_working(send, wait("accept", days.accept))
    ready = np.maximum(assess, accept)
    read = np.column_stack([add_working(ready, wait(name, days.read)) for name in ("read_1", "read_2")])
    choose = add_working(read.max(axis=1), wait("adjudicate", days.adjudicate))
    end = plan.day + np.minimum(plan.scanned, clinical)
    last = [add_working(end, span_of(days.last_reading, draws.uniform(_LAST[name]))) for name in ("read_1", "read_2")]
    close = np.maximum(*last)
    last_choose = add_working(close, span_of(days.adjudicate, draws.uniform(_LAST["adjudicate"])))
    unblind = wait("unblind", days.unblind)
    return Clock(day, assess, send, accept, read, choose, unblind, np.column_stack(last), close, last_choose)


def _so_far(scans: Scans, readings: tuple[Reading, Reading, Reading], charter: Charter) -> tuple[SoFar, SoFar]:
    """What both central readers have found after each scan."""
    one, two = (so_far(scans, reading.response, charter) for reading in readings[1:])
    return one, two


def _review(
    protocol: Protocol, charter: Charter, plan: Plan, *, scans: Scans, starts: Integers, calls: Booleans,
    central: tuple[SoFar, SoFar], endorsed: Integers, clock: Clock,
) -> ReviewCourse:  # fmt: skip
    gone = np.where(plan.level == DATA, plan.day + plan.leaves, FAR)
    real_time = protocol.review.central is not None and protocol.review.central.real_time == "local_progression"
    compared = sum(1 << i for i, name in enumerate(TRIGGERS) if name in charter.adjudicate)
    return follow_review(
        scans, starts, calls=calls & real_time, readable=clock.choose < gone[scans.row], first=central[0],
        second=central[1], endorsed=endorsed, last_readable=clock.last_choose < gone, compared=compared,
        agreed=charter.agreed_reader,
    )  # fmt: skip


def _told(plan: Plan, clock: Clock, review: ReviewCourse) -> Integers:
    """Day, from randomization, on which the investigator of a patient with confirmed progression unblinds."""
    gate = np.maximum(review.gate, 0)
    answer = np.where(review.gate_adjudicated, clock.choose[gate], clock.read[gate].max(axis=1))
    unblind = add_working(answer, clock.unblind[gate]) - plan.day
    return np.where(review.gate == NO_VISIT, FAR, unblind)


def _open_phase(
    protocol: Protocol, model: PatientModel, charter: Charter, disease: Disease, *, course: Course, scans: Scans,
    review: ReviewCourse, draws: Draws,
) -> tuple[OpenPhase, Course]:  # fmt: skip
    """Scan patients under open treatment until progression from the new baseline, or until it ends."""
    plan = course.plan
    crossed = course.open_start < FAR
    after = planned_scans(protocol, model, replace(plan, death=course.death, last=course.seen), draws)
    number = scans.assessment[np.maximum(review.gate, 0)]
    later = crossed[after.row] & (after.assessment > number[after.row])
    later &= (after.day > course.open_start[after.row] + OPEN_GAP) & (after.day < course.open_end[after.row])
    before = review.happened & crossed[scans.row]
    both = Scans(*(np.concatenate([getattr(scans, name)[before], getattr(after, name)[later]])
                   for name in ("row", "assessment", "day")))  # fmt: skip
    order = np.lexsort((both.assessment, both.row))
    both = Scans(both.row[order], both.assessment[order], both.day[order])
    exposure = Exposure(plan.dose, np.minimum(course.blinded_end, plan.death), course.open_start, course.open_end)
    truth = sizes(disease, exposure, both.row, both.day)
    reading = read_scans(
        0, model.readers.local, tumors=model.tumors, disease=disease, scans=both, truth=truth, charter=charter,
        draws=draws,
    )  # fmt: skip

    base = both.assessment >= number[both.row]
    chosen = np.flatnonzero(base)
    day = both.day[chosen] - course.open_start[both.row[chosen]]
    anew = begin_anew(reading, disease, both, chosen=chosen, day=day, charter=charter)
    fresh = both.assessment[chosen] > number[both.row[chosen]]
    new, response, parts = chosen[fresh], anew.response[fresh], anew.parts[fresh]
    found = OpenPhase(both, reading, new, response, parts, np.zeros(0, np.int64))
    return _until_open_progression(model, found, course, draws)


def _until_open_progression(
    model: PatientModel, found: OpenPhase, course: Course, draws: Draws
) -> tuple[OpenPhase, Course]:
    """Cut what comes after the first progression under open treatment, and date the judgments."""
    scans, new, response, parts = found.scans, found.new, found.response, found.parts
    row = scans.row[new]
    progressed = response == PD
    first = np.full(len(course.death), FAR, np.int64)
    np.minimum.at(first, row[progressed], scans.day[new][progressed])
    kept = scans.day[new] <= first[row]
    new, response, parts = new[kept], response[kept], parts[kept]
    wait = span_of(model.readers.days.assess, draws.at(_DAYS["assess"], scans.row[new], scans.assessment[new]))
    assess = add_working(course.plan.day[scans.row[new]] + scans.day[new], wait)
    judged = np.full(len(course.death), FAR, np.int64)
    ended = response == PD
    judged[scans.row[new][ended]] = (assess - course.plan.day[scans.row[new]])[ended]
    sooner = judged < course.open_end
    why = course.open_why.copy()
    why[sooner] = "progression"
    course = replace(course, open_end=np.minimum(judged, course.open_end), open_why=why)
    return replace(found, new=new, response=response, parts=parts, assess=assess), course
