"""The protocol and the data of a look without arms (open report), and with arms as letters (closed report).

The open report is made from data that no longer hold an arm: nothing is masked afterwards, so nothing can show through.
"""

from collections.abc import Mapping
from typing import Any

import polars as pl

from equipoise.cdisc import Sdtm
from equipoise.protocol import Protocol
from equipoise.terms import DateName

__all__ = ["POOLED", "lettered_protocol", "pooled_data", "pooled_protocol", "without_codes"]

POOLED = "all_patients"
POOLED_CODE = "POOLED"
ARM_COLUMNS = ("ARM", "ARMCD", "ACTARM", "ACTARMCD")
FURTHER_ARM_COLUMNS = ("ARMNRS", "ACTARMUD")
TELLING = frozenset(
    {"DA", "DD", "EC", "PC", "PP", "SE", "SUPPDA", "SUPPEC", "SUPPEX", "SUPPSE", "TA", "TE", "TV", "XP"}
)
"""Data sets that hold the treatment, or follow from it."""
EXPOSURE = ("STUDYID", "DOMAIN", "USUBJID", "EXSEQ", "EXTRT", "EXSTDTC", "EXENDTC")
"""Columns of EX that say when somebody was treated, and not with what."""
ANALYSIS = ("endpoint", "population", "role", "cohort", "conf_level")
BY_ARM_ONLY = ("deterioration", "change")


def pooled_protocol(protocol: Protocol, *, endpoint: Mapping[str, str]) -> Protocol:
    """Return the protocol with one arm that holds everybody, without comparisons, crossover and questionnaires.

    Parameters
    ----------
    protocol
        The protocol.
    endpoint
        Analysis -> endpoint read at this look, where it is not the final one.
    """
    content = _dump(protocol)
    content["arms"] = {
        POOLED: {"label": "All patients", "role": "experimental", "sdtm": [POOLED_CODE], "treatments": [POOLED_CODE]}
    }
    content["randomization"].update(
        {"ratio": {POOLED: 1}, "method": {"permuted_blocks": {"sizes": [1]}}, "assumed": False, "note": None}
    )
    for cohort in content["cohorts"].values():
        cohort.update({"ratio": None, "method": None})
    content.update({"crossover": None, "instruments": [], "subgroups": {}, "data_cuts": {}})
    content["safety"]["test_terms"] = False
    after = {name for name, e in protocol.endpoints.items() if e.origin is DateName.FIRST_CROSSOVER_DOSE}
    content["endpoints"] = {name: e for name, e in content["endpoints"].items() if name not in after}
    content["analyses"] = {
        name: {key: analysis[key] for key in ANALYSIS} | {"endpoint": endpoint.get(name, analysis["endpoint"])}
        for name, analysis in content["analyses"].items()
        if analysis["endpoint"] not in after and protocol.endpoints[analysis["endpoint"]].kind not in BY_ARM_ONLY
    }
    return Protocol.model_validate(content)


def pooled_data(protocol: Protocol, data: Sdtm) -> Sdtm:
    """Return the data without any arm, treatment or dose: equal for every assignment of arms."""
    codes = {
        code.upper() for name, arm in protocol.arms.items() for code in (name, arm.label, *arm.sdtm, *arm.treatments)
    }
    kept = {field.sdtm.qnam for field in protocol.baseline.values() if field.sdtm is not None and field.sdtm.qnam}
    kept |= {s.sdtm.qnam for s in protocol.strata().values() if s.sdtm is not None and s.sdtm.qnam}
    found = {}
    for name, frame in data.datasets.items():
        if name in TELLING:
            continue
        if name == "EX":
            present = [column for column in EXPOSURE if column in frame.columns]
            frame = frame.select(present).with_columns(EXTRT=pl.lit(POOLED_CODE))  # noqa: PLW2901
        elif name == "SUPPDM" and "QNAM" in frame.columns:
            frame = frame.filter(pl.col("QNAM").is_in(sorted(kept)))  # noqa: PLW2901
        found[name] = _without_arms(frame, codes, is_dm=name == "DM")
    return Sdtm(datasets=found, files={name: name for name in found}, findings=())


def _without_arms(frame: pl.DataFrame, codes: set[str], *, is_dm: bool) -> pl.DataFrame:
    telling = [c for c in (*ARM_COLUMNS, *FURTHER_ARM_COLUMNS) if c in frame.columns]
    if not is_dm:
        return frame.drop(telling)
    known = sorted(codes)
    named = [c for c in ("ARMCD", "ARM") if c in frame.columns]
    pooled = pl.any_horizontal(
        pl.col(c).cast(pl.String).str.to_uppercase().is_in(known).fill_null(False) for c in named
    )
    fixed = [pl.when(pooled).then(pl.lit(POOLED_CODE)).otherwise(pl.col(c).cast(pl.String)).alias(c) for c in named]
    return frame.with_columns(fixed).drop([c for c in telling if c not in named])


def lettered_protocol(protocol: Protocol, letters: Mapping[str, str], *, endpoint: Mapping[str, str]) -> Protocol:
    """Return the protocol with its arms as letters, in their order; codes of the data still lead to them.

    Parameters
    ----------
    protocol
        The protocol.
    letters
        Arm -> letter.
    endpoint
        Analysis -> endpoint read at this look, where it is not the final one.
    """
    content = _dump(protocol)
    ids = {arm: f"arm_{letter.lower()}" for arm, letter in letters.items()}
    order = sorted(letters, key=lambda arm: letters[arm])
    content["arms"] = {
        ids[arm]: content["arms"][arm]
        | {
            "label": letters[arm],
            "role": "experimental",
            "sdtm": [arm, protocol.arms[arm].label, *protocol.arms[arm].sdtm],
            "assumed": False,
            "note": None,
        }
        for arm in order
    }
    content["randomization"]["ratio"] = _renamed(content["randomization"]["ratio"], ids)
    for cohort in content["cohorts"].values():
        cohort["ratio"] = _renamed(cohort["ratio"], ids) if cohort["ratio"] else None
    if content["crossover"] is not None:
        for key in ("from", "to"):
            content["crossover"][key] = ids[content["crossover"][key]]
    for name, analysis in content["analyses"].items():
        arms = [ids[arm] for arm in analysis["arms"]] if analysis["arms"] else None
        pairs = [sorted((ids[a], ids[b])) for a, b in protocol.comparisons(protocol.analyses[name])]
        sides = {"sided": 2, "alpha": min(0.999, analysis["alpha"] * (2 if analysis["sided"] == 1 else 1))}
        analysis.update({"arms": arms, "comparisons": pairs or None, "interims": [], "design": None, **sides})
        analysis["endpoint"] = endpoint.get(name, analysis["endpoint"])
        if "crossover_adjustment" in analysis:
            analysis["crossover_adjustment"] = None
    content["data_cuts"] = {}
    for analysis in content["analyses"].values():
        analysis["data_cut"] = None
    return Protocol.model_validate(content)


def without_codes(protocol: Protocol) -> Protocol:
    """Return a lettered protocol without what tells the letters apart, for results and report."""
    content = _dump(protocol)
    for arm in content["arms"].values():
        arm.update({"sdtm": [], "treatments": [], "dose_levels": [], "dose_unit": None, "schedule": None})
        arm["doses_per_day"] = None
    content["crossover"] = None
    return Protocol.model_validate(content)


def _renamed(ratio: Mapping[str, int], ids: Mapping[str, str]) -> dict[str, int]:
    """Return a ratio with its arms as letters, in the order of the letters."""
    return {new: ratio[old] for new, old in sorted((ids[arm], arm) for arm in ratio)}


def _dump(protocol: Protocol) -> dict[str, Any]:
    return protocol.model_dump(mode="json", by_alias=True)
