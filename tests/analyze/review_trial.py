"""A made-up trial with two independent readers and an adjudicator, of any size, drawn from a fixed seed.

Tumors grow or shrink; each reader measures them with his own error, so that readings differ as they do in life. Nothing
here is a rule of RECIST: the frames are ADTR, ADREVIEW, ADRS and ADTTE as ``derive`` writes them, filled by the
shortest way. No person is behind any row.
"""

import datetime as dt
import itertools
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from equipoise.analyze import analyze
from equipoise.protocol import Protocol
from equipoise.results import Results

__all__ = ["CUTOFF", "review_adam", "review_protocol", "review_results"]

CUTOFF = dt.date(2019, 12, 31)
_START = dt.date(2015, 1, 5)
_ARMS = ("pazopanib", "placebo")
_VISIT = 84
Rows = list[dict[str, Any]]


class Reading(NamedTuple):
    """What a reader saw of one scan."""

    day: int
    change: float | None
    new: bool
    answer: str


_RANK = {"CR": 0, "PR": 1, "SD": 2, "NON-CR/NON-PD": 3, "PD": 4, "NE": 5}


def review_protocol(**changes: Any) -> Protocol:
    """The protocol, with top-level parts replaced."""
    shared = {"population": "itt", "test": {"logrank": {"strata": "randomization"}},
              "effect": {"cox": {"strata": "randomization"}}}  # fmt: skip
    return Protocol.model_validate(
        {
            "equipoise": 1,
            "trial": {"id": "REVIEW", "title": "Pazopanib or placebo: a made-up trial with central review",
                      "masking": "double_blind", "synthetic": True},
            "arms": {
                "pazopanib": {"label": "Pazopanib", "role": "experimental"},
                "placebo": {"label": "Placebo", "role": "control"},
            },
            "baseline": {"small_bowel": {"label": "Small-bowel primary", "type": "boolean"}},
            "randomization": {
                "ratio": {"pazopanib": 1, "placebo": 1},
                "method": {"permuted_blocks": {"sizes": [4]}},
                "strata": {"small_bowel": {"label": "Small bowel", "expression": "small_bowel"}},
            },
            "visits": {"tumor_assessment": {"every_weeks": 12, "window_days": 7}},
            "crossover": {"from": "placebo", "to": "pazopanib"},
            "review": {
                "central": {"readers": 2, "adjudicate": ["progression_date", "best_response"],
                            "real_time": "local_progression", "turnaround_working_days": 5},
            },
            "endpoints": {
                "pfs_central": {"label": "Progression-free survival, central review", "paramcd": "PFSC",
                                "events": ["central_progression", "death"]},
                "pfs_local": {"label": "Progression-free survival, investigator", "paramcd": "PFSI",
                              "events": ["local_progression", "death"]},
                "response_central": {"label": "Objective response, central review", "kind": "response",
                                     "paramcd": "ORRC", "assessor": "central"},
                "response_local": {"label": "Objective response, investigator", "kind": "response",
                                   "paramcd": "ORRI", "assessor": "local", "confirmed": False},
                "chromogranin": {"label": "Chromogranin A response", "kind": "biomarker_response", "paramcd": "CGA",
                                 "decrease_percent": 50, "above_normal_only": True,
                                 "measure": {"domain": "LB", "testcd": "CHROMGNA"}},
            },
            "populations": {"itt": {"label": "Intention to treat", "members": "randomized"},
                            "safety": {"label": "Safety", "members": "randomized and treated", "arm": "received"}},
            "analyses": {
                "primary": {"endpoint": "pfs_central", "role": "primary", **shared},
                "local": {"endpoint": "pfs_local", **shared},
                "response": {"endpoint": "response_central", "population": "itt", "test": {"fisher": True},
                             "effect": {"risk_difference": True}},
                "response_local": {"endpoint": "response_local", "population": "itt"},
                "biomarker": {"endpoint": "chromogranin", "population": "itt", "test": {"fisher": True},
                              "effect": {"risk_difference": True}},
            },
            "data_cuts": {"final": {"cutoff": CUTOFF, "label": "Final analysis", "default": True}},
            **changes,
        }
    )  # fmt: skip


@cache
def _adam(subjects: int, seed: int) -> dict[str, pl.DataFrame]:
    rng = np.random.Generator(np.random.Philox(seed))
    tables: dict[str, Rows] = {name: [] for name in ("ADSL", "ADTR", "ADREVIEW", "ADRS", "ADTTE")}
    for k in range(subjects):
        _subject(tables, k, rng)
    dates = dict.fromkeys(("RANDDT", "TRTSDT", "TRTEDT", "TR02SDT", "TR02EDT", "DTHDT", "LSTALVDT"), pl.Date)
    dates |= {"ADT": pl.Date, "STARTDT": pl.Date}
    words = dict.fromkeys(("READER", "ACCPTFL", "ABLFL", "ANL01FL", "AVALC", "ADJREAS", "EOTSTT"), pl.String)
    found = {}
    for name, rows in tables.items():
        columns = list(dict.fromkeys(c for row in rows for c in row))
        full = [{c: row.get(c) for c in columns} for row in rows]
        schema = {c: t for c, t in {**dates, **words}.items() if c in columns}
        found[name] = pl.DataFrame(full, schema_overrides=schema, infer_schema_length=None)
    return found


def _subject(tables: dict[str, Rows], k: int, rng: np.random.Generator) -> None:
    name, arm = f"REVIEW-{k + 1:04d}", _ARMS[int(rng.random() < 0.43)]
    start = _START + dt.timedelta(days=int(k * 700 / 171) % 900)
    treated = rng.random() < 0.95
    death = 40 + int(rng.exponential(1100))
    follow_up = min((CUTOFF - start).days, 40 + int(rng.exponential(2500)))
    measurable, seen = bool(rng.random() < 0.93), rng.random() < 0.97
    size = 30 + rng.gamma(3, 20)
    readings = _all_readings(rng, arm, measurable, min(death, follow_up) if seen else 0)
    first = {reader: next((r.day for r in found if r.answer == "PD"), None) for reader, found in readings.items()}
    best = {reader: _best(found) for reader, found in readings.items()}
    triggers = (("progression date", first), ("best response", best))
    differ = [word for word, values in triggers if values["1"] != values["2"]]
    chosen = "1" if not differ or rng.random() < 0.55 else "2"
    central, local = first[chosen], first["local"]
    crossed = central if arm == "placebo" and treated and rng.random() < 0.8 else None
    stop = min(d for d in (central or 10**6, death, follow_up, 30 + int(rng.exponential(900))) if d)
    going = treated and stop == follow_up and central is None
    dead = death <= follow_up

    def day(d: int) -> dt.date:
        return start + dt.timedelta(days=int(d) - 1)

    tables["ADSL"].append(
        {
            "USUBJID": name, "SITEID": f"{100 + k % 9}", "ARMID": arm, "AARMID": arm if treated else None,
            "RANDFL": "Y", "RANDDT": start, "TRTSDT": day(2) if treated else None,
            "TRTEDT": day(max(stop, 3)) if treated else None, "EOTSTT": "ONGOING" if going else "DISCONTINUED",
            "CROSSFL": "Y" if crossed else "N", "TR02SDT": day(crossed + 7) if crossed else None,
            "TR02EDT": day(min(crossed + 200, max(death, crossed + 8))) if crossed else None,
            "DTHFL": "Y" if dead else None, "DTHDT": day(death) if dead else None,
            "LSTALVDT": day(min(death, follow_up)), "STRAT1R": "Yes" if k % 3 else "No",
            "STRAT1V": "Yes" if k % 3 else "No", "ITTFL": "Y", "SAFFL": "Y" if treated else "N",
            "SMALLBOW": "Y" if k % 3 else "N",
        }
    )  # fmt: skip
    if not seen:
        return
    for reader, found in readings.items():
        assessor, accepted = ("local" if reader == "local" else "central"), reader in ("local", chosen)
        key = {"USUBJID": name, "ASSESSOR": assessor, "READER": None if reader == "local" else reader}
        key["ACCPTFL"] = "Y" if accepted else None
        _adtr(tables["ADTR"], key, found, size if measurable else None, start)
        _review(tables["ADREVIEW"], key, found, start)
        if accepted:
            _adrs(tables["ADRS"], key, found, start)
            tables["ADRS"].append({**_named(key), "PARAMCD": "MDIS", "AVALC": "Y" if measurable else "N"})
    blank = {"USUBJID": name, "ASSESSOR": "central", "READER": None, "ACCPTFL": None}
    asked = {"PARAMCD": "ADJUD", "AVALC": "Y" if differ else "N", "ADJREAS": "; ".join(differ) or None}
    tables["ADREVIEW"].append({**blank, **asked})
    if differ:
        tables["ADREVIEW"].append({**blank, "PARAMCD": "ENDORSED", "AVALC": chosen})
    if local is not None:
        wait = 1 + int(rng.exponential(3.2))
        clock = {"PARAMCD": "TURNARND", "STARTDT": day(local + 1), "ADT": day(local + 1 + wait), "AVAL": float(wait)}
        tables["ADREVIEW"].append({**blank, **clock})
    if rng.random() < 0.6:
        answer = "Y" if rng.random() < (0.3 if arm == "pazopanib" else 0.1) else "N"
        tables["ADRS"].append({"USUBJID": name, "PARAMCD": "CGA", "ASSESSOR": None, "AVALC": answer})
    for endpoint, when, reader in (("pfs_central", central, chosen), ("pfs_local", local, "local")):
        last = max((r.day for r in readings[reader] if r.answer != "NE"), default=1)
        event = when or (death if dead and death - last < 200 else None)
        words = ("Central progression" if when else "Death") if event else None
        row = {"USUBJID": name, "ENDPT": endpoint, "RULESET": "P", "AVAL": event or last, "CNSR": 0 if event else 6}
        row |= {"ADT": day(event or last), "EVNTDESC": words, "CNSREAS": None if event else "Ongoing at cut-off"}
        tables["ADTTE"].append(row)


def _all_readings(rng: np.random.Generator, arm: str, measurable: bool, end: int) -> dict[str, list[Reading]]:
    """Readings of the site and of two readers; scans often end where the site, but not the readers, saw progression."""
    slope = float(rng.normal(*((-0.10, 0.22) if arm == "pazopanib" else (0.06, 0.16))))
    new_at = 1 + int(rng.exponential(9 if arm == "pazopanib" else 6))
    found = {
        reader: _readings(rng, (slope, error), new_at, measurable, end)
        for reader, error in (("local", 0.08), ("1", 0.05), ("2", 0.06))
    }
    local = next((r.day for r in found["local"] if r.answer == "PD"), None)
    if local is not None and rng.random() < 0.45:
        for reader in ("1", "2"):
            found[reader] = [r for r in found[reader] if r.day <= local + 14]
    return found


def _readings(
    rng: np.random.Generator, course: tuple[float, float], new_at: int, measurable: bool, end: int
) -> list[Reading]:
    """One reading for each visit, up to three after the reader's progression."""
    (slope, error), found, nadir, after = course, [], 0.0, 0
    for visit in range(1, 16):
        day = _VISIT * visit + int(rng.integers(-6, 7))
        if day > end or after > 2:
            break
        change = 100 * (np.exp(slope * visit * 0.6 + rng.normal(0, error) + 0.012 * visit**2) - 1)
        change = max(-100.0, round(float(change), 1))
        new = bool(visit >= new_at and rng.random() < 0.85)
        growth = (100 + change) / (100 + nadir) - 1
        answer = "NE" if rng.random() < 0.03 else "PD" if new or growth >= 0.2 else "PR" if change <= -30 else "SD"
        if not measurable:
            answer = "PD" if new else "NE" if answer == "NE" else "NON-CR/NON-PD"
        if answer != "NE":
            nadir = min(nadir, change)
        after += any(r.answer == "PD" for r in found)
        found.append(Reading(day, change if measurable and answer != "NE" else None, new, answer))
    return found


def _best(found: list[Reading]) -> str:
    answers = []
    for reading in found:
        answers.append(reading.answer)
        if reading.answer == "PD":
            break
    return min(answers, key=_RANK.__getitem__) if answers else "NE"


def _confirmed(found: list[Reading]) -> str:
    best = _best(found)
    if best not in ("CR", "PR"):
        return best
    answers = [reading.answer for reading in found]
    return best if any(a == b == best for a, b in itertools.pairwise(answers)) else "SD"


def _day(start: dt.date, day: int | None) -> dt.date | None:
    return None if day is None else start + dt.timedelta(days=day - 1)


def _named(key: dict[str, Any]) -> dict[str, Any]:
    return {name: key[name] for name in ("USUBJID", "ASSESSOR")}


def _adtr(rows: Rows, key: dict[str, Any], found: list[Reading], size: float | None, start: dt.date) -> None:
    first = next((r.day for r in found if r.answer == "PD"), None)
    if size is not None:
        base = {"PARAMCD": "SUMDIAM", "ADT": start - dt.timedelta(days=9), "AVISITN": 0, "AVAL": size, "ABLFL": "Y"}
        rows.append({**key, **base})
    for visit, reading in enumerate(found, start=1):
        counts = "Y" if first is None or reading.day <= first else None
        shared = {**key, "ADT": _day(start, reading.day), "AVISITN": visit, "ANL01FL": counts}
        rows.append({**shared, "PARAMCD": "OVRLRESP", "AVALC": reading.answer})
        rows.append({**shared, "PARAMCD": "NEWLRESP", "AVALC": "Y" if reading.new else "N"})
        if size is not None:
            value = None if reading.change is None else size * (100 + reading.change) / 100
            rows.append({**shared, "PARAMCD": "SUMDIAM", "AVAL": value, "PCHG": reading.change})


def _review(rows: Rows, key: dict[str, Any], found: list[Reading], start: dt.date) -> None:
    first = next((r.day for r in found if r.answer == "PD"), None)
    last = max((r.day for r in found if r.answer != "NE"), default=None)
    rows.append({**key, "PARAMCD": "PD", "AVALC": "Y" if first else "N", "ADT": _day(start, first)})
    rows.append({**key, "PARAMCD": "BOR", "AVALC": _best(found)})
    rows.append({**key, "PARAMCD": "CBOR", "AVALC": _confirmed(found)})
    rows.append({**key, "PARAMCD": "LASTREAD", "ADT": _day(start, last)})
    rows.append({**key, "PARAMCD": "NREADS", "AVAL": float(len(found))})


def _adrs(rows: Rows, key: dict[str, Any], found: list[Reading], start: dt.date) -> None:
    first = next((r.day for r in found if r.answer == "PD"), None)
    response = next((r.day for r in found if r.answer in ("CR", "PR")), None)
    good = {"RSP": _best(found) in ("CR", "PR"), "CRSP": _confirmed(found) in ("CR", "PR")}
    dates = {"PD": first, **{code: response if reached else None for code, reached in good.items()}}
    for code, day in dates.items():
        answer = "N" if day is None else "Y"
        rows.append({**_named(key), "PARAMCD": code, "AVALC": answer, "ADT": _day(start, day)})
    rows.append({**_named(key), "PARAMCD": "BOR", "AVALC": _best(found)})
    rows.append({**_named(key), "PARAMCD": "CBOR", "AVALC": _confirmed(found)})


def review_adam(subjects: int = 171, seed: int = 1841736) -> dict[str, pl.DataFrame]:
    """The data sets of the trial."""
    return dict(_adam(subjects, seed))


@cache
def review_results(subjects: int = 171) -> Results:
    """Results of the trial."""
    return analyze(review_protocol(), review_adam(subjects), [], cut_name="final", cutoff=CUTOFF)
