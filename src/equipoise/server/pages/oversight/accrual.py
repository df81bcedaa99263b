"""Accrual: month by month against the plan of the protocol, and site by site."""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from equipoise.ledger import TRIAL
from equipoise.protocol import Protocol
from equipoise.server.ledger.store import read_kinds
from equipoise.server.pages.oversight.standing import Standing
from equipoise.server.pages.page import Call

__all__ = ["Chart", "Plan", "SiteLine", "accrual_chart", "accrual_plan", "site_lines"]

_MONTH = 365.25 / 12
WIDTH, HEIGHT = 720, 300
LEFT, RIGHT, TOP, BOTTOM = 44, 12, 12, 32


@dataclass(frozen=True, slots=True)
class Plan:
    """How many patients were planned, and in how many months."""

    patients: int
    months: float

    def by(self, first: dt.date, day: dt.date) -> float:
        """Patients planned by a day, evenly from the day of the first one."""
        return self.patients * min(1.0, max(0.0, (day - first).days / _MONTH / self.months))


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Lines of the chart as coordinates, and the table behind it."""

    width: int
    height: int
    done: str
    planned: str
    ticks: tuple[tuple[float, str], ...]
    levels: tuple[tuple[float, int], ...]
    months: tuple[tuple[str, int, int], ...]
    """Month, randomized in it, and up to its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteLine:
    """A site."""

    site: str
    status: str
    opened: str
    screened: int
    randomized: int
    planned: float | None
    """Patients planned by today: the trial's plan, shared by the days that each site has been open."""
    last: str
    """Day of the last randomization."""


def accrual_plan(protocol: Protocol) -> Plan | None:
    """Plan of the protocol, or what its design counts on; none where it names no patients or no months of accrual."""
    designs = [analysis.design for analysis in protocol.analyses.values() if analysis.design is not None]
    months = next((design.accrual.months for design in designs if design.accrual is not None), None)
    patients = protocol.randomization.planned_subjects if protocol.randomization else None
    patients = patients or next((design.patients for design in designs if design.patients), None)
    patients = patients or next((sum(design.realized.values()) for design in designs if design.realized), None)
    return None if months is None or patients is None else Plan(patients, months)


def accrual_chart(patients: Sequence[Standing], plan: Plan | None, today: str) -> Chart | None:
    """Draw the number randomized over time; none before the first."""
    days = sorted(each.known["randomized"] for each in patients if "randomized" in each.known)
    if not days:
        return None
    first, last = dt.date.fromisoformat(days[0]), max(dt.date.fromisoformat(today), dt.date.fromisoformat(days[-1]))
    top = max(len(days), plan.patients if plan is not None else 0)
    span = max(30, (last - first).days)

    def x(day: dt.date) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * (day - first).days / span, 1)

    def y(n: float) -> float:
        return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * n / top, 1)

    counted = Counter(days)
    points, total = [f"M{x(first)} {y(0)}"], 0
    for day in sorted(counted):
        total += counted[day]
        points.append(f"H{x(dt.date.fromisoformat(day))}V{y(total)}")
    points.append(f"H{x(last)}")
    planned = ""
    if plan is not None:
        full = min(last, first + dt.timedelta(days=round(plan.months * _MONTH)))
        planned = f"M{x(first)} {y(0)}L{x(full)} {y(plan.by(first, full))}H{x(last)}"
    step = max(1, round(top / 4))
    return Chart(
        width=WIDTH,
        height=HEIGHT,
        done="".join(points),
        planned=planned,
        ticks=_ticks(first, last, x),
        levels=tuple((y(n), n) for n in range(0, top + 1, step)),
        months=_months(days, first, last),
    )


def site_lines(call: Call, patients: Sequence[Standing], plan: Plan | None) -> list[SiteLine]:
    """Recruitment site by site, of the sites that the role reaches."""
    opened = _sites(call)
    days = sorted(each.known["randomized"] for each in patients if "randomized" in each.known)
    first = dt.date.fromisoformat(days[0]) if days else None
    today = dt.date.fromisoformat(call.today)
    shares = {site: max(0, (today - max(first or today, dt.date.fromisoformat(day))).days)
              for site, (_status, day) in opened.items()}  # fmt: skip
    expected = plan.by(first, today) if plan is not None and first is not None and not call.desk.at_site else None
    whole = sum(shares.values())
    by_site: dict[str, list[dict[str, Any]]] = {}
    for each in patients:
        by_site.setdefault(each.site, []).append(each.known)
    found = []
    for site in sorted(opened):
        mine = by_site.get(site, [])
        given = sorted(each["randomized"] for each in mine if "randomized" in each)
        share = None if expected is None or not whole else expected * shares[site] / whole
        status, day = opened[site]
        found.append(SiteLine(site=site, status=status, opened=day, screened=len(mine), randomized=len(given),
                              planned=share, last=given[-1] if given else ""))  # fmt: skip
    return found


def _sites(call: Call) -> dict[str, tuple[str, str]]:
    """Site -> status and day of opening."""
    found: dict[str, tuple[str, str]] = {}
    for event in read_kinds(TRIAL, "site_opened", "site_closed", "site_reopened"):
        site = str(event.site)
        if call.desk.at_site and site != call.desk.site:
            continue
        if event.kind == "site_closed":
            status = "accrual closed" if event.payload.get("to") == "accrual" else "closed"
        else:
            status = "open"
        known = found.get(site)
        found[site] = (status, known[1] if known else str(event.payload.get("date") or event.at[:10]))
    return found


def _ticks(first: dt.date, last: dt.date, x: Callable[[dt.date], float]) -> tuple[tuple[float, str], ...]:
    years = range(first.year, last.year + 1)
    step = max(1, len(years) // 8)
    days = [max(first, dt.date(year, 1, 1)) for year in years[::step]]
    return tuple((x(day), str(day.year)) for day in days if day <= last)


def _months(days: Sequence[str], first: dt.date, last: dt.date) -> tuple[tuple[str, int, int], ...]:
    counted, total, found = Counter(day[:7] for day in days), 0, []
    year, month = first.year, first.month
    while (year, month) <= (last.year, last.month) and total < len(days):
        name = f"{year:04d}-{month:02d}"
        total += counted[name]
        found.append((name, counted[name], total))
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return tuple(found)
