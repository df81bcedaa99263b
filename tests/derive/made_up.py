"""A small made-up trial as SDTM: two arms, day 1 = 2020-01-06, scans every 84 days, facts given in study days."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import polars as pl

from equipoise.protocol import Protocol

__all__ = ["DAY_1", "PROTOCOL", "Sdtm", "iso", "protocol", "sdtm", "subject"]

DAY_1 = dt.date(2020, 1, 6)
Sdtm = dict[str, pl.DataFrame]

PROTOCOL: dict[str, Any] = {
    "equipoise": 1,
    "trial": {"id": "MADEUP", "title": "A made-up trial", "masking": "double_blind"},
    "arms": {
        "drug": {
            "label": "Drug",
            "role": "experimental",
            "sdtm": ["DRG"],
            "treatments": ["DRUG"],
            "dose_levels": [800, 600],
            "doses_per_day": 1,
        },
        "placebo": {"label": "Placebo", "role": "control", "sdtm": ["PLA"], "treatments": ["PLACEBO"]},
    },
    "baseline": {
        "age": {"type": "integer", "sdtm": {"domain": "DM", "variable": "AGE"}},
        "sex": {"type": "category", "levels": ["F", "M"], "sdtm": {"domain": "DM", "variable": "SEX"}},
    },
    "randomization": {
        "ratio": {"drug": 1, "placebo": 1},
        "method": {"permuted_blocks": {"sizes": [4]}},
    },
    "visits": {"tumor_assessment": {"every_weeks": 12, "window_days": 7}},
    "new_therapy": {
        "systemic": {
            "label": "Other systemic therapy",
            "counts": True,
            "sdtm": [{"domain": "CM", "date": "CMSTDTC", "where": {"CMCAT": ["ANTICANCER"]}}],
        },
        "palliative": {
            "label": "Palliative radiotherapy",
            "counts": False,
            "sdtm": [{"domain": "CM", "date": "CMSTDTC", "where": {"CMCAT": ["RADIOTHERAPY"]}}],
        },
    },
    "endpoints": {
        "pfs": {
            "label": "Progression-free survival",
            "paramcd": "PFS",
            "events": ["central_progression", "death"],
            "rule_set": "P",
            "sensitivity": ["A", "B", "C", "K"],
            "clinical_progression": {
                "domain": "DS",
                "variable": "DSSTDTC",
                "where": {"DSDECOD": ["CLINICAL PROGRESSION"]},
            },
        },
        "os": {"label": "Overall survival", "paramcd": "OS", "events": ["death"]},
    },
    "populations": {
        "itt": {"label": "All randomized", "members": "randomized"},
        "safety": {"label": "Treated", "members": "randomized and treated", "arm": "received"},
    },
    "safety": {"grade_variable": "AETOXGR"},
}


def protocol(**changes: Any) -> Protocol:
    """The protocol of the made-up trial; keys such as ``endpoints__pfs__missed_visits`` change a part of it."""

    def changed(value: Any, path: list[str], new: Any) -> Any:
        if not path:
            return new
        return {**(value or {}), path[0]: changed((value or {}).get(path[0]), path[1:], new)}

    content = PROTOCOL
    for path, new in changes.items():
        content = changed(content, path.split("__"), new)
    return Protocol.model_validate(content)


def iso(day: int | str | None) -> str | None:
    """ISO 8601 text of a study day (day 1 = 2020-01-06; 0 is the day before); text stays as it is."""
    if day is None or isinstance(day, str):
        return day
    return (DAY_1 + dt.timedelta(days=day - 1)).isoformat()


_COLUMNS: Mapping[str, str] = {
    "DM": "SUBJID SITEID ARMCD ACTARMCD RFICDTC DTHDTC DTHFL SEX BRTHDTC",
    "DS": "DSCAT DSSCAT DSDECOD DSTERM DSSTDTC",
    "EX": "EXTRT EXDOSFRQ EXSTDTC EXENDTC",
    "AE": "AETERM AEDECOD AEBODSYS AETOXGR AESER AEREL AEACN AEOUT AEGRPID AESTDTC AEENDTC",
    "CM": "CMCAT CMTRT CMSTDTC",
    "RS": "RSTESTCD RSSTRESC RSEVAL VISIT RSDTC",
    "TU": "TUSTRESC TUEVAL TUDTC",
    "LB": "LBTESTCD LBTEST VISIT LBDTC LBNRIND",
}
_NUMBERS: Mapping[str, str] = {"DM": "AGE", "EX": "EXDOSE", "RS": "VISITNUM", "LB": "LBSTRESN VISITNUM"}


def _dates(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: iso(value) if name.endswith("DTC") else value for name, value in values.items()}


def subject(name: str, arm: str | None = "DRG", **facts: Any) -> dict[str, list[dict[str, Any]]]:
    """Records of one subject by domain.

    ``dm`` changes DM; ``randomized`` is the day (1), ``baseline`` whether there is a scan before; ``ok``, ``ne``,
    ``pd``, ``pr``, ``cr`` are lists of days of readings; ``death``, ``stop``, ``left`` days; ``nact``,
    ``radiotherapy``, ``clinical`` lists of days; ``ex``, ``ae``, ``lb``, ``ds`` lists of records.
    """
    randomized = facts.get("randomized", 1)
    rows: dict[str, list[dict[str, Any]]] = {d: [] for d in _COLUMNS}
    died = facts.get("death")
    dm = {"ARMCD": arm or "SCRNFAIL", "ACTARMCD": arm, "RFICDTC": -13, "SEX": "F", "AGE": 60.0, "BRTHDTC": "1960-01-01"}
    dm |= {"SUBJID": name, "SITEID": "S1", "DTHDTC": died, "DTHFL": "Y" if died else None}
    rows["DM"].append(dm | facts.get("dm", {}))
    if arm is not None:
        rows["DS"].append({"DSCAT": "PROTOCOL MILESTONE", "DSDECOD": "RANDOMIZED", "DSSTDTC": randomized})
    for key, category, term in (
        ("stop", "STUDY TREATMENT", "ADVERSE EVENT"),
        ("left", "STUDY PARTICIPATION", "WITHDRAWAL BY SUBJECT"),
    ):
        if key in facts:
            event = {"DSCAT": "DISPOSITION EVENT", "DSSCAT": category, "DSDECOD": term, "DSSTDTC": facts[key]}
            rows["DS"].append(event)
    rows["DS"] += [
        {"DSCAT": "OTHER EVENT", "DSDECOD": "CLINICAL PROGRESSION", "DSSTDTC": d} for d in facts.get("clinical", [])
    ]
    rows["DS"] += facts.get("ds", [])
    rows["EX"] += facts.get("ex", [])
    rows["AE"] += [{"AETERM": "Event", "AEDECOD": "EVENT", "AEBODSYS": "BODY"} | ae for ae in facts.get("ae", [])]
    rows["LB"] += facts.get("lb", [])
    rows["CM"] += [{"CMCAT": "ANTICANCER", "CMTRT": "OTHER", "CMSTDTC": d} for d in facts.get("nact", [])]
    rows["CM"] += [{"CMCAT": "RADIOTHERAPY", "CMTRT": "RT", "CMSTDTC": d} for d in facts.get("radiotherapy", [])]
    results = {"ok": "SD", "ne": "NE", "pd": "PD", "pr": "PR", "cr": "CR"}
    for key, response in results.items():
        rows["RS"] += [
            {
                "RSTESTCD": "OVRLRESP",
                "RSSTRESC": response,
                "RSEVAL": "INDEPENDENT ASSESSOR",
                "VISIT": f"DAY {d}",
                "RSDTC": d,
            }
            for d in facts.get(key, [])
        ]
    if facts.get("baseline", True):
        rows["TU"].append(
            {"TUSTRESC": "TARGET", "TUEVAL": "INDEPENDENT ASSESSOR", "TUDTC": facts.get("baseline_day", -6)}
        )
    for domain, records in rows.items():
        for number, record in enumerate(records, start=1):
            record |= {"STUDYID": "MADEUP", "USUBJID": name, "DOMAIN": domain}
            if domain != "DM":
                record[f"{domain}SEQ"] = number
    return {domain: [_dates(record) for record in records] for domain, records in rows.items()}


def sdtm(*subjects: Mapping[str, list[dict[str, Any]]]) -> Sdtm:
    """Data sets of subjects."""
    data = {}
    for domain, names in _COLUMNS.items():
        schema: dict[str, Any] = dict.fromkeys(["STUDYID", "DOMAIN", "USUBJID"], pl.String)
        if domain != "DM":
            schema[f"{domain}SEQ"] = pl.Int64
        schema |= dict.fromkeys(names.split(), pl.String) | dict.fromkeys(_NUMBERS.get(domain, "").split(), pl.Float64)
        records = [record for s in subjects for record in s[domain]]
        data[domain] = pl.DataFrame(records, schema=schema)
    return data
