"""Whatever happens in whatever order: no gate without locked central progression, and nothing locked ever changes."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from equipoise.criteria import (
    Adjudicate,
    AssignReader,
    Charter,
    CloseReading,
    LockedRead,
    LockVisit,
    OpenVisit,
    PatientReview,
    ReceiveScan,
    RecordDeath,
    ReopenVisit,
    ReviewAction,
    ViewReads,
    gate_day,
    next_visit,
    review_after,
    review_gate,
    review_refusal,
    start_review,
)
from equipoise.terms import Response

PERSONS = st.sampled_from(["Ada", "Ben", "Cleo", "Dan", "Eve", "own"])
READERS, VISITS = st.integers(0, 3), st.integers(-1, 4)
REASONS = st.sampled_from(["", " ", "because"])
ANSWERS = st.sampled_from([Response.SD, Response.PR, Response.PD, Response.PD, Response.NE])
TRIGGERS: Any = st.sampled_from([(), ("progression_date",), ("progression_date", "best_response"), ("response",)])


def last_reads(review: PatientReview, reader: int) -> dict[int, LockedRead]:
    """The last locked read of each visit, found without looking at versions."""
    return {read.visit: read for read in review.reads if read.reader == reader}


def progression(reads: dict[int, LockedRead], through: int) -> int | None:
    return next((v for v in sorted(reads) if 0 < v <= through and reads[v].response is Response.PD), None)


class Review(RuleBasedStateMachine):
    """Any action of anybody, most of them refused; the story is kept beside the review."""

    @initialize(adjudicate=TRIGGERS, agreed=st.integers(1, 2))
    def begin(self, adjudicate: Any, agreed: int) -> None:
        charter = Charter(adjudicate=adjudicate, agreed_reader=agreed)
        self.review = start_review("01", charter, barred=["own"])
        self.clock, self.was_open, self.before = 1000, False, self.review
        for reader, person in enumerate(("Ada", "Ben"), start=1):
            self.do(AssignReader(reader=reader, person=person))
        self.do(ReceiveScan(visit=0, scan_day=0))

    def do(self, action: ReviewAction) -> bool:
        """Act, and hold what the action did against what was there before."""
        self.clock += 1
        self.before = self.review
        if review_refusal(self.review, action) is not None:
            return False
        self.review = review_after(self.review, action)
        return True

    @rule(reader=READERS, person=PERSONS, reason=REASONS)
    def assign(self, reader: int, person: str, reason: str) -> None:
        self.do(AssignReader(reader=reader, person=person, reason=reason))

    @rule(visit=VISITS, later=st.integers(0, 20))
    def receive(self, visit: int, later: int) -> None:
        self.do(ReceiveScan(visit=visit, scan_day=56 * visit + later))

    @rule(person=PERSONS, visit=VISITS)
    def open(self, person: str, visit: int) -> None:
        self.do(OpenVisit(person=person, visit=visit))

    @rule(person=PERSONS, visit=VISITS, response=st.one_of(st.none(), ANSWERS))
    def lock(self, person: str, visit: int, response: Response | None) -> None:
        self.do(LockVisit(person=person, visit=visit, on=self.clock, response=response))

    @rule(reader=st.integers(1, 2), response=ANSWERS)
    def read_on(self, reader: int, response: Response) -> None:
        """What a careful reader does: the next visit, opened and locked."""
        visit = next_visit(self.review, reader)
        person = next(a.person for a in reversed(self.review.assignments) if a.reader == reader)
        if visit is None:
            return
        self.do(OpenVisit(person=person, visit=visit))
        word = response if visit else None
        assert self.do(LockVisit(person=person, visit=visit, on=self.clock, response=word))

    @rule(reader=READERS, visit=VISITS, reason=REASONS, kind=st.sampled_from(["correction", "re-read"]))
    def reopen(self, reader: int, visit: int, reason: str, kind: Any) -> None:
        self.do(ReopenVisit(reader=reader, visit=visit, reason=reason, kind=kind))

    @rule(person=PERSONS, reader=READERS)
    def view(self, person: str, reader: int) -> None:
        if self.do(ViewReads(person=person, reader=reader)):
            others = {a.person for a in self.review.assignments if a.reader != reader}
            assert person not in others

    @rule(person=PERSONS, endorses=READERS, reason=REASONS, third=st.one_of(st.none(), ANSWERS))
    def adjudicate(self, person: str, endorses: int, reason: str, third: Response | None) -> None:
        action = Adjudicate(person=person, endorses=endorses, reason=reason, on=self.clock, response=third)
        if self.do(action):
            assert person not in {a.person for a in self.review.assignments} | {"own"}
            assert endorses in (1, 2)
            assert reason.strip()
            assert third is None

    @rule()
    def close(self) -> None:
        self.do(CloseReading(on=self.clock))

    @rule(day=st.integers(50, 300))
    def die(self, day: int) -> None:
        self.do(RecordDeath(day=day))

    @invariant()
    def what_is_there_stays(self) -> None:
        for name in ("assignments", "scans", "reads", "reopenings", "adjudications", "results"):
            old = getattr(self.before, name)
            assert getattr(self.review, name)[: len(old)] == old
        versions = [(read.reader, read.visit, read.version) for read in self.review.reads]
        assert len(set(versions)) == len(versions)

    @invariant()
    def a_new_result_rests_on_locked_reads_of_every_reader_and_on_an_endorsement_where_they_differ(self) -> None:
        if len(self.review.results) == len(self.before.results):
            return
        result = self.review.results[-1]
        reads = {reader: last_reads(self.review, reader) for reader in (1, 2)}
        visits = {scan.visit for scan in self.review.scans if scan.visit <= result.through_visit}
        assert all(visits <= set(reads[reader]) for reader in (1, 2))
        again = [(a.reader, a.visit) for a in self.review.reopenings]
        locked = [(read.reader, read.visit) for read in self.review.reads]
        for place in ((reader, visit) for reader in (1, 2) for visit in visits):
            assert locked.count(place) == 1 + again.count(place)
        seen = {reader: progression(reads[reader], result.through_visit) for reader in (1, 2)}
        assert result.progression_visit == seen[result.reader]
        assert (result.answer == "confirmed") == (seen[result.reader] is not None)
        if "progression_date" in self.review.charter.adjudicate and seen[1] != seen[2]:
            assert result.adjudicated
        if result.adjudicated:
            assert result.reader == self.review.adjudications[-1].endorses
        else:
            assert result.reader == self.review.charter.agreed_reader
            assert result.triggers == ()

    @invariant()
    def the_gate_opens_with_a_confirmed_result_and_stays_open(self) -> None:
        gate = review_gate(self.review)
        confirmed = [result for result in self.review.results if result.answer == "confirmed"]
        assert gate.allowed == bool(confirmed)
        assert gate_day(self.review) == (confirmed[0].locked_on if confirmed else None)
        assert gate.allowed or not self.was_open
        assert not review_gate(self.review, local_progression=False).allowed
        self.was_open = gate.allowed

    @invariant()
    def reads_are_locked_in_order_after_the_baseline(self) -> None:
        for reader in (1, 2):
            first = next_visit(self.review, reader)
            later = [v for v in {scan.visit for scan in self.review.scans} if first is not None and v > first]
            wanted = {v: 1 + sum((a.reader, a.visit) == (reader, v) for a in self.review.reopenings) for v in later}
            locked = {(read.visit, read.version) for read in self.review.reads if read.reader == reader}
            assert not locked & set(wanted.items())


TestReview = Review.TestCase
TestReview.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
