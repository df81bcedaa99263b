"""Both renderers: one scene, the same words and places; nothing of the machine or the day in the bytes."""

import hashlib
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from tests.results.example import example_results

from equipoise.report.figures import figures
from equipoise.report.figures.metrics import text_width, wrap
from equipoise.report.figures.pdf import render_pdf
from equipoise.report.figures.scene import MM, Circle, Scene, Text, line, polygon
from equipoise.report.figures.svg import render_svg

SVG = "{http://www.w3.org/2000/svg}"
ROOT = Path(__file__).parents[3]


@pytest.fixture
def scene() -> Scene:
    scene = Scene(name="one", width=178 * MM, height=100.0, title="A <title>", description='Words & "more"')
    scene.add(
        Text(x=10, y=20, text="P < .001 & ≥ 3 − 5", size=8, rows=(4, 9), label="why"),
        Text(x=90, y=50, text="Łódź Ω→", size=8, bold=True, anchor="middle"),
        Text(x=12, y=80, text="Turned", size=8, turned=True),
        line([(0, 0), (10.123, 20.456)], color="#0072B2", dash=(5, 2.5)),
        polygon([(1, 1), (5, 1), (5, 5)], fill="#D55E00"),
        Circle(x=50, y=60, radius=3, fill="#1a1d21"),
    )
    return scene


def test_svg_is_well_formed_and_text_stays_text(scene: Scene) -> None:
    root = ET.fromstring(render_svg(scene))  # noqa: S314 - our own file
    assert root.get("viewBox") == "0 0 504.57 100"
    assert root.get("width") == "178mm"
    texts = list(root.iter(f"{SVG}text"))
    assert ["".join(text.itertext()) for text in texts] == ["whyP < .001 & ≥ 3 − 5", "Łódź Ω→", "Turned"]
    assert texts[0].get("data-row") == "4 9"
    assert float(texts[0].get("textLength", "0")) == pytest.approx(text_width("P < .001 & ≥ 3 − 5", 8), abs=0.01)
    assert root.get("role") == "img"
    assert [root.find(f"{SVG}{tag}").text for tag in ("title", "desc")] == ["A <title>", 'Words & "more"']  # type: ignore[union-attr]


def test_pdf_has_sound_offsets_and_no_dates(scene: Scene) -> None:
    data = render_pdf(scene)
    assert data.startswith(b"%PDF-1.4")
    start = int(re.search(rb"startxref\n(\d+)", data).group(1))  # type: ignore[union-attr]
    assert data[start : start + 4] == b"xref"
    offsets = [int(m) for m in re.findall(rb"(\d{10}) 00000 n", data[start:])]
    for number, offset in enumerate(offsets, start=1):
        assert data[offset:].startswith(f"{number} 0 obj".encode())
    length = int(re.search(rb"/Length (\d+)", data).group(1))  # type: ignore[union-attr]
    stream = data.split(b"stream\n", 1)[1]
    assert stream[length:].startswith(b"\nendstream")
    assert b"Date" not in data
    assert b"/MediaBox [0 0 504.567 100]" in data


def test_pdf_text_is_text_and_what_helvetica_lacks_is_outlined(scene: Scene) -> None:
    data = render_pdf(scene).decode("latin-1")
    runs = [bytes.fromhex(run) for run in re.findall(r"<([0-9A-F]+)> Tj", data)]
    assert runs[0][:11] == b"P < .001 & "
    assert b"Turned" in runs
    assert "/greaterequal" in data
    assert "/Lslash" in data
    assert data.count("/ActualText") == 2
    assert "<FEFF03A9>" in data


def test_pdf_places_text_by_the_same_widths(scene: Scene) -> None:
    data = render_pdf(scene).decode("latin-1")
    left = 90 - text_width("Łódź Ω→", 8, bold=True) / 2
    assert f"1 0 0 1 {left:.3f} 50 cm" in data


def test_coordinates_that_are_no_numbers_are_refused(scene: Scene) -> None:
    scene.add(line([(0, 0), (float("nan"), 3)], color="#0072B2"))
    for render in (render_svg, render_pdf):
        with pytest.raises(ValueError, match="a coordinate is nan"):
            render(scene)


def test_width_of_text_is_that_of_the_font_metrics() -> None:
    # Adobe Core 14 AFM: A 667, v 500, space 278 (Helvetica); A 722 (Helvetica-Bold)
    assert text_width("Av ", 10) == pytest.approx(14.45)
    assert text_width("A", 10, bold=True) == pytest.approx(7.22)


def test_wrapped_lines_fit_and_lose_nothing() -> None:
    text = "Withdrew consent before the first dose (n\u00a0=\u00a012) Donaudampfschifffahrtsgesellschaft"
    lines = wrap(text, 60, 8)
    assert all(text_width(words, 8) <= 60 for words in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert "(n\u00a0=\u00a012)" in " ".join(lines)


def test_the_report_gets_its_figures_at_both_widths() -> None:
    made = figures(example_results())
    assert list(made) == [
        "consort",
        "accrual",
        "km_primary",
        "km_overall_survival",
        "forest_primary",
        "adverse_events",
    ]
    for figure in made.values():
        assert figure.wide.scene.width == pytest.approx(178 * MM)
        assert figure.narrow.scene.width == pytest.approx(86 * MM)
        assert figure.summary
        assert figure.caption.endswith(".")
        for svg in (figure.svg, figure.svg_narrow):
            root = ET.fromstring(svg)  # noqa: S314 - our own file
            identifiers = [element.get("id") for element in root.iter() if element.get("id")]
            assert all(str(i).startswith(figure.name) for i in identifiers)
    ids = re.findall(r' id="([^"]+)"', "".join(f.svg + f.svg_narrow for f in made.values()))
    assert len(ids) == len(set(ids))


_DIGEST = """
import hashlib, sys
from equipoise.report.figures import figures
from tests.results.example import example_results
digest = hashlib.sha256()
for name, figure in figures(example_results()).items():
    digest.update(name.encode() + figure.svg.encode() + figure.pdf + figure.svg_narrow.encode() + figure.pdf_narrow)
print(digest.hexdigest())
"""


def test_bytes_do_not_depend_on_threads_folder_zone_or_hash_seed(tmp_path: Path) -> None:
    here = hashlib.sha256()
    for name, figure in figures(example_results()).items():
        here.update(name.encode() + figure.svg.encode() + figure.pdf + figure.svg_narrow.encode() + figure.pdf_narrow)
    environment = {
        **os.environ,
        "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}",
        "PYTHONHASHSEED": "7",
        "POLARS_MAX_THREADS": "1",
        "TZ": "Pacific/Auckland",
        "SOURCE_DATE_EPOCH": "0",
    }
    command = [sys.executable, "-c", _DIGEST]
    run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == here.hexdigest()
