"""The protocol of a synthetic trial, made from that of a real one: marked, renamed, without registry numbers."""

import re
from io import StringIO

from ruamel.yaml import YAML

from equipoise.protocol import parse_protocol

__all__ = ["PREFIX", "synthetic_protocol"]

PREFIX = "SYN-"
"""What the names of synthetic trials begin with."""


_SHORTEST = 5
"""Characters of the shortest registry number that is looked for in other texts: shorter ones may be anything."""


def synthetic_protocol(text: str) -> str:
    """Make the protocol text of a synthetic trial; one that is synthetic already stays as it is.

    The trial and its data are named with `PREFIX` before them, ``trial.synthetic`` is true, and what registries know
    the trial by is left out; comments and order stay.

    Raises
    ------
    ProtocolError
        Something is wrong with the text.
    """
    protocol = parse_protocol(text)
    known = protocol.registry.identifiers
    if protocol.trial.synthetic and protocol.study_id.startswith(PREFIX) and not known:
        return text
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 100_000
    yaml.indent(mapping=2, sequence=4, offset=2)
    content = yaml.load(text)
    trial = content["trial"]
    trial["id"] = _prefixed(str(trial["id"]))
    trial["synthetic"] = True
    data = content.get("data") or {}
    if data.get("study_id"):
        data["study_id"] = _prefixed(str(data["study_id"]))
    planned = protocol.randomization.planned_subjects or protocol.registry.enrollment
    if planned is not None:
        content["randomization"]["planned_subjects"] = planned
    content.pop("registry", None)
    numbers = [str(number) for number in known.values() if len(str(number)) >= _SHORTEST]
    for name in ("title", "acronym"):
        if trial.get(name):
            trial[name] = _without(str(trial[name]), numbers)
    written = StringIO()
    yaml.dump(content, written)
    made = written.getvalue()
    for number in numbers:
        made = re.sub(rf"(?<![\w.-]){re.escape(number)}(?![\w-])", "(registry number left out)", made)
    parse_protocol(made)
    return made


def _without(text: str, numbers: list[str]) -> str:
    """Leave out what stands in brackets around a registry number."""
    kept = re.sub(r" *\([^()]*\)", lambda part: "" if any(n in part[0] for n in numbers) else part[0], text)
    return " ".join(kept.split())


def _prefixed(name: str) -> str:
    return name if name.startswith(PREFIX) else f"{PREFIX}{name}"
