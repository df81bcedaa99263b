"""A document as one HTML file."""

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

import polars as pl
from jinja2 import BaseLoader, Environment, StrictUndefined
from markupsafe import Markup

from equipoise.report.cells import Section
from equipoise.report.document import Document, numbers_in
from equipoise.report.facts import Facts
from equipoise.report.figures.figure import Figure
from equipoise.report.figures.style import arm_styles
from equipoise.report.page.blocks import BlockWriter
from equipoise.report.page.embed import embed
from equipoise.report.words import BAND

__all__ = ["render_page"]

POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{}'; img-src data:; base-uri 'none'"
SHOWN_DIGITS = 12
DRAWN = re.compile(r'data-row="([\d ]+)"')


@dataclass(frozen=True, slots=True)
class _Part:
    name: str
    title: str
    blocks: list[Markup]
    sections: list["_Part"]


def render_page(document: Document, figures: Mapping[str, Figure], source_sets: pl.DataFrame) -> str:
    """HTML text of a document: no request leaves it, the same input gives the same bytes."""
    facts = document.facts
    places = {arm.id: i for i, arm in enumerate(facts.arms)}
    writer = BlockWriter(figures, places, file_mark=facts.file_mark)
    opening = [writer.write(block) for block in document.opening]
    sections = [_part(section, writer) for section in document.sections]
    wanted = {row_id for number in numbers_in(document) for row_id in number.row_ids}
    wanted |= {row_id for figure in figures.values() for row_id in _drawn_rows(figure)}
    script = _text("panel.js")
    digest = base64.b64encode(hashlib.sha256(f"\n{script}".encode()).digest()).decode("ascii")
    environment = Environment(
        loader=BaseLoader(), autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True
    )
    return environment.from_string(_text("report.html.j2")).render(
        policy=POLICY.format(digest),
        version=str(facts.trial.get("equipoise") or ""),
        facts=facts,
        identity=_identity(facts),
        band=BAND,
        style="\n".join([_text("style.css").rstrip(), *_arm_rules(facts), *writer.styles, ""]),
        opening=opening,
        sections=sections,
        data=embed(document.rows, wanted, facts, source_sets),
        script=script,
    )


def _part(section: Section, writer: BlockWriter) -> _Part:
    blocks = [writer.write(block) for block in section.blocks]
    return _Part(section.name, section.title, blocks, [_part(part, writer) for part in section.sections])


def _text(name: str) -> str:
    return files("equipoise.report.page").joinpath(name).read_text(encoding="utf-8")


def _drawn_rows(figure: Figure) -> set[int]:
    """Rows named by the shapes of a figure."""
    found = DRAWN.findall(figure.svg) + DRAWN.findall(figure.svg_narrow)
    return {int(row_id) for ids in found for row_id in ids.split()}


def _arm_rules(facts: Facts) -> list[str]:
    styles = arm_styles(facts.arms)
    rules = []
    for i, arm in enumerate(facts.arms):
        style = styles[arm.id]
        line = "dashed" if style.dash else "solid"
        rules.append(f".a{i} {{ border-top: 3px {line} {style.color}; }}")
    return rules


def _identity(facts: Facts) -> list[tuple[str, str, str]]:
    """Name, value and, where the value is cut short, the whole of it."""
    protocol = facts.protocol
    version = protocol.get("version") if isinstance(protocol.get("version"), Mapping) else {}
    number = version.get("number") if version else None
    digest = str(facts.trial.get("protocol_sha256") or "")
    found = [
        ("Protocol", f"version {number}" if number else "", ""),
        ("Protocol file", f"SHA-256 {digest[:SHOWN_DIGITS]}, whole under Conventions" if digest else "", digest),
    ]
    return [known for known in found if known[1]]
