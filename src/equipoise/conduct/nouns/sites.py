"""Sites: opening, closing, reopening."""

from dataclasses import replace

from equipoise.conduct.command import Command, refuse
from equipoise.conduct.context import Applies, CommandSpec, Context, is_time_zone, local_date
from equipoise.conduct.form import choice, date, identifier, text
from equipoise.conduct.state import Site
from equipoise.ledger import Event
from equipoise.terms import said

__all__ = ["APPLIES", "COMMANDS"]

_SITE = identifier("site", "site number")


def _open(c: Context) -> None:
    payload = c.payload
    if c.site_named(payload["site"]).status != "none":
        refuse("already_done", said("Site {site} is open or was.", site=payload["site"]), "Reopen it if it was closed.")
    if not is_time_zone(payload["time_zone"]):
        reason = said("{time_zone} is no time zone.", time_zone=payload["time_zone"])
        refuse("time_zone_unknown", reason, "Give a name such as Europe/Berlin or America/Chicago.")
    values = {
        "name": payload["name"],
        "time_zone": payload["time_zone"],
        "country": payload.get("country"),
        "version": c.study.versions[-1],
        "date": local_date(c.command.at, payload["time_zone"]),
    }
    c.event("site_opened", values, site=payload["site"])


def _opened(site: Site, event: Event) -> Site:
    p = event.payload
    return replace(site, time_zone=p["time_zone"], status="open", versions=((p["date"], p["version"]),))


def _known(c: Context) -> Site:
    site = c.site_named(c.payload["site"])
    if site.status == "none":
        refuse("site_unknown", said("There is no site {site}.", site=site.id), "Check the site number.")
    return site


def _close(c: Context) -> None:
    site, to = _known(c), c.payload["to"]
    if site.status == "closed" or (site.status == "accrual closed" and to == "accrual"):
        refuse("already_done", said("Site {site} is closed already.", site=site.id), "Nothing is to be done.")
    c.shard_record(site, "CLOSE", "site_closed", {"to": to, "date": c.payload["date"]}, site=site.id)


def _closed(site: Site, event: Event) -> Site:
    return replace(site, status="accrual closed" if event.payload["to"] == "accrual" else "closed")


def _reopen(c: Context) -> None:
    site = _known(c)
    if site.status == "open":
        refuse("already_done", said("Site {site} is open.", site=site.id), "Nothing is to be done.")
    c.shard_record(site, "REOPEN", "site_reopened", {"date": c.payload["date"]}, site=site.id)


def _reopened(site: Site, _event: Event) -> Site:
    return replace(site, status="open")


def _needs_site(command: Command) -> tuple[str, ...]:
    return (f"site:{command.payload.get('site')}",)


COMMANDS = (
    CommandSpec(
        "open_site",
        "Open a site; its calendar is that of its time zone.",
        _open,
        (
            _SITE,
            text("name", "name of the institution", most=200),
            text("time_zone", "time zone, for example Europe/Berlin", most=60),
            text("country", "country", required=False, most=60),
        ),
        shards=_needs_site,
    ),
    CommandSpec(
        "close_site",
        "Close a site to new patients, or altogether.",
        _close,
        (_SITE, choice("to", "closed to new patients, or to everything", "accrual", "all"), date("date", "day")),
        dates=("date",),
        shards=_needs_site,
    ),
    CommandSpec(
        "reopen_site",
        "Open a closed site again.",
        _reopen,
        (_SITE, date("date", "day")),
        dates=("date",),
        shards=_needs_site,
    ),
)

APPLIES: Applies = {
    "site_opened": {"site": _opened},
    "site_closed": {"site": _closed},
    "site_reopened": {"site": _reopened},
}
