"""The pilot study at an earlier data cut: nothing of later days is left anywhere."""

import datetime as dt

import polars as pl
import pytest

from equipoise.derive import Derived, derive
from equipoise.protocol import Protocol, data_cut

CUTOFF = dt.date(2014, 1, 31)


@pytest.fixture(scope="module")
def interim(pilot_protocol: Protocol, pilot_sdtm: dict[str, pl.DataFrame]) -> Derived:
    return derive(pilot_protocol, pilot_sdtm, cut=data_cut(pilot_protocol, "interim"))


def test_no_date_after_the_cut_off(interim: Derived) -> None:
    for name, frame in interim.adam.items():
        for variable in [c for c, dtype in frame.schema.items() if dtype == pl.Date]:
            rows = frame.filter(pl.col(variable) > CUTOFF)
            if name == "ADTTE":  # nominal dates of the schedule may lie after the day of the scan
                rows = rows.filter(~pl.col("RULESET").is_in(["B", "C"]))
            assert rows.is_empty(), (name, variable)


def test_subjects_randomized_by_then(interim: Derived, pilot: Derived) -> None:
    then, now = (derived.adam["ADSL"].filter(pl.col("RANDFL") == "Y") for derived in (interim, pilot))
    assert then.select("USUBJID", "RANDDT").equals(now.filter(pl.col("RANDDT") <= CUTOFF).select("USUBJID", "RANDDT"))
    survival = interim.adam["ADTTE"].filter(pl.col("PARAMCD") == "OS")
    assert survival["USUBJID"].to_list() == then["USUBJID"].to_list()


def test_events_by_then_are_those_of_the_final_data(interim: Derived, pilot: Derived) -> None:
    for parameter in ("OS", "PFS", "PFSC", "TTDE"):
        events = [d.adam["ADTTE"].filter(pl.col("PARAMCD") == parameter, pl.col("CNSR") == 0) for d in (interim, pilot)]
        variables = ["USUBJID", "STARTDT", "ADT", "AVAL", "EVNTDESC"]
        by_then = events[1].filter(pl.col("ADT") <= CUTOFF).select(variables)
        assert events[0].select(variables).equals(by_then), parameter
        assert by_then.height < events[1].height


def test_treatment_goes_on_at_the_cut_off(interim: Derived, pilot: Derived) -> None:
    later = pilot.adam["ADSL"].filter(pl.col("TRTEDT") > CUTOFF).select("USUBJID")
    both = interim.adam["ADSL"].filter(pl.col("TRTSDT").is_not_null()).join(later, on="USUBJID")
    assert both.height > 50
    assert both.select("TRTEDT", "EOTSTT").unique().rows() == [(CUTOFF, "ONGOING")]
