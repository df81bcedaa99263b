"""The pages of commands and rights are those of the tables."""

from pathlib import Path

from equipoise.conduct.reference import commands_page, rights_page

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


def test_pages_are_up_to_date() -> None:
    hint = "run python -m equipoise.conduct.reference docs/reference/commands.md docs/reference/rights.md"
    assert (REFERENCE / "commands.md").read_text(encoding="utf-8") == commands_page(), hint
    assert (REFERENCE / "rights.md").read_text(encoding="utf-8") == rights_page(), hint
