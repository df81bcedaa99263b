"""Time to event: events, censoring reasons, quantiles, the declared test and effect; landmarks."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from equipoise.report.cells import Column, Line, Part, Table
from equipoise.report.entries import Source, by_statistic, level_of
from equipoise.report.facts import Arm
from equipoise.report.rows import ALL, Row
from equipoise.report.tables.footnotes import footnotes, level_text
from equipoise.report.words import sentence_case

__all__ = ["Survival", "follow_up_table", "landmark_table", "survival_table"]

NO_READING = "No adequate assessment"
UNDECLARED = "The protocol declares no test and no effect for this analysis: the arms are described, not compared."


@dataclass(frozen=True)
class Survival:
    """Rows of one time-to-event analysis under one rule set."""

    source: Source
    analysis: str
    rows: tuple[Row, ...]

    @classmethod
    def primary(cls, source: Source, analysis: str) -> "Survival":
        """Rows under the rule set of the primary analysis: the endpoint's, else the first in the file."""
        rows = source.rows.analysis(analysis)
        endpoint = next((row.endpoint for row in rows if row.endpoint), None)
        names = cls.rule_sets(source, analysis)
        declared = source.facts.endpoint(endpoint).get("rule_set")
        chosen = declared if declared in names else names[0] if names else None
        return cls.under(source, analysis, chosen)

    @classmethod
    def under(cls, source: Source, analysis: str, rule_set: str | None) -> "Survival":
        """Rows under one rule set."""
        return cls(source, analysis, tuple(source.rows.where(analysis, rule_set=rule_set)))

    @staticmethod
    def rule_sets(source: Source, analysis: str) -> list[str | None]:
        """Rule sets in the order of the file."""
        return list(dict.fromkeys(row.rule_set for row in source.rows.analysis(analysis)))

    @property
    def endpoint(self) -> str | None:
        """Endpoint of the analysis."""
        return next((row.endpoint for row in self.rows if row.endpoint), None)

    @property
    def label(self) -> str:
        """Name of the analysis: of its endpoint, and what tells it apart from others of that endpoint."""
        return self.source.facts.analysis_name(self.analysis, self.endpoint)

    @property
    def population(self) -> str | None:
        """Population of the analysis."""
        return next((row.population for row in self.rows if row.population), None)

    @property
    def arms(self) -> list[Arm]:
        """Arms with rows, in protocol order."""
        return self.source.arms_of(row for row in self.rows if row.variable == "subjects")

    def of(self, variable: str, arm: str | None = None, **columns: object) -> list[Row]:
        """Rows of a variable, of one arm when named."""
        return [
            row
            for row in self.rows
            if row.variable == variable
            and (arm is None or row.group_level == arm)
            and all(getattr(row, name) == value for name, value in columns.items())
        ]

    def statistics(self, variable: str, arm: str | None = None, **columns: object) -> dict[str, Row]:
        """Statistic -> row."""
        return by_statistic(self.of(variable, arm, **columns))

    def levels(self, variable: str) -> list[str | None]:
        """Levels of a variable in the order of the file."""
        return list(dict.fromkeys(row.variable_level for row in self.of(variable)))

    @property
    def comparisons(self) -> list[tuple[str, str]]:
        """(experimental, reference) pairs in the order of the protocol."""
        pairs = (
            (row.group_level or "", row.reference_level) for row in self.rows if row.measure or row.reference_level
        )
        found = dict.fromkeys((first, second) for first, second in pairs if second is not None)
        return self.source.facts.in_protocol_order(self.analysis, found)

    def declared(self, variable: str, pair: tuple[str, str]) -> dict[str, Row]:
        """The declared test or effect of a comparison; under a sensitivity rule set, the one with the declared strata.

        Empty where the protocol declares none for this analysis.
        """
        rows = self.of(variable, pair[0], reference_level=pair[1])
        chosen = [row for row in rows if row.declared]
        if not chosen and rows:
            strata = self._declared_strata(variable, rows[0].strata)
            chosen = [row for row in rows if row.strata == strata]
        return by_statistic(chosen)

    def _declared_strata(self, variable: str, otherwise: str | None) -> str | None:
        """Strata that the protocol names for the test or the effect; ``otherwise`` for an analysis it does not know."""
        analysis = self.source.facts.analyses.get(self.analysis)
        if analysis is None:
            return otherwise
        part, kind = ("test", "logrank") if variable == "logrank" else ("effect", "cox")
        named = (analysis.get(part) or {}).get(kind)
        return str(named.get("strata") or "none") if isinstance(named, Mapping) else ""

    @property
    def compared(self) -> bool:
        """Whether a test or an effect is declared for some comparison."""
        return any(self.declared(name, pair) for name in ("hazard_ratio", "logrank") for pair in self.comparisons)

    @property
    def one_sided(self) -> bool:
        """Whether the declared test is one-sided."""
        tests = [row for row in self.of("logrank") if row.declared and row.statistic in ("p_one_sided", "p_value", "z")]
        declared = self.source.facts.analyses.get(self.analysis, {}).get("sided")
        return declared == 1 or any(row.sided == 1 for row in tests if row.statistic == "z")

    def columns(self) -> list[Column]:
        """Heads "Arm (N = 97)"."""
        members = {row.group_level: row for row in self.of("subjects")}
        return self.source.columns(self.arms, members)


def survival_table(survival: Survival, *, name: str) -> Table:
    """Events, censoring by reason, quantiles, the declared test and effect of one analysis."""
    source = survival.source
    arms = survival.arms
    lines: list[Line] = []
    for variable, by, label in (
        ("events", "events_by_type", "Events, n (%)"),
        ("censored", "censored_reason", "Censored, n (%)"),
    ):
        if not survival.of(variable):
            continue
        lines.append(Line(label, _counts(survival, arms, variable, None)))
        lines += [
            Line(sentence_case(level or "Reason not recorded"), _counts(survival, arms, by, level), 1)
            for level in survival.levels(by)
        ]
    if any(row.value for row in survival.of("without_record")):
        cells = tuple(source.count(survival.statistics("without_record", arm.id).get("n")) for arm in arms)
        lines.append(Line("Without a record, not counted", cells))
    if survival.of("median"):
        lines.append(Line(f"Time to event, months ({_level(survival)} CI)", head=True))
    for variable, label in (("median", "Median"), ("q25", "25th percentile"), ("q75", "75th percentile")):
        if survival.of(variable):
            cells = tuple(source.months(survival.statistics(variable, arm.id), survival.endpoint) for arm in arms)
            lines.append(Line(label, cells, 1))
    lines += _comparison_lines(survival, arms)
    shown = [
        row
        for row in survival.rows
        if row.variable not in ("survival", "survival_difference") and row.group_level != ALL
    ]
    undeclared = [] if survival.compared or not survival.comparisons else [UNDECLARED]
    return Table(
        name=name,
        title=survival.label,
        stub="Result",
        columns=tuple(survival.columns()),
        lines=tuple(lines) if survival.rows else (),
        footnotes=footnotes(source, _only_declared(survival, shown), *undeclared),
        empty="Events, censoring, medians and the comparison will stand here once the endpoint is derived.",
    )


def _level(survival: Survival) -> str:
    return level_text(next((row.conf_level for row in survival.of("median") if row.conf_level), None))


def _counts(survival: Survival, arms: Sequence[Arm], variable: str, level: str | None) -> tuple[Part, ...]:
    cells = []
    for arm in arms:
        rows = survival.statistics(variable, arm.id, variable_level=level)
        whole = survival.statistics("subjects", arm.id).get("n")
        given = "percent" in rows
        cells.append(survival.source.count_percent(rows) if given else survival.source.part_of(rows.get("n"), whole))
    return tuple(cells)


def _comparison_lines(survival: Survival, arms: Sequence[Arm]) -> list[Line]:
    lines: list[Line] = []
    for reference in dict.fromkeys(pair[1] for pair in survival.comparisons) if survival.compared else ():
        pairs = {pair[0]: pair for pair in survival.comparisons if pair[1] == reference}
        effects = {arm: survival.declared("hazard_ratio", pair) for arm, pair in pairs.items()}
        tests = {arm: survival.declared("logrank", pair) for arm, pair in pairs.items()}
        lines.append(Line(f"Compared with {survival.source.facts.arm_label(reference)}", head=True))
        lines += _effect_lines(survival, arms, effects, reference)
        statistic = "p_one_sided" if survival.one_sided else "p_value"
        word = "One-sided P" if survival.one_sided else "P"
        for method in _methods(tests.values(), statistic):
            cells = tuple(
                survival.source.p(test[statistic])
                if (test := tests.get(arm.id)) and _method(test, statistic) == method
                else _blank(arm.id, reference)
                for arm in arms
            )
            lines.append(Line(f"{word} ({method})", cells, 1))
    return lines


def _effect_lines(
    survival: Survival, arms: Sequence[Arm], effects: dict[str, dict[str, Row]], reference: str
) -> list[Line]:
    lines: list[Line] = []
    for method in _methods(effects.values(), "estimate"):
        chosen = {arm: rows for arm, rows in effects.items() if _method(rows, "estimate") == method}
        level = level_text(level_of(next(iter(chosen.values()))))
        cells = tuple(
            survival.source.ratio(chosen[arm.id]) if arm.id in chosen else _blank(arm.id, reference) for arm in arms
        )
        lines.append(Line(f"Hazard ratio ({level} CI) ({method})", cells, 1))
        bounds = {arm: rows["conf_high_one_sided"] for arm, rows in chosen.items() if "conf_high_one_sided" in rows}
        if bounds:
            level = level_text(next(iter(bounds.values())).conf_level)
            values = tuple(
                survival.source.value(bounds.get(arm.id), 2) if arm.id in bounds else _blank(arm.id, reference)
                for arm in arms
            )
            lines.append(Line(f"One-sided {level} upper limit of the hazard ratio", values, 2))
    return lines


def _blank(arm: str, reference: str) -> str:
    return "reference" if arm == reference else ""


def _method(rows: dict[str, Row], statistic: str) -> str | None:
    return (rows[statistic].method or "method not recorded") if statistic in rows else None


def _methods(all_rows: Iterable[dict[str, Row]], statistic: str) -> list[str]:
    return list(dict.fromkeys(m for rows in all_rows if (m := _method(rows, statistic)) is not None))


def _only_declared(survival: Survival, rows: Iterable[Row]) -> list[Row]:
    """Rows that the table shows: of tests and effects the declared ones, of P values the one of the declared side."""
    hidden = {"p_opposite", "statistic", "df", "z", "p_value" if survival.one_sided else "p_one_sided"}
    declared = [survival.declared(name, pair) for name in ("hazard_ratio", "logrank") for pair in survival.comparisons]
    used = {row.row_id for found in declared for row in found.values()}
    kept = []
    for row in rows:
        if row.measure and row.row_id not in used:
            continue
        if (row.measure == "logrank" and row.statistic in hidden) or (
            row.measure == "hazard_ratio" and "p_" in row.statistic
        ):
            continue
        kept.append(row)
    return kept


def landmark_table(survival: Survival, *, name: str) -> Table:
    """Probability without event at each landmark, the number at risk, and differences between arms."""
    source = survival.source
    arms = survival.arms
    times = sorted({row.time_days for row in survival.of("survival") if row.time_days is not None})
    with_difference = {(row.group_level, row.reference_level) for row in survival.of("survival_difference")}
    pairs = [pair for pair in survival.comparisons if pair in with_difference]
    columns: list[Column] = []
    for column in survival.columns():
        columns += [
            Column(head="% (CI)", span=column.head, span_row_ids=column.row_ids, arm=column.arm),
            Column(head="At risk", span=column.head, span_row_ids=column.row_ids),
        ]
    label = source.facts.arm_label
    columns += [Column(head="% (CI)", span=f"{label(a)} minus {label(b)}") for a, b in pairs]
    lines = []
    for time in times:
        cells: list[Part] = []
        for arm in arms:
            rows = survival.statistics("survival", arm.id, time_days=time)
            cells += [source.share(rows), source.count(rows.get("n_risk"), absent="")]
        cells += [
            source.share(survival.statistics("survival_difference", a, reference_level=b, time_days=time))
            for a, b in pairs
        ]
        lines.append(Line(source.month_text(time, survival.endpoint), tuple(cells)))
    shown = [
        row for row in survival.rows if row.variable in ("survival", "survival_difference") and row.group_level != ALL
    ]
    return Table(
        name=name,
        title=f"{survival.label}: probability without event at landmarks",
        stub="Time",
        columns=tuple(columns),
        lines=tuple(lines),
        footnotes=footnotes(source, shown),
        empty="Probabilities at landmarks will stand here once the protocol names landmarks for this endpoint.",
    )


def follow_up_table(source: Source) -> Table:
    """Median follow-up of each endpoint by the reverse Kaplan-Meier method: censoring is the event."""
    rows = source.rows.analysis("follow_up", "reverse_kaplan_meier")
    arms = source.arms_of(rows)
    total = any(row.group_level == ALL for row in rows)
    groups = [*(arm.id for arm in arms), *([ALL] if total else [])]
    lines = []
    for key in dict.fromkeys((row.endpoint, row.population, row.subgroup_level) for row in rows):
        chosen = [row for row in rows if (row.endpoint, row.population, row.subgroup_level) == key]
        endpoint, _, cohort = key
        of_cohort = f", {source.facts.cohort_label(cohort)}" if cohort else ""
        cells = tuple(
            source.months(by_statistic(row for row in chosen if row.group_level == group), endpoint) for group in groups
        )
        lines.append(Line(source.facts.endpoint_label(endpoint) + of_cohort, cells))
    level = level_text(next((row.conf_level for row in rows if row.conf_level is not None), None))
    return Table(
        name="follow-up",
        title=f"Follow-up by the reverse Kaplan-Meier method, median in months ({level} CI)",
        stub="Endpoint",
        columns=tuple(
            Column(head=source.facts.arm_label(group), arm=None if group == ALL else group) for group in groups
        ),
        lines=tuple(lines),
        footnotes=footnotes(source, rows, *_without_reading(source, rows)),
        empty="The median follow-up by arm will stand here once an endpoint is derived.",
    )


def _without_reading(source: Source, rows: Iterable[Row]) -> list[str]:
    """Names the endpoints for which most subjects have no reading, so that their follow-up is none."""
    notes = []
    for endpoint, population in dict.fromkeys((row.endpoint, row.population) for row in rows):
        for name, declared in source.facts.analyses.items():
            if (declared.get("endpoint"), declared.get("population")) != (endpoint, population):
                continue
            shown = Survival.primary(source, name)
            silent = [r for r in shown.of("censored_reason") if (r.variable_level or "").startswith(NO_READING)]
            subjects, without = (
                round(sum(row.value or 0 for row in part if row.group_level != ALL))
                for part in (shown.of("subjects"), silent)
            )
            if 2 * without > subjects:
                label = source.facts.endpoint_label(endpoint)
                notes.append(f"{label}: {without} of {subjects} subjects have no reading and count with no follow-up.")
            break
    return notes
