"""The section of a design of responses or of means."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from equipoise.report.design.charts import effect_chart
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

__all__ = ["comparison_section"]


def comparison_section(name: str, d: Mapping[str, Any]) -> Markup:
    """Sizes, stages or looks, power and the allocator."""
    key = name.replace("_", "-")
    parts = [
        paragraph_part(d),
        assumed_part(d),
        _single(key, d) if d["kind"] == "single_arm" else _sizes(key, d),
        _stages(key, d),
        _looks(key, d),
        chart_html(effect_chart(f"{key}-power-chart", d)),
        allocator_part(key, d),
    ]
    return Markup("\n").join(part for part in parts if part)


def _single(key: str, d: Mapping[str, Any]) -> Markup:
    rows = [
        (
            row["label"],
            str(row["patients"]),
            f"more than {row['most_responses']}",
            f"{row['alpha']:.4f}",
            f"{row['power']:.4f}",
            str(row["holds_from"]),
        )
        for row in d["methods"]
    ]
    heads = ("Test", "Patients", "Responses for success", "Exact level", "Exact power", "Power holds from")
    return table_html(f"{key}-sizes", "Size in one stage", heads, rows)


def _sizes(key: str, d: Mapping[str, Any]) -> Markup:
    rows = [
        (
            row["label"],
            number(row["patients"]),
            str(row["rounded"]["experimental"]),
            str(row["rounded"]["control"]),
            f"{row['power']:.4f}",
        )
        for row in d["methods"]
    ]
    heads = ("Test", "Patients", d["arms"]["experimental"], d["arms"]["control"], "Power")
    note = f"Planned: {d['planned']['label']}. Numbers of arms are rounded up to whole patients."
    return table_html(f"{key}-sizes", "Size without interim looks, by test", heads, rows, (note,))


def _stages(key: str, d: Mapping[str, Any]) -> Markup:
    if not d["stages"]:
        return Markup("")
    rows = [
        (
            row["kind"].capitalize() + (", planned" if row["planned"] else ""),
            f"{row['r1']} of {row['n1']}",
            f"{row['r']} of {row['n']}",
            number(row["expected_n"]),
            percent(row["stop_early"]),
            f"{row['alpha']:.4f}",
            f"{row['power']:.4f}",
        )
        for row in d["stages"]
    ]
    heads = ("Design", "Stop after stage 1 at most", "Give up at most", "Expected size", "Stop early", "Level", "Power")
    note = "Expected size and early stops where the treatment is not worth while; level and power are exact."
    return table_html(f"{key}-stages", "Two stages (Simon)", heads, rows, (note,))


def _looks(key: str, d: Mapping[str, Any]) -> Markup:
    s = d["sequential"]
    if s is None or len(s["information"]) == 1:
        return Markup("")
    last = len(s["information"]) - 1
    futile = futility_bounds(s)
    rows = [
        (
            "Final" if k == last else f"Look {k + 1}",
            percent(s["information"][k]),
            number(s["patients"][k]),
            number(s["upper"][k], 5) or "none",
            *((number(futile[1][k], 4) or "none" if k < last else "",) if futile else ()),
            p_text(s["p_value"][k]),
            f"{s['alpha_spent'][k]:.5f}",
        )
        for k in range(last + 1)
    ]
    bound = (futile[0],) if futile else ()
    efficacy = "Efficacy bound of |Z|" if d["sided"] == 2 else "Efficacy bound of Z"
    heads = ("", "Information", "Patients with outcome", efficacy, *bound, "One-sided P", "Alpha spent")
    return table_html(f"{key}-looks", "Looks and bounds", heads, rows)
