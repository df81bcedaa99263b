"""The model as declared, and changed: arms alike, other crossover, other delays of central reading."""

from collections.abc import Callable
from typing import Any

from equipoise.protocol import Protocol
from equipoise.rehearsal.model.patient_model import PatientModel
from equipoise.terms import ArmRole

__all__ = ["SCENARIOS", "scenario"]

SLOWER = 2
"""Factor on the days of central reading where it is slow."""
HELPS = 0.5
"""Factor on the hazard of death under open treatment where it helps."""
_REVIEW = ("send", "accept", "read", "adjudicate", "unblind")


def _declared(protocol: Protocol, model: PatientModel) -> PatientModel:  # noqa: ARG001 - one signature for all
    return model


def _alike(protocol: Protocol, model: PatientModel) -> PatientModel:
    """Every arm like the control arm, open treatment like no treatment."""
    control = next(name for name, arm in protocol.arms.items() if arm.role == ArmRole.CONTROL)
    content = _equal(model.model_dump(mode="json"), control, set(protocol.arms))
    if content["tumors"].get("after_crossover") is not None or model.crossover is not None:
        content["tumors"]["after_crossover"] = content["tumors"]["effects"][control]
    content["deaths"]["after_crossover"] = 1.0
    return PatientModel.model_validate(content)


def _equal(value: Any, control: str, arms: set[str]) -> Any:
    if isinstance(value, list):
        return [_equal(item, control, arms) for item in value]
    if not isinstance(value, dict):
        return value
    if control in value and set(value) <= arms:
        return dict.fromkeys(value, value[control])
    return {name: _equal(item, control, arms) for name, item in value.items()}


def _no_crossover(protocol: Protocol, model: PatientModel) -> PatientModel:  # noqa: ARG001
    if model.crossover is None:
        return model
    return model.model_copy(update={"crossover": model.crossover.model_copy(update={"takes": 0.0})})


def _readings(factor: int) -> Callable[[Protocol, PatientModel], PatientModel]:
    def changed(protocol: Protocol, model: PatientModel) -> PatientModel:  # noqa: ARG001
        days = model.readers.days
        spans = {name: getattr(days, name) for name in _REVIEW}
        slower = {
            name: span.model_copy(update={"least": span.least * factor, "most": span.most * factor})
            for name, span in spans.items()
        }
        readers = model.readers.model_copy(update={"days": days.model_copy(update=slower)})
        return model.model_copy(update={"readers": readers})

    return changed


def _helps(protocol: Protocol, model: PatientModel) -> PatientModel:  # noqa: ARG001
    return model.model_copy(update={"deaths": model.deaths.model_copy(update={"after_crossover": HELPS})})


def _helps_late(protocol: Protocol, model: PatientModel) -> PatientModel:
    return _readings(SLOWER)(protocol, _helps(protocol, model))


SCENARIOS: dict[str, tuple[str, Callable[[Protocol, PatientModel], PatientModel]]] = {
    "declared": ("The model as declared", _declared),
    "alike": ("All arms like the control arm", _alike),
    "no_crossover": ("Nobody takes the open treatment", _no_crossover),
    "immediate": ("Central review takes no time", _readings(0)),
    "slow": ("Central review takes twice as long", _readings(SLOWER)),
    "helps": ("Open treatment halves the hazard of death", _helps),
    "helps_late": ("The same, and central review takes twice as long", _helps_late),
}
"""Scenario -> what it is in words, and the change of the model."""


def scenario(name: str, protocol: Protocol, model: PatientModel) -> PatientModel:
    """The model of a scenario; allocation never has a fault."""
    whole = model.model_copy(update={"allocation": model.allocation.model_copy(update={"fault": None})})
    return SCENARIOS[name][1](protocol, whole)
