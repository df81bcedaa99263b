"""The sections on response and on central review: sentences, tables, figures of single patients."""

from collections.abc import Mapping, Sequence

from equipoise.report.cells import Block, Notice, Number, Paragraph, Part, Section
from equipoise.report.entries import Source, group_by_level, not_in_data
from equipoise.report.numbers import format_estimate, format_number, format_percent
from equipoise.report.rows import ALL, Row, row_ids
from equipoise.report.tables.central_review import (
    ANSWERS,
    discrepancy_table,
    informative_table,
    pair_table,
    patients_table,
    scans_table,
)
from equipoise.report.tables.readers import adjudication_table, readers_table, turnaround_table
from equipoise.report.tables.response import RESPONSES, biomarker_table, response_table
from equipoise.report.text import response_text

__all__ = ["central_review_section", "response_part", "response_section"]

KINDS = ("response", "biomarker_response")
FIGURES = ("waterfall", "spider", "swimmer")
Pictures = Mapping[str, Block]


def response_section(source: Source, pictures: Pictures) -> Section:
    """Responses of tumors and of biomarkers, but for the primary analysis, which stands under its own heading."""
    analyses = [name for name in source.facts.analyses if source.facts.kind(name) in KINDS]
    analyses = [name for name in analyses if (source.facts.analyses[name].get("role") or "") != "primary"]
    parts = [response_part(source, pictures, name) for name in analyses]
    empty = Notice(
        ("Best responses and response rates will stand here once the protocol declares a response analysis.",)
    )
    return Section(name="response", title="Response", blocks=[] if parts else [empty], sections=parts)


def response_part(source: Source, pictures: Pictures, analysis: str) -> Section:
    """Sentences, table and figures of one analysis."""
    name = f"{analysis}-response"
    blocks: list[Block] = [*response_text(source, analysis)]
    if source.facts.kind(analysis) == "biomarker_response":
        blocks.append(biomarker_table(source, analysis, name=name))
    else:
        blocks.append(response_table(source, analysis, name=name))
        wanted = (f"{kind}_{analysis}" for kind in FIGURES)
        blocks += [pictures[figure] for figure in wanted if figure in pictures]
    return Section(name=f"analysis-{analysis}", title=source.facts.analysis_label(analysis), blocks=blocks)


def central_review_section(source: Source) -> Section | None:
    """Local reading beside central review, the readers, turn-around; None for a trial without central review."""
    rows = source.rows.analysis("central_review")
    readers = source.rows.analysis("reader_agreement")
    timed = source.rows.analysis("turnaround")
    if not (rows or readers or timed):
        return None
    parts = [
        Section(name="central-review-local", title="Local reading and central review", blocks=_local(source, rows)),
        Section(name="reader-agreement", title="Independent readers", blocks=_readers(source, readers)),
    ]
    if timed:
        absent = not_in_data(timed)
        blocks: list[Block] = (
            [Notice((absent,))] if absent else [*_turnaround_text(source, timed), turnaround_table(source, timed)]
        )
        parts.append(Section(name="turnaround-section", title="Turn-around of reviews", blocks=blocks))
    return Section(name="central-review", title="Central review", sections=parts)


def _local(source: Source, rows: Sequence[Row]) -> list[Block]:
    absent = not_in_data(rows)
    if absent or not rows:
        return [Notice((absent or "Both readings beside each other will stand here once both have read.",))]

    def of(variable: str) -> list[Row]:
        return [row for row in rows if row.variable == variable]

    heads = ("Local reading", "Central review")
    best = next((row.text for row in of("best_response_pair") if row.text), "")
    return [
        *_local_text(source, rows),
        patients_table(source, rows),
        discrepancy_table(source, rows),
        informative_table(source, rows),
        scans_table(source, rows),
        pair_table(
            source,
            of("scan_pair"),
            name="central-review-scan-pairs",
            title="Response of the same scan, all arms",
            heads=heads,
            words=RESPONSES,
            notes=("Counts of scans that both could evaluate.",),
        ),
        pair_table(
            source,
            of("best_response_pair"),
            name="central-review-best-pairs",
            title="Best overall response, all arms",
            heads=heads,
            words=RESPONSES,
            notes=(f"Counts of subjects; {best}." if best else "Counts of subjects.",),
        ),
    ]


def _local_text(source: Source, rows: Sequence[Row]) -> list[Paragraph]:
    """Agreement on scans and on progression, discrepancy rates, local progression that central review did not see."""
    parts: list[Part] = []
    agree, kappa = _all(rows, "scan_agree"), _all(rows, "scan_kappa", measure="kappa_by_subject")
    if agree.get("n") and agree["n"].n:
        parts += ["Local reading and central review gave the same response on ", _share_of(source, agree), " scans"]
        if "estimate" in kappa:
            parts += [" (kappa ", _kappa(source, kappa), ", scans within subjects)"]
        parts.append(". ")
    same, total = _all(rows, "progression", "both_same"), _all(rows, "read_by_both").get("n")
    only = [
        (_all(rows, "progression", key), words)
        for key, words in (("local_only", "locally"), ("central_only", "centrally"))
    ]
    if same.get("n") and total is not None and total.value:
        parts += ["Progression was seen by both at the same assessment in ", _share_of(source, same), " subjects"]
        for found, words in only:
            parts += [", " if words == "locally" else " and ", f"only {words} in ", source.count(found.get("n"))]
        parts.append(". ")
    for variable, words in (("early_discrepancy", "early"), ("late_discrepancy", "late")):
        groups = group_by_level(row for row in rows if row.variable == variable and row.reference_level is None)
        arms = [arm for arm in source.facts.arms if groups.get(arm.id, {}).get("n")]
        pieces: list[list[Part]] = [[_share_of(source, groups[arm.id]), f" with {arm.label}"] for arm in arms]
        if pieces:
            parts += [f"The {words} discrepancy rate was ", *_series(pieces), ". "]
    lost, soon = _all(rows, "local_not_central"), _all(rows, "censored_at_local")
    if lost.get("n") and lost["n"].value:
        parts += ["Of the subjects with local progression ", _share_of(source, lost), " had no central progression"]
        if soon.get("n"):
            parts += ["; ", source.count(soon["n"]), f" of them were {soon['n'].text}"]
        parts.append(". ")
    return [Paragraph(tuple(parts))] if parts else []


def _readers(source: Source, rows: Sequence[Row]) -> list[Block]:
    absent = not_in_data(rows)
    if absent or not rows:
        return [Notice((absent or "The readers beside each other will stand here once two have read.",))]
    blocks: list[Block] = [*_readers_text(source, rows)]
    pairs = list(dict.fromkeys(row.subgroup_level for row in rows if row.subgroup == "readers" and row.subgroup_level))
    for readers in pairs:
        slug = readers.replace(" and ", "-")
        blocks.append(readers_table(source, rows, readers, name=f"readers-{slug}"))
    blocks.append(adjudication_table(source, rows))
    for readers in pairs:
        first, _, second = readers.partition(" and ")
        heads, slug = (f"Reader {first}", f"Reader {second}"), readers.replace(" and ", "-")
        for variable, title, words, name in (
            ("best_response_pair", "Best overall response by reader, all arms", RESPONSES, "best"),
            ("progressed_pair", "Progression by reader, all arms", ANSWERS, "progression"),
        ):
            part = [row for row in rows if row.variable == variable and row.subgroup_level == readers]
            blocks.append(
                pair_table(
                    source,
                    part,
                    name=f"readers-{slug}-{name}",
                    title=title,
                    heads=heads,
                    words=words,
                    notes=("Counts of subjects; responses need no confirmation.",),
                )
            )
    return blocks


def _readers_text(source: Source, rows: Sequence[Row]) -> list[Paragraph]:
    adjudicated = _all(rows, "adjudicated")
    if not adjudicated.get("n") or not adjudicated["n"].n:
        return []
    parts: list[Part] = ["Adjudication was called for in ", _share_of(source, adjudicated), " subjects"]
    reasons = [
        name for name in dict.fromkeys(r.variable_level for r in rows if r.variable == "adjudication_reason") if name
    ]
    pieces: list[list[Part]] = [
        [f"{name.replace('_', ' ')} in ", source.count(_all(rows, "adjudication_reason", name).get("n"))]
        for name in reasons
    ]
    parts += ["; the readers differed in ", *_series(pieces)] if pieces else []
    read = _all(rows, "adjudicator_read")
    parts += ["; an adjudicator read ", source.count(read["n"]), " of them"] if read.get("n") else []
    parts.append(". ")
    for name in dict.fromkeys(r.variable_level for r in rows if r.variable == "overruled" and r.variable_level):
        parts += [f"Reader {name} was overruled in ", _share_of(source, _all(rows, "overruled", name)), " subjects. "]
    return [Paragraph(tuple(parts))]


def _turnaround_text(source: Source, rows: Sequence[Row]) -> list[Paragraph]:
    within, days = _all(rows, "within_clock"), _all(rows, "working_days")
    median = days.get("median")
    if median is None or median.value is None:
        return []
    parts: list[Part] = ["A review took a median of ", source.value(median, 1), " working days"]
    if within.get("n"):
        parts += ["; ", _share_of(source, within), f" were given within {within['n'].text}"]
    return [Paragraph((*parts, "."))]


def _all(rows: Sequence[Row], variable: str, level: str | None = None, *, measure: str | None = None) -> dict[str, Row]:
    """Statistic -> row of all arms together."""
    found: dict[str, Row] = {}
    for row in rows:
        right = row.variable == variable and row.measure == measure and row.group_level == ALL
        if right and (level is None or row.variable_level == level):
            found.setdefault(row.statistic, row)
    return found


def _share_of(source: Source, rows: Mapping[str, Row]) -> Part:
    count = rows["n"]
    value, n = round(count.value or 0), count.n or 0
    share = f" ({format_percent(value, n, source.style)})" if n else ""
    return Number(f"{value} of {n}{share}", row_ids(count, rows.get("percent")))


def _kappa(source: Source, rows: Mapping[str, Row]) -> Part:
    wanted = [rows.get(name) for name in ("estimate", "conf_low", "conf_high")]
    values = [row.value if row else None for row in wanted]
    if values[1] is None and values[0] is not None:
        return Number(format_number(values[0], 2, source.style), row_ids(wanted[0]))
    text = format_estimate(values[0], values[1], values[2], style=source.style)
    return Number(text, row_ids(*wanted))


def _series(pieces: Sequence[Sequence[Part]]) -> list[Part]:
    parts: list[Part] = []
    for i, piece in enumerate(pieces):
        parts += [" and " if i == len(pieces) - 1 else ", "] if i else []
        parts += piece
    return parts
