"""Local reading beside central review: scans, patients, timing, discrepancy rates, and what local progression ended.

Convention of the patient-level table (Amit and others, European Journal of Cancer 2011;47:1772-8), local reading first:
a progression by both (a1 at the same assessment, a2 local later, a3 local earlier), b local only, c central only, d
neither. Early discrepancy rate = (b + a3) / (a + b), late discrepancy rate = (c + a2) / (b + c + a2 + a3).
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from equipoise.analyze.agreement import Items, agreement, categories
from equipoise.analyze.book import Book, Columns
from equipoise.analyze.populations import Group, groups, main_population, pairs
from equipoise.analyze.proportions import compare_proportions, exact_proportion
from equipoise.analyze.readings import Conclusions, accepted, scan_responses, visit_of
from equipoise.analyze.study import POSITION, Positions, Study
from equipoise.protocol import Endpoint
from equipoise.terms import Assessor, DateName, EventSource, Status

__all__ = ["central_review"]

CONF_LEVEL = 0.95
_OUTCOMES = ("both_same", "local_later", "local_earlier", "local_only", "central_only", "neither")
_RATES = {
    "early_discrepancy": (("local_only", "local_earlier"), ("both_same", "local_later", "local_earlier", "local_only")),
    "late_discrepancy": (
        ("central_only", "local_later"),
        ("local_only", "central_only", "local_later", "local_earlier"),
    ),
}
"""Rate -> outcomes in the numerator, outcomes in the denominator."""


@dataclass(frozen=True, kw_only=True)
class _Both:
    """Accepted conclusions of both assessors, by position."""

    local: Conclusions
    central: Conclusions
    outcome: npt.NDArray[np.object_]
    """Cell of the patient-level table; None where one of them did not read."""
    gap: npt.NDArray[np.float64]
    """Days from local to central progression; nan without both."""


def central_review(book: Book) -> None:
    """Write ``central_review``; nothing for a trial without central review."""
    study = book.study
    population = main_population(study)
    if study.protocol.review.central is None or population is None:
        return
    rows = study.frame("ADREVIEW")
    missing = [str(a) for a in Assessor if rows is None or rows.filter(pl.col("ASSESSOR") == str(a)).height == 0]
    if missing:
        why = f"the data hold no {' and no '.join(missing)} readings of tumors"
        shared: Columns = {"analysis_id": "central_review", "variable": "read_by_both", "population": population}
        book.nothing(("n",), why, status=Status.NOT_DONE, method="count", group="arm", group_level="(all)", **shared)
        return
    both = _both(study)
    shared = {"analysis_id": "central_review", "population": population}
    parts = groups(study, population)
    for part in parts:
        _members(book, both, part, shared)
    known = [Group(part.level, part.positions[both.outcome[part.positions] != None]) for part in parts]  # noqa: E711
    scans = scan_responses(study)
    for part, whole in zip(known, parts, strict=True):
        columns: Columns = {**shared, "group_level": part.level}
        _scans(book, scans, whole, columns)
        _patients(book, both, part, columns)
        _informative(book, both, whole, columns)
    for name in _RATES:
        _rate(book, both, known, name, shared)


def _both(study: Study) -> _Both:
    local, central = accepted(study, Assessor.LOCAL), accepted(study, Assessor.CENTRAL)
    gap = _days(central.progression, local.progression)
    visits = [
        visit_of(study, (pl.col("ASSESSOR") == str(assessor)) & (pl.col("ACCPTFL") == "Y"), found.progression)
        for assessor, found in ((Assessor.LOCAL, local), (Assessor.CENTRAL, central))
    ]
    schedule = study.protocol.visits.tumor_assessment
    window = schedule.window_days if schedule is not None else 0
    named = ~np.isnan(visits[0]) & ~np.isnan(visits[1])
    same = np.where(named, visits[0] == visits[1], np.abs(gap) <= window)
    outcome = np.full(len(gap), None, dtype=object)
    read = local.read & central.read
    a, b = local.progressed, central.progressed
    outcome[read & a & b] = np.where(same, "both_same", np.where(gap < 0, "local_later", "local_earlier"))[read & a & b]
    outcome[read & a & ~b] = "local_only"
    outcome[read & ~a & b] = "central_only"
    outcome[read & ~a & ~b] = "neither"
    return _Both(local=local, central=central, outcome=outcome, gap=gap)


def _days(later: npt.NDArray[np.datetime64], earlier: npt.NDArray[np.datetime64]) -> npt.NDArray[np.float64]:
    difference = (later - earlier).astype("timedelta64[D]")
    days = difference.astype(np.float64)
    days[np.isnat(difference)] = np.nan
    return days


def _members(book: Book, both: _Both, part: Group, shared: Columns) -> None:
    at, local, central = part.positions, both.local.read[part.positions], both.central.read[part.positions]
    columns: Columns = {**shared, "group_level": part.level, "of": len(at), "percent": True}
    book.count(at[local & central], label=f"read by both, {part.level}", variable="read_by_both", **columns)
    for word, mask in {"central": local & ~central, "local": central & ~local, "both": ~central & ~local}.items():
        label = f"without a reading: {word}, {part.level}"
        book.count(at[mask], label=label, variable="not_read", variable_level=word, **columns)


def _scans(book: Book, scans: pl.DataFrame, part: Group, columns: Columns) -> None:
    """Write what both said of the same scheduled assessment, and how many assessments only one of them read."""
    own = scans.filter(pl.col(POSITION).is_in(part.positions))
    for word, one, other in (("local", "local", "central"), ("central", "central", "local")):
        alone = own.filter(pl.col(one).is_not_null() & pl.col(other).is_null())
        source = book.source(np.unique(alone[POSITION].to_numpy()), f"assessments read by {word} only, {part.level}")
        counts: Columns = {"n": own.height, "n_events": alone.height, "source_set": source, "group": "arm"}
        counts |= {"variable": "scans_one_reader", "variable_level": word, "method": "count of scans"}
        book.writer.add("n", alone.height, **columns, **counts)
    paired = own.drop_nulls(["local", "central"])
    items = Items(
        paired[POSITION].to_numpy(),
        np.array([*paired["local"].to_list(), None], dtype=object)[:-1],
        np.array([*paired["central"].to_list(), None], dtype=object)[:-1],
    )
    known = items.where((items.first != "NE") & (items.second != "NE"))
    blank: Columns = {"n": len(items), "method": "count of scans", "group": "arm"}
    for name, chosen in (("scans", items), ("scans_not_evaluable", items.where(_either(items, "NE")))):
        source = book.source(chosen.subjects, f"{name.replace('_', ' ')}, read by both, {part.level}")
        own_row: Columns = {"variable": name, "source_set": source, "n_events": len(chosen)}
        book.writer.add("n", len(chosen), **columns, **blank, **own_row)
    words = categories(scans.drop_nulls()["local"].to_numpy(), scans.drop_nulls()["central"].to_numpy())
    words = [word for word in words if word != "NE"]
    agreement(book, known, words, name="scan", unit="scans", conf_level=CONF_LEVEL, **columns)
    read = items.subjects
    shared: Columns = {**columns, "of": len(read), "percent": True}
    differing = known.where(known.first != known.second)
    label = f"a scan on which the readings differ, {part.level}"
    book.count(differing.subjects, label=label, variable="any_scan_differs", **shared)
    for name, first, second in (("central", known.second, known.first), ("local", known.first, known.second)):
        chosen = known.where((first == "PD") & (second != "PD"))
        label = f"a scan with progression by {name} reading only, {part.level}"
        book.count(chosen.subjects, label=label, variable="any_scan_progression", variable_level=name, **shared)


def _either(items: Items, word: str) -> npt.NDArray[np.bool_]:
    return np.asarray((items.first == word) | (items.second == word), dtype=bool)


def _patients(book: Book, both: _Both, part: Group, columns: Columns) -> None:
    at = part.positions
    outcome = both.outcome[at]
    shared: Columns = {**columns, "of": len(at), "percent": True}
    for word in _OUTCOMES:
        label = f"progression: {word.replace('_', ' ')}, {columns['group_level']}"
        book.count(at[outcome == word], label=label, variable="progression", variable_level=word, **shared)
    answers = [np.where(side.progressed[at], "Y", "N").astype(object) for side in (both.local, both.central)]
    agreement(
        book, Items(at, *answers), ["Y", "N"], name="progressed", unit="subjects", conf_level=CONF_LEVEL, **columns
    )
    confirmed = _confirmed(book.study)
    best = [(side.confirmed if confirmed else side.best)[at] for side in (both.local, both.central)]
    with_best = (best[0] != None) & (best[1] != None)  # noqa: E711
    items = Items(at, *best).where(np.asarray(with_best, dtype=bool))
    everybody = [side.confirmed if confirmed else side.best for side in (both.local, both.central)]
    words = categories(*everybody)
    text = "confirmed responses" if confirmed else "responses need no confirmation"
    more: Columns = {**columns, "text": text}
    agreement(book, items, words, name="best_response", unit="subjects", conf_level=CONF_LEVEL, **more)
    among = at[~np.isnan(both.gap[at])]
    label = f"progression by both, {columns['group_level']}"
    book.distribution(both.gap[among], among, label=label, variable="timing_days", unit="days", **columns)


def _confirmed(study: Study) -> bool:
    """Whether best responses are those with confirmation: as the first response endpoint says."""
    asked = [endpoint.confirmed for endpoint in study.protocol.endpoints.values() if endpoint.kind == "response"]
    return asked[0] if asked else False


def _rate(book: Book, both: _Both, parts: list[Group], name: str, shared: Columns) -> None:
    """Write a discrepancy rate per arm with exact limits, and its difference between arms."""
    counted, among = _RATES[name]
    words = name.replace("_", " ")
    columns: Columns = {**shared, "variable": name, "group": "arm"}
    sides: dict[str, tuple[Group, Positions]] = {}
    for part in parts:
        outcome = both.outcome[part.positions]
        whole = Group(part.level, part.positions[np.isin(outcome, among)])
        chosen = part.positions[np.isin(outcome, counted)]
        sides[part.level] = (whole, chosen)
        count: Columns = {"of": len(whole.positions), "percent": True, "group_level": part.level}
        book.count(chosen, label=f"{words}, {part.level}", **count, **columns)
        label = f"{words}, {part.level}: denominator"
        exact_proportion(book, chosen, whole, conf_level=CONF_LEVEL, label=label, **columns)
    for left, right in pairs(book.study):
        label = f"{words}: denominators of {left} and {right}"
        compare_proportions(book, sides[left], sides[right], conf_level=CONF_LEVEL, label=label, test=False, **columns)


def _informative(book: Book, both: _Both, part: Group, columns: Columns) -> None:
    """Write what became of subjects with local progression that the central review did not see.

    Central times censored soon after a local progression suggest that the progression ended observation.
    """
    at = part.positions[both.local.read[part.positions] & both.central.read[part.positions]]
    with_local = at[both.local.progressed[at]]
    open_ends = with_local[~both.central.progressed[with_local]]
    shared: Columns = {**columns, "percent": True}
    level = columns["group_level"]
    book.count(with_local, of=len(at), label=f"local progression, {level}", variable="local_progression", **shared)
    label = f"local progression without central progression, {level}"
    book.count(open_ends, of=len(with_local), label=label, variable="local_not_central", **shared)
    seen = open_ends[both.central.last[open_ends] > both.local.progression[open_ends]]
    label = f"scanned and centrally evaluable after the local progression, {level}"
    book.count(seen, of=len(open_ends), label=label, variable="scanned_after_local", **shared)
    endpoint = _central_endpoint(book.study)
    if endpoint is None:
        return
    name, declared = endpoint
    censored = _censored(book.study, name, str(declared.rule_set))
    delay = _days(censored, both.local.progression)
    known = open_ends[~np.isnan(delay[open_ends])]
    about: Columns = {**columns, "endpoint": name, "rule_set": str(declared.rule_set)}
    interval = _interval(book.study)
    if interval is not None:
        soon = known[delay[known] <= interval]
        text = f"censored at most {interval} days after the local progression, or before it"
        label = f"{text}, {level}"
        book.count(
            soon,
            of=len(open_ends),
            percent=True,
            label=label,
            variable="censored_at_local",
            text=text,
            **about,
        )
    label = f"central time censored, local progression, {level}"
    book.distribution(delay[known], known, label=label, variable="censoring_delay_days", unit="days", **about)


def _central_endpoint(study: Study) -> tuple[str, Endpoint] | None:
    """Endpoint that central progression ends: that of the primary analysis if it is one, else the first declared."""
    declared = study.protocol.endpoints
    names = [a.endpoint for a in study.protocol.analyses.values() if a.role == "primary"] + list(declared)
    for name in names:
        endpoint = declared[name]
        if EventSource.CENTRAL_PROGRESSION in endpoint.events and endpoint.origin is DateName.RANDOMIZATION:
            return name, endpoint
    return None


def _censored(study: Study, endpoint: str, rule_set: str) -> npt.NDArray[np.datetime64]:
    """Dates at which the times of an endpoint are censored; not a time for events."""
    dates = np.full(study.adsl.height, np.datetime64("NaT", "D"), dtype="datetime64[D]")
    rows = study.frame("ADTTE")
    if rows is None or "ADT" not in rows.columns:
        return dates
    chosen = rows.filter((pl.col("ENDPT") == endpoint) & (pl.col("RULESET") == rule_set) & pl.col("CNSR").is_not_null())
    chosen = chosen.unique(POSITION, keep="first", maintain_order=True)
    chosen = chosen.filter((pl.col("CNSR") != 0) & pl.col("ADT").is_not_null())
    dates[chosen[POSITION].to_numpy()] = chosen["ADT"].to_numpy().astype("datetime64[D]")
    return dates


def _interval(study: Study) -> int | None:
    """Days of the longest interval between scheduled assessments, with its window; None without a schedule."""
    schedule = study.protocol.visits.tumor_assessment
    if schedule is None:
        return None
    weeks = [phase.every_weeks for phase in schedule.phases]
    weeks += [] if schedule.every_weeks is None else [schedule.every_weeks]
    return math.ceil(7 * max(weeks)) + schedule.window_days if weeks else None
