"""People: who has an account, which roles, whose training is in force; one person with what can be done."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext_noop

from equipoise.conduct import ACTIONS, Role
from equipoise.conduct.command import refuse
from equipoise.conduct.state import Person
from equipoise.server.accounts.changes import changes_of
from equipoise.server.accounts.making import RESET
from equipoise.server.accounts.models import Account
from equipoise.server.accounts.proof import has_second_factor
from equipoise.server.pages.page import Call, Desk
from equipoise.server.pages.setup.known import called
from equipoise.server.pages.words import translated as _

__all__ = ["PersonLine", "needs_training", "people_page", "person_page"]

_MOST = 20
_CHANGES = {
    "made": gettext_noop("account made"),
    "closed": gettext_noop("account closed"),
    "password changed": gettext_noop("password changed"),
    "second factor set up": gettext_noop("second factor set up"),
    "second factor removed": gettext_noop("second factor removed"),
    "recovery codes made": gettext_noop("recovery codes made"),
    RESET: gettext_noop("password and second factor reset"),
}
_TRAINED = frozenset(
    role
    for row in ACTIONS.values()
    if row.trained and not row.reads
    for role in row.roles
    if role not in (Role.ADMINISTRATOR, Role.PATIENT)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonLine:
    """A person in the list."""

    account: str
    login: str
    name: str
    closed: bool
    desks: tuple[Desk, ...]
    trained: bool
    until: str
    """Last day of the training in force, where it has one."""
    waits: bool
    """Whether a role is held that needs training which is not in force."""


def needs_training(person: Person, today: str) -> bool:
    """Whether somebody holds a role that does nothing without training, and has none in force."""
    return any(Role(role) in _TRAINED for role, _site in person.roles) and not person.trained_on(today)


def people_page(call: Call) -> HttpResponse:
    """List everybody with an account or a role."""
    accounts = {row.id: row for row in Account.objects.order_by("login")}
    held = call.study.people
    names = [*accounts, *sorted(name for name in held if name not in accounts)]
    lines = [_line(call, name, accounts.get(name), held.get(name, Person())) for name in names]
    return call.render("pages/setup/people.html", people=lines, may=_may(call))


def person_page(call: Call, person: str) -> HttpResponse:
    """Show one person: roles, training, account."""
    account = Account.objects.filter(id=person).first()
    held = call.study.people.get(person)
    if account is None and held is None:
        refuse("person_unknown", _("There is no such person."), _("Open the list of people and choose one."))
    known = held or Person()
    line = _line(call, person, account, known)
    trainings = [r.values for r in _trainings(call, person)]
    return call.render(
        "pages/setup/person.html",
        person=line,
        trainings=trainings,
        account=account,
        second_factor=account is not None and has_second_factor(account),
        own=person == call.account,
        changes=_changes(person),
        may=_may(call),
    )


def _line(call: Call, name: str, account: Account | None, person: Person) -> PersonLine:
    until = [last for done, last in person.trained if done <= call.today and (last is None or call.today <= last)]
    return PersonLine(
        account=name,
        login=account.login if account else name,
        name=account.name if account else "",
        closed=account is not None and not account.is_active,
        desks=tuple(Desk(Role(role), site) for role, site in sorted(person.roles, key=lambda p: (p[0], p[1] or ""))),
        trained=bool(until),
        until="" if not until or None in until else max(str(last) for last in until),
        waits=needs_training(person, call.today),
    )


def _changes(person: str) -> list[dict[str, str]]:
    found = changes_of(person)
    names = called(change.by for change in found)
    return [
        {"what": _(_CHANGES.get(change.what, change.what)), "by": names[change.by], "at": change.at}
        for change in found[:_MOST]
    ]


def _trainings(call: Call, person: str) -> list[Any]:
    records = call.study.records.get("training_recorded", {}).values()
    return [r for r in records if not r.retracted and r.values["person"] == person]


def _may(call: Call) -> dict[str, bool]:
    wanted = ("manage_accounts", "grant_role", "revoke_role", "record_training")
    return {name: call.desk.role in ACTIONS[name].roles for name in wanted}
