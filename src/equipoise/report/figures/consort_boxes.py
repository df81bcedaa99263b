"""What stands in the boxes of the flow diagram, and how large a box is."""

from collections.abc import Iterable
from dataclasses import dataclass

from equipoise.report.figures.flow import ArmFlow, Count, Flow, Reasoned
from equipoise.report.figures.metrics import text_width, wrap

__all__ = [
    "Block",
    "Entry",
    "SetLine",
    "arm_stages",
    "assessed_block",
    "excluded_block",
    "randomized_block",
    "set_lines",
]

NBSP = "\N{NO-BREAK SPACE}"
INDENT = 7.0


@dataclass(frozen=True, slots=True)
class Entry:
    """A statement with its count; level 1 is a reason."""

    text: str
    n: int
    rows: tuple[int, ...] = ()
    level: int = 0
    bold: bool = False

    @property
    def words(self) -> str:
        """Text and count; the count never breaks."""
        return f"{self.text} (n{NBSP}={NBSP}{self.n})"


@dataclass(frozen=True, slots=True)
class Block:
    """The entries of one box."""

    name: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class SetLine:
    """A line of a box as it is set: its words, indent and rows."""

    text: str
    indent: float
    bold: bool
    rows: tuple[int, ...]


def set_lines(block: Block, width: float, size: float) -> list[SetLine]:
    """Break the entries of a box into lines of at most ``width``; further lines of an entry hang by half an indent."""
    lines = []
    for entry in block.entries:
        first = INDENT * entry.level
        hanging = first + INDENT / 2
        broken = wrap(entry.words, width - first, size, bold=entry.bold)
        if len(broken) > 1:
            broken = wrap(entry.words, width - hanging, size, bold=entry.bold)
        for i, words in enumerate(broken):
            lines.append(SetLine(words, hanging if i else first, entry.bold, entry.rows))
    return lines


def widest(lines: Iterable[SetLine], size: float) -> float:
    """Width that set lines take."""
    return max((line.indent + text_width(line.text, size, bold=line.bold) for line in lines), default=0.0)


def _entry(text: str, count: Count | Reasoned, *, bold: bool = False, level: int = 0) -> Entry:
    return Entry(text, count.n, count.rows, level, bold)


def _with_reasons(text: str, count: Reasoned, *, bold: bool = False) -> list[Entry]:
    return [_entry(text, count, bold=bold), *(_entry(reason.label, reason, level=1) for reason in count.reasons)]


def assessed_block(flow: Flow) -> Block | None:
    """Assessed for eligibility."""
    return Block("assessed", (_entry("Assessed for eligibility", flow.assessed, bold=True),)) if flow.assessed else None


def excluded_block(flow: Flow) -> Block | None:
    """Excluded, with reasons; those without a reason apart."""
    entries = _with_reasons("Excluded", flow.excluded, bold=True) if flow.excluded else []
    if flow.unexplained is not None and flow.unexplained.n:
        entries.append(_entry("Not randomized, no reason recorded", flow.unexplained, bold=True))
    return Block("excluded", tuple(entries)) if entries else None


def randomized_block(flow: Flow) -> Block:
    """Randomized."""
    return Block("randomized", (_entry("Randomized", flow.randomized, bold=True),))


def arm_stages(arm: ArmFlow) -> dict[str, Block | None]:
    """Boxes of an arm by stage, in the order in which they stand."""
    return {
        "allocation": _allocation(arm),
        "follow_up": _follow_up(arm),
        "crossover": _crossover(arm),
        "analysis": _analysis(arm),
    }


def _allocation(arm: ArmFlow) -> Block:
    entries = [_entry(f"Allocated to {arm.arm.label}", arm.randomized, bold=True)]
    entries.append(_entry("Received allocated treatment", arm.received))
    entries += [_entry(other.label, other) for other in arm.received_other]
    entries += _with_reasons("Did not receive treatment", arm.not_received)
    return Block("allocation", tuple(entries))


def _follow_up(arm: ArmFlow) -> Block | None:
    entries: list[Entry] = []
    if arm.on_treatment is not None:
        entries.append(_entry("On treatment at data cut", arm.on_treatment))
    if arm.completed is not None and arm.completed.n:
        entries.append(_entry("Completed treatment", arm.completed))
    if arm.discontinued is not None:
        entries += _with_reasons("Discontinued treatment", arm.discontinued)
    if arm.status_unknown is not None and arm.status_unknown.n:
        entries.append(_entry("Treatment status unknown", arm.status_unknown))
    if arm.left_study is not None:
        entries += _with_reasons("Left the study", arm.left_study)
    return Block("follow_up", tuple(entries)) if entries else None


def _crossover(arm: ArmFlow) -> Block | None:
    if arm.crossed_over is None:
        return None
    to = f" to {arm.crossed_to}" if arm.crossed_to else ""
    return Block("crossover", (_entry(f"Crossed over{to}", arm.crossed_over, bold=True),))


def _analysis(arm: ArmFlow) -> Block | None:
    entries: list[Entry] = []
    for population in arm.populations:
        entries.append(_entry(f"Analyzed, {population.label}", population.analyzed, bold=True))
        entries += _with_reasons("Not analyzed", population.not_analyzed)
    return Block("analysis", tuple(entries)) if entries else None
