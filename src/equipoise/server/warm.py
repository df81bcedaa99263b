"""What the first request would wait for, done when a process starts: protocol parsed, allocator and pages compiled."""

import contextlib
import gc

import numpy as np
from django.db import DatabaseError
from django.template.loader import get_template
from django.urls import reverse

from equipoise.conduct.allocation_stage import Allocator
from equipoise.server import trial
from equipoise.server.ledger import shards as states
from equipoise.server.pages.marks import marks

__all__ = ["warm"]


def warm() -> None:
    """Allocate a made-up patient by every design of the trial, without drawing or keeping anything; load the pages."""
    for name in _TEMPLATES:
        get_template(f"pages/{name}.html")
    reverse("home")
    with contextlib.suppress(DatabaseError):
        for design in trial.stages(states.load(["study"])["study"].state).values():
            for cohort in design.cohorts.values():
                factors = dict.fromkeys(cohort.factors, "level")
                for _ in range(2):
                    Allocator(cohort).allocate(factors, np.array([0.5, 0.5]))
        marks(None)
    _collect_seldom()


def _collect_seldom() -> None:
    """Look for cycles among what requests make, and seldom among what a process keeps.

    Patients who are remembered are a million objects without a cycle: going through all of them, as the interpreter
    does again and again while they come and go, stops every request of the process for a third of a second.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(25_000, 10, 200)


_TEMPLATES = ("base", "today", "subjects", "site/subject", "command", "input", "group", "tasks", "refused")
