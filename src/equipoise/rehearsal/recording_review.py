"""What is recorded of the central review: requests, locked readings, calls, choices, results, the end of reading."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from equipoise.protocol import Protocol
from equipoise.rehearsal import review as steps
from equipoise.rehearsal.course import add_working
from equipoise.rehearsal.model.patient_model import PatientModel
from equipoise.rehearsal.moments import at, dates
from equipoise.rehearsal.record_frames import numbered
from equipoise.rehearsal.recording_tumors import WORDS, with_lesions
from equipoise.rehearsal.story import PD, Story

__all__ = ["review_records"]

Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

_PER_READ = 60
_MOST = 45
_WHY = "The reading fits the course of the lesions."
ANSWERS = pl.Series([None, "confirmed", "not confirmed", "not evaluable"], dtype=pl.String)


def review_records(
    protocol: Protocol, model: PatientModel, keys: pl.DataFrame, story: Story, *, lesions: bool
) -> dict[str, pl.DataFrame]:
    """Write the central review of those randomized.

    Parameters
    ----------
    keys
        TRIAL and PATIENT of those randomized.
    """
    found = {"review_requested": _requested(protocol, keys, story)}
    found["read_locked"] = _locked(model, keys, story, lesions=lesions)
    return found | _steps(keys, story)


def _requested(protocol: Protocol, keys: pl.DataFrame, story: Story) -> pl.DataFrame:
    """A request follows every judgment of progression by the site."""
    central = protocol.review.central
    scans, opened = story.scans, story.open
    called = np.flatnonzero(story.review.happened & (story.readings[0].response == PD))
    progressed = np.flatnonzero(opened.response == PD)
    row = np.concatenate([scans.row[called], opened.scans.row[opened.new[progressed]]])
    day = np.concatenate([story.clock.assess[called], opened.assess[progressed]])
    if central is None or central.real_time != "local_progression":
        row, day = row[:0], day[:0]
    within = None if central is None else central.turnaround_working_days
    due = pl.Series([None] * len(row), dtype=pl.Date)
    if within is not None:
        due = dates(add_working(day, np.full(len(day), within)))
    return numbered(keys[row], at(day, "response_assessed"), requested=dates(day), due=due)


def _times(story: Story, scan: Integers, reader: int) -> tuple[Integers, Integers]:
    """Day on which a reader locks scans, and the second of it; who locks on the earlier day reads first."""
    batch, row = story.review.batch[scan], story.scans.row[scan]
    last = batch < 0
    place = np.maximum(batch, 0)
    both = np.where(last[:, None], story.clock.last_read[row], story.clock.read[place])
    mine, other = both[:, reader - 1], both[:, 2 - reader]
    first = (mine < other) | ((mine == other) & (reader == 1))
    order = story.scans.order[scan]
    moment = np.where(first, at(np.zeros_like(mine), "first_reader"), at(np.zeros_like(mine), "second_reader"))
    return mine, mine * 86_400 + moment + _PER_READ * np.minimum(order, _MOST)


def _second(story: Story, scan: Integers) -> Integers:
    """Time at which the later reader locks scans."""
    one, two = _times(story, scan, 1), _times(story, scan, 2)
    return np.maximum(one[1], two[1])


def _locked(model: PatientModel, keys: pl.DataFrame, story: Story, *, lesions: bool) -> pl.DataFrame:
    scan = np.flatnonzero(story.review.happened & (story.review.batch > -2))
    heads, sources = [], []
    for reader in (1, 2):
        day, when = _times(story, scan, reader)
        reading = story.readings[reader]
        row = story.scans.row[scan]
        heads.append(
            keys[row].with_columns(
                pl.Series("AT", when), pl.lit(reader, dtype=pl.Int64).alias("reader"),
                pl.Series("assessment", story.scans.assessment[scan]),
                pl.lit(1, dtype=pl.Int64).alias("version"), dates(story.clock.scan[scan]).alias("day"),
                WORDS.gather(reading.response[scan]).alias("response"),
                pl.lit(None, dtype=pl.Int64).alias("progression_assessment"),
                pl.lit(None, dtype=pl.Date).alias("progression_date"), dates(day).alias("on"),
            )
        )  # fmt: skip
        sources.append((reading, story.scans, scan))
    frame = pl.concat(heads)
    fields = [name for name in frame.columns if name not in ("TRIAL", "PATIENT", "AT")]
    found = numbered(
        frame, frame["AT"].to_numpy(), **{name: frame[name] for name in fields},
        PLACE=pl.Series(np.arange(frame.height)),
    )  # fmt: skip
    return with_lesions(found, model, story, sources) if lesions else found.drop("PLACE")


def _steps(keys: pl.DataFrame, story: Story) -> dict[str, pl.DataFrame]:
    rows, clock, scans = story.review.steps, story.clock, story.scans
    patient, kind, batch = rows[:, steps.S_PATIENT], rows[:, steps.S_KIND], rows[:, steps.S_BATCH]
    through = rows[:, steps.S_THROUGH]
    last = batch < 0
    place = np.maximum(batch, 0)
    closed = np.zeros(len(rows), np.bool_)
    begins = np.ones(len(rows), np.bool_)
    begins[1:] = patient[1:] != patient[:-1]
    group = np.cumsum(begins) - 1
    total = np.cumsum(kind == steps.CLOSED)
    start = np.flatnonzero(begins)
    closed = total - (total[start] - (kind[start] == steps.CLOSED))[group] > 0
    chosen = kind == steps.ADJUDICATED
    follows = np.zeros(len(rows), np.bool_)
    follows[1:] = chosen[:-1] & (kind[1:] == steps.RESULT)
    choice = chosen | follows
    choice_day = np.where(last, clock.last_choose[patient], clock.choose[place])
    second_at = _second(story, through)
    close_at = at(clock.last_close[patient], "reading_closed")
    choice_at = np.where(last, at(choice_day, "adjudicated_last"), at(choice_day, "adjudicated"))
    when = np.where(choice, choice_at, np.where(closed, close_at, second_at))
    assessment = scans.assessment[through]
    found: dict[str, pl.DataFrame] = {}
    of = np.flatnonzero(kind == steps.RESULT)
    pd = rows[of, steps.S_PD]
    none = pl.Series(pd < 0)
    pd = np.maximum(pd, 0)
    found["central_result"] = numbered(
        keys[patient[of]], when[of], version=pl.Series(rows[of, steps.S_VERSION]),
        answer=ANSWERS.gather(rows[of, steps.S_ANSWER]), through=pl.Series(assessment[of]),
        reader=pl.Series(rows[of, steps.S_READER]), adjudicated=pl.Series(rows[of, steps.S_CHOSEN] == 1),
        progression_assessment=pl.Series(scans.assessment[pd]).set(none, None),
        progression_date=dates(clock.scan[pd], none.to_numpy()), best_response=WORDS.gather(rows[of, steps.S_BEST]),
    )  # fmt: skip
    of = np.flatnonzero(kind == steps.CALLED)
    bits = rows[of, steps.S_BITS]
    words = [pl.when(pl.Series((bits >> i) & 1 == 1)).then(pl.lit(name)) for i, name in enumerate(steps.TRIGGERS)]
    found["adjudication_requested"] = numbered(
        keys[patient[of]], when[of], triggers=pl.select(pl.concat_list(words).list.drop_nulls()).to_series(),
        through=pl.Series(scans.assessment[rows[of, steps.S_READER]]),
    )  # fmt: skip
    of = np.flatnonzero(chosen)
    found["adjudicated"] = numbered(
        keys[patient[of]], when[of], endorses=pl.Series(rows[of, steps.S_READER]), why=_WHY, on=dates(choice_day[of])
    )
    of = np.flatnonzero(kind == steps.CLOSED)
    found["reading_closed"] = numbered(keys[patient[of]], when[of], date=dates(clock.last_close[patient[of]]))
    return found
