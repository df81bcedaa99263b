"""Central review of one patient, case by case: two readers, locks, order, adjudication, results and the gate."""

from collections.abc import Sequence
from typing import Any

import pytest

from equipoise.criteria import (
    Adjudicate,
    AssignReader,
    Charter,
    CloseReading,
    CriteriaError,
    LockVisit,
    OpenVisit,
    PatientReview,
    ReceiveScan,
    RecordDeath,
    ReopenVisit,
    ReviewAction,
    ViewReads,
    adjudication_due,
    central_result,
    crossover_gate,
    current_read,
    gate_day,
    next_visit,
    progression_or_death,
    reads_due,
    result_differences,
    review_after,
    review_answer,
    review_gate,
    review_refusal,
    start_review,
)
from equipoise.terms import Response

ADA, BEN, CLEO = "Ada", "Ben", "Cleo"
PERSONS = {1: ADA, 2: BEN}
DAYS = {0: 0, 1: 56, 2: 112, 3: 168, 4: 224}


def after(review: PatientReview, *actions: ReviewAction) -> PatientReview:
    for action in actions:
        review = review_after(review, action)
    return review


def code(review: PatientReview, action: ReviewAction) -> str:
    """Code of the refusal; the action is refused by the one function as by the other."""
    refused = review_refusal(review, action)
    assert refused is not None
    with pytest.raises(CriteriaError) as error:
        review_after(review, action)
    assert error.value.problems == (f"subject {review.subject}: {refused.message}",)
    return refused.code


def begun(visits: int = 3, charter: Charter | None = None, **values: Any) -> PatientReview:
    """Two readers, and scans of the baseline and some visits."""
    review = start_review("01", charter, **values)
    review = after(review, *(AssignReader(reader=n, person=person) for n, person in PERSONS.items()))
    return after(review, *(ReceiveScan(visit=v, scan_day=DAYS[v]) for v in range(visits + 1)))


def lock(person: str, visit: int, response: str | None, **values: Any) -> tuple[ReviewAction, ReviewAction]:
    values = {"on": DAYS[visit] + 5, **values}
    word = None if response is None else Response(response)
    return OpenVisit(person=person, visit=visit), LockVisit(person=person, visit=visit, response=word, **values)


def read(review: PatientReview, reader: int, responses: str, **values: Any) -> PatientReview:
    """A reader locks the baseline and the visits in order; further values go to the last."""
    review = after(review, *lock(PERSONS[reader], 0, None))
    *first, last = enumerate(responses.split(), start=1)
    for visit, word in first:
        review = after(review, *lock(PERSONS[reader], visit, word))
    return after(review, *lock(PERSONS[reader], last[0], last[1], **values))


def both(first: str, second: str, charter: Charter | None = None) -> PatientReview:
    visits = max(len(first.split()), len(second.split()))
    return read(read(begun(visits, charter), 1, first), 2, second)


def endorse(reader: int, person: str = CLEO, **values: Any) -> Adjudicate:
    return Adjudicate(**{"person": person, "endorses": reader, "reason": "clearly there", "on": 200, **values})


def summary(review: PatientReview) -> tuple[int | None, bool, str | None]:
    result = central_result(review)
    assert result is not None
    return result.progression_day, result.adjudicated, result.best_response


def test_a01_readers_who_agree_need_no_adjudicator() -> None:
    review = both("SD PD", "SD PD")
    assert adjudication_due(review) == ()
    assert summary(review) == (112, False, "SD")
    assert code(review, endorse(1)) == "no-discordance"


def test_a02_the_visit_of_progression_is_adjudicated() -> None:
    review = both("SD PD PD", "SD SD PD")
    assert adjudication_due(review) == ("progression_date",)
    result = central_result(review)
    assert result is not None
    assert (result.through_visit, result.answer) == (1, "not confirmed")  # as far as they agree
    review = after(review, endorse(2))
    assert summary(review) == (168, True, "SD")
    assert review.adjudications[-1].reason == "clearly there"


def test_a03_progression_or_none_is_adjudicated() -> None:
    review = after(both("SD PD", "SD SD"), endorse(1))
    assert summary(review) == (112, True, "SD")


@pytest.mark.parametrize(
    ("adjudicate", "due"),
    [(("progression_date",), ()), (("progression_date", "best_response"), ("best_response",)), ((), ())],
)
def test_a04_best_response_is_compared_only_where_it_is_a_trigger(
    adjudicate: Sequence[Any], due: tuple[str, ...]
) -> None:
    review = both("PR SD", "SD SD", Charter(adjudicate=tuple(adjudicate)))
    assert adjudication_due(review) == ()  # best response can still change
    assert adjudication_due(after(review, CloseReading(on=130))) == due


def test_a05_another_cause_at_the_same_visit_is_no_difference() -> None:
    review = read(read(begun(2), 1, "SD PD", progression_day=112), 2, "SD PD")
    assert adjudication_due(review) == ()


def test_a06_visits_are_compared_and_the_reader_named_gives_the_day() -> None:
    for reader, day in ((1, 110), (2, 114)):
        review = begun(2, Charter(agreed_reader=reader))
        review = read(read(review, 1, "SD PD", progression_day=110), 2, "SD PD", progression_day=114, on=120)
        assert adjudication_due(review) == ()
        assert summary(review)[0] == day


def test_a07_not_evaluable_is_no_difference_in_progression() -> None:
    charter = Charter(adjudicate=("progression_date",))
    review = both("SD NE PD", "SD SD PD", charter)
    assert adjudication_due(review) == ()
    assert summary(review)[0] == 168


def test_a08_a_third_result_is_refused() -> None:
    review = both("SD PD", "SD SD")
    assert code(review, endorse(1, response=Response.NE)) == "third-result"
    assert code(review, endorse(1, progression_day=100)) == "third-result"
    assert code(review, endorse(3)) == "no-such-reader"
    assert code(review, endorse(1, reason=" ")) == "reason-missing"
    assert code(review, endorse(1, on=100)) == "adjudicated-before-reads"


def test_a09_visits_are_opened_in_order() -> None:
    review = begun(3)
    assert code(review, OpenVisit(person=ADA, visit=1)) == "earlier-visit-open"  # the baseline first
    review = after(review, *lock(ADA, 0, None), *lock(ADA, 1, "SD"))
    assert next_visit(review, 1) == 2
    assert code(review, OpenVisit(person=ADA, visit=3)) == "earlier-visit-open"
    assert code(review, OpenVisit(person=ADA, visit=4)) == "scan-missing"
    assert code(review, LockVisit(person=ADA, visit=2, on=120, response=Response.SD)) == "not-open"
    assert next_visit(review, 2) == 0


def test_a10_a_locked_read_is_corrected_only_as_a_new_version() -> None:
    review = read(begun(2), 1, "SD SD")
    again = LockVisit(person=ADA, visit=1, on=130, response=Response.PR)
    assert code(review, again) == "read-locked"
    assert code(review, OpenVisit(person=ADA, visit=1)) == "read-locked"
    assert code(review, ReopenVisit(reader=1, visit=1, reason="  ")) == "reason-missing"
    assert code(review, ReopenVisit(reader=2, visit=1, reason="x")) == "not-locked"

    corrected = after(review, ReopenVisit(reader=1, visit=1, reason="wrong slice"))
    assert next_visit(corrected, 1) == 1
    corrected = after(corrected, *lock(ADA, 1, "PR", on=130), *lock(ADA, 2, "PR", on=131))

    assert corrected.reads[: len(review.reads)] == review.reads
    versions = [(r.visit, r.version, r.response, r.reason) for r in corrected.reads if r.visit > 0]
    assert versions == [
        (1, 1, "SD", ""),
        (2, 1, "SD", ""),
        (1, 2, "PR", "correction: wrong slice"),
        (2, 2, "PR", "correction: wrong slice"),
    ]


def test_a11_readers_see_no_other_reads_and_do_not_adjudicate_their_patient() -> None:
    review = after(both("SD PD", "SD SD"), AssignReader(reader=2, person="Dan", reason="Ben is ill"))
    assert code(review, ViewReads(person="Dan", reader=1)) == "blinded"
    assert code(review, ViewReads(person=BEN, reader=1)) == "blinded"  # no more after he has left
    review = both("SD PD", "SD SD")
    assert code(review, ViewReads(person=BEN, reader=1)) == "blinded"
    assert review_refusal(review, ViewReads(person=BEN, reader=2)) is None
    assert review_refusal(review, ViewReads(person=CLEO, reader=1)) is None
    assert code(review, endorse(2, person=ADA)) == "reader-adjudicates"


def test_persons_who_treat_the_patient_neither_read_nor_adjudicate_it() -> None:
    review = start_review("01", barred=["Dr. Own"])
    assert code(review, AssignReader(reader=1, person="Dr. Own")) == "own-patient"
    assert code(review, AssignReader(reader=1, person=" ")) == "person-missing"
    review = read(read(begun(1, barred=["Dr. Own"]), 1, "PD"), 2, "SD")
    assert code(review, endorse(1, person="Dr. Own")) == "own-patient"
    review = after(review, endorse(1))
    assert code(review, AssignReader(reader=1, person=CLEO, reason="short of readers")) == "adjudicator-reads"
    assert code(review, AssignReader(reader=1, person=BEN, reason="swap")) == "reads-already"
    assert code(review, AssignReader(reader=3, person="Eve")) == "no-such-reader"
    assert code(review, OpenVisit(person="Eve", visit=0)) == "not-a-reader"


def test_a12_a_late_scan_asks_both_readers_for_new_versions() -> None:
    review = begun(1)
    review = after(review, ReceiveScan(visit=3, scan_day=168))
    for person in PERSONS.values():
        review = after(review, *lock(person, 0, None), *lock(person, 1, "SD"), *lock(person, 3, "SD"))
    before = review.reads

    review = after(review, ReceiveScan(visit=2, scan_day=112))

    assert [(a.reader, a.visit, a.kind) for a in review.reopenings] == [(1, 3, "late scan"), (2, 3, "late scan")]
    assert [next_visit(review, reader) for reader in PERSONS] == [2, 2]
    assert reads_due(review) == ((1, 2), (2, 2), (1, 3), (2, 3))
    assert current_read(review, 1, 3) is None
    assert central_result(review).through_visit == 3  # type: ignore[union-attr]
    assert review_answer(review) == "pending"
    for person in PERSONS.values():
        review = after(review, *lock(person, 2, "PD", on=180))
    assert gate_day(review) is None  # visit 3 is still to be read anew
    for person in PERSONS.values():
        review = after(review, *lock(person, 3, "PD", on=181))
    assert review.reads[: len(before)] == before
    assert [r.version for r in review.reads if r.visit == 3] == [1, 1, 2, 2]
    assert (summary(review)[0], gate_day(review)) == (112, 181)


def test_a13_the_gate() -> None:
    review = begun(2)
    assert review_gate(review).allowed is False
    review = read(review, 1, "SD PD")
    assert review_gate(review).reason == "central review is pending"
    review = read(review, 2, "SD SD")
    assert review_gate(review).reason == "central review is pending"  # they differ
    refused = after(review, endorse(2))
    assert review_gate(refused).reason == "central review has not confirmed progression"
    allowed = after(review, endorse(1))
    assert review_gate(allowed).allowed is True
    assert gate_day(allowed) == 200
    assert review_gate(allowed, local_progression=False).reason == "the site has not called progression"
    assert review_gate(both("SD NE", "SD NE")).reason == "central review could not evaluate the scans"


@pytest.mark.parametrize(
    ("answers", "allowed"),
    [
        ([], False),
        (["pending"], False),
        (["not confirmed"], False),
        (["not evaluable"], False),
        (["confirmed"], True),
        (["not confirmed", "confirmed", "pending"], True),
        (["confirmed", "not confirmed"], True),
    ],
)
def test_a13_the_rule_of_the_gate(answers: list[Any], allowed: bool) -> None:
    assert crossover_gate(answers).allowed is allowed
    assert crossover_gate(answers, local_progression=False).allowed is False


def test_a14_what_a_site_is_told_holds_no_detail() -> None:
    """The answer is one of four words, whatever the readers measured."""
    told = {central_result(both(first, first)).answer for first in ("SD PD", "SD SD", "SD NE")}  # type: ignore[union-attr]
    assert told == {"confirmed", "not confirmed", "not evaluable"}


def test_the_gate_stays_open_and_the_final_version_is_analyzed() -> None:
    review = after(both("SD PD", "SD PD"), ReceiveScan(visit=3, scan_day=168))
    for reader, person in PERSONS.items():
        review = after(review, ReopenVisit(reader=reader, visit=2, reason="batch reading", kind="re-read"))
        review = after(review, *lock(person, 2, "SD", on=250), *lock(person, 3, "PD", on=251))

    assert (gate_day(review), review_gate(review).allowed) == (117, True)
    assert summary(review)[0] == 168
    differences = [(d.what, d.first, d.final) for d in result_differences(review.results)]
    assert differences == [("progression_visit", 2, 3), ("progression_day", 112, 168)]
    assert result_differences(both("SD SD", "SD SD").results) == ()


def test_a_progression_taken_back_is_a_difference_too() -> None:
    review = both("SD PD", "SD PD")
    for reader, person in PERSONS.items():
        review = after(review, ReopenVisit(reader=reader, visit=2, reason="wrong patient"))
        review = after(review, *lock(person, 2, "SD", on=250))
    assert review_gate(review).allowed is True
    assert [d.what for d in result_differences(review.results)] == [
        "progression",
        "progression_visit",
        "progression_day",
    ]


def test_an_endorsement_falls_when_its_reads_are_read_anew_or_the_endorsed_progression_moves() -> None:
    review = after(both("SD PD", "SD SD"), endorse(2), ReceiveScan(visit=3, scan_day=168))
    assert code(review, endorse(1)) == "already-adjudicated"
    stays = after(review, *lock(ADA, 3, "PD", on=210), *lock(BEN, 3, "SD", on=210))
    assert adjudication_due(stays) == ()
    moves = after(review, *lock(ADA, 3, "PD", on=210), *lock(BEN, 3, "PD", on=210))
    assert adjudication_due(moves) == ("progression_date",)
    assert gate_day(moves) is None
    assert summary(after(moves, endorse(1, on=220)))[0] == 112
    anew = after(review, ReopenVisit(reader=1, visit=2, reason="artifact"), *lock(ADA, 2, "PD", on=220))
    assert adjudication_due(anew) == ("progression_date",)


def test_a_reader_replaced_reads_the_patient_from_the_baseline_on() -> None:
    review = read(begun(2), 1, "SD SD")
    assert code(review, AssignReader(reader=1, person="Dan")) == "reason-missing"
    before = review.reads
    review = after(review, AssignReader(reader=1, person="Dan", reason="Ada has left"))
    assert next_visit(review, 1) == 0
    assert code(review, OpenVisit(person=ADA, visit=0)) == "not-a-reader"
    review = after(review, *lock("Dan", 0, None, on=130))
    assert review.reads[: len(before)] == before
    assert (review.reads[-1].person, review.reads[-1].version) == ("Dan", 2)
    assert review.reads[-1].reason == "reader replaced: Ada has left"


def test_a_death_while_reads_are_open_stops_no_reading() -> None:
    review = after(read(begun(2), 1, "SD PD"), RecordDeath(day=130))
    assert code(review, RecordDeath(day=131)) == "death-recorded"
    assert code(review, ReceiveScan(visit=3, scan_day=168)) == "scan-after-death"
    assert code(read(begun(2), 1, "SD PD"), RecordDeath(day=100)) == "scan-after-death"
    review = read(review, 2, "SD SD", on=140)
    assert progression_or_death(summary(after(review, endorse(1)))[0], review.death_day) == (112, "progression")
    assert progression_or_death(summary(after(review, endorse(2)))[0], review.death_day) == (130, "death")
    assert progression_or_death(130, 130) == (130, "progression")
    assert progression_or_death(None, None) == (None, None)


def test_an_equivocal_lesion_confirmed_dates_the_progression_back() -> None:
    review = begun(2)
    for reader in PERSONS:
        review = read(review, reader, "SD PD", progression_visit=1, progression_day=56)
    assert summary(review) == (56, False, "PD")


@pytest.mark.parametrize(
    ("visit", "values", "refused"),
    [
        (0, {"response": Response.SD}, "response-at-baseline"),
        (1, {}, "response-missing"),
        (1, {"response": Response.SD, "progression_day": 56}, "progression-without-pd"),
        (1, {"response": Response.PD, "progression_visit": 2}, "no-such-visit"),
        (1, {"response": Response.SD, "on": 50}, "locked-before-scan"),
    ],
)
def test_what_a_locked_visit_must_hold(visit: int, values: dict[str, Any], refused: str) -> None:
    review = begun(2)
    if visit:
        review = after(review, *lock(ADA, 0, None))
    review = after(review, OpenVisit(person=ADA, visit=visit))
    assert code(review, LockVisit(**{"person": ADA, "visit": visit, "on": 100, **values})) == refused


def test_scans_come_in_the_order_of_visits_and_reading_is_closed_once() -> None:
    review = begun(2)
    assert code(review, ReceiveScan(visit=3, scan_day=100)) == "scans-out-of-order"
    assert code(review, ReceiveScan(visit=-1, scan_day=100)) == "no-such-visit"
    assert code(start_review("01"), OpenVisit(person=ADA, visit=0)) == "not-a-reader"
    closed = after(review, CloseReading(on=120))
    assert code(closed, CloseReading(on=121)) == "already-closed"
    assert after(closed, ReceiveScan(visit=3, scan_day=168)).closed is False
    assert code(both("PR", "PR"), ReopenVisit(reader=9, visit=1, reason="x")) == "no-such-reader"
    alone = after(start_review("01"), AssignReader(reader=1, person=ADA), ReceiveScan(visit=1, scan_day=56))
    assert code(alone, OpenVisit(person=ADA, visit=1)) == "baseline-missing"
    assert next_visit(alone, 1) is None
    assert code(review, endorse(1)) == "not-read"
    opened = after(review, OpenVisit(person=ADA, visit=0))
    assert code(opened, OpenVisit(person=ADA, visit=0)) == "already-open"


def test_a_review_that_cannot_be_is_refused_at_once() -> None:
    with pytest.raises(CriteriaError) as error:
        start_review("01", Charter(agreed_reader=7), readers=6)
    assert error.value.problems == ("6 readers: expected 1 to 5", "agreed_reader 7: expected 1 to 6")


def test_one_reader_alone_needs_no_adjudicator() -> None:
    review = after(start_review("01", readers=1), AssignReader(reader=1, person=ADA))
    review = after(review, *(ReceiveScan(visit=v, scan_day=DAYS[v]) for v in (0, 1)))
    review = read(review, 1, "PD")
    assert (summary(review)[0], gate_day(review)) == (56, 61)
