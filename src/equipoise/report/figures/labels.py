"""Free places in a plot: for the table of numbers and for the names beside the curves."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Box", "Boxes", "Wanted", "free_corner", "place_names"]

Boxes = npt.NDArray[np.float64]
"""Rows of left, top, right, bottom."""


GAP = 3.0
"""Between a name and its curve; a censor mark reaches 2.5."""
CLEAR = 1.3


@dataclass(frozen=True, slots=True)
class Box:
    """Upright rectangle, y downward."""

    left: float
    top: float
    right: float
    bottom: float

    def grown(self, by: float) -> "Box":
        """The rectangle with a margin."""
        return Box(self.left - by, self.top - by, self.right + by, self.bottom + by)

    def within(self, other: "Box") -> bool:
        """Whether this lies inside another."""
        return (
            self.left >= other.left
            and self.right <= other.right
            and self.top >= other.top
            and self.bottom <= other.bottom
        )

    def overlaps(self, other: "Box") -> bool:
        """Whether two rectangles share area."""
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )

    def touches(self, boxes: Boxes) -> bool:
        """Whether any of many rectangles (which may be lines) reaches into this one."""
        if not len(boxes):
            return False
        left, top, right, bottom = boxes.T
        return bool(np.any((left < self.right) & (right > self.left) & (top < self.bottom) & (bottom > self.top)))


@dataclass(frozen=True, slots=True)
class Wanted:
    """A name to be placed beside its curve (horizontal runs as boxes of no height)."""

    width: float
    height: float
    runs: Boxes


def free_corner(plot: Box, width: float, height: float, obstacles: Boxes, margin: float = 4.0) -> Box | None:
    """First free place for a block: from the upper right corner leftward, then from the lower left one rightward."""
    spare = plot.right - plot.left - width - 2 * margin
    if spare < 0 or plot.bottom - plot.top < height + 2 * margin:
        return None
    steps = [spare * i / 12 for i in range(5)]
    places = [(plot.right - margin - width - s, plot.top + margin) for s in steps]
    places += [(plot.left + margin + s, plot.bottom - margin - height) for s in steps]
    for left, top in places:
        box = Box(left, top, left + width, top + height)
        if not box.grown(margin).touches(obstacles):
            return box
    return None


def place_names(plot: Box, wanted: Sequence[Wanted], obstacles: Boxes, taken: Sequence[Box]) -> list[Box] | None:
    """Place each name close to its own curve and away from every other; None when one finds no clear place.

    A name stands above or below its curve. It may touch nothing, and no other curve may come nearer to it than
    ``CLEAR`` times the height of its line.
    """
    placed: list[Box] = []
    for i, name in enumerate(wanted):
        others = [other.runs for j, other in enumerate(wanted) if j != i]
        found = _best(plot, name, others, obstacles, [*taken, *placed])
        if found is None:
            return None
        placed.append(found)
    return placed


def _best(plot: Box, name: Wanted, others: list[Boxes], obstacles: Boxes, taken: list[Box]) -> Box | None:
    """Place far from other curves, close to its own along the whole name, and rather to the left."""
    best: tuple[float, Box] | None = None
    for box, gap in _candidates(name, plot):
        if not box.within(plot) or box.grown(1).touches(obstacles) or any(box.grown(2).overlaps(t) for t in taken):
            continue
        clear = min((_distance(box, runs) for runs in others if len(runs)), default=60.0)
        if clear < CLEAR * name.height:
            continue
        score = min(clear, 60.0) - 1.5 * gap - 30 * (box.left - plot.left) / (plot.right - plot.left)
        if best is None or score > best[0] + 1e-9:
            best = (score, box)
    return best[1] if best else None


def _candidates(name: Wanted, plot: Box) -> list[tuple[Box, float]]:
    """Boxes above and below the curve at many places, each with its mean distance from the curve."""
    boxes = []
    left_most, right_most = float(name.runs[:, 0].min()), float(name.runs[:, 2].max())
    for step in range(1, 40):
        left = left_most + (right_most - left_most) * step / 40
        right = left + name.width
        under = name.runs[(name.runs[:, 2] > left - GAP) & (name.runs[:, 0] < right + GAP)]
        if not len(under) or right > plot.right:
            continue
        top, bottom = float(under[:, 1].min()), float(under[:, 3].max())
        weights = np.maximum(np.minimum(under[:, 2], right) - np.maximum(under[:, 0], left), 1e-6)
        level = float(np.average(under[:, 1], weights=weights))
        boxes.append((Box(left, top - GAP - name.height, right, top - GAP), level - top))
        boxes.append((Box(left, bottom + GAP, right, bottom + GAP + name.height), bottom - level))
    return boxes


def _distance(box: Box, runs: Boxes) -> float:
    left, top, right, bottom = runs.T
    across = np.maximum(np.maximum(left - box.right, box.left - right), 0)
    along = np.maximum(np.maximum(top - box.bottom, box.top - bottom), 0)
    return float(np.hypot(across, along).min())
