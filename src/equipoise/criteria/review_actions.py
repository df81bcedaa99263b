"""What can happen in the central review of one patient, and the record that it leaves, as plain values."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, Self

from equipoise.criteria.adjudication import CentralResult, ReaderSummary, Trigger
from equipoise.criteria.charter import Charter
from equipoise.criteria.recist_patient import Measurement
from equipoise.terms import Response

__all__ = [
    "Adjudicate",
    "Adjudication",
    "AssignReader",
    "Assignment",
    "CloseReading",
    "LockVisit",
    "LockedRead",
    "OpenVisit",
    "PatientReview",
    "ReceiveScan",
    "RecordDeath",
    "ReopenVisit",
    "Reopening",
    "ReviewAction",
    "Scan",
    "ViewReads",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class AssignReader:
    """A person reads the patient as reader 1 or 2; in place of another only with a reason."""

    reader: int
    person: str
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ReceiveScan:
    """A scan of a visit has come and passed its quality check; visit 0 is the baseline."""

    visit: int
    scan_day: int


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenVisit:
    """A reader begins to read a visit."""

    person: str
    visit: int


@dataclass(frozen=True, kw_only=True, slots=True)
class LockVisit:
    """A reader signs a visit; of the baseline the choice of lesions is signed, without a response."""

    person: str
    visit: int
    on: int
    """Day of the signature."""
    response: Response | None = None
    """Overall response; none at baseline."""
    progression_visit: int | None = None
    """Earlier visit to which a progression is dated back."""
    progression_day: int | None = None
    """Scan day of the progression; the last scan of the visit unless given."""
    measurements: tuple[Measurement, ...] = ()
    """Lesions of the visit, kept with the read."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ReopenVisit:
    """A locked visit of a reader, and those after it, are to be read anew: a correction asked for, or a re-read."""

    reader: int
    visit: int
    reason: str
    kind: Literal["correction", "re-read"] = "correction"


@dataclass(frozen=True, kw_only=True, slots=True)
class ViewReads:
    """A person looks at the reads of a reader."""

    person: str
    reader: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Adjudicate:
    """An adjudicator endorses one reader's reading of the whole patient."""

    person: str
    endorses: int
    reason: str
    on: int
    """Day of the signature."""
    response: Response | None = None
    """A result of the adjudicator's own: always refused."""
    progression_day: int | None = None
    """A date of the adjudicator's own: always refused."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CloseReading:
    """No further scan is expected; what can change until the end is compared from now on."""

    on: int


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordDeath:
    """The patient has died; reading goes on."""

    day: int


ReviewAction = (
    AssignReader
    | ReceiveScan
    | OpenVisit
    | LockVisit
    | ReopenVisit
    | ViewReads
    | Adjudicate
    | CloseReading
    | RecordDeath
)


@dataclass(frozen=True, slots=True)
class Scan:
    """A scan that has come."""

    visit: int
    day: int


@dataclass(frozen=True, slots=True)
class Assignment:
    """Who reads as which reader; the last for a reader counts."""

    reader: int
    person: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LockedRead:
    """A signed read of a visit; never changed. The highest version of a visit counts once it is there."""

    reader: int
    person: str
    visit: int
    version: int
    day: int
    """Last scan day of the visit when it was read."""
    locked_on: int
    response: Response | None
    progression_visit: int | None
    progression_day: int | None
    measurements: tuple[Measurement, ...]
    reason: str
    """Why there is a version after the first; empty for the first."""


@dataclass(frozen=True, slots=True)
class Reopening:
    """Why a locked visit of a reader is to be read anew."""

    reader: int
    visit: int
    kind: Literal["late scan", "correction", "re-read", "reader replaced"]
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Adjudication:
    """An adjudicator's choice and what it was based on."""

    person: str
    endorses: int
    reason: str
    locked_on: int
    through_visit: int
    triggers: tuple[Trigger, ...]
    basis: tuple[tuple[int, int, int], ...]
    """Reader, visit and version of each read that was compared."""
    progression_visit: int | None
    """Progression of the reader endorsed, as it was then."""


@dataclass(frozen=True, kw_only=True)
class PatientReview:
    """Central review of one patient so far; every list only grows. What follows from the lists is found once."""

    subject: str
    charter: Charter = field(default_factory=Charter)
    readers: int = 2
    """Number of readers, the adjudicator not counted."""
    confirmed: bool = False
    """Whether best responses are compared as confirmed."""
    barred: frozenset[str] = frozenset()
    """Persons who may neither read nor adjudicate: those who treat the patient."""
    assignments: tuple[Assignment, ...] = ()
    scans: tuple[Scan, ...] = ()
    opened: tuple[tuple[int, int], ...] = ()
    """Reader and visit that are open for reading now."""
    reads: tuple[LockedRead, ...] = ()
    reopenings: tuple[Reopening, ...] = ()
    adjudications: tuple[Adjudication, ...] = ()
    results: tuple[CentralResult, ...] = ()
    """Locked results; the last counts for the analysis, the first that confirms progression opens the gate."""
    closed: bool = False
    death_day: int | None = None

    @cached_property
    def received(self) -> tuple[int, ...]:
        """Visits of which a scan is there, in order."""
        return tuple(sorted({scan.visit for scan in self.scans}))

    @cached_property
    def persons(self) -> Mapping[int, str]:
        """Reader -> who reads as this reader now."""
        return {given.reader: given.person for given in self.assignments}

    @cached_property
    def renewals(self) -> Mapping[tuple[int, int], int]:
        """Reader and visit -> how often the read was to be made anew."""
        return Counter((again.reader, again.visit) for again in self.reopenings)

    @cached_property
    def current(self) -> Mapping[tuple[int, int], LockedRead]:
        """Reader and visit -> the locked read that counts; none while it is still to be read or read anew."""
        last = {(read.reader, read.visit): read for read in self.reads}
        return {place: read for place, read in last.items() if read.version == 1 + self.renewals.get(place, 0)}

    @cached_property
    def through(self) -> int | None:
        """Last visit up to which every reader has locked every visit received; none before the first after baseline."""
        through = None
        for visit in self.received:
            for reader in range(1, self.readers + 1):
                if (reader, visit) not in self.current:
                    return through or None
            through = visit
        return through or None

    @cached_property
    def summaries(self) -> dict[tuple[int, int], tuple[tuple[LockedRead, ...], ReaderSummary]]:
        """Reader and last visit -> reads, and what they amount to, as far as it was asked of this review or before."""
        return {}

    def but(self, **changes: Any) -> Self:
        """Give the review with other values of some fields; what follows from the others alone is not found anew."""
        known = {**self.__dict__, **changes}
        for name, sources in _FOLLOWS_FROM.items():
            if name in known and not sources.isdisjoint(changes):
                del known[name]
        new = object.__new__(type(self))
        object.__setattr__(new, "__dict__", known)
        return new


_FOLLOWS_FROM: dict[str, frozenset[str]] = {
    "received": frozenset({"scans"}),
    "persons": frozenset({"assignments"}),
    "renewals": frozenset({"reopenings"}),
    "current": frozenset({"reads", "reopenings"}),
    "through": frozenset({"readers", "scans", "reads", "reopenings"}),
    "summaries": frozenset({"charter", "confirmed"}),
}
"""What is found once -> the fields that it follows from; each summary names the reads that it is of."""
