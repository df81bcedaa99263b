"""The rules for dirty data, as data: what is wrong, and what that does to the row.

A row that is kept out is an ``error``; ``set_aside`` takes it away. Where only a value is wrong, the value is treated
as missing and the row is used. Everything else is reported and used as recorded.
"""

from dataclasses import dataclass
from typing import Literal

__all__ = ["RULES", "Rule", "rule"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: its code, what it looks for, what happens (``row`` kept out, ``value`` treated as missing, ``keep``).

    ``group`` is ``rows`` and ``dates`` (applied by ``set_aside``), ``values`` (reported by it) or ``story``
    (``check_sdtm`` only, because the derivation of ADaM has rules of its own for them). ``together`` says that many
    rows with one value make one finding.
    """

    code: str
    group: Literal["rows", "dates", "values", "story"]
    action: Literal["row", "value", "keep"]
    severity: Literal["error", "warning", "note"]
    looks_for: str
    expected: str
    effect: str
    together: bool = False


_OUT = "row kept out of the analysis"
_MISSING = "date treated as missing, row used"
_USED = "value used as recorded"

RULES = (
    Rule(
        "missing-subject",
        "rows",
        "row",
        "error",
        "STUDYID or USUBJID empty",
        "a study and a subject",
        _OUT,
        together=True,
    ),
    Rule(
        "duplicate-row",
        "rows",
        "row",
        "error",
        "a row equal to another one in every variable",
        "each row once",
        "row kept out of the analysis; one copy is used",
    ),
    Rule(
        "conflicting-rows",
        "rows",
        "row",
        "error",
        "DM or a supplemental qualifier twice for one key, with different content",
        "one row for the key",
        "all rows of the key kept out of the analysis, because nothing says which is right",
    ),
    Rule(
        "duplicate-key",
        "rows",
        "keep",
        "warning",
        "a sequence number twice for one subject, with different content",
        "each sequence number once for a subject",
        "all rows used as recorded",
    ),
    Rule(
        "unknown-subject",
        "rows",
        "row",
        "error",
        "a subject without a usable row in DM",
        "a subject of DM",
        _OUT,
        together=True,
    ),
    Rule(
        "bad-date",
        "dates",
        "value",
        "warning",
        "text that is no ISO 8601 date, or a day that the calendar does not have",
        "a date as YYYY-MM-DD, YYYY-MM or YYYY",
        _MISSING,
    ),
    Rule(
        "bad-date-of-finding",
        "dates",
        "row",
        "error",
        "as bad-date, for the date of a finding (RS, TR, TU, LB, ...)",
        "a date as YYYY-MM-DD, YYYY-MM or YYYY",
        "row kept out of the analysis: the finding has no place in time",
    ),
    Rule(
        "date-in-future",
        "dates",
        "value",
        "warning",
        "a date after extraction, or more than 15 years after all other dates of the data",
        "a date that can have been observed",
        _MISSING,
    ),
    Rule(
        "finding-in-future",
        "dates",
        "row",
        "error",
        "as date-in-future, for the date of a finding",
        "a date that can have been observed",
        "row kept out of the analysis: the finding has no place in time",
    ),
    Rule(
        "date-before-birth",
        "dates",
        "value",
        "warning",
        "a date before the subject's birth, or before 1900",
        "a date in the subject's life",
        _MISSING,
    ),
    Rule(
        "finding-before-birth",
        "dates",
        "row",
        "error",
        "as date-before-birth, for the date of a finding",
        "a date in the subject's life",
        "row kept out of the analysis: the finding has no place in time",
    ),
    Rule(
        "birth-after-start",
        "dates",
        "value",
        "warning",
        "a birth after consent, the reference start or the first treatment of the subject",
        "a birth before the trial",
        _MISSING,
    ),
    Rule(
        "missing-variable",
        "values",
        "keep",
        "warning",
        "a required variable that the data set does not have",
        "the variable, which SDTM requires",
        "what needs the variable cannot be computed",
    ),
    Rule(
        "missing-value",
        "values",
        "keep",
        "warning",
        "a required variable without a value",
        "a value, which SDTM requires",
        "row used, the value counts as missing",
        together=True,
    ),
    Rule(
        "not-in-codelist",
        "values",
        "keep",
        "warning",
        "a value that the codelist does not have",
        "a value of the codelist",
        _USED,
        together=True,
    ),
    Rule(
        "other-spelling",
        "values",
        "keep",
        "warning",
        "a value of the codelist in another letter case, or with blanks around it",
        "the spelling of the codelist",
        "value used as that of the codelist",
    ),
    Rule(
        "wrong-domain",
        "values",
        "keep",
        "warning",
        "DOMAIN or RDOMAIN other than the data set says",
        "the domain of the data set",
        "row used as one of the data set's domain",
        together=True,
    ),
    Rule("implausible-age", "values", "keep", "warning", "an age below 0 or above 120", "0 to 120", _USED),
    Rule(
        "no-rows", "values", "keep", "note", "a data set without rows", "at least one row", "nothing to analyze in it"
    ),
    Rule(
        "start-after-end",
        "story",
        "keep",
        "warning",
        "a start date after the end date",
        "the start on or before the end",
        "start used as recorded; a duration counts as one day",
    ),
    Rule(
        "after-death",
        "story",
        "keep",
        "warning",
        "a start, a dose or a finding after the death of the subject",
        "a date up to the death",
        "row used as recorded; the date of death stands",
    ),
    Rule(
        "death-dates-differ",
        "story",
        "keep",
        "warning",
        "another date of death than in the source trusted most",
        "one date of death",
        "the source trusted most is used: DM, unless the protocol says otherwise",
    ),
    Rule(
        "death-before-randomization",
        "story",
        "keep",
        "error",
        "a death before randomization",
        "a death on or after randomization",
        "the death is kept out; the subject is censored when last known alive",
    ),
    Rule(
        "death-without-date",
        "story",
        "keep",
        "warning",
        "DTHFL is Y, and no source has a date of death",
        "a date of death",
        "the death is listed but is no event in time",
    ),
    Rule(
        "date-without-death",
        "story",
        "keep",
        "warning",
        "a date of death in DM, and DTHFL is not Y",
        "DTHFL = Y",
        "the subject counts as dead on that date",
    ),
)


def rule(code: str) -> Rule:
    """The rule of a code."""
    return next(r for r in RULES if r.code == code)
