"""Whatever happens in whatever order: no gate without locked central progression, and nothing locked ever changes."""

import random
from collections import Counter
from dataclasses import replace
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
    adjudication_due,
    gate_day,
    next_visit,
    review_after,
    review_gate,
    review_refusal,
    start_review,
)
from equipoise.criteria.review_state import reading_of
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
        for visit in range(3):
            self.do(ReceiveScan(visit=visit, scan_day=56 * visit))
        for person in ("Ada", "Ben"):
            self.do(OpenVisit(person=person, visit=0))
            self.do(LockVisit(person=person, visit=0, on=self.clock))

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

    @rule(response=ANSWERS)
    def read_visit(self, response: Response) -> None:
        """Both readers read on alike."""
        self.read_on(1, response)
        self.read_on(2, response)

    @rule(endorses=st.integers(1, 2))
    def settle(self, endorses: int) -> None:
        """What a careful adjudicator does where the readers differ."""
        if adjudication_due(self.review):
            free = {"Cleo", "Dan", "Eve"} - {a.person for a in self.review.assignments}
            for person in sorted(free)[:1]:
                assert self.do(Adjudicate(person=person, endorses=endorses, reason="clearer", on=self.clock))

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
            assert result.progression_visit == self.review.adjudications[-1].progression_visit
            for reader, visit, version in self.review.adjudications[-1].basis:
                assert reads[reader][visit].version == version
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
    def what_was_found_before_is_what_would_be_found_now(self) -> None:
        fresh = replace(self.review)
        for name in ("received", "persons", "renewals", "current", "through"):
            assert getattr(self.review, name) == getattr(fresh, name)
        for reader in (1, 2):
            for visit in self.review.received:
                assert reading_of(self.review, reader, visit) == reading_of(fresh, reader, visit)

    @invariant()
    def reads_are_locked_in_order_after_the_baseline(self) -> None:
        for reader in (1, 2):
            first = next_visit(self.review, reader)
            later = [v for v in {scan.visit for scan in self.review.scans} if first is not None and v > first]
            wanted = {v: 1 + sum((a.reader, a.visit) == (reader, v) for a in self.review.reopenings) for v in later}
            locked = {(read.visit, read.version) for read in self.review.reads if read.reader == reader}
            assert not locked & set(wanted.items())


TestReview = Review.TestCase
TestReview.settings = settings(stateful_step_count=40)


def walk(seed: int) -> Review:
    """Forty steps, mostly careful ones, so that readings get far; the rest is anything by anybody."""
    draw = random.Random(seed)  # noqa: S311 - a walk, no secret
    story = Review()
    story.begin(draw.choice([(), ("progression_date",), ("progression_date", "best_response")]), draw.randint(1, 2))
    people, answers = ["Ada", "Ben", "Cleo", "Dan", "Eve", "own"], [Response.SD, Response.PR, Response.NE, Response.PD]

    def answer() -> Response:
        return draw.choices(answers, (4, 2, 1, 2))[0]

    def reason() -> str:
        return draw.choice(["because", "because", " "])

    steps: list[tuple[int, Any]] = [
        (9, lambda: story.read_on(draw.randint(1, 2), answer())),
        (4, lambda: story.read_visit(answer())),
        (4, lambda: story.settle(draw.randint(1, 2))),
        (3, lambda: story.receive(draw.randint(0, 4), draw.randint(0, 20))),
        (1, lambda: story.reopen(draw.randint(1, 2), draw.randint(0, 4), reason(), "re-read")),
        (1, lambda: story.assign(draw.randint(1, 2), draw.choice(people), reason())),
        (1, lambda: story.open(draw.choice(people), draw.randint(0, 4))),
        (1, lambda: story.lock(draw.choice(people), draw.randint(0, 4), answer())),
        (1, lambda: story.adjudicate(draw.choice(people), draw.randint(0, 3), reason(), draw.choice([None, answer()]))),
    ]
    weights = [weight for weight, _ in steps]
    for _ in range(40):
        draw.choices([step for _, step in steps], weights)[0]()
        story.what_is_there_stays()
        story.a_new_result_rests_on_locked_reads_of_every_reader_and_on_an_endorsement_where_they_differ()
        story.the_gate_opens_with_a_confirmed_result_and_stays_open()
        story.reads_are_locked_in_order_after_the_baseline()
    return story


def test_long_walks_get_deep_and_reach_nothing_forbidden(full: bool) -> None:
    reached: Counter[str] = Counter()
    walks = 2000 if full else 200
    for seed in range(walks):
        review = walk(seed).review
        confirmed = [result for result in review.results if result.answer == "confirmed"]
        after = confirmed and review.results[-1].progression_visit != confirmed[0].progression_visit
        reached["not confirmed"] += any(result.answer == "not confirmed" for result in review.results)
        reached["gate open"] += bool(confirmed)
        reached["adjudicated"] += any(result.adjudicated for result in review.results)
        reached["adjudicated anew"] += len(review.adjudications) > 1
        reached["moved after the gate had opened"] += bool(after)
    assert all(count >= walks // 20 for count in reached.values()), reached
    assert len(reached) == 5
