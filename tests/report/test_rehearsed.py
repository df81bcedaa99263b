"""The table of what a rehearsal tried in vain."""

from types import SimpleNamespace
from typing import Any, cast

from equipoise.report.cells import Notice, Section, Table
from equipoise.report.entries import Source
from equipoise.report.rehearsed import rehearsed_section

RETRY = {"situation": "A request is sent again", "commands": 3, "refused": 0, "as_expected": 3}
CLOSED = {"situation": "A site that takes no patients screens", "commands": 6, "refused": 2, "as_expected": 6}


def section(**given: Any) -> Section | None:
    return rehearsed_section(cast("Source", SimpleNamespace(facts=SimpleNamespace(trial=given))))


def test_situations_are_counted_and_summed() -> None:
    made = section(rehearsal={"attempts": [RETRY, CLOSED], "facts_refused": 0, "reasons": {}})
    assert made is not None
    table = next(block for block in made.blocks if isinstance(block, Table))
    assert [(line.label, line.cells) for line in table.lines] == [
        (RETRY["situation"], ("3", "0", "3")),
        (CLOSED["situation"], ("6", "2", "6")),
        ("All", ("9", "2", "9")),
    ]
    assert not any(isinstance(block, Notice) for block in made.blocks)


def test_other_answers_and_refused_facts_are_said() -> None:
    made = section(
        rehearsal={"attempts": [RETRY | {"as_expected": 2}], "facts_refused": 4, "reasons": {"record_dose": "No dose."}}
    )
    assert made is not None
    said = " ".join(str(part) for block in made.blocks if isinstance(block, Notice) for part in block.parts)
    assert RETRY["situation"] in said
    assert "4. record_dose: No dose." in said


def test_a_real_trial_has_no_such_section() -> None:
    assert section() is None
    assert section(rehearsal={"attempts": [], "facts_refused": 0, "reasons": {}}) is None
