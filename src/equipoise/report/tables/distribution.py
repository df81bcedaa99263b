"""Lines of a distribution and of a category, shared by the baseline and the exposure table."""

from collections.abc import Sequence

from equipoise.report.cells import Line, Part
from equipoise.report.entries import NOTHING, Source, by_statistic
from equipoise.report.rows import Row

__all__ = ["category_lines", "decimals_of", "distribution_lines"]

Groups = Sequence[str | None]


def decimals_of(rows: Sequence[Row]) -> int:
    """Decimals of the data as far as minimum and maximum show them: at most two, one from 10 on, none from 1000 on."""
    ends = [row.value for row in rows if row.statistic in ("min", "max") and row.value is not None]
    size = max((abs(end) for end in ends), default=0)
    most = next((places for limit, places in ((1000, 0), (10, 1)) if size >= limit), 2)
    return next((places for places in range(most) if all(abs(round(end, places) - end) < 1e-9 for end in ends)), most)


def distribution_lines(
    source: Source, label: str, rows: Sequence[Row], groups: Groups, *, level: int = 0
) -> list[Line]:
    """Head and lines n, mean (SD), median, quartiles, range; a line for missing values where there are any."""
    unit = next((row.unit for row in rows if row.unit), "")
    places = decimals_of(rows)
    columns = [by_statistic(row for row in rows if row.group_level == group) for group in groups]

    def line(name: str, statistics: tuple[str, ...], digits: int, pattern: str = "{}") -> Line:
        cells: list[Part] = [source.values([c.get(s) for s in statistics], digits, pattern) for c in columns]
        return Line(name, tuple(cells), level + 1)

    lines = [
        Line(f"{label}, {unit}" if unit and unit not in label else label, level=level, head=True),
        line("n", ("n",), 0),
        line("Mean (SD)", ("mean", "sd"), places + 1, "{} ({})"),
        line("Median", ("median",), max(places, 1)),
        line("Quartiles", ("q1", "q3"), max(places, 1), "{} to {}"),
        line("Range", ("min", "max"), places, "{} to {}"),
    ]
    lines = [item for item in lines if item.head or any(cell != NOTHING for cell in item.cells)]
    if any(c["n_missing"].value for c in columns if "n_missing" in c):
        lines.append(Line("Missing", tuple(source.count(c.get("n_missing")) for c in columns), level + 1))
    return lines


def category_lines(
    source: Source, label: str, field: str, rows: Sequence[Row], groups: Groups, *, level: int = 0
) -> list[Line]:
    """Head and a line per level in the order of the file; missing last."""
    levels = list(dict.fromkeys(row.variable_level for row in rows))
    levels.sort(key=lambda name: name == "(missing)")
    lines = [Line(f"{label}, n (%)", level=level, head=True)]
    for name in levels:
        chosen = [row for row in rows if row.variable_level == name]
        if name == "(missing)" and not any(row.value for row in chosen):
            continue
        cells = [
            source.count_percent(by_statistic(row for row in chosen if row.group_level == group)) for group in groups
        ]
        lines.append(Line(source.facts.level_label(field, name) or label, tuple(cells), level + 1))
    return lines
