"""Results as a reporting event of the CDISC Analysis Results Standard (ARS 1.0).

Rows that share what they are about (analysis, population, endpoint, rule set, subgroup factor, variable, measure,
strata, time) and how they were made are one ARS analysis; each row is one operation result with its groups. Raw values
are unrounded texts; a row without a value carries its text, or its status (NR, NE), as the formatted value.

References
----------
CDISC Analysis Results Standard, logical model 1.0, https://www.cdisc.org/standards/foundational/analysis-results-standard.
"""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from equipoise.results.content import Results
from equipoise.terms import Status

__all__ = ["ars_reporting_event", "write_ars"]

_ABOUT = (
    *("analysis_id", "population", "endpoint", "rule_set", "subgroup", "variable", "measure", "strata", "visit"),
    *("time_days", "method"),
)
_GROUPS = ("subgroup_level", "parent_level", "variable_level", "reference_level", "text")
_GROUP_LABELS = {
    "subgroup_level": "Level of the subgroup factor",
    "parent_level": "Level above, for example the system organ class",
    "variable_level": "Level of the variable",
    "reference_level": "Arm or level compared with",
    "text": "Detail, for example the grade",
}
_TEXT_IS_A_GROUP = {"maximum_grade", "stratum"}
_PURPOSES = {
    "primary": {"controlledTerm": "PRIMARY OUTCOME MEASURE"},
    "secondary": {"controlledTerm": "SECONDARY OUTCOME MEASURE"},
    "exploratory": {"controlledTerm": "EXPLORATORY OUTCOME MEASURE"},
}
_DESCRIPTION = {"sponsorTermId": "purpose_description"}


def ars_reporting_event(results: Results) -> dict[str, Any]:
    """Express results as an ARS reporting event.

    Returns
    -------
    dict
        Plain values in the order and with the names of the ARS logical model, ready for JSON.
    """
    rows = list(results.statistics.iter_rows(named=True))
    analyses: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in rows:
        analyses.setdefault(tuple(row[c] for c in _ABOUT), []).append(row)
    methods = _methods(analyses.values())
    ids = _analysis_ids(list(analyses))
    trial = results.trial
    return {
        "id": f"{trial['study_id']}.{trial['data_cut']['name']}",
        "name": f"{trial['study_id']}, {trial['data_cut']['label']}",
        "version": 1,
        "mainListOfContents": _contents(ids),
        "terminologyExtensions": [
            {
                "id": "purposes",
                "enumeration": "AnalysisPurposeEnum",
                "sponsorTerms": [{"id": "purpose_description", "submissionValue": "DESCRIPTION OF THE TRIAL"}],
            }
        ],
        "analysisSets": _analysis_sets(trial),
        "analysisGroupings": [_arms(trial)],
        "dataGroupings": [
            {"id": name, "name": name, "label": label, "groupingVariable": name, "dataDriven": True}
            for name, label in _GROUP_LABELS.items()
        ],
        "methods": [method for method, _ in methods.values()],
        "analyses": [_analysis(ids[key], own, methods, trial) for key, own in analyses.items()],
    }


def write_ars(results: Results, path: Path) -> None:
    """Write the ARS reporting event as JSON."""
    text = json.dumps(ars_reporting_event(results), ensure_ascii=False, allow_nan=False, indent=1)
    Path(path).write_text(text + "\n", encoding="utf-8")


def _methods(analyses: Iterable[list[dict[str, Any]]]) -> dict[str, tuple[dict[str, Any], dict[str, str]]]:
    """Method text -> (ARS method, statistic -> identifier of its operation)."""
    statistics: dict[str, dict[str, None]] = {}
    for rows in analyses:
        known = statistics.setdefault(str(rows[0]["method"]), {})
        known.update(dict.fromkeys(row["statistic"] for row in rows))
    found = {}
    for number, (text, names) in enumerate(statistics.items(), start=1):
        operations = {name: f"method_{number}.{name}" for name in names}
        method = {
            "id": f"method_{number}",
            "name": text,
            "operations": [
                {"id": operation, "name": name, "order": order}
                for order, (name, operation) in enumerate(operations.items(), start=1)
            ],
        }
        found[text] = (method, operations)
    return found


def _analysis_ids(keys: list[tuple[Any, ...]]) -> dict[tuple[Any, ...], str]:
    """Readable identifiers that are unique: what the rows are about, numbered where that is the same."""
    ids: dict[tuple[Any, ...], str] = {}
    used: dict[str, int] = {}
    for key in keys:
        words = [str(part) for part in key[:-1] if part is not None]
        name = re.sub(r"[^A-Za-z0-9_.-]+", "_", ".".join(words))
        used[name] = used.get(name, 0) + 1
        ids[key] = name if used[name] == 1 else f"{name}.{used[name]}"
    return ids


def _contents(ids: Mapping[tuple[Any, ...], str]) -> dict[str, Any]:
    tables: dict[str, list[str]] = {}
    for key, name in ids.items():
        tables.setdefault(str(key[0]), []).append(name)
    items = [
        {
            "name": table,
            "level": 1,
            "order": order,
            "sublist": {
                "listItems": [
                    {"name": name, "level": 2, "order": place, "analysisId": name}
                    for place, name in enumerate(names, start=1)
                ]
            },
        }
        for order, (table, names) in enumerate(tables.items(), start=1)
    ]
    return {"name": "List of analyses", "contentsList": {"listItems": items}}


def _analysis_sets(trial: Mapping[str, Any]) -> list[dict[str, Any]]:
    flags = trial.get("population_flags", {})
    sets = []
    for order, (name, label) in enumerate(trial["labels"]["populations"].items(), start=1):
        item = {"id": name, "name": name, "label": label, "level": 1, "order": order}
        if name in flags:
            item["condition"] = {"dataset": "ADSL", "variable": flags[name], "comparator": "EQ", "value": ["Y"]}
        sets.append(item)
    return sets


def _arms(trial: Mapping[str, Any]) -> dict[str, Any]:
    levels = [(arm["id"], arm["label"]) for arm in trial["arms"]] + [("(all)", "All arms")]
    groups = [
        {"id": f"arm.{name}", "name": name, "label": label, "level": 1, "order": order}
        for order, (name, label) in enumerate(levels, start=1)
    ]
    return {
        "id": "arm",
        "name": "arm",
        "label": "Arm",
        "groupingDataset": "ADSL",
        "dataDriven": False,
        "groups": groups,
    }


def _analysis(
    identifier: str,
    rows: list[dict[str, Any]],
    methods: Mapping[str, tuple[dict[str, Any], dict[str, str]]],
    trial: Mapping[str, Any],
) -> dict[str, Any]:
    first = rows[0]
    method, operations = methods[str(first["method"])]
    grouped = [c for c in _GROUPS if _is_group(c, first) and any(row[c] is not None for row in rows)]
    groupings = ["arm", *grouped]
    analysis: dict[str, Any] = {
        "id": identifier,
        "name": identifier,
        "version": 1,
        "reason": {"controlledTerm": "SPECIFIED IN PROTOCOL"},
        "purpose": _purpose(str(first["analysis_id"]), trial),
        "methodId": method["id"],
        "orderedGroupings": [
            {"order": order, "groupingId": name, "resultsByGroup": True}
            for order, name in enumerate(groupings, start=1)
        ],
        "results": [_result(row, operations, grouped) for row in rows],
    }
    if first["population"] is not None:
        analysis["analysisSetId"] = first["population"]
    return analysis


def _is_group(column: str, row: Mapping[str, Any]) -> bool:
    return column != "text" or row["variable"] in _TEXT_IS_A_GROUP


def _purpose(analysis_id: str, trial: Mapping[str, Any]) -> dict[str, str]:
    declared = trial["protocol"].get("analyses", {})
    name = analysis_id.removesuffix("_subgroups").removesuffix("_univariate")
    if name not in declared:
        return _DESCRIPTION
    return _PURPOSES["exploratory" if name != analysis_id else declared[name].get("role", "secondary")]


def _result(row: Mapping[str, Any], operations: Mapping[str, str], grouped: list[str]) -> dict[str, Any]:
    groups = [{"groupingId": "arm", "groupId": f"arm.{row['group_level']}"}] if row["group_level"] is not None else []
    groups += [{"groupingId": name, "groupValue": row[name]} for name in grouped if row[name] is not None]
    result: dict[str, Any] = {"operationId": operations[row["statistic"]], "resultGroups": groups}
    if row["value"] is not None:
        result["rawValue"] = repr(row["value"])
    else:
        words = row["text"] if row["status"] == Status.OK else None  # a row that is a text, such as an estimand
        result["formattedValue"] = words or row["status"]
    return result
