"""Every endpoint of the A021202 protocol file from made-up SDTM: two placebo patients and one on the drug."""

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.derive.made_up import DAY_1, sdtm, subject
from tests.derive.made_up_lesions import reading, with_tumors

from equipoise.derive import Derived, derive
from equipoise.protocol import DataCut, load_protocol

TRIAL = Path(__file__).parents[2] / "trials/a021202/protocol.yaml"
FACTS = {
    "PRIMSITE": "small_bowel",
    "GRADE": "low",
    "POORDIFF": "N",
    "FUNCTNL": "Y",
    "UNRESECT": "Y",
    "EXCLHIST": "N",
    "PRIORSSA": "Y",
    "CONCSSA": "N",
    "PDONSSA": "Y",
    "PDDTC": "2019-10-01",
    "PRIORPRT": "N",
    "PRIORVGF": "N",
    "PRIOREVE": "N",
    "MEASDIS": "Y",
    "CGAULN": "4",
    "HIAAULN": "3",
    "PRRTEND": "2015-01-01",
    "PDPRRT": "Y",
}
CENTRAL = ("RADIOLOGIST 1", "RADIOLOGIST 2")


def lab(  # noqa: PLR0917
    name: str, number: int, test: str, day: int, value: float, unit: str
) -> dict[str, Any]:
    date = (DAY_1 + dt.timedelta(days=day - 1)).isoformat()
    keys = {"STUDYID": "A021202", "DOMAIN": "LB", "USUBJID": name, "LBSEQ": number, "LBTESTCD": test, "LBDTC": date}
    return {**keys, "LBSTRESN": value, "LBSTRESU": unit, "LBSTNRHI": 100.0 if test == "CGA" else 8.0, "LBMETHOD": "M"}


def dose(treatment: str, first: int, last: int) -> dict[str, Any]:
    return {"EXTRT": treatment, "EXDOSE": 800.0, "EXSTDTC": first, "EXENDTC": last}


def stop(reason: str, day: int) -> list[dict[str, Any]]:
    where = {"DSCAT": "DISPOSITION EVENT", "DSSCAT": "STUDY TREATMENT", "DSSTDTC": day}
    return [{**where, "DSDECOD": reason, "DSTERM": reason}]


@pytest.fixture(scope="module")
def found() -> Derived:
    people = [
        subject("drug", "PAZ", ex=[dose("PAZOPANIB", 1, 400)], ds=stop("ADVERSE EVENT", 401), baseline=False),
        subject(
            "crossed",
            "PBO",
            ex=[dose("PLACEBO", 1, 175), dose("PAZOPANIB", 180, 400)],
            baseline=False,
        ),
        subject("untreated", "PBO", death=300, baseline=False),
    ]
    courses = {
        "drug": {-6: {"T1": 50}, 85: {"T1": 30}, 169: {"T1": 30}, 253: {"T1": 30}, 337: {"T1": 40}},
        "crossed": {-6: {"T1": 50}, 85: {"T1": 50}, 169: {"T1": 80}, 253: {"T1": 60}, 337: {"T1": 75}},
        "untreated": {-6: {"T1": 50}},
    }
    parts = [reading(n, c, who, accepted=who == CENTRAL[0]) for n, c in courses.items() for who in ("local", *CENTRAL)]
    data = with_tumors(sdtm(*people), *parts)
    data = {name: frame.with_columns(STUDYID=pl.lit("A021202")) for name, frame in data.items() if name != "LB"}
    rows = [
        {"STUDYID": "A021202", "RDOMAIN": "DM", "USUBJID": n, "QNAM": q, "QLABEL": q, "QVAL": v}
        for n in courses
        for q, v in FACTS.items()
    ]  # fmt: skip
    data["SUPPDM"] = pl.DataFrame(rows, schema=dict.fromkeys(rows[0], pl.String))
    labs = [
        lab("drug", 1, "CGA", 1, 400, "ug/L"), lab("drug", 2, "CGA", 85, 199, "ng/mL"),
        lab("drug", 3, "HIAA5", 1, 20, "mg/24h"), lab("drug", 4, "HIAA5", 85, 30, "umol/24h"),
        lab("crossed", 1, "CGA", 1, 400, "ug/L"), lab("crossed", 2, "CGA", 253, 100, "ug/L"),
        lab("untreated", 1, "CGA", 1, 400, "ug/L"),
    ]  # fmt: skip
    data["LB"] = pl.DataFrame(labs).with_columns(LBTEST="LBTESTCD", VISIT=pl.lit("V"), VISITNUM=pl.lit(1.0))
    empty = {"VS": "VSTESTCD VSSTRESN VSDTC", "QS": "QSTESTCD QSSTRESC QSDTC", "PR": "PRCAT PRSTDTC"}
    for name, columns in empty.items():
        data[name] = pl.DataFrame(schema=dict.fromkeys(["STUDYID", "USUBJID", "DOMAIN", *columns.split()], pl.String))
    return derive(load_protocol(TRIAL), data, cut=("all", DataCut()))


def times(found: Derived, endpoint: str) -> dict[str, str]:
    rows = found.adam["ADTTE"].filter(pl.col("ENDPT") == endpoint, pl.col("PRIMFL") == "Y")
    return {r["USUBJID"]: f"{'C' if r['CNSR'] else 'E'} {r['AVAL']}" for r in rows.iter_rows(named=True)}


def test_times_to_event(found: Derived) -> None:
    assert times(found, "pfs_central") == {"drug": "E 337", "crossed": "E 169", "untreated": "E 300"}
    assert times(found, "pfs_local") == times(found, "pfs_central")
    assert times(found, "ttf") == {"drug": "E 337", "crossed": "E 169", "untreated": "E 300"}
    assert times(found, "time_to_response") == {"drug": "E 85"}
    assert times(found, "duration_of_response") == {"drug": f"E {337 - 85 + 1}"}
    # after crossover on day 180 the sum of day 169 is the new baseline, that of day 253 the new nadir
    assert times(found, "pfs_crossover") == {"crossed": f"E {337 - 180 + 1}"}


def test_responses(found: Derived) -> None:
    rows = found.adam["ADRS"].filter(pl.col("PARAMCD").is_in(["CBOR", "CGARESP", "HIARESP"]))
    rows = rows.filter(pl.col("ASSESSOR").is_null() | (pl.col("ASSESSOR") == "central"))
    assert rows.select("PARAMCD", "USUBJID", "AVALC").sort("PARAMCD", "USUBJID").rows() == [
        ("CBOR", "crossed", "SD"),
        ("CBOR", "drug", "PR"),
        ("CBOR", "untreated", "MISSING"),
        ("CGARESP", "crossed", "N"),  # the fall came after progression
        ("CGARESP", "drug", "Y"),
        ("CGARESP", "untreated", "N"),
        ("HIARESP", "drug", "Y"),  # 30 umol are 5.7 mg
    ]
