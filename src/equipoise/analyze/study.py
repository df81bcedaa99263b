"""The trial's data as analyses see them: one sorted table of subjects, every other table tied to it by position.

A *position* is the row of a subject in ADSL sorted by USUBJID. Populations, arms and all groups are arrays of positions
in rising order, so that no number depends on the order of rows in a file.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from equipoise.protocol import Protocol, adsl_variables

__all__ = ["ALL", "NO_ARM", "POSITION", "AnalyzeError", "Positions", "Study", "read_study"]

Positions = npt.NDArray[np.intp]
POSITION = "position"
NO_ARM = -1
ALL = "(all)"

_USED = {
    "ADTTE": ("USUBJID", "ENDPT", "RULESET", "AVAL", "CNSR", "ADT", "EVNTDESC", "CNSREAS", "CNSDTDSC"),
    "ADRS": ("USUBJID", "PARAMCD", "ASSESSOR", "AVALC", "ADT"),
    "ADTR": (
        *("USUBJID", "ASSESSOR", "READER", "PARAMCD", "ADT", "AVISITN", "AVAL", "PCHG", "AVALC"),
        *("ACCPTFL", "ABLFL", "ANL01FL"),
    ),
    "ADREVIEW": (
        *("USUBJID", "ASSESSOR", "READER", "PARAMCD", "ACCPTFL", "AVALC", "ADT", "STARTDT", "AVAL"),
        *("ADJREAS", "RECORDED"),
    ),
    "ADAE": (
        *("USUBJID", "AEBODSYS", "AESOC", "AEDECOD", "AETERM", "AGRADEN", "TRTEMFL", "APERIOD"),
        *("SERFL", "RELFL", "DISCFL", "DTHAEFL", "UNKONSFL"),
    ),
    "ADEX": ("USUBJID", "PARAMCD", "APHASE", "AVAL", "AVALU"),
    "ADTDC": ("USUBJID", "PARAMCD", "ADT", "AVAL"),
    "ADQS": (
        *("USUBJID", "INSTR", "SCALE", "AVISITN", "ADT", "AVAL", "AVISIT", "PARAM"),
        *("ABLFL", "ANL01FL", "CHGCAT1", "BETTER", "DETTHR", "IMPTHR"),
    ),
    "ADPRO": (
        *("USUBJID", "INSTR", "AVISITN", "AVISIT"),
        *("EXPECTFL", "ALIVEFL", "RECEIVFL", "EVALFL", "MISSREAS"),
    ),
}
"""Variables that analyses read, in the order by which rows are sorted."""
_NUMBERS = ("AVAL", "AVISITN", "PCHG", "CNSR", "AGRADEN", "APERIOD", "DETTHR", "IMPTHR")
_DATES = ("ADT", "STARTDT")
_REQUIRED = {
    "ADSL": ("USUBJID", "ARMID", "RANDFL"),
    "ADTTE": ("USUBJID", "ENDPT", "RULESET", "AVAL", "CNSR"),
    "ADRS": ("USUBJID", "PARAMCD", "AVALC"),
    "ADTR": ("USUBJID", "ASSESSOR", "READER", "PARAMCD", "ADT", "ACCPTFL"),
    "ADREVIEW": ("USUBJID", "ASSESSOR", "READER", "PARAMCD", "ACCPTFL", "AVALC", "ADT"),
    "ADAE": ("USUBJID", "APERIOD", "TRTEMFL", "AEDECOD"),
    "ADEX": ("USUBJID", "PARAMCD", "AVAL"),
    "ADTDC": ("USUBJID", "PARAMCD", "ADT", "AVAL"),
    "ADQS": ("USUBJID", "INSTR", "SCALE", "AVISITN", "AVAL", "ABLFL", "ANL01FL"),
    "ADPRO": ("USUBJID", "INSTR", "AVISITN", "EXPECTFL", "EVALFL"),
}


class AnalyzeError(Exception):
    """ADaM that cannot be analyzed; the message lists every problem with data set, variable and remedy."""


@dataclass(frozen=True, kw_only=True)
class Study:
    """Protocol and data of one trial at one data cut."""

    protocol: Protocol
    adsl: pl.DataFrame
    """One row per subject, sorted by USUBJID."""
    adam: Mapping[str, pl.DataFrame]
    """Every other data set, with the subject's ``position``, sorted by it and then by what analyses read."""
    cut_name: str
    cutoff: dt.date | None

    @cached_property
    def subjects(self) -> list[str]:
        """USUBJID by position."""
        return self.adsl["USUBJID"].to_list()

    @cached_property
    def variables(self) -> dict[str, str]:
        """Baseline field -> ADSL variable."""
        return adsl_variables(self.protocol)

    @cached_property
    def arms(self) -> list[str]:
        """Arm identifiers in protocol order; an arm code is a place in this list."""
        return list(self.protocol.arms)

    @cached_property
    def randomized(self) -> Positions:
        """Positions of the subjects randomized to an arm of the protocol."""
        flagged = self.text("RANDFL") == "Y"
        return np.flatnonzero(flagged & (self.arm_codes("assigned") != NO_ARM))

    @cached_property
    def _columns(self) -> dict[str, npt.NDArray[Any]]:
        return {}

    @cached_property
    def _codes(self) -> dict[str, npt.NDArray[np.int64]]:
        return {}

    def text(self, variable: str) -> npt.NDArray[np.object_]:
        """Values of an ADSL variable by position; all None where ADSL does not hold it."""
        if variable not in self._columns:
            column = self.adsl[variable].to_list() if variable in self.adsl.columns else [None] * self.adsl.height
            self._columns[variable] = np.array([*column, None], dtype=object)[:-1]
        return self._columns[variable]

    def where(self, variable: str, value: object) -> Positions:
        """Positions of the subjects with this value of an ADSL variable."""
        return np.flatnonzero(self.text(variable) == value)

    def arm_codes(self, kind: str) -> npt.NDArray[np.int64]:
        """Arm code of every subject, ``assigned`` or ``received``; NO_ARM where there is none."""
        if kind not in self._codes:
            place = {arm: code for code, arm in enumerate(self.arms)}
            values = self.text("ARMID" if kind == "assigned" else "AARMID")
            self._codes[kind] = np.array([place.get(v, NO_ARM) for v in values], dtype=np.int64)
        return self._codes[kind]

    def randomized_by_arm(self) -> list[tuple[str, Positions]]:
        """Randomized subjects under the arm assigned, in protocol order, then ``(all)`` of them."""
        codes = self.arm_codes("assigned")[self.randomized]
        by_arm = [(arm, self.randomized[codes == code]) for code, arm in enumerate(self.arms)]
        return [*by_arm, (ALL, self.randomized)]

    def treated(self) -> npt.NDArray[np.bool_]:
        """Whether each subject had at least one dose."""
        return np.array([date is not None for date in self.text("TRTSDT")], dtype=bool)

    def frame(self, dataset: str) -> pl.DataFrame | None:
        """A data set other than ADSL, or None where the trial has none."""
        return self.adam.get(dataset)


def read_study(protocol: Protocol, adam: Mapping[str, pl.DataFrame], *, cut_name: str, cutoff: dt.date | None) -> Study:
    """Tie the data sets together.

    Raises
    ------
    AnalyzeError
        If ADSL is missing, a data set lacks a variable without which it cannot be read, a subject stands twice in ADSL
        or a data set holds subjects that ADSL does not; all at once.
    """
    problems = _missing(adam)
    if problems:
        raise AnalyzeError("\n".join(problems))
    adsl = adam["ADSL"].sort("USUBJID")
    twice = adsl.filter(pl.col("USUBJID").is_duplicated())["USUBJID"].unique().sort().to_list()
    if twice:
        raise AnalyzeError(
            f"ADSL: {len(twice)} subjects have several rows ({_some(twice)}); expected one row per subject"
        )
    positions = adsl.select("USUBJID", pl.int_range(pl.len(), dtype=pl.Int64).alias(POSITION))
    tied: dict[str, pl.DataFrame] = {}
    for name in (name for name in _USED if name in adam):
        frame = adam[name].select(_typed(variable) for variable in _USED[name] if variable in adam[name].columns)
        joined = frame.join(positions, on="USUBJID", how="left")
        unknown = joined.filter(pl.col(POSITION).is_null())["USUBJID"].unique().sort().to_list()
        if unknown:
            problems.append(f"{name}: {len(unknown)} subjects are not in ADSL ({_some(unknown)}); derive {name} again")
        tied[name] = joined.sort(POSITION, *frame.columns[1:], nulls_last=True)
    if problems:
        raise AnalyzeError("\n".join(problems))
    return Study(protocol=protocol, adsl=adsl, adam=tied, cut_name=cut_name, cutoff=cutoff)


def _typed(variable: str) -> pl.Expr:
    """A variable in the type that analyses expect, also where a file without values gave it none."""
    return pl.col(variable).cast(pl.Date if variable in _DATES else pl.Float64 if variable in _NUMBERS else pl.String)


def _missing(adam: Mapping[str, pl.DataFrame]) -> list[str]:
    if "ADSL" not in adam:
        held = ", ".join(sorted(adam)) or "nothing"
        return [f"ADSL is not there (found {held}); run 'equipoise derive' first"]
    return [
        f"{name}: variable {variable} is not there; run 'equipoise derive' again"
        for name, variables in _REQUIRED.items()
        if name in adam
        for variable in variables
        if variable not in adam[name].columns
    ]


def _some(values: list[Any]) -> str:
    return ", ".join(map(str, values[:3])) + (", ..." if len(values) > 3 else "")
