"""Dates that contradict each other within a row, or with the death or randomization of the subject."""

from collections.abc import Mapping

import polars as pl

from equipoise.cdisc.checks.dates import possible_days
from equipoise.cdisc.checks.marks import ROW, SUBJECT, Mark, mark
from equipoise.cdisc.checks.rules import rule

__all__ = ["check_story"]

_KEYS = list(SUBJECT)
_DEATHS = (
    ("DM", "DTHDTC", "", ""),
    ("DD", "DDDTC", "", ""),
    ("AE", "AEENDTC", "AEOUT", "FATAL"),
    ("DS", "DSSTDTC", "DSDECOD", "DEATH"),
)
"""Sources of the date of death, most trusted first: data set, variable, and the value that a variable must have."""


def check_story(datasets: Mapping[str, pl.DataFrame]) -> list[Mark]:
    """Marks of the group ``story``."""
    keyed = {name: frame for name, frame in datasets.items() if set(_KEYS) <= set(frame.columns)}
    marks = [item for name in sorted(keyed) for item in _start_after_end(name, keyed[name])]
    deaths = _deaths(keyed)
    best = deaths.sort([*_KEYS, "rank", "first", "text"], nulls_last=True).unique(
        _KEYS, keep="first", maintain_order=True
    )
    marks += _differ(deaths, best)
    marks += _before_randomization(keyed, best)
    marks += [item for name in sorted(keyed) for item in _after_death(name, keyed[name], best)]
    return marks + _flags(keyed.get("DM"), best)


def _days(frame: pl.DataFrame, variable: str) -> pl.DataFrame:
    """The frame with ``first`` and ``last`` possible day of a variable."""
    days = possible_days(frame[variable]).filter(~pl.col("bad")).drop("bad")
    return frame.join(days.rename({"text": variable}), on=variable, how="left", maintain_order="left")


def _start_after_end(dataset: str, frame: pl.DataFrame) -> list[Mark]:
    start, end = f"{dataset[:2]}STDTC", f"{dataset[:2]}ENDTC"
    if not {start, end} <= set(frame.columns):
        return []
    rows = frame.select(*_KEYS, start, end).with_row_index(ROW).filter(pl.col(start) > pl.col(end))
    rows = _days(_days(rows, start).rename({"first": "start"}).drop("last"), end)
    rows = rows.filter(pl.col("start") > pl.col("last"))
    expected = pl.format(f"{start} on or before {end}, {{}}", pl.col(end))
    return mark(rule("start-after-end"), dataset, start, rows, seen=pl.col(start), expected=expected)


def _deaths(datasets: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Every recorded date of death: keys, rank, dataset, variable, row, text, first, last."""
    parts = []
    for rank, (dataset, variable, by, value) in enumerate(_DEATHS):
        frame = datasets.get(dataset)
        if frame is None or variable not in frame.columns or (by and by not in frame.columns):
            continue
        rows = frame.with_row_index(ROW).filter(pl.col(variable).is_not_null())
        rows = _days(rows.filter(pl.col(by) == value) if by else rows, variable)
        parts.append(
            rows.select(
                *_KEYS,
                ROW,
                "first",
                "last",
                rank=pl.lit(rank),
                dataset=pl.lit(dataset),
                variable=pl.lit(variable),
                text=pl.col(variable),
            )
        )
    schema = {**dict.fromkeys((*_KEYS, "dataset", "variable", "text"), pl.String), ROW: pl.UInt32, "rank": pl.Int32}
    empty = pl.DataFrame(schema={**schema, "first": pl.Date, "last": pl.Date})
    found = pl.concat([empty, *(part.select(empty.columns) for part in parts)], how="vertical_relaxed")
    return found.filter(pl.col("first").is_not_null())


def _differ(deaths: pl.DataFrame, best: pl.DataFrame) -> list[Mark]:
    used = best.select(*_KEYS, from_="first", to="last", used="text", source="dataset", home="variable")
    rows = deaths.join(used, on=_KEYS, maintain_order="left")
    rows = rows.filter((pl.col("first") > pl.col("to")) | (pl.col("last") < pl.col("from_")))
    expected = pl.format("the date of {}.{}, {}", pl.col("source"), pl.col("home"), pl.col("used"))
    return [
        item
        for dataset, variable, _, _ in _DEATHS
        for item in mark(
            rule("death-dates-differ"),
            dataset,
            variable,
            rows.filter(pl.col("dataset") == dataset),
            seen=pl.col("text"),
            expected=expected,
        )
    ]


def _before_randomization(datasets: Mapping[str, pl.DataFrame], best: pl.DataFrame) -> list[Mark]:
    ds = datasets.get("DS")
    if ds is None or not {"DSDECOD", "DSSTDTC"} <= set(ds.columns):
        return []
    randomized = _days(ds.filter(pl.col("DSDECOD") == "RANDOMIZED"), "DSSTDTC")
    randomized = randomized.group_by(_KEYS).agg(day=pl.col("first").min())
    rows = best.join(randomized, on=_KEYS, maintain_order="left").filter(pl.col("last") < pl.col("day"))
    return [
        item
        for dataset, variable, _, _ in _DEATHS
        for item in mark(
            rule("death-before-randomization"),
            dataset,
            variable,
            rows.filter(pl.col("dataset") == dataset),
            seen=pl.col("text"),
            expected=pl.format("on or after randomization, {}", pl.col("day")),
        )
    ]


def _after_death(dataset: str, frame: pl.DataFrame, best: pl.DataFrame) -> list[Mark]:
    domain = dataset[:2]
    if best.is_empty() or dataset in {"DM", "DD"} or dataset.startswith("SUPP"):
        return []
    marks: list[Mark] = []
    observed = [f"{domain}STDTC", f"{domain}DTC"] if f"{domain}TESTCD" in frame.columns else [f"{domain}STDTC"]
    for variable in observed:
        if variable not in frame.columns:
            continue
        rows = frame.with_row_index(ROW)
        if dataset == "DS" and "DSDECOD" in frame.columns:
            rows = rows.filter((pl.col("DSDECOD") != "DEATH").fill_null(True))
        dead = best.select(*_KEYS, death="last", day="text")
        rows = rows.select(*_KEYS, ROW, variable).join(dead, on=_KEYS, maintain_order="left")
        rows = _days(rows, variable).filter(pl.col("first") > pl.col("death"))
        expected = pl.format("a date up to the death, {}", pl.col("day"))
        marks += mark(rule("after-death"), dataset, variable, rows, seen=pl.col(variable), expected=expected)
    return marks


def _flags(dm: pl.DataFrame | None, best: pl.DataFrame) -> list[Mark]:
    if dm is None or "DTHFL" not in dm.columns:
        return []
    rows = dm.with_row_index(ROW).join(best.select(*_KEYS, day="text"), on=_KEYS, how="left", maintain_order="left")
    dead = (pl.col("DTHFL") == "Y").fill_null(False)
    marks = mark(
        rule("death-without-date"), "DM", "DTHFL", rows.filter(dead & pl.col("day").is_null()), seen=pl.lit("Y")
    )
    if "DTHDTC" in dm.columns:
        dated = rows.filter(~dead & pl.col("DTHDTC").is_not_null())
        marks += mark(rule("date-without-death"), "DM", "DTHDTC", dated, seen=pl.col("DTHDTC"))
    return marks
