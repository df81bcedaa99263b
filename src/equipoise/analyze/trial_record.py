"""``trial.json``: what a report must know about the trial besides the numbers."""

import hashlib
from typing import Any

from pydantic import BaseModel

from equipoise import __version__
from equipoise.analyze.patient_reported_labels import questionnaires
from equipoise.analyze.strata import factor_label
from equipoise.analyze.study import Study
from equipoise.protocol import DataCut, population_flag

__all__ = ["assumed_paths", "trial_record"]


def trial_record(study: Study, protocol_text: str) -> dict[str, Any]:
    """Gather the record; ``protocol_text`` is the protocol file as read, for its SHA-256."""
    protocol = study.protocol
    cut = protocol.data_cuts.get(study.cut_name, DataCut(label="All data"))
    return {
        "equipoise": __version__,
        "protocol": protocol.model_dump(mode="json", by_alias=True),
        "protocol_sha256": hashlib.sha256(protocol_text.encode()).hexdigest(),
        "study_id": protocol.study_id,
        "data_cut": {
            "name": study.cut_name,
            "label": cut.label or study.cut_name,
            "cutoff": None if study.cutoff is None else study.cutoff.isoformat(),
            "snapshot": cut.snapshot,
        },
        "arms": [{"id": name, "label": arm.label, "role": str(arm.role)} for name, arm in protocol.arms.items()],
        "comparisons": {
            name: [list(pair) for pair in protocol.comparisons(analysis)]
            for name, analysis in protocol.analyses.items()
        },
        "subjects": _subjects(study),
        "population_flags": {name: population_flag(name) for name in protocol.populations},
        "assumed": assumed_paths(protocol),
        "labels": _labels(study),
        "questionnaires": questionnaires(study),
    }


def _subjects(study: Study) -> dict[str, Any]:
    dates = sorted(date for date in study.text("RANDDT")[study.randomized] if date is not None)
    return {
        "assessed": study.adsl.height,
        "randomized": len(study.randomized),
        "treated": int(study.treated()[study.randomized].sum()),
        "first_randomized": dates[0].isoformat() if dates else None,
        "last_randomized": dates[-1].isoformat() if dates else None,
    }


def _labels(study: Study) -> dict[str, Any]:
    protocol = study.protocol
    fields = {name: field.label or _words(name) for name, field in protocol.baseline.items()}
    return {
        "fields": fields,
        "levels": {name: field.level_labels() for name, field in protocol.baseline.items()},
        "populations": {name: population.label for name, population in protocol.populations.items()},
        "endpoints": {name: endpoint.label for name, endpoint in protocol.endpoints.items()},
        "subgroups": {
            name: factor.label or fields.get(factor.field or "") or _words(name)
            for name, factor in protocol.subgroups.items()
        },
        "strata": {name: factor_label(protocol, name) for name in protocol.randomization.strata},
        "analyses": {name: protocol.endpoints[item.endpoint].label for name, item in protocol.analyses.items()},
    }


def _words(identifier: str) -> str:
    text = identifier.replace("_", " ")
    return text[:1].upper() + text[1:]


def assumed_paths(value: Any, path: str = "") -> list[str]:
    """Paths of the protocol where a default stands in for what the source does not say, in file order."""
    found: list[str] = []
    if isinstance(value, BaseModel):
        marks = getattr(value, "assumed", False)
        if marks is True:
            found.append(path)
        elif marks:
            found += [f"{path}.{name}" if path else name for name in marks]
        items = [(info.alias or name, getattr(value, name)) for name, info in type(value).model_fields.items()]
    elif isinstance(value, dict):
        items = [(str(key), item) for key, item in value.items()]
    elif isinstance(value, tuple):
        items = [(str(place), item) for place, item in enumerate(value)]
    else:
        return found
    for name, item in items:
        found += assumed_paths(item, f"{path}.{name}" if path else name)
    return found
