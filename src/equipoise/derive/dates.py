"""The dates every trial has: where they live unless the protocol says so, and how one is taken from several."""

from types import MappingProxyType
from typing import Literal

import polars as pl

from equipoise.cdisc import Finding
from equipoise.derive.imputation import complete_date
from equipoise.derive.source import KEYS, Source
from equipoise.protocol import DateSource, Protocol

__all__ = ["DEFAULT_HOMES", "collected_date", "home"]

BuiltIn = Literal["consent", "registration", "randomization", "first_dose", "last_dose", "unblinding"]

DEFAULT_HOMES: MappingProxyType[BuiltIn, DateSource] = MappingProxyType(
    {
        "consent": DateSource(domain="DM", variable="RFICDTC"),
        "registration": DateSource(domain="DS", variable="DSSTDTC", where={"DSDECOD": ("REGISTERED", "ENROLLED")}),
        "randomization": DateSource(domain="DS", variable="DSSTDTC", where={"DSDECOD": ("RANDOMIZED",)}),
        "first_dose": DateSource(domain="EX", variable="EXSTDTC"),
        "last_dose": DateSource(domain="EX", variable="EXENDTC"),
        "unblinding": DateSource(
            domain="DS", variable="DSSTDTC", where={"DSDECOD": ("UNBLINDED", "UNBLINDING", "TREATMENT UNBLINDED")}
        ),
    }
)
"""Where the dates live in SDTM; ``data.dates`` of the protocol names other homes.

Doses are read from the records of EX that are doses (``exposure.dose_rows``) unless the protocol names homes for them.
"""


def home(protocol: Protocol, name: BuiltIn) -> DateSource:
    """Home of a built-in date."""
    return protocol.data.dates.get(name, DEFAULT_HOMES[name])


def collected_date(source: Source, name: BuiltIn) -> tuple[pl.DataFrame, list[Finding]]:
    """Earliest complete date of a kind (latest for the last dose) per subject as KEYS and ``DATE``; none is imputed.

    A partial date and a second, different date are findings.
    """
    place = home(source.protocol, name)
    if not source.has(place.domain, place.variable, *place.where):
        return pl.DataFrame(schema={**dict.fromkeys(KEYS, pl.String), "DATE": pl.Date}), []
    rows = source.rows(place.domain, place.where, [place.variable])
    rows = rows.filter(pl.col(place.variable).is_not_null()).with_columns(DATE=complete_date(pl.col(place.variable)))
    findings = [
        Finding(
            severity="error",
            code="partial-date",
            dataset=place.domain,
            row_key=f"USUBJID={row['USUBJID']}",
            variable=place.variable,
            seen=row[place.variable],
            expected=f"a complete date of {name}: it is never imputed",
            effect=f"the subject has no date of {name}",
            subject=row["USUBJID"],
        )
        for row in rows.filter(pl.col("DATE").is_null()).iter_rows(named=True)
    ]
    dates = (
        rows.filter(pl.col("DATE").is_not_null())
        .group_by(KEYS)
        .agg(pl.col("DATE").min(), pl.col("DATE").max().alias("LAST"))
    )
    if name == "last_dose":
        return dates.select(*KEYS, DATE="LAST").sort(KEYS), findings
    if name == "first_dose":
        return dates.select(*KEYS, "DATE").sort(KEYS), findings
    findings += [
        Finding(
            severity="warning",
            code="two-dates",
            dataset=place.domain,
            row_key=f"USUBJID={row['USUBJID']}",
            variable=place.variable,
            seen=f"{row['DATE']} and {row['LAST']}",
            expected=f"one date of {name}",
            effect=f"the earlier is used: {row['DATE']}",
            subject=row["USUBJID"],
        )
        for row in dates.filter(pl.col("DATE") != pl.col("LAST")).sort(KEYS).iter_rows(named=True)
    ]
    return dates.select(*KEYS, "DATE").sort(KEYS), findings
