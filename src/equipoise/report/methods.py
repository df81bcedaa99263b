"""Methods and assumptions: what the protocol declares, which choices the numbers follow, what is assumed."""

from collections.abc import Mapping
from typing import Any

from equipoise.report.cells import Block, Column, Line, Notice, Paragraph, Section, Table
from equipoise.report.entries import Source
from equipoise.report.facts import in_words
from equipoise.report.rules import has_rule_set, rule_set_words
from equipoise.report.words import STRATA

__all__ = ["methods_section"]


def methods_section(source: Source) -> Section:
    """Declared analyses, conventions of the numbers, and every assumed entry of the protocol."""
    return Section(
        name="methods",
        title="Methods and assumptions",
        sections=[
            Section(name="methods-analyses", title="Declared analyses", blocks=[_analyses(source)]),
            Section(name="methods-populations", title="Declared populations", blocks=[_populations(source)]),
            Section(name="methods-conventions", title="Conventions", blocks=[_conventions(source)]),
            Section(name="methods-assumed", title="Assumptions", blocks=_assumed(source)),
        ],
    )


def _analyses(source: Source) -> Table:
    lines = []
    for name, declared in source.facts.analyses.items():
        endpoint = str(declared.get("endpoint") or "")
        rule = source.facts.endpoint(endpoint).get("rule_set")
        cells = (
            str(declared.get("role") or "secondary"),
            source.facts.endpoint_label(endpoint)
            + (f", rule set {rule}" if rule and has_rule_set(source.facts, endpoint) else ""),
            source.facts.population_label(declared.get("population")),
            _test(declared.get("test")),
            _effect(declared.get("effect")),
            f"{'one' if declared.get('sided') == 1 else 'two'}-sided, alpha {declared.get('alpha', 0.05):g}",
        )
        lines.append(Line(name, cells))
    heads = ("Role", "Endpoint", "Population", "Test", "Effect", "Sides and level")
    return Table(
        name="declared-analyses",
        title="Analyses as the protocol declares them",
        stub="Analysis",
        columns=tuple(Column(head=head, numeric=False) for head in heads),
        lines=tuple(lines),
        empty="The analyses will stand here once the protocol declares one.",
    )


def _test(test: Any) -> str:
    test = test if isinstance(test, Mapping) else {}
    if isinstance(test.get("logrank"), Mapping):
        strata = test["logrank"].get("strata") or "none"
        return f"log-rank, {STRATA.get(strata, strata)}"
    if isinstance(test.get("cmh"), Mapping):
        strata = test["cmh"].get("strata") or "randomization"
        return f"Cochran-Mantel-Haenszel, {STRATA.get(strata, strata)}"
    return "Fisher's exact test" if test.get("fisher") else "none"


def _effect(effect: Any) -> str:
    effect = effect if isinstance(effect, Mapping) else {}
    if isinstance(effect.get("cox"), Mapping):
        strata = effect["cox"].get("strata") or "none"
        ties = str(effect["cox"].get("ties") or "efron").capitalize()
        return f"hazard ratio (Cox, {ties} ties), {STRATA.get(strata, strata)}"
    return "risk difference" if effect.get("risk_difference") else "none"


def _populations(source: Source) -> Table:
    declared: Mapping[str, Any] = source.facts.protocol.get("populations") or {}
    lines = [
        Line(
            source.facts.population_label(name),
            (str(item.get("members") or ""), "as received" if item.get("arm") == "received" else "as assigned"),
        )
        for name, item in declared.items()
        if isinstance(item, Mapping)
    ]
    return Table(
        name="declared-populations",
        title="Populations as the protocol declares them",
        stub="Population",
        columns=(Column(head="Members", numeric=False), Column(head="Arm", numeric=False)),
        lines=tuple(lines),
        empty="The populations will stand here once the protocol declares one.",
    )


def _conventions(source: Source) -> Table:
    known = source.facts.conventions
    sha = source.facts.trial.get("protocol_sha256")
    ties = {"efron": "Efron", "breslow": "Breslow"}.get(str(known.get("ties") or "efron"), str(known.get("ties")))
    quantile = str(known.get("quantile") or "midpoint")
    entries = {
        "Intervals of survival probabilities and quantiles": f"{known.get('conf_type') or 'log-log'} transformation",
        "Median where the curve is flat at one half": "midpoint of the flat part"
        if quantile == "midpoint"
        else "its left end",
        "Ties in Cox models": ties,
        "Time": "days in all computations; months only for display",
        "Sign": "a hazard ratio below 1 and z below 0 favor the experimental arm",
        "One-sided P": "probability of a z as low as seen or lower; the other tail is the opposite side",
        "Median not reached": "printed as NE in tables and as NR in figures",
        "Percentages": "of the subjects in the head of the column unless a footnote says otherwise",
        "Data cut": source.facts.data_cut,
        **({"SHA-256 of the protocol file": str(sha)} if sha else {}),
        **_rule_sets(source),
        **_review(source),
    }
    return Table(
        name="conventions",
        title="Conventions of the numbers",
        stub="Convention",
        columns=(Column(head="In this report", numeric=False),),
        lines=tuple(Line(name, (text,)) for name, text in entries.items()),
    )


def _review(source: Source) -> dict[str, str]:
    """How tumors are read; nothing where no endpoint needs it."""
    review: Mapping[str, Any] = source.facts.protocol.get("review") or {}
    kinds = {source.facts.kind(name) for name in source.facts.analyses}
    if not review or not ("response" in kinds or review.get("central")):
        return {}
    said = {
        "Response criteria": f"{review.get('criteria', 'RECIST 1.1')}{_modified(review)}",
        "Confirmation of a response": f"by another reading at least {review.get('confirmation_days', 28)} days later, "
        f"with at most {review.get('confirmation_ne_allowed', 1)} not evaluable between, where an endpoint asks for it",
        "Stable disease": f"counts from day {review.get('minimum_sd_days', 42)}",
    }
    central = review.get("central")
    if isinstance(central, Mapping):
        readers = central.get("readers", 2)
        triggers = " or ".join(str(word).replace("_", " ") for word in central.get("adjudicate") or ())
        adjudicated = f"; adjudicated where they differ in {triggers}" if triggers else "; not adjudicated"
        said["Central review"] = f"{readers} independent reader{'' if readers == 1 else 's'}{adjudicated}"
        said["Kappa"] = "Cohen's, unweighted; of scans also with limits by leaving out each subject in turn"
    return said


def _modified(review: Mapping[str, Any]) -> str:
    return f", modified: {review['modified']}" if review.get("modified") else ""


def _rule_sets(source: Source) -> dict[str, str]:
    """Rule sets in words; the endpoint is named where one rule set works in several ways."""
    used: dict[str, dict[str, str | None]] = {}
    for row in source.rows:
        if row.rule_set and has_rule_set(source.facts, row.endpoint):
            words = rule_set_words(source.facts, row.endpoint, row.rule_set).split(": ", 1)[-1]
            used.setdefault(row.rule_set, {}).setdefault(words, row.endpoint)
    return {
        f"Rule set {name}" + (f", {source.facts.endpoint_label(endpoint)}" if len(ways) > 1 else ""): words
        for name, ways in used.items()
        for words, endpoint in ways.items()
    }


def _assumed(source: Source) -> list[Block]:
    paths = source.facts.assumed
    if not paths:
        return [Paragraph(("The protocol marks nothing as assumed.",))]
    count = f"{len(paths)} entries" if len(paths) > 1 else "1 entry"
    lines = tuple(
        Line(path, (_value(source.facts.protocol, path), _note(source.facts.protocol, path))) for path in paths
    )
    return [
        Notice((f"{count} of the protocol marked as assumed: the source is silent.",), "note"),
        Table(
            name="assumptions",
            title="Entries of the protocol marked as assumed",
            stub="Entry",
            columns=(Column(head="Value", numeric=False), Column(head="Why", numeric=False)),
            lines=lines,
        ),
    ]


def _value(protocol: Mapping[str | None, Any], path: str) -> str:
    found = _at(protocol, path)
    if isinstance(found, Mapping):
        shown = {k: v for k, v in found.items() if v not in (None, (), [], {}, False) and k not in ("assumed", "note")}
        return "; ".join(f"{in_words(k).lower()}: {_short(v)}" for k, v in shown.items())
    return _short(found)


def _note(protocol: Mapping[str | None, Any], path: str) -> str:
    found = _at(protocol, path)
    if not isinstance(found, Mapping):
        found = _at(protocol, path.rpartition(".")[0])
    return str(found.get("note") or "") if isinstance(found, Mapping) else ""


def _at(protocol: Mapping[str | None, Any], path: str) -> Any:
    found: Any = protocol
    for step in path.split("."):
        if isinstance(found, Mapping) and step in found:
            found = found[step]
        elif isinstance(found, list) and step.isdigit() and int(step) < len(found):
            found = found[int(step)]
        else:
            return None
    return found


def _short(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_short(item)}" for key, item in value.items() if item not in (None, [], {}, False))
    if isinstance(value, list | tuple):
        return ", ".join(_short(item) for item in value)
    return str(value)
