"""A scene as a one-page PDF 1.4 file without dates or random identifiers.

Text stays text in Helvetica, one of the fonts every reader has; characters it lacks are drawn as outlines with their
text beside. Nothing is compressed, so the bytes depend on the scene alone.
"""

import math
from dataclasses import dataclass, field

from equipoise.report.figures.metrics import GLYPH_NAMES, char_width, in_table
from equipoise.report.figures.outlines import glyph_outline
from equipoise.report.figures.scene import Circle, Path, Scene, Text

__all__ = ["render_pdf"]

_ARC = 0.5522847498
_FONTS = {False: ("F1", "Helvetica"), True: ("F2", "Helvetica-Bold")}


def _number(x: float) -> str:
    if not math.isfinite(x):
        raise ValueError(f"a coordinate is {x}")
    text = f"{x:.3f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def _numbers(*values: float) -> str:
    return " ".join(map(_number, values))


def _color(color: str) -> str:
    return _numbers(*(int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)))


def _utf16(text: str) -> str:
    return "<FEFF" + text.encode("utf-16-be").hex().upper() + ">"


@dataclass
class _Encoding:
    """Codes of one font: the Windows encoding, with unused codes given to further characters as they come."""

    free: list[int] = field(default_factory=lambda: [*range(1, 32), 127, 129, 141, 143, 144, 157])
    given: dict[str, int] = field(default_factory=dict)

    def code(self, char: str) -> int | None:
        """Code of a character, None if the font lacks it or the codes are used up."""
        if not in_table(char):
            return None
        if char not in GLYPH_NAMES:
            return char.encode("cp1252")[0]
        if char not in self.given:
            if not self.free:
                return None
            self.given[char] = self.free.pop(0)
        return self.given[char]


class _Page:
    """Content stream under construction."""

    def __init__(self, height: float) -> None:
        self.height = height
        self.lines: list[str] = []
        self.encodings = {False: _Encoding(), True: _Encoding()}
        self.opacities: dict[float, str] = {}

    def path(self, shape: Path) -> None:
        """Lines and areas."""
        paint = {(True, True): "B", (True, False): "f", (False, True): "S", (False, False): "n"}
        self.lines.append("q")
        if shape.fill and shape.opacity < 1:
            name = self.opacities.setdefault(shape.opacity, f"G{len(self.opacities) + 1}")
            self.lines.append(f"/{name} gs")
        self._style(shape)
        if shape.stroke and shape.dash:
            self.lines.append(f"[{_numbers(*shape.dash)}] 0 d")
        for points in shape.subpaths:
            for i, (x, y) in enumerate(points):
                self.lines.append(f"{_numbers(x, self.height - y)} {'l' if i else 'm'}")
            if shape.closed:
                self.lines.append("h")
        self.lines += [paint[bool(shape.fill), bool(shape.stroke)], "Q"]

    def circle(self, shape: Circle) -> None:
        """Disk or ring as four arcs."""
        x, y, r = shape.x, self.height - shape.y, shape.radius
        k = r * _ARC
        self.lines.append("q")
        self._style(shape)
        self.lines.append(f"{_numbers(x + r, y)} m")
        for values in (
            (x + r, y + k, x + k, y + r, x, y + r),
            (x - k, y + r, x - r, y + k, x - r, y),
            (x - r, y - k, x - k, y - r, x, y - r),
            (x + k, y - r, x + r, y - k, x + r, y),
        ):
            self.lines.append(f"{_numbers(*values)} c")
        self.lines += ["h " + ("B" if shape.fill and shape.stroke else "f" if shape.fill else "S"), "Q"]

    def text(self, shape: Text) -> None:
        """A line of text, in runs of one font."""
        start = {"start": 0.0, "middle": 0.5, "end": 1.0}[shape.anchor] * shape.width
        x, y = (shape.x, self.height - shape.y + -start) if shape.turned else (shape.x - start, self.height - shape.y)
        turn = (0.0, 1.0, -1.0, 0.0) if shape.turned else (1.0, 0.0, 0.0, 1.0)
        self.lines += ["q", f"{_numbers(*turn, x, y)} cm", f"{_color(shape.color)} rg"]
        at, run, run_at = 0.0, bytearray(), 0.0
        for char in shape.text:
            code = self.encodings[shape.bold].code(char)
            if code is None:
                self._run(run, run_at, shape)
                self._outline(char, at, shape)
                run = bytearray()
            else:
                run_at = run_at if run else at
                run.append(code)
            at += char_width(char, bold=shape.bold) * shape.size / 1000
        self._run(run, run_at, shape)
        self.lines.append("Q")

    def _run(self, run: bytearray, at: float, shape: Text) -> None:
        if run:
            font = _FONTS[shape.bold][0]
            self.lines.append(f"BT /{font} {_number(shape.size)} Tf {_numbers(at, 0)} Td <{run.hex().upper()}> Tj ET")

    def _outline(self, char: str, at: float, shape: Text) -> None:
        scale = shape.size / 1000
        self.lines += [f"/Span << /ActualText {_utf16(char)} >> BDC", f"q {_numbers(1, 0, 0, 1, at, 0)} cm"]
        for command, values in glyph_outline(char, bold=shape.bold):
            self.lines.append(f"{_numbers(*(v * scale for v in values))} {command}".strip())
        self.lines += ["f Q", "EMC"]

    def _style(self, shape: Path | Circle) -> None:
        if shape.fill:
            self.lines.append(f"{_color(shape.fill)} rg")
        if shape.stroke:
            self.lines.append(f"{_color(shape.stroke)} RG {_number(shape.width)} w")


def render_pdf(scene: Scene) -> bytes:
    """PDF file of a scene."""
    page = _Page(scene.height)
    for shape in scene.shapes:
        if isinstance(shape, Text):
            page.text(shape)
        elif isinstance(shape, Circle):
            page.circle(shape)
        else:
            page.path(shape)
    content = "\n".join(page.lines)
    fonts = " ".join(f"/{key} {6 + 2 * i} 0 R" for i, (key, _) in enumerate(_FONTS.values()))
    states = " ".join(f"/{name} << /ca {_number(value)} >>" for value, name in page.opacities.items())
    objects = [
        "<< /Type /Catalog /Pages 2 0 R /Lang (en-US) /ViewerPreferences << /DisplayDocTitle true >> >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {_numbers(scene.width, scene.height)}] /Contents 4 0 R "
        f"/Resources << /Font << {fonts} >> /ExtGState << {states} >> >> >>",
        f"<< /Length {len(content)} >>\nstream\n{content}\nendstream",
        f"<< /Title {_utf16(scene.title)} /Subject {_utf16(scene.description)} /Creator (equipoise) >>",
    ]
    for i, (bold, (_, name)) in enumerate(_FONTS.items()):
        objects += [_font(name, page.encodings[bold], bold=bold, descriptor=7 + 2 * i), _descriptor(name, bold=bold)]
    return _file(objects)


def _font(name: str, encoding: _Encoding, *, bold: bool, descriptor: int) -> str:
    chars = {code: char for char, code in encoding.given.items()}
    for code in range(256):
        if code not in chars:
            char = bytes([code]).decode("cp1252", errors="replace")
            chars[code] = char if in_table(char) else ""
    widths = " ".join(_number(char_width(chars[code], bold=bold)) if chars[code] else "0" for code in range(256))
    given = sorted((code, GLYPH_NAMES[char]) for char, code in encoding.given.items())
    differences = " ".join(f"{code} /{glyph}" for code, glyph in given)
    return (
        f"<< /Type /Font /Subtype /Type1 /BaseFont /{name} /FirstChar 0 /LastChar 255 /Widths [{widths}] "
        f"/FontDescriptor {descriptor} 0 R "
        f"/Encoding << /Type /Encoding /BaseEncoding /WinAnsiEncoding /Differences [{differences}] >> >>"
    )


def _descriptor(name: str, *, bold: bool) -> str:
    box, stem = ("-170 -228 1003 962", 140) if bold else ("-166 -225 1000 931", 88)
    return (
        f"<< /Type /FontDescriptor /FontName /{name} /Flags 32 /FontBBox [{box}] /ItalicAngle 0 /Ascent 718 "
        f"/Descent -207 /CapHeight 718 /StemV {stem} >>"
    )


def _file(objects: list[str]) -> bytes:
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for i, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += f"{i} 0 obj\n{body}\nendobj\n".encode("latin-1")
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    for offset in offsets:
        out += f"{offset:010d} 00000 n \n".encode()
    out += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R /Info 5 0 R >>\nstartxref\n{start}\n%%EOF\n".encode()
    return bytes(out)
