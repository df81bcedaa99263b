"""CONSORT 2025 flow diagram: boxes in a plain grid, orthogonal arrows, arms side by side.

More than two arms on a narrow page stand below each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from equipoise.report.facts import Facts
from equipoise.report.figures.consort_boxes import (
    Block,
    SetLine,
    arm_stages,
    assessed_block,
    excluded_block,
    randomized_block,
    set_lines,
)
from equipoise.report.figures.figure import Drawing, Figure
from equipoise.report.figures.flow import Flow, check_flow, read_flow
from equipoise.report.figures.labels import Box
from equipoise.report.figures.metrics import text_width, wrap
from equipoise.report.figures.scene import Path, Point, Scene, Text, line, polygon, rect, vline
from equipoise.report.figures.style import INK, LINE, MUTED, NARROW, PAPER, WIDE, background, synthetic_band
from equipoise.results import Results

__all__ = ["PlacedBox", "consort_figure"]

PAD = 4.5
GAP = 12.0
"""Between boxes side by side."""
DROP = 15.0
"""Between boxes below each other: room for an arrow."""
GUTTER = 15.0
"""Left strip with the names of the phases."""

_STAGES = {"allocation": "Allocation", "follow_up": "Follow-up", "crossover": "Follow-up", "analysis": "Analysis"}
"""Boxes of an arm from top to bottom, each with its phase."""


def consort_figure(results: Results) -> Figure | None:
    """Flow diagram of the trial.

    Returns
    -------
    Figure or None
        None where the results hold no flow.

    Raises
    ------
    FlowError
        Boxes that do not add up; nothing is drawn then.
    """
    flow = read_flow(results)
    if flow is None:
        return None
    check_flow(flow)
    facts = Facts.of(results)
    wide, narrow = (
        _Diagram(flow, facts, name, width).draw() for name, width in (("consort", WIDE), ("consort_narrow", NARROW))
    )
    caption = f"Flow of subjects (CONSORT 2025). Data cut: {facts.data_cut}."
    return Figure(name="consort", caption=caption, wide=wide, narrow=narrow)


@dataclass(frozen=True, slots=True)
class PlacedBox:
    """A box on the paper; ``arm`` is empty for those above the arms."""

    name: str
    arm: str
    box: Box
    lines: tuple[SetLine, ...]


@dataclass
class _Diagram:
    flow: Flow
    facts: Facts
    name: str
    width: float
    boxes: list[PlacedBox] = field(default_factory=list)
    arrows: list[tuple[Point, ...]] = field(default_factory=list)
    lines: list[tuple[Point, ...]] = field(default_factory=list)
    phases: list[tuple[str, float, float]] = field(default_factory=list)

    @property
    def wide(self) -> bool:
        return self.width > 1.5 * NARROW

    @property
    def stacked(self) -> bool:
        """Whether arms stand below each other."""
        return not self.wide and len(self.flow.arms) > 2

    @property
    def size(self) -> float:
        return (8.0 if len(self.flow.arms) < 4 else 7.0) if self.wide else 7.5

    @property
    def left(self) -> float:
        return 2.0 if self.stacked else GUTTER + 4

    @property
    def right(self) -> float:
        return self.width - 2.0

    def draw(self) -> Drawing:
        scene = Scene(
            name=self.name, width=self.width, height=0.0, title="Flow of subjects", description=_summary(self.flow)
        )
        top = synthetic_band(scene) if self.facts.synthetic else 3.0
        bottom = self._enrollment(top)
        bottom = self._stacked_arms(bottom) if self.stacked else self._side_by_side(bottom)
        for points in self.lines:
            scene.add(line(points, color=INK, part="connector"))
        for points in self.arrows:
            _arrow(scene, points)
        for placed in self.boxes:
            self._box(scene, placed)
        for label, start, end in self.phases:
            scene.add(vline(GUTTER, start, end, color=LINE, width=1.0, part="phase"))
            middle = (start + end) / 2
            scene.add(
                Text(
                    x=GUTTER - 4,
                    y=middle,
                    text=label,
                    size=self.size,
                    bold=True,
                    color=MUTED,
                    anchor="middle",
                    turned=True,
                    part="phase",
                )
            )
        y = bottom + 5
        for words in wrap(f"Data cut: {self.facts.data_cut}.", self.width - 4, self.size - 1):
            y += 1.25 * (self.size - 1)
            scene.add(Text(x=2, y=y, text=words, size=self.size - 1, color=MUTED, part="note"))
        scene.height = y + 4
        background(scene)
        return Drawing(scene, {"boxes": self.boxes, "arrows": self.arrows, "lines": self.lines, "size": self.size})

    def _place(
        self, block: Block, arm: str, *, left: float, top: float, width: float, height: float | None = None
    ) -> Box:
        lines = tuple(set_lines(block, width - 2 * PAD, self.size))
        box = Box(left, top, left + width, top + (height or self._height(lines)))
        self.boxes.append(PlacedBox(block.name, arm, box, lines))
        return box

    def _height(self, lines: Sequence[SetLine]) -> float:
        return len(lines) * 1.25 * self.size + 2 * PAD - 0.2 * self.size

    def _measure(self, block: Block, width: float) -> float:
        return self._height(set_lines(block, width - 2 * PAD, self.size))

    def _enrollment(self, top: float) -> float:
        """Assessed, excluded to the right of the trunk, randomized; gives the bottom of the last box."""
        full = self.right - self.left
        trunk = self.left + full * (0.5 if self.wide else 0.25)
        width = min(200.0, 0.5 * full) if self.wide else full
        left = trunk - width / 2 if self.wide else self.left
        assessed, excluded = assessed_block(self.flow), excluded_block(self.flow)
        y = top
        if assessed is not None:
            first = self._place(assessed, "", left=left, top=y, width=width)
            y = first.bottom + DROP
            if excluded is not None:
                side = self._place(excluded, "", left=trunk + 18, top=first.bottom + 8, width=self.right - trunk - 18)
                middle = (side.top + side.bottom) / 2
                self.arrows.append(((trunk, middle), (side.left, middle)))
                y = max(y, side.bottom + 8)
            self.arrows.append(((trunk, first.bottom), (trunk, y)))
        last = self._place(randomized_block(self.flow), "", left=left, top=y, width=width)
        if not self.stacked:
            self._phase("Enrollment", top, last.bottom)
        return last.bottom

    def _phase(self, label: str, top: float, bottom: float) -> None:
        """Name a stretch of the gutter; a phase that goes on grows."""
        if self.phases and self.phases[-1][0] == label:
            top = self.phases.pop()[1]
        self.phases.append((label, top, bottom))

    def _side_by_side(self, top: float) -> float:
        arms = self.flow.arms
        full = self.right - self.left
        width = (full - GAP * (len(arms) - 1)) / len(arms)
        if len(arms) == 1:
            width = min(width, 260.0)
        start = self.left + (full - width * len(arms) - GAP * (len(arms) - 1)) / 2
        lefts = [start + i * (width + GAP) for i in range(len(arms))]
        centers = [left + width / 2 for left in lefts]
        stages = [arm_stages(arm) for arm in arms]
        bus = top + DROP * 0.8
        y = bus + DROP
        self._bus(top, bus, centers, y)
        previous = [0.0] * len(arms)
        for stage, phase in _STAGES.items():
            blocks = [blocks[stage] for blocks in stages]
            heights = [self._measure(block, width) for block in blocks if block is not None]
            if not heights:
                continue
            if stage != "crossover":
                heights.append(text_width(phase, self.size, bold=True) + 2)
            for i, block in enumerate(blocks):
                if block is None:
                    continue
                box = self._place(block, arms[i].arm.id, left=lefts[i], top=y, width=width, height=max(heights))
                if previous[i]:
                    self.arrows.append(((centers[i], previous[i]), (centers[i], y)))
                previous[i] = box.bottom
            self._phase(phase, y, y + max(heights))
            y += max(heights) + DROP
        return y - DROP

    def _bus(self, top: float, bus: float, centers: list[float], below: float) -> None:
        """From the randomized box down to a level line, and from there to every arm."""
        last = self.boxes[-1].box
        trunk = (last.left + last.right) / 2
        if len(centers) == 1 and abs(centers[0] - trunk) < 0.01:
            self.arrows.append(((trunk, top), (trunk, below)))
            return
        self.lines.append(((trunk, top), (trunk, bus)))
        if len(centers) > 1 or centers[0] != trunk:
            ends = [*centers, trunk]
            self.lines.append(((min(ends), bus), (max(ends), bus)))
        for center in centers:
            self.arrows.append(((center, bus), (center, below)))

    def _stacked_arms(self, top: float) -> float:
        """Arms below each other, each reached by an arrow from a trunk on the left."""
        trunk = self.left + 5
        left = trunk + 14
        y = top + DROP
        reached = top
        for arm in self.flow.arms:
            previous: Box | None = None
            for block in arm_stages(arm).values():
                if block is None:
                    continue
                box = self._place(block, arm.arm.id, left=left, top=y, width=self.right - left)
                if previous is None:
                    reached = (box.top + box.bottom) / 2
                    self.arrows.append(((trunk, reached), (box.left, reached)))
                else:
                    center = (box.left + box.right) / 2
                    self.arrows.append(((center, previous.bottom), (center, box.top)))
                previous, y = box, box.bottom + DROP * 0.8
            y += 4
        self.lines.append(((trunk, top), (trunk, reached)))
        return y - DROP * 0.8 - 4

    def _box(self, scene: Scene, placed: PlacedBox) -> None:
        box = placed.box
        part = f"box-{placed.name.replace('_', '-')}"
        scene.add(
            rect(box.left, box.top, box.right - box.left, box.bottom - box.top, fill=PAPER, stroke=INK, part=part)
        )
        y = box.top + PAD + self.size * 0.85
        for words in placed.lines:
            scene.add(
                Text(
                    x=box.left + PAD + words.indent,
                    y=y,
                    text=words.text,
                    size=self.size,
                    bold=words.bold,
                    rows=words.rows,
                    part="entry",
                )
            )
            y += 1.25 * self.size


def _arrow(scene: Scene, points: tuple[Point, ...]) -> None:
    (x1, y1), (x2, y2) = points[-2:]
    head, half = 5.0, 2.2
    if x1 == x2:
        down = 1 if y2 > y1 else -1
        triangle = [(x2, y2), (x2 - half, y2 - head * down), (x2 + half, y2 - head * down)]
        stop = (x2, y2 - head * down)
    else:
        right = 1 if x2 > x1 else -1
        triangle = [(x2, y2), (x2 - head * right, y2 - half), (x2 - head * right, y2 + half)]
        stop = (x2 - head * right, y2)
    scene.add(Path(subpaths=((*points[:-1], stop),), stroke=INK, width=0.75, part="connector"))
    scene.add(polygon(triangle, fill=INK, part="arrowhead"))


def _summary(flow: Flow) -> str:
    sentences = []
    if flow.assessed is not None:
        excluded = flow.excluded.n if flow.excluded else 0
        sentences.append(
            f"{flow.assessed.n} subjects were assessed, {excluded} excluded, {flow.randomized.n} randomized."
        )
    else:
        sentences.append(f"{flow.randomized.n} subjects were randomized.")
    for arm in flow.arms:
        words = [
            f"{entry.text} {entry.n}"
            for block in arm_stages(arm).values()
            if block is not None
            for entry in block.entries
        ]
        sentences.append(f"{arm.arm.label}: {'; '.join(words)}.")
    return " ".join(sentences)
