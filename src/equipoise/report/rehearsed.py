"""What a rehearsal tried in vain, and whether each answer was the one expected."""

from collections.abc import Mapping
from typing import Any

from equipoise.report.cells import Block, Column, Line, Notice, Paragraph, Section, Table
from equipoise.report.entries import Source

__all__ = ["rehearsed_section"]

_COLUMNS = ("Commands", "Refused", "Answered as expected")
_EXPLAINED = (
    "Besides the facts, the synthetic sites tried what a trial refuses. Commands that are not refused prepare an "
    "attempt or repeat what is known, and get the same answer as before. None of them changed the data."
)


def rehearsed_section(source: Source) -> Section | None:
    """Section of the attempts; None for results that hold none."""
    given = source.facts.trial.get("rehearsal")
    if not isinstance(given, Mapping) or not (given.get("attempts") or given.get("facts_refused")):
        return None
    attempts: list[Mapping[str, Any]] = list(given.get("attempts") or ())
    blocks: list[Block] = []
    wrong = [row for row in attempts if row["as_expected"] != row["commands"]]
    if wrong:
        words = "; ".join(row["situation"] for row in wrong)
        blocks.append(Notice((f"Answers other than those expected: {words}.",), "warning"))
    if given.get("facts_refused"):
        reasons = "; ".join(f"{kind}: {reason}" for kind, reason in (given.get("reasons") or {}).items())
        blocks.append(
            Notice((f"Facts of the model that were refused: {given['facts_refused']}. {reasons}",), "warning")
        )
    if attempts:
        blocks += [Paragraph((_EXPLAINED,)), _table(attempts)]
    return Section(name="tried-in-vain", title="Tried in vain", blocks=blocks)


def _table(attempts: list[Mapping[str, Any]]) -> Table:
    names = ("commands", "refused", "as_expected")
    total = tuple(str(sum(row[name] for row in attempts)) for name in names)
    lines = [Line(row["situation"], tuple(str(row[name]) for name in names)) for row in attempts]
    return Table(
        name="tried-in-vain",
        title="Commands that were tried besides the facts, by situation",
        stub="Situation",
        columns=tuple(Column(head=head, numeric=True) for head in _COLUMNS),
        lines=(*lines, Line("All", total)),
    )
