"""Who is on treatment at the cut-off where no record says how treatment ended."""

import polars as pl
import pytest
from tests.derive.made_up import DAY_1, Sdtm, iso, protocol, sdtm, subject

from equipoise.derive import Derived, derive
from equipoise.protocol import DataCut


def doses(end: int | None, treatment: str = "DRUG", start: int = 1) -> list[dict[str, object]]:
    return [{"EXTRT": treatment, "EXDOSE": 800.0, "EXSTDTC": start, "EXENDTC": end}]


def run(data: Sdtm, cutoff: int | None = 400, **changes: object) -> Derived:
    day = None if cutoff is None else DAY_1.fromisoformat(iso(cutoff) or "")
    return derive(protocol(**changes), data, cut=("all", DataCut(cutoff=day)))


def status(derived: Derived, name: str) -> tuple[object, ...]:
    rows = derived.adam["ADSL"].filter(pl.col("USUBJID") == name)
    end = rows["EOTDT"][0]
    return rows["EOTSTT"][0], None if end is None else (end - DAY_1).days + 1, rows["DCTREAS"][0]


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"ex": doses(390)}, ("ONGOING", None, None)),
        ({"ex": doses(None)}, ("ONGOING", None, None)),
        ({"ex": doses(340)}, ("ONGOING", None, None)),
        ({"ex": doses(339)}, (None, None, None)),
        ({"ex": doses(200), "death": 220}, ("DISCONTINUED", 220, "Death")),
        ({"ex": doses(100), "death": 220}, ("DISCONTINUED", None, None)),
        ({"ex": doses(200), "left": 210}, ("DISCONTINUED", 210, "WITHDRAWAL BY SUBJECT")),
        ({"ex": doses(390), "stop": 395}, ("DISCONTINUED", 395, "ADVERSE EVENT")),
    ],
)
def test_end_of_treatment(facts: dict[str, object], expected: tuple[object, ...]) -> None:
    assert status(run(sdtm(subject("1", **facts))), "1") == expected


def test_crossover_ends_assigned_treatment() -> None:
    rows = [*doses(90, "PLACEBO"), *doses(390, "DRUG", 100)]
    crossover = {"crossover": {"from": "placebo", "to": "drug"}}
    derived = run(sdtm(subject("1", "PLA", ex=rows)), **crossover)
    assert status(derived, "1") == ("DISCONTINUED", 100, "Crossover")


def test_longer_cycles_give_more_time() -> None:
    data = sdtm(subject("1", ex=doses(320)))
    assert status(run(data, visits__cycle_days=42), "1") == ("ONGOING", None, None)
    assert status(run(data), "1") == (None, None, None)


def test_without_cut_off_the_last_day_of_the_data_counts() -> None:
    data = sdtm(subject("1", ex=doses(100)), subject("2", ex=doses(390)))
    derived = run(data, cutoff=None)
    assert [status(derived, name)[0] for name in ("1", "2")] == [None, "ONGOING"]


def test_no_record_of_any_end_is_one_finding() -> None:
    found = [
        f
        for f in run(sdtm(subject("1", ex=doses(390)), subject("2", ex=doses(380)))).findings
        if f.code == "no-treatment-disposition"
    ]
    assert len(found) == 1
    assert "2 treated subjects" in found[0].seen
    assert "data.treatment_stop" in found[0].expected
    some = run(sdtm(subject("1", ex=doses(390)), subject("2", ex=doses(380), stop=381)))
    assert "no-treatment-disposition" not in {f.code for f in some.findings}
