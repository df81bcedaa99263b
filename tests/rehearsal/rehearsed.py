"""Synthetic trials for the tests: the twin's model, whole or with fewer patients, run once for all of them."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from equipoise.protocol import Protocol, parse_protocol
from equipoise.rehearsal.facts import Facts, generate
from equipoise.rehearsal.memory import Rehearsed, run
from equipoise.rehearsal.model.incidents import ATTEMPTS
from equipoise.rehearsal.model.loading import load_model
from equipoise.rehearsal.model.patient_model import PatientModel
from equipoise.rehearsal.streams import default_draws
from equipoise.rehearsal.synthetic import synthetic_protocol
from equipoise.rehearsal.twin.seeds import SEEDS, read_seeds

TWIN = Path(__file__).parents[2] / "trials" / "a021202"


@dataclass(frozen=True)
class Lived:
    """A synthetic trial: what it was made from, its facts, its run."""

    protocol: Protocol
    text: str
    model: PatientModel
    facts: Facts
    run: Rehearsed


@cache
def protocol_text() -> str:
    return synthetic_protocol((TWIN / "protocol.yaml").read_text(encoding="utf-8"))


@cache
def protocol_of() -> Protocol:
    return parse_protocol(protocol_text())


@cache
def whole_model() -> PatientModel:
    return load_model(TWIN / "twin.yaml", protocol_of())


def small_model(screened: int = 30) -> PatientModel:
    """The same patients, fewer of them, at three sites."""
    model = whole_model()
    sites = {name: model.accrual.sites[name] for name in ("SYN01", "SYN02", "SYN03")}
    accrual = model.accrual.model_copy(
        update={"screened": screened, "randomized": screened, "months": 6.0, "sites": sites}
    )
    return model.model_copy(update={"accrual": accrual})


def trying_model(model: PatientModel) -> PatientModel:
    """The same patients at sites where everything is tried that a trial refuses, for every patient whom it fits."""
    assert model.incidents is not None
    incidents = model.incidents.model_copy(update={"attempts": dict.fromkeys(ATTEMPTS, 1.0)})
    return model.model_copy(update={"incidents": incidents})


@cache
def lived(
    *, small: bool = False, screened: int = 30, faulty: bool = True, trial: int = 0, trying: bool = False
) -> Lived:
    """Run a trial: the twin's model whole, or with so few patients screened."""
    model = small_model(screened) if small or screened < 30 else whole_model()
    model = trying_model(model) if trying else model
    protocol, text = protocol_of(), protocol_text()
    facts = generate(protocol, model, default_draws([trial], model.accrual.screened), faulty=faulty)
    return Lived(protocol, text, model, facts, run(protocol, text, model, facts, trial=trial, faulty=faulty))


@cache
def twin(*, faulty: bool = True) -> Lived:
    """Run the twin of the published trial: what its two files give, with or without the fault of its allocation."""
    protocol, text, model = protocol_of(), protocol_text(), whole_model()
    facts = generate(protocol, model, read_seeds(TWIN / SEEDS, model.accrual.screened), faulty=faulty)
    return Lived(protocol, text, model, facts, run(protocol, text, model, facts, faulty=faulty))
