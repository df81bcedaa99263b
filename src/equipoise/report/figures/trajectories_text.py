"""Words of a figure of trajectories: the comparison above each panel, note, caption and text alternative."""

from typing import cast

from equipoise.report.facts import Facts
from equipoise.report.figures.metrics import wrap
from equipoise.report.figures.scene import Text
from equipoise.report.figures.style import MUTED
from equipoise.report.figures.trajectories_data import Difference, Panel, Trajectories
from equipoise.report.numbers import Style, format_number, format_p
from equipoise.report.questionnaires import points_text

__all__ = ["caption", "difference_lines", "difference_words", "directions", "note", "summary"]


def difference_words(difference: Difference, style: str, *, name_arms: bool) -> str:
    """The declared comparison: ``-0.98 (-3.13 to 1.17), P = .37``."""
    rows, chosen = difference.rows, cast("Style", style)
    estimate, low, high = (rows[name].value if name in rows else None for name in ("estimate", "conf_low", "conf_high"))
    arms = f"{difference.experimental.label} v {difference.reference.label}: " if name_arms else ""
    if estimate is None:
        return f"{arms}not estimable"
    text = points_text(estimate, low, high, chosen)
    p = rows.get("p_value")
    return f"{arms}{text}, {format_p(p.value, chosen)}" if p is not None and p.value is not None else f"{arms}{text}"


def difference_lines(panel: Panel, style: str, width: float, size: float) -> list[Text]:
    """The declared comparisons as lines of text, broken where they are too wide."""
    many = len(panel.arms) > 2
    lines = []
    for difference in panel.differences:
        words = difference_words(difference, style, name_arms=many)
        prefix = "" if many else "Difference: "
        rows = tuple(row.row_id for row in difference.rows.values())
        for part in wrap(prefix + words, width, size):
            lines.append(Text(x=0, y=0, text=part, size=size, color=MUTED, rows=rows, part="difference"))
    return lines


def _compared_at(data: Trajectories) -> str:
    """What the comparison above the panels is of."""
    found = next((d for panel in data.panels for d in panel.differences), None)
    if found is None or "estimate" not in found.rows:
        return ""
    row = found.rows["estimate"]
    what = "change from baseline" if found.change or data.change else "mean"
    place = f"at {row.visit}" if row.visit else "averaged over the visits after baseline"
    level = f"{100 * data.conf_level:g}% CI"
    return f"above each panel: difference in {what} {place} ({level}), two-sided P"


def directions(data: Trajectories) -> str:
    """Which scales are better high and which low, where both occur."""
    high = [panel.scale.label for panel in data.panels if panel.scale.better == "high"]
    low = [panel.scale.label for panel in data.panels if panel.scale.better == "low"]
    if high and low:
        return f"higher is better: {', '.join(high)}; lower is better: {', '.join(low)}"
    return "higher is better" if high else "lower is better" if low else ""


def _band_words(data: Trajectories) -> str:
    reached = {(panel.scale.worse_by, panel.scale.better_by) for panel in data.panels if panel.band is not None}
    if not reached:
        return ""
    center = "no change" if data.change else "the mean at baseline"
    points = ""
    if len(reached) == 1:
        worse, better = next(iter(reached))
        same = worse == better
        points = f", {worse:g} points" if same and worse else f", {worse or 0:g} points worse to {better or 0:g} better"
    return f"gray band: less than the important difference{points} from {center}"


def note(facts: Facts, data: Trajectories) -> str:
    """What must stand beside the picture wherever it goes."""
    bars = "standard error" if data.bars == "standard_error" else f"{100 * data.conf_level:g}% CI"
    parts = [
        f"Population: {data.population}; data cut: {facts.data_cut}",
        f"means of the model; bars: {bars}; arms are offset sideways",
    ]
    if data.observed_baseline:
        what = "no change, by definition" if data.change else "observed means, the baseline being a covariate"
        parts.append(f"hollow signs at baseline: {what}")
    parts += [_band_words(data), _compared_at(data)]
    start = ", at baseline with a baseline score" if data.observed_baseline else ""
    parts.append(f"No.: subjects with a score in the model at the visit{start}")
    if any(panel.beyond for panel in data.panels):
        parts.append("bars are cut off at the ends of the scale")
    least = data.details.get("minimum_subjects")
    if least:
        parts.append(f"visits with fewer than {least} scores in an arm are left out")
    return "; ".join(part for part in parts if part) + "."


def caption(facts: Facts, data: Trajectories) -> str:
    """Caption: what is shown, of whom, by which methods."""
    what = "Change from baseline" if data.change else "Scores"
    methods = list(dict.fromkeys(r.method for r in data.course.rows if r.measure == "model_mean" and r.method))
    how = f" {methods[0][:1].upper()}{methods[0][1:]}." if len(methods) == 1 else ""
    end = directions(data)
    return f"{what} over time, {data.label}.{how}{f' {end[:1].upper()}{end[1:]}.' if end else ''} {note(facts, data)}"


def summary(facts: Facts, data: Trajectories) -> str:
    """Text alternative: first and last means of each arm, and the declared comparisons."""
    style = cast("Style", facts.style)
    sentences = [f"{'Changes' if data.change else 'Scores'} over time, {data.label}. Population: {data.population}."]
    for panel in data.panels:
        direction = f" ({panel.scale.direction})" if panel.scale.direction else ""
        if panel.obstacle or not panel.days:
            sentences.append(f"{panel.scale.label}{direction}: not estimable, {panel.obstacle or 'no scores'}.")
            continue
        courses = []
        for arm in panel.arms:
            if arm.points:
                first, last = arm.points[0], arm.points[-1]
                start, end = (format_number(p.mean, 1, style) for p in (first, last))
                courses.append(f"{arm.arm.label} from {start} at {first.label} to {end} at {last.label}")
        sentences.append(f"{panel.scale.label}{direction}: {'; '.join(courses)}.")
        for difference in panel.differences:
            sentences.append(f"Difference, {difference_words(difference, style, name_arms=True)}.")
    return " ".join(sentences)
