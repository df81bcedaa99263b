"""What the site records of tumors: measurements, its judgment, the scans it sends."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from equipoise.rehearsal.model.patient_model import PatientModel
from equipoise.rehearsal.moments import at, dates
from equipoise.rehearsal.reading import RESPONSES, Reading, Scans, lesion_frame
from equipoise.rehearsal.record_frames import numbered
from equipoise.rehearsal.story import Story

__all__ = ["tumor_records", "with_lesions"]

Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

WORDS = pl.Series(RESPONSES, dtype=pl.String)


def tumor_records(
    model: PatientModel, keys: pl.DataFrame, screened: Integers, story: Story, *, lesions: bool
) -> dict[str, pl.DataFrame]:
    """Write measurements, judgments and scans.

    Parameters
    ----------
    keys
        TRIAL and PATIENT of those randomized.
    screened
        Day of screening, before which nothing is recorded.
    """
    found = {"tumors_measured": _measured(model, keys, screened, story, lesions=lesions)}
    found["response_assessed"] = _judged(keys, story)
    return found | _sent(keys, screened, story)


def with_lesions(
    heads: pl.DataFrame, model: PatientModel, story: Story, sources: list[tuple[Reading, Scans, Integers]]
) -> pl.DataFrame:
    """Repeat each record for each of its lesions.

    Parameters
    ----------
    heads
        Records with PLACE: number of the scan over all sources.
    sources
        Readings, their scans, and places of those recorded.
    """
    parts, before = [], 0
    for reading, scans, chosen in sources:
        frame = lesion_frame(reading, model.tumors, story.disease, scans, chosen)
        parts.append(frame.with_columns(pl.col("SCAN") + before).rename({"SCAN": "PLACE"}))
        before += len(chosen)
    return heads.join(pl.concat(parts), on="PLACE", how="left", maintain_order="left_right").drop("PLACE")


def _measured(
    model: PatientModel, keys: pl.DataFrame, screened: Integers, story: Story, *, lesions: bool
) -> pl.DataFrame:
    blinded, opened = np.flatnonzero(story.review.happened), story.open.new
    scans, later = story.scans, story.open.scans
    row = np.concatenate([scans.row[blinded], later.row[opened]])
    assessment = np.concatenate([scans.assessment[blinded], later.assessment[opened]])
    day = story.plan.day[row] + np.concatenate([scans.day[blinded], later.day[opened]])
    local, reading = story.readings[0], story.open.reading
    total = np.concatenate([local.total[blinded], reading.total[opened]])
    response = np.concatenate([local.response[blinded], reading.response[opened]])
    base = assessment == 0
    when = np.where(base, at(np.maximum(day, screened[row]), "baseline_tumors"), at(day, "tumors_measured"))
    heads = numbered(
        keys[row], when, assessment=pl.Series(assessment), date=dates(day),
        sum=pl.Series(total).set(pl.Series(total < 0), None), computed=WORDS.gather(response),
        PLACE=pl.Series(np.arange(len(row))),
    )  # fmt: skip
    if not lesions:
        return heads.drop("PLACE")
    return with_lesions(heads, model, story, [(local, scans, blinded), (reading, later, opened)])


def _judged(keys: pl.DataFrame, story: Story) -> pl.DataFrame:
    local, scans, opened = story.readings[0], story.scans, story.open
    blinded = np.flatnonzero(story.review.happened & (scans.assessment > 0))
    row = np.concatenate([scans.row[blinded], opened.scans.row[opened.new]])
    day = np.concatenate([scans.day[blinded], opened.scans.day[opened.new]]) + story.plan.day[row]
    assess = np.concatenate([story.clock.assess[blinded], opened.assess])
    assessment = np.concatenate([scans.assessment[blinded], opened.scans.assessment[opened.new]])
    overall = np.concatenate([local.response[blinded], opened.response])
    parts = np.concatenate([local.parts[blinded], opened.parts])
    new = np.concatenate([local.new[blinded].any(axis=1), _new_since(story)])
    computed = np.concatenate([local.response[blinded], opened.reading.response[opened.new]])
    return numbered(
        keys[row], at(assess, "response_assessed"), assessment=pl.Series(assessment), date=dates(day),
        target=WORDS.gather(parts[:, 0]), non_target=WORDS.gather(parts[:, 1]),
        new_lesion=pl.Series(["N", "Y"]).gather(new.astype(np.int64)), overall=WORDS.gather(overall),
        computed=WORDS.gather(computed),
    )  # fmt: skip


def _new_since(story: Story) -> Booleans:
    """Whether a lesion that was not there when open treatment began is seen."""
    opened = story.open
    rows = opened.scans.row
    is_new = np.zeros(len(rows), np.bool_)
    is_new[opened.new] = True
    last_blinded = np.full(len(story.arms), -1, np.int64)
    old = np.flatnonzero(opened.scans.day <= story.course.open_start[rows])
    np.maximum.at(last_blinded, rows[old], old)
    before = opened.reading.new[last_blinded[rows[opened.new]]]
    found: Booleans = np.any(opened.reading.new[opened.new] & ~before, axis=1)
    return found


def _sent(keys: pl.DataFrame, screened: Integers, story: Story) -> dict[str, pl.DataFrame]:
    scans, clock = story.scans, story.clock
    sent = np.flatnonzero(story.review.happened)
    row, assessment, day = scans.row[sent], scans.assessment[sent], clock.scan[sent]
    base = assessment == 0
    begun = screened[row]
    send, accept = np.maximum(clock.send[sent], begun), np.maximum(clock.accept[sent], begun)
    reference = pl.DataFrame({"p": keys["PATIENT"].gather(row), "a": assessment}).select(
        pl.format("images/{}/{}", pl.col("p").cast(pl.String).str.zfill(4), "a")
    )
    submitted = numbered(
        keys[row], np.where(base, at(send, "baseline_scan"), at(send, "scan_submitted")),
        assessment=pl.Series(assessment), date=dates(day), reference=reference.to_series(),
    )  # fmt: skip
    accepted = numbered(
        keys[row], np.where(base, at(accept, "baseline_accept"), at(accept, "scan_accepted")),
        assessment=pl.Series(assessment), date=dates(day),
    )  # fmt: skip
    number = submitted.select("TRIAL", "PATIENT", "assessment", scan=pl.format("SCAN-{}", pl.col("NTH") + 1))
    accepted = accepted.join(number, on=["TRIAL", "PATIENT", "assessment"], how="left", maintain_order="left")
    return {"scan_submitted": submitted, "scan_accepted": accepted}
