"""From lesions to ADTR, ADRS and ADTTE: recomputed responses, and what is said where the record differs."""

from typing import Any

import polars as pl
import pytest
from tests.derive.made_up import DAY_1, protocol, sdtm, subject
from tests.derive.made_up_lesions import reading, records, with_tumors

from equipoise.derive import Derived, derive
from equipoise.protocol import DataCut

LOCAL = {
    "pfs": {"label": "PFS", "paramcd": "PFS", "events": ["local_progression", "death"]},
    "orr": {"label": "Response", "kind": "response", "paramcd": "ORR", "assessor": "local"},
}


def derived(*parts: Any, people: Any = None, **changes: Any) -> Derived:
    people = people or [subject("1", baseline=False)]
    trial = protocol(**{"endpoints": LOCAL, **changes})
    return derive(trial, with_tumors(sdtm(*people), *parts), cut=("all", DataCut()))


def day(date: Any) -> int | None:
    return None if date is None else (date - DAY_1).days + 1


def adtr(found: Derived, paramcd: str, name: str = "1") -> list[tuple[Any, ...]]:
    rows = found.adam["ADTR"].filter(pl.col("PARAMCD") == paramcd, pl.col("USUBJID") == name)
    return [(day(r["ADT"]), r["AVAL"] if paramcd == "SUMDIAM" else r["AVALC"]) for r in rows.iter_rows(named=True)]


def adrs(found: Derived, paramcd: str, name: str = "1") -> tuple[str | None, int | None]:
    rows = found.adam["ADRS"].filter(pl.col("PARAMCD") == paramcd, pl.col("USUBJID") == name)
    return rows["AVALC"].item(), day(rows["ADT"].item())


def pfs(found: Derived, name: str = "1") -> str:
    row = found.adam["ADTTE"].row(by_predicate=(pl.col("USUBJID") == name) & (pl.col("ENDPT") == "pfs"), named=True)
    return f"{'C' if row['CNSR'] else 'E'} {row['AVAL']}"


def codes(found: Derived, *ignored: str) -> list[tuple[str, str | None]]:
    told = [f for f in found.findings if f.dataset in ("TU", "TR", "RS") and f.subject is not None]
    return [(f.code, f.subject) for f in told if f.code not in ignored]


HISTORY = {-6: {"T1": 60, "T2": 40}, 85: {"T1": 40, "T2": 30}, 169: {"T1": 30, "T2": 20}, 253: {"T1": 36, "T2": 26}}


def test_responses_sums_and_progression_come_from_the_lesions() -> None:
    found = derived(reading("1", HISTORY))
    assert adtr(found, "OVRLRESP") == [(85, "PR"), (169, "PR"), (253, "PD")]
    assert adtr(found, "SUMDIAM") == [(-6, 100.0), (85, 70.0), (169, 50.0), (253, 62.0)]
    assert (adrs(found, "BOR"), adrs(found, "CBOR"), adrs(found, "PD")) == (("PR", 85), ("PR", 85), ("Y", 253))
    assert pfs(found) == "E 253"
    table = found.adam["ADTR"].filter(pl.col("PARAMCD") == "SUMDIAM")
    assert table.select("AVISITN", "BASE", "CHG", "PCHG", "NADIR", "ABLFL", "ANL01FL").rows() == [
        (0, 100.0, None, None, None, "Y", None),
        (1, 100.0, -30.0, -30.0, 100.0, None, "Y"),
        (2, 100.0, -50.0, -50.0, 70.0, None, "Y"),
        (3, 100.0, -38.0, -38.0, 50.0, None, "Y"),
    ]
    row = found.adam["ADTTE"].row(by_predicate=pl.col("ENDPT") == "pfs", named=True)
    assert (row["SRCDOM"], row["SRCVAR"], row["SRCSEQ"]) == ("TR", "TRDTC", 7)
    assert not codes(found)


def test_recorded_response_that_differs_is_a_finding_and_stays_in_its_column() -> None:
    wrong = records("1", "local", {85: "PR", 169: "PR", 253: "PR"})
    for source, event, effect in (
        ("lesions", "E 253", "the recomputed response is used"),
        ("recorded", "C 253", "the recorded response is used (review.response_from)"),
    ):
        found = derived(reading("1", HISTORY), wrong, review={"response_from": source})
        assert pfs(found) == event
        rows = found.adam["ADTR"].filter(pl.col("PARAMCD") == "OVRLRESP")
        assert rows.select("AVALC", "RECORDED").rows() == [("PR", "PR"), ("PR", "PR"), ("PD", "PR")]
        finding = next(f for f in found.findings if f.code == "response-differs")
        assert (finding.subject, finding.seen, finding.effect) == ("1", "recorded PR", effect)
        assert finding.expected == "PD, recomputed from the lesions (target PD, new lesion N)"
        assert finding.row_key == "USUBJID=1, reader=local, visit=SCAN 3, date=2020-09-14"


def test_where_only_rs_exists_it_is_used_as_recorded() -> None:
    found = derived(reading("1", HISTORY), records("2", "local", {85: "SD", 169: "PD"}),
                    people=[subject("1", baseline=False), subject("2", baseline=False)])  # fmt: skip
    assert (pfs(found, "1"), pfs(found, "2")) == ("E 253", "E 169")
    assert found.adam["ADTR"].filter(pl.col("USUBJID") == "2")["SRCDOM"].unique().to_list() == ["RS"]


def test_lesions_without_any_rs_are_enough() -> None:
    data = with_tumors(sdtm(subject("1", baseline=False)), reading("1", HISTORY))
    del data["RS"]
    found = derive(protocol(endpoints=LOCAL), data, cut=("all", DataCut()))
    assert pfs(found) == "E 253"


@pytest.mark.parametrize(
    ("words", "sizes", "response"),
    [
        ("too small to measure counts 5 mm", {"T1": 12, "T2": "TOO SMALL TO MEASURE"}, "PR"),
        ("not done is not evaluable", {"T1": 28, "T2": None}, "NE"),
        ("new lesion", {"T1": 20, "T2": 12, "X1": "UNEQUIVOCAL"}, "PD"),
        ("equivocal new lesion", {"T1": 20, "T2": 12, "X1": "EQUIVOCAL"}, "SD"),
        ("all gone", {"T1": 0, "T2": 0}, "CR"),
    ],
)
def test_states_of_one_visit(words: str, sizes: dict[str, Any], response: str) -> None:
    found = derived(reading("1", {-6: {"T1": 20, "T2": 12}, 85: sizes}))
    assert adtr(found, "OVRLRESP") == [(85, response)], words


def test_nodes_are_measured_by_their_short_axis() -> None:
    rows = reading("1", {-6: {"T1": 20, "L1": 20}, 85: {"T1": 0, "L1": 9.9}})
    long_axis = [{**row, "TRTESTCD": "LDIAM", "TRSTRESN": 31.0} for row in rows["TR"] if row["TRLNKID"] == "L1"]
    rows["TR"] += long_axis
    found = derived(rows)
    assert adtr(found, "OVRLRESP") == [(85, "CR")]
    assert adtr(found, "SUMDIAM") == [(-6, 40.0), (85, 9.9)]


def test_split_and_merged_lesions_by_their_link_identifier() -> None:
    visits = {-6: {"T1": 50, "T2": 30, "T3": 25}, 85: {"T1.1": 22, "T1.2": 20, "T2/T3": 48}}
    found = derived(reading("1", visits))
    assert adtr(found, "SUMDIAM") == [(-6, 105.0), (85, 90.0)]
    assert not [c for c in codes(found) if c[0] == "not-at-baseline"]


def test_non_target_only_and_progression_of_non_target_lesions() -> None:
    visits = {-6: {"NT1": "PRESENT"}, 85: {"NT1": "PRESENT"}, 169: {"NT1": "UNEQUIVOCAL"}}
    found = derived(reading("1", visits))
    assert adtr(found, "OVRLRESP") == [(85, "NON-CR/NON-PD"), (169, "PD")]
    assert (adrs(found, "BOR"), adrs(found, "MDIS")) == (("NON-CR/NON-PD", 85), ("N", None))


def test_equivocal_new_lesion_is_dated_back_when_confirmed() -> None:
    visits = {-6: {"T1": 20}, 85: {"T1": 20, "X1": "EQUIVOCAL"}, 169: {"T1": 20, "X1": "UNEQUIVOCAL"}}
    found = derived(reading("1", visits))
    assert (pfs(found), adrs(found, "PD")) == ("E 85", ("Y", 85))


def test_progression_has_the_day_of_the_scan_that_shows_it() -> None:
    rows = reading("1", {-6: {"T1": 60, "T2": 40}, 83: {"T1": 60, "T2": 40, "X1": "UNEQUIVOCAL"}})
    for row in rows["TR"]:
        if row["TRLNKID"] in ("T1", "T2") and row["VISITNUM"] == 1:
            row["TRDTC"] = "2020-04-01"  # day 87, the same visit
    found = derived(rows)
    assert pfs(found) == "E 83"
    assert pfs(derived(rows, review={"progression_date": "scheduled_visit"})) == "E 85"


def test_unscheduled_visits_of_one_number_are_not_one_visit() -> None:
    rows = reading("1", {-6: {"T1": 50}, 60: {"T1": 50}, 130: {"T1": 61}})
    for row in rows["TR"]:
        if row["VISITNUM"] > 0:
            row |= {"VISITNUM": 99.0, "VISIT": "UNSCHEDULED"}
    found = derived(rows)
    assert adtr(found, "OVRLRESP") == [(60, "SD"), (130, "PD")]
    numbers = found.adam["ADTR"].filter(pl.col("PARAMCD") == "OVRLRESP")["AVISITN"].to_list()
    assert numbers == [1, 2]  # half-way between days 85 and 169 lies day 127


def test_readings_after_new_therapy_count_for_no_best_response() -> None:
    history = {-6: {"T1": 50}, 85: {"T1": 50}, 169: {"T1": 20}, 253: {"T1": 20}}
    found = derived(reading("1", history), people=[subject("1", baseline=False, nact=[100])])
    assert adrs(found, "BOR") == ("SD", 85)
    flags = found.adam["ADTR"].filter(pl.col("PARAMCD") == "OVRLRESP")["ANL01FL"].to_list()
    assert flags == ["Y", None, None]
