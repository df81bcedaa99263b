"""What a rule sees: the command, the shards at hand, the protocol version in force, the day at the site."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from equipoise.conduct.command import Command, ConductError, refuse
from equipoise.conduct.field import Field
from equipoise.conduct.fitting import Fits, fits_of
from equipoise.conduct.roles import SITE_ROLES
from equipoise.conduct.rulebook import Rulebook, Rulebooks
from equipoise.conduct.state import Counters, Recorded, Site, State, Study, Subject
from equipoise.conduct.vault import Vault, VaultError, VaultErrorCode
from equipoise.ledger import Draft

__all__ = [
    "Applies",
    "CommandSpec",
    "Context",
    "Rule",
    "days_between",
    "is_time_zone",
    "local_date",
    "ordinal",
    "shifted",
    "vault_refusal",
]


@lru_cache(maxsize=512)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def is_time_zone(name: str) -> bool:
    """Tell whether a name means one and the same time zone on every machine."""
    try:
        _zone(name)
    except (KeyError, ValueError, OSError):
        return False
    return name not in _OF_THE_MACHINE


_OF_THE_MACHINE = frozenset({"localtime", "posixrules", "Factory"})
"""Names that mean another zone, or none, on another machine."""


def local_date(at: str, time_zone: str) -> str:
    """Calendar date, in a time zone, of a moment in UTC."""
    moment = dt.datetime.fromisoformat(at)
    local = moment.astimezone(_zone(time_zone))
    return at[:10] if local.day == moment.day else local.date().isoformat()


def days_between(first: str, last: str) -> int:
    """Days from one date to another."""
    return ordinal(last) - ordinal(first)


@lru_cache(maxsize=16_384)
def ordinal(day: str) -> int:
    """Number of a day in the calendar."""
    return dt.date.fromisoformat(day).toordinal()


@lru_cache(maxsize=16_384)
def shifted(day: str, days: int) -> str:
    """Date some days after another, or before it."""
    return (dt.date.fromisoformat(day) + dt.timedelta(days=days)).isoformat()


class Context:
    """What a rule sees; made anew for every command."""

    __slots__ = (
        "_rulebooks",
        "_site",
        "_subject",
        "_today",
        "_version",
        "command",
        "counters",
        "drafts",
        "payload",
        "state",
        "study",
        "vault",
    )

    def __init__(self, rulebooks: Rulebooks, state: State, command: Command, vault: Vault) -> None:
        self.command = command
        self.payload: Mapping[str, Any] = command.payload
        self.state = state
        self.study: Study = state.study
        self.counters: Counters = state.counters
        self.vault = vault
        self.drafts: list[Draft] = []
        self._rulebooks = rulebooks
        self._subject = state.subjects.get(command.subject) if command.subject else None
        self._site: Site | None = None
        self._today: str | None = None
        self._version: str | None = None

    @property
    def subject(self) -> Subject:
        """The subject that the command is about."""
        if self._subject is None:
            refuse("subject_unknown", "There is no such patient.", "Check the subject number.")
        return self._subject

    @property
    def site(self) -> Site:
        """The subject's site, else the site of the command."""
        if self._site is None:
            name = self.subject.site if self.command.subject else self.command.site or self.payload.get("site")
            if self.command.subject and name not in self.state.sites:
                raise ConductError(
                    f"site {name!r} of subject {self.command.subject} was not given: fold its events too"
                )
            self._site = self.site_named(str(name or ""))
        return self._site

    def site_named(self, name: str) -> Site:
        """One of the sites at hand; one that was never opened has the status none."""
        return self.state.sites.get(name) or Site(id=name)

    @property
    def today(self) -> str:
        """Calendar date at the site that the command comes from or is about; in UTC where there is none."""
        if self._today is None:
            about = self.command.subject or self.command.site or self.payload.get("site")
            zone = self.site.time_zone if about else "UTC"
            self._today = local_date(self.command.at, zone)
        return self._today

    @property
    def version(self) -> str:
        """Protocol version in force: at the site today, else the latest."""
        if self._version is None:
            self._version = self.study.versions[-1] if self.study.versions else ""
            if self.command.subject or self.command.site:
                today = self.today
                for effective, version in self.site.versions:
                    if effective <= today:
                        self._version = version
        return self._version

    @property
    def rules(self) -> Rulebook:
        """Rules of the version in force."""
        return self._rulebooks[self.version]

    def rulebook(self, version: str) -> Rulebook:
        """Rules of another version."""
        return self._rulebooks[version]

    def event(
        self, kind: str, payload: Mapping[str, Any], *, site: str | None = None, subject: str | None = None
    ) -> None:
        """Add an event; site and subject are those of the command unless given."""
        command = self.command
        if site is None:
            site = self.subject.site if command.subject else command.site
        self.drafts.append(Draft(kind, payload, site, subject or command.subject, command.reason, self.version))

    def record(self, prefix: str, kind: str, payload: Mapping[str, Any] | None = None) -> str:
        """Add an event that opens a record of the subject, and give its identifier."""
        subject = self.subject
        if kind in _SHARED:
            central = self.command.role not in SITE_ROLES
            name = subject.next_name(f"{prefix}C" if central else prefix, kind)
        else:
            name = f"{prefix}-{len(subject.records.get(kind, ())) + 1}"
        given = self.payload if payload is None else payload
        self.event(kind, {"record": name, **given})
        return name

    def shard_record(
        self, shard: Recorded, prefix: str, kind: str, payload: Mapping[str, Any], **where: str | None
    ) -> str:
        """Add an event that opens a record of the trial or a site."""
        name = shard.next_name(prefix, kind)
        self.event(kind, {"record": name, **payload}, **where)
        return name


_SHARED = frozenset(
    {
        "deviation_recorded",
        "unblinding_reported",
        "randomized_in_error",
        "stratum_corrected",
        "unblinding_assessed",
        "narrative_added",
    }
)
"""Records made at the site and elsewhere: numbered apart, so that no number tells how many the other side has made."""

Rule = Callable[[Context], None]
Applies = dict[str, dict[str, Callable[[Any, Any], Any]]]
"""Kind of event -> shard -> change of the shard beyond the event's own record."""


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """A command: what it asks for and the rule that decides it. Who may give it stands in ``rights``."""

    name: str
    """Name, in the imperative."""
    doc: str
    """What it does, in a sentence."""
    rule: Rule
    """Adds events to the context, or refuses."""
    fields: tuple[Field, ...] = ()
    """What it asks for."""
    dates: tuple[str, ...] = ()
    """Fields with dates of facts: not in the future, not after death."""
    after_death: bool = False
    """Whether it makes sense for somebody who has died, with dates after death."""
    shards: Callable[[Command], tuple[str, ...]] | None = None
    """Further shards that it needs, such as ``site:07``."""
    everybody: bool = False
    """Whether it needs every patient of central review."""
    fits: Fits = field(init=False, repr=False, compare=False)
    """Sees at once that a payload fits."""

    def __post_init__(self) -> None:
        """Check the declaration, and make the test of its payloads."""
        names = {each.name for each in self.fields}
        object.__setattr__(self, "fits", fits_of(self.fields))
        if not names.issuperset(self.dates):
            raise ConductError(f"command {self.name}: {self.dates} are not all fields")


_WORDS = {
    VaultErrorCode.SCHEDULE_EXHAUSTED: (
        "schedule_exhausted",
        "The imported allocation list has no line left for this patient's strata.",
        "The unblinded statistician extends the list.",
    ),
    VaultErrorCode.OUT_OF_STOCK: (
        "out_of_stock",
        "The site's stock is too low to dispense.",
        "Order kits, and record their receipt.",
    ),
    VaultErrorCode.KIT_NOT_VALID: (
        "kit_not_valid",
        "This kit is not valid for this patient.",
        "Dispense the kit that was assigned.",
    ),
    VaultErrorCode.KEY_WRONG: (
        "vault_closed",
        "The treatment codes cannot be opened: the key is missing or not the right one.",
        "The person who keeps the key sets EQUIPOISE_KEY_FILE and restarts the server.",
    ),
    VaultErrorCode.STAGE_UNKNOWN: (
        "allocation_not_prepared",
        "Allocation under this protocol version has not been prepared.",
        "The unblinded statistician prepares it and publishes its commitment.",
    ),
}


def vault_refusal(error: VaultError) -> tuple[str, str, str]:
    """Code, reason and remedy of what the vault refuses; the same whatever the arm."""
    return _WORDS.get(
        error.code,
        (
            f"vault_{error.code.value}",
            "The treatment codes do not allow this step.",
            "Try again; if it happens once more, tell the administrator the code of this message.",
        ),
    )
