"""Data of several studies: one is derived, the rows of the others are counted."""

import polars as pl
import pytest
from tests.derive.made_up import Sdtm, protocol, sdtm, subject

from equipoise.derive import Derived, DeriveError, derive
from equipoise.protocol import data_cut


def run(data: Sdtm) -> Derived:
    return derive(protocol(), data, cut=data_cut(protocol()))


def named(data: Sdtm, study: str) -> Sdtm:
    return {name: frame.with_columns(STUDYID=pl.lit(study)) for name, frame in data.items()}


def both(one: Sdtm, two: Sdtm) -> Sdtm:
    return {name: pl.concat([one[name], two[name]]) for name in one}


ONE = sdtm(subject("1", ok=[85], pd=[169]), subject("2", "PLA", death=60))
OTHER = named(sdtm(subject("1", "PLA", ok=[85]), subject("9", pd=[85])), "SECOND")


def test_rows_of_another_study_are_counted_and_kept_out() -> None:
    derived, alone = run(both(ONE, OTHER)), run(ONE)
    assert all(frame.equals(derived.adam[name]) for name, frame in alone.adam.items())
    found = {f.dataset: f for f in derived.findings if f.code == "other-study"}
    assert found.keys() == {name for name, frame in OTHER.items() if frame.height}
    for name, finding in found.items():
        used = ONE[name].height
        assert finding.seen == f"SECOND ({OTHER[name].height} of {used + OTHER[name].height} rows)"
        assert finding.severity == "error"


def test_the_only_study_is_used_under_its_own_name_and_said_so() -> None:
    derived = run(OTHER)
    found = [f for f in derived.findings if f.code == "study-renamed"]
    assert [(f.seen, f.severity) for f in found] == [("SECOND", "warning")]
    assert "MADEUP" in found[0].expected
    assert derived.adam["ADSL"]["STUDYID"].unique().to_list() == ["SECOND"]


def test_several_studies_none_of_the_protocol() -> None:
    with pytest.raises(DeriveError, match="SECOND, THIRD, none of which is MADEUP"):
        run(both(OTHER, named(ONE, "THIRD")))
