"""The section on survival had nobody crossed over: what is asked, the curves, the estimates, how they are made."""

from collections.abc import Mapping

from equipoise.report.cells import Block, Notice, Number, Paragraph, Part, Section
from equipoise.report.entries import Source, by_statistic
from equipoise.report.numbers import format_percent
from equipoise.report.rows import row_ids
from equipoise.report.tables.crossover import SUFFIX, crossover_table, switching_table

__all__ = ["without_crossover_section"]

_ESTIMAND = (
    "The intention-to-treat comparison stays the primary one: it asks what a policy with crossover does (treatment "
    "policy strategy). The estimates below ask another question, how survival would have differed had nobody in the "
    "control arm crossed over (hypothetical strategy). Each answers it under an assumption of its own, which the "
    "data cannot prove; they are read together."
)
_REFERENCES = {
    "rpsftm": (
        "Robins and Tsiatis, Communications in Statistics 1991;20:2609; White and others, Statistics in Medicine "
        "1999;18:2617"
    ),
    "ipcw": "Robins and Finkelstein, Biometrics 2000;56:779",
    "two_stage": "Latimer and others, Statistical Methods in Medical Research 2017;26:724",
    "two_stage_g": "Latimer and others, Statistical Methods in Medical Research 2020;29:2900",
}
_WAYS = {
    "rpsftm": (
        "The structural model looks for the factor on the time of treatment at which survival without it would be "
        "the same in both arms by the log-rank test; everything after crossover counts as treated."
    ),
    "ipcw": (
        "Censoring weights end a control patient's time at crossover; those who go on are weighted by the inverse of "
        "their probability of not having crossed over, with limits by the sandwich variance or the bootstrap."
    ),
    "two_stage": (
        "The simple two-stage estimate compares survival after progression between control patients who crossed over "
        "and those who did not, and shortens the time after crossover by that factor."
    ),
    "two_stage_g": (
        "G-estimation finds the factor at which, among progressed control patients alike in their covariates, who "
        "crosses over has nothing to do with how long they would have lived."
    ),
}


def without_crossover_section(source: Source, pictures: Mapping[str, Block]) -> Section | None:
    """Section of all analyses that ask for it; None where none does."""
    parts = []
    for analysis in source.facts.analyses:
        rows = source.rows.analysis(f"{analysis}{SUFFIX}")
        if not rows:
            continue
        blocks: list[Block] = [*_switching_text(source, analysis)]
        if f"crossover_{analysis}" in pictures:
            blocks.append(pictures[f"crossover_{analysis}"])
        absent = next((row.text for row in rows if row.variable == "intention_to_treat" and row.status != "ok"), None)
        if absent and not any(row.variable == "subjects" for row in rows):
            blocks.append(Notice((f"Not done: {absent}.",), "warning"))
        else:
            blocks.append(crossover_table(source, analysis, name=f"{analysis}-without-crossover"))
            blocks.append(switching_table(source, analysis, name=f"{analysis}-crossover-timing"))
        blocks += _methods(analysis, source)
        title = source.facts.analysis_label(analysis)
        parts.append(Section(name=f"without-crossover-{analysis}", title=title, blocks=blocks))
    if not parts:
        return None
    blocks = [Paragraph((_ESTIMAND,))]
    return Section(name="without-crossover", title="Survival had nobody crossed over", blocks=blocks, sections=parts)


def _switching_text(source: Source, analysis: str) -> list[Block]:
    rows = [row for row in source.rows.analysis(f"{analysis}{SUFFIX}") if row.measure is None]
    switched = by_statistic(row for row in rows if row.variable == "switched")
    delay = by_statistic(row for row in rows if row.variable == "days_progression_to_switch")
    count = switched.get("n")
    if count is None or count.value is None or not count.n:
        return []
    label = source.facts.arm_label(count.group_level)
    share = format_percent(round(count.value), count.n, source.style) if count.value <= count.n else ""
    parts: list[Part] = [
        Number(f"{round(count.value)} of {count.n} subjects ({share})", row_ids(count, switched.get("percent"))),
        f" with {label} crossed over",
    ]
    median, low, high = (delay.get(name) for name in ("median", "min", "max"))
    if median is not None and median.value is not None and low is not None and high is not None:
        text = f"{median.value:g} days (range {low.value:g} to {high.value:g})"
        parts += [", a median of ", Number(text, row_ids(median, low, high)), " after progression"]
    return [Paragraph((*parts, "."))]


def _methods(analysis: str, source: Source) -> list[Block]:
    """How the estimates are made, in sentences, with their sources."""
    used = dict.fromkeys(row.variable for row in source.rows.analysis(f"{analysis}{SUFFIX}"))
    named = [name for name in _WAYS if name in used]
    if not named:
        return []
    ways = " ".join(_WAYS[name] for name in named)
    cut = ""
    if any(row.variable_level == "recensored" for row in source.rows.analysis(f"{analysis}{SUFFIX}")):
        cut = (
            " Recensoring ends each control time at the earlier of the potential censoring time (data cut-off minus "
            "randomization) and that time multiplied by the factor: censoring cannot then depend on crossover, but "
            "late deaths are lost and the counterfactual curve is shorter than the observed one."
        )
    sources = "; ".join(_REFERENCES[name] for name in named)
    return [Paragraph((f"{ways}{cut}",)), Paragraph((f"References: {sources}.",))]
