"""Completeness of the data, site by site: what is recorded, what was missed, what is overdue; open queries."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.http import HttpResponse

from equipoise.conduct import REACH, Reach
from equipoise.server.agenda.lines import overdue_of
from equipoise.server.agenda.models import AgendaRow
from equipoise.server.pages.oversight.standing import Standing, standings
from equipoise.server.pages.page import Call
from equipoise.server.pages.words import translated as _

__all__ = ["Completeness", "completeness_page", "overdue_by_site"]

_COUNTED = {"visits": "record_visit", "scans": "measure_tumors", "forms": "miss_diary"}
"""What is counted -> command that is overdue where it is wanting."""
_FOLLOW_UP = ("record_contact", "end_study")


@dataclass(slots=True, kw_only=True)
class Completeness:
    """A site, or all of them."""

    site: str
    done: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_COUNTED, 0))
    missed: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_COUNTED, 0))
    overdue: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_COUNTED, 0))
    follow_up: int = 0
    """Patients of whom nothing was heard in time."""
    asked: int = 0
    queries: int = 0
    """Queries that are open."""
    patients: int = 0

    def parts(self) -> list[dict[str, float | None]]:
        """What is counted, with what was to be there by now and its share in percent."""
        found = []
        for name in _COUNTED:
            expected = self.done[name] + self.missed[name] + self.overdue[name]
            share = None if not expected else 100 * self.done[name] / expected
            found.append({"done": self.done[name], "expected": expected, "overdue": self.overdue[name], "share": share})
        return found


def completeness_page(call: Call) -> HttpResponse:
    """Show how complete the data are: all sites, or the own one."""
    sites = _by_site(standings(call), overdue_by_site(call))
    whole = Completeness(site=_("All sites"))
    for each in sites:
        for name in _COUNTED:
            whole.done[name] += each.done[name]
            whole.missed[name] += each.missed[name]
            whole.overdue[name] += each.overdue[name]
        whole.follow_up += each.follow_up
        whole.asked += each.asked
        whole.queries += each.queries
        whole.patients += each.patients
    return call.render("pages/oversight/completeness.html", sites=sites, whole=whole)


def overdue_by_site(call: Call) -> dict[str, dict[str, int]]:
    """Site -> command -> number of things overdue today; of unblinded patients nothing is told to who is blinded."""
    rows = AgendaRow.objects.filter(soonest__lt=call.today).order_by("subject")
    if call.desk.blinded:
        rows = rows.filter(opened=False)
    if REACH[call.desk.role] is Reach.OWN_SITE:
        rows = rows.filter(site=call.desk.site)
    found: dict[str, dict[str, int]] = {}
    for site, things in rows.values_list("site", "things"):
        counted = found.setdefault(site, {})
        for action in overdue_of(things, call.today):
            counted[action] = counted.get(action, 0) + 1
    return found


def _by_site(patients: Iterable[Standing], overdue: dict[str, dict[str, int]]) -> list[Completeness]:
    found: dict[str, Completeness] = {}
    for each in patients:
        line = found.get(each.site)
        if line is None:
            line = found[each.site] = Completeness(site=each.site)
        line.patients += 1
        for name in _COUNTED:
            done, missed = each.known.get(name, (0, 0))
            line.done[name] += done
            line.missed[name] += missed
        asked, unanswered = each.known.get("queries", (0, 0))
        line.asked += asked
        line.queries += unanswered
    for site, line in found.items():
        counted = overdue.get(site, {})
        for name, action in _COUNTED.items():
            line.overdue[name] = counted.get(action, 0)
        line.follow_up = sum(counted.get(action, 0) for action in _FOLLOW_UP)
    return [found[site] for site in sorted(found)]
