"""A scene as SVG text: text stays text, sizes in millimeters, every number with two decimals at most."""

import math
from xml.sax.saxutils import escape, quoteattr

from equipoise.report.figures.scene import MM, Circle, Path, Scene, Shape, Text

__all__ = ["FONTS", "render_svg"]

FONTS = "Helvetica, Arial, 'Liberation Sans', 'Nimbus Sans', sans-serif"
"""Fonts of equal widths; any other is fitted to them by ``textLength``."""


def _number(x: float) -> str:
    if not math.isfinite(x):
        raise ValueError(f"a coordinate is {x}")
    text = f"{x:.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def render_svg(scene: Scene) -> str:
    """SVG document of a scene, alone or inside a page (its identifiers begin with the name of the scene)."""
    width, height = _number(scene.width), _number(scene.height)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="figure" viewBox="0 0 {width} {height}" '
        f'width="{_number(scene.width / MM)}mm" height="{_number(scene.height / MM)}mm" role="img" '
        f'aria-labelledby="{scene.name}-title {scene.name}-desc" font-family="{FONTS}" fill="none" stroke="none">'
    )
    lines = [
        head,
        f'<title id="{scene.name}-title">{escape(scene.title)}</title>',
        f'<desc id="{scene.name}-desc">{escape(scene.description)}</desc>',
        *(_shape(shape) for shape in scene.shapes),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _attributes(**values: str | None) -> str:
    return "".join(
        f" {name.replace('_', '-')}={quoteattr(value)}" for name, value in values.items() if value is not None
    )


def _data(shape: Shape) -> str:
    rows = " ".join(map(str, shape.rows)) or None
    return _attributes(data_row=rows, data_part=shape.part or None)


def _element(tag: str, attributes: str, label: str, content: str = "") -> str:
    inside = (f"<title>{escape(label)}</title>" if label else "") + content
    return f"<{tag}{attributes}>{inside}</{tag}>" if inside else f"<{tag}{attributes}/>"


def _style(shape: Path | Circle) -> str:
    stroke = shape.stroke is not None
    return _attributes(
        fill=shape.fill,
        stroke=shape.stroke,
        stroke_width=_number(shape.width) if stroke else None,
    )


def _path(shape: Path) -> str:
    commands = []
    for points in shape.subpaths:
        moves = " L".join(f"{_number(x)} {_number(y)}" for x, y in points)
        commands.append(f"M{moves}{' Z' if shape.closed else ''}")
    more = _attributes(
        stroke_dasharray=" ".join(map(_number, shape.dash)) or None if shape.stroke else None,
        fill_opacity=_number(shape.opacity) if shape.fill and shape.opacity < 1 else None,
    )
    return _element("path", f' d="{" ".join(commands)}"{_style(shape)}{more}{_data(shape)}', shape.label)


def _text(shape: Text) -> str:
    x, y = _number(shape.x), _number(shape.y)
    attributes = _attributes(
        x=x,
        y=y,
        font_size=_number(shape.size),
        font_weight="bold" if shape.bold else None,
        fill=shape.color,
        text_anchor=None if shape.anchor == "start" else shape.anchor,
        textLength=_number(shape.width) if len(shape.text) > 1 else None,
        lengthAdjust="spacingAndGlyphs" if len(shape.text) > 1 else None,
        transform=f"rotate(-90 {x} {y})" if shape.turned else None,
    )
    return _element("text", attributes + _data(shape), shape.label, escape(shape.text))


def _shape(shape: Shape) -> str:
    if isinstance(shape, Text):
        return _text(shape)
    if isinstance(shape, Circle):
        place = _attributes(cx=_number(shape.x), cy=_number(shape.y), r=_number(shape.radius))
        return _element("circle", place + _style(shape) + _data(shape), shape.label)
    return _path(shape)
