"""Blocks of trials on a Dask cluster give the bits of this computer."""

import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType

import numpy as np
import pytest

from equipoise.design import DesignError, on_cluster, on_threads, run_trials
from equipoise.design.allocator import read_allocator
from equipoise.design.assumptions import read_assumptions
from equipoise.design.simulation import BLOCK, trial_plan


@pytest.fixture
def plan(small):
    protocol = small()
    assumptions = read_assumptions(protocol, "primary")
    return trial_plan(assumptions, read_allocator(protocol, assumptions), events=[90, 150])


@pytest.mark.filterwarnings("ignore")
def test_a_cluster_of_processes_is_equal_to_the_last_bit(plan):
    distributed = pytest.importorskip("distributed", reason="dask.distributed is not installed")
    trials = 2 * BLOCK + 500
    here = run_trials(plan, trials, seed=7, mapper=on_threads)
    alone = run_trials(plan, trials, seed=7, mapper=lambda function, items: [function(item) for item in items])
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        on_cluster(cluster.scheduler_address) as mapper,
    ):
        there = run_trials(plan, trials, seed=7, mapper=mapper)
    for name in ("z", "time", "events_experimental", "events_control", "n_dropped_out"):
        assert np.array_equal(getattr(here, name), getattr(there, name))
        assert np.array_equal(getattr(here, name), getattr(alone, name))


@pytest.mark.filterwarnings("ignore")
def test_a_worker_killed_in_the_middle_changes_no_bit(plan):
    distributed = pytest.importorskip("distributed", reason="dask.distributed is not installed")
    trials = 30 * BLOCK
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        on_cluster(cluster.scheduler_address) as mapper,
        ThreadPoolExecutor(1) as beside,
    ):
        run_trials(plan, 2, seed=1, mapper=mapper)
        answer = beside.submit(run_trials, plan, trials, seed=7, mapper=mapper)
        victim = next(iter(cluster.workers.values())).pid
        assert not answer.done()
        os.kill(victim, signal.SIGKILL)
        there = answer.result(timeout=600)
    here = run_trials(plan, trials, seed=7)
    for name in ("z", "time", "events_experimental", "events_control", "n_dropped_out"):
        assert np.array_equal(getattr(here, name), getattr(there, name))


def test_a_missing_extra_prints_its_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(DesignError, match=r"pip install 'equipoise\[cluster\]'"), on_cluster("tcp://127.0.0.1:1"):
        pass


def test_a_silent_address_is_told(monkeypatch):
    silent = ModuleType("distributed")

    def client(*_: object, **__: object) -> None:
        raise OSError("timed out")

    silent.Client = client
    monkeypatch.setitem(sys.modules, "distributed", silent)
    with (
        pytest.raises(DesignError, match=r"no Dask scheduler answers at tcp://10\.0\.0\.1:8786"),
        on_cluster("tcp://10.0.0.1:8786"),
    ):
        pass
