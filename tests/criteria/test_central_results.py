"""Central review of many patients: the worked cases in one frame, findings, agreement, and the same as one by one."""

import math
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise.criteria import (
    Charter,
    CriteriaError,
    VisitRead,
    adjudication_triggers,
    central_results,
    locked_reads,
    reader_agreement,
    summarize_reader,
)
from equipoise.terms import Response

SCHEMA = {
    "USUBJID": pl.String, "READER": pl.String, "PDVISIT": pl.Int64, "PDDAY": pl.Int64, "BOR": pl.String,
    "RESPVISIT": pl.Int64,
}  # fmt: skip
Reading = tuple[int | None, int | None, str | None]

CASES: dict[str, tuple[Reading, Reading, str | None, tuple[str, int | None, int | None]]] = {
    # visit, day and best response of each reader; endorsed; status, day of progression, reader
    "A01": ((2, 112, "SD"), (2, 112, "SD"), None, ("agreed", 112, 1)),
    "A02": ((2, 112, "SD"), (3, 168, "SD"), "R2", ("adjudicated", 168, 2)),
    "A03": ((2, 112, "SD"), (None, None, "SD"), "R1", ("adjudicated", 112, 1)),
    "A04": ((None, None, "PR"), (None, None, "SD"), None, ("pending", None, None)),
    "A05": ((2, 112, "SD"), (2, 112, "SD"), None, ("agreed", 112, 1)),
    "A06": ((2, 110, "SD"), (2, 114, "SD"), None, ("agreed", 110, 1)),
    "A07": ((3, 168, "SD"), (3, 168, "SD"), None, ("agreed", 168, 1)),
}


def readings(cases: dict[str, Any]) -> pl.DataFrame:
    rows = [
        {"USUBJID": name, "READER": reader, "PDVISIT": visit, "PDDAY": day, "BOR": best}
        for name, both in cases.items()
        for reader, (visit, day, best) in zip(("R1", "R2"), both, strict=False)
    ]
    return pl.DataFrame(rows, schema=SCHEMA)


def choices(**endorsed: str) -> pl.DataFrame:
    return pl.DataFrame({"USUBJID": list(endorsed), "ENDORSED": list(endorsed.values())})


WORKED = readings({name: case[:2] for name, case in CASES.items()})
ENDORSED = choices(**{name: case[2] for name, case in CASES.items() if case[2]})


def test_worked_cases_in_one_frame() -> None:
    for order in (WORKED, WORKED.reverse()):
        found = central_results(order, ENDORSED).patients
        assert found["USUBJID"].to_list() == list(CASES)
        assert found.select("STATUS", "PDDAY", "READER").rows() == [case[3] for case in CASES.values()]
        assert found.filter(TRIGGERED=True).select("USUBJID", "TRIGGERS").rows() == [
            ("A02", "progression_date"),
            ("A03", "progression_date"),
            ("A04", "best_response"),
        ]


def test_a04_best_response_is_compared_only_where_it_is_a_trigger() -> None:
    found = central_results(WORKED, ENDORSED, Charter(adjudicate=("progression_date",))).patients
    assert found.filter(USUBJID="A04").select("STATUS", "BOR").row(0) == ("agreed", "PR")


def test_a06_the_reader_named_in_advance_gives_the_day() -> None:
    found = central_results(WORKED, ENDORSED, Charter(agreed_reader=2)).patients
    assert found.filter(USUBJID="A06").select("READER", "PDDAY").row(0) == (2, 114)


def test_response_is_compared_by_its_first_visit() -> None:
    rows = readings({"01": ((None, None, "PR"), (None, None, "PR"))}).with_columns(RESPVISIT=pl.Series([1, 2]))
    charter = Charter(adjudicate=("progression_date", "response"))
    assert central_results(rows, None, charter).patients["TRIGGERS"].to_list() == ["response"]
    with pytest.raises(CriteriaError, match="column RESPVISIT is missing"):
        central_results(rows.drop("RESPVISIT"), None, charter)


def finding(endorsed: pl.DataFrame, cases: str = "A01 A02") -> tuple[list[Any], pl.DataFrame]:
    """Findings of code, subject, what was seen; and the patients."""
    rows = WORKED.filter(pl.col("USUBJID").is_in(cases.split()))
    found = central_results(rows, endorsed)
    assert found.findings["effect"].null_count() == 0
    return found.findings.select("code", "USUBJID", "seen").rows(), found.patients


def test_adjudication_without_discordance_is_not_used() -> None:
    found, patients = finding(choices(A01="R2", A02="R2"))
    assert found == [("adjudication-without-discordance", "A01", "endorsed R2")]
    assert patients.select("STATUS", "READER").row(0) == ("agreed", 1)


def test_a_third_result_and_two_endorsements_leave_the_adjudication_pending() -> None:
    found, patients = finding(choices(A02="R3"), "A02")
    assert found == [
        ("adjudication-missing", "A02", "readers differ in progression_date"),
        ("endorsement-unknown", "A02", "endorsed R3"),
    ]
    assert patients.select("STATUS", "PDDAY", "BOR").row(0) == ("pending", None, None)
    two = pl.DataFrame({"USUBJID": ["A02", "A02"], "ENDORSED": ["R1", "R2"]})
    found, patients = finding(two, "A02")
    assert [row[0] for row in found] == ["adjudication-missing", "adjudicated-twice", "adjudicated-twice"]
    assert patients["STATUS"].to_list() == ["pending"]


def test_an_endorsement_of_nobody_s_reading_is_named() -> None:
    found, _ = finding(choices(A02="R1", X="R1"), "A02")
    assert found == [("adjudication-without-reading", "X", "endorsed R1")]


def test_a_patient_read_by_one_reader_is_incomplete() -> None:
    rows = WORKED.filter((pl.col("USUBJID") == "A01") | (pl.col("READER") == "R2") & (pl.col("USUBJID") == "A02"))
    found = central_results(rows)
    assert found.patients.select("USUBJID", "NREADERS", "STATUS", "READER", "PDDAY").rows() == [
        ("A01", 2, "agreed", 1, 112),
        ("A02", 1, "incomplete", 2, 168),
    ]
    assert found.findings.select("code", "USUBJID", "seen").rows() == [("reader-missing", "A02", "1 reader(s)")]


def test_readings_that_cannot_be_meant_are_refused_at_once() -> None:
    with pytest.raises(CriteriaError) as error:
        central_results(WORKED.drop("PDDAY", "BOR"), ENDORSED.drop("ENDORSED"))
    assert [problem.split()[1] for problem in error.value.problems] == ["PDDAY", "BOR", "ENDORSED"]
    with pytest.raises(CriteriaError, match="A01 R1 is there twice"):
        central_results(pl.concat([WORKED, WORKED.head(1)]))
    with pytest.raises(CriteriaError, match="reader 'R2': expected one of R1, R9"):
        central_results(WORKED, readers=("R1", "R9"))


def test_agreement_of_the_worked_cases() -> None:
    endorsed = pl.concat([ENDORSED, choices(A04="R1")])
    agreement = reader_agreement(central_results(WORKED, endorsed))
    assert (agreement.n, agreement.n_triggered, agreement.n_adjudicated) == (7, 3, 3)
    assert agreement.adjudication_rate == 3 / 7
    assert agreement.triggers.rows() == [("best_response", 1), ("progression_date", 2)]
    # R1 was endorsed for A03 and A04, R2 for A02
    columns = ["PERSON", "NREAD", "NADJUDICATED", "NENDORSED", "NAGAINST", "AGREEMENTRATE", "DISAGREEMENTINDEX"]
    assert agreement.readers.select(columns).rows() == [
        ("R1", 7, 3, 2, 1, 2 / 3, 1 / 7),
        ("R2", 7, 3, 1, 2, 1 / 3, 2 / 7),
    ]
    assert agreement.progression.rows() == [("N", "N", 1), ("Y", "N", 1), ("Y", "Y", 5)]
    assert agreement.best_response.rows() == [("PR", "SD", 1), ("SD", "SD", 6)]


def test_agreement_by_person_and_of_nobody() -> None:
    rows = WORKED.with_columns(PERSON=pl.Series(["Ada", "Ben", "Cleo", "Ada"] * 3 + ["Ben", "Cleo"]))
    agreement = reader_agreement(central_results(rows, ENDORSED), person="PERSON")
    assert agreement.readers.select("PERSON", "NREAD").rows() == [("Ada", 6), ("Ben", 4), ("Cleo", 4)]
    for results in (central_results(WORKED.clear(), readers=("R1", "R2")), central_results(WORKED.clear(), ENDORSED)):
        nobody = reader_agreement(results)
        assert (nobody.n, nobody.readers.height) == (0, 0)
        assert math.isnan(nobody.adjudication_rate)


READS = st.lists(st.sampled_from([*Response]), min_size=1, max_size=5)
TRIGGERS: Any = st.sampled_from(
    [(), ("progression_date",), ("best_response", "response"), ("progression_date", "best_response")]
)


@given(st.lists(st.tuples(READS, READS, READS), min_size=1, max_size=4), TRIGGERS)
def test_many_patients_and_one_by_one_agree(several: Any, adjudicate: Any) -> None:
    charter, rows, expected = Charter(adjudicate=adjudicate), [], []
    for number, patient in enumerate(several):
        summaries = [
            summarize_reader(
                [VisitRead(visit=i, day=56 * i, response=word) for i, word in enumerate(words, 1)], charter
            )
            for words in patient
        ]
        expected.append("; ".join(adjudication_triggers(summaries, adjudicate)) or None)
        rows += [
            {"USUBJID": str(number), "READER": f"R{i}", "PDVISIT": s.progression_visit, "PDDAY": s.progression_day,
             "BOR": s.best_response, "RESPVISIT": s.response_visit}
            for i, s in enumerate(summaries)
        ]  # fmt: skip
    found = central_results(pl.DataFrame(rows, schema=SCHEMA), None, charter)
    assert found.patients["TRIGGERS"].to_list() == expected
    assert found.patients["READER"].to_list() == [None if text else 1 for text in expected]


def locks(*rows: tuple[int, int | None, str | None, str]) -> pl.DataFrame:
    names = {"VISIT": pl.Int64, "LOCKED": pl.Int64, "REASON": pl.String, "OVERALL": pl.String}
    return pl.DataFrame(rows, schema=names, orient="row").with_columns(USUBJID=pl.lit("01"), READER=pl.lit("R1"))


def test_a_read_after_the_lock_without_reason_is_not_used() -> None:
    found = locked_reads(locks((1, 60, None, "SD"), (1, 61, None, "PD"), (2, 120, None, "SD")))
    assert found.current["OVERALL"].to_list() == ["SD", "SD"]
    assert found.superseded.is_empty()
    row = found.findings.row(0, named=True)
    assert (row["code"], row["USUBJID"], row["READER"], row["DAY"]) == ("read-after-lock", "01", "R1", 61)
    assert row["effect"] == "not used: the locked read counts"


def test_a_new_version_with_reason_counts_and_the_old_one_is_kept() -> None:
    rows = locks((1, 60, None, "SD"), (1, 130, "late scan", "PR"), (2, 120, None, "SD"), (2, 131, "late scan", "SD"))
    for order in (rows, rows.reverse()):
        found = locked_reads(order)
        assert found.current.select("VISIT", "OVERALL", "LOCKED").rows() == [(1, "PR", 130), (2, "SD", 131)]
        assert found.superseded["OVERALL"].to_list() == ["SD", "SD"]
        assert found.findings.is_empty()


def test_reads_out_of_order_and_unsigned_are_named() -> None:
    found = locked_reads(locks((1, 60, None, "SD"), (2, 59, None, "SD"), (3, None, None, "SD")))
    assert found.findings.select("code", "seen").rows() == [
        ("read-not-locked", "visit 3 without signature"),
        ("read-out-of-order", "visit 2 locked before the visit before it"),
    ]
    assert found.current["VISIT"].to_list() == [1, 2]
    with pytest.raises(CriteriaError) as error:
        locked_reads(locks().drop("REASON").with_columns(LOCKED=pl.lit("2024")))
    assert len(error.value.problems) == 2
