"""The ARS export: references that resolve, every row once, values unrounded."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.results.example import example_results

from equipoise.results import ars_reporting_event, write_ars


@pytest.fixture(scope="module")
def event() -> dict[str, Any]:
    return ars_reporting_event(example_results())


def test_every_row_is_one_result(event: dict[str, Any]) -> None:
    results = [result for analysis in event["analyses"] for result in analysis["results"]]
    assert len(results) == example_results().statistics.height


def test_identifiers_are_unique_and_references_resolve(event: dict[str, Any]) -> None:
    analyses = [analysis["id"] for analysis in event["analyses"]]
    assert len(set(analyses)) == len(analyses)
    sets = {item["id"] for item in event["analysisSets"]}
    operations = {m["id"]: {o["id"] for o in m["operations"]} for m in event["methods"]}
    groupings = {g["id"] for g in event["analysisGroupings"] + event["dataGroupings"]}
    arms = {group["id"] for group in event["analysisGroupings"][0]["groups"]}
    for analysis in event["analyses"]:
        assert analysis.get("analysisSetId") in sets | {None}
        assert {g["groupingId"] for g in analysis["orderedGroupings"]} <= groupings
        for result in analysis["results"]:
            assert result["operationId"] in operations[analysis["methodId"]]
            assert {g["groupId"] for g in result["resultGroups"] if "groupId" in g} <= arms
    tables = event["mainListOfContents"]["contentsList"]["listItems"]
    listed = [item["analysisId"] for table in tables for item in table["sublist"]["listItems"]]
    assert sorted(listed) == sorted(analyses)


def test_results_of_an_analysis_are_told_apart_by_their_groups(event: dict[str, Any]) -> None:
    for analysis in event["analyses"]:
        keys = [json.dumps([r["operationId"], r["resultGroups"]]) for r in analysis["results"]]
        assert len(set(keys)) == len(keys), analysis["id"]


def test_the_declared_hazard_ratio(event: dict[str, Any]) -> None:
    wanted = "primary.itt.pfs_central.P.hazard_ratio.hazard_ratio.randomization"
    analysis = next(a for a in event["analyses"] if a["id"] == wanted)
    assert analysis["purpose"] == {"controlledTerm": "PRIMARY OUTCOME MEASURE"}
    estimate = analysis["results"][0]
    assert estimate["operationId"].endswith(".estimate")
    assert estimate["resultGroups"] == [
        {"groupingId": "arm", "groupId": "arm.experimental"},
        {"groupingId": "reference_level", "groupValue": "placebo"},
    ]
    row = example_results().statistics.filter(
        analysis_id="primary", rule_set="P", variable="hazard_ratio", strata="randomization", statistic="estimate"
    )
    assert float(estimate["rawValue"]) == row["value"][0]


def test_a_number_that_is_not_there_carries_its_status(event: dict[str, Any]) -> None:
    follow_up = next(a for a in event["analyses"] if a["id"].startswith("follow_up") and "Kaplan" in _method(event, a))
    shown = {r.get("formattedValue") for r in follow_up["results"] if "rawValue" not in r}
    missing = example_results().statistics.filter(analysis_id="follow_up").filter(status="NR").height
    assert shown == ({"NR"} if missing else set())
    forest = [a for a in event["analyses"] if a["id"].startswith("primary_subgroups")]
    assert {r["formattedValue"] for a in forest for r in a["results"] if "rawValue" not in r} == {"NE"}


def _method(event: dict[str, Any], analysis: dict[str, Any]) -> str:
    return str(next(m["name"] for m in event["methods"] if m["id"] == analysis["methodId"]))


def test_standing_tables_describe_the_trial(event: dict[str, Any]) -> None:
    flow = next(a for a in event["analyses"] if a["id"].startswith("flow.assessed"))
    assert flow["purpose"] == {"sponsorTermId": "purpose_description"}
    assert event["terminologyExtensions"][0]["sponsorTerms"][0]["id"] == "purpose_description"
    assert event["analysisSets"][0]["condition"]["variable"] == "ITTFL"


def test_the_file_is_json_and_the_same_each_time(tmp_path: Path) -> None:
    write_ars(example_results(), tmp_path / "a.json")
    write_ars(example_results(), tmp_path / "b.json")
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    assert json.loads((tmp_path / "a.json").read_text())["id"] == "EXAMPLE-1.final"
