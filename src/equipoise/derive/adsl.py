"""ADSL: one row per subject of DM, screen failures included.

Read from top to bottom it is the whole derivation: arms, dates, doses, death and life, baseline, strata, populations,
disposition.
"""

from dataclasses import dataclass

import polars as pl

from equipoise.cdisc import Finding
from equipoise.derive.arms import assigned_arm, label_of, number_of, received_arm, wrong_kits
from equipoise.derive.baseline import add_baseline
from equipoise.derive.dates import collected_date
from equipoise.derive.death import add_death
from equipoise.derive.disposition import stops
from equipoise.derive.exposure import dose_rows, dose_spans
from equipoise.derive.imputation import complete_date
from equipoise.derive.populations import add_cohort, add_eligible, population_columns
from equipoise.derive.source import KEYS, Source
from equipoise.derive.status import add_status
from equipoise.derive.strata import strata_columns
from equipoise.protocol import adsl_variables, population_flag, population_reason

__all__ = ["Subjects", "derive_adsl"]


_FIRST = "STUDYID USUBJID SUBJID SITEID COHORT ARMID AARMID TRT01P TRT01A TRT01PN TRT01AN RANDFL RANDDT RFICDT"
_THEN = (
    "TRTSDT TRTEDT TRTEDTF TR02SDT TR02EDT TR02EDTF CROSSFL DTHFL DTHDT DTHDTF DTHCAUS LSTALVDT EOTSTT EOTDT DCTREAS "
    "EOSSTT EOSDT DCSREAS SCRFREAS"
)


@dataclass(frozen=True, slots=True)
class Subjects:
    """ADSL with what the other data sets need beside it."""

    adsl: pl.DataFrame
    table: pl.DataFrame
    """ADSL without baseline fields, with REGDT and the source of the date of death (DTHDOM, DTHVAR, DTHSEQ)."""
    doses: pl.DataFrame
    """Dosing records, see ``exposure.dose_rows``."""
    deaths: pl.DataFrame
    """KEYS, DTHDT, DTHDTF and the source of the date."""
    findings: tuple[Finding, ...]


def derive_adsl(source: Source) -> Subjects:
    """Derive the subject-level data set."""
    findings: list[Finding] = []
    table, found = assigned_arm(source)
    findings += found
    table, found = _add_dates(source, table)
    findings += found
    table, deaths, found = add_death(source, table)
    findings += found
    table = _add_stops(source, table, deaths)
    doses, found = dose_rows(source, table)
    findings += found
    table, found = _add_doses(source, table, doses)
    findings += found
    facts, found = _facts(source, table)
    findings += found
    strata, found = strata_columns(source, facts)
    findings += found
    table = table.join(facts.select(*KEYS, "COHORT"), on=KEYS, how="left", maintain_order="left")
    table, found = add_status(source, table)
    findings += found
    for part in (strata, population_columns(source.protocol, facts), _baseline_variables(source, facts)):
        table = table.join(part, on=KEYS, how="left", maintain_order="left")
    findings += [*_not_randomized_on_date(table), *_wrong_treatment(table), *wrong_kits(source, doses, table)]
    adsl = _select(source, table, strata.columns[len(KEYS) :])
    extra = table.select(*KEYS, "REGDT", "DTHDOM", "DTHVAR", "DTHSEQ")
    # variables that the protocol names must not meet those of the steps that follow
    wide = adsl.drop(adsl_variables(source.protocol).values()).join(extra, on=KEYS, how="left", maintain_order="left")
    return Subjects(adsl=adsl, table=wide, doses=doses, deaths=deaths, findings=tuple(findings))


def _add_dates(source: Source, table: pl.DataFrame) -> tuple[pl.DataFrame, list[Finding]]:
    findings: list[Finding] = []
    for name, variable in (("consent", "RFICDT"), ("registration", "REGDT"), ("randomization", "RANDDT")):
        dates, found = collected_date(source, name)  # type: ignore[arg-type]
        findings += found
        table = table.join(dates.rename({"DATE": variable}), on=KEYS, how="left", maintain_order="left")
    assigned = pl.col("ARMID").is_not_null()
    return table.with_columns(
        RANDDT=pl.when(assigned).then(pl.col("RANDDT")),
        RANDFL=pl.when(assigned).then(pl.lit("Y")).otherwise(pl.lit("N")),
    ), findings


def _add_doses(source: Source, table: pl.DataFrame, doses: pl.DataFrame) -> tuple[pl.DataFrame, list[Finding]]:
    if doses.is_empty() and source.has("DM", "RFXSTDTC"):
        first = _reference_exposure(source)
    else:
        first = dose_spans(doses, 1).rename({"FIRST": "TRTSDT", "LAST": "TRTEDT", "LASTF": "TRTEDTF"})
    second = dose_spans(doses, 2).rename({"FIRST": "TR02SDT", "LAST": "TR02EDT", "LASTF": "TR02EDTF"})
    for part in (first, second):
        table = table.join(part, on=KEYS, how="left", maintain_order="left")
    findings: list[Finding] = []
    for name, variable in (("first_dose", "TRTSDT"), ("last_dose", "TRTEDT")):
        if name in source.protocol.data.dates:
            dates, found = collected_date(source, name)
            findings += found
            declared = dates.rename({"DATE": "DECLARED"})
            table = table.join(declared, on=KEYS, how="left", maintain_order="left")
            table = table.with_columns(pl.col("DECLARED").alias(variable)).drop("DECLARED")
            if name == "last_dose":
                table = table.with_columns(TRTEDTF=pl.lit(None, dtype=pl.String))
    crossed = pl.when(pl.col("TR02SDT").is_not_null()).then(pl.lit("Y")).otherwise(pl.lit("N"))
    table = table.with_columns(CROSSFL=crossed)
    table = table.join(received_arm(source, doses, table), on=KEYS, how="left", maintain_order="left")
    treated = pl.col("TRTSDT").is_not_null()
    return table.with_columns(AARMID=pl.when(treated).then(pl.coalesce("AARMID", "ARMID"))), findings


def _reference_exposure(source: Source) -> pl.DataFrame:
    """First and last dose from DM where there is no EX."""
    dm = source.rows("DM", columns=["RFXSTDTC", "RFXENDTC"])
    return dm.select(
        *KEYS,
        TRTSDT=complete_date(pl.col("RFXSTDTC")),
        TRTEDT=complete_date(pl.col("RFXENDTC")),
        TRTEDTF=pl.lit(None, dtype=pl.String),
    )


def _facts(source: Source, table: pl.DataFrame) -> tuple[pl.DataFrame, list[Finding]]:
    """The built-in facts and baseline fields of every subject, named as in the protocol."""
    facts = table.select(
        *KEYS,
        consent="RFICDT",
        registration="REGDT",
        randomization="RANDDT",
        first_dose="TRTSDT",
        randomized=pl.col("RANDFL") == "Y",
        treated=pl.col("TRTSDT").is_not_null(),
    )
    facts, findings = add_baseline(source, facts)
    facts = add_eligible(source.protocol, facts)
    return add_cohort(source.protocol, facts), findings


def _baseline_variables(source: Source, facts: pl.DataFrame) -> pl.DataFrame:
    columns = []
    for name, variable in adsl_variables(source.protocol).items():
        value = pl.col(name)
        if source.protocol.baseline[name].type == "boolean":
            value = pl.when(value).then(pl.lit("Y")).when(~value).then(pl.lit("N"))
        columns.append(value.alias(variable))
    return facts.select(*KEYS, *columns)


def _add_stops(source: Source, table: pl.DataFrame, deaths: pl.DataFrame) -> pl.DataFrame:
    for what, prefix in (("treatment", "EOT"), ("study", "EOS")):
        stop = stops(source, what, deaths).rename({"DATE": f"{prefix}DT", "TERM": f"{prefix}TERM"})
        table = table.join(stop, on=KEYS, how="left", maintain_order="left")
    return table


def _not_randomized_on_date(table: pl.DataFrame) -> list[Finding]:
    lost = table.filter((pl.col("RANDFL") == "Y") & pl.col("RANDDT").is_null())
    return [
        Finding(
            severity="error",
            code="randomization-date-missing",
            dataset="DM",
            row_key=f"USUBJID={row['USUBJID']}",
            variable="RANDDT",
            seen=f"arm {row['ARMID']}, no complete date of randomization",
            expected="a complete date of randomization: it is never imputed",
            effect="the subject counts as randomized but has no time from randomization",
            subject=row["USUBJID"],
        )
        for row in lost.iter_rows(named=True)
    ]


def _wrong_treatment(table: pl.DataFrame) -> list[Finding]:
    wrong = table.filter(pl.col("AARMID") != pl.col("ARMID"))
    return [
        Finding(
            severity="warning",
            code="other-treatment",
            dataset="EX",
            row_key=f"USUBJID={row['USUBJID']}",
            variable="AARMID",
            seen=f"received {row['AARMID']}",
            expected=f"assigned {row['ARMID']}",
            effect="counted under the assigned arm for efficacy and under the arm received for safety",
            subject=row["USUBJID"],
        )
        for row in wrong.iter_rows(named=True)
    ]


def _select(source: Source, table: pl.DataFrame, strata: list[str]) -> pl.DataFrame:
    """The variables of ADSL in order."""
    dm = source.rows("DM", columns=["SUBJID", "SITEID"]).unique(KEYS, keep="first", maintain_order=True)
    table = table.join(dm, on=KEYS, how="left", maintain_order="left")
    protocol = source.protocol
    table = table.with_columns(
        TRT01P=label_of(protocol, "ARMID"),
        TRT01A=label_of(protocol, "AARMID"),
        TRT01PN=number_of(protocol, "ARMID"),
        TRT01AN=number_of(protocol, "AARMID"),
    )
    flags = [name(p) for p in protocol.populations for name in (population_flag, population_reason)]
    baseline = list(adsl_variables(protocol).values())
    return table.select(*_FIRST.split(), *_THEN.split(), *strata, *flags, *baseline).sort(KEYS)
