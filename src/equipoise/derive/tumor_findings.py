"""Findings on lesions and responses: with subject, reader, visit and lesion, and what they do to the result."""

from collections.abc import Iterable

import polars as pl

from equipoise.cdisc import Finding
from equipoise.criteria import TumorResponses
from equipoise.derive.lesions import Lesions
from equipoise.derive.source import KEYS, Source
from equipoise.terms import Response

__all__ = ["lesion_findings", "recorded_findings", "sum_findings"]

_SERIES = [*KEYS, "READER"]
_TESTS = {"TARGET": "TRGRESP", "NONTARGET": "NTRGRESP", "NEWLESION": "NEWLRESP", "OVERALL": "OVRLRESP"}
_ROUNDING = 0.011
"""Sums that differ by at most a hundredth of a millimeter are equal."""
_NOTHING = ("NA", "N/A", "NOT APPLICABLE", "NONE", "NOT ALL EVALUATED")
_VARIABLES = {
    "unit-is-cm": "TRSTRESU",
    "unit-unknown": "TRSTRESU",
    "state-unknown": "TRSTRESC",
    "kind-unknown": "TUSTRESC",
    "day-missing": "TRDTC",
    "visit-before-baseline": "TRDTC",
    "baseline-too-old": "TRDTC",
    "not-at-baseline": "TRLNKID",
    "new-at-baseline": "TUSTRESC",
    "too-many-targets": "TRLNKID",
    "too-many-targets-in-organ": "TULOC",
    "no-baseline": "TRLNKID",
}


def lesion_findings(responses: TumorResponses, found: Lesions) -> Iterable[Finding]:
    """Findings of the reading rules, in the words of SDTM; partial dates; sums and units as recorded."""
    yield from (_unit_assumed(name) for name in found.unit_assumed)
    rows = responses.findings
    if rows.height:
        days = found.rows.select(*_SERIES, "DAY", "VISIT").unique([*_SERIES, "DAY", "VISIT"])
        names = found.scans.select(*_SERIES, "VISIT", "AVISIT", "DATASET")
        days = days.join(names.unique([*_SERIES, "VISIT"]), on=[*_SERIES, "VISIT"], how="left")
        days = days.sort([*_SERIES, "DAY", "VISIT"]).unique([*_SERIES, "DAY"], keep="first", maintain_order=True)
        rows = rows.join(days.drop("VISIT"), on=[*_SERIES, "DAY"], how="left", maintain_order="left")
    for row in rows.iter_rows(named=True):
        yield Finding(
            severity=row["severity"],
            code=row["code"],
            dataset=row.get("DATASET") or "TR",
            row_key=_key(row, visit=row["AVISIT"], day=row["DAY"], lesion=row["LESION"]),
            variable=_VARIABLES.get(row["code"], "TRSTRESN"),
            seen=row["seen"],
            expected=row["expected"],
            effect=row["effect"],
            subject=row["USUBJID"],
        )
    yield from _partial(found)
    yield from _sums(found, responses)


def recorded_findings(
    source: Source, visits: pl.DataFrame, matched: pl.DataFrame, days: pl.DataFrame
) -> Iterable[Finding]:
    """Recorded responses that the measurements contradict, and those without any scan."""
    used = source.protocol.review.response_from == "lesions"
    effect = "the recomputed response is used" if used else "the recorded response is used (review.response_from)"
    for name, test in _TESTS.items():
        read, own = pl.col(f"READ_{name}"), pl.col(name)
        differs = read.is_not_null() & read.ne_missing(own)
        differs &= ~(own.is_null() & read.str.to_uppercase().is_in(_NOTHING))
        if name == "OVERALL":
            differs &= read.ne_missing(pl.col("KNOWN")) & read.ne_missing(pl.col("WORD"))
        for row in visits.filter(differs).iter_rows(named=True):
            yield Finding(
                severity="warning",
                code="response-differs",
                dataset=_domain(row, source),
                row_key=_key(row, visit=row["AVISIT"], date=row["ADT"]),
                variable=test,
                seen=f"recorded {row[f'READ_{name}']}",
                expected=f"{row[name] or 'no such lesions'}, recomputed from the lesions{_why(name, row)}",
                effect=effect,
                subject=row["USUBJID"],
            )
    alone = matched.join(days, on=KEYS, how="left", maintain_order="left").filter(
        "SERIESREAD", pl.col("VISIT").is_null(), (pl.col("DATE") > pl.col("RANDDT")).fill_null(True)
    )
    alone = alone.filter(pl.col("OVERALL").is_not_null())
    for row in alone.iter_rows(named=True):
        yield Finding(
            severity="warning" if row["OVERALL"] == Response.NE else "error",
            code="response-without-scan",
            dataset=row["DATASET"],
            row_key=_key(row, visit=row["VISITNAME"], date=row["DTC"]),
            variable="OVRLRESP",
            seen=f"recorded {row['OVERALL']}",
            expected="lesions measured or judged by the reader at the visit",
            effect="not used: there is nothing to recompute it from" if used else "used as recorded",
            subject=row["USUBJID"],
        )


def sum_findings(source: Source, visits: pl.DataFrame, found: Lesions) -> Iterable[Finding]:
    """Recorded target responses that pass over progression by the recorded sums: by the nadir, not the baseline."""
    sums = found.sums.filter(pl.col("RECORDED").is_not_null())
    if sums.is_empty():
        return
    dates = found.scans.select(*_SERIES, "VISIT", "AVISIT", "DATE", "BASELINE")
    rows = sums.join(dates, on=[*_SERIES, "VISIT"], how="inner").sort([*_SERIES, "DATE", "VISIT", "SEQ"])
    size = (pl.col("RECORDED") * 100).round().cast(pl.Int64)
    rows = rows.with_columns(SIZE=size).with_columns(LOW=pl.col("SIZE").cum_min().shift().over(_SERIES))
    grown = (pl.col("SIZE") - pl.col("LOW") >= 500) & (5 * pl.col("SIZE") >= 6 * pl.col("LOW"))
    read = visits.select(*_SERIES, "VISIT", "TARGET", "READ_TARGET", "SRCDOM")
    rows = rows.filter(grown.fill_null(False), ~pl.col("BASELINE")).join(read, on=[*_SERIES, "VISIT"], how="inner")
    lesions = source.protocol.review.response_from == "lesions"
    for row in rows.filter(pl.col("READ_TARGET").is_in([Response.CR, Response.PR, Response.SD])).iter_rows(named=True):
        yield Finding(
            severity="warning",
            code="nadir-overlooked",
            dataset=_domain(row, source),
            row_key=_key(row, visit=row["AVISIT"], date=row["DATE"]),
            variable="TRGRESP",
            seen=f"recorded {row['READ_TARGET']} with a recorded sum of {row['RECORDED']:g} mm",
            expected=f"PD: the smallest sum recorded before was {row['LOW'] / 100:g} mm",
            effect=f"the response recomputed from the lesions is used: {row['TARGET']}"
            if lesions
            else "the recorded response is used (review.response_from)",
            subject=row["USUBJID"],
        )


def _why(name: str, row: dict[str, object]) -> str:
    if name == "TARGET" and row["MEASURED"] is not None:
        total = f"{row['MEASURED']:g} mm" + ("" if row["SUM"] is not None else " without the targets not measured")
        return f" (sum {total}, baseline {row['BASE']:g}, nadir {row['NADIR']:g})"
    if name == "OVERALL":
        parts = [f"{label} {row[c]}" for c, label in (("TARGET", "target"), ("NONTARGET", "non-target")) if row[c]]
        words = ", ".join([*parts, f"new lesion {row['NEWLESION']}"])
        return f" ({words})"
    return ""


def _domain(row: dict[str, object], source: Source) -> str:
    suffix = str(row["SRCDOM"] or "TR")[2:]
    return f"RS{suffix}" if f"RS{suffix}" in source.data else "RS"


def _key(row: dict[str, object], **place: object) -> str:
    assessor, _, reader = str(row["READER"]).partition("|")
    parts = [f"USUBJID={row['USUBJID']}", f"reader={reader or assessor}"]
    return ", ".join([*parts, *(f"{name}={value}" for name, value in place.items() if value is not None)])


def _partial(found: Lesions) -> Iterable[Finding]:
    rows = found.scans.filter(pl.col("PARTIAL").is_not_null()).sort([*_SERIES, "VISIT"])
    for row in rows.iter_rows(named=True):
        effect = (
            f"a baseline scan, placed on {row['DATE']}"
            if row["BASELINE"]
            else f"shown on {row['DATE']}; a progression at the visit has no date: it and later readings are kept out "
            "of times to event"
        )
        yield Finding(
            severity="warning",
            code="partial-date",
            dataset=row["DATASET"] or "TR",
            row_key=_key(row, visit=row["AVISIT"]),
            variable="TRDTC",
            seen=row["PARTIAL"],
            expected="a complete date of the scan",
            effect=effect,
            subject=row["USUBJID"],
        )


def _sums(found: Lesions, responses: TumorResponses) -> Iterable[Finding]:
    """Sums of diameters that differ from those recorded by more than a hundredth of a millimeter."""
    sums = found.sums.filter(pl.col("RECORDED").is_not_null())
    if sums.is_empty():
        return
    own = responses.visits.select(*_SERIES, "VISIT", "MEASURED", "SUM", "DAY")
    rows = sums.join(own, on=[*_SERIES, "VISIT"], how="inner")
    rows = rows.filter((pl.col("MEASURED") - pl.col("RECORDED")).abs() > _ROUNDING)
    for row in rows.sort([*_SERIES, "VISIT", "SEQ"]).iter_rows(named=True):
        yield Finding(
            severity="warning",
            code="sum-differs",
            dataset="TR",
            row_key=_key(row, visit=row["VISITNAME"], date=row["DTC"]),
            variable="SUMDIAM",
            seen=f"recorded {row['RECORDED']:g} mm",
            expected=f"{row['MEASURED']:g} mm, recomputed from the target lesions measured",
            effect="the recomputed sum is used",
            subject=row["USUBJID"],
        )


def _unit_assumed(name: str) -> Finding:
    return Finding(
        severity="warning",
        code="unit-assumed",
        dataset=name,
        row_key="",
        variable="TRSTRESU",
        seen="no variable for the unit",
        expected="TRSTRESU with mm or cm",
        effect="all diameters are taken as millimeters",
    )
