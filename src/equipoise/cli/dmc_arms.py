"""The protocol and the data of a look without arms (open report), and with arms as letters (closed report).

The open report is made from data that no longer hold an arm: nothing is masked afterwards, so nothing can show through.
"""

import re
from collections.abc import Mapping
from typing import Any

import polars as pl

from equipoise.cdisc import Sdtm
from equipoise.protocol import Protocol
from equipoise.terms import DateName

__all__ = ["POOLED", "lettered_protocol", "pooled_data", "pooled_protocol", "with_everybody", "without_codes"]

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
NO_ARM = frozenset(
    {
        *("SCRNFAIL", "SCREEN FAILURE", "NOTASSGN", "NOT ASSIGNED", "NOTTRT", "NOT TREATED", "UNPLAN"),
        *("UNPLANNED TREATMENT", "SCRNFL", "SCREENFAIL"),
    }
)
"""What ARM and ARMCD hold of patients without an arm."""
WORDS_IN = frozenset({"AE", "CE", "CM", "CO", "DS", "DV", "FA", "HO", "LB", "PR", "QS", "RS", "SV", "TR", "TU", "VS"})
"""Data sets with words of people in them."""
UNSEARCHED = ("STUDYID", "DOMAIN", "RDOMAIN", "USUBJID")
NAMED = 4
"""Letters from which the name of an arm or treatment is looked for in words."""
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
    """Return the data without any arm, treatment or dose: equal for every assignment of arms.

    Treatment that began after the first (crossover, open extension) is left out, as only one arm may have it; names of
    arms and treatments in words of people read "treatment".
    """
    kept = {field.sdtm.qnam for field in protocol.baseline.values() if field.sdtm is not None and field.sdtm.qnam}
    kept |= {s.sdtm.qnam for s in protocol.strata().values() if s.sdtm is not None and s.sdtm.qnam}
    found = {}
    for name, frame in data.datasets.items():
        if name in TELLING:
            continue
        if name == "EX":
            frame = _first_treatment(protocol, frame)  # noqa: PLW2901
        elif name == "SUPPDM" and "QNAM" in frame.columns:
            frame = frame.filter(pl.col("QNAM").is_in(sorted(kept)))  # noqa: PLW2901
        elif name in WORDS_IN or name.startswith("SUPP"):
            frame = _without_names(protocol, frame)  # noqa: PLW2901
        found[name] = _without_arms(frame, is_dm=name == "DM")
    return Sdtm(datasets=found, files={name: name for name in found}, findings=())


def _first_treatment(protocol: Protocol, frame: pl.DataFrame) -> pl.DataFrame:
    """Make one row of EX a patient: when the treatment that came first began and ended.

    The number of rows (changes of dose, drugs given together) and treatment that began later would tell arms apart.
    """
    if not {"USUBJID", "EXTRT", "EXSTDTC", "EXENDTC"} <= set(frame.columns):
        present = [column for column in EXPOSURE if column in frame.columns]
        return frame.select(present).with_columns(EXTRT=pl.lit(POOLED_CODE))
    together: dict[str, set[str]] = {}
    for name, arm in protocol.arms.items():
        given = {code.upper() for code in (name, arm.label, *arm.sdtm, *arm.treatments)}
        for code in given:
            together[code] = together.get(code, set()) | given
    periods: dict[str, list[tuple[str, str | None, str]]] = {}
    text = frame.select("USUBJID", *(pl.col(c).cast(pl.String) for c in ("EXSTDTC", "EXENDTC", "EXTRT")))
    for subject, start, end, treatment in text.rows():
        periods.setdefault(subject, []).append((start or "", end, (treatment or "").strip().upper()))
    rows = []
    for subject in sorted(periods):
        started = sorted(periods[subject], key=lambda p: (p[0], p[1] or "", p[2]))
        dated = [p for p in started if p[0]] or started
        begun = {treatment for start, _, treatment in dated if start == dated[0][0]}
        own = begun.union(*(together.get(code, set()) for code in begun))
        first = [p for p in dated if p[2] in own]
        ends = [end for _, end, _ in first if end is not None]
        open_end = all(end is None for start, end, _ in first if start == first[-1][0])
        rows.append((subject, first[0][0] or None, None if open_end else max(ends, default=None)))
    study = frame["STUDYID"][0] if "STUDYID" in frame.columns and frame.height else protocol.study_id
    dates = pl.DataFrame(rows, schema=dict.fromkeys(("USUBJID", "EXSTDTC", "EXENDTC"), pl.String), orient="row")
    return dates.with_columns(
        STUDYID=pl.lit(study), DOMAIN=pl.lit("EX"), EXSEQ=pl.lit(1.0), EXTRT=pl.lit(POOLED_CODE)
    ).select(EXPOSURE)


def _without_names(protocol: Protocol, frame: pl.DataFrame) -> pl.DataFrame:
    names = {
        code for name, arm in protocol.arms.items() for code in (name, arm.label, *arm.treatments) if len(code) >= NAMED
    }
    frame = frame.drop([c for c in ("EPOCH",) if c in frame.columns])
    if not names:
        return frame
    pattern = r"(?i)\b(" + "|".join(re.escape(name) for name in sorted(names, key=lambda n: (-len(n), n))) + r")\b"
    searched = [
        c for c in frame.columns if frame.schema[c] == pl.String and c not in UNSEARCHED and not c.endswith("TESTCD")
    ]
    return frame.with_columns(pl.col(c).str.replace_all(pattern, "treatment") for c in searched)


def _without_arms(frame: pl.DataFrame, *, is_dm: bool) -> pl.DataFrame:
    telling = [c for c in (*ARM_COLUMNS, *FURTHER_ARM_COLUMNS) if c in frame.columns]
    if not is_dm:
        return frame.drop(telling)
    named = [c for c in ("ARMCD", "ARM") if c in frame.columns]
    none = pl.any_horizontal(
        pl.lit(value=False),
        *(pl.col(c).cast(pl.String).str.strip_chars().str.to_uppercase().is_in(sorted(NO_ARM)) for c in named),
    ).fill_null(value=False)
    empty = pl.all_horizontal(pl.lit(value=True), *(pl.col(c).is_null() for c in named))
    pooled = [
        pl.when(none).then(pl.col(c).cast(pl.String)).when(empty).then(None).otherwise(pl.lit(POOLED_CODE)).alias(c)
        for c in named
    ]
    return frame.with_columns(pooled).drop([c for c in telling if c not in named])


def with_everybody(data: Sdtm) -> Sdtm:
    """Put everybody who was randomized into the pooled arm: blinded data leave the arm empty."""
    dm = data.datasets["DM"]
    whole = [pl.coalesce(pl.col(c), pl.lit(POOLED_CODE)).alias(c) for c in ("ARMCD", "ARM") if c in dm.columns]
    return Sdtm(datasets=data.datasets | {"DM": dm.with_columns(whole)}, files=data.files, findings=data.findings)


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
        arms = sorted(ids[arm] for arm in analysis["arms"]) if analysis["arms"] else None
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
