"""The example results obey the rules of results files, so that what reads them is built on firm ground."""

import polars as pl
import pytest
from tests.analyze.small_trial import results_of
from tests.results.example import example_results

from equipoise.results import STATISTICS, Results


@pytest.fixture(scope="module")
def results() -> Results:
    return example_results()


def value(results: Results, **where: object) -> float:
    conditions = [pl.col(k).is_null() if v is None else pl.col(k) == v for k, v in where.items()]
    rows = results.statistics.filter(*conditions)
    assert rows.height == 1, rows
    return float(rows["value"][0])


@pytest.mark.parametrize("arm", ["experimental", "placebo", "(all)"])
def test_boxes_of_the_flow_add_up(results: Results, arm: str) -> None:
    def n(variable: str, **more: object) -> float:
        return value(results, analysis_id="flow", variable=variable, group_level=arm, statistic="n", **more)

    def total(variable: str) -> float:
        rows = results.statistics.filter(analysis_id="flow", variable=variable, group_level=arm, statistic="n")
        return float(rows["value"].sum())

    assert n("randomized") == {"experimental": 97, "placebo": 74, "(all)": 171}[arm]
    assert n("randomized") == n("received") + total("received_other") + n("not_received")
    assert n("received") + total("received_other") == n("on_treatment") + n("discontinued")
    assert n("discontinued") == total("discontinued_reason")
    assert n("left_study") == total("left_study_reason")
    for population in ("itt", "safety"):
        assert n("randomized") == n("analyzed", population=population) + n("not_analyzed", population=population)


def test_assessed_are_excluded_or_randomized(results: Results) -> None:
    everybody = {"analysis_id": "flow", "group_level": "(all)", "statistic": "n"}
    assert value(results, variable="assessed", **everybody) == 180
    assert value(results, variable="excluded", **everybody) == 9
    assert value(results, variable="randomized", **everybody) == 171


def test_every_row_is_found_by_its_columns(results: Results) -> None:
    keys = [c for c in STATISTICS if c not in ("row_id", "value", "status", "unit", "n", "n_events", "source_set")]
    assert results.statistics.select(pl.struct(keys).is_duplicated().sum()).item() == 0


def test_every_source_set_is_stored(results: Results) -> None:
    stored = set(results.source_sets["source_set"])
    assert set(results.statistics["source_set"]) == stored
    sizes = results.source_sets.select((pl.col("subjects").list.len() == pl.col("n")).all()).item()
    assert sizes


def test_a_count_is_the_size_of_its_source_set(results: Results) -> None:
    counts = results.statistics.filter(pl.col("method") == "count", pl.col("statistic") == "n")
    joined = counts.join(results.source_sets.select("source_set", size="n"), on="source_set", validate="m:1")
    assert joined.filter(pl.col("value") != pl.col("size")).height == 0


def kinds(results: Results) -> set[tuple[str, ...]]:
    """Every kind of row; the fields and landmarks of a protocol are no kinds."""
    name = pl.col("analysis_id").replace({"survival": "overall_survival"})
    a_field = name.is_in(["baseline", "primary_univariate"])
    a_landmark = pl.col("time_days").is_not_null() & (name == "overall_survival")
    rows = results.statistics.filter(~a_landmark, ~name.str.ends_with("_crossover"))
    variable = pl.when(a_field).then(pl.lit("field")).otherwise("variable")
    return set(rows.select(name, variable.alias("v"), "measure", "statistic", "strata", "sided").rows())


def test_the_example_has_the_kinds_of_rows_that_analyze_writes(results: Results) -> None:
    analyzed = results_of()
    assert kinds(results) == kinds(analyzed)


def methods(results: Results) -> set[str]:
    named = {"Small-bowel primary": "Region"}
    return {text.replace(*next(iter(named.items()))) for text in results.statistics["method"].unique()}


def test_the_example_names_the_methods_that_analyze_names(results: Results) -> None:
    assert methods(results) == methods(results_of())
