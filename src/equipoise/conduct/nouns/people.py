"""People: roles, training, and what the investigator delegates."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from equipoise.conduct.command import Command, refuse
from equipoise.conduct.context import Applies, CommandSpec, Context
from equipoise.conduct.form import choice, date, identifier, text
from equipoise.conduct.roles import SITE_ROLES, Role
from equipoise.conduct.state import Person, Site, Study
from equipoise.ledger import Event
from equipoise.terms import said

__all__ = ["APPLIES", "COMMANDS", "TASKS"]

TASKS = ("screen", "consent", "randomize", "dispense", "tumors", "data")
"""Tasks that an investigator can delegate."""

_PERSON = identifier("person", "account of the person")
_ROLE = choice("role", "role in the trial", *(role for role in Role if role is not Role.PATIENT))
_SITE = identifier("site", "site of the role", required=False)
_KNOWS_ARMS = frozenset({Role.UNBLINDED_STATISTICIAN, Role.DMC_MEMBER, Role.SAFETY_OFFICE})
"""Roles that may come to know treatments that those who treat, read or analyze blinded do not."""


def _grant(c: Context) -> None:
    person, role, site = c.payload["person"], Role(c.payload["role"]), c.payload.get("site")
    if (role in SITE_ROLES) is not (site is not None):
        reason = "This role is held at a site." if role in SITE_ROLES else "This role belongs to no site."
        refuse("site_of_role", reason, "Name the site." if role in SITE_ROLES else "Leave the site out.")
    if site is not None and c.site_named(site).status == "none":
        refuse("site_unknown", said("There is no site {site}.", site=site), "Open the site first.")
    held = c.study.people.get(person, Person()).roles
    if (str(role), site) in held:
        refuse("already_done", "The person has this role already.", "Nothing is to be done.")
    other = {Role(name) for name, _ in held}
    if role in _KNOWS_ARMS and other - _KNOWS_ARMS:
        reason = "Nobody may know arms in one role and be blinded in another."
        refuse("roles_apart", reason, "Give the role to another person, or end the other role first.")
    if role not in _KNOWS_ARMS and _ever_held(c, person) & _KNOWS_ARMS:
        reason = "Nobody may be blinded after a role in which arms can be known."
        refuse("roles_apart", reason, "Give the role to another person.")
    c.shard_record(c.study, "ROLE", "role_granted", {"person": person, "role": str(role)}, site=site)


def _ever_held(c: Context, person: str) -> frozenset[Role]:
    """Roles that a person has or had: what was read is not forgotten."""
    return frozenset(Role(given["role"]) for given in c.study.live("role_granted") if given["person"] == person)


def _revoke(c: Context) -> None:
    person, role, site = c.payload["person"], c.payload["role"], c.payload.get("site")
    held = c.study.people.get(person, Person()).roles
    if (role, site) not in held:
        refuse("role_not_held", "The person does not have this role.", "Check person, role and site.")
    last = sum((role, None) in other.roles for other in c.study.people.values()) == 1
    if role == Role.ADMINISTRATOR and last:
        refuse("last_administrator", "Nobody else is administrator.", "Grant the role to another person first.")
    c.shard_record(c.study, "REVOKE", "role_revoked", {"person": person, "role": role}, site=site)


def _train(c: Context) -> None:
    payload = c.payload
    if payload.get("expires") is not None and payload["expires"] < payload["completed"]:
        refuse("dates_out_of_order", "The training expires before it was completed.", "Correct the dates.")
    if payload["person"] not in c.study.people:
        refuse("person_unknown", "There is no such person.", "Grant the person a role first.")
    c.shard_record(c.study, "TRAIN", "training_recorded", {"expires": None, **payload})


def _delegate(c: Context) -> None:
    payload, site = c.payload, c.site
    person = c.study.people.get(payload["person"])
    if person is None or not any(at == site.id for _, at in person.roles):
        refuse("role_not_held", "The person has no role at this site.", "The administrator grants a role first.")
    if payload.get("end") is not None and payload["end"] < payload["start"]:
        refuse("dates_out_of_order", "The delegation ends before it starts.", "Correct the dates.")
    c.shard_record(site, "DEL", "task_delegated", {"end": None, **payload})


def _end_delegation(c: Context) -> None:
    payload = c.payload
    if not any(
        d["person"] == payload["person"] and d["task"] == payload["task"] for d in c.site.live("task_delegated")
    ):
        refuse("not_delegated", "This task is not delegated to this person.", "Check person and task.")
    c.shard_record(c.site, "DELEND", "delegation_ended", dict(payload))


def _delegated(site: Site, event: Event) -> Site:
    p = event.payload
    key = p["person"], p["task"]
    periods = (*site.delegations.get(key, ()), (p["start"], p.get("end")))
    return replace(site, delegations={**site.delegations, key: periods})


def _ended(site: Site, event: Event) -> Site:
    p = event.payload
    key, end = (p["person"], p["task"]), p["end"]
    periods = tuple((start, min(until or end, end)) for start, until in site.delegations[key])
    return replace(site, delegations={**site.delegations, key: periods})


def _people(study: Study, event: Event, change: Mapping[str, Any]) -> Study:
    name = event.payload["person"]
    person = replace(study.people.get(name, Person()), **change)
    return replace(study, people={**study.people, name: person})


def _granted(study: Study, event: Event) -> Study:
    roles = study.people.get(event.payload["person"], Person()).roles
    return _people(study, event, {"roles": roles | {(event.payload["role"], event.site)}})


def _revoked(study: Study, event: Event) -> Study:
    roles = study.people.get(event.payload["person"], Person()).roles
    return _people(study, event, {"roles": roles - {(event.payload["role"], event.site)}})


def _trained(study: Study, event: Event) -> Study:
    trained = study.people.get(event.payload["person"], Person()).trained
    new = (event.payload["completed"], event.payload.get("expires"))
    return _people(study, event, {"trained": (*trained, new)})


def _named_site(command: Command) -> tuple[str, ...]:
    site = command.payload.get("site")
    return (f"site:{site}",) if site else ()


_TASK = choice("task", "task", *TASKS)

COMMANDS = (
    CommandSpec("grant_role", "Give a person a role.", _grant, (_PERSON, _ROLE, _SITE), shards=_named_site),
    CommandSpec("revoke_role", "Take a role from a person.", _revoke, (_PERSON, _ROLE, _SITE), shards=_named_site),
    CommandSpec(
        "record_training",
        "Record that a person was trained.",
        _train,
        (
            _PERSON,
            text("course", "name of the course", most=200),
            date("completed", "day of completion"),
            date("expires", "last day in force", required=False),
        ),
        dates=("completed",),
    ),
    CommandSpec(
        "delegate_task",
        "Delegate a task to a person of the site.",
        _delegate,
        (_PERSON, _TASK, date("start", "first day"), date("end", "last day", required=False)),
    ),
    CommandSpec("end_delegation", "End a delegation.", _end_delegation, (_PERSON, _TASK, date("end", "last day"))),
)

APPLIES: Applies = {
    "role_granted": {"study": _granted},
    "role_revoked": {"study": _revoked},
    "training_recorded": {"study": _trained},
    "task_delegated": {"site": _delegated},
    "delegation_ended": {"site": _ended},
}
