"""Fourteen patients read by the site and by two independent readers, small enough to work every number by hand.

A day is a study day; assessments are at days 85, 169 and 253 (numbers 1 to 3). Each line says when a reading saw
progression (0: never) and its best response. The accepted central reading is that of the reader endorsed, else of
reader 1.
"""

import datetime as dt
from typing import Any

import polars as pl
from tests.analyze.review_trial import review_protocol

from equipoise.analyze import analyze
from equipoise.protocol import Protocol
from equipoise.results import Results

__all__ = ["CUTOFF", "START", "hand_adam", "hand_results"]

START, CUTOFF = dt.date(2020, 1, 1), dt.date(2021, 12, 31)

#  id arm        local    reader1  reader2  endorsed days  censored
_PATIENTS = """
E01 pazopanib  85  PD   85  PD   85  PD   -  3 -
E02 pazopanib  169 SD   169 SD   169 SD   -  5 -
E03 pazopanib  169 SD   85  PD   85  PD   -  6 -
E04 pazopanib  85  PD   169 SD   253 SD   1  2 -
E05 pazopanib  85  PD   0   SD   0   SD   -  9 90
E06 pazopanib  0   SD   169 SD   169 SD   -  - -
E07 pazopanib  0   PR   0   PR   0   SD   1  - 253
E08 pazopanib  -   -    -   -    -   -    -  - -
C01 placebo    85  PD   85  PD   85  PD   -  1 -
C02 placebo    85  PD   169 SD   169 SD   -  4 -
C03 placebo    85  PD   0   SD   169 SD   1  5 169
C04 placebo    169 SD   0   SD   0   SD   -  8 169
C05 placebo    0   SD   253 SD   253 SD   -  - -
C06 placebo    0   SD   0   SD   0   SD   -  - 253
"""


def _rows() -> list[list[str | None]]:
    return [[None if word == "-" else word for word in line.split()] for line in _PATIENTS.strip().splitlines()]


def _day(day: int | str) -> dt.date:
    return START + dt.timedelta(days=int(day) - 1)


def hand_adam() -> dict[str, pl.DataFrame]:
    """The data sets."""
    adsl, adtr, review, adtte, adrs = [], [], [], [], []
    for name, arm, *readings, endorsed, days, censored in _rows():
        adsl.append(
            {
                "USUBJID": name, "ARMID": arm, "AARMID": arm, "RANDFL": "Y", "RANDDT": START, "TRTSDT": START,
                "TRTEDT": _day(200), "EOTSTT": "DISCONTINUED", "LSTALVDT": _day(260), "STRAT1R": "Yes",
                "STRAT1V": "Yes", "SMALLBOW": "Y", "ITTFL": "Y", "SAFFL": "Y",
            }
        )  # fmt: skip
        if readings[0] is None:
            continue
        chosen = endorsed or "1"
        for reader, (when, best) in {"local": readings[:2], "1": readings[2:4], "2": readings[4:6]}.items():
            key: dict[str, Any] = {
                "USUBJID": name, "ASSESSOR": "local" if reader == "local" else "central",
                "READER": None if reader == "local" else reader,
                "ACCPTFL": "Y" if reader in ("local", chosen) else None,
            }  # fmt: skip
            first = int(when or 0)
            review.append(
                {**key, "PARAMCD": "PD", "AVALC": "Y" if first else "N", "ADT": _day(first) if first else None}
            )
            review += [{**key, "PARAMCD": code, "AVALC": best} for code in ("BOR", "CBOR")]
            last = 169 if reader != "local" and name in ("E05", "C03") else first or 253
            review.append({**key, "PARAMCD": "LASTREAD", "ADT": _day(last)})
            adtr += _scans(key, first, last, str(best))
            if key["ACCPTFL"]:
                answers = {"CBOR": best, "BOR": best, "MDIS": "N" if name == "E07" else "Y"}
                adrs += [{**key, "PARAMCD": code, "AVALC": answer, "ADT": None} for code, answer in answers.items()]
        blank = {"USUBJID": name, "ASSESSOR": "central"}
        differ = [
            word
            for word, same in (
                ("progression date", readings[2] == readings[4]),
                ("best response", readings[3] == readings[5]),
            )
            if not same
        ]
        review.append(
            {**blank, "PARAMCD": "ADJUD", "AVALC": "Y" if differ else "N", "ADJREAS": "; ".join(differ) or None}
        )
        review += [{**blank, "PARAMCD": "ENDORSED", "AVALC": endorsed}] if endorsed else []
        review += [{**blank, "PARAMCD": "TURNARND", "AVAL": float(days)}] if days else []
        when = censored or {"1": readings[2], "2": readings[4]}[chosen]
        adtte.append(
            {
                "USUBJID": name, "ENDPT": "pfs_central", "RULESET": "P", "AVAL": int(when or 1),
                "CNSR": 6 if censored else 0, "ADT": _day(when or 1),
            }
        )  # fmt: skip
    frames = {"ADSL": adsl, "ADTR": adtr, "ADREVIEW": review, "ADTTE": adtte, "ADRS": adrs}
    dates = {"ADT": pl.Date, "AVAL": pl.Float64}
    return {
        name: pl.DataFrame(rows, infer_schema_length=None).with_columns(
            pl.col(column).cast(kind) for column, kind in dates.items() if rows and any(column in row for row in rows)
        )
        for name, rows in frames.items()
    }


def _scans(key: dict[str, Any], first: int, last: int, best: str) -> list[dict[str, Any]]:
    """Overall response of each scan: the best response until progression; scans of one day less for the site."""
    early = 2 if key["ASSESSOR"] == "local" else 0
    days = [day for day in (85, 169, 253) if day <= last]
    answer = "SD" if best == "PD" else best
    return [
        {**key, "PARAMCD": "OVRLRESP", "ADT": _day(day - early), "AVISITN": n, "ANL01FL": "Y",
         "AVALC": "PD" if first and day >= first else answer}
        for n, day in enumerate(days, start=1)
    ]  # fmt: skip


def hand_results(data: dict[str, pl.DataFrame] | None = None, declared: Protocol | None = None) -> Results:
    """Results of these patients, or of a part of their data."""
    data = hand_adam() if data is None else data
    return analyze(declared or review_protocol(), data, [], cut_name="final", cutoff=CUTOFF)
