"""A results folder in memory."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

__all__ = ["Results"]


@dataclass(frozen=True, kw_only=True)
class Results:
    """A results folder in memory: five tables and what a report must know about the trial."""

    statistics: pl.DataFrame
    curves: pl.DataFrame
    subjects: pl.DataFrame
    source_sets: pl.DataFrame
    findings: pl.DataFrame
    trial: Mapping[str, Any]
