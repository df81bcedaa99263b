"""A made-up trial of 27 subjects, small enough to work every number by hand.

Twelve subjects in each arm (S01 to S12 active, S13 to S24 control), two screen failures with a reason (S25, S26) and
one subject without (S27). S01 and S13 were never treated, S02 got the control kit by mistake, S15 to S17 crossed over.
The stratum east holds one subject, S12; S03 and S20 were put into the wrong stratum, the corrected stratum of S24 is
not known.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import polars as pl

from equipoise.analyze import analyze
from equipoise.protocol import Protocol
from equipoise.results import Results

__all__ = ["CUTOFF", "DAY_ZERO", "adam", "find", "protocol", "protocol_data", "results_of", "value"]

DAY_ZERO = dt.date(2020, 1, 10)
CUTOFF = dt.date(2020, 12, 31)

#  arm received frozen corrected sex age prior treated stop reason(stop) left(study)
_SUBJECTS = """
S01 active  -       north north F 50 Y  -  -            -                  -
S02 active  control north north M 52 Y 20 DISCONTINUED Adverse_event      -
S03 active  active  north south M 54 Y 30 DISCONTINUED Progression        -
S04 active  active  north north M 56 Y 40 DISCONTINUED Adverse_event      Withdrawal
S05 active  active  north north F 58 Y 49 DISCONTINUED Progression        Death
S06 active  active  north north M 60 Y 60 DISCONTINUED Adverse_event      -
S07 active  active  south south F 62 N 70 DISCONTINUED Withdrawal         Withdrawal
S08 active  active  south south M 64 N 80 DISCONTINUED Withdrawal         -
S09 active  active  south south F 66 N 84 COMPLETED    -                  -
S10 active  active  south south M 68 N 99 ONGOING      -                  -
S11 active  active  south south F -  N 99 ONGOING      -                  -
S12 active  active  east  east  M 72 - 99 ONGOING      -                  -
S13 control -       north north F 51 Y  -  -            Declined           -
S14 control control north north M 53 Y 15 DISCONTINUED Progression        Death
S15 control control north north F 55 Y 25 DISCONTINUED Progression        -
S16 control control north north M 57 Y 35 DISCONTINUED Progression        -
S17 control control north north F 59 Y 44 DISCONTINUED Progression        Death
S18 control control north north M 61 Y 55 DISCONTINUED Progression        -
S19 control control south south F 63 N 65 DISCONTINUED Adverse_event      Lost
S20 control control south north M 65 N 75 DISCONTINUED Progression        -
S21 control control south south F 67 N 80 DISCONTINUED -                  -
S22 control control south south M 69 N 90 -            -                  -
S23 control control south south F 71 N 99 ONGOING      -                  -
S24 control control south -     M -  N 99 ONGOING      -                  -
"""
_PROGRESSION, _DEATH = "Central progression", "Death"
_THERAPY, _LOST, _ONGOING = "New anticancer therapy", "Withdrew or lost before cut-off", "Ongoing at cut-off"
_PFS = {
    "S01": (10, 0, _PROGRESSION), "S02": (20, 3, _THERAPY), "S03": (30, 0, _PROGRESSION), "S04": (40, 5, _LOST),
    "S05": (50, 0, _DEATH), "S06": (60, 6, _ONGOING), "S07": (70, 6, _ONGOING), "S08": (80, 6, _ONGOING),
    "S09": (90, 6, _ONGOING), "S10": (100, 6, _ONGOING), "S11": (110, 6, _ONGOING), "S12": (120, 6, _ONGOING),
    "S13": (5, 0, _PROGRESSION), "S14": (15, 0, _PROGRESSION), "S15": (25, 0, _PROGRESSION),
    "S16": (35, 0, _PROGRESSION), "S17": (45, 0, _DEATH), "S18": (55, 0, _PROGRESSION), "S19": (65, 5, _LOST),
    "S20": (75, 0, _PROGRESSION), "S21": (85, 6, _ONGOING), "S22": (95, 6, _ONGOING), "S23": (105, 0, _DEATH),
    "S24": (115, 6, _ONGOING),
}  # fmt: skip
_DEATHS = {
    "S03": (90, "Disease"), "S05": (50, "Adverse event"), "S14": (60, "Disease"), "S17": (45, None),
    "S23": (105, "Disease"),
}  # fmt: skip
_BEST = {
    "S03": "PR",
    "S04": "CR",
    "S05": "PD",
    "S06": "SD",
    "S07": "SD",
    "S09": "NON-CR/NON-PD",
    "S14": "PD",
    "S15": "PR",
}
#  subject system term grade serious related stopped period onset_unknown
_EVENTS = """
S01 Nervous  Headache     1 - - - - -
S02 Gastro   Nausea       2 - Y - 1 -
S03 Nervous  Headache     2 - - - 1 -
S03 Nervous  Headache     3 - Y - 1 -
S03 Gastro   Nausea       1 - Y - 1 -
S04 Vascular Hypertension 3 Y Y Y 1 -
S05 Vascular Embolism     3 - - - 1 -
S05 Vascular Embolism     5 Y - - 1 -
S06 Nervous  Headache     - - - - 1 -
S14 Gastro   Nausea       1 - - - 1 -
S15 Gastro   Nausea       1 - - - 1 -
S15 Vascular Hypertension 4 Y Y - 2 -
S15 Gastro   Nausea       3 - - - 2 -
S16 Nervous  Headache     2 - - - - -
S18 Gastro   Nausea       2 - - - 1 Y
"""


def protocol_data() -> dict[str, Any]:
    """The protocol as a dictionary, for tests that change a part of it."""
    models = {"test": {"logrank": {"strata": "randomization"}}, "effect": {"cox": {"strata": "randomization"}}}
    return {
        "equipoise": 1,
        "trial": {"id": "SMALL", "title": "A made-up trial", "masking": "double_blind", "synthetic": True},
        "arms": {
            "active": {"label": "Active", "role": "experimental", "dose_unit": "mg"},
            "control": {"label": "Control", "role": "control", "dose_unit": "mg"},
        },
        "baseline": {
            "age": {"type": "number", "unit": "years", "univariate": True},
            "sex": {"levels": {"F": "Female", "M": "Male"}, "univariate": True},
            "region": {"levels": ["north", "south", "east"], "univariate": True},
            "prior": {"label": "Prior therapy", "type": "boolean", "univariate": True},
        },
        "randomization": {
            "ratio": {"active": 1, "control": 1},
            "method": {"permuted_blocks": {"sizes": [4]}},
            "strata": {"region": {"label": "Region", "expression": "region"}},
        },
        "visits": {"tumor_assessment": {"every_weeks": 8, "window_days": 4}},
        "crossover": {"from": "control", "to": "active"},
        "endpoints": {
            "pfs": {
                "label": "Progression-free survival",
                "paramcd": "PFS",
                "events": ["central_progression", "death"],
                "sensitivity": ["A"],
                "landmarks_months": [1, 5],
                "months_days": 30,
            },
            "os": {"label": "Overall survival", "paramcd": "OS", "events": ["death"]},
            "response": {"label": "Response", "kind": "response", "paramcd": "ORR", "assessor": "central"},
        },
        "populations": {
            "itt": {"label": "Intention to treat", "members": "randomized"},
            "safety": {"label": "Safety", "members": "randomized and treated", "arm": "received"},
        },
        "subgroups": {
            "sex": {"field": "sex", "minimum_events": 3},
            "region": {"field": "region", "minimum_events": 2},
            "age": {"levels": {"Below 60": "age < 60", "60 and above": "age >= 60"}, "minimum_events": 2},
        },
        "analyses": {
            "primary": {
                "endpoint": "pfs", "population": "itt", "role": "primary", **models,
                "sided": 1, "alpha": 0.10, "subgroups": True,
            },
            "survival": {"endpoint": "os", "population": "itt", "test": {"logrank": {}}, "effect": {"cox": {}}},
            "response": {"endpoint": "response", "population": "itt", "effect": {"risk_difference": True}},
        },
        "data_cuts": {"final": {"cutoff": CUTOFF, "label": "Final analysis", "default": True}},
    }  # fmt: skip


def protocol(**changes: Any) -> Protocol:
    """The protocol, with top-level parts replaced."""
    return Protocol.model_validate(protocol_data() | changes)


def _rows(text: str) -> list[list[str | None]]:
    return [[None if word == "-" else word for word in line.split()] for line in text.strip().splitlines()]


def _adsl() -> pl.DataFrame:
    rows: list[dict[str, Any]] = []
    for k, (name, arm, received, frozen, corrected, sex, age, prior, days, stop, why, left) in enumerate(
        _rows(_SUBJECTS)
    ):
        # two subjects, one of each arm, every ten days; those after the eighth pair sixty days later
        start = DAY_ZERO + dt.timedelta(days=10 * (k % 12) + (60 if k % 12 >= 8 else 0))
        first = start + dt.timedelta(days=1) if received else None
        died = _DEATHS.get(str(name))
        rows.append(
            {
                "USUBJID": name, "SITEID": "101" if k % 3 else "102", "ARMID": arm, "AARMID": received, "RANDFL": "Y",
                "RANDDT": start, "TRTSDT": first,
                "TRTEDT": first + dt.timedelta(days=int(days) - 1) if first and days else None,
                "CROSSFL": "Y" if name in ("S15", "S16", "S17") else "N", "EOTSTT": stop,
                "DCTREAS": why.replace("_", " ") if why else None,
                "EOSSTT": "DISCONTINUED" if left else "ONGOING", "DCSREAS": left,
                "DTHFL": "Y" if died else None, "DTHDT": start + dt.timedelta(days=died[0] - 1) if died else None,
                "DTHCAUS": died[1] if died else None,
                "STRAT1R": frozen, "STRAT1V": corrected, "SEX": sex, "AGE": float(age) if age else None,
                "REGION": corrected or frozen, "PRIOR": prior,
                "ITTFL": "Y", "SAFFL": "Y" if received else "N", "SAFRSN": None if received else "not treated",
                "SCRFREAS": None, "TR02EDT": None,
            }
        )  # fmt: skip
    for name, reason in (("S25", "Not eligible"), ("S26", "Not eligible"), ("S27", None)):
        blank = dict.fromkeys(rows[0])
        rows.append({**blank, "USUBJID": name, "RANDFL": "N", "ITTFL": "N", "SAFFL": "N", "SCRFREAS": reason})
    dates = dict.fromkeys(("RANDDT", "TRTSDT", "TRTEDT", "DTHDT", "TR02EDT"), pl.Date)
    return pl.DataFrame(rows, schema_overrides={**dates, "SCRFREAS": pl.String, "ITTRSN": pl.String})


def _adtte() -> pl.DataFrame:
    rows = []
    for name, (days, cnsr, words) in _PFS.items():
        rows.append((name, "pfs", "P", days, cnsr, words if cnsr == 0 else None, words if cnsr else None))
        if name == "S23":
            rows.append((name, "pfs", "A", 95, 4, None, "Event after two missed assessments"))
        else:
            rows.append((name, "pfs", "A", *rows[-1][3:]))
        day, event = (_DEATHS[name][0], 0) if name in _DEATHS else (150, 1)
        rows.append((name, "os", "P", day, event, "Death" if event == 0 else None, "Alive" if event else None))
    names = ["USUBJID", "ENDPT", "RULESET", "AVAL", "CNSR", "EVNTDESC", "CNSREAS"]
    frame = pl.DataFrame(rows, schema=names, orient="row").join(_adsl().select("USUBJID", "RANDDT"), on="USUBJID")
    ended = pl.col("RANDDT") + pl.duration(days=pl.col("AVAL") - 1)
    return frame.with_columns(ADT=ended.cast(pl.Date)).drop("RANDDT")


def _adae() -> pl.DataFrame:
    rows = []
    for name, system, term, grade, serious, related, stopped, period, unknown in _rows(_EVENTS):
        rows.append(
            {
                "USUBJID": name, "AEBODSYS": system, "AEDECOD": term, "AGRADEN": int(grade) if grade else None,
                "SERFL": serious, "RELFL": related, "DISCFL": stopped, "DTHAEFL": "Y" if grade == "5" else None,
                "APERIOD": int(period) if period else None, "TRTEMFL": "Y" if period else None, "UNKONSFL": unknown,
            }
        )  # fmt: skip
    return pl.DataFrame(rows, schema_overrides={"DISCFL": pl.String, "UNKONSFL": pl.String, "DTHAEFL": pl.String})


def _adex() -> pl.DataFrame:
    rows = []
    for name, *_, days, _, _, _ in _rows(_SUBJECTS):
        if days:
            rows += [(name, "TRTDUR", float(days)), (name, "CUMDOSE", 10.0 * int(days)), (name, "RDI", 100.0)]
    return pl.DataFrame(rows, schema=["USUBJID", "PARAMCD", "AVAL"], orient="row")


def adam() -> dict[str, pl.DataFrame]:
    """The data sets of the trial."""
    best = [(name, "CBOR", "central", answer) for name, answer in _BEST.items()]
    best += [(f"S{k:02d}", "CBOR", "central", "NE") for k in range(16, 25)] + [("S13", "CBOR", "central", "MISSING")]
    best += [("S06", "CBOR", "local", "PR"), ("S06", "BOR", "central", "PR")]
    best += [(f"S{k:02d}", "MDIS", "central", "N" if k in (4, 14, 24) else "Y") for k in range(1, 25)]
    columns = ["USUBJID", "PARAMCD", "ASSESSOR", "AVALC"]
    adrs = pl.DataFrame(best, schema=columns, orient="row")
    return {"ADSL": _adsl(), "ADTTE": _adtte(), "ADRS": adrs, "ADAE": _adae(), "ADEX": _adex()}


def results_of(
    data: Mapping[str, pl.DataFrame] | None = None, declared: Protocol | None = None, cutoff: dt.date = CUTOFF
) -> Results:
    """Analyze the trial, or a changed version of it."""
    return analyze(declared or protocol(), adam() if data is None else data, [], cut_name="final", cutoff=cutoff)


def find(results: Results, **where: Any) -> pl.DataFrame:
    """Statistics rows with these values; None finds empty ones."""
    conditions = [pl.col(k).is_null() if v is None else pl.col(k) == v for k, v in where.items()]
    return results.statistics.filter(*conditions)


def value(results: Results, **where: Any) -> float:
    """The value of the one row with these columns."""
    rows = find(results, **where)
    assert rows.height == 1, f"{rows.height} rows for {where}: {rows}"
    found = rows["value"][0]
    assert found is not None, rows
    return float(found)
