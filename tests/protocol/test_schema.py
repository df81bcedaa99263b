"""The JSON Schema accepts what loading accepts, as an editor would see it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from equipoise.protocol.schema import protocol_schema

TRIALS = Path(__file__).parents[2] / "trials"
SCHEMA = protocol_schema()
TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
KNOWN = {
    "$ref",
    "type",
    "properties",
    "required",
    "additionalProperties",
    "patternProperties",
    "propertyNames",
    "items",
    "prefixItems",
    "anyOf",
    "oneOf",
    "enum",
    "const",
    "pattern",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minItems",
    "maxItems",
    "minProperties",
    "title",
    "description",
    "default",
    "format",
    "$schema",
    "$defs",
}


def faults(value: Any, schema: dict[str, Any], path: str = "") -> list[str]:
    """Check a value against the keywords of JSON Schema that the protocol's schema uses."""
    assert set(schema) <= KNOWN, set(schema) - KNOWN
    if "$ref" in schema:
        return faults(value, SCHEMA["$defs"][schema["$ref"].rsplit("/", 1)[1]], path)
    for keyword, allowed in (("anyOf", (1, 99)), ("oneOf", (1, 1))):
        if keyword in schema:
            fits = sum(not faults(value, branch, path) for branch in schema[keyword])
            return [] if allowed[0] <= fits <= allowed[1] else [f"{path}: {fits} of {keyword} fit"]
    kind = schema.get("type")
    is_type = kind is None or (isinstance(value, TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool)))
    if not is_type:
        return [f"{path}: not {kind}"]
    return [
        *_scalar_faults(value, schema, path),
        *_array_faults(value, schema, path),
        *_object_faults(value, schema, path),
    ]


def _scalar_faults(value: Any, schema: dict[str, Any], path: str) -> list[str]:
    wrong = ["enum" in schema and value not in schema["enum"], "const" in schema and value != schema["const"]]
    if isinstance(value, str):
        wrong += [
            "pattern" in schema and not re.search(schema["pattern"], value),
            len(value) > schema.get("maxLength", len(value)),
        ]
    if isinstance(value, int | float) and not isinstance(value, bool):
        wrong += [value < schema.get("minimum", value), value > schema.get("maximum", value)]
        wrong += ["exclusiveMinimum" in schema and value <= schema["exclusiveMinimum"]]
        wrong += ["exclusiveMaximum" in schema and value >= schema["exclusiveMaximum"]]
    return [f"{path}: {value!r} does not fit {schema}"] if any(wrong) else []


def _array_faults(value: Any, schema: dict[str, Any], path: str) -> list[str]:
    if not isinstance(value, list):
        return []
    found = [f"{path}: too few"] if len(value) < schema.get("minItems", 0) else []
    for index, item in enumerate(value):
        prefix = schema.get("prefixItems", [])
        found += faults(item, prefix[index] if index < len(prefix) else schema.get("items", {}), f"{path}[{index}]")
    return found


def _object_faults(value: Any, schema: dict[str, Any], path: str) -> list[str]:
    if not isinstance(value, dict):
        return []
    found = [f"{path}.{name}: missing" for name in schema.get("required", []) if name not in value]
    for name, item in value.items():
        inner = [schema["properties"][name]] if name in schema.get("properties", {}) else []
        inner += [part for pattern, part in schema.get("patternProperties", {}).items() if re.search(pattern, name)]
        more = schema.get("additionalProperties", True)
        if not inner and more is False:
            found.append(f"{path}.{name}: not allowed")
        for part in inner or ([more] if isinstance(more, dict) else []):
            found += faults(item, part, f"{path}.{name}")
    return found


def read(path: Path) -> Any:
    return json.loads(json.dumps(YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8")), default=str))


@pytest.mark.parametrize("path", sorted(TRIALS.glob("*/protocol.yaml")), ids=lambda path: path.parent.name)
def test_every_trial_fits_the_schema(path: Path) -> None:
    assert faults(read(path), SCHEMA) == []


@pytest.mark.parametrize(
    ("place", "value", "fault"),
    [
        (("trial", "masking"), "double blind", ".trial.masking"),
        (("trial", "bogus"), 1, ".trial.bogus: not allowed"),
        (("arms", "Upper"), {"label": "A", "role": "control"}, ".arms.Upper: not allowed"),
        (("randomization", "ratio", "placebo"), 0, ".randomization.ratio.placebo"),
        (("randomization", "strata", "small_bowel"), 3, ".randomization.strata.small_bowel: 0 of oneOf fit"),
        (("analyses", "primary", "alpha"), 1.0, ".analyses.primary.alpha"),
        (("endpoints", "os", "paramcd"), "os", ".endpoints.os.paramcd"),
        (("review", "assumed"), "yes", ".review.assumed: 0 of oneOf fit"),
    ],
)
def test_what_does_not_load_does_not_fit(place: tuple[str, ...], value: Any, fault: str) -> None:
    data = read(TRIALS / "a021202" / "protocol.yaml")
    parent = data
    for key in place[:-1]:
        parent = parent[key]
    parent[place[-1]] = value

    found = faults(data, SCHEMA)

    assert len(found) == 1
    assert found[0].startswith(fault)
