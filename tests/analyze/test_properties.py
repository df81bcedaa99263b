"""What holds for any data: counts add up, renaming turns signs, nothing is not a number, any file format, any order."""

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.analyze.small_trial import adam, find, protocol, protocol_data, results_of

from equipoise.cdisc import read_folder, write_dataset
from equipoise.results import Results

START = dt.date(2020, 1, 1)
maybe = st.none() | st.just("Y")
subject = st.fixed_dictionaries(
    {
        "ARMID": st.sampled_from(["active", "control"]),
        "RANDFL": st.sampled_from(["Y", "Y", "Y", "N"]),
        "AARMID": st.sampled_from([None, "active", "control"]),
        "EOTSTT": st.sampled_from([None, "ONGOING", "COMPLETED", "DISCONTINUED"]),
        "DCTREAS": st.sampled_from([None, "Progression", "Adverse event"]),
        "EOSSTT": st.sampled_from([None, "ONGOING", "DISCONTINUED"]),
        "STRAT1R": st.sampled_from([None, "north", "south"]),
        "STRAT1V": st.sampled_from([None, "north", "south"]),
        "SEX": st.sampled_from([None, "F", "M"]),
        "AGE": st.none() | st.integers(20, 90).map(float),
        "DTHFL": maybe,
        "CROSSFL": maybe,
        "days": st.integers(0, 40),
        "code": st.sampled_from([0, 0, 0, 3, 6]),
        "grade": st.sampled_from([None, 1, 3, 5]),
        "period": st.sampled_from([None, 1, 1, 2]),
        "best": st.sampled_from([None, "CR", "SD", "PD", "MISSING"]),
    }
)


def frames(subjects: list[dict[str, Any]]) -> dict[str, pl.DataFrame]:
    """ADaM of random subjects; a column without values has no type of its own."""
    rows = [{"USUBJID": f"X{k:02d}", **values} for k, values in enumerate(subjects)]
    randomized = [row for row in rows if row["RANDFL"] == "Y"]
    adsl = [
        {
            **{k: v for k, v in row.items() if k.isupper()},
            "RANDDT": START,
            "TRTSDT": START if row["AARMID"] else None,
            "TRTEDT": START if row["AARMID"] else None,
            "DTHDT": START if row["DTHFL"] else None,
            "ITTFL": row["RANDFL"],
            "SAFFL": "Y" if row["AARMID"] and row["RANDFL"] == "Y" else "N",
            "SCRFREAS": None if row["RANDFL"] == "Y" else "Not eligible",
        }
        for row in rows
    ]
    times = [
        {
            "USUBJID": row["USUBJID"], "ENDPT": endpoint, "RULESET": rule_set, "AVAL": row["days"], "CNSR": row["code"],
            "EVNTDESC": "Event", "CNSREAS": f"Reason {row['code']}" if row["code"] else None,
        }
        for row in randomized
        for endpoint, rule_set in (("pfs", "P"), ("pfs", "A"), ("os", "P"))
    ]  # fmt: skip
    events = [
        {
            "USUBJID": row["USUBJID"], "AEBODSYS": "Body", "AEDECOD": "Ache", "AGRADEN": row["grade"],
            "APERIOD": row["period"], "TRTEMFL": "Y" if row["period"] else None,
        }
        for row in rows
    ]  # fmt: skip
    best = [
        {"USUBJID": row["USUBJID"], "PARAMCD": "CBOR", "ASSESSOR": "central", "AVALC": row["best"]}
        for row in randomized
    ]
    schema = {"USUBJID": pl.String, "PARAMCD": pl.String, "ASSESSOR": pl.String, "AVALC": pl.String}
    adtte = {"USUBJID": pl.String, "ENDPT": pl.String, "RULESET": pl.String, "AVAL": pl.Int64, "CNSR": pl.Int64}
    return {
        "ADSL": pl.DataFrame(adsl),
        "ADTTE": pl.DataFrame(times, schema_overrides=adtte) if times else pl.DataFrame(schema=adtte),
        "ADAE": pl.DataFrame(events),
        "ADRS": pl.DataFrame(best, schema=schema) if best else pl.DataFrame(schema=schema),
    }


def total(results: Results, **where: Any) -> float:
    return float(find(results, statistic="n", **where)["value"].sum())


def check_counts(results: Results) -> None:
    for arm in ("active", "control", "(all)"):
        flow = {"analysis_id": "flow", "group_level": arm}
        n = total(results, variable="randomized", **flow)
        treated = total(results, variable="received", **flow) + total(results, variable="received_other", **flow)
        assert n == treated + total(results, variable="not_received", **flow)
        status = ("on_treatment", "completed", "discontinued", "status_unknown")
        assert treated == sum(total(results, variable=variable, **flow) for variable in status)
        for variable in ("not_received", "discontinued", "left_study"):
            assert total(results, variable=variable, **flow) == total(results, variable=f"{variable}_reason", **flow)
        for rule_set in ("P", "A"):
            row = {"analysis_id": "primary", "rule_set": rule_set, "group_level": arm}
            parts = [total(results, variable=v, **row) for v in ("events", "censored")]
            assert sum(parts) == total(results, variable="subjects", **row) == n
            assert parts == [total(results, variable=v, **row) for v in ("events_by_type", "censored_reason")]
        for factor in ("sex", "prior"):
            assert total(results, analysis_id="baseline", variable=factor, group_level=arm) == n
        assert total(results, analysis_id="response", variable="best_response", group_level=arm) == n
        if arm != "(all)":
            forest = {"analysis_id": "primary_subgroups", "variable": "subjects", "group_level": arm}
            for factor in ("sex", "age"):
                assert total(results, subgroup=factor, **forest) == n
            terms = {"analysis_id": "safety_terms", "variable_level": "Ache", "group_level": arm}
            grades = total(results, variable="maximum_grade", **terms)
            assert grades == total(results, variable="any_grade", **terms)
    assessed = total(results, analysis_id="flow", variable="assessed")
    out = [total(results, analysis_id="flow", variable=v) for v in ("excluded", "not_randomized_unexplained")]
    assert assessed == sum(out) + total(results, analysis_id="flow", variable="randomized", group_level="(all)")


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(subject, min_size=1, max_size=25), st.integers(0, 1000))
def test_any_trial(subjects: list[dict[str, Any]], seed: int) -> None:
    data = frames(subjects)
    results = results_of(data)
    check_counts(results)
    empty = results.statistics.filter(pl.col("value").is_null())
    assert empty.filter(pl.col("status") == "ok").height == 0
    assert empty.filter((pl.col("status") == "NE") & pl.col("text").is_null()).height == 0
    shuffled = {name: frame.sample(fraction=1, shuffle=True, seed=seed) for name, frame in data.items()}
    again = results_of(shuffled)
    for table in ("statistics", "curves", "source_sets", "findings"):
        assert getattr(again, table).equals(getattr(results, table)), table
    turned = {"active": {"label": "A", "role": "control"}, "control": {"label": "C", "role": "experimental"}}
    other = results_of(data, protocol(arms=turned, crossover=None))
    here = {"analysis_id": "primary", "variable": "logrank", "statistic": "z"}
    for strata in ("none", "randomization", "corrected"):
        first, second = (find(r, strata=strata, **here)["value"].to_list() for r in (results, other))
        assert second == [None if z is None else pytest.approx(-z, abs=1e-9) for z in first]


@pytest.mark.parametrize("ending", ["parquet", "xpt", "csv", "json"])
def test_adam_in_any_format_gives_the_same_results(tmp_path: Path, ending: str) -> None:
    for name, frame in adam().items():
        write_dataset(frame, tmp_path / f"{name.lower()}.{ending}", name=name, label=name, created=START)
    results, expected = results_of(read_folder(tmp_path).datasets), results_of()
    assert results.statistics.equals(expected.statistics)
    assert results.curves.equals(expected.curves)
    assert results.findings.equals(expected.findings)


def test_a_protocol_without_populations_or_analyses() -> None:
    bare = {k: v for k, v in protocol_data().items() if k in ("equipoise", "trial", "arms", "randomization")}
    declared = protocol().model_validate(bare | {"baseline": protocol_data()["baseline"]})
    results = results_of(declared=declared)
    done = results.statistics.filter(pl.col("status") != "not_done")
    assert set(done["analysis_id"].unique()) == {"flow", "strata", "accrual"}
    rest = results.statistics.filter(pl.col("status") == "not_done")
    assert set(rest["analysis_id"].unique()) == {"exposure", "safety_overview", "deaths"}
    assert set(rest["text"].unique()) == {"the protocol declares no population safety"}
