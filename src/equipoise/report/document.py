"""The report as a document: sections in the order of CONSORT 2025, each with its tables, figures and sentences."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from equipoise.report.cells import Block, FigureBlock, Notice, Number, Paragraph, Section, Table
from equipoise.report.entries import Source
from equipoise.report.facts import Facts
from equipoise.report.methods import methods_section
from equipoise.report.patient_reported import declared_scale_text, patient_reported_section
from equipoise.report.published import published_section
from equipoise.report.rehearsed import rehearsed_section
from equipoise.report.responses import central_review_section, response_part, response_section
from equipoise.report.rows import ALL, Rows
from equipoise.report.tables import (
    Survival,
    accrual_table,
    baseline_table,
    censoring_table,
    deaths_table,
    disposition_table,
    exposure_table,
    finding_counts,
    findings_list_table,
    findings_table,
    follow_up_table,
    landmark_table,
    maximum_grade_tables,
    models_table,
    overview_table,
    populations_table,
    rule_sets_table,
    sites_table,
    strata_table,
    subgroup_table,
    survival_table,
    terms_table,
    univariate_table,
)
from equipoise.report.text import (
    accrual_text,
    follow_up_text,
    harms_text,
    landmark_text,
    response_text,
    survival_text,
    unknown_onset_text,
)
from equipoise.report.without_crossover import without_crossover_section
from equipoise.results import Results

__all__ = ["Document", "compose", "numbers_in", "tables_in"]

Pictures = Mapping[str, Block]


@dataclass(frozen=True, kw_only=True)
class Document:
    """Everything that is printed, before it is a page or a file."""

    facts: Facts
    rows: Rows
    opening: Sequence[Block]
    sections: Sequence[Section]


def compose(results: Results, figures: Iterable[str], refused: Mapping[str, str] | None = None) -> Document:
    """Document of a results folder.

    Parameters
    ----------
    results
        Results folder in memory; a part without rows says what would stand there.
    figures
        Names of the figures that are drawn; one that belongs to no part is shown after the others.
    refused
        Name of a figure that may not be drawn -> why; said where the figure would stand.
    """
    source = Source(Rows.of(results.statistics), Facts.of(results))
    pictures: dict[str, Block] = {name: FigureBlock(name=name, caption="") for name in figures}
    for name, reason in (refused or {}).items():
        pictures[name] = Notice((f"This figure is not drawn: {reason}.",), "warning")
    sections = [
        *([compared] if (compared := published_section(source)) is not None else []),
        _participants(source, pictures),
        _baseline(source),
        *_outcomes(source, pictures, "primary"),
        *_outcomes(source, pictures, "secondary"),
        *_outcomes(source, pictures, "exploratory"),
        _sensitivity(source),
        *([asked] if (asked := without_crossover_section(source, pictures)) is not None else []),
        _subgroups(source, pictures),
        response_section(source, pictures),
        *([read] if (read := central_review_section(source)) is not None else []),
        *([reported] if (reported := patient_reported_section(source, pictures)) is not None else []),
        _harms(source, pictures),
        *([tried] if (tried := rehearsed_section(source)) is not None else []),
        _findings(results),
        methods_section(source),
    ]
    used = [block for section in sections for block in _blocks(section)]
    further = [block for block in pictures.values() if block not in used]
    if further:
        sections.insert(-2, Section(name="further-figures", title="Further figures", blocks=further))
    return Document(
        facts=source.facts, rows=source.rows, opening=_opening(source, results, pictures), sections=sections
    )


def tables_in(document: Document) -> Iterator[Table]:
    """All tables with lines, in order."""
    for section in document.sections:
        yield from (block for block in _blocks(section) if isinstance(block, Table) and block.lines)


def numbers_in(document: Document) -> Iterator[Number]:
    """All numbers that know their rows."""
    for block in [*document.opening, *(block for section in document.sections for block in _blocks(section))]:
        if isinstance(block, Table):
            for column in block.columns:
                yield Number(column.head, column.row_ids)
                yield Number(column.span, column.span_row_ids)
            yield from (cell for line in block.lines for cell in line.cells if isinstance(cell, Number))
        elif isinstance(block, Paragraph | Notice):
            yield from (part for part in block.parts if isinstance(part, Number))


def _blocks(section: Section) -> Iterator[Block]:
    yield from section.blocks
    for part in section.sections:
        yield from _blocks(part)


def _opening(source: Source, results: Results, pictures: Pictures) -> list[Block]:
    counts = finding_counts(results.findings)
    blocks: list[Block] = [block for block in pictures.values() if isinstance(block, Notice)]
    if counts["error"]:
        words = "finding keeps" if counts["error"] == 1 else "findings keep"
        blocks.append(
            Notice((f"{counts['error']} {words} data out of the analysis: see Findings about the data.",), "warning")
        )
    total = source.rows.one("flow", "randomized", group_level=ALL)
    if total is not None and not total.value:
        blocks.append(
            Notice(("Nobody is randomized at this data cut: the report shows what will stand here.",), "warning")
        )
    for analysis in _of_role(source, "primary"):
        blocks += survival_text(Survival.primary(source, analysis)) or response_text(source, analysis)
    return blocks


def _of_role(source: Source, role: str, kinds: Iterable[str] = ("time_to_event", "response")) -> list[str]:
    return [
        name
        for name, declared in source.facts.analyses.items()
        if (declared.get("role") or "secondary") == role and source.facts.kind(name) in kinds
    ]


def _time_to_event(source: Source) -> list[str]:
    return [name for name in source.facts.analyses if source.facts.kind(name) == "time_to_event"]


def _figures(pictures: Pictures, *wanted: str) -> list[Block]:
    return [pictures[name] for name in wanted if name in pictures]


def _participants(source: Source, pictures: Pictures) -> Section:
    return Section(
        name="participants",
        title="Participants",
        blocks=[
            *accrual_text(source),
            *(
                _figures(pictures, "consort")
                or [Notice(("The flow diagram will stand here once subjects are randomized and the counts add up.",))]
            ),
            *follow_up_text(source),
            follow_up_table(source),
        ],
        sections=[
            Section(name="disposition-section", title="Disposition", blocks=[disposition_table(source)]),
            Section(name="populations-section", title="Analysis populations", blocks=[populations_table(source)]),
            Section(
                name="recruitment",
                title="Recruitment",
                blocks=[*_figures(pictures, "accrual"), accrual_table(source), sites_table(source)],
            ),
            Section(name="strata-section", title="Stratification", blocks=[strata_table(source)]),
        ],
    )


def _baseline(source: Source) -> Section:
    return Section(name="baseline-section", title="Baseline data", blocks=[baseline_table(source)])


def _outcomes(source: Source, pictures: Pictures, role: str) -> list[Section]:
    analyses = _of_role(source, role)
    titles = {"primary": "Primary outcome", "secondary": "Secondary outcomes", "exploratory": "Exploratory outcomes"}
    if role == "exploratory" and not analyses and not _of_role(source, role, ("change",)):
        return []
    parts = [_analysis(source, pictures, name) for name in analyses if source.facts.kind(name) == "time_to_event"]
    others = [name for name in analyses if source.facts.kind(name) in ("response", "biomarker_response")]
    if others and role == "primary":
        parts += [response_part(source, pictures, name) for name in others]
    parts += [
        Section(
            name=f"analysis-{name}", title=source.facts.analysis_label(name), blocks=declared_scale_text(source, name)
        )
        for name in _of_role(source, role, ("change",))
    ]
    blocks: list[Block] = []
    if not parts:
        what = "The declared analysis" if role == "primary" else "Analyses"
        blocks.append(Notice((f"{what} of the {titles[role].lower()} will stand here once the protocol declares it.",)))
    return [Section(name=f"{role}-outcomes", title=titles[role], blocks=blocks, sections=parts)]


def _analysis(source: Source, pictures: Pictures, analysis: str) -> Section:
    survival = Survival.primary(source, analysis)
    blocks: list[Block] = [
        *survival_text(survival),
        *_figures(pictures, f"km_{analysis}"),
    ]
    blocks.append(survival_table(survival, name=f"{analysis}-time-to-event"))
    if survival.of("survival"):
        blocks += [*landmark_text(survival), landmark_table(survival, name=f"{analysis}-landmarks")]
    return Section(name=f"analysis-{analysis}", title=source.facts.analysis_label(analysis), blocks=blocks)


def _sensitivity(source: Source) -> Section:
    parts = []
    for analysis in _time_to_event(source):
        survival = Survival.primary(source, analysis)
        blocks: list[Block] = []
        if len(Survival.rule_sets(source, analysis)) > 1:
            blocks.append(rule_sets_table(source, analysis, name=f"{analysis}-rule-sets"))
            blocks.append(censoring_table(source, analysis, name=f"{analysis}-censoring"))
        if len({row.strata for row in survival.rows if row.measure in ("logrank", "hazard_ratio")}) > 1:
            blocks.append(models_table(survival, name=f"{analysis}-models"))
        if blocks:
            title = source.facts.analysis_label(analysis)
            parts.append(Section(name=f"sensitivity-{analysis}", title=title, blocks=blocks))
    empty = Notice(("Other rule sets and other stratification will stand here beside the declared analysis.",))
    return Section(name="sensitivity", title="Sensitivity analyses", blocks=[] if parts else [empty], sections=parts)


def _subgroups(source: Source, pictures: Pictures) -> Section:
    parts = []
    for analysis in _time_to_event(source):
        label = source.facts.analysis_label(analysis)
        if source.rows.analysis(f"{analysis}_subgroups"):
            further = source.facts.comparisons(analysis)[1:]
            forests = [f"forest_{analysis}", *(f"forest_{analysis}_{first}_{second}" for first, second in further)]
            figures = _figures(pictures, *forests)
            table = subgroup_table(source, analysis, name=f"{analysis}-subgroups")
            title = f"{label}: subgroups"
            parts.append(Section(name=f"subgroups-{analysis}", title=title, blocks=[*figures, table]))
        if source.rows.analysis(f"{analysis}_univariate"):
            table = univariate_table(source, analysis, name=f"{analysis}-univariate")
            title = f"{label}: baseline factors"
            parts.append(Section(name=f"univariate-{analysis}", title=title, blocks=[table]))
    empty = Notice(("Effects within subgroups and univariate models will stand here once the protocol declares them.",))
    title = "Subgroups and baseline factors"
    return Section(name="subgroups", title=title, blocks=[] if parts else [empty], sections=parts)


def _harms(source: Source, pictures: Pictures) -> Section:
    events = [
        *harms_text(source),
        *unknown_onset_text(source),
        overview_table(source),
        *_figures(pictures, "adverse_events"),
    ]
    parts = [
        Section(name="exposure-section", title="Exposure", blocks=[exposure_table(source)]),
        Section(name="events-section", title="Adverse events", blocks=events),
        Section(name="terms-section", title="Adverse events by term", blocks=[terms_table(source)]),
        Section(name="grades-section", title="Maximum grade", blocks=maximum_grade_tables(source)),
    ]
    if source.facts.protocol.get("crossover") or source.rows.analysis("safety_overview_crossover"):
        after: list[Block] = [overview_table(source, crossover=True)]
        if source.rows.analysis("exposure_crossover"):
            after.insert(0, exposure_table(source, crossover=True))
        if source.rows.analysis("safety_terms_crossover"):
            after += [terms_table(source, crossover=True), *maximum_grade_tables(source, crossover=True)]
        parts.append(Section(name="crossover-section", title="After crossover", blocks=after))
    deaths: list[Block] = [deaths_table(source)]
    parts.append(Section(name="deaths-section", title="Deaths", blocks=deaths))
    return Section(name="harms", title="Harms", sections=parts)


def _findings(results: Results) -> Section:
    blocks: list[Block] = [findings_table(results.findings)]
    if results.findings.height:
        blocks.append(findings_list_table(results.findings))
    return Section(name="findings-section", title="Findings about the data", blocks=blocks)
