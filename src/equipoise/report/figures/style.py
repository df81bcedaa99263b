"""Colors, line styles and sizes that all figures share."""

from collections.abc import Iterable
from dataclasses import dataclass

from equipoise.report.facts import Arm
from equipoise.report.figures.metrics import text_width
from equipoise.report.figures.scene import MM, Scene, Text, rect
from equipoise.report.words import BAND
from equipoise.terms import ArmRole

__all__ = [
    "INK",
    "LINE",
    "MUTED",
    "NARROW",
    "PAPER",
    "WIDE",
    "ArmStyle",
    "arm_styles",
    "background",
    "synthetic_band",
]

INK = "#1a1d21"
MUTED = "#5b6570"
LINE = "#d8dce0"
PAPER = "#ffffff"

WIDE = 178 * MM
"""Two journal columns."""
NARROW = 86 * MM
"""One journal column, and a telephone."""


@dataclass(frozen=True, slots=True)
class ArmStyle:
    """How an arm is drawn in every figure and table: color and, for gray print, dashes (points on, points off)."""

    color: str
    dash: tuple[float, ...] = ()


_EXPERIMENTAL = ArmStyle("#0072B2")
_CONTROL = ArmStyle("#D55E00", (5, 2.5))
_FURTHER = (
    ArmStyle("#009E73", (7, 2, 1.5, 2)),
    ArmStyle("#CC79A7", (1.5, 1.8)),
    ArmStyle("#1a1d21", (9, 3)),
    ArmStyle("#8C6200", (4, 1.5, 1, 1.5, 1, 1.5)),
)


def arm_styles(arms: Iterable[Arm]) -> dict[str, ArmStyle]:
    """Style of each arm, by identifier.

    The first experimental arm is blue and solid, the first control orange and dashed; further arms take the next colors
    of Okabe and Ito that show on white at 3:1 or better, in protocol order. From the seventh arm on, styles repeat.
    """
    styles: dict[str, ArmStyle] = {}
    taken = {ArmRole.EXPERIMENTAL: _EXPERIMENTAL, ArmRole.CONTROL: _CONTROL}
    further = 0
    for arm in arms:
        role = ArmRole.EXPERIMENTAL if arm.role == ArmRole.EXPERIMENTAL else ArmRole.CONTROL
        if role in taken:
            styles[arm.id] = taken.pop(role)
        else:
            styles[arm.id] = _FURTHER[further % len(_FURTHER)]
            further += 1
    return styles


def background(scene: Scene) -> None:
    """Paint the paper; call it first, when the height is known."""
    scene.shapes.insert(0, rect(0, 0, scene.width, scene.height, fill=PAPER, part="paper"))


def synthetic_band(scene: Scene, y: float = 0.0) -> float:
    """Draw the band that marks data of no real patient; gives the space below it."""
    height = 13.0
    size = min(7.5, 7.5 * (scene.width - 8) / text_width(BAND, 7.5, bold=True))
    scene.add(
        rect(0, y, scene.width, height, fill=LINE, part="synthetic-band"),
        Text(x=scene.width / 2, y=y + 9.3, text=BAND, size=size, bold=True, anchor="middle", part="synthetic-band"),
    )
    return y + height + 5
