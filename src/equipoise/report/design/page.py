"""design.json as one HTML file that opens offline."""

from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from markupsafe import Markup

from equipoise.report.design.charts import bounds_chart, events_chart, power_chart
from equipoise.report.design.comparison import comparison_section
from equipoise.report.design.parts import (
    allocator_part,
    assumed_part,
    chart_html,
    futility_bounds,
    number,
    p_text,
    paragraph_part,
    percent,
    table_html,
)
from equipoise.report.words import BAND

__all__ = ["whole_page", "write_design"]

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'"


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
    contents = _contents([(key, head) for key, head, _ in listed])
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
        '{contents}<main id="content" tabindex="-1">\n{body}\n</main>\n'
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


def _contents(sections: Sequence[tuple[str, str]]) -> Markup:
    """Links to the sections; nothing where there is one."""
    if len(sections) < 2:
        return Markup("")
    links = Markup("").join(Markup('<li><a href="#{}">{}</a></li>\n').format(*section) for section in sections)
    return Markup(
        '<nav class="contents" aria-labelledby="contents-title"><h2 id="contents-title">Contents</h2>\n'
        "<ol>\n{}</ol></nav>\n"
    ).format(links)


def _analysis(name: str, d: Mapping[str, Any]) -> Markup:
    if d["kind"] != "survival":
        return comparison_section(name, d)
    key = name.replace("_", "-")
    parts = [
        paragraph_part(d),
        assumed_part(d),
        _bounds(key, d),
        chart_html(bounds_chart(f"{key}-bounds-chart", d)),
        _sizes(key, d),
        _other(key, d),
        chart_html(power_chart(f"{key}-power-chart", d)),
        _accrual(key, d),
        chart_html(events_chart(f"{key}-events-chart", d)),
        _simulated(key, d),
        _shapes(key, d),
        allocator_part(key, d),
    ]
    return Markup("\n").join(part for part in parts if part)


def _bounds(key: str, d: Mapping[str, Any]) -> Markup:
    s = d["sequential"]
    futile = futility_bounds(s)
    rows = [
        (
            f"Look {k + 1}" if k + 1 < len(s["events"]) else "Final",
            percent(s["information"][k]),
            number(s["events"][k]),
            number(s["upper"][k], 5) or "none",
            *((number(futile[1][k], 4) or "none" if k + 1 < len(s["events"]) else "",) if futile else ()),
            p_text(s["p_value"][k]),
            f"{s['alpha_spent'][k]:.5f}",
        )
        for k in range(len(s["events"]))
    ]
    bound = (futile[0],) if futile else ()
    efficacy = "Efficacy bound of |Z|" if d["sided"] == 2 else "Efficacy bound of Z"
    heads = ("", "Information", "Events", efficacy, *bound, "One-sided P", "Alpha spent")
    return table_html(f"{key}-bounds", "Looks and bounds", heads, rows)


def _sizes(key: str, d: Mapping[str, Any]) -> Markup:
    rows = [
        (
            row["label"],
            number(row.get("events")),
            number(row.get("patients"), 1 if row.get("solved_for") == "patients" else 0),
            number(row.get("follow_up_months"), 1),
            number(row.get("largest_events"), 1),
        )
        for row in d["fixed"]["methods"]
    ]
    notes = [f"{row['label']}: {row['impossible']}" for row in d["fixed"]["methods"] if row.get("impossible")]
    if d["realized"]:
        counts = ":".join(str(n) for n in d["realized"]["arms"].values())
        labels = {row["method"]: row["label"] for row in d["fixed"]["methods"]}
        events = ", ".join(f"{value:.2f} by {labels[name]}" for name, value in d["realized"]["events"].items())
        notes.append(f"Events at the {counts} really randomized: {events}.")
    heads = ("Formula", "Events", "Patients", "Follow-up, months", "Largest number of events")
    return table_html(f"{key}-sizes", "Size without interim looks, by formula", heads, rows, notes)


def _other(key: str, d: Mapping[str, Any]) -> Markup:
    rows = [
        (
            str(other["looks"]),
            ", ".join(number(b, 5) or "none" for b in other["upper"]),
            ", ".join(number(e) for e in other["events"]),
            number(other["inflation"], 4),
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
            number(row["accrual_months"], 1),
            ", ".join(number(t, 1) if t is not None else "never" for t in row["look_months"]),
            number(row["largest_events"], 1),
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
            f"{percent(run['power'], 2)} ({percent(run['std_error'], 2)})",
            ", ".join(percent(p) for p in run["stops_for_success"]),
            number(run["expected_events"], 1),
            number(run["expected_patients"], 1),
            number(run["expected_months"], 1),
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
            *(percent(row["power"][test]) for test in tests),
            ", ".join(number(v) or "none" for v in row["average_hazard_ratio"]),
        )
        for row in shapes["scenarios"]
    ]
    heads = ("Effect", *(test.capitalize() for test in tests), "Average hazard ratio by look")
    notes = (
        f"One-sided level {shapes['alpha']:g}, at the final analysis alone, {shapes['trials']:,} trials each; "
        f"restricted mean to {shapes['tau_months']:.1f} months, milestone at {shapes['milestone_months']:.1f} months.",
    )
    return table_html(f"{key}-shapes", "Power where hazards are not proportional", heads, rows, notes)
