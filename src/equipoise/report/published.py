"""Published figures beside those of a rehearsed trial, as the rehearsal compared them."""

from collections.abc import Mapping
from typing import Any

from equipoise.report.cells import Block, Column, Line, Notice, Number, Paragraph, Part, Section, Table
from equipoise.report.entries import NOTHING, Source

__all__ = ["published_section"]

_COLUMNS = ("In print", "Reproduced", "Asked for", "Result", "Standing", "Percentile, uncalibrated")
SEARCHED = (
    "These data were searched until they matched: of every patient the model made many candidates, and one of each was "
    "chosen so that the calibrated figures come out as printed. The table shows that the pipeline can express the "
    "trial from its first event to its abstract; it does not show that its statistics are right, and it says nothing "
    "about the drug."
)


def published_section(source: Source) -> Section | None:
    """Section of the comparison; None for results that hold none."""
    given = source.facts.trial.get("published")
    if not isinstance(given, Mapping) or not given.get("lines"):
        return None
    rows: list[Mapping[str, Any]] = list(given["lines"])
    outside = [row for row in rows if row["standing"] == "OUTSIDE"]
    blocks: list[Block] = []
    if outside:
        words = ", ".join(f"{row['group']}: {row['label']}" for row in outside)
        blocks.append(Notice((f"{len(outside)} figures lie outside their tolerance: {words}.",), "warning"))
    blocks.append(Paragraph((_tried(given),)))
    blocks.append(_table(rows, given))
    return Section(name="published", title="Published and reproduced", blocks=blocks)


def _tried(given: Mapping[str, Any]) -> str:
    tried, trials = given.get("tried") or {}, given.get("uncalibrated_trials")
    counts = "; ".join(f"{stream}: {number:,} choices" for stream, number in tried.items())
    text = f"{SEARCHED} Choices tried: {counts}." if counts else SEARCHED
    if trials:
        text += (
            f" The last column says where the printed figure lies among {trials:,} trials of the same model that "
            "nobody calibrated."
        )
    return text


def _table(rows: list[Mapping[str, Any]], given: Mapping[str, Any]) -> Table:
    lines: list[Line] = []
    for group in dict.fromkeys(row["group"] for row in rows):
        lines.append(Line(group, head=True))
        lines += [Line(row["label"], _cells(row), level=1) for row in rows if row["group"] == group]
    sources = dict.fromkeys(row["source"] for row in rows if row["source"])
    said: dict[str, list[str]] = {}
    for row in rows:
        if row["note"]:
            said.setdefault(row["note"].rstrip("."), []).append(row["label"])
    notes = [f"{'; '.join(dict.fromkeys(labels))}: {note}." for note, labels in said.items()]
    inside = sum(row["standing"] == "inside" for row in rows)
    compared = sum(row["standing"] in ("inside", "OUTSIDE") for row in rows)
    return Table(
        name="published-figures",
        title="Figures in print and figures of the synthetic trial",
        stub="Figure",
        columns=tuple(
            Column(head=head, numeric=number in (1, len(_COLUMNS) - 1)) for number, head in enumerate(_COLUMNS)
        ),
        lines=tuple(lines),
        footnotes=(
            f"{inside} of {compared} figures inside their tolerance.",
            "Published: in print; inferred: recovered from print, not a statement of it; assumed: a default. "
            "Calibrated: the search aimed at it; emergent: it did not.",
            *notes,
            "Sources: " + "; ".join(sources) + ".",
        ),
        empty=str(given.get("why", "")),
    )


def _cells(row: Mapping[str, Any]) -> tuple[Part, ...]:
    value: Part = row["reproduced"] or NOTHING
    if row["row_ids"] and row["reproduced"]:
        value = Number(row["reproduced"], tuple(row["row_ids"]))
    percentile = row["percentile"]
    cut = f" ({row['cut']})" if row["cut"] else ""
    standing = f"{row['status']}, {row['role']}{cut}" if row["standing"] in ("inside", "OUTSIDE") else ""
    place = NOTHING if percentile is None else _percentile(percentile)
    return row["printed"] or NOTHING, value, row["asked"] or NOTHING, row["standing"], standing or NOTHING, place


def _percentile(value: float) -> str:
    """A percentile in whole numbers, except at the ends."""
    if value < 1:
        return "< 1"
    return "> 99" if value > 99 else f"{value:.0f}"
