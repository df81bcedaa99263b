"""Values in other letter case or with blanks are the same values; values that say nothing are no "No"."""

import polars as pl
from tests.derive.made_up import Sdtm, protocol, sdtm, subject

from equipoise.derive import Derived, derive
from equipoise.protocol import data_cut

DOSE = [{"EXTRT": "DRUG", "EXDOSE": 800.0, "EXSTDTC": 1, "EXENDTC": 84}]
EVENTS = [
    {"AETOXGR": "3", "AESER": "Y", "AEREL": "Y", "AEOUT": "NOT RECOVERED/NOT RESOLVED", "AESTDTC": 10},
    {"AETOXGR": "5", "AESER": "Y", "AEREL": "NOT RELATED", "AEOUT": "FATAL", "AESTDTC": 40, "AEENDTC": 61},
    {"AETOXGR": "1", "AESER": "N", "AEREL": "N", "AESTDTC": 12, "AEENDTC": 13},
]
PLAIN = sdtm(subject("1", ex=DOSE, ae=EVENTS, dm={"DTHFL": "Y"}, ok=[50]), subject("2", "PLA", pr=[85]))


def run(data: Sdtm) -> Derived:
    return derive(protocol(), data, cut=data_cut(protocol()))


def test_letter_case_and_blanks_change_nothing_and_are_counted() -> None:
    other = dict(PLAIN)
    title = [pl.col("AEOUT").str.to_titlecase(), pl.format(" {} ", pl.col("AESER").str.to_lowercase())]
    other["AE"] = PLAIN["AE"].with_columns(*title, AEREL=pl.col("AEREL").str.to_titlecase())
    other["RS"] = PLAIN["RS"].with_columns(pl.col("RSSTRESC", "RSEVAL").str.to_lowercase())
    other["DS"] = PLAIN["DS"].with_columns(pl.col("DSDECOD").str.to_titlecase())
    other["DM"] = PLAIN["DM"].with_columns(DTHFL=pl.col("DTHFL").str.to_lowercase())
    plain, derived = run(PLAIN), run(other)
    for name in ("ADSL", "ADRS", "ADTTE"):
        assert derived.adam[name].equals(plain.adam[name]), name
    assert derived.adam["ADAE"].drop("AEREL").equals(plain.adam["ADAE"].drop("AEREL"))
    found = {f.variable: f for f in derived.findings if f.code == "other-spelling"}
    assert found.keys() == {"AEOUT", "AESER", "RSSTRESC", "DTHFL"}
    assert found["AESER"].seen == "' n ', ' y ' (3 rows)"
    assert {f.severity for f in found.values()} == {"warning"}
    assert "not-in-codelist" not in {f.code for f in derived.findings}


def test_what_says_nothing_is_missing_and_counted() -> None:
    odd = pl.DataFrame({"AESEQ": [1, 2, 3], "AESER": ["maybe", None, "N"], "AEREL": [None, "PERHAPS", "PERHAPS"]})
    data = PLAIN | {"AE": PLAIN["AE"].update(odd, on="AESEQ", include_nulls=True)}
    derived = run(data)
    assert derived.adam["ADAE"].select("SERFL", "RELFL").rows() == [(None, None), (None, None), ("N", None)]
    found = {(f.variable, f.seen) for f in derived.findings if f.code == "flag-missing"}
    assert found == {
        ("AESER", "maybe (1 of 3 rows)"),
        ("AESER", "(empty) (1 of 3 rows)"),
        ("AEREL", "(empty) (1 of 3 rows)"),
        ("AEREL", "PERHAPS (2 of 3 rows)"),
    }


def test_a_variable_that_is_not_there_is_no_no() -> None:
    derived = run(PLAIN | {"AE": PLAIN["AE"].drop("AESER", "AEREL")})
    assert derived.adam["ADAE"].select("SERFL", "RELFL").unique().rows() == [(None, None)]
    found = [f for f in derived.findings if f.code == "flag-missing"]
    assert sorted(f.seen for f in found) == ["(empty) (3 of 3 rows)"] * 2
