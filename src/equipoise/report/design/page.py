"""design.json as one HTML file that opens offline."""

from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from markupsafe import Markup

from equipoise.report.design.charts import Chart, bounds_chart, events_chart, power_chart
from equipoise.report.words import BAND

__all__ = ["table_html", "whole_page", "write_design"]

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'"
Row = Sequence[str]


def write_design(design: Mapping[str, Any], folder: Path) -> Path:
    """Write index.html from the content of design.json; give its path. The same content gives the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    sections = [
        (f"analysis-{name.replace('_', '-')}", content["label"], _analysis(name, content))
        for name, content in design["analyses"].items()
    ]
    path = folder / "index.html"
    page = whole_page(
        title=f"{design['trial']}: design",
        kicker=design["title"],
        sections=sections,
        foot=f"equipoise {design['equipoise']}. Every number stands in design.json.",
        band=BAND if design.get("synthetic") else "",
    )
    path.write_text(page, encoding="utf-8")
    return path


def whole_page(
    *, title: str, kicker: str, sections: Iterable[tuple[str, str, Markup]], foot: str, band: str = ""
) -> str:
    """A page in the style of the report: identifier, heading and content of each section."""
    style = files("equipoise.report.page").joinpath("style.css").read_text(encoding="utf-8")
    listed = list(sections)
    contents = Markup("").join(Markup('<li><a href="#{}">{}</a></li>\n').format(key, head) for key, head, _ in listed)
    body = Markup("\n").join(
        Markup('<section id="{0}" aria-labelledby="{0}-title">\n<h2 id="{0}-title">{1}</h2>\n{2}\n</section>').format(
            key, head, content
        )
        for key, head, content in listed
    )
    page = Markup(
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{title}</title>\n'
        '<style>\n{style}</style>\n</head>\n<body>\n<a class="skip" href="#content">Skip to the content</a>\n{band}'
        '<div class="layout">\n<header class="top"><p class="kicker">{kicker}</p>\n<h1>{title}</h1></header>\n'
        '<nav class="contents" aria-labelledby="contents-title"><h2 id="contents-title">Contents</h2>\n'
        '<ol>\n{contents}</ol></nav>\n<main id="content" tabindex="-1">\n{body}\n</main>\n'
        "<footer><p>{foot}</p></footer>\n</div>\n</body>\n</html>\n"
    ).format(
        policy=POLICY,
        title=title,
        style=Markup(style),  # noqa: S704 - a file of this package
        band=Markup('<div class="band">{}</div>\n').format(band) if band else "",
        kicker=kicker,
        contents=contents,
        body=body,
        foot=foot,
    )
    return str(page)


def table_html(name: str, title: str, heads: Row, rows: Iterable[Row], notes: Row = ()) -> Markup:
    """A table whose first column is text and whose others are numbers."""
    head = Markup("").join(
        Markup('<th scope="col"{}>{}</th>').format(Markup(' class="n"') if k else "", cell)
        for k, cell in enumerate(heads)
    )
    body = Markup("\n").join(
        Markup('<tr><th scope="row">{}</th>{}</tr>').format(
            row[0], Markup("").join(Markup("<td class=n>{}</td>").format(cell) for cell in row[1:])
        )
        for row in rows
    )
    foot = Markup("").join(Markup("<li>{}</li>").format(note) for note in notes)
    return Markup(
        '<figure class="table"><figcaption id="{name}-caption">{title}</figcaption>\n'
        '<div class="frame" role="group" aria-labelledby="{name}-caption" tabindex="0">\n'
        '<table id="{name}" aria-labelledby="{name}-caption"><thead><tr>{head}</tr></thead>\n'
        "<tbody>\n{body}\n</tbody></table></div>\n{foot}</figure>"
    ).format(
        name=name,
        title=title,
        head=head,
        body=body,
        foot=Markup('<ol class="notes">{}</ol>').format(foot) if notes else "",
    )


def _chart(chart: Chart | None) -> Markup:
    if chart is None:
        return Markup("")
    return Markup(
        '<figure class="picture"><div class="canvas wide">{}</div><div class="canvas narrow">{}</div>'
        "<figcaption>{}</figcaption></figure>"
    ).format(_svg(chart.wide), _svg(chart.narrow), chart.caption)


def _svg(text: str) -> Markup:
    return Markup(text[text.index("<svg") :].strip())  # noqa: S704 - drawn by report.figures, which escapes its texts


def _analysis(name: str, d: Mapping[str, Any]) -> Markup:
    key = name.replace("_", "-")
    parts = [
        Markup("\n").join(Markup("<p>{}</p>").format(" ".join(part)) for part in _thirds(d["paragraph"])),
        _assumed(d),
        _bounds(key, d),
        _chart(bounds_chart(f"{key}-bounds-chart", d)),
        _sizes(key, d),
        _other(key, d),
        _chart(power_chart(f"{key}-power-chart", d)),
        _accrual(key, d),
        _chart(events_chart(f"{key}-events-chart", d)),
        _simulated(key, d),
        _shapes(key, d),
        _allocator(key, d),
    ]
    return Markup("\n").join(part for part in parts if part)


def _thirds(sentences: Sequence[str]) -> Iterable[Sequence[str]]:
    """Sentences in paragraphs of a readable length."""
    return (sentences[k : k + 4] for k in range(0, len(sentences), 4))


def _assumed(d: Mapping[str, Any]) -> Markup:
    if not d["assumed"]:
        return Markup("")
    names = ", ".join(key for key in d["assumed"] if key)
    return Markup('<p class="notice note">{}</p>').format(
        f"Assumed because the source is silent: {names}. The notes stand in the protocol."
    )


def _number(value: float | None, digits: int = 2) -> str:
    return "" if value is None else f"{value:.{digits}f}".replace("-", "\N{MINUS SIGN}")


def _percent(value: float, digits: int = 1) -> str:
    return f"{100 * value:.{digits}f}%"


def _bounds(key: str, d: Mapping[str, Any]) -> Markup:
    s = d["sequential"]
    rows = [
        (
            f"Look {k + 1}" if k + 1 < len(s["events"]) else "Final",
            _percent(s["information"][k]),
            _number(s["events"][k]),
            _number(s["upper"][k], 5),
            _number(s["lower"][k], 4) if s["futility"] and k + 1 < len(s["events"]) else "",
            f"{s['p_value'][k]:.4f}",
            f"{s['alpha_spent'][k]:.5f}",
        )
        for k in range(len(s["events"]))
    ]
    heads = ("", "Information", "Events", "Efficacy bound of Z", "Futility bound of Z", "One-sided P", "Alpha spent")
    return table_html(f"{key}-bounds", "Looks and bounds", heads, rows)


def _sizes(key: str, d: Mapping[str, Any]) -> Markup:
    rows = [
        (
            row["label"],
            _number(row.get("events")),
            _number(row.get("patients"), 1),
            _number(row.get("follow_up_months"), 1),
            _number(row.get("largest_events"), 1),
        )
        for row in d["fixed"]["methods"]
    ]
    notes = [f"{row['label']}: {row['impossible']}" for row in d["fixed"]["methods"] if row.get("impossible")]
    if d["realized"]:
        counts = ":".join(str(n) for n in d["realized"]["arms"].values())
        events = ", ".join(f"{name} {value:.2f}" for name, value in d["realized"]["events"].items())
        notes.append(f"At the {counts} really randomized: {events} events.")
    heads = ("Formula", "Events", "Patients", "Follow-up, months", "Largest number of events")
    return table_html(f"{key}-sizes", "Size without interim looks, by formula", heads, rows, notes)


def _other(key: str, d: Mapping[str, Any]) -> Markup:
    rows = [
        (
            str(other["looks"]),
            ", ".join(_number(b, 5) for b in other["upper"]),
            ", ".join(_number(e) for e in other["events"]),
            _number(other["inflation"], 4),
        )
        for other in d["other_looks"]
    ]
    heads = ("Equally spaced looks", "Bounds of Z", "Events", "Inflation")
    return table_html(f"{key}-looks", "Other numbers of looks", heads, rows)


def _accrual(key: str, d: Mapping[str, Any]) -> Markup:
    if not d["accrual"]:
        return Markup("")
    rows = [
        (
            row["scenario"],
            _number(row["accrual_months"], 1),
            ", ".join(_number(t, 1) if t is not None else "never" for t in row["look_months"]),
            _number(row["largest_events"], 1),
        )
        for row in d["accrual"]
    ]
    heads = ("Scenario", "Months of accrual", "Months to the looks", "Largest number of events")
    return table_html(f"{key}-accrual", "Accrual scenarios", heads, rows)


def _simulated(key: str, d: Mapping[str, Any]) -> Markup:
    if not d["simulation"]:
        return Markup("")
    rows = [
        (
            run["scenario"],
            f"{_percent(run['power'], 2)} ({_percent(run['std_error'], 2)})",
            ", ".join(_percent(p) for p in run["stops_for_success"]),
            _number(run["expected_events"], 1),
            _number(run["expected_patients"], 1),
            _number(run["expected_months"], 1),
        )
        for run in d["simulation"]
    ]
    heads = ("Scenario", "Success (standard error)", "Success by look", "Events", "Patients", "Months")
    trials = d["simulation"][0]["trials"]
    note = f"{trials:,} trials with the allocator of the protocol, seed {d['seed']}; means at the end."
    return table_html(f"{key}-simulated", "Simulated trials", heads, rows, (note,))


def _shapes(key: str, d: Mapping[str, Any]) -> Markup:
    shapes = d["shapes"]
    if not shapes:
        return Markup("")
    tests = list(shapes["scenarios"][0]["power"])
    rows = [
        (
            row["words"],
            *(_percent(row["power"][test]) for test in tests),
            ", ".join(_number(v) or "none" for v in row["average_hazard_ratio"]),
        )
        for row in shapes["scenarios"]
    ]
    heads = ("Effect", *(test.capitalize() for test in tests), "Average hazard ratio by look")
    notes = (
        f"One-sided level {shapes['alpha']:g}, at the final analysis alone, {shapes['trials']:,} trials each; "
        f"restricted mean to {shapes['tau_months']:.1f} months, milestone at {shapes['milestone_months']:.1f} months.",
    )
    return table_html(f"{key}-shapes", "Power where hazards are not proportional", heads, rows, notes)


def _allocator(key: str, d: Mapping[str, Any]) -> Markup:
    a = d["allocator"]
    if not a:
        return Markup("")
    rows = [("Imbalance of the trial, mean", _number(a["mean_imbalance"]))]
    rows += [("Imbalance of the trial, 95th percentile", _number(a["p95_imbalance"], 1))]
    rows += [(f"Imbalance of {name.replace('_', ' ')}, mean", _number(v)) for name, v in a["factor_imbalance"].items()]
    rows += [
        ("Assignments guessed right", _percent(a["guessable"])),
        ("Assignments that are certain", _percent(a["forced"])),
        ("Imbalance under complete randomization, mean", _number(a["complete_randomization"]["mean_imbalance"])),
    ]
    rows += [
        (f"Size of the planned test, {row['scenario']}", f"{row['size']:.4f} ({row['std_error']:.4f})")
        for row in a["size_of_test"]
    ]
    method, trials = a["method"].capitalize(), f"{a['trials']:,} simulated trials"
    note = f"{method}, {a['patients']} patients, {trials}; standard errors in brackets."
    return table_html(f"{key}-allocator", "The allocator", ("", "Value"), rows, (note,))
