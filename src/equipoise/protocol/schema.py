"""JSON Schema of the protocol file, for editors; ``python -m equipoise.protocol.schema [FILE]`` writes it."""

import json
import sys
from pathlib import Path
from typing import Any

from equipoise.protocol.model import Protocol

__all__ = ["SCHEMA_FILE", "protocol_schema", "schema_text"]

SCHEMA_FILE = Path("schema/protocol.schema.json")


def protocol_schema() -> dict[str, Any]:
    """Make the JSON Schema (draft 2020-12) of a protocol file from the models."""
    schema = Protocol.model_json_schema(by_alias=True, mode="validation")
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "equipoise protocol"}
    plain: dict[str, Any] = _polished(head | {key: value for key, value in schema.items() if key != "title"})
    return plain


def _polished(part: Any) -> Any:
    """Put descriptions on one line, and refuse names that do not fit the pattern of names."""
    if isinstance(part, list):
        return [_polished(value) for value in part]
    if not isinstance(part, dict):
        return part
    polished = {key: _polished(value) for key, value in part.items()}
    if isinstance(part.get("description"), str):
        polished["description"] = " ".join(part["description"].split()).replace("``", "`")
    if isinstance(part.get("patternProperties"), dict):
        polished.setdefault("additionalProperties", False)
    return polished


def schema_text() -> str:
    """Write the JSON Schema as the text of its file."""
    return json.dumps(protocol_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else SCHEMA_FILE
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(schema_text(), encoding="utf-8")
