"""Tumor data in any order of rows, of several trials at once, and of many: equal results, cost by the row."""

from typing import Any

import polars as pl
from tests.derive.made_up import protocol, sdtm, subject
from tests.derive.made_up_lesions import reading, records, with_tumors

from equipoise.derive import Derived, derive
from equipoise.protocol import DataCut

ENDPOINTS = {
    "pfs": {"label": "PFS", "paramcd": "PFS", "events": ["central_progression", "death"], "sensitivity": ["A", "I"]},
    "local": {"label": "PFS local", "paramcd": "PFSL", "events": ["local_progression", "death"]},
    "pfs2": {"label": "PFS2", "paramcd": "PFS2", "events": ["second_progression", "death"], "assessor": "central"},
}
NAMES = ("RADIOLOGIST 1", "RADIOLOGIST 2")


def course(number: int, reader: int) -> dict[int | str, dict[str, float | str | None]]:
    """A course that differs by subject and reader: growth, a lesion not measured, a new lesion."""
    sizes = [50.0, 50.0 - number % 7 * 5, 45.0 + number % 5 * 6 + reader, 60.0 + number % 3 * 9]
    visits: dict[int | str, dict[str, float | str | None]] = {}
    for day, size in zip((-6, 85, 169 + number % 6, 253), sizes, strict=True):
        visits[day] = {"T1": size, "T2": None if number % 4 == 0 and day == 85 else 20.0, "L1": 18.0, "NT1": "PRESENT"}
    if number % 5 == 1:
        visits[253]["X1"] = "EQUIVOCAL" if reader else "UNEQUIVOCAL"
    return visits


def trial(people: int) -> dict[str, pl.DataFrame]:
    names = [f"{n:03d}" for n in range(people)]
    parts: list[Any] = []
    for n, name in enumerate(names):
        parts.append(reading(name, course(n, 0)))
        parts += [reading(name, course(n, r), who, accepted=n % 3 == 0 and r == 1) for r, who in enumerate(NAMES)]
        parts.append(records(name, "local", {85: "SD", 169 + n % 6: "PD"}))
        if n % 6 == 0:
            parts.append(records(name, "ADJUDICATOR", {85: "SD", 253: "PD"}))
    persons = [subject(n, "DRG" if i % 2 else "PLA", baseline=False, nact=[230]) for i, n in enumerate(names)]
    return with_tumors(sdtm(*persons), *parts)


def run(data: dict[str, pl.DataFrame]) -> Derived:
    rules = {"central": {"readers": 2, "adjudicate": ["progression_date", "best_response"]}}
    return derive(protocol(endpoints=ENDPOINTS, review=rules), data, cut=("all", DataCut()), studies="all")


def named(data: dict[str, pl.DataFrame], study: str) -> dict[str, pl.DataFrame]:
    return {name: frame.with_columns(STUDYID=pl.lit(study)) for name, frame in data.items()}


def test_rows_in_any_order() -> None:
    data = trial(30)
    first = run(data)
    assert {"ADTR", "ADREVIEW", "ADRS", "ADTTE"} <= set(first.adam)
    for seed in (1, 2):
        again = run({n: f.sample(fraction=1, shuffle=True, seed=seed) for n, f in reversed(data.items())})
        for name, frame in first.adam.items():
            assert frame.equals(again.adam[name]), name
        assert sorted(map(repr, first.findings)) == sorted(map(repr, again.findings))


def test_trials_together_equal_the_trials_alone() -> None:
    one, two = named(trial(12), "ONE"), named(trial(20), "TWO")
    together = run({name: pl.concat([one[name], two[name]]) for name in one})
    apart = [run(one), run(two)]
    for name in ("ADTR", "ADREVIEW", "ADRS", "ADTTE"):
        assert together.adam[name].equals(pl.concat([a.adam[name] for a in apart])), name
