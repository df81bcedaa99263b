"""Response of a biomarker: a fall from an elevated baseline by a percentage, with the same assay.

Baseline is the last value on or before the first dose (else randomization). It is elevated where it lies above the
upper limit (LBSTNRHI) of its own row: that of the laboratory that measured it. Later values count if they lie before
the day of the first progression, new anticancer therapy or crossover, and if their assay (LBMETHOD, and LBNAM where
there is no method) is that of the baseline; another unit is converted. Whoever belongs to the denominator and has no
such value did not respond.
"""

from dataclasses import dataclass

import polars as pl

from equipoise.cdisc import Finding
from equipoise.derive.adrs import Responses
from equipoise.derive.biomarker_units import MOLAR_MASSES, in_unit
from equipoise.derive.imputation import complete_date
from equipoise.derive.source import KEYS, Source, domain_code
from equipoise.derive.therapies import response_ends
from equipoise.protocol import Endpoint, SdtmHome, population_flag
from equipoise.terms import Assessor, Response

__all__ = ["VALUE_STEMS", "add_biomarkers"]

VALUE_STEMS = ("DTC", "STRESN", "STRESU", "STNRHI", "METHOD", "NAM", "SEQ")
"""What is read of a value, without the two letters of its domain."""


@dataclass(frozen=True, slots=True)
class _Test:
    """One test of a findings domain."""

    home: SdtmHome
    code: str
    percent: float


def add_biomarkers(
    source: Source, adsl: pl.DataFrame, adrs: pl.DataFrame, responses: Responses
) -> tuple[pl.DataFrame, list[Finding]]:
    """Add the rows of every biomarker endpoint to ADRS: one per member of the denominator.

    Parameters
    ----------
    adrs
        Responses so far.
    responses
        Readings by assessor, for the first progression.

    Returns
    -------
    tuple
        ADRS with AVALC Y or N and the day of the response, and what was wrong with the values.
    """
    parts, findings = [adrs], list[Finding]()
    for endpoint in source.protocol.endpoints.values():
        if endpoint.kind == "biomarker_response" and endpoint.measure is not None:
            rows, found = _endpoint(source, adsl, responses, endpoint)
            parts.append(_as_adrs(rows, adsl, adrs))
            findings += found
    return pl.concat(parts), findings


def _as_adrs(rows: pl.DataFrame, adsl: pl.DataFrame, adrs: pl.DataFrame) -> pl.DataFrame:
    rows = rows.join(adsl.select(*KEYS, "RANDDT"), on=KEYS, how="left", maintain_order="left")
    days = (pl.col("ADT") - pl.col("RANDDT")).dt.total_days()
    rows = rows.with_columns(
        ADY=days + (days >= 0).cast(pl.Int64),
        AVAL=(pl.col("AVALC") == "Y").cast(pl.Float64),
        ANL01FL=pl.lit("Y"),
        **{c: pl.lit(None, dtype=pl.String) for c in ("ASSESSOR", "ADTF", "RSSEQ")},
    )
    return rows.select(pl.col(name).cast(dtype) for name, dtype in adrs.schema.items())


def _endpoint(
    source: Source, adsl: pl.DataFrame, responses: Responses, endpoint: Endpoint
) -> tuple[pl.DataFrame, list[Finding]]:
    home = endpoint.measure
    percent = endpoint.decrease_percent
    if home is None or percent is None:
        raise ValueError(f"{endpoint.paramcd}: a biomarker response needs its measure and decrease_percent")
    people = adsl.filter((pl.col("RANDFL") == "Y") & pl.col("RANDDT").is_not_null())
    if endpoint.population is not None:
        people = people.filter(pl.col(population_flag(endpoint.population)) == "Y")
    people = people.select(*KEYS, "RANDDT", START=pl.coalesce("TRTSDT", "RANDDT"))
    people = people.join(_ends(source, adsl, responses), on=KEYS, how="left", maintain_order="left")
    values, findings = _values(source, _Test(home, domain_code(home.domain), percent), people)
    base = values.filter(pl.col("ADT") <= pl.col("START")).sort([*KEYS, "ADT", "SEQ", "AVAL"], nulls_last=True)
    base = base.unique(KEYS, keep="last", maintain_order=True).select(
        *KEYS, BASE="AVAL", BUNIT="UNIT", BHIGH="HIGH", BASSAY="ASSAY"
    )
    if endpoint.above_normal_only:
        unknown = base.filter(pl.col("BHIGH").is_null())
        findings += [_no_limit(home, row) for row in unknown.iter_rows(named=True)]
        base = base.filter(pl.col("BASE") > pl.col("BHIGH"))
    base = base.filter(pl.col("BASE") > 0)
    later = values.join(base, on=KEYS, how="inner", maintain_order="left").filter(pl.col("ADT") > pl.col("START"))
    later = later.filter((pl.col("ADT") < pl.col("END")).fill_null(True))
    later, found = _comparable(later, home)
    fallen = later.filter(100 * (pl.col("BASE") - pl.col("AVAL")) >= percent * pl.col("BASE"))
    fallen = _confirmed(fallen, later, percent, endpoint.confirmation_days)
    first = fallen.sort([*KEYS, "ADT", "SEQ"]).unique(KEYS, keep="first", maintain_order=True)
    rows = base.select(KEYS).sort(KEYS).join(first, on=KEYS, how="left", maintain_order="left")
    return rows.select(
        *KEYS,
        PARAMCD=pl.lit(endpoint.paramcd),
        PARAM=pl.lit(endpoint.label),
        AVALC=pl.when(pl.col("ADT").is_not_null()).then(pl.lit("Y")).otherwise(pl.lit("N")),
        AVISIT="VISIT",
        ADT="ADT",
        AVISITN="VISITNUM",
    ), [*findings, *found]


def _ends(source: Source, adsl: pl.DataFrame, responses: Responses) -> pl.DataFrame:
    """Day from which values do not count: first progression (central where it is read), new therapy, crossover."""
    ends = response_ends(source, adsl).select(*KEYS, "DATE")
    assessor = Assessor.CENTRAL if Assessor.CENTRAL in responses else Assessor.LOCAL
    rows = responses.get(assessor)
    if rows is not None:
        progressed = rows.filter("USED", pl.col("AVALC") == Response.PD).select(*KEYS, DATE="ADT")
        ends = pl.concat([ends, progressed])
    return ends.group_by(KEYS).agg(END=pl.col("DATE").min())


def _values(source: Source, test: _Test, people: pl.DataFrame) -> tuple[pl.DataFrame, list[Finding]]:
    """Values with a number and a full date: KEYS, ADT, AVAL, UNIT, HIGH, ASSAY, VISIT, VISITNUM, SEQ, START, END."""
    home, code = test.home, test.code
    schema = {
        **dict.fromkeys([*KEYS, "UNIT", "ASSAY", "VISIT"], pl.String),
        "ADT": pl.Date,
        "START": pl.Date,
        "END": pl.Date,
        "AVAL": pl.Float64,
        "HIGH": pl.Float64,
        "VISITNUM": pl.Float64,
        "SEQ": pl.Int64,
    }
    if home.domain not in source.data or not source.has(home.domain, f"{code}TESTCD", f"{code}DTC"):
        return pl.DataFrame(schema=schema), []
    where = {**home.where, **({f"{code}TESTCD": (home.testcd,)} if home.testcd else {})}
    number = home.variable or f"{code}STRESN"
    names = [number, *(f"{code}{stem}" for stem in VALUE_STEMS), "VISIT", "VISITNUM"]
    rows = source.rows(home.domain, where, names).join(people, on=KEYS, how="inner", maintain_order="left")

    def text(stem: str) -> pl.Expr:
        value = pl.col(f"{code}{stem}").cast(pl.String).str.strip_chars()
        return pl.when(value != "").then(value)

    method = text("METHOD")
    value = pl.col(number).cast(pl.Float64, strict=False)
    table = rows.select(
        *KEYS,
        "START",
        "END",
        ADT=complete_date(pl.col(f"{code}DTC").cast(pl.String)),
        AVAL=value,
        UNIT=text("STRESU"),
        HIGH=pl.col(f"{code}STNRHI").cast(pl.Float64, strict=False),
        ASSAY=pl.coalesce(method, text("NAM")),
        VISIT=pl.col("VISIT").cast(pl.String),
        VISITNUM=pl.col("VISITNUM").cast(pl.Float64, strict=False),
        SEQ=pl.col(f"{code}SEQ").cast(pl.Int64, strict=False),
    )
    undated = table.filter(pl.col("ADT").is_null() & pl.col("AVAL").is_not_null())
    negative = table.filter(pl.col("AVAL") < 0)
    findings = [
        _finding(home, row, "partial-date", "no full date", "a complete date") for row in undated.iter_rows(named=True)
    ]
    findings += [
        _finding(home, row, "value-negative", f"{row['AVAL']:g}", "0 or more") for row in negative.iter_rows(named=True)
    ]
    usable = pl.col("ADT").is_not_null() & pl.col("AVAL").is_finite() & (pl.col("AVAL") >= 0)
    return table.filter(usable.fill_null(False)), findings


def _comparable(rows: pl.DataFrame, home: SdtmHome) -> tuple[pl.DataFrame, list[Finding]]:
    """Values of the assay of the baseline, in its unit."""
    same = pl.col("ASSAY").str.to_uppercase().eq_missing(pl.col("BASSAY").str.to_uppercase())
    findings = [
        _finding(
            home,
            row,
            "other-assay",
            f"{row['ASSAY'] or 'no assay'}",
            f"the assay of the baseline: {row['BASSAY'] or 'none'}",
        )
        for row in rows.filter(~same).iter_rows(named=True)
    ]
    rows = in_unit(rows.filter(same), MOLAR_MASSES.get(home.testcd or ""))
    findings += [
        _finding(home, row, "unit-unknown", f"{row['UNIT']}", f"{row['BUNIT']}, or a unit that can be converted")
        for row in rows.filter(pl.col("AVAL").is_null()).iter_rows(named=True)
    ]
    return rows.filter(pl.col("AVAL").is_not_null()), findings


def _confirmed(fallen: pl.DataFrame, later: pl.DataFrame, percent: float, days: int | None) -> pl.DataFrame:
    """Falls that are seen again; all where no confirmation is asked for."""
    if days is None:
        return fallen
    again = later.filter(100 * (pl.col("BASE") - pl.col("AVAL")) >= percent * pl.col("BASE")).select(*KEYS, AGAIN="ADT")
    pairs = fallen.join(again, on=KEYS).filter((pl.col("AGAIN") - pl.col("ADT")).dt.total_days() >= max(days, 1))
    return fallen.join(pairs.select(*KEYS, "ADT").unique(), on=[*KEYS, "ADT"], how="semi", maintain_order="left")


def _finding(home: SdtmHome, row: dict[str, object], code: str, seen: str, expected: str) -> Finding:
    prefix = domain_code(home.domain)
    return Finding(
        severity="warning",
        code=code,
        dataset=home.domain,
        row_key=f"USUBJID={row['USUBJID']}, {prefix}SEQ={row['SEQ']}, visit={row['VISIT'] or row['ADT']}",
        variable=f"{prefix}STRESN",
        seen=f"{home.testcd or home.variable}: {seen}",
        expected=expected,
        effect="the value does not count for the biomarker response",
        subject=str(row["USUBJID"]),
    )


def _no_limit(home: SdtmHome, row: dict[str, object]) -> Finding:
    prefix = domain_code(home.domain)
    return Finding(
        severity="warning",
        code="limit-missing",
        dataset=home.domain,
        row_key=f"USUBJID={row['USUBJID']}",
        variable=f"{prefix}STNRHI",
        seen=f"{home.testcd or home.variable}: baseline {row['BASE']:g} without an upper limit",
        expected="the upper limit of normal of the laboratory that measured it",
        effect="not known to be elevated: not in the denominator",
        subject=str(row["USUBJID"]),
    )
