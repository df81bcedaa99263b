"""The 62 worked lesion cases written as SDTM (TU, TR) and derived: the same answers as the rules give alone."""

from typing import Any

import polars as pl
import pytest
from tests.criteria.recist_cases import CASES, case_frame, words
from tests.derive.made_up import DAY_1, iso, protocol, sdtm, subject
from tests.derive.made_up_lesions import with_tumors

from equipoise.derive import Derived, derive
from equipoise.protocol import DataCut

LINES = CASES.strip().splitlines()
NAMES = [line.split(" | ")[0] for line in LINES]
ENDPOINTS = {"pfs": {"label": "PFS", "paramcd": "PFS", "events": ["local_progression", "death"]}}


def rows_of(line: str) -> dict[str, list[dict[str, Any]]]:
    """TU and TR of a case; a lesion that has split is T1.1 and T1.2."""
    frame = case_frame(line)
    tu: dict[str, dict[str, Any]] = {}
    tr = []
    for row in frame.iter_rows(named=True):
        split = frame.filter(pl.col("LESION") == row["LESION"], pl.col("DAY") == row["DAY"]).height > 1
        link = f"{row['LESION']}.{row['PART'] + 1}" if split else row["LESION"]
        shared = {
            "STUDYID": "MADEUP",
            "USUBJID": row["USUBJID"],
            "VISITNUM": float(row["DAY"]),
            "VISIT": f"D{row['DAY']}",
        }
        text = iso(row["DAY"])
        kind, place = row["KIND"], "LYMPH NODE" if row["NODAL"] else "LIVER"
        mark = {"TUEVAL": "INVESTIGATOR", "TUTESTCD": "TUMIDENT", "TUDTC": text}
        tu.setdefault(link, {**shared, **mark, "DOMAIN": "TU", "TULNKID": link, "TUSTRESC": kind, "TULOC": place})
        result = {**shared, "DOMAIN": "TR", "TRLNKID": link, "TRGRPID": kind, "TREVAL": "INVESTIGATOR", "TRDTC": text}
        size = {"TRTESTCD": "LPERP" if row["NODAL"] else "LDIAM"}
        if row["STATE"] == "NOT MEASURED":
            result |= {**size, "TRSTAT": "NOT DONE"}
        elif row["STATE"] == "TOO SMALL":
            result |= {**size, "TRSTRESC": "TOO SMALL TO MEASURE"}
        elif row["STATE"] is not None:
            result |= {"TRTESTCD": "TUMSTATE", "TRSTRESC": row["STATE"]}
        else:
            result |= {**size, "TRSTRESN": row["DIAMETER"], "TRSTRESU": "mm"}
        tr.append(result)
    return {"TU": list(tu.values()), "TR": tr}


@pytest.fixture(scope="module")
def all_cases() -> Derived:
    people = [subject(name, baseline=False) for name in NAMES]
    data = with_tumors(sdtm(*people), *(rows_of(line) for line in LINES))
    return derive(protocol(endpoints=ENDPOINTS), data, cut=("all", DataCut()))


def value(found: Derived, name: str, paramcd: str) -> tuple[Any, Any]:
    row = found.adam["ADRS"].row(by_predicate=(pl.col("USUBJID") == name) & (pl.col("PARAMCD") == paramcd), named=True)
    return row["AVALC"], None if row["ADT"] is None else (row["ADT"] - DAY_1).days + 1


@pytest.mark.parametrize("line", LINES, ids=NAMES)
def test_case_from_sdtm(all_cases: Derived, line: str) -> None:
    name, _, _, target, response, best, confirmed, progression, sums = line.split(" | ")
    rows = all_cases.adam["ADTR"].filter(pl.col("USUBJID") == name, pl.col("AVISITN") > 0)
    shown = rows.filter(pl.col("PARAMCD") == "OVRLRESP")
    assert shown["AVALC"].to_list() == words(response)
    measured = rows.filter(pl.col("PARAMCD") == "TRGRESP")["AVALC"].to_list()
    assert (measured or ["-"] * shown.height) == words(target)
    expected = [None if s == "~" else float(s) for s in sums.split()]
    assert (rows.filter(pl.col("PARAMCD") == "SUMDIAM")["AVAL"].to_list() or expected) == expected
    assert (value(all_cases, name, "BOR")[0], value(all_cases, name, "CBOR")[0]) == (*words(best), *words(confirmed))
    day = None if progression == "-" else int(progression)
    assert value(all_cases, name, "PD") == ("Y" if day else "N", day)
    pfs = all_cases.adam["ADTTE"].row(by_predicate=pl.col("USUBJID") == name, named=True)
    assert (pfs["AVAL"] if pfs["CNSR"] == 0 else None) == day


def test_best_response_of_the_review_is_that_of_the_responses(all_cases: Derived) -> None:
    review = all_cases.adam["ADREVIEW"].filter(pl.col("PARAMCD").is_in(["BOR", "CBOR"]))
    best = all_cases.adam["ADRS"].filter(pl.col("PARAMCD").is_in(["BOR", "CBOR"]))
    key = ["USUBJID", "PARAMCD"]
    both = review.select(*key, "AVALC").join(best.select(*key, THEIRS="AVALC"), on=key)
    assert both.height == 2 * len(LINES)
    assert both.filter(pl.col("AVALC").ne_missing(pl.col("THEIRS"))).is_empty()
