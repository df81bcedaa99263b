"""Sites and people as the record knows them, for the pages of setting up."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from equipoise.conduct import Site
from equipoise.conduct.context import local_date
from equipoise.conduct.state import Person
from equipoise.ledger import TRIAL
from equipoise.server.accounts.models import Account
from equipoise.server.ledger import shards as states
from equipoise.server.ledger.store import read_events
from equipoise.server.pages.forms.inputs import Choice
from equipoise.server.pages.page import Call

__all__ = [
    "KnownSite",
    "account_names",
    "begun_everywhere",
    "called",
    "known_sites",
    "person_choices",
    "site_choices",
    "site_states",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownSite:
    """A site that was opened."""

    site: str
    name: str
    country: str
    time_zone: str
    opened: str


def known_sites() -> list[KnownSite]:
    """Every site that was ever opened, by number."""
    found = [
        KnownSite(
            site=str(event.site),
            name=str(event.payload.get("name") or ""),
            country=str(event.payload.get("country") or ""),
            time_zone=str(event.payload.get("time_zone") or ""),
            opened=str(event.payload.get("date") or event.at[:10]),
        )
        for event in read_events(TRIAL, "kind = %s", ["site_opened"])
    ]
    return sorted(found, key=lambda each: each.site)


def site_states(sites: Sequence[str]) -> dict[str, Site]:
    """State of sites."""
    loaded = states.load([f"site:{site}" for site in sites])
    return {site: loaded[f"site:{site}"].state for site in sites}


def site_choices() -> tuple[Choice, ...]:
    """Sites to choose from."""
    return tuple((each.site, f"{each.site} {each.name}".strip()) for each in known_sites())


def begun_everywhere(call: Call, site: str = "") -> str:
    """Give the day that has begun at a site, or at all of them: what is to hold there today is not dated tomorrow."""
    at = call.context.command.at
    zones = [each.time_zone for each in known_sites() if site in ("", each.site)]
    return min([local_date(at, zone) for zone in zones], default=call.today)


def account_names() -> dict[str, str]:
    """Account -> how a person is named in lists: login and name."""
    rows = Account.objects.order_by("login").values_list("id", "login", "name")
    return {account: f"{login} ({name})" if name else login for account, login, name in rows}


def called(accounts: Iterable[str]) -> dict[str, str]:
    """Account -> login and name, for pages that say who did something; who has no account is called as recorded."""
    wanted = set(accounts)
    rows = Account.objects.filter(id__in=sorted(wanted)).values_list("id", "login", "name")
    named = {account: f"{login} ({name})" if name else login for account, login, name in rows}
    return {account: named.get(account, account) for account in wanted}


def person_choices(call: Call, *, with_role: bool = False) -> tuple[Choice, ...]:
    """People to choose from; those who have a role, where one is needed."""
    held: dict[str, Person] = dict(call.study.people)
    names = account_names()
    every = [account for account in names if not with_role or (account in held and held[account].roles)]
    others = sorted(account for account in held if account not in names)
    return tuple((account, names.get(account, account)) for account in [*every, *others])
