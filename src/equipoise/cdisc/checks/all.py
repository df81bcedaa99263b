"""All checks together: what they find, and the data without the rows that are kept out."""

import datetime as dt
from collections.abc import Mapping
from typing import NamedTuple

import polars as pl

from equipoise.cdisc.checks.dates import check_dates
from equipoise.cdisc.checks.marks import ROW, Mark, mark_findings
from equipoise.cdisc.checks.rows import check_rows
from equipoise.cdisc.checks.spelling import respelled
from equipoise.cdisc.checks.story import check_story
from equipoise.cdisc.checks.values import check_values
from equipoise.cdisc.findings import Finding

__all__ = ["Counts", "SetAside", "check_sdtm", "set_aside"]


class Counts(NamedTuple):
    """Rows of a data set: ``rows_in`` is always ``rows_used`` plus ``rows_reported``."""

    rows_in: int
    rows_used: int
    rows_reported: int


class SetAside(NamedTuple):
    """Data sets without the rows that are kept out, all findings, and the counts per data set."""

    datasets: dict[str, pl.DataFrame]
    findings: list[Finding]
    counts: dict[str, Counts]


def set_aside(
    datasets: Mapping[str, pl.DataFrame], *, cutoff: dt.date | None = None, extracted: dt.date | None = None
) -> SetAside:
    """Take away the rows that cannot be used, and the values that cannot be true; spell values as their codelists do.

    Every row that is taken away has a finding of severity ``error``; every value that becomes missing has a finding of
    severity ``warning``. The rules are listed in ``RULES`` (groups rows, dates, values). The order of the rows does not
    matter.

    Parameters
    ----------
    datasets
        Data sets as ``read_folder`` gives them.
    cutoff
        Clinical cut-off date; dates after it are no dates in the future.
    extracted
        Day on which the data were taken out of the database: later dates cannot be. Unless given, a date is in the
        future where it lies more than 15 years after all other dates.

    Returns
    -------
    SetAside
        ``datasets``, ``findings``, ``counts``. Rows in are always rows used plus rows reported.
    """
    datasets, spelled = respelled({name: frame.rechunk() for name, frame in datasets.items()})
    rows = check_rows(datasets)
    kept = _without(datasets, rows)
    later = [*check_dates(kept, cutoff=cutoff, extracted=extracted), *check_values(kept)]
    clean = _blanked(_without(kept, later), kept, later)
    findings = _spelled(spelled) + mark_findings(rows, datasets) + mark_findings(later, kept)
    counts = {
        name: Counts(frame.height, clean[name].height, frame.height - clean[name].height)
        for name, frame in datasets.items()
    }
    return SetAside(clean, findings + [_counted(name, n) for name, n in counts.items() if n.rows_reported], counts)


def check_sdtm(
    datasets: Mapping[str, pl.DataFrame], *, cutoff: dt.date | None = None, extracted: dt.date | None = None
) -> list[Finding]:
    """Report everything that breaks a rule; the data stay as they are.

    Findings of ``set_aside`` and of the group ``story``: dates that contradict each other within a row, or the death or
    randomization of the subject. Parameters as in ``set_aside``.
    """
    clean = set_aside(datasets, cutoff=cutoff, extracted=extracted)
    return clean.findings + mark_findings(check_story(clean.datasets), clean.datasets)


def _spelled(marks: list[Mark]) -> list[Finding]:
    """One finding per variable, of no single row."""
    return [
        Finding(
            severity=item.rule.severity,
            code=item.rule.code,
            dataset=item.dataset,
            row_key="",
            variable=item.variable,
            seen=item.rows["seen"][0],
            expected=item.rows["expected"][0],
            effect=item.rule.effect,
        )
        for item in marks
    ]


def _counted(dataset: str, counts: Counts) -> Finding:
    return Finding(
        severity="note",
        code="rows-counted",
        dataset=dataset,
        row_key="",
        variable="",
        seen=f"{counts.rows_in} rows in: {counts.rows_used} used, {counts.rows_reported} kept out",
        expected="all rows used",
        effect="the rows kept out are listed as errors",
    )


def _marked(marks: list[Mark], dataset: str, action: str) -> dict[str, pl.Series]:
    """Variable -> rows of a data set that are marked with an action."""
    found: dict[str, pl.Series] = {}
    for item in marks:
        if item.dataset == dataset and item.rule.action == action and item.rows.height:
            rows = item.rows[ROW]
            found[item.variable] = pl.concat([found[item.variable], rows]) if item.variable in found else rows
    return found


def _without(datasets: Mapping[str, pl.DataFrame], marks: list[Mark]) -> dict[str, pl.DataFrame]:
    result = {}
    for name, frame in datasets.items():
        rows = _marked(marks, name, "row").values()
        out = pl.concat(list(rows)).unique() if rows else None
        result[name] = frame if out is None else _drop(frame, out)
    return result


def _drop(frame: pl.DataFrame, rows: pl.Series) -> pl.DataFrame:
    return frame.with_row_index(ROW).join(rows.to_frame(), on=ROW, how="anti", maintain_order="left").drop(ROW)


def _blanked(
    clean: dict[str, pl.DataFrame], before: Mapping[str, pl.DataFrame], marks: list[Mark]
) -> dict[str, pl.DataFrame]:
    """Set values to missing; row numbers are those of ``before``, from which rows may have gone."""
    for name in clean:
        values = _marked(marks, name, "value")
        if not values:
            continue
        frame = (
            before[name]
            .with_row_index(ROW)
            .with_columns(
                pl.when(~pl.col(ROW).is_in(rows.to_list())).then(pl.col(variable)).alias(variable)
                for variable, rows in values.items()
            )
        )
        gone = list(_marked(marks, name, "row").values())
        if gone:
            frame = frame.join(pl.concat(gone).unique().to_frame(), on=ROW, how="anti", maintain_order="left")
        clean[name] = frame.drop(ROW)
    return clean
