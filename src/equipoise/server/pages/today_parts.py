"""Parts of the page of today: each for some roles, each a list of what is to be done with a link to do it."""

from collections.abc import Callable
from dataclasses import dataclass

from equipoise.conduct import Role
from equipoise.server.pages.page import Call

__all__ = ["Part", "PartMaker", "Task", "declare_part", "today_parts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One thing to be done."""

    what: str
    """In words: “Record visit cycle 3”."""
    subject: str = ""
    url: str = ""
    when: str = ""
    """Window or date in words."""
    target: str = ""
    """Planned day."""
    late: bool = False
    bare: bool = False
    """Whether the subject is named without a link, for a role that has no page of a subject."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A list on the page of today."""

    title: str
    tasks: tuple[Task, ...]
    empty: str
    """What is said when there is nothing: what will appear, and how to begin."""
    more: str = ""
    """Address of the whole list, where not everything is shown."""
    total: int = 0
    plain: bool = False
    """Whether it is a list of things that are about no subject and have no day."""


PartMaker = Callable[[Call], Part]
_PARTS: list[tuple[frozenset[Role], PartMaker]] = []


def declare_part(*roles: Role) -> Callable[[PartMaker], PartMaker]:
    """Show a part to some roles, in the order of declaration."""

    def declared(maker: PartMaker) -> PartMaker:
        _PARTS.append((frozenset(roles), maker))
        return maker

    return declared


def today_parts(call: Call) -> list[Part]:
    """Parts of the page for the role of a desk."""
    return [maker(call) for roles, maker in _PARTS if call.desk.role in roles]
