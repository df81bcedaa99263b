"""The schema and the reference page say what the models say."""

import json
import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from equipoise.protocol import Protocol, ProtocolError, parse_protocol
from equipoise.protocol.expressions import FUNCTIONS
from equipoise.protocol.reference import BEGIN, END, field_tables, renewed
from equipoise.protocol.schema import SCHEMA_FILE, protocol_schema, schema_text
from equipoise.protocol.walk import model_classes

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference" / "protocol.md"


def test_schema_file_is_that_of_the_models() -> None:
    assert (ROOT / SCHEMA_FILE).read_text(encoding="utf-8") == schema_text(), "run python -m equipoise.protocol.schema"


def test_schema_offers_assumed_and_note_everywhere() -> None:
    schema = protocol_schema()
    parts = [schema, *schema["$defs"].values()]
    objects = [part for part in parts if part.get("type") == "object"]

    assert len(objects) == len(model_classes())
    assert all({"assumed", "note"} <= set(part["properties"]) for part in objects)
    assert all(part["additionalProperties"] is False for part in objects)


def test_schema_keys_are_those_of_the_file() -> None:
    crossover = protocol_schema()["$defs"]["Crossover"]

    assert {"from", "to"} <= set(crossover["properties"])
    assert {"from", "to"} == set(crossover["required"])
    assert json.loads(schema_text())["$schema"].endswith("2020-12/schema")


@pytest.mark.parametrize("model", model_classes(), ids=lambda model: model.__name__)
def test_every_field_is_described(model: type[BaseModel]) -> None:
    assert (model.__doc__ or "").strip()
    undescribed = [name for name, info in model.model_fields.items() if not info.description]
    assert undescribed == []


def test_the_tables_of_the_page_are_those_of_the_models() -> None:
    page = PAGE.read_text(encoding="utf-8")

    assert renewed(page) == page, "run python -m equipoise.protocol.reference"


def test_every_key_is_in_the_tables() -> None:
    tables = field_tables()

    for model in model_classes():
        for name, info in model.model_fields.items():
            if name not in ("assumed", "note"):
                assert f"| `{info.alias or name}` |" in tables, f"{model.__name__}.{name}"


def test_links_between_tables_lead_somewhere() -> None:
    tables = field_tables()

    anchors = {re.sub(r"[^\w-]", "", heading.lower()) for heading in re.findall(r"^### `(.*)`$", tables, re.MULTILINE)}
    links = set(re.findall(r"\]\(#(.*?)\)", tables))
    assert links - anchors == set()


def test_a_page_without_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="does not hold"):
        renewed(f"{END} {BEGIN}")


def test_the_example_of_the_page_is_a_protocol() -> None:
    page = PAGE.read_text(encoding="utf-8")
    example = page.split("```yaml\n")[1].split("```")[0]

    protocol = parse_protocol(example)

    assert isinstance(protocol, Protocol)
    assert list(protocol.analyses) == ["primary"]


def test_the_problems_of_the_page_are_those_of_its_example_spoiled() -> None:
    page = PAGE.read_text(encoding="utf-8")
    example, shown = page.split("```yaml\n")[1].split("```")[0], page.split("```text\n")[1].split("```")[0]
    for right, wrong in (
        ("include: age >= 18 years", "include: primary_site == 'smal_bowel'"),
        ("sizes: [2, 4]", "sizes: [2, 3]"),
        ("endpoint: os", "endpoint: oss"),
    ):
        assert example.count(right) == 1
        example = example.replace(right, wrong)

    with pytest.raises(ProtocolError) as caught:
        parse_protocol(example)

    assert [str(problem) for problem in caught.value.problems] == shown.splitlines()


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_every_function_is_in_the_chapter_on_expressions(name: str) -> None:
    chapter = PAGE.read_text(encoding="utf-8").split("## Expressions")[1].split("## Names of ADSL variables")[0]

    assert f"{name}(" in chapter
