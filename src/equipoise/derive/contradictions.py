"""Doses and arms that contradict the randomization: nothing is left out, each is told with its effect."""

import polars as pl

from equipoise.cdisc import Finding
from equipoise.derive.source import KEYS, Source

__all__ = ["contradictions"]


def contradictions(source: Source, adsl: pl.DataFrame, doses: pl.DataFrame) -> list[Finding]:
    """Doses before randomization, doses of subjects not randomized, treatments and actual arms nobody declared.

    Parameters
    ----------
    adsl
        KEYS, RANDFL, RANDDT, ARMID.
    doses
        Dosing records (``exposure.dose_rows``).
    """
    rows = doses.join(adsl.select(*KEYS, "RANDFL", "RANDDT"), on=KEYS, how="inner", maintain_order="left")
    return [*_early(rows), *_not_randomized(rows), *_treatments(source, rows), *_actual_arms(source)]


def _early(rows: pl.DataFrame) -> list[Finding]:
    early = rows.filter((pl.col("RANDFL") == "Y") & (pl.col("START") < pl.col("RANDDT")))
    return [
        Finding(
            severity="error",
            code="dose-before-randomization",
            dataset="EX",
            row_key=f"USUBJID={row['USUBJID']}, EXSEQ={row['EXSEQ']}",
            variable="EXSTDTC",
            seen=str(row["START"]),
            expected=f"on or after randomization, {row['RANDDT']}",
            effect="the dose counts: the first dose lies before randomization",
            subject=row["USUBJID"],
        )
        for row in early.iter_rows(named=True)
    ]


def _not_randomized(rows: pl.DataFrame) -> list[Finding]:
    some = rows.filter(pl.col("RANDFL") == "N").group_by(KEYS, maintain_order=True).agg(N=pl.len(), DAY="START")
    return [
        Finding(
            severity="error",
            code="dose-without-randomization",
            dataset="EX",
            row_key=f"USUBJID={row['USUBJID']}",
            variable="EXSTDTC",
            seen=f"{row['N']} dosing {'record' if row['N'] == 1 else 'records'} from {row['DAY'][0]}",
            expected="doses of randomized subjects only",
            effect="the subject belongs to no population that asks for randomization",
            subject=row["USUBJID"],
        )
        for row in some.iter_rows(named=True)
    ]


def _treatments(source: Source, rows: pl.DataFrame) -> list[Finding]:
    """Treatments that no arm declares, where every arm declares its own."""
    arms = source.protocol.arms.values()
    known = {t.upper() for arm in arms for t in arm.treatments}
    if not all(arm.treatments for arm in arms):
        return []
    other = rows.filter(~pl.col("EXTRT").str.to_uppercase().is_in(sorted(known)) & pl.col("EXTRT").is_not_null())
    counts = other.group_by("EXTRT").agg(N=pl.len(), SUBJECTS=pl.struct(KEYS).n_unique()).sort("EXTRT")
    return [
        Finding(
            severity="warning",
            code="treatment-unknown",
            dataset="EX",
            row_key="",
            variable="EXTRT",
            seen=f"{row['EXTRT']} in {_count(row['N'], 'row')} of {_count(row['SUBJECTS'], 'subject')}",
            expected=f"a treatment of an arm: {', '.join(sorted(known))}",
            effect="counted as a dose; the arm received is then the actual arm of DM, else the assigned one",
        )
        for row in counts.iter_rows(named=True)
    ]


def _actual_arms(source: Source) -> list[Finding]:
    """Actual arms that the protocol does not know."""
    if not source.has("DM", "ACTARMCD"):
        return []
    protocol = source.protocol
    known = {code.upper() for name, arm in protocol.arms.items() for code in (name, arm.label, *arm.sdtm)}
    known |= {code.upper() for code in protocol.data.screen_failure} | {"UNPLAN", "NOTTRT"}
    code = pl.col("ACTARMCD").cast(pl.String).str.strip_chars()
    rows = source.rows("DM", columns=["ACTARMCD"]).filter(~code.str.to_uppercase().is_in(sorted(known)) & (code != ""))
    return [
        Finding(
            severity="warning",
            code="actual-arm-unknown",
            dataset="DM",
            row_key=f"USUBJID={row['USUBJID']}",
            variable="ACTARMCD",
            seen=row["ACTARMCD"],
            expected=f"an arm of the protocol ({', '.join(protocol.arms)}, or a value of its sdtm list)",
            effect="the arm received is read from exposure, else the assigned one is taken",
            subject=row["USUBJID"],
        )
        for row in rows.iter_rows(named=True)
    ]


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'s' * (number != 1)}"
