"""The SDTM of a trial as the derivation reads it: one place for filters, order of rows and keys."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from equipoise.protocol import Protocol

__all__ = ["KEYS", "Source", "domain_code", "match"]

KEYS = ["STUDYID", "USUBJID"]
"""Key of a subject: many trials pass at once."""


def domain_code(name: str) -> str:
    """Two-letter prefix of the variables of a data set: RS for RS2, AE for SUPPAE."""
    return name.removeprefix("SUPP")[:2]


def match(where: Mapping[str, Sequence[str]]) -> pl.Expr:
    """Rows in which every variable has one of its accepted values; letter case and blanks around do not matter."""
    conditions = [
        pl.col(variable).cast(pl.String).str.strip_chars().str.to_uppercase().is_in([v.strip().upper() for v in values])
        for variable, values in where.items()
    ]
    return pl.all_horizontal(conditions).fill_null(False) if conditions else pl.lit(True)


@dataclass(frozen=True, slots=True)
class Source:
    """A protocol with its data sets, cut at ``cutoff``."""

    protocol: Protocol
    data: Mapping[str, pl.DataFrame]
    cutoff: date | None

    def has(self, name: str, *variables: str) -> bool:
        """Whether a data set is there with all these variables."""
        return name in self.data and set(variables) <= set(self.data[name].columns)

    def rows(
        self, name: str, where: Mapping[str, Sequence[str]] | None = None, columns: Sequence[str] = ()
    ) -> pl.DataFrame:
        """Rows that meet the conditions, sorted by every column: the order of rows in a file never matters.

        ``columns`` names the variables wanted beside the keys and the sequence number; all unless given. A wanted
        variable that the data set lacks comes as nulls.
        """
        frame = self.data[name]
        sequence = f"{domain_code(name)}SEQ"
        if where:
            frame = frame.filter(match(where))
        if columns:
            wanted = [*KEYS, *dict.fromkeys([c for c in (sequence, *columns) if c not in KEYS])]
            missing = [pl.lit(None, dtype=pl.String).alias(c) for c in wanted if c not in frame.columns]
            frame = frame.with_columns(missing).select(wanted)
        first = [c for c in (*KEYS, sequence) if c in frame.columns]
        if sequence in first:
            ordered = frame.sort(first, nulls_last=True)
            if _distinct(ordered.select(first)):
                return ordered
        return frame.sort([*first, *(c for c in frame.columns if c not in first)], nulls_last=True)


def _distinct(ordered: pl.DataFrame) -> bool:
    """Whether no row of a sorted frame is like the one before it."""
    same = pl.all_horizontal(pl.col(c).eq_missing(pl.col(c).shift()) for c in ordered.columns)
    return not ordered.select(same.slice(1).any()).item()
