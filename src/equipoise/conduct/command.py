"""What somebody asks for, and the answer when it is not possible."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from equipoise.ledger import Stamp
from equipoise.terms import Text, said

__all__ = ["Command", "ConductError", "Refusal", "Refused", "refuse", "refuse_marked", "sentences"]


class ConductError(Exception):
    """The caller gave something that no command, state or protocol can be; users never see it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A wish of one person in one role. Time and identifiers come with it: nothing here has a clock."""

    kind: str
    """Name of the command, for example ``randomize``."""
    actor: str
    """Account of the person; never a name. A patient's own commands carry the subject number."""
    role: str
    """Role in which the person acts."""
    at: str
    """UTC with microseconds, as ``ledger.utc_text`` writes it."""
    request_id: str
    """The same for every repetition of one wish."""
    payload: Mapping[str, Any] = field(default_factory=dict)
    """Fields that the command asks for."""
    site: str | None = None
    """Site of the person's session; none for people who belong to no site."""
    subject: str | None = None
    """Subject that it is about."""
    reason: str | None = None
    """Reason for a change, in the person's words."""
    second_factor: bool = False
    """Whether the person has just proved who they are by a second factor."""

    def stamp(self, *, clock_drift: bool = False) -> Stamp:
        """Who, when, in which role: what the record adds to the decided events."""
        return Stamp(self.at, self.actor, self.role, self.request_id, clock_drift)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a command is not possible. Its texts never depend on an arm."""

    code: str
    """Name of the rule, for programs."""
    reason: str
    """What stands against it, in a coordinator's words."""
    remedy: str
    """What would make it possible."""
    problems: tuple[tuple[str, str], ...] = ()
    """Field, criterion or part -> what is wrong with it; all at once."""
    alert: tuple[str, ...] = ()
    """Roles to be told that it was tried; the message is ``reason``."""


class Refused(Exception):  # noqa: N818 - an answer, not an error
    """Carries a refusal out of a rule."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


def refuse(
    code: str,
    reason: str,
    remedy: str,
    *,
    problems: tuple[tuple[str, str], ...] = (),
    alert: tuple[str, ...] = (),
) -> NoReturn:
    """End a rule with a refusal."""
    raise Refused(Refusal(code, reason, remedy, problems, alert))


def refuse_marked(
    problems: Sequence[tuple[str, str]], *, code: str = "bad_value", remedy: str = "Correct what is marked."
) -> NoReturn:
    """End a rule with a refusal that names the first of several fields, and marks all of them."""
    field, problem = problems[0]
    refuse(code, said("{field}: {problem}.", field=field, problem=problem), remedy, problems=tuple(problems))


def sentences(message: str) -> tuple[Text, Text]:
    """Make reason and remedy of a message of the criteria, ``what is: what is expected``; the values stay."""
    found = Text(message)
    what, _, wanted = found.template.partition(": ")
    remedy = wanted or "See the reading charter"
    return _sentence(what, found.values), _sentence(remedy, found.values)


def _sentence(part: str, values: Mapping[str, object]) -> Text:
    return Text(f"{part[:1].upper()}{part[1:]}.", values)
