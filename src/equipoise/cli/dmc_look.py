"""One interim look: bounds at the events there are, the open report from data without arms, the closed by letter."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from equipoise.analyze import analyze
from equipoise.cdisc import Sdtm
from equipoise.cli.dmc_arms import lettered_protocol, pooled_data, pooled_protocol, without_codes
from equipoise.cli.failure import ArgumentError
from equipoise.cli.steps import Steps
from equipoise.derive import Derived, derive
from equipoise.design import LookPlan, MonitoredLook, designed, monitor_look
from equipoise.protocol import DataCut, Protocol
from equipoise.report import write_report
from equipoise.report.design import write_closed_look, write_open_look
from equipoise.results import write_results

__all__ = ["LETTERS_FILE", "LookTask", "make_look", "monitored_analysis", "read_planned"]

LETTERS_FILE = "letters.json"
COMPARED = 2
"""Arms of a comparison; with more, events of two arms would tell which they are."""


@dataclass(frozen=True, kw_only=True)
class LookTask:
    """A look to be made."""

    protocol: Protocol
    protocol_text: str
    analysis: str
    plan: LookPlan
    look: int
    cut: date
    snapshot: int | None
    """Last event of the record that is seen; None for data in files."""
    data: Sdtm
    """Data with arms."""
    blinded: Sdtm
    """Data of the open report: without arms already, or the same."""
    before: tuple[int, ...]
    """Events at the earlier looks."""
    letters: Mapping[str, str]
    """Arm -> letter."""
    planned: Mapping[str, Any]
    """Looks as planned, and where that stands."""

    @property
    def whole(self) -> bool:
        """Whether the arms compared are all arms: only then do their events tell nothing of an arm."""
        return len(self.protocol.ratio(self.protocol.analyses[self.analysis].cohort)) == COMPARED

    @property
    def read(self) -> dict[str, str]:
        """Analysis -> endpoint read at this look."""
        return {self.analysis: self.plan.endpoints[self.look - 1]}

    @property
    def at(self) -> tuple[str, DataCut]:
        """The data cut."""
        label = f"Look {self.look}, data up to {self.cut}"
        return "look", DataCut(cutoff=self.cut, snapshot=self.snapshot, label=label)


@dataclass(frozen=True, kw_only=True)
class _Counts:
    """What the primary test says at the cut."""

    events: int
    share: float
    z: float | None


def make_look(task: LookTask, folder: Path, bar: Steps) -> MonitoredLook:
    """Make a look and write ``open/``, ``closed/`` (for its owner alone) and the key of the letters into a folder.

    Raises
    ------
    ArgumentError
        The cut comes before the first patient or the first event.
    DesignError
        Information that does not increase, or bounds that cannot be had.
    """
    bar.begin("derive and analyze by arm")
    derived = derive(task.protocol, task.data, cut=task.at)
    _check_begun(task, derived)
    counts = _counts(task, derived)
    events = [*task.before, counts.events]
    result = monitor_look(task.plan, look=task.look, events=events, z=counts.z, share=counts.share)
    facts = _facts(task)
    bar.begin("write the closed report")
    _closed(task, folder / "closed", facts, result)
    bar.begin("write the open report")
    _open(task, folder / "open", facts, result)
    _write_letters(task, folder / LETTERS_FILE, result)
    return result


def monitored_analysis(protocol: Protocol, name: str | None) -> str:
    """Find the analysis that is monitored: the one named, else the only primary one with a design."""
    known = designed(protocol)
    if name is None:
        primary = [n for n in known if protocol.analyses[n].role == "primary"]
        if len(primary) == 1:
            return primary[0]
        if len(known) == 1:
            return known[0]
        if not known:
            raise ArgumentError(
                "no analysis of the protocol has a design to monitor; 'equipoise design' says what each lacks"
            )
        listed = ", ".join(primary or known)
        raise ArgumentError(f"name the analysis that is monitored with --analysis; those with a design: {listed}")
    if name not in known:
        raise ArgumentError(
            f"analysis {name!r} has no design to monitor; those that have: {', '.join(known) or 'none'}"
        )
    return name


def read_planned(path: Path | None, name: str, plan: LookPlan) -> dict[str, Any]:
    """Read the looks as planned from design.json where one is given, and say whether it agrees with the protocol."""
    own = {"upper": plan.design.upper.tolist(), "events": list(plan.events), "source": "the protocol"}
    if path is None:
        return own
    file = path / "design.json" if path.is_dir() else path
    try:
        known = json.loads(file.read_text(encoding="utf-8"))["analyses"][name]["sequential"]
        upper = [math.inf if bound is None else float(bound) for bound in known["upper"]]
        events = [float(count) for count in known["events"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArgumentError(f"{file} holds no design of {name!r} ({error}); make it with 'equipoise design'") from error
    if len(upper) != plan.looks or len(events) != plan.looks:
        raise ArgumentError(
            f"{file} plans {len(upper)} looks for {name!r}, the protocol {plan.looks}; make it anew with "
            "'equipoise design'"
        )
    pairs = zip(upper, plan.design.upper.tolist(), strict=True)
    agrees = all(first == second or abs(first - second) < 1e-9 for first, second in pairs)
    words = "design.json" if agrees else "design.json, which differs from the protocol as it is now"
    return {"upper": upper, "events": events, "source": words}


def _check_begun(task: LookTask, derived: Derived) -> None:
    if derived.adam["ADSL"].filter(pl.col("RANDFL") == "Y").height:
        return
    everything = ("all", DataCut(label="All data", snapshot=task.snapshot))
    whole = derive(task.protocol, task.data, cut=everything).adam["ADSL"]
    days = whole.filter(pl.col("RANDFL") == "Y")["RANDDT"].drop_nulls().sort().to_list()
    when = f"the first was randomized on {days[0]}" if days else "nobody is randomized in these data"
    raise ArgumentError(f"the cut {task.cut} comes before the first patient: {when}; name a later date")


def _with_endpoint(protocol: Protocol, read: Mapping[str, str]) -> Protocol:
    analyses = {
        name: analysis.model_copy(update={"endpoint": read.get(name, analysis.endpoint), "data_cut": None})
        for name, analysis in protocol.analyses.items()
    }
    return protocol.model_copy(update={"analyses": analyses})


def _counts(task: LookTask, derived: Derived) -> _Counts:
    """Events and Z of the planned test, in the two arms compared."""
    a, name = task.plan.assumptions, task.analysis
    protocol = _with_endpoint(task.protocol, task.read)
    results = analyze(
        protocol,
        derived.adam,
        list(derived.findings),
        cut_name=derived.cut_name,
        cutoff=derived.cutoff,
        protocol_text=task.protocol_text,
    )
    rule = protocol.endpoints[protocol.analyses[name].endpoint].rule_set.value
    rows = results.statistics.filter((pl.col("analysis_id") == name) & (pl.col("rule_set") == rule))
    by_arm = rows.filter(pl.col("group_level").is_in([a.experimental, a.control]))

    def number(variable: str, arm: str) -> int:
        found = by_arm.filter(
            (pl.col("variable") == variable) & (pl.col("statistic") == "n") & (pl.col("group_level") == arm)
        )
        return int(found["value"][0]) if found.height and found["value"][0] is not None else 0

    events = number("events", a.experimental) + number("events", a.control)
    patients = {arm: number("subjects", arm) for arm in (a.experimental, a.control)}
    if not events:
        raise ArgumentError(f"{name!r} has no event at this cut: there is nothing to look at; name a later cut")
    if task.before and events <= task.before[-1]:
        raise ArgumentError(
            f"look {task.look} of {name!r} has {events} events and the look before it had {task.before[-1]}: "
            "information must increase; name a later cut, or find out which events were taken back"
        )
    test = rows.filter(
        (pl.col("variable") == "logrank")
        & (pl.col("statistic") == "z")
        & pl.col("declared").fill_null(value=False)
        & (pl.col("group_level") == a.experimental)
    )
    value = test["value"][0] if test.height else None
    total = sum(patients.values())
    share = patients[a.experimental] / total if 0 < patients[a.experimental] < total else a.ratio / (1 + a.ratio)
    return _Counts(events=events, share=share, z=None if value is None else -float(value))


def _facts(task: LookTask) -> dict[str, Any]:
    return {
        "study_id": task.protocol.study_id,
        "title": task.protocol.trial.title,
        "synthetic": task.protocol.trial.synthetic,
        "analysis": task.analysis,
        "endpoint": task.protocol.endpoints[task.read[task.analysis]].label,
        "cut": task.cut.isoformat(),
        "snapshot": task.snapshot,
        "look": task.look,
        "looks": task.plan.looks,
        "planned": {**task.planned, "total": task.plan.events[-1]},
    }


def _open(task: LookTask, folder: Path, facts: dict[str, Any], result: MonitoredLook) -> None:
    """Write the open report, from data that hold no arm."""
    pooled = pooled_protocol(task.protocol, endpoint=task.read)
    derived = derive(pooled, pooled_data(task.protocol, task.blinded), cut=task.at)
    results = analyze(pooled, derived.adam, list(derived.findings), cut_name=derived.cut_name, cutoff=derived.cutoff)
    write_report(results, folder / "report")
    endpoint = pooled.endpoints[pooled.analyses[task.analysis].endpoint]
    events = results.statistics.filter(
        (pl.col("analysis_id") == task.analysis)
        & (pl.col("variable") == "events")
        & (pl.col("statistic") == "n")
        & (pl.col("rule_set") == endpoint.rule_set.value)
    )["value"]
    pooled_events = int(events.max() or 0)  # type: ignore[arg-type]
    count = result.events[-1] if task.whole else pooled_events
    look = {
        "final": result.final,
        "planned_information": result.planned_information,
        "events": (count,),
        "information": result.information if task.whole else None,
        "unblinded_left_out": task.blinded is not task.data,
    }
    write_open_look(facts, look, folder)


def _closed(task: LookTask, folder: Path, facts: dict[str, Any], result: MonitoredLook) -> None:
    """Write the closed report, arms as letters."""
    folder.mkdir(mode=0o700, parents=True)
    lettered = lettered_protocol(task.protocol, task.letters, endpoint=task.read)
    derived = derive(lettered, task.data, cut=task.at)
    results = analyze(
        without_codes(lettered), derived.adam, list(derived.findings), cut_name=derived.cut_name, cutoff=derived.cutoff
    )
    write_report(results, folder / "report")
    write_results(results, folder / "results")
    a = task.plan.assumptions
    sides = {"experimental": task.letters[a.experimental], "control": task.letters[a.control], "sided": a.sided}
    write_closed_look(facts, asdict(result), sides, folder)


def _write_letters(task: LookTask, path: Path, result: MonitoredLook) -> None:
    """Write the key of the letters and what it opens, readable by its owner alone."""
    a = task.plan.assumptions
    content = {
        "study_id": task.protocol.study_id,
        "analysis": task.analysis,
        "arms": {letter: arm for arm, letter in sorted(task.letters.items(), key=lambda item: item[1])},
        "experimental": task.letters[a.experimental],
        "control": task.letters[a.control],
        "look": {
            **{name: None if value in (-math.inf, math.inf) else value for name, value in asdict(result).items()},
            "efficacy_bound_reached": result.crossed,
            "efficacy_bound_of_other_side_reached": result.crossed_other_side,
            "futility_bound_reached": result.futile,
        },
    }
    path.touch(mode=0o600)
    path.write_text(json.dumps(content, indent=1, allow_nan=False) + "\n", encoding="utf-8")
