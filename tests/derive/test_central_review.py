"""Central review from SDTM: readers, adjudication, the reading that counts, versions and the clock."""

from typing import Any

import polars as pl
import pytest
from tests.derive.made_up import protocol, sdtm, subject
from tests.derive.made_up_lesions import reading, records, with_tumors

from equipoise.derive import Derived, derive
from equipoise.protocol import DataCut

R1, R2, JUDGE = "RADIOLOGIST 1", "RADIOLOGIST 2", "ADJUDICATOR"
ENDPOINTS = {
    "pfs": {"label": "PFS", "paramcd": "PFS", "events": ["central_progression", "death"]},
    "local": {"label": "PFS local", "paramcd": "PFSL", "events": ["local_progression", "death"]},
}
CENTRAL = {"readers": 2, "adjudicate": ["progression_date", "best_response"]}


def derived(*parts: Any, person: Any = None, supp: pl.DataFrame | None = None, **review: Any) -> Derived:
    trial = protocol(endpoints=ENDPOINTS, review={"central": {**CENTRAL, **review}})
    data = with_tumors(sdtm(person or subject("1", baseline=False)), *parts)
    if supp is not None:
        data["SUPPRS"] = supp
    return derive(trial, data, cut=("all", DataCut()))


def sizes(pd: int | None, *, small: bool = False) -> dict[int | str, dict[str, float | str | None]]:
    """Stable disease (or a partial response) up to a day of progression."""
    days = [85, 169, 253]
    return {-6: {"T1": 50.0}} | {
        d: {"T1": 80.0 if pd is not None and d >= pd else 30.0 if small else 50.0} for d in days
    }


def event(found: Derived, endpoint: str = "pfs") -> str:
    row = found.adam["ADTTE"].row(by_predicate=pl.col("ENDPT") == endpoint, named=True)
    return f"{'C' if row['CNSR'] else 'E'} {row['AVAL']}"


def review(found: Derived, paramcd: str) -> list[tuple[Any, ...]]:
    rows = found.adam["ADREVIEW"].filter(pl.col("PARAMCD") == paramcd, pl.col("ASSESSOR") == "central")
    return rows.select("READER", "AVALC").rows()


def adjudication(found: Derived) -> tuple[Any, ...]:
    rows = found.adam["ADREVIEW"].filter(pl.col("PARAMCD") == "ADJUD")
    return rows.select("AVALC", "ADJREAS", "RECORDED").row(0)


def codes(found: Derived) -> list[str]:
    return [f.code for f in found.findings if f.dataset in ("RS", "TR") and f.subject is not None]


def test_readers_agree_and_the_one_named_in_advance_is_reported() -> None:
    # same visit, scans four days apart: visits are compared, not days
    parts = reading("1", sizes(169), R1), reading("1", {**sizes(None), 173: {"T1": 80.0}}, R2)
    parts[1]["TR"] = [row for row in parts[1]["TR"] if row["TRDTC"] not in ("2020-06-22",)]
    for agreed, answer in ((1, "E 169"), (2, "E 173")):
        found = derived(*parts, agreed_reader=agreed)
        assert (event(found), adjudication(found)) == (answer, ("N", None, "N"))
        assert review(found, "ENDORSED") == []
    assert review(found, "PD") == [("1", "Y"), ("2", "Y")]
    assert codes(found) == []


@pytest.mark.parametrize(("endorsed", "answer"), [(R1, "E 169"), (R2, "E 253")])
def test_the_accepted_flag_says_whom_the_adjudicator_endorsed(endorsed: str, answer: str) -> None:
    found = derived(
        reading("1", sizes(169), R1, accepted=endorsed == R1),
        reading("1", sizes(253), R2, accepted=endorsed == R2),
        records("1", JUDGE, {169: "PD"} if endorsed == R1 else {169: "SD", 253: "PD"}),
    )
    assert event(found) == answer
    assert adjudication(found) == ("Y", "progression_date", "Y")
    assert review(found, "ENDORSED") == [(None, "1" if endorsed == R1 else "2")]
    flags = found.adam["ADTR"].filter(pl.col("PARAMCD") == "OVRLRESP").group_by("READER").agg(pl.col("ACCPTFL").first())
    assert sorted(flags.filter(pl.col("ACCPTFL") == "Y")["READER"].to_list()) == ["1" if endorsed == R1 else "2"]


def test_without_a_flag_the_adjudicator_s_reading_tells_the_reader() -> None:
    found = derived(
        reading("1", sizes(169), R1),
        reading("1", sizes(253), R2),
        records("1", JUDGE, {85: "SD", 169: "SD", 253: "PD"}),
    )
    assert (event(found), review(found, "ENDORSED")) == ("E 253", [(None, "2")])
    assert "third-result" not in codes(found)


def test_a_third_result_is_told() -> None:
    found = derived(reading("1", sizes(169), R1), reading("1", sizes(253), R2), records("1", JUDGE, {85: "PD"}))
    assert "third-result" in codes(found)
    assert (event(found), review(found, "ENDORSED")) == ("E 85", [(None, "adjudicator")])


def test_adjudication_without_discordance_and_the_other_way_round() -> None:
    needless = derived(
        reading("1", sizes(169), R1), reading("1", sizes(169), R2), records("1", JUDGE, {85: "SD", 169: "PD"})
    )
    assert codes(needless) == ["adjudication-without-discordance"]
    assert adjudication(needless) == ("N", None, "Y")
    missing = derived(reading("1", sizes(169), R1), reading("1", sizes(253), R2))
    assert codes(missing) == ["discordance-without-adjudication"]
    assert event(missing) == "E 169"  # reader 1 is named in advance


def test_best_response_calls_the_adjudicator_only_where_it_is_a_trigger() -> None:
    parts = reading("1", sizes(None, small=True), R1), reading("1", sizes(None), R2)
    assert adjudication(derived(*parts)) == ("Y", "best_response", "N")
    assert adjudication(derived(*parts, adjudicate=["progression_date"])) == ("N", None, "N")
    assert adjudication(derived(*parts, adjudicate=["response"])) == ("Y", "response", "N")


def test_progression_by_different_causes_at_one_visit_is_no_discordance() -> None:
    other = {-6: {"T1": 50.0}, 85: {"T1": 50.0}, 169: {"T1": 50.0, "X1": "UNEQUIVOCAL"}, 253: {"T1": 50.0}}
    assert adjudication(derived(reading("1", sizes(169), R1), reading("1", other, R2))) == ("N", None, "N")


def test_death_while_reads_are_open() -> None:
    dead = subject("1", baseline=False, death=200)
    endorsed = derived(reading("1", sizes(169), R1, accepted=True), reading("1", sizes(None), R2), person=dead)
    other = derived(reading("1", sizes(169), R1), reading("1", sizes(None), R2, accepted=True), person=dead)
    assert (event(endorsed), event(other)) == ("E 169", "E 200")


def test_readers_of_a_pool_are_numbered_in_the_subject() -> None:
    found = derive(
        protocol(endpoints=ENDPOINTS, review={"central": CENTRAL}),
        with_tumors(
            sdtm(subject("1", baseline=False), subject("2", baseline=False)),
            reading("1", sizes(169), "B"), reading("1", sizes(169), "D"),
            reading("2", sizes(169), "A"), reading("2", sizes(169), "C"),
        ),
        cut=("all", DataCut()),
    )  # fmt: skip
    rows = found.adam["ADREVIEW"].filter(pl.col("PARAMCD") == "PD")
    assert rows.select("USUBJID", "READER").rows() == [("1", "1"), ("1", "2"), ("2", "1"), ("2", "2")]


def supplement(**values: dict[int, str]) -> pl.DataFrame:
    """Qualifiers of RS by sequence number."""
    rows = [
        {"IDVARVAL": str(n), "QNAM": name, "QLABEL": name, "QVAL": value}
        for name, row in values.items()
        for n, value in row.items()
    ]
    shared = {"STUDYID": "MADEUP", "RDOMAIN": "RS", "USUBJID": "1", "IDVAR": "RSSEQ"}
    return pl.DataFrame([{**shared, **row} for row in rows])


def test_the_latest_locked_version_counts_and_the_earlier_is_told() -> None:
    twice = records("1", R1, {85: "SD", 169: "PD"})["RS"] + records("1", R1, {169: "SD"})["RS"]
    supp = supplement(VERSION={1: "1", 2: "1", 3: "2"}, LOCKDTC={1: "2020-04-01", 2: "2020-06-24", 3: "2020-07-10"})
    found = derived({"RS": twice}, supp=supp)
    assert event(found) == "C 169"
    told = next(f for f in found.findings if f.code == "reading-superseded")
    assert (told.seen, told.effect) == ("PD (version 1, locked 2020-06-24)", "the latest version counts: SD")


def test_a_reading_after_the_lock_without_a_version_is_not_used() -> None:
    twice = records("1", R1, {85: "SD", 169: "PD"})["RS"] + records("1", R1, {169: "SD"})["RS"]
    supp = supplement(LOCKDTC={1: "2020-04-01", 2: "2020-06-24", 3: "2020-07-10"})
    found = derived({"RS": twice}, supp=supp)
    assert event(found) == "E 169"
    told = next(f for f in found.findings if f.code == "read-after-lock")
    assert (told.severity, told.effect) == ("error", "not used: the first locked reading counts, PD")


def test_turn_around_in_working_days() -> None:
    parts = records("1", R1, {169: "PD"})["RS"] + records("1", R2, {169: "PD"})["RS"]
    # asked for on Friday 2020-06-26; readers lock on Monday and on Wednesday
    supp = supplement(REQDTC={1: "2020-06-26", 2: "2020-06-26"}, LOCKDTC={1: "2020-06-29", 2: "2020-07-01"})
    rows = derived({"RS": parts}, supp=supp).adam["ADREVIEW"].filter(pl.col("PARAMCD") == "TURNARND")
    shown = rows.select("ASSESSOR", "READER", pl.col("STARTDT").cast(pl.String), pl.col("ADT").cast(pl.String), "AVAL")
    assert shown.rows() == [("central", None, "2020-06-26", "2020-07-01", 3.0)]


def test_local_and_central_stand_side_by_side() -> None:
    found = derived(reading("1", sizes(85)), reading("1", sizes(253), R1))
    assert (event(found), event(found, "local")) == ("E 253", "E 85")
    last = found.adam["ADREVIEW"].filter(pl.col("PARAMCD") == "LASTREAD")
    assert last.select("ASSESSOR", "READER", "ADY").rows() == [("central", "1", 253), ("local", None, 253)]
