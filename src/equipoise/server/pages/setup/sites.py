"""Sites: where the trial runs, who works there, and what is missing before the first patient."""

from dataclasses import dataclass, field

from django.http import HttpResponse

from equipoise.conduct import ACTIONS, Role, Site
from equipoise.conduct.context import local_date
from equipoise.server.pages.page import Call
from equipoise.server.pages.setup.known import KnownSite, account_names, known_sites, site_states
from equipoise.server.pages.setup.people import needs_training
from equipoise.server.pages.words import translated as _
from equipoise.terms import Masking

__all__ = ["Missing", "SiteLine", "missing_centrally", "site_lines", "sites_page"]

_WANTED = (Role.SITE_COORDINATOR, Role.INVESTIGATOR)
_DELEGATED = frozenset({Role.SITE_COORDINATOR, Role.PHARMACIST, Role.LOCAL_READER})
"""Roles that do nothing before the investigator has delegated a task to them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """Something without which a patient cannot be treated, and where it is done."""

    words: str
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteLine:
    """A site."""

    known: KnownSite
    status: str
    version: str
    forms: tuple[tuple[str, str], ...]
    """Consent form and its version in use."""
    staff: tuple[tuple[str, Role, str], ...]
    """Account, role, name."""
    kits: int
    """Kits received so far; those in stock would tell who is given open treatment."""
    missing: tuple[Missing, ...] = field(default=())


def sites_page(call: Call) -> HttpResponse:
    """List the sites."""
    wanted = ("open_site", "approve_consent_form", "activate_version", "close_site", "reopen_site")
    may = {name: call.desk.role in ACTIONS[name].roles for name in wanted}
    return call.render("pages/setup/sites.html", sites=site_lines(call), may=may, missing=missing_centrally(call))


def site_lines(call: Call) -> list[SiteLine]:
    """Every site with what is missing there."""
    sites = known_sites()
    states = site_states([each.site for each in sites])
    people = _staff(call)
    found = []
    for each in sites:
        state = states[each.site]
        staff = tuple(people.get(each.site, ()))
        today = local_date(call.context.command.at, state.time_zone)
        version = [name for day, name in state.versions if day <= today]
        line = SiteLine(
            known=each,
            status=state.status,
            version=version[-1] if version else "",
            forms=_forms(state, today),
            staff=staff,
            kits=len(state.kits),
            missing=tuple(_missing(call, state, staff, today)) if state.status == "open" else (),
        )
        found.append(line)
    return found


def _staff(call: Call) -> dict[str | None, list[tuple[str, Role, str]]]:
    """Site -> account, role and name of everybody who holds a role there."""
    names = account_names()
    found: dict[str | None, list[tuple[str, Role, str]]] = {}
    for account, person in sorted(call.study.people.items()):
        for role, site in sorted(person.roles, key=str):
            found.setdefault(site, []).append((account, Role(role), names.get(account, account)))
    return found


def _forms(state: Site, today: str) -> tuple[tuple[str, str], ...]:
    found: dict[str, tuple[str, str]] = {}
    for form in state.live("consent_form_approved"):
        if form["effective"] <= today:
            found[form["form"]] = max(found.get(form["form"], ("", "")), (form["effective"], form["version"]))
    return tuple((name, version) for name, (_day, version) in sorted(found.items()))


def _missing(call: Call, state: Site, staff: tuple[tuple[str, Role, str], ...], today: str) -> list[Missing]:
    found = []
    if not any(name == "study" for name, _version in _forms(state, today)):
        url = _command(call, "approve_consent_form", f"site={state.id}&form=study")
        found.append(Missing(words=_("No consent form is in use."), url=url))
    blinded = call.context.rules.protocol.trial.masking is not Masking.OPEN_LABEL
    held = {role for _account, role, _name in staff}
    for role in (*_WANTED, *((Role.PHARMACIST,) if blinded else ())):
        if role not in held:
            words = _("Nobody is %(role)s.") % {"role": _(str(role).replace("_", " "))}
            url = call.url("account_new") if call.desk.role in ACTIONS["manage_accounts"].roles else ""
            found.append(Missing(words=words, url=url and f"{url}?role={role}&site={state.id}"))
    for account, role, name in staff:
        if needs_training(call.study.people[account], today):
            words = _("%(name)s has no training in force.") % {"name": name}
            found.append(Missing(words=words, url=_command(call, "record_training", f"person={account}")))
        elif role in _DELEGATED and not _has_task(state, account, today):
            words = _("The investigator has delegated no task to %(name)s.") % {"name": name}
            found.append(Missing(words=words))
    if blinded and not state.kits:
        words = _("No kits were received: the unblinded statistician sends them, the pharmacist takes them into stock.")
        found.append(Missing(words=words))
    return found


def _has_task(state: Site, account: str, today: str) -> bool:
    return any(
        person == account and any(end is None or today <= end for _start, end in periods)
        for (person, _task), periods in state.delegations.items()
    )


def missing_centrally(call: Call) -> list[Missing]:
    """What is missing beside the sites: people without whom nothing is read, checked or sent."""
    protocol = call.context.rules.protocol
    wanted = [Role.DATA_MANAGER]
    if protocol.trial.masking is not Masking.OPEN_LABEL:
        wanted.append(Role.UNBLINDED_STATISTICIAN)
    central = protocol.review.central if protocol.review is not None else None
    if central is not None:
        wanted += [Role.CENTRAL_READER_1, Role.CENTRAL_READER_2][: central.readers]
        wanted += [Role.ADJUDICATOR] if central.readers > 1 else []
    held = {role for person in call.study.people.values() for role, _site in person.roles}
    may = call.desk.role in ACTIONS["manage_accounts"].roles
    found = []
    for role in wanted:
        if str(role) not in held:
            url = f"{call.url('account_new')}?role={role}" if may else ""
            found.append(Missing(words=_("Nobody is %(role)s.") % {"role": _(str(role).replace("_", " "))}, url=url))
    names = account_names()
    for account, person in sorted(call.study.people.items()):
        if any(site is None for _role, site in person.roles) and needs_training(person, call.today):
            words = _("%(name)s has no training in force.") % {"name": names.get(account, account)}
            found.append(Missing(words=words, url=_command(call, "record_training", f"person={account}")))
    return found


def _command(call: Call, command: str, query: str) -> str:
    may = call.desk.role in ACTIONS[command].roles
    return f"{call.url('command', command=command)}?{query}" if may else ""
