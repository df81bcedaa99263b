"""Patients made up by hand for the figures of single patients, with the statistics that count them."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import polars as pl
from tests.report.figures.made_up import trial_of

from equipoise.results import Results, ResultsWriter

__all__ = ["PATIENTS", "flat", "patient_results"]

SHARED = {"analysis_id": "response", "endpoint": "orr", "population": "itt", "group": "arm"}
PATIENTS: tuple[dict[str, Any], ...] = (
    {"id": "D1", "arm": "drug", "best": "PR", "changes": [(84, -20.0), (168, -40.0), (252, -35.0)],
     "treatment": (1, 300, "ongoing"), "response": (168, 300, None), "end": 300},
    {"id": "D2", "arm": "drug", "best": "SD", "changes": [(84, 10.0), (168, 19.0)], "new": 168,
     "treatment": (2, 170, None), "progression": 168, "death": 400, "end": 400},
    {"id": "D3", "arm": "drug", "best": "PD", "changes": [(84, 230.0)], "treatment": (1, 84, None),
     "progression": 84, "end": 500},
    {"id": "D4", "arm": "drug", "best": "(missing)", "absent": "no measurement after baseline", "end": 30},
    {"id": "C1", "arm": "control", "best": "PD", "changes": [(84, 25.0), (168, 150.0)], "treatment": (1, 90, None),
     "crossover": (100, 200, None), "progression": 84, "end": 600},
    {"id": "C2", "arm": "control", "best": "PR", "changes": [(84, -31.0)], "new": 168, "treatment": (1, 150, None),
     "response": (84, 168, "progression"), "progression": 168, "death": 320, "end": 320},
    {"id": "C3", "arm": "control", "best": "NE", "absent": "no target lesion measured at baseline", "end": None},
)  # fmt: skip


def flat(points: Iterable[tuple[float, float]]) -> list[float]:
    """Coordinates of points in a row."""
    return [value for point in points for value in point]


def patient_results(
    patients: tuple[dict[str, Any], ...] = PATIENTS, *, measured: bool = True, **protocol: Any
) -> Results:
    """Results with these patients; without ``measured`` nothing tells of tumors."""
    writer = ResultsWriter(study_id="S1", data_cut="final")
    marks = [mark for patient in patients for mark in _marks(patient, measured=measured)]
    for arm in ("drug", "control", "(all)"):
        part = [p for p in patients if arm in (p["arm"], "(all)")]
        if measured:
            shown = sum("changes" in p for p in part)
            writer.add("n", shown, variable="tumor_change", group_level=arm, n=len(part), **SHARED)
            for reason, count in Counter(p["absent"] for p in part if "absent" in p).items():
                writer.add("n", count, variable="no_tumor_change", variable_level=reason, group_level=arm, **SHARED)
        for response, count in Counter(p["best"] for p in part).items():
            writer.add("n", count, variable="best_response", variable_level=response, group_level=arm, **SHARED)
    if marks:
        writer.add_frame("subjects", pl.DataFrame(marks, infer_schema_length=None))
    endpoint = {"label": "Objective response", "kind": "response", "assessor": "central", "months_days": 30.0}
    analyses = {"response": {"endpoint": "orr", "population": "itt"}}
    declared = {"endpoints": {"orr": endpoint}, "analyses": analyses, "crossover": {"from": "control", "to": "drug"}}
    return writer.finish(trial_of(["drug", "control"], **{**declared, **protocol}))


def _marks(patient: dict[str, Any], *, measured: bool) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"mark": "best_response", "text": patient["best"]},
        {"mark": "follow_up", "time_days": 1.0, "value": patient.get("end")},
    ]
    for name in ("treatment", "crossover", "response"):
        if name in patient:
            first, last, text = patient[name]
            found.append({"mark": name, "time_days": float(first), "value": float(last), "text": text})
    found += [{"mark": name, "time_days": float(patient[name])} for name in ("progression", "death") if name in patient]
    if measured:
        changes = patient.get("changes", ())
        found += [{"mark": "change", "time_days": float(day), "value": value} for day, value in changes]
        best = min(changes, key=lambda change: change[1], default=None)
        found += [{"mark": "best_change", "time_days": float(best[0]), "value": best[1]}] if best else []
        found += [{"mark": "no_change", "text": patient["absent"]}] if "absent" in patient else []
        found += [{"mark": "new_lesion", "time_days": float(patient["new"])}] if "new" in patient else []
    return [{"subject": patient["id"], "group_level": patient["arm"], **SHARED, **mark} for mark in found]
