"""Sensitivity: the same comparison under other rule sets, and under other stratification."""

from collections.abc import Mapping
from dataclasses import replace

from equipoise.report.cells import Column, Line, Number, Part, Table
from equipoise.report.entries import NOTHING, Source
from equipoise.report.rows import ALL, Row
from equipoise.report.tables.footnotes import footnotes
from equipoise.report.tables.survival import Survival
from equipoise.report.words import STRATA

__all__ = ["models_table", "rule_sets_table"]


def rule_sets_table(source: Source, analysis: str, *, name: str) -> Table:
    """Events, median and the declared comparison under each rule set, the primary one first."""
    primary = Survival.primary(source, analysis)
    first = primary.rows[0].rule_set if primary.rows else None
    names = sorted(Survival.rule_sets(source, analysis), key=lambda rule_set: rule_set != first)
    arms = primary.arms
    pairs = primary.comparisons
    columns: list[Column] = []
    for column in primary.columns():
        columns += [
            Column(head="Events", span=column.head, span_row_ids=column.row_ids, arm=column.arm),
            Column(head="Median, months (CI)", span=column.head, span_row_ids=column.row_ids),
        ]
    test = "One-sided P" if primary.one_sided else "P"
    for pair in pairs:
        span = f"{source.facts.arm_label(pair[0])} v {source.facts.arm_label(pair[1])}"
        columns += [Column(head="Hazard ratio (CI)", span=span), Column(head=test, span=span)]
    lines: list[Line] = []
    shown: list[Row] = []
    for rule_set in names:
        survival = Survival.under(source, analysis, rule_set)
        cells: list[Part] = []
        for arm in arms:
            events = survival.statistics("events", arm.id).get("n")
            median = survival.statistics("median", arm.id)
            cells += [source.count(events, absent=NOTHING), source.months(median, survival.endpoint)]
            shown += median.values()
        for pair in pairs:
            effect, tested = survival.declared("hazard_ratio", pair), survival.declared("logrank", pair)
            p = tested.get("p_one_sided" if primary.one_sided else "p_value")
            cells += _beside(source, effect, p)
            shown += [row for row in effect.values() if row.statistic in ("estimate", "conf_low", "conf_high")]
            shown += [p] if p else []
        lines.append(Line(f"{rule_set or 'None'}{', primary' if rule_set == first else ''}", tuple(cells)))
    return Table(
        name=name,
        title=f"{primary.label} under other censoring rules",
        stub="Rule set",
        columns=tuple(columns),
        lines=tuple(lines) if len(names) > 1 else (),
        footnotes=footnotes(source, shown),
        empty="Other censoring rules will stand here once the protocol names sensitivity rule sets.",
    )


def _beside(source: Source, effect: Mapping[str, Row], test: Row | None) -> list[Part]:
    """Effect and P for one line; where they come from different models each cell names its own."""
    ratio = source.ratio(effect)
    p = source.p(test)
    if not (isinstance(ratio, Number) and isinstance(p, Number)) or ratio.model == p.model:
        return [ratio, p]
    methods = (effect["estimate"].method, test.method if test else None)
    return [
        replace(number, text=f"{number.text}, {method or 'model not recorded'}", names_model=True)
        for number, method in zip((ratio, p), methods, strict=True)
    ]


def models_table(survival: Survival, *, name: str) -> Table:
    """Every test and effect computed for the primary rule set, one line per stratification: declared or not."""
    source = survival.source
    lines: list[Line] = []
    for pair in survival.comparisons:
        arms = f"{source.facts.arm_label(pair[0])} v {source.facts.arm_label(pair[1])}"
        if len(survival.comparisons) > 1:
            lines.append(Line(arms, head=True))
        rows = [row for row in survival.rows if (row.group_level, row.reference_level) == pair]
        rows = [row for row in rows if row.measure in ("logrank", "hazard_ratio")]
        level = int(len(survival.comparisons) > 1)
        kinds = dict.fromkeys(row.strata for row in rows)
        lines += [_model_line(source, rows, strata, level=level) for strata in kinds]
    shown = [row for row in survival.rows if row.measure in ("logrank", "hazard_ratio") and row.group_level != ALL]
    return Table(
        name=name,
        title=f"{survival.label}: tests and effects by stratification",
        stub="Stratification",
        columns=(
            Column(head="Hazard ratio (CI)", span="Cox model"),
            Column(head="P, two-sided", span="Cox model"),
            Column(head="z", span="Log-rank test"),
            Column(head="P, two-sided", span="Log-rank test"),
            Column(head="P, one-sided", span="Log-rank test"),
            Column(head="P, opposite side", span="Log-rank test"),
            Column(head="Declared", numeric=False),
        ),
        lines=tuple(lines),
        footnotes=footnotes(
            source,
            [row for row in shown if row.statistic != "conf_high_one_sided"],
            "z below 0 favors the experimental arm.",
            "One-sided P: the probability of a z as low as seen or lower; opposite side: as high as seen or higher.",
        ),
        empty="Stratified and unstratified tests and effects will stand here once the arms can be compared.",
    )


def _model_line(source: Source, rows: list[Row], strata: str | None, *, level: int) -> Line:
    effect = {row.statistic: row for row in rows if row.measure == "hazard_ratio" and row.strata == strata}
    test = {row.statistic: row for row in rows if row.measure == "logrank" and row.strata == strata}
    declared = [
        word for word, part in (("test", test), ("effect", effect)) if any(row.declared for row in part.values())
    ]
    cells: tuple[Part, ...] = (
        source.ratio(effect),
        source.p(effect.get("p_value")),
        source.value(test.get("z"), 2),
        source.p(test.get("p_value")),
        source.p(test.get("p_one_sided")),
        source.p(test.get("p_opposite")),
        " and ".join(declared),
    )
    label = STRATA.get(strata or "none", strata or "")
    return Line(label[:1].upper() + label[1:], cells, level)
