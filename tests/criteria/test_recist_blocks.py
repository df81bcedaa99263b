"""Long frames in blocks: neither blocks nor threads nor the order of rows change the answer."""

import numpy as np
import polars as pl
import pytest

from equipoise.criteria import recist_blocks, recist_responses


def lesions(trials: int = 3, subjects: int = 40, seed: int = 5) -> pl.DataFrame:
    """Made-up lesions of two readers with some rows that are findings, in random order."""
    rng = np.random.default_rng(seed)
    shape = (trials, subjects, 2, 5, 3)
    study, subject, reader, visit, lesion = (part.ravel() for part in np.indices(shape))
    diameter = rng.integers(80, 500, study.size) / 10
    diameter[rng.random(study.size) < 0.02] = -1.0
    frame = pl.DataFrame(
        {
            "STUDYID": [f"S{i}" for i in study],
            "USUBJID": [f"{i:03d}" for i in subject],
            "READER": [f"R{i}" for i in reader],
            "DAY": visit * 56 + 1,
            "LESION": [f"T{i}" for i in lesion],
            "KIND": "TARGET",
            "DIAMETER": diameter,
        }
    )
    nobody = frame.head(3).with_columns(USUBJID=pl.lit(None, dtype=pl.String))
    return pl.concat([frame, nobody, frame.tail(1)]).sample(fraction=1.0, shuffle=True, seed=seed)


@pytest.mark.parametrize("threads", [None, 1, 2, 3])
@pytest.mark.parametrize("rows", [100, 1000])
def test_blocks_and_threads_change_nothing(monkeypatch: pytest.MonkeyPatch, threads: int | None, rows: int) -> None:
    frame = lesions()
    expected = recist_responses(frame)
    assert {"diameter-negative", "key-missing", "measured-twice"} <= set(expected.findings["code"])

    monkeypatch.setattr(recist_blocks, "BLOCK_ROWS", rows)

    for given in (frame, frame.sort("STUDYID", "USUBJID")):
        found = recist_responses(given, threads=threads)
        assert found.visits.equals(expected.visits)
        assert found.best.equals(expected.best)
        assert found.findings.equals(expected.findings)


def test_without_a_study_blocks_are_made_of_patients(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = lesions(trials=1).drop("STUDYID")
    expected = recist_responses(frame)
    calls: list[int] = []
    monkeypatch.setattr(recist_blocks, "BLOCK_ROWS", 200)

    def counted(rows: pl.DataFrame) -> int:
        calls.append(rows.height)
        return rows["USUBJID"].n_unique()

    parts = recist_blocks.in_blocks(frame, ["USUBJID"], counted, 2)

    assert sum(calls) == frame.height
    assert len(parts) > 3
    assert sum(parts) == frame["USUBJID"].n_unique()
    assert recist_responses(frame, threads=2).best.equals(expected.best)


@pytest.mark.parametrize("visit", [False, True])
def test_a_patient_with_very_many_rows_in_any_order(visit: bool) -> None:
    rng = np.random.default_rng(3)
    day, lesion = (part.ravel() for part in np.indices((60, 5)))
    size = rng.integers(100, 600, day.size) / 10
    frame = pl.DataFrame(
        {"USUBJID": "01", "DAY": day * 7 + lesion % 2, "LESION": lesion, "DIAMETER": size, "VISIT": day}
    )
    frame = frame.with_columns(KIND=pl.lit("TARGET"), BASELINE=pl.col("VISIT") == 0)
    frame = frame if visit else frame.with_columns(DAY=pl.col("VISIT") * 7).drop("VISIT")
    expected = recist_responses(frame)
    totals = size.reshape(60, 5).sum(axis=1)
    assert expected.visits["SUM"].to_list() == pytest.approx(totals[1:])
    for seed in range(3):
        found = recist_responses(frame.sample(fraction=1.0, shuffle=True, seed=seed))
        assert found.visits.equals(expected.visits)
        assert found.best.equals(expected.best)
