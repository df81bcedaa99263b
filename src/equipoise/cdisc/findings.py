"""Findings: what was wrong with the data, and what that did to the result."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Literal

import polars as pl

__all__ = ["Finding", "findings_frame"]

_RANK = {"error": 0, "warning": 1, "note": 2}


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing that was wrong with one row, or with a whole data set where ``row_key`` is empty.

    ``severity`` is ``error`` (the row is kept out of the analysis), ``warning`` (the row is used, by the rule named in
    ``effect``) or ``note``. ``code`` is a short word such as ``duplicate-key``; ``row_key`` holds the key variables as
    ``USUBJID=..., AESEQ=...``.
    """

    severity: Literal["error", "warning", "note"]
    code: str
    dataset: str
    row_key: str
    variable: str
    seen: str
    expected: str
    effect: str
    subject: str | None = None


def findings_frame(findings: Iterable[Finding]) -> pl.DataFrame:
    """Put findings into a table, errors first, equal findings once.

    Returns
    -------
    polars.DataFrame
        Columns severity, code, dataset, row_key, variable, seen, expected, effect, subject (all text), sorted by
        severity and then by these columns, so that the order of the rows of the data does not matter.
    """
    names = [f.name for f in fields(Finding)]
    unique = sorted(set(findings), key=lambda f: (_RANK[f.severity], *(getattr(f, n) or "" for n in names[1:])))
    return pl.DataFrame({n: [getattr(f, n) for f in unique] for n in names}, schema=dict.fromkeys(names, pl.String))
