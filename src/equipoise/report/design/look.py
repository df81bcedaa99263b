"""First pages of the open and the closed report of an interim look."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from markupsafe import Markup

from equipoise.report.design.page import whole_page
from equipoise.report.design.parts import table_html
from equipoise.report.words import BAND

__all__ = ["write_closed_look", "write_open_look"]

NO_DIFFERENCE = 5e-5
"""Z that reads 0.0000: the arm named with it would be the experimental one by convention, and tell the letters."""

FULL = 'All tables and figures: <a href="report/index.html">report</a>.'
OPEN = (
    "Open report: all patients together. It is made from data that hold no arm, so that nothing in it depends on one."
)
LEFT_OUT = "Patients whose treatment was opened are followed in this report up to that day."
CLOSED = (
    "Closed report, for the monitoring board alone: arms are letters, the key is handed over separately. Sponsor, "
    "chair and sites do not see it before the database is locked."
)


def write_open_look(facts: Mapping[str, Any], look: Mapping[str, Any], folder: Path) -> Path:
    """Write index.html of the open report: pooled events against the plan."""
    return _write(facts, [("look", "The look", _plan(facts, look) + _note())], OPEN, "open report", folder)


def write_closed_look(
    facts: Mapping[str, Any], look: Mapping[str, Any], sides: Mapping[str, Any], folder: Path
) -> Path:
    """Write index.html of the closed report: Z against the bounds, without telling which letter is experimental.

    Parameters
    ----------
    facts
        Trial, analysis, cut and planned looks.
    look
        The look at the events that are there; Z positive in favor of the experimental arm.
    sides
        Letters of the experimental and the control arm.
    folder
        Created when it is not there.
    """
    sections = [
        ("look", "The look", _plan(facts, look) + _source(facts)),
        ("bounds", "Bounds at the events that are there", _bounds(facts, look)),
        ("test", "The test", _test(look, sides) + _note()),
    ]
    return _write(facts, sections, CLOSED, "closed report", folder)


def _write(
    facts: Mapping[str, Any], sections: list[tuple[str, str, Markup]], words: str, kind: str, folder: Path
) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    name, title, content = sections[0]
    first = Markup('<p class="notice note">{}</p>\n').format(words) + content
    page = whole_page(
        title=f"{facts['study_id']}, look {facts['look']}: {kind}",
        kicker=facts["title"],
        sections=[(name, title, first), *sections[1:]],
        foot=f"Data up to {facts['cut']}.",
        band=BAND if facts["synthetic"] else "",
    )
    path = folder / "index.html"
    path.write_text(page, encoding="utf-8")
    return path


def _note() -> Markup:
    return Markup(f"\n<p>{FULL}</p>")  # noqa: S704 - a constant


def _plan(facts: Mapping[str, Any], look: Mapping[str, Any]) -> Markup:
    planned = facts["planned"]
    rows = [
        ("Endpoint", facts["endpoint"]),
        ("Data up to", facts["cut"]),
        ("Look", f"{facts['look']} of {facts['looks']}" + (", the final analysis" if look["final"] else "")),
        ("Events", str(look["events"][-1])),
        ("Events planned for this look", f"{planned['events'][facts['look'] - 1]:.2f}"),
    ]
    share = f"{100 * look['planned_information']:.1f}%"
    if look["information"] is None:
        rows.append(("Information planned", share))
    else:
        rows.append(("Information", f"{100 * look['information']:.1f}% ({share} planned)"))
    notes = (LEFT_OUT,) if look.get("unblinded_left_out") else ()
    return table_html("look-table", "The look and the plan", ("", "Value"), rows, notes, words=True)


def _source(facts: Mapping[str, Any]) -> Markup:
    """Last event seen; how many there are tells who is treated openly, so that the open report does not say it."""
    if facts.get("snapshot") is None:
        return Markup("")
    return Markup("\n<p>The data are those of the record up to event {}.</p>").format(facts["snapshot"])


def _number(value: float | None, digits: int = 5) -> str:
    return "none" if value is None or not math.isfinite(value) else f"{value:.{digits}f}".replace("-", "\N{MINUS SIGN}")


def _bounds(facts: Mapping[str, Any], look: Mapping[str, Any]) -> Markup:
    k = facts["look"] - 1
    rows = [
        ("Efficacy bound of Z", _number(look["upper"]), _number(facts["planned"]["upper"][k])),
        ("Futility bound of |Z|" if look.get("sided") == 2 else "Futility bound of Z", _number(look["lower"]), ""),
        ("One-sided P that reaches it", _number(look["p_bound"]), ""),
        ("Alpha spent up to this look", _number(look["alpha_spent"]), ""),
        ("Alpha spent before it", _number(look["alpha_spent_before"]), ""),
    ]
    source = facts["planned"]["source"]
    note = f"Planned bounds are those of {source}. Bounds move because the events differ from the plan."
    return table_html("bounds-table", "Bounds", ("", "At these events", "Planned"), rows, (note,))


def _test(look: Mapping[str, Any], sides: Mapping[str, Any]) -> Markup:
    if look["z"] is None:
        return Markup('<p class="notice warning">The test cannot be made with these data.</p>')
    size = abs(look["z"])
    favored = size >= NO_DIFFERENCE
    better = sides["experimental"] if look["z"] > 0 else sides["control"]
    letters = sorted((sides["experimental"], sides["control"]))
    rows = [("Z, size", _number(size, 4)), ("In favor of", better if favored else "neither arm")]
    if sides["sided"] == 2:
        rows.append(("Efficacy bound of |Z|", "reached" if size >= look["upper"] else "not reached"))
        if look["lower"] is not None:
            words = "at or below it" if size <= look["lower"] else "above it"
            rows.append(("Futility bound of |Z|", words))
        return table_html("test-table", "Log-rank test of the plan", ("", "Value"), rows, _chances(look), words=True)
    for letter in letters:
        z = (size if letter == better else -size) if favored else 0.0
        rows.append(
            (f"If {letter} is the experimental arm: efficacy bound", "reached" if z >= look["upper"] else "not reached")
        )
        if look["lower"] is not None:
            words = "at or below it" if z <= look["lower"] else "above it"
            rows.append((f"If {letter} is the experimental arm: futility bound", words))
    return table_html("test-table", "Log-rank test of the plan", ("", "Value"), rows, _chances(look), words=True)


def _chances(look: Mapping[str, Any]) -> tuple[str, ...]:
    if look["conditional_power_planned"] is None:
        return ()
    return (
        "Conditional power, repeated limits and predictive power tell the arms apart: they are in the file of the key.",
    )
