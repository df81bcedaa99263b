"""Doses and arms that contradict the randomization, and life at randomization."""

import datetime as dt
from typing import Any

import polars as pl
from tests.derive.made_up import protocol, sdtm, subject

from equipoise.cdisc import parse_dtc
from equipoise.derive import Derived, derive
from equipoise.protocol import DataCut

CODES = {"dose-before-randomization", "dose-without-randomization", "treatment-unknown", "actual-arm-unknown"}


def run(*people: Any) -> Derived:
    return derive(protocol(), sdtm(*people), cut=("all", DataCut()))


def told(found: Derived) -> list[tuple[str, str | None, str]]:
    return [(f.code, f.subject, f.seen) for f in found.findings if f.code in CODES]


def dose(first: int, treatment: str = "DRUG") -> list[dict[str, Any]]:
    return [{"EXTRT": treatment, "EXDOSE": 800.0, "EXSTDTC": first, "EXENDTC": first + 10}]


def test_doses_that_contradict_the_randomization_are_told_and_count() -> None:
    found = run(
        subject("good", ex=dose(1)),
        subject("early", ex=dose(-3)),
        subject("failure", None, randomized=None, ex=dose(1)),
        subject("other", ex=dose(1, "ASPIRIN")),
    )
    assert told(found) == [
        ("dose-before-randomization", "early", "2020-01-02"),
        ("dose-without-randomization", "failure", "1 dosing record from 2020-01-06"),
        ("treatment-unknown", None, "ASPIRIN in 1 row of 1 subject"),
    ]
    first = dict(found.adam["ADSL"].select("USUBJID", "TRTSDT").rows())
    assert first["early"] == dt.date(2020, 1, 2)


def test_an_actual_arm_that_the_protocol_does_not_know() -> None:
    found = run(subject("1", dm={"ACTARMCD": "XYZ"}, ex=dose(1)), subject("2", ex=dose(1)))
    assert told(found) == [("actual-arm-unknown", "1", "XYZ")]


def test_a_randomized_subject_was_alive_that_day() -> None:
    adsl = run(subject("1", baseline=False, randomized=30)).adam["ADSL"]
    assert adsl.select((pl.col("LSTALVDT") >= pl.col("RANDDT")).all()).item()


def test_times_of_day_that_do_not_exist() -> None:
    texts = ["2020-01-06T25:00", "2020-01-06T12:60", "2020-01-06T23:59:60", "2020-01-06T24:00", "2020-01-06T-:30"]
    bad = pl.DataFrame({"D": texts}).select(parse_dtc(pl.col("D")).struct.field("bad"))["bad"].to_list()
    assert bad == [True, True, False, False, False]
