"""The documents say what the code does: codes of findings, variables of the flow."""

import re
from pathlib import Path

from tests.analyze.review_trial import review_results
from tests.analyze.small_trial import find, results_of

ROOT = Path(__file__).resolve().parents[2]


def test_every_finding_of_the_analysis_is_documented() -> None:
    text = (ROOT / "docs" / "reference" / "results.md").read_text(encoding="utf-8")
    table = text.split("Codes of the analysis itself:")[1]
    documented = set(re.findall(r"^\| `([a-z-]+)` \|", table, flags=re.MULTILINE))
    written: set[str] = set()
    for path in sorted((ROOT / "src" / "equipoise" / "analyze").glob("*.py")):
        source = path.read_text(encoding="utf-8")
        written |= set(re.findall(r'"(?:error|warning|note)",\s+"([a-z-]+)"', source))
        written |= set(re.findall(r'\((?:bad|twice), "([a-z-]+)"', source))
        written |= set(re.findall(r'"(arm-without-[a-z]+|crossover-[a-z]+(?:-[a-z]+)*)"', source))
    assert written == documented


def test_every_variable_of_the_standing_tables_is_documented() -> None:
    text = (ROOT / "docs" / "reference" / "results.md").read_text(encoding="utf-8")
    results = results_of()
    for table in ("flow", "populations", "strata", "accrual", "exposure", "follow_up", "deaths", "unknown_onset"):
        rows = find(results, analysis_id=table)
        assert rows.height, table
        for variable in rows["variable"].unique():
            assert f"`{variable}`" in text, (table, variable)


def test_every_variable_and_mark_of_readings_is_documented() -> None:
    text = (ROOT / "docs" / "reference" / "results.md").read_text(encoding="utf-8")
    results = review_results()
    for table in ("central_review", "reader_agreement", "turnaround", "response", "biomarker"):
        rows = find(results, analysis_id=table)
        assert rows.height, table
        for variable in rows["variable"].unique():
            assert f"`{variable}`" in text, (table, variable)
        for measure in rows["measure"].drop_nulls().unique():
            assert f"`{measure}`" in text, (table, measure)
    for mark in results.subjects["mark"].unique():
        assert f"| `{mark}`" in text or f"`{mark}` |" in text, mark
