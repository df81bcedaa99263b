"""Lesions of made-up subjects as TU and TR: a reader's visits in study days, sizes in mm, states in words."""

from collections.abc import Mapping
from typing import Any

import polars as pl
from tests.derive.made_up import Sdtm, iso

__all__ = ["reading", "records", "with_tumors"]

Sizes = Mapping[str, float | str | None]
_TU = "TULNKID TUTESTCD TUSTRESC TULOC TUEVAL TUEVALID VISIT TUDTC"
_TR = "TRLNKID TRGRPID TRTESTCD TRORRES TRSTRESC TRSTRESU TRSTAT TREVAL TREVALID TRACPTFL VISIT TRDTC"
_RS = "RSTESTCD RSSTRESC RSEVAL RSEVALID RSACPTFL VISIT RSDTC"


def kind(lesion: str) -> str:
    """T and L are targets (L a lymph node), NT non-target, X new."""
    return "NON-TARGET" if lesion.startswith("NT") else "NEW" if lesion.startswith("X") else "TARGET"


def evaluator(who: str) -> dict[str, str | None]:
    return {
        "EVAL": "INVESTIGATOR" if who == "local" else "INDEPENDENT ASSESSOR",
        "EVALID": None if who == "local" else who,
    }


def reading(
    name: str, visits: Mapping[int | str, Sizes], who: str = "local", *, accepted: bool = False, unit: str | None = "mm"
) -> dict[str, list[dict[str, Any]]]:
    """A reader's measurements; a number is a diameter, None is not measured, a word is a state."""
    tu: dict[str, dict[str, Any]] = {}
    tr: list[dict[str, Any]] = []
    for place, (day, sizes) in enumerate(visits.items()):
        visit = {"VISIT": f"SCAN {place}", "VISITNUM": float(place)}
        for lesion, value in sizes.items():
            organ = "LYMPH NODE" if lesion.startswith("L") else f"ORGAN {lesion}"
            tu.setdefault(
                lesion,
                {"LNKID": lesion, "TESTCD": "TUMIDENT", "STRESC": kind(lesion), "LOC": organ, "DTC": day, **visit},
            )
            row: dict[str, Any] = {"LNKID": lesion, "GRPID": kind(lesion), "DTC": day, **visit}
            row["ACPTFL"] = "Y" if accepted else None
            if value is None:
                row |= {"TESTCD": "LDIAM", "STAT": "NOT DONE"}
            elif isinstance(value, str):
                row |= {"TESTCD": "TUMSTATE", "STRESC": value}
            else:
                test = "LPERP" if organ == "LYMPH NODE" else "LDIAM"
                row |= {"TESTCD": test, "STRESN": float(value), "STRESC": f"{value:g}", "STRESU": unit}
            tr.append(row)
    return {"TU": _named("TU", name, who, list(tu.values())), "TR": _named("TR", name, who, tr)}


def records(
    name: str, who: str, responses: Mapping[int, str], *, accepted: bool = False
) -> dict[str, list[dict[str, Any]]]:
    """Overall responses as recorded, by study day."""
    rows = [
        {"TESTCD": "OVRLRESP", "STRESC": value, "DTC": day, "ACPTFL": "Y" if accepted else None, "VISIT": f"DAY {day}"}
        for day, value in responses.items()
    ]
    return {"RS": _named("RS", name, who, rows)}


def _named(domain: str, name: str, who: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    keys = {"STUDYID": "MADEUP", "USUBJID": name, "DOMAIN": domain}
    prefixed = [
        {k if k.startswith("VISIT") else f"{domain}{k}": v for k, v in {**evaluator(who), **row}.items()}
        for row in rows
    ]
    return [{**keys, **row, f"{domain}DTC": iso(row[f"{domain}DTC"])} for row in prefixed]


def with_tumors(data: Sdtm, *parts: Mapping[str, list[dict[str, Any]]], drop_recorded: bool = True) -> Sdtm:
    """Replace TU, TR and RS of made-up data; sequence numbers count the rows of each subject."""
    out = dict(data)
    for domain, names in (("TU", _TU), ("TR", _TR), ("RS", _RS)):
        rows = [row for part in parts for row in part.get(domain, [])]
        counts: dict[str, int] = {}
        for row in rows:
            counts[row["USUBJID"]] = counts.get(row["USUBJID"], 0) + 1
            row[f"{domain}SEQ"] = counts[row["USUBJID"]]
        schema: dict[str, Any] = dict.fromkeys(["STUDYID", "DOMAIN", "USUBJID", *names.split()], pl.String)
        schema |= {f"{domain}SEQ": pl.Int64, "VISITNUM": pl.Float64}
        schema |= {"TRSTRESN": pl.Float64} if domain == "TR" else {}
        frame = pl.DataFrame(rows, schema=schema)
        if domain == "RS" and not drop_recorded:
            frame = pl.concat([data["RS"], frame], how="diagonal")
        out[domain] = frame
    return out
