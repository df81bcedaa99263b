"""Reads a model of synthetic patients and says everything that is wrong with it, with file and line."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from equipoise.conduct import is_time_zone
from equipoise.protocol import Protocol, ProtocolError, field_types
from equipoise.protocol.expressions import ExpressionError, FieldType, parse
from equipoise.protocol.nearest import nearest
from equipoise.protocol.source import KeyPath, Source, read_source, read_text
from equipoise.rehearsal.errors import RehearsalError
from equipoise.rehearsal.model import calibration, incidents, laboratory, questionnaires, safety
from equipoise.rehearsal.model.naming import allocated_arms, incomplete, no_share, unknown
from equipoise.rehearsal.model.patient_model import PatientModel

__all__ = ["load_model", "parse_model"]


def load_model(path: str | Path, protocol: Protocol) -> PatientModel:
    """Read a model of synthetic patients.

    Parameters
    ----------
    path
        A YAML file beside the protocol.
    protocol
        The protocol whose arms, baseline fields and therapies the model names.

    Returns
    -------
    PatientModel

    Raises
    ------
    RehearsalError
        Everything that is wrong with the file, at once, in the order of its lines.
    """
    try:
        text = read_text(Path(path))
    except ProtocolError as error:
        raise RehearsalError(error.problems) from None
    return parse_model(text, protocol, file=str(path))


def parse_model(text: str, protocol: Protocol, *, file: str = "model.yaml") -> PatientModel:
    """Read a model from text; see :func:`load_model`."""
    try:
        source = read_source(text, file)
    except ProtocolError as error:
        begins = "a model of patients: 'seed:', 'accrual:', 'baseline:' ..."
        problems = [replace(p, expected=begins) if "equipoise: 1" in (p.expected or "") else p for p in error.problems]
        raise RehearsalError(tuple(problems)) from None
    model: PatientModel | None = None
    try:
        model = PatientModel.model_validate_json(json.dumps(source.data), strict=True)
    except ValidationError as error:
        for fault in error.errors(include_url=False):
            _explain(source, fault)
    if model is not None:
        for place, message, more in _disagreements(model, protocol):
            source.add(place, message, **more)
    if source.problems or model is None:
        raise RehearsalError(tuple(sorted(source.problems, key=lambda p: (p.line or 0, p.path, p.message))))
    return model


Disagreement = tuple[KeyPath, str, dict[str, str | None]]


def _explain(source: Source, fault: Any) -> None:
    """Note what pydantic found, at its place in the file."""
    path, value = [], source.data
    for part in fault["loc"]:
        if (isinstance(value, dict) and part in value) or (isinstance(value, list) and isinstance(part, int)):
            value = value[part]
            path.append(part)
        elif part not in ("[key]",):
            path.append(part)
    kind, place = fault["type"], tuple(path)
    if kind == "missing":
        source.add(place[:-1], f"{place[-1]} is missing", expected=f"a value for {place[-1]}")
    elif kind == "extra_forbidden":
        names = _names_at(place[:-1])
        found = nearest(str(place[-1]), names)
        source.add(place, "this key is not part of a model", expected=f"one of {', '.join(names)}", suggestion=found)
    else:
        message = fault["msg"].removeprefix("Value error, ").removeprefix("Input ")
        seen = None if isinstance(value, dict | list) else json.dumps(value)
        source.add(place, message[:1].lower() + message[1:], seen=seen)


def _names_at(place: KeyPath) -> list[str]:
    """Keys that a model may have at a place."""
    models: list[Any] = [PatientModel]
    for part in place:
        following: list[Any] = []
        for model in models:
            if isinstance(model, type) and issubclass(model, BaseModel):
                info = model.model_fields.get(str(part))
                following += [] if info is None else _inside(info.annotation)
            else:
                following += _inside(model)
        models = following
    return sorted({name for m in models if isinstance(m, type) and issubclass(m, BaseModel) for name in m.model_fields})


def _inside(annotation: Any) -> list[Any]:
    """Models in an annotation, behind mappings and lists."""
    arguments = getattr(annotation, "__args__", None)
    if not arguments:
        return [annotation]
    return [found for argument in arguments for found in _inside(argument)]


def _disagreements(model: PatientModel, protocol: Protocol) -> Iterator[Disagreement]:
    yield from _arms(model, protocol)
    yield from _baseline(model, protocol)
    kinds = [name for name, therapy in protocol.new_therapy.items() if not therapy.crossover]
    for part in ("kinds", "names"):
        yield from unknown(("therapies", part), getattr(model.therapies, part), kinds, "therapy of the protocol")
    for kind in model.therapies.kinds:
        if kind not in model.therapies.names:
            yield ("therapies", "names"), f"{kind} has no name", {"expected": f"a drug or procedure for {kind}"}
    if model.therapies.rate > 0:
        yield from no_share(("therapies", "kinds"), model.therapies.kinds)
    yield from _optional(model, protocol)
    yield from _course(model, protocol)
    low, high = model.follow_up.last_months
    if low > high:
        yield ("follow_up", "last_months"), "the months do not rise", {"seen": f"{low:g}, {high:g}"}
    if model.accrual.randomized > model.accrual.screened:
        seen = f"{model.accrual.randomized} of {model.accrual.screened}"
        yield ("accrual", "randomized"), "more patients are randomized than screened", {"seen": seen}
    for name, site in model.accrual.sites.items():
        if not is_time_zone(site.time_zone):
            expected = "a name such as Europe/Berlin or America/Chicago"
            yield (
                ("accrual", "sites", name, "time_zone"),
                "no time zone",
                {"seen": site.time_zone, "expected": expected},
            )
    if not any(site.opens_month == 0 for site in model.accrual.sites.values()):
        yield ("accrual", "sites"), "no site is open at the beginning", {"expected": "a site with opens_month: 0"}


def _course(model: PatientModel, protocol: Protocol) -> Iterator[Disagreement]:
    """Shares that are all zero, and the arm that crosses."""
    if not model.tumors.lesions.organs:
        yield ("tumors", "lesions", "organs"), "there is no organ", {"expected": "at least one"}
    yield from no_share(("deaths", "causes"), {str(word): share for word, share in model.deaths.causes.items()})
    for name, cause in model.dropout.causes.items():
        yield from no_share(
            ("dropout", "causes", name, "then"), {str(word): share for word, share in cause.then.items()}
        )
    if model.crossover is None:
        return
    place, crossing = ("crossover", "stops", "rates"), protocol.crossover
    if crossing is None:
        yield place[:1], "the protocol has no crossover", {"expected": "no part of this name"}
    elif crossing.from_arm not in model.crossover.stops.rates:
        yield place, f"arm {crossing.from_arm} is missing, which crosses over", {"expected": crossing.from_arm}


def _optional(model: PatientModel, protocol: Protocol) -> Iterator[Disagreement]:
    """Parts that a model may leave out."""
    if model.safety is not None:
        yield from safety.disagreements(model.safety, protocol)
    if model.laboratory is not None:
        yield from laboratory.disagreements(model.laboratory, protocol, model.safety)
    if model.questionnaires is not None:
        yield from questionnaires.disagreements(model.questionnaires, protocol)
    if model.incidents is not None:
        yield from incidents.disagreements(model.incidents, protocol)
    if model.calibration is not None:
        made = model.safety
        terms = [] if made is None else [*(term.term for term in made.terms.values()), *made.fatal.terms]
        yield from calibration.disagreements(model.calibration, protocol, terms=terms)


def _arms(model: PatientModel, protocol: Protocol) -> Iterator[Disagreement]:
    """Places that name arms: every arm of the protocol, and no other."""
    arms = allocated_arms(protocol)
    places: list[tuple[KeyPath, dict[str, Any], bool]] = [
        (("tumors", "effects"), dict(model.tumors.effects), True),
        (("treatment", "never"), dict(model.treatment.never), True),
        (("treatment", "reduced"), dict(model.treatment.reduced), True),
        (("treatment", "paused"), dict(model.treatment.paused), True),
        (("deaths", "hazard", "rates"), dict(model.deaths.hazard.rates), True),
        (("deaths", "by_treatment"), dict(model.deaths.by_treatment), True),
        (("dropout", "lost", "rates"), dict(model.dropout.lost.rates), True),
    ]
    for name, cause in model.dropout.causes.items():
        places.append((("dropout", "causes", name, "hazard", "rates"), dict(cause.hazard.rates), True))
    if model.allocation.fault is not None:
        places.append((("allocation", "fault", "shares"), dict(model.allocation.fault.shares), False))
    if model.crossover is not None:
        places.append((("crossover", "stops", "rates"), dict(model.crossover.stops.rates), False))
    for place, given, complete in places:
        yield from unknown(place, given, arms, "arm of the protocol")
        if complete:
            yield from incomplete(place, given, arms, "arm")


_WAYS = {
    "category": ("levels",),
    "boolean": ("probability",),
    "integer": ("normal", "lognormal"),
    "number": ("normal", "lognormal"),
    "date": ("days_before",),
}


def _baseline(model: PatientModel, protocol: Protocol) -> Iterator[Disagreement]:
    declared = protocol.baseline
    yield from unknown(("baseline",), model.baseline, list(declared), "baseline field of the protocol")
    fields = field_types(protocol)
    for name, given in model.baseline.items():
        if name not in declared:
            continue
        field = declared[name]
        if field.derive is not None:
            yield ("baseline", name), "the protocol computes this field", {"expected": "no distribution"}
        for place, part in ((("baseline", name), given), *(
            (("baseline", name, "cases", i), case) for i, case in enumerate(given.cases)
        )):  # fmt: skip
            ways = _WAYS.get(field.type, ())
            if part.kind is not None and part.kind not in ways:
                yield place, f"a field of type {field.type}", {"seen": part.kind, "expected": " or ".join(ways)}
            if part.levels is not None:
                yield from unknown((*place, "levels"), part.levels, list(field.level_labels()), f"level of {name}")
        yield from _cases(model, name, fields)


def _cases(model: PatientModel, name: str, fields: Mapping[str, FieldType]) -> Iterator[Disagreement]:
    """Say which cases of a field are no expressions, or look at what is not drawn before the field."""
    names = list(model.baseline)
    before = names[: names.index(name)]
    for i, case in enumerate(model.baseline[name].cases):
        place = ("baseline", name, "cases", i, "when")
        try:
            asked = parse(case.when, fields, expect="boolean").fields
        except ExpressionError as error:
            yield place, str(error), {}
            continue
        for other in asked:
            if other not in before:
                expected = f"one of {', '.join(before)}" if before else "no case: this is the first field"
                yield place, f"{other} is not drawn before {name}", {"seen": case.when, "expected": expected}
