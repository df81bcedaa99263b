"""Deaths after the data cut leave no trace; deaths and fatal events that contradict each other are told."""

import datetime as dt
from typing import Any

import polars as pl
import pytest
from tests.derive.made_up import DAY_1, Sdtm, protocol, sdtm, subject

from equipoise.derive import Derived, derive
from equipoise.protocol import DataCut

DOSE = [{"EXTRT": "DRUG", "EXDOSE": 800.0, "EXSTDTC": 1, "EXENDTC": 84}]
FATAL = {"AEOUT": "FATAL", "AETOXGR": "5", "AESTDTC": 40}
DIED = {"DSCAT": "DISPOSITION EVENT", "DSSCAT": "STUDY PARTICIPATION", "DSDECOD": "DEATH"}


def run(data: Sdtm, cutoff_day: int | None = 100) -> Derived:
    cutoff = None if cutoff_day is None else DAY_1 + dt.timedelta(days=cutoff_day - 1)
    return derive(protocol(), data, cut=("cut", DataCut(cutoff=cutoff)))


def with_sdth(data: Sdtm) -> Sdtm:
    """The data with AESDTH as on a form that asks for it."""
    asked = pl.when(pl.col("AETOXGR") == "5").then(pl.lit("Y")).otherwise(pl.lit("N"))
    return data | {"AE": data["AE"].with_columns(AESDTH=asked)}


@pytest.mark.parametrize(
    "facts",
    [
        {"death": 150, "ae": [FATAL]},
        {"death": 150, "ae": [FATAL | {"AEENDTC": 150}]},
        {"dm": {"DTHFL": "Y"}, "ds": [DIED | {"DSSTDTC": 150}]},
        {"dm": {"DTHFL": "Y"}, "ds": [DIED | {"DSSTDTC": 150}], "ae": [FATAL]},
        {"dm": {"DTHFL": "Y"}, "ae": [FATAL | {"AEENDTC": 150}]},
        {"death": 150, "ds": [DIED | {"DSSTDTC": 95}]},
        {"death": 150, "ds": [DIED]},
    ],
    ids=["dm", "dm-and-event", "ds", "ds-and-undated-event", "event", "earlier-ds", "undated-ds"],
)
def test_a_death_after_the_cut_has_not_happened(facts: dict[str, Any]) -> None:
    derived = run(with_sdth(sdtm(subject("1", ex=DOSE, ok=[85], **facts))))
    adsl = derived.adam["ADSL"].row(0, named=True)
    assert (adsl["DTHFL"], adsl["DTHDT"], adsl["DTHCAUS"], adsl["EOSSTT"]) == ("N", None, None, "ONGOING")
    survival = derived.adam["ADTTE"].filter(pl.col("ENDPT") == "os").row(0, named=True)
    assert (survival["CNSR"], survival["CNSREAS"]) == (6, "Alive at the data cut-off")
    events = derived.adam["ADAE"].select("AEOUT", "AESDTH", "AETOXGR", "AENDT", "DTHAEFL", "AGRADEN").rows()
    assert events == [(None, None, None, None, "N", None)] * len(facts.get("ae", []))
    assert not {"death-without-date", "death-dates-differ", "death-contradicted"} & {f.code for f in derived.findings}


def test_a_death_up_to_the_cut_stays_though_the_event_ends_later_on_paper() -> None:
    derived = run(with_sdth(sdtm(subject("1", ex=DOSE, death=90, ae=[FATAL | {"AEENDTC": 120}]))))
    assert derived.adam["ADSL"].select("DTHFL", "DTHCAUS").rows() == [("Y", "EVENT")]
    assert derived.adam["ADAE"].select("AEOUT", "AEENDTC", "DTHAEFL").rows() == [("FATAL", None, "Y")]
    survival = derived.adam["ADTTE"].filter(pl.col("ENDPT") == "os")
    assert survival.select("AVAL", "CNSR").rows() == [(90, 0)]


def test_an_event_that_ends_after_the_cut_has_no_outcome_yet() -> None:
    event = {"AETOXGR": "2", "AESTDTC": 90, "AEENDTC": 120, "AEOUT": "RECOVERED/RESOLVED"}
    ended = event | {"AEENDTC": 95}
    derived = run(sdtm(subject("1", ex=DOSE, ae=[event, ended])))
    assert derived.adam["ADAE"].select("AEOUT").to_series().to_list() == [None, "RECOVERED/RESOLVED"]


def test_a_death_without_any_date_stays_and_is_never_called_alive() -> None:
    derived = run(sdtm(subject("1", dm={"DTHFL": "Y"}, ok=[85])))
    survival = derived.adam["ADTTE"].filter(pl.col("ENDPT") == "os").row(0, named=True)
    assert derived.adam["ADSL"]["DTHFL"].to_list() == ["Y"]
    assert survival["CNSR"] == 6
    assert "Alive" not in survival["CNSREAS"]


@pytest.mark.parametrize(
    ("event", "asked"),
    [({"AEOUT": "FATAL"}, None), ({"AETOXGR": "5"}, None), ({"AETOXGR": None}, "Y")],
    ids=["outcome", "grade", "AESDTH"],
)
def test_every_word_for_a_fatal_event_is_a_death(event: dict[str, Any], asked: str | None) -> None:
    data = sdtm(subject("1", ex=DOSE, dm={"DTHFL": "Y"}, ae=[{"AESTDTC": 40, "AEENDTC": 61} | event]))
    data["AE"] = data["AE"].with_columns(AESDTH=pl.lit(asked, dtype=pl.String))
    derived = run(data, None)
    survival = derived.adam["ADTTE"].filter(pl.col("ENDPT") == "os")
    assert survival.select("AVAL", "CNSR", "SRCDOM", "SRCVAR", "SRCSEQ").rows() == [(61, 0, "AE", "AEENDTC", 1)]
    assert derived.adam["ADAE"]["DTHAEFL"].to_list() == ["Y"]
    assert "death-contradicted" not in {f.code for f in derived.findings}


@pytest.mark.parametrize(
    ("event", "asked", "flag"),
    [
        ({"AETOXGR": "5", "AEOUT": "RECOVERED/RESOLVED"}, None, "Y"),
        ({"AETOXGR": "5", "AEOUT": "FATAL"}, "N", "Y"),
        ({"AETOXGR": "3", "AEOUT": "FATAL"}, "Y", "Y"),
        ({"AETOXGR": "5", "AEOUT": "FATAL"}, "Y", None),
    ],
    ids=["outcome", "AESDTH", "grade", "DM"],
)
def test_variables_that_deny_a_fatal_event(event: dict[str, Any], asked: str | None, flag: str | None) -> None:
    data = sdtm(subject("1", ex=DOSE, dm={"DTHFL": flag}, ae=[{"AESTDTC": 40, "AEENDTC": 61} | event]))
    data["AE"] = data["AE"].with_columns(AESDTH=pl.lit(asked, dtype=pl.String))
    derived = run(data, None)
    found = [f for f in derived.findings if f.code == "death-contradicted"]
    assert [(f.severity, f.row_key) for f in found] == [("error", "USUBJID=1, AESEQ=1")]
    assert f"DM.DTHFL {flag or '(empty)'}" in found[0].seen
    assert derived.adam["ADAE"]["DTHAEFL"].to_list() == ["Y"]


def test_a_lower_grade_before_the_fatal_one_of_the_same_event_denies_nothing() -> None:
    parts = [
        {"AETOXGR": "3", "AEOUT": "FATAL", "AEGRPID": "E1", "AESTDTC": 40, "AEENDTC": 50},
        {"AETOXGR": "5", "AEOUT": "FATAL", "AEGRPID": "E1", "AESTDTC": 50, "AEENDTC": 61},
    ]
    derived = run(sdtm(subject("1", ex=DOSE, death=61, ae=parts)), None)
    assert "death-contradicted" not in {f.code for f in derived.findings}
