"""Models of synthetic patients for other protocols, made of the twin's model: same patients, other names."""

from functools import cache
from pathlib import Path
from typing import Any

from tests.rehearsal.rehearsed import whole_model

from equipoise.protocol import BaselineField, Protocol, parse_protocol
from equipoise.rehearsal.model.naming import allocated_arms
from equipoise.rehearsal.model.patient_model import PatientModel
from equipoise.rehearsal.synthetic import synthetic_protocol
from equipoise.terms import ArmRole

__all__ = ["model_for", "other_protocol", "other_text"]

TRIALS = Path(__file__).parents[2] / "trials"
_OWN = {"pazopanib", "placebo"}


@cache
def other_text(name: str) -> str:
    return synthetic_protocol((TRIALS / name / "protocol.yaml").read_text(encoding="utf-8"))


@cache
def other_protocol(name: str) -> Protocol:
    return parse_protocol(other_text(name))


@cache
def model_for(name: str, screened: int = 30) -> PatientModel:
    """Patients of another trial: its arms, baseline fields, therapies and questionnaires in the twin's model."""
    protocol = other_protocol(name)
    content = _renamed(whole_model().model_dump(mode="json", exclude={"calibration"}), protocol)
    content["allocation"]["fault"] = None
    content["baseline"] = {n: _distribution(f) for n, f in protocol.baseline.items() if f.derive is None}
    kinds = [n for n, therapy in protocol.new_therapy.items() if not therapy.crossover]
    content["therapies"] |= {"kinds": dict.fromkeys(kinds, 1.0), "names": {kind: kind for kind in kinds}}
    if protocol.crossover is None:
        content["crossover"] = None
        content["incidents"]["attempts"].pop("unblind_unconfirmed")
    content["laboratory"] = None
    planned = {part if isinstance(part, str) else part.name for part in protocol.instruments}
    forms = {n: form for n, form in content["questionnaires"]["instruments"].items() if n in planned}
    content["questionnaires"] = content["questionnaires"] | {"instruments": forms} if forms else None
    sites = {site: content["accrual"]["sites"][site] for site in ("SYN01", "SYN02", "SYN03")}
    content["accrual"] |= {"screened": screened, "randomized": screened, "months": 6.0, "sites": sites}
    return PatientModel.model_validate(content)


def _renamed(value: Any, protocol: Protocol) -> Any:
    """Every arm like the experimental or the control arm of the twin."""
    if isinstance(value, list):
        return [_renamed(item, protocol) for item in value]
    if not isinstance(value, dict):
        return value
    if not set(value) & _OWN:
        return {key: _renamed(item, protocol) for key, item in value.items()}
    like = {ArmRole.CONTROL: "placebo"}
    found = {arm: value.get(like.get(protocol.arms[arm].role, "pazopanib")) for arm in allocated_arms(protocol)}
    return {arm: given for arm, given in found.items() if given is not None}


def _distribution(field: BaselineField) -> dict[str, Any]:
    if field.type == "category":
        return {"levels": dict.fromkeys(field.level_labels(), 1.0)}
    if field.type == "boolean":
        return {"probability": 0.5}
    if field.type == "date":
        return {"days_before": {"least": 20, "most": 200}}
    return {"normal": {"mean": 60, "spread": 8}, "low": 20}
