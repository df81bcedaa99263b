"""Parts that the sections of a design share: tables, charts, the paragraph, the allocator."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from equipoise.report.design.charts import Chart

__all__ = [
    "allocator_part",
    "assumed_part",
    "chart_html",
    "futility_bounds",
    "number",
    "p_text",
    "paragraph_part",
    "percent",
    "table_html",
]

BRIEF = 18
"""Letters up to which the names of rows stay on one line, so that a narrow screen shows more columns."""
Row = Sequence[str]


def table_html(
    name: str, title: str, heads: Row, rows: Iterable[Row], notes: Row = (), *, words: bool = False
) -> Markup:
    """A table whose first column is text and whose others are numbers, or words."""
    kind = Markup("") if words else Markup(' class="n"')
    listed = list(rows)
    brief = all(len(row[0]) <= BRIEF for row in listed)
    head = Markup("").join(
        Markup('<th scope="col"{}>{}</th>').format(kind if k else "", cell) for k, cell in enumerate(heads)
    )
    body = Markup("\n").join(
        Markup('<tr><th scope="row">{}</th>{}</tr>').format(
            row[0], Markup("").join(Markup("<td{}>{}</td>").format(kind, cell) for cell in row[1:])
        )
        for row in listed
    )
    foot = Markup("").join(Markup("<li>{}</li>").format(note) for note in notes)
    return Markup(
        '<figure class="table"><figcaption id="{name}-caption">{title}</figcaption>\n'
        '<div class="frame" role="group" aria-labelledby="{name}-caption" tabindex="0">\n'
        '<table id="{name}"{brief} aria-labelledby="{name}-caption"><thead><tr>{head}</tr></thead>\n'
        "<tbody>\n{body}\n</tbody></table></div>\n{foot}</figure>"
    ).format(
        name=name,
        brief=Markup(' class="brief"') if brief else "",
        title=title,
        head=head,
        body=body,
        foot=Markup('<ol class="notes">{}</ol>').format(foot) if notes else "",
    )


def chart_html(chart: Chart | None) -> Markup:
    """A chart for wide and narrow screens."""
    if chart is None:
        return Markup("")
    return Markup(
        '<figure class="picture"><div class="canvas wide">{}</div><div class="canvas narrow">{}</div>'
        "<figcaption>{}</figcaption></figure>"
    ).format(_svg(chart.wide), _svg(chart.narrow), chart.caption)


def _svg(text: str) -> Markup:
    return Markup(text[text.index("<svg") :].strip())  # noqa: S704 - drawn by report.figures, which escapes its texts


def paragraph_part(d: Mapping[str, Any]) -> Markup:
    """The statistical paragraph."""
    return Markup("\n").join(Markup("<p>{}</p>").format(" ".join(part)) for part in _thirds(d["paragraph"]))


def _thirds(sentences: Sequence[str]) -> Iterable[Sequence[str]]:
    """Sentences in paragraphs of a readable length."""
    return (sentences[k : k + 4] for k in range(0, len(sentences), 4))


def assumed_part(d: Mapping[str, Any]) -> Markup:
    """What is assumed."""
    if not d["assumed"]:
        return Markup("")
    names = ", ".join(key for key in d["assumed"] if key)
    return Markup('<p class="notice note">{}</p>').format(
        f"Assumed because the source is silent: {names}. The notes stand in the protocol."
    )


def number(value: float | None, digits: int = 2) -> str:
    """A number for reading; nothing where there is none."""
    return "" if value is None else f"{value:.{digits}f}".replace("-", "\N{MINUS SIGN}")


def futility_bounds(s: Mapping[str, Any]) -> tuple[str, list[float | None]] | None:
    """Heading and futility bounds of the looks, of Z or with two sides of its size; None without them."""
    if not s["futility"]:
        return None
    inner = s.get("inner")
    return ("Futility bound of Z", list(s["lower"])) if inner is None else ("Futility bound of |Z|", list(inner))


def p_text(value: float) -> str:
    """A one-sided p-value that a bound stands for; none where there is no bound."""
    return "none" if value == 0.0 else f"{value:.4f}" if value >= 5e-5 else "<0.0001"


def percent(value: float, digits: int = 1) -> str:
    """A share as percent."""
    return f"{100 * value:.{digits}f}%"


def allocator_part(key: str, d: Mapping[str, Any]) -> Markup:
    """How the allocator behaves."""
    a = d["allocator"]
    if not a:
        return Markup("")
    rows = [("Imbalance of the trial, mean", number(a["mean_imbalance"]))]
    rows += [("Imbalance of the trial, 95th percentile", number(a["p95_imbalance"], 1))]
    labels = a["factor_labels"]
    rows += [(f"Imbalance of {labels[name]}, mean", number(v)) for name, v in a["factor_imbalance"].items()]
    rows += [
        ("Assignments guessed right", percent(a["guessable"])),
        ("Assignments that are certain", percent(a["forced"])),
        ("Imbalance under complete randomization, mean", number(a["complete_randomization"]["mean_imbalance"])),
    ]
    rows += [
        (f"Size of the planned test, {row['scenario']}", f"{row['size']:.4f} ({row['std_error']:.4f})")
        for row in a["size_of_test"]
    ]
    method, trials = a["method"].capitalize(), f"{a['trials']:,} simulated trials"
    note = f"{method}, {a['patients']} patients, {trials}; standard errors in brackets."
    return table_html(f"{key}-allocator", "The allocator", ("", "Value"), rows, (note,))
