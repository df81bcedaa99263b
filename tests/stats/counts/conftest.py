"""Numbers of base R, made by goldens.R beside this file."""

import json
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def r() -> dict[str, Any]:
    """Sections of goldens.json; infinity is the string "inf" there."""
    return _numbers(json.loads((Path(__file__).parent / "goldens.json").read_text()))


def _numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_numbers(item) for item in value]
    return float(value) if value in ("inf", "-inf") else value
