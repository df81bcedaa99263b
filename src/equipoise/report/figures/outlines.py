"""Shapes of characters that Helvetica lacks, from the DejaVu Sans that comes with matplotlib.

PDF files hold such characters (Greek, Cyrillic, arrows) as outlines, so that no font need be embedded. A character that
DejaVu Sans lacks as well becomes its empty box.
"""

from functools import lru_cache
from pathlib import Path

from matplotlib import get_data_path
from matplotlib.ft2font import FT2Font, LoadFlags

__all__ = ["Outline", "glyph_outline", "glyph_width"]

Outline = tuple[tuple[str, tuple[float, ...]], ...]
"""Path commands m, l, c (cubic), h with coordinates in thousandths of the font size, y upward."""

_UNITS = 2048.0
_MOVE, _LINE, _QUADRATIC, _CUBIC, _CLOSE = 1, 2, 3, 4, 79


@lru_cache(maxsize=2)
def _font(*, bold: bool) -> FT2Font:
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return FT2Font(str(Path(get_data_path()) / "fonts" / "ttf" / name))


@lru_cache(maxsize=1024)
def glyph_width(char: str, *, bold: bool = False) -> float:
    """Advance width in thousandths of the font size."""
    font = _font(bold=bold)
    glyph = font.load_glyph(font.get_char_index(ord(char)), flags=LoadFlags.NO_SCALE)
    return float(glyph.horiAdvance) * 1000 / _UNITS


@lru_cache(maxsize=1024)
def glyph_outline(char: str, *, bold: bool = False) -> Outline:
    """Outline of a character."""
    font = _font(bold=bold)
    font.load_glyph(font.get_char_index(ord(char)), flags=LoadFlags.NO_SCALE)
    vertices, codes = font.get_path()
    scale = 1000 * 64 / _UNITS
    points = [(float(x) * scale, float(y) * scale) for x, y in vertices]
    commands: list[tuple[str, tuple[float, ...]]] = []
    i, at = 0, (0.0, 0.0)
    while i < len(codes):
        code = int(codes[i])
        if code == _CLOSE:
            commands.append(("h", ()))
            i += 1
        elif code in (_MOVE, _LINE):
            at = points[i]
            commands.append(("m" if code == _MOVE else "l", at))
            i += 1
        elif code == _QUADRATIC:
            control, end = points[i], points[i + 1]
            first = tuple(a + 2 / 3 * (c - a) for a, c in zip(at, control, strict=True))
            second = tuple(e + 2 / 3 * (c - e) for e, c in zip(end, control, strict=True))
            commands.append(("c", (*first, *second, *end)))
            at, i = end, i + 2
        elif code == _CUBIC:
            commands.append(("c", (*points[i], *points[i + 1], *points[i + 2])))
            at, i = points[i + 2], i + 3
        else:
            raise ValueError(f"unknown path command {code} in the outline of {char!r}")
    return tuple(commands)
