"""Adverse events by period, exposure and laboratory results, worked by hand."""

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl
from tests.derive.made_up import Sdtm, protocol, sdtm, subject

from equipoise.cdisc import read_dataset, write_dataset
from equipoise.derive import Derived, derive
from equipoise.protocol import DataCut, Protocol

ALL = ("all", DataCut())


def run(data: Sdtm, trial: Protocol | None = None) -> Derived:
    return derive(trial or protocol(), data, cut=ALL)


def crossed(**facts: Any) -> dict[str, Any]:
    """A subject on placebo until day 99 and on the drug from day 110 to 150."""
    doses = [
        {"EXTRT": "PLACEBO", "EXDOSE": 0.0, "EXSTDTC": 1, "EXENDTC": 99},
        {"EXTRT": "DRUG", "EXDOSE": 800.0, "EXSTDTC": 110, "EXENDTC": 150},
    ]
    return subject("1", "PLA", ex=doses, **facts)


CROSSOVER = {"crossover": {"from": "placebo", "to": "drug"}}


def periods(*onsets: int | str | None, end: int | None = None) -> list[int | None]:
    events = [{"AETOXGR": "2", "AESTDTC": onset, "AEENDTC": end} for onset in onsets]
    adae = run(sdtm(crossed(ae=events)), protocol(**CROSSOVER)).adam["ADAE"]
    return adae.sort("AESEQ")["APERIOD"].to_list()


def test_period_of_onset() -> None:
    # first dose day 1, last placebo day 99, first crossover dose day 110, last one day 150, 30 days after it 180
    assert periods(-2, 0, 1, 99, 109, 110, 150, 180, 181) == [None, None, 1, 1, 1, 2, 2, 2, None]


def test_period_one_ends_thirty_days_after_the_last_dose() -> None:
    dose = [{"EXTRT": "DRUG", "EXDOSE": 800.0, "EXSTDTC": 1, "EXENDTC": 50}]
    events = [{"AETOXGR": "1", "AESTDTC": d} for d in (80, 81)]
    adae = run(sdtm(subject("1", ex=dose, ae=events))).adam["ADAE"]
    assert adae.select("APERIOD", "TRTEMFL").rows() == [(1, "Y"), (None, "N")]


def test_unknown_onset_is_counted_in_period_one_and_listed() -> None:
    derived = run(sdtm(crossed(ae=[{"AETOXGR": "2"}, {"AETOXGR": "2", "AEENDTC": -5}])), protocol(**CROSSOVER))
    assert derived.adam["ADAE"].select("APERIOD", "UNKONSFL").rows() == [(1, "Y"), (None, "Y")]
    assert [f.row_key for f in derived.findings if f.code == "unknown-onset"] == ["USUBJID=1, AESEQ=1"]


def test_rise_in_grade_after_crossover_belongs_to_period_two() -> None:
    def episode(group: str, start: int, grade: str) -> dict[str, Any]:
        return {"AEGRPID": group, "AESTDTC": start, "AETOXGR": grade}

    events = [
        episode("rise", 50, "1"),
        episode("rise", 120, "3"),
        episode("same", 50, "2"),
        episode("same", 120, "2"),
        episode("fall", 50, "3"),
        episode("fall", 130, "2"),
        episode("new", 120, "1"),
        episode("new", 130, "1"),
        episode("again", 40, "3"),
        episode("again", 60, "1"),
        episode("again", 120, "2"),
    ]
    adae = run(sdtm(crossed(ae=events)), protocol(**CROSSOVER)).adam["ADAE"]
    assert adae.select("AEGRPID", "APERIOD").rows() == [
        ("rise", 1),
        ("rise", 2),
        ("same", 1),
        ("same", 1),
        ("fall", 1),
        ("fall", 1),
        ("new", 2),
        ("new", 2),
        ("again", 1),
        ("again", 1),
        ("again", 2),
    ]


def test_flags_and_grades() -> None:
    dose = [{"EXTRT": "DRUG", "EXDOSE": 800.0, "EXSTDTC": 1, "EXENDTC": 50}]
    events = [
        {"AESTDTC": 2, "AETOXGR": "5", "AEREL": "POSSIBLE", "AESER": "Y", "AEACN": "DRUG WITHDRAWN"},
        {"AESTDTC": 3, "AETOXGR": "Grade 3", "AEREL": "NOT RELATED", "AESER": "N"},
        {"AESTDTC": 4, "AETOXGR": "6"},
        {"AESTDTC": 5, "AETOXGR": "2", "AEOUT": "FATAL"},
    ]
    derived = run(sdtm(subject("1", ex=dose, ae=events)))
    names = ("AGRADEN", "AGRADE", "RELFL", "SERFL", "DTHAEFL", "DISCFL", "ARMID", "AARMID")
    assert derived.adam["ADAE"].select(names).rows() == [
        (5, "5", "Y", "Y", "Y", "Y", "drug", "drug"),
        (3, "3", "N", "N", "N", "N", "drug", "drug"),
        (None, None, None, None, "N", "N", "drug", "drug"),
        (2, "2", None, None, "Y", "N", "drug", "drug"),
    ]
    assert [f.seen for f in derived.findings if f.code == "grade-missing"] == ["6"]


def test_exposure_by_hand() -> None:
    # 28 days of 800 mg, 14 days of 600 mg twice daily, planned 800 mg once daily over 42 days
    doses = [
        {"EXTRT": "DRUG", "EXDOSE": 800.0, "EXDOSFRQ": "QD", "EXSTDTC": 1, "EXENDTC": 28},
        {"EXTRT": "DRUG", "EXDOSE": 600.0, "EXDOSFRQ": "BID", "EXSTDTC": 29, "EXENDTC": 42},
    ]
    adex = run(sdtm(subject("1", ex=doses))).adam["ADEX"]
    total = 28 * 800 + 14 * 600 * 2
    assert dict(adex.select("PARAMCD", "AVAL").rows()) == {
        "TRTDUR": 42.0,
        "CUMDOSE": float(total),
        "AVGDOSE": total / 42,
        "RDI": 100 * total / (800 * 42),
    }
    assert adex["APHASE"].unique().to_list() == ["TREATMENT"]


def test_exposure_after_crossover_stands_apart() -> None:
    adex = run(sdtm(crossed()), protocol(**CROSSOVER)).adam["ADEX"]
    values = {(r["APHASE"], r["PARAMCD"]): r["AVAL"] for r in adex.iter_rows(named=True)}
    assert values["TREATMENT", "TRTDUR"] == 99
    assert ("TREATMENT", "RDI") not in values  # placebo has no dose levels
    assert values["CROSSOVER", "TRTDUR"] == 41
    assert values["CROSSOVER", "RDI"] == 100


def test_pauses_lower_the_dose_intensity() -> None:
    doses = [{"EXTRT": "DRUG", "EXDOSE": 800.0, "EXSTDTC": start, "EXENDTC": end} for start, end in ((1, 10), (31, 40))]
    values = dict(run(sdtm(subject("1", ex=doses))).adam["ADEX"].select("PARAMCD", "AVAL").rows())
    assert (values["TRTDUR"], values["RDI"]) == (40.0, 50.0)


def test_laboratory_baseline_and_change() -> None:
    dose = [{"EXTRT": "DRUG", "EXDOSE": 800.0, "EXSTDTC": 1, "EXENDTC": 50}]

    def result(day: int, value: float | None, test: str = "ALT") -> dict[str, Any]:
        return {"LBTESTCD": test, "LBTEST": f"{test} test", "LBDTC": day, "LBSTRESN": value}

    labs = [
        result(-5, 20.0),
        result(1, 30.0),
        result(0, None),
        result(8, 45.0),
        result(15, None),
        result(8, 1.0, "AST"),
    ]
    adlb = run(sdtm(subject("1", ex=dose, lb=labs), subject("2", lb=labs[:1]))).adam["ADLB"]
    first = adlb.filter(pl.col("USUBJID") == "1")
    assert first.select("PARAMCD", "LBSEQ", "ADY", "AVAL", "BASE", "CHG", "ABLFL").rows() == [
        ("ALT", 1, -6, 20.0, 30.0, None, None),
        ("ALT", 3, -1, None, 30.0, None, None),
        ("ALT", 2, 1, 30.0, 30.0, None, "Y"),
        ("ALT", 4, 8, 45.0, 30.0, 15.0, None),
        ("ALT", 5, 15, None, 30.0, None, None),
        ("AST", 6, 8, 1.0, None, None, None),
    ]
    # never treated: no baseline
    assert adlb.filter(pl.col("USUBJID") == "2").select("AVAL", "BASE", "ADY").rows() == [(20.0, None, None)]


def test_deviations() -> None:
    data = sdtm(subject("1"))
    row = {"STUDYID": "MADEUP", "DOMAIN": "DV", "USUBJID": "1", "DVSEQ": 1, "DVTERM": "Late scan", "DVDECOD": "VISIT"}
    data["DV"] = pl.DataFrame([row | {"DVCAT": "MINOR", "DVSTDTC": "2020-04-01"}])
    found = run(data).adam["ADDV"].select("ARMID", "DVSEQ", "DVTERM", "DVCAT", "ASTDT").rows()
    assert found == [("drug", 1, "Late scan", "MINOR", dt.date(2020, 4, 1))]


def test_laboratory_words_are_enums_that_every_format_holds(tmp_path: Path) -> None:
    labs = [{"LBTESTCD": "ALT", "LBTEST": "ALT test", "LBDTC": 1, "LBSTRESN": 20.0, "VISIT": "V1", "LBNRIND": "HIGH"}]
    adlb = run(sdtm(subject("1", lb=labs))).adam["ADLB"]
    assert isinstance(adlb.schema["PARAM"], pl.Enum)
    for ending in ("parquet", "xpt", "csv", "json"):
        path = tmp_path / f"adlb.{ending}"
        write_dataset(adlb, path, name="ADLB", created=dt.date(2020, 1, 1))
        words = read_dataset(path).select("USUBJID", "ARMID", "PARAMCD", "PARAM", "AVISIT", "ANRIND").rows()
        assert words == [("1", "drug", "ALT", "ALT test", "V1", "HIGH")]
