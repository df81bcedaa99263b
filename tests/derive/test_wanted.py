"""What is asked for alone is what it is among everything."""

import polars as pl
from polars.testing import assert_frame_equal
from tests.derive.made_up import protocol, sdtm, subject

from equipoise.derive import Derived, derive
from equipoise.protocol import DataCut

ENDPOINTS = {
    "pfs": {"label": "PFS", "paramcd": "PFS", "events": ["central_progression", "death"]},
    "os": {"label": "Survival", "paramcd": "OS", "events": ["death"]},
    "follow": {"label": "Follow-up", "paramcd": "FU", "reverse_of": "os"},
    "rash": {
        "label": "Rash",
        "paramcd": "RASH",
        "events": ["adverse_event"],
        "adverse_event": {"AEDECOD": ["RASH"]},
        "censor_at": "last_alive",
    },
}
PEOPLE = (
    subject("dead", ok=[85], death=100),
    subject("alive", ok=[85], pd=[169], ae=[{"AEDECOD": "RASH", "AETOXGR": "1", "AESTDTC": 30}]),
    subject("ill", ok=[85], ae=[{"AEDECOD": "COUGH", "AETOXGR": "1", "AESTDTC": 40}]),
)


def derived(*datasets: str, endpoints: list[str] | None = None) -> Derived:
    trial, data = protocol(endpoints=ENDPOINTS), sdtm(*PEOPLE)
    return derive(trial, data, cut=("all", DataCut()), datasets=datasets or None, endpoints=endpoints)


def test_a_data_set_alone_is_equal_to_the_same_among_all() -> None:
    everything = derived()
    assert {"ADSL", "ADRS", "ADTTE", "ADAE"} <= set(everything.adam)
    for name in everything.adam:
        alone = derived(name)
        assert set(alone.adam) == {"ADSL", name}
        assert_frame_equal(alone.adam[name], everything.adam[name])


def test_times_to_event_alone_are_equal_to_the_same_among_all() -> None:
    table = derived().adam["ADTTE"]
    assert set(table["ENDPT"]) == set(ENDPOINTS)
    for name in ENDPOINTS:
        own = table.filter(pl.col("ENDPT") == name)
        assert own.height == len(PEOPLE)
        assert_frame_equal(derived("ADTTE", endpoints=[name]).adam["ADTTE"], own)
