"""Assigned arm and treatment actually taken first."""

import polars as pl

from equipoise.cdisc import Finding
from equipoise.derive.source import KEYS, Source
from equipoise.protocol import Protocol

__all__ = ["assigned_arm", "label_of", "number_of", "received_arm", "wrong_kits"]


def _by_code(protocol: Protocol) -> dict[str, str]:
    """Spelling in the data, in upper case, -> arm."""
    codes: dict[str, str] = {}
    for name, arm in protocol.arms.items():
        for code in (name, arm.label, *arm.sdtm):
            codes.setdefault(code.upper(), name)
    return codes


def _arm_of(frame: pl.DataFrame, protocol: Protocol, *variables: str) -> pl.Expr:
    codes = _by_code(protocol)
    known = [v for v in variables if v in frame.columns]
    if not known:
        return pl.lit(None, dtype=pl.String)
    return pl.coalesce(
        pl.col(v).cast(pl.String).str.to_uppercase().replace_strict(codes, default=None, return_dtype=pl.String)
        for v in known
    )


def assigned_arm(source: Source) -> tuple[pl.DataFrame, list[Finding]]:
    """KEYS, ARMID and ARMCD of every subject of DM; an arm the protocol does not know is a finding."""
    frame = source.rows("DM")
    failure = [code.upper() for code in source.protocol.data.screen_failure]
    code = pl.coalesce(v for v in ("ARMCD", "ARM") if v in frame.columns)
    frame = frame.with_columns(ARMID=_arm_of(frame, source.protocol, "ARMCD", "ARM"), _CODE=code)
    unknown = frame.filter(
        pl.col("ARMID").is_null() & pl.col("_CODE").is_not_null() & ~pl.col("_CODE").str.to_uppercase().is_in(failure)
    )
    findings = [
        Finding(
            severity="error",
            code="arm-unknown",
            dataset="DM",
            row_key=f"USUBJID={row['USUBJID']}",
            variable="ARMCD",
            seen=row["_CODE"],
            expected=f"an arm of the protocol ({', '.join(source.protocol.arms)}, or a value of its sdtm list)",
            effect="the subject counts as not randomized",
            subject=row["USUBJID"],
        )
        for row in unknown.iter_rows(named=True)
    ]
    return frame.select(*KEYS, "ARMID"), findings


def received_arm(source: Source, doses: pl.DataFrame, assigned: pl.DataFrame) -> pl.DataFrame:
    """KEYS and AARMID of every treated subject: the arm of the treatment taken first.

    By exposure: among arms with that treatment, the one whose dose levels hold the first dose, else the assigned one,
    else the actual arm of DM, else the first in the protocol. By actual arm: ACTARMCD, else ACTARM.
    """
    protocol = source.protocol
    actual = source.rows("DM")
    actual = actual.with_columns(ACTUAL=_arm_of(actual, protocol, "ACTARMCD", "ACTARM")).select(*KEYS, "ACTUAL")
    first = (
        doses.unique(KEYS, keep="first", maintain_order=True)
        .join(actual, on=KEYS, how="left")
        .join(assigned.select(*KEYS, "ARMID"), on=KEYS, how="left")
    )
    if protocol.data.arm_received_from == "actual_arm" or "EXDOSE" not in first.columns:
        return first.select(*KEYS, AARMID=pl.coalesce("ACTUAL", "ARMID")).sort(KEYS)
    given = pl.col("EXTRT").str.to_uppercase()
    candidates = []
    for name, arm in protocol.arms.items():
        fits = given.is_in([t.upper() for t in (*arm.treatments, *((arm.label,) if not arm.treatments else ()))])
        if arm.dose_levels:
            dose = pl.col("EXDOSE").is_in([float(x) for x in arm.dose_levels]) | pl.col("EXDOSE").is_null()
        else:
            dose = pl.lit(True)
        candidates.append((name, fits.fill_null(False), fits.fill_null(False) & dose.fill_null(False)))
    best: list[pl.Expr] = []
    for choice in (2, 1):
        for preferred in ("ARMID", "ACTUAL"):
            best += [
                pl.when(item[choice] & (pl.col(preferred) == item[0])).then(pl.lit(item[0])) for item in candidates
            ]
        best += [pl.when(item[choice]).then(pl.lit(item[0])) for item in candidates]
    return first.select(*KEYS, AARMID=pl.coalesce(*best, "ACTUAL", "ARMID")).sort(KEYS)


def wrong_kits(source: Source, doses: pl.DataFrame, assigned: pl.DataFrame) -> list[Finding]:
    """Doses of a treatment that only other arms have, other than crossover treatment."""
    arms = source.protocol.arms
    everywhere = {t.upper() for arm in arms.values() for t in arm.treatments}
    foreign = (
        pl.any_horizontal(
            (pl.col("ARMID") == name) & pl.col("EXTRT").str.to_uppercase().is_in(sorted(everywhere - own))
            for name, arm in arms.items()
            if (own := {t.upper() for t in arm.treatments})
        )
        if everywhere
        else pl.lit(False)
    )
    rows = doses.join(assigned.select(*KEYS, "ARMID"), on=KEYS, how="inner", maintain_order="left")
    return [
        Finding(
            severity="warning",
            code="kit-of-other-arm",
            dataset="EX",
            row_key=f"USUBJID={row['USUBJID']}, EXSEQ={row['EXSEQ']}",
            variable="EXTRT",
            seen=f"{row['EXTRT']} from {row['START']} to {row['END']}",
            expected=f"a treatment of {row['ARMID']}: {', '.join(arms[row['ARMID']].treatments)}",
            effect="the dose counts; the arm received is that of the first dose",
            subject=row["USUBJID"],
        )
        for row in rows.filter(foreign & (pl.col("PHASE") == 1)).iter_rows(named=True)
    ]


def label_of(protocol: Protocol, variable: str) -> pl.Expr:
    """Label of the arm named in a variable."""
    labels = {name: arm.label for name, arm in protocol.arms.items()}
    return pl.col(variable).replace_strict(labels, default=None, return_dtype=pl.String)


def number_of(protocol: Protocol, variable: str) -> pl.Expr:
    """Place of the arm in the protocol, from 1."""
    numbers = {name: place for place, name in enumerate(protocol.arms, start=1)}
    return pl.col(variable).replace_strict(numbers, default=None, return_dtype=pl.Int32)
