"""A figure: its drawings for two widths, its geometry, its words."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from equipoise.report.figures.pdf import render_pdf
from equipoise.report.figures.scene import Scene
from equipoise.report.figures.svg import render_svg

__all__ = ["Drawing", "Figure", "FigureError"]


class FigureError(ValueError):
    """Results rows that contradict each other, so that no figure may be drawn from them."""


@dataclass(frozen=True)
class Drawing:
    """A scene and the coordinates of what matters in it, by name."""

    scene: Scene
    geometry: Mapping[str, Any]

    @cached_property
    def svg(self) -> str:
        """SVG document."""
        return render_svg(self.scene)

    @cached_property
    def pdf(self) -> bytes:
        """PDF file."""
        return render_pdf(self.scene)


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A figure of the report.

    ``wide`` is drawn for two journal columns (178 mm), ``narrow`` for one column (86 mm) and for telephones. Shapes
    drawn from results rows carry ``data-row`` with the row identifiers, separated by blanks.
    """

    name: str
    caption: str
    wide: Drawing
    narrow: Drawing

    @property
    def svg(self) -> str:
        """SVG document of the wide drawing."""
        return self.wide.svg

    @property
    def pdf(self) -> bytes:
        """PDF file of the wide drawing."""
        return self.wide.pdf

    @property
    def svg_narrow(self) -> str:
        """SVG document of the narrow drawing."""
        return self.narrow.svg

    @property
    def pdf_narrow(self) -> bytes:
        """PDF file of the narrow drawing."""
        return self.narrow.pdf

    @property
    def geometry(self) -> Mapping[str, Any]:
        """Coordinates of the wide drawing, in points from its upper left corner."""
        return self.wide.geometry

    @property
    def summary(self) -> str:
        """What the figure shows, in sentences made from the same rows."""
        return self.wide.scene.description
