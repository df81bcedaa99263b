"""Adverse events: rates come back, none begins where none can, deaths are those of the course."""

from functools import cache

import numpy as np
import polars as pl
import pytest
from tests.rehearsal.made_up_courses import courses, times_of
from tests.rehearsal.rehearsed import protocol_of, whole_model

from equipoise.rehearsal.model.safety import EventRate, SafetyModel, TermModel
from equipoise.rehearsal.safety import ACTIONS, Events, adverse_events
from equipoise.rehearsal.safety_records import safety_records
from equipoise.rehearsal.timeline import DAY, NEVER, Timeline

NO_CHANGES = pl.DataFrame(schema={"TRIAL": pl.Int32, "PATIENT": pl.Int32, "DAY": pl.Int64, "ACTION": pl.String})
ARMS = ("pazopanib", "placebo")


def twin_safety() -> SafetyModel:
    found = whole_model().safety
    assert found is not None
    return found


def one_term(rate: EventRate, **more: object) -> SafetyModel:
    """A model of a single term that lasts a day or two, with the same rate in both arms."""
    given = {
        "term": "Headache", "body_system": "Nervous system disorders", "rates": dict.fromkeys(ARMS, rate),
        "grades": dict.fromkeys(ARMS, (0.4, 0.3, 0.2, 0.1)), "related": {"pazopanib": 0.7, "placebo": 0.2},
        "median_days": 0.01,
    }  # fmt: skip
    base = twin_safety()
    actions = base.actions.model_copy(update={"terms": {"headache": 1.0}})
    terms = {"headache": TermModel.model_validate(given | more)}
    update = {"terms": terms, "frailty": 0.0, "repeats": 8, "duration_spread": 0.0, "actions": actions}
    return base.model_copy(update=update)


@cache
def made(n_trials: int = 10) -> tuple[pl.DataFrame, Timeline]:
    patients = courses(n_trials, 200)
    return patients, times_of(protocol_of(), patients)


@cache
def twin_events() -> Events:
    return adverse_events(twin_safety(), made()[1], NO_CHANGES)


def exposure(model: SafetyModel, times: Timeline) -> np.ndarray:
    """Days at risk of assigned treatment, counted apart from the generator."""
    treated = times.first_dose < NEVER
    last = np.minimum(times.last_dose + model.follow_days, times.open_first - 1)
    last = np.minimum.reduce([last, times.death, times.seen, times.closed])
    return np.where(treated, np.maximum(last - times.first_dose + 1, 0), 0)


def test_a_constant_rate_comes_back() -> None:
    model, (_, times) = one_term(EventRate(per_year=(0.8,))), made()
    events = adverse_events(model, times, NO_CHANGES)
    mine = events.of((events.onset < times.open_first[events.row]) & (events.grade < 5))
    expected = 0.8 / 365.25 * exposure(model, times).sum()
    assert expected > 500
    assert len(mine) == pytest.approx(expected, abs=4 * np.sqrt(expected))


def test_a_rate_that_changes_on_a_day_comes_back_before_and_after_it() -> None:
    model, (_, times) = one_term(EventRate(days=(60,), per_year=(2.0, 0.3))), made()
    events = adverse_events(model, times, NO_CHANGES)
    mine = events.of((events.onset < times.open_first[events.row]) & (events.grade < 5))
    early = mine.onset - times.first_dose[mine.row] < 60
    days = exposure(model, times)
    for share, rate, risk in ((early, 2.0, np.minimum(days, 60)), (~early, 0.3, np.maximum(days - 60, 0))):
        expected = rate / 365.25 * risk.sum()
        assert share.sum() == pytest.approx(expected, abs=4 * np.sqrt(expected))


def test_grades_and_relation_come_back_by_arm() -> None:
    model, (_, times) = one_term(EventRate(per_year=(1.5,))), made()
    events = adverse_events(model, times, NO_CHANGES)
    mine = events.of((events.onset < times.open_first[events.row]) & (events.grade < 5))
    shares = np.bincount(mine.grade, minlength=5)[1:5] / len(mine)
    assert shares == pytest.approx([0.4, 0.3, 0.2, 0.1], abs=4 * 0.5 / np.sqrt(len(mine)))
    for arm, related in enumerate((0.7, 0.2)):
        here = mine.of(times.arm[mine.row] == arm)
        assert np.mean(here.related >= 2) == pytest.approx(related, abs=4 * 0.5 / np.sqrt(len(here)))


def test_after_crossover_events_follow_the_arm_crossed_to() -> None:
    model, (_, times) = one_term(EventRate(per_year=(1.0,))), made()
    terms = {"headache": model.terms["headache"].model_copy(update={
        "rates": {"pazopanib": EventRate(per_year=(1.0,)), "placebo": EventRate(per_year=(0.0,))},
    })}  # fmt: skip
    events = adverse_events(model.model_copy(update={"terms": terms}), times, NO_CHANGES)
    placebo = events.of((times.arm[events.row] == 1) & (events.grade < 5))
    assert len(placebo) > 50
    assert (placebo.onset >= times.open_first[placebo.row]).all()


def test_no_event_begins_where_none_can() -> None:
    model, (_, times), events = twin_safety(), made(), twin_events()
    row = events.row
    assert len(events) > 5_000
    assert (times.first_dose[row] <= events.onset).all()
    assert (events.onset <= times.death[row]).all()
    assert (events.onset <= np.minimum(times.closed, times.death)[row]).all()
    last = np.where(times.open_first < NEVER, times.open_last, times.last_dose)
    assert (events.onset <= last[row] + model.follow_days).all()
    ended = events.end < NEVER
    assert (events.end[ended] >= events.onset[ended]).all()
    assert (events.end[ended] <= np.minimum(times.death, times.closed)[row][ended]).all()


def test_events_of_a_term_do_not_overlap() -> None:
    events = twin_events()
    frame = pl.DataFrame({"row": events.row, "term": events.term, "onset": events.onset, "end": events.end})
    frame = frame.sort("row", "term", "onset")
    before = frame.with_columns(previous=pl.col("end").shift(1).over("row", "term")).drop_nulls("previous")
    assert before.height > 100
    assert before.filter(pl.col("onset") <= pl.col("previous")).height == 0


def test_deaths_caused_by_treatment_are_events_of_grade_5() -> None:
    model, (_, times), events = twin_safety(), made(), twin_events()
    fatal = events.of(events.grade == 5)
    assert len(np.unique(fatal.row)) == len(fatal)
    assert (fatal.end == times.death[fatal.row]).all()
    assert fatal.serious.all()
    opened = times.open_first <= times.death
    on = (times.first_dose <= times.death) & (times.death <= times.last_dose + model.follow_days) & ~opened
    on |= opened & (times.death <= times.open_last + model.follow_days)
    caused = np.flatnonzero(times.by_treatment & on & (times.death < NEVER))
    assert len(caused) > 5
    assert set(caused) <= set(fatal.row)
    assert (fatal.related[np.isin(fatal.row, caused)] >= 2).all()


def test_the_share_of_other_deaths_on_treatment_comes_back() -> None:
    base, (_, times) = twin_safety(), made()
    everybody = base.model_copy(update={"fatal": base.fatal.model_copy(update={"share": dict.fromkeys(ARMS, 1.0)})})
    all_deaths = (adverse_events(everybody, times, NO_CHANGES).grade == 5).sum()
    half = base.model_copy(update={"fatal": base.fatal.model_copy(update={"share": dict.fromkeys(ARMS, 0.5)})})
    nobody = base.model_copy(update={"fatal": base.fatal.model_copy(update={"share": dict.fromkeys(ARMS, 0.0)})})
    caused = (adverse_events(nobody, times, NO_CHANGES).grade == 5).sum()
    some = (adverse_events(half, times, NO_CHANGES).grade == 5).sum()
    expected = caused + (all_deaths - caused) / 2
    assert some == pytest.approx(expected, abs=4 * np.sqrt((all_deaths - caused) / 4))


def test_changes_of_dose_have_an_event_of_their_own() -> None:
    model, (patients, times) = twin_safety(), made()
    treated = patients.filter(pl.col("FIRST_DOSE").is_not_null() & (pl.col("BLINDED_END") < pl.col("VISITS_END")))
    day = pl.col("BLINDED_END").cast(pl.Int32).cast(pl.Int64)
    changes = treated.select("TRIAL", "PATIENT", DAY=day, ACTION=pl.lit("withdrawn"))
    events = adverse_events(model, times, changes)
    rows = times.rows_of(changes)
    withdrawn = events.of(events.action == ACTIONS.index("withdrawn"))
    assert set(withdrawn.row) == set(rows)
    stop = dict(zip(rows.tolist(), changes["DAY"].to_list(), strict=True))
    last = np.array([stop[row] for row in withdrawn.row.tolist()])
    assert (withdrawn.onset <= last).all()


def test_no_trial_and_no_term_changes_another() -> None:
    model, (patients, times) = twin_safety(), made()
    whole = twin_events()
    second = patients.filter(pl.col("TRIAL").is_in([3, 4]))
    alone = times_of(protocol_of(), second)
    some = adverse_events(model, alone, NO_CHANGES)
    keep = np.isin(times.trial[whole.row], [3, 4])
    assert some.onset.tolist() == whole.of(keep).onset.tolist()
    assert some.grade.tolist() == whole.of(keep).grade.tolist()
    terms = dict(model.terms)
    removed = list(terms).index("fatigue")
    del terms["fatigue"]
    actions = model.actions.model_copy(update={"terms": {"diarrhea": 1.0}})
    fewer = adverse_events(model.model_copy(update={"terms": terms, "actions": actions}), times, NO_CHANGES)
    left = whole.of(whole.term != removed)
    assert sorted(zip(fewer.row, fewer.onset, fewer.grade, strict=True)) == sorted(
        zip(left.row, left.onset, left.grade, strict=True)
    )


def test_records_say_what_happened_and_what_was_said_first() -> None:
    model, (_, times), events = twin_safety(), made(), twin_events()
    written = safety_records(model, times, events)
    recorded = written.records["adverse_event_recorded"]
    assert recorded.height == len(events)
    assert recorded.equals(recorded.sort("TRIAL", "PATIENT", "AT", maintain_order=True))
    first = recorded.group_by("TRIAL", "PATIENT").agg(pl.col("NTH").min(), n=pl.len(), last=pl.col("NTH").max())
    assert first.filter((pl.col("NTH") != 0) | (pl.col("last") + 1 != pl.col("n"))).height == 0
    assert recorded.filter(pl.col("serious") != pl.col("criteria").is_not_null()).height == 0
    assert recorded.filter((pl.col("outcome") == "fatal") != (pl.col("grade") == 5)).height == 0
    assert recorded.filter((pl.col("end").is_null()) != (pl.col("outcome") == "not recovered")).height == 0
    rows = times.rows_of(recorded)
    assert (recorded["AT"].to_numpy() // DAY <= times.closed[rows]).all()
    known = recorded.join(written.revised, on=["TRIAL", "PATIENT", "NTH"], how="anti")
    today = pl.from_epoch("AT").dt.date()
    ended = known.with_columns(today=today).filter(pl.col("end").is_not_null())
    assert ended.filter(pl.col("end").str.to_date() > pl.col("today")).height == 0


def test_serious_events_are_reported_by_the_clock() -> None:
    model, (_, times), events = twin_safety(), made(), twin_events()
    written = safety_records(model, times, events)
    reports = written.records["serious_event_reported"]
    assert reports.height == events.serious.sum()
    late = reports.with_columns(
        hours=(pl.from_epoch("AT") - pl.col("aware").str.to_datetime("%Y-%m-%dT%H:%M:%SZ")).dt.total_seconds() / 3600
    )
    assert late.filter(pl.col("late") != (pl.col("hours") > 24)).height == 0
    assert late["hours"].median() == pytest.approx(model.report_hours, rel=0.15)
    looked_up = written.records["safety_unblinded"]
    named = written.records["adverse_event_recorded"].with_columns(event=pl.format("AE-{}", pl.col("NTH") + 1))
    joined = looked_up.join(named, on=["TRIAL", "PATIENT", "event"])
    assert joined.height == looked_up.height > 0
    assert joined.filter(~pl.col("serious") | pl.col("expected")).height == 0
