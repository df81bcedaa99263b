"""Biomarker response from LB: elevated at baseline by the laboratory's own limit, fall by half, same assay."""

from typing import Any

import polars as pl
import pytest
from tests.derive.made_up import iso, protocol, sdtm, subject

from equipoise.derive import Derived, derive
from equipoise.derive.biomarker_units import factor_of
from equipoise.derive.columns import source_columns
from equipoise.protocol import DataCut

CGA = {
    "label": "Chromogranin A response",
    "kind": "biomarker_response",
    "paramcd": "CGARESP",
    "measure": {"domain": "LB", "testcd": "CGA"},
    "decrease_percent": 50,
    "above_normal_only": True,
}
DOSE = [{"EXTRT": "DRUG", "EXDOSE": 800.0, "EXSTDTC": 8, "EXENDTC": 300}]


def value(day: int | str, size: float | None, **facts: Any) -> dict[str, Any]:
    row = {
        "LBTESTCD": "CGA",
        "LBSTRESN": size,
        "LBSTRESU": "ug/L",
        "LBSTNRHI": 100.0,
        "LBMETHOD": "RIA",
        "LBDTC": iso(day),
    }
    return {**row, **facts}


def found(*people: tuple[Any, list[dict[str, Any]]], **changes: Any) -> Derived:
    """Derive subjects with values of chromogranin A."""
    data = sdtm(*(person for person, _ in people))
    rows = []
    for person, values in people:
        name = person["DM"][0]["USUBJID"]
        rows += [
            {"STUDYID": "MADEUP", "USUBJID": name, "DOMAIN": "LB", "LBSEQ": n, **v} for n, v in enumerate(values, 1)
        ]
    types = {"LBSTRESN": pl.Float64, "LBSTNRHI": pl.Float64, "LBSEQ": pl.Int64}
    schema = {c: types.get(c, pl.String) for c in dict.fromkeys(c for row in rows for c in row)}
    data["LB"] = pl.DataFrame(rows, schema=schema)
    endpoints = {"cga": {**CGA, **changes}, "pfs": {"label": "P", "paramcd": "PFS", "events": ["central_progression"]}}
    return derive(protocol(endpoints=endpoints), data, cut=("all", DataCut()))


def answers(table: Derived) -> dict[str, tuple[str, str | None]]:
    rows = table.adam["ADRS"].filter(pl.col("PARAMCD") == "CGARESP")
    return {r["USUBJID"]: (r["AVALC"], r["ADT"] and r["ADT"].isoformat()) for r in rows.iter_rows(named=True)}


def person(name: str, **facts: Any) -> Any:
    return subject(name, ex=DOSE, **facts)


BASE = value(1, 400)


def test_a_fall_by_half_at_any_visit_before_progression_is_a_response() -> None:
    table = found(
        (person("half"), [BASE, value(85, 200)]),
        (person("not quite"), [BASE, value(85, 200.1)]),
        (person("any visit"), [BASE, value(85, 300), value(169, 100), value(253, 400)]),
        (person("at progression", pd=[85]), [BASE, value(85, 100)]),
        (person("before it", pd=[86]), [BASE, value(85, 100)]),
        (person("new therapy", nact=[80]), [BASE, value(85, 100)]),
        (person("missing"), [BASE]),
        (person("not elevated"), [value(1, 100), value(85, 10)]),
        (person("no baseline"), [value(85, 10)]),
    )
    assert answers(table) == {
        "half": ("Y", "2020-03-30"),
        "not quite": ("N", None),
        "any visit": ("Y", "2020-06-22"),
        "at progression": ("N", None),
        "before it": ("Y", "2020-03-30"),
        "new therapy": ("N", None),
        "missing": ("N", None),
    }
    row = table.adam["ADRS"].filter(pl.col("PARAMCD") == "CGARESP", pl.col("USUBJID") == "half").row(0, named=True)
    assert (row["PARAM"], row["AVAL"], row["ADY"], row["ASSESSOR"]) == ("Chromogranin A response", 1.0, 85, None)


def test_the_limit_is_that_of_the_laboratory_of_the_row() -> None:
    table = found(
        (person("high"), [value(1, 90, LBSTNRHI=80.0), value(85, 40)]),
        (person("low"), [value(1, 90, LBSTNRHI=100.0), value(85, 40)]),
        (person("unknown"), [value(1, 900, LBSTNRHI=None), value(85, 40)]),
    )
    assert answers(table) == {"high": ("Y", "2020-03-30")}
    assert [(f.code, f.subject) for f in table.findings if f.code == "limit-missing"] == [("limit-missing", "unknown")]


def test_baseline_is_the_last_value_up_to_the_first_dose() -> None:
    table = found((person("1"), [value(-6, 1000), value(8, 300), value(85, 400)]))  # the first dose is on day 8
    assert answers(table) == {"1": ("N", None)}


def test_only_values_of_the_same_assay_are_compared_and_units_are_converted() -> None:
    table = found(
        (person("assay"), [BASE, value(85, 100, LBMETHOD="ELISA"), value(169, 150)]),
        (person("unit"), [BASE, value(85, 100, LBSTRESU="ng/mL"), value(169, 10, LBSTRESU="g/L")]),
        (person("odd"), [BASE, value(85, 1, LBSTRESU="nmol/L"), value(169, 1, LBSTRESU=None)]),
    )
    assert answers(table) == {"assay": ("Y", "2020-06-22"), "unit": ("Y", "2020-03-30"), "odd": ("N", None)}
    told = [(f.code, f.subject, f.seen) for f in table.findings if f.dataset == "LB" and f.subject and "CGA" in f.seen]
    assert told == [
        ("other-assay", "assay", "CGA: ELISA"),
        ("unit-unknown", "odd", "CGA: nmol/L"),
        ("unit-unknown", "odd", "CGA: None"),
    ]


def test_the_laboratory_tells_the_assay_where_there_is_no_method() -> None:
    base, later = value(1, 400, LBMETHOD=None, LBNAM="LAB A"), value(85, 100, LBMETHOD=None, LBNAM="LAB B")
    assert answers(found((person("1"), [base, later]))) == {"1": ("N", None)}
    assert answers(found((person("1"), [base, {**later, "LBNAM": "Lab A"}]))) == {"1": ("Y", "2020-03-30")}


def test_confirmation_is_an_option() -> None:
    people = (
        (person("again"), [BASE, value(85, 100), value(113, 150)]),
        (person("too soon"), [BASE, value(85, 100), value(112, 150)]),
        (person("up again"), [BASE, value(85, 100), value(113, 300)]),
    )
    assert answers(found(*people, confirmation_days=28)) == {
        "again": ("Y", "2020-03-30"),
        "too soon": ("N", None),
        "up again": ("N", None),
    }


def test_impossible_values_are_told_and_left_out() -> None:
    table = found((person("1"), [BASE, value(85, -5), value("2020-06", 100)]))
    assert answers(table) == {"1": ("N", None)}
    told = {f.code for f in table.findings if f.dataset == "LB" and f.subject == "1" and "CGA" in f.seen}
    assert told == {"value-negative", "partial-date"}


@pytest.mark.parametrize(
    ("seen", "wanted", "factor"),
    [
        ("ng/mL", "ug/L", 1.0),
        ("µg/L", "ng/mL", 1.0),
        ("ug/dL", "ng/mL", 10.0),
        ("mg/24h", "mg/day", 1.0),
        ("mg/24h", "umol/24h", None),
        ("mmol/L", "umol/L", 1000.0),
        ("U/L", "kU/L", 0.001),
        ("ng/mL", "ng/24h", None),
    ],
)
def test_units(seen: str, wanted: str, factor: float | None) -> None:
    assert factor_of(seen, wanted) == factor


def test_mass_becomes_amount_where_the_molar_mass_is_known() -> None:
    # 5-hydroxyindoleacetic acid: 191.18 g/mol, so that 10 mg are 52.3 umol
    assert factor_of("mg/24h", "umol/day", 191.18) == pytest.approx(1000 / 191.18)
    assert factor_of("umol/24h", "mg/24h", 191.18) == pytest.approx(0.19118)


def test_all_variables_of_a_value_are_read_from_large_files() -> None:
    columns = source_columns(protocol(endpoints={"cga": CGA}))["LB"]
    assert {"LBSTRESN", "LBSTRESU", "LBSTNRHI", "LBMETHOD", "LBNAM", "LBDTC", "LBTESTCD"} <= columns
