"""Bad tumor data, each through the whole derivation: a finding with subject, visit and lesion, and what it did."""

from typing import Any

import polars as pl
import pytest
from tests.derive.made_up import protocol, sdtm, subject
from tests.derive.made_up_lesions import reading, records, with_tumors

from equipoise.cdisc import Finding
from equipoise.derive import Derived, derive
from equipoise.protocol import DataCut

ENDPOINTS = {"pfs": {"label": "PFS", "paramcd": "PFS", "events": ["local_progression", "death"]}}
GOOD = {-6: {"T1": 60, "T2": 40}, 85: {"T1": 60, "T2": 40}, 169: {"T1": 80, "T2": 50}}


def derived(*parts: Any, text: bool = False) -> Derived:
    data = with_tumors(sdtm(subject("1", baseline=False)), *parts)
    if text:
        data["TR"] = data["TR"].with_columns(pl.col("TRSTRESN").cast(pl.String))
    return derive(protocol(endpoints=ENDPOINTS), data, cut=("all", DataCut()))


def change(rows: dict[str, Any], lesion: str, visit: int, **values: Any) -> dict[str, Any]:
    """A reading with other values of one lesion at one visit."""
    match = {"TRLNKID": lesion, "VISITNUM": float(visit)}
    changed = [{**r, **values} if all(r[k] == v for k, v in match.items()) else r for r in rows["TR"]]
    return {**rows, "TR": changed}


def told(found: Derived, code: str) -> Finding:
    findings = [f for f in found.findings if f.code == code]
    assert len(findings) == 1, [(f.code, f.row_key) for f in found.findings]
    assert findings[0].subject == "1"
    return findings[0]


def responses(found: Derived) -> list[str]:
    return found.adam["ADTR"].filter(pl.col("PARAMCD") == "OVRLRESP")["AVALC"].to_list()


def event(found: Derived) -> str:
    row = found.adam["ADTTE"].row(0, named=True)
    return f"{'C' if row['CNSR'] else 'E'} {row['AVAL']}"


PLACE = "USUBJID=1, reader=local, visit=SCAN 1, day=85, lesion=T2"
UNMEASURED = "counts as not measured: the sum of the visit is incomplete"


@pytest.mark.parametrize(
    ("values", "code", "seen", "effect", "response"),
    [
        ({"TRSTRESN": -40.0}, "diameter-negative", "-40.0", UNMEASURED, "NE"),
        (
            {"TRSTRESN": None, "TRSTRESC": "forty", "TRORRES": "forty"},
            "diameter-not-a-number",
            "forty",
            UNMEASURED,
            "NE",
        ),
        ({"TRSTRESU": None}, "unit-unknown", "40.0 without unit", UNMEASURED, "NE"),
        ({"TRSTRESU": "in"}, "unit-unknown", "40.0 in", UNMEASURED, "NE"),
        ({"TRSTRESN": 4.0, "TRSTRESU": "cm"}, "unit-is-cm", "4.0 cm", "multiplied by 10", "SD"),
    ],
)
def test_a_diameter_that_cannot_be_taken_as_it_is(
    values: dict[str, Any], code: str, seen: str, effect: str, response: str
) -> None:
    found = derived(change(reading("1", GOOD), "T2", 1, **values))
    finding = told(found, code)
    assert (finding.dataset, finding.row_key, finding.seen, finding.effect) == ("TR", PLACE, seen, effect)
    assert responses(found) == [response, "PD"]
    assert event(found) == "E 169"


def test_a_numeric_column_that_came_as_text() -> None:
    found = derived(change(reading("1", GOOD), "T2", 1, TRSTRESN=-40.0), text=True)
    assert told(found, "diameter-negative").row_key == PLACE


def test_no_variable_for_the_unit_at_all() -> None:
    data = with_tumors(sdtm(subject("1", baseline=False)), reading("1", GOOD))
    data["TR"] = data["TR"].drop("TRSTRESU")
    found = derive(protocol(endpoints=ENDPOINTS), data, cut=("all", DataCut()))
    finding = next(f for f in found.findings if f.code == "unit-assumed")
    assert finding.effect == "all diameters are taken as millimeters"
    assert responses(found) == ["SD", "PD"]


def test_a_target_lesion_that_was_not_there_at_baseline() -> None:
    found = derived(reading("1", {**GOOD, 85: {"T1": 60, "T2": 40, "T3": 30}}))
    finding = told(found, "not-at-baseline")
    assert (finding.row_key, finding.effect) == (
        "USUBJID=1, reader=local, visit=SCAN 1, day=85, lesion=T3",
        "not used: neither in the sum nor in the non-target response",
    )
    assert responses(found) == ["SD", "PD"]


def test_two_measurements_of_a_lesion_on_a_day() -> None:
    rows = reading("1", GOOD)
    twice = [{**r, "TRSTRESN": 45.0} for r in rows["TR"] if r["TRLNKID"] == "T2" and r["VISITNUM"] == 1]
    found = derived({**rows, "TR": rows["TR"] + twice})
    finding = told(found, "measured-twice")
    assert (finding.severity, finding.row_key) == ("error", PLACE)
    assert finding.effect == "the lesion counts as not evaluable at the visit: neither value is chosen"
    assert responses(found) == ["NE", "PD"]


def test_a_scan_long_before_the_baseline() -> None:
    rows = reading("1", {-60: {"T1": 20, "T2": 20}, **GOOD})
    found = derived(rows)
    findings = [f for f in found.findings if f.code == "visit-before-baseline"]
    assert [(f.row_key, f.effect) for f in findings] == [
        (f"USUBJID=1, reader=local, visit=SCAN 0, day=-60, lesion={lesion}", "row not used") for lesion in ("T1", "T2")
    ]
    assert found.adam["ADTR"].filter(pl.col("ABLFL") == "Y")["AVAL"].to_list() == [100.0]


def test_too_many_target_lesions_and_a_small_node() -> None:
    six = {f"T{n}": 20 for n in range(1, 7)}
    found = derived(reading("1", {-6: six, 85: six}))
    finding = told(found, "too-many-targets")
    place = "USUBJID=1, reader=local, visit=SCAN 0, day=-6, lesion="
    assert (finding.seen, finding.row_key) == ("6 target lesions", f"{place}T1, T2, T3, T4, T5, T6")
    rows = reading("1", {-6: {"T1": 20, "T2": 20, "T3": 20, "L1": 14}, 85: {"T1": 20, "T2": 20, "T3": 20, "L1": 14}})
    one_organ = [{**r, "TULOC": r["TULOC"] if r["TULNKID"] == "L1" else "LIVER"} for r in rows["TU"]]
    found = derived({**rows, "TU": one_organ})
    finding = told(found, "too-many-targets-in-organ")
    assert (finding.seen, finding.row_key) == ("3 target lesions in LIVER", f"{place}T1, T2, T3")
    node = told(found, "node-too-small")
    assert (node.seen, node.row_key) == ("14.0 mm", "USUBJID=1, reader=local, visit=SCAN 0, day=-6, lesion=L1")
    assert node.effect == "used as recorded: the reader's choice is not changed"


def test_a_response_recorded_without_a_scan() -> None:
    found = derived(reading("1", GOOD), records("1", "local", {85: "SD", 130: "PD", 169: "PD"}))
    finding = told(found, "response-without-scan")
    assert (finding.severity, finding.dataset, finding.seen) == ("error", "RS", "recorded PD")
    assert finding.row_key == "USUBJID=1, reader=local, visit=DAY 130, date=2020-05-14"
    assert finding.effect == "not used: there is nothing to recompute it from"
    assert event(found) == "E 169"


def test_a_partial_date_of_a_scan_with_progression_dates_nothing() -> None:
    rows = reading("1", {**GOOD, 253: {"T1": 80, "T2": 50}})
    for row in rows["TR"]:
        if row["VISITNUM"] == 2:
            row["TRDTC"] = "2020-06"
    found = derived(rows)
    finding = told(found, "partial-date")
    assert (finding.row_key, finding.seen) == ("USUBJID=1, reader=local, visit=SCAN 2", "2020-06")
    assert event(found) == "C 85"
    shown = found.adam["ADRS"].filter(pl.col("PARAMCD") == "OVR").select("AVALC", "ADT").rows()
    assert ("PD", None) in shown


def test_a_partial_date_without_progression_is_shown_and_censors_nothing() -> None:
    rows = reading("1", {-6: {"T1": 60}, 85: {"T1": 60}, 169: {"T1": 60}})
    for row in rows["TR"]:
        if row["VISITNUM"] == 2:
            row["TRDTC"] = "2020-06"
    found = derived(rows)
    assert event(found) == "C 85"
    row = found.adam["ADRS"].filter(pl.col("PARAMCD") == "OVR").row(1, named=True)
    assert (row["AVALC"], row["ADT"].isoformat(), row["ADTF"]) == ("SD", "2020-06-30", "D")


def test_a_date_that_one_scan_of_the_visit_lacks_is_that_of_the_others() -> None:
    found = derived(change(reading("1", GOOD), "T2", 2, TRDTC="2020-06"))
    assert responses(found) == ["SD", "PD"]
    assert told(found, "partial-date").row_key == "USUBJID=1, reader=local, visit=SCAN 2"


def test_a_row_without_any_date_is_left_out() -> None:
    found = derived(change(reading("1", GOOD), "T2", 1, TRDTC=None, VISITNUM=None, VISIT=None))
    assert told(found, "day-missing").effect == "row not used"
    assert responses(found) == ["NE", "PD"]


def test_a_sum_that_differs_from_the_recorded_one() -> None:
    rows = reading("1", GOOD)
    recorded = {"TRTESTCD": "SUMDIAM", "TRLNKID": None, "TRSTRESN": 98.0}
    extra = [{**r, **recorded} for r in rows["TR"] if r["TRLNKID"] == "T1" and r["VISITNUM"] == 1]
    found = derived({**rows, "TR": rows["TR"] + extra})
    finding = told(found, "sum-differs")
    assert (finding.seen, finding.expected) == ("recorded 98 mm", "100 mm, recomputed from the target lesions measured")


def test_a_target_lesion_identified_and_never_measured() -> None:
    rows = reading("1", GOOD)
    lone = {**rows["TU"][0], "TULNKID": "T9"}
    found = derived({**rows, "TU": [*rows["TU"], lone]})
    finding = told(found, "baseline-not-measured")
    assert (finding.row_key, finding.effect) == (
        "USUBJID=1, reader=local, visit=SCAN 0, day=-6, lesion=T9",
        "not used: the lesion is in no sum",
    )
    assert responses(found) == ["SD", "PD"]
