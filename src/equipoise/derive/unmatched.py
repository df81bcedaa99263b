"""Homes named by the protocol that hold nothing: a data set that is not there, a condition that matches no row.

Nothing stops there, but a whole factor or rule can fall out of the results, so each is a finding of its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

import polars as pl

from equipoise.cdisc import Finding
from equipoise.criteria import RULES
from equipoise.derive.source import domain_code, match
from equipoise.protocol import Protocol, SdtmHome

__all__ = ["unmatched"]

_SHOWN = 5
Conditions = Mapping[str, Sequence[str]]
Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Home:
    """Rows and variables that a part of the protocol names."""

    path: str
    """Place in the protocol."""
    dataset: str
    variables: tuple[str, ...]
    conditions: Conditions


def unmatched(protocol: Protocol, data: Mapping[str, pl.DataFrame]) -> list[Finding]:
    """Every home of the protocol that is absent from the data or matches none of its rows."""
    findings = [*_homes(protocol, data), *_therapies(protocol, data), *_clinical(protocol, data)]
    crossover = protocol.crossover
    if crossover is not None and crossover.sdtm is not None:
        effect = "nobody is seen to cross over"
        findings += _place(data, Home("crossover.sdtm", crossover.sdtm.domain, (), crossover.sdtm.where), effect)
    for what, words in (("treatment_stop", "treatment"), ("study_stop", "the study")):
        stop = getattr(protocol.data, what)
        if stop is not None:
            effect = f"no subject is known to have stopped {words}"
            findings += _place(data, Home(f"data.{what}", stop.domain, (stop.date,), stop.where), effect)
    for name, place in protocol.data.dates.items():
        effect = f"nobody has a date of {name.replace('_', ' ')}"
        findings += _place(data, Home(f"data.dates.{name}", place.domain, (place.variable,), place.where), effect)
    for reader, source in protocol.review.sources.items():
        effect = f"there is no {reader} reading"
        findings += _place(data, Home(f"review.sources.{reader}", source.dataset, (), source.where), effect)
    return findings


def _homes(protocol: Protocol, data: Mapping[str, pl.DataFrame]) -> list[Finding]:
    """Baseline fields and strata: a home that matches nothing leaves the field missing for everybody."""
    homes: list[tuple[str, str, SdtmHome]] = [
        (f"baseline.{name}.sdtm", f"{name} is missing for every subject", field.sdtm)
        for name, field in protocol.baseline.items()
        if field.sdtm is not None and field.derive is None
    ]
    homes += [
        (f"randomization.strata.{name}.sdtm", f"stratum {name} is missing for every subject", factor.sdtm)
        for name, factor in protocol.randomization.strata_items().items()
        if factor.sdtm is not None
    ]
    findings = []
    for where, effect, home in homes:
        conditions: dict[str, Sequence[str]] = dict(home.where)
        if home.testcd:
            conditions[f"{domain_code(home.domain)}TESTCD"] = (home.testcd,)
        if home.qnam:
            conditions["QNAM"] = (home.qnam,)
        findings += _place(data, Home(where, home.domain, (), conditions), effect, "error")
    return findings


def _therapies(protocol: Protocol, data: Mapping[str, pl.DataFrame]) -> list[Finding]:
    findings = []
    for name, kind in protocol.new_therapy.items():
        used = {
            rule_set
            for endpoint in protocol.endpoints.values()
            if name in protocol.new_therapies(endpoint)
            for rule_set in (endpoint.rule_set, *endpoint.sensitivity)
            if RULES[rule_set].new_therapy != "ignore"
        }
        word = "rule set" if len(used) == 1 else "rule sets"
        letters = sorted(rule_set.value for rule_set in used)
        which = " and ".join([", ".join(letters[:-1]), letters[-1]] if len(letters) > 1 else letters)
        ignored = f"; {word} {which} go on without it" if used else ""
        effect = f"new therapy '{name}' cannot be seen{ignored}"
        for index, place in enumerate(kind.sdtm):
            where = f"new_therapy.{name}.sdtm.{index}"
            findings += _place(data, Home(where, place.domain, (place.date,), place.where), effect, "note")
    return findings


def _clinical(protocol: Protocol, data: Mapping[str, pl.DataFrame]) -> list[Finding]:
    findings = []
    for name, endpoint in protocol.endpoints.items():
        home = endpoint.clinical_progression
        if home is None:
            continue
        conditions: dict[str, Sequence[str]] = dict(home.where)
        if home.testcd:
            conditions[f"{domain_code(home.domain)}TESTCD"] = (home.testcd,)
        effect = f"clinical progression cannot be seen for endpoint {name}; rule sets C and K go on without it"
        dates = (home.variable,) if home.variable else ()
        where = f"endpoints.{name}.clinical_progression"
        findings += _place(data, Home(where, home.domain, dates, conditions), effect, "note")
    return findings


def _place(data: Mapping[str, pl.DataFrame], home: Home, effect: str, severity: Severity = "warning") -> list[Finding]:
    """What is wrong with one home; ``severity`` is that of conditions that match no row."""
    dataset, conditions = home.dataset, home.conditions
    remedy = f"add it, or correct {home.path} in the protocol"
    if dataset not in data:
        text = {"seen": f"{dataset} not found", "expected": f"the data set {dataset}: {remedy}", "effect": effect}
        return [_finding("warning", "data-set-absent", dataset, "", text)]
    frame = data[dataset]
    lost = [v for v in (*home.variables, *conditions) if v not in frame.columns]
    if lost:
        names = ", ".join(lost)
        text = {"seen": f"{names} not found", "expected": f"{names} in {dataset}: {remedy}", "effect": effect}
        return [_finding("warning", "variable-absent", dataset, names, text)]
    if not conditions or frame.height == 0 or _matched(frame, conditions):
        return []
    named = " and ".join(f"{variable} {' or '.join(wanted)}" for variable, wanted in conditions.items())
    text = {
        "seen": "; ".join(_values(frame, variable, wanted) for variable, wanted in conditions.items()),
        "expected": f"rows with {named}, as {home.path} of the protocol says",
        "effect": effect,
    }
    return [_finding(severity, "home-without-rows", dataset, ", ".join(conditions), text)]


def _matched(frame: pl.DataFrame, conditions: Mapping[str, Sequence[str]]) -> bool:
    """Whether a row meets the conditions; most do so to the letter, which is soon seen."""
    exact = [pl.col(variable).cast(pl.String).is_in(list(wanted)) for variable, wanted in conditions.items()]
    same = pl.all_horizontal(exact).any().fill_null(False)
    return bool(frame.select(same).item()) or bool(frame.select(match(conditions).any()).item())


def _values(frame: pl.DataFrame, variable: str, wanted: Sequence[str]) -> str:
    """Values that a variable has, those most like the wanted ones first."""
    present = [str(value) for value in frame[variable].drop_nulls().cast(pl.String).unique().sort()]
    folded = {value.lower(): value for value in present}
    near = [folded[hit] for word in wanted for hit in get_close_matches(word.lower(), sorted(folded), n=3, cutoff=0.5)]
    shown = list(dict.fromkeys([*near, *present]))
    more = f" and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else ""
    return f"{variable} is {', '.join(shown[:_SHOWN]) or 'empty'}{more}"


def _finding(severity: Severity, code: str, dataset: str, variable: str, text: Mapping[str, str]) -> Finding:
    return Finding(severity=severity, code=code, dataset=dataset, row_key="", variable=variable, **text)
