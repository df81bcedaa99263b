"""Blocks of rehearsed trials: the same rows on any number of processes, after a break, and with processes lost."""

import math
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import active_children
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.rehearsal.characteristics.few import model_text, protocol_text

from equipoise.rehearsal import RehearsalError, processes
from equipoise.rehearsal.characteristics import rehearse_trials, run, summarize

TRIALS = 6


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "BLOCK", 2)


@pytest.fixture(scope="module")
def alone() -> pl.DataFrame:
    """Rows of all trials in one block, in this process."""
    block = run.Block(protocol_text(), model_text(), "declared", 1, TRIALS)
    return run.rehearse_block(block)


def rows(trials: int = TRIALS, **more: Any) -> pl.DataFrame:
    return rehearse_trials(protocol_text(), model_text(), trials, scenarios=("declared",), **more).rows["declared"]


def test_one_process_and_two_give_the_rows_of_one_block(alone: pl.DataFrame) -> None:
    assert alone["TRIAL"].to_list() == list(range(1, TRIALS + 1))
    assert rows(workers=1).equals(alone)
    assert rows(workers=2).equals(alone)


def test_a_run_that_was_interrupted_goes_on(
    alone: pl.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is there is not rehearsed again; a file cut short, or of another model, is not taken."""
    began: list[int] = []
    rehearse_block = run.rehearse_block

    def breaking(block: run.Block) -> pl.DataFrame:
        if began:
            raise KeyboardInterrupt
        began.append(block.first)
        return rehearse_block(block)

    monkeypatch.setattr(run, "rehearse_block", breaking)
    with pytest.raises(KeyboardInterrupt):
        rows(workers=1, kept=tmp_path)
    assert len(list(tmp_path.glob("*.parquet"))) == 1

    again: list[int] = []

    def counting(block: run.Block) -> pl.DataFrame:
        again.append(block.first)
        return rehearse_block(block)

    monkeypatch.setattr(run, "rehearse_block", counting)
    assert rows(workers=1, kept=tmp_path).equals(alone)
    assert again == [3, 5]
    first = min(tmp_path.glob("*.parquet"))
    first.write_bytes(first.read_bytes()[:100])
    again.clear()
    assert rows(workers=1, kept=tmp_path).equals(alone)
    assert again == [1]


def test_a_process_that_is_killed_loses_nothing(alone: pl.DataFrame) -> None:
    with ThreadPoolExecutor(1) as beside:
        answer = beside.submit(rows, workers=2)
        killed = _kill_one(lambda: [child.pid for child in active_children()], answer)
        assert answer.result(timeout=600).equals(alone)
    assert killed


def _kill_one(pids: Any, answer: Any) -> bool:
    """Kill the first process that is there while the answer is not."""
    until = time.monotonic() + 300
    while time.monotonic() < until and not answer.done():
        for pid in pids():
            os.kill(pid, signal.SIGKILL)
            return True
        time.sleep(0.01)
    return False


def test_processes_lost_again_and_again_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> Any:
        raise BrokenProcessPool

    monkeypatch.setattr(processes, "_finished", broken)
    with pytest.raises(RehearsalError, match="is there enough memory"):
        rows(workers=2)


@pytest.mark.filterwarnings("ignore")
def test_a_cluster_by_address_with_a_worker_killed(alone: pl.DataFrame, tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed", reason="dask.distributed is not installed")
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        ThreadPoolExecutor(1) as beside,
    ):
        answer = beside.submit(rows, cluster=cluster.scheduler_address, kept=tmp_path)
        time.sleep(0.5)
        assert not answer.done()
        os.kill(next(iter(cluster.workers.values())).pid, signal.SIGKILL)
        assert answer.result(timeout=600).equals(alone)
    assert len(list(tmp_path.glob("*.parquet"))) == TRIALS // run.BLOCK


def test_a_full_disk_is_told_and_leaves_no_half_block(
    alone: pl.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Path.write_bytes
    written: list[Path] = []

    def full(file: Path, content: bytes) -> int:
        if written:
            write(file, b"PAR1")
            raise OSError(28, "No space left on device", str(file))
        written.append(file)
        return write(file, content)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        with pytest.raises(RehearsalError, match="cannot be kept: No space left on device"):
            rows(workers=1, kept=tmp_path)
    assert [path.suffix for path in tmp_path.iterdir()] == [".parquet"]
    assert rows(workers=1, kept=tmp_path).equals(alone)


def test_what_cannot_be_rehearsed_is_named_at_once() -> None:
    with pytest.raises(RehearsalError) as caught:
        rehearse_trials(protocol_text(), model_text(), 0, scenarios=("declared", "fastest", "null"))
    said = [(problem.message, problem.seen) for problem in caught.value.problems]
    assert said == [("no trials", "0"), ("unknown scenario", "fastest"), ("unknown scenario", "null")]


def test_the_summary_says_what_the_rows_hold(alone: pl.DataFrame) -> None:
    found = summarize(run.Rehearsed({"declared": alone}), 0.05)["scenarios"]["declared"]
    assert found["trials"] == TRIALS
    assert found["rejected"]["share"] == pytest.approx((alone["p_one_sided"] < 0.05).mean())
    assert found["events"]["mean"] == pytest.approx(alone["events"].mean())
    assert found["rejected"]["conf_low"] <= found["rejected"]["share"] <= found["rejected"]["conf_high"]
    assert found["beyond_ratio"]["p50"] == (alone["n_experimental"] - alone["n"] / 2).median()
    levels = alone["beyond_ratio_level"]
    assert (levels * 2 == (levels * 2).round()).all()
    assert ((levels >= 0) & (levels <= alone["n"] / 2)).all()
    assert found["against_declared"] == {}


def test_scenarios_are_compared_trial_by_trial(alone: pl.DataFrame) -> None:
    """Each trial with itself under another model: a shift of every logarithm is the ratio, without any error."""
    shifted = alone.sample(fraction=1.0, shuffle=True, seed=1).with_columns(pl.col("log_ratio_survival") + 0.1)
    found = summarize(run.Rehearsed({"declared": alone, "slow": shifted}), 0.025)["scenarios"]["slow"]
    against = found["against_declared"]["hazard_ratio_survival"]
    assert against["estimate"] == pytest.approx(math.exp(0.1))
    assert against["std_error"] == pytest.approx(0.0, abs=1e-12)
