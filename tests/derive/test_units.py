"""Values in another unit than the protocol's are converted or kept out, and told either way."""

import polars as pl
import pytest
from tests.derive.made_up import protocol, sdtm, subject

from equipoise.derive import Derived, derive, source_columns
from equipoise.protocol import data_cut

TRIAL = protocol(
    baseline__age={"type": "number", "unit": "years", "sdtm": {"domain": "DM", "variable": "AGE"}},
    baseline__weight={"type": "number", "unit": "kg", "sdtm": {"domain": "VS", "testcd": "WEIGHT"}},
)


def run(age: float, age_unit: str | None, weight: float, weight_unit: str | None) -> Derived:
    data = sdtm(subject("1", dm={"AGE": age}))
    data["DM"] = data["DM"].with_columns(AGEU=pl.lit(age_unit, dtype=pl.String))
    row = {"STUDYID": "MADEUP", "USUBJID": "1", "DOMAIN": "VS", "VSSEQ": 1, "VSTESTCD": "WEIGHT", "VSTEST": "Weight"}
    row |= {"VSSTRESN": weight, "VSSTRESU": weight_unit, "VSDTC": "2020-01-05"}
    data["VS"] = pl.DataFrame([row], schema_overrides={"VSSTRESU": pl.String})
    wanted = source_columns(TRIAL)
    data["VS"] = data["VS"].select(c for c in data["VS"].columns if c in wanted["VS"])
    return derive(TRIAL, data, cut=data_cut(TRIAL))


@pytest.mark.parametrize(
    ("seen", "values", "codes"),
    [
        ((63, "YEARS", 80, "KG"), (63.0, 80.0), []),
        ((63, None, 80, None), (63.0, 80.0), []),
        ((756, "MONTHS", 140, "LB"), (63.0, 63.5029318), ["unit-converted"] * 2),
        ((1461, "DAYS", 80_000, "g"), (4.0, 80.0), ["unit-converted"] * 2),
        ((63, "YEARS", 12, "stone"), (63.0, None), ["unit-unknown"]),
    ],
    ids=["letter-case", "no-unit", "pounds-and-months", "days-and-grams", "unknown"],
)
def test_unit(
    seen: tuple[float, str | None, float, str | None], values: tuple[float, float | None], codes: list[str]
) -> None:
    derived = run(*seen)
    age, weight = derived.adam["ADSL"].select("AGE", "WEIGHT").row(0)
    assert (age, weight) == (pytest.approx(values[0], rel=1e-12), values[1] and pytest.approx(values[1], rel=1e-12))
    found = [f for f in derived.findings if f.code.startswith("unit-")]
    assert [f.code for f in found] == codes
    assert {f.severity for f in found} <= ({"error"} if "unit-unknown" in codes else {"warning"})
