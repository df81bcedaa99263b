"""equipoise dmc: an interim look at a data cut, as an open and a closed report for the monitoring board."""

import hashlib
import json
import secrets
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from equipoise.analyze import analyze
from equipoise.cdisc import Sdtm
from equipoise.cli.derive import read_sdtm
from equipoise.cli.dmc_arms import lettered_protocol, pooled_data, pooled_protocol, without_codes
from equipoise.cli.dmc_register import PENDING, check_look, read_register, recommend, write_register
from equipoise.cli.failure import ArgumentError
from equipoise.cli.output import MARK, check_output, write_mark
from equipoise.cli.steps import steps
from equipoise.derive import Derived, derive
from equipoise.design import DesignError, LookPlan, MonitoredLook, designed, monitor_look, plan_looks
from equipoise.protocol import DataCut, Protocol, load_protocol
from equipoise.report import write_report
from equipoise.report.design import write_closed_look, write_open_look
from equipoise.results import Results, write_results

__all__ = ["Request", "run"]

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
KEY_FILE = "key.json"
COMPARED = 2
"""Arms of a comparison; with more, events of two arms would tell which they are."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What was asked for on the command line."""

    trial: Path
    data: Path
    output: Path
    cut: str
    look: int
    analysis: str | None
    design: Path | None
    seen_by: list[str]
    recommendation: str | None


@dataclass(frozen=True, kw_only=True)
class _Counts:
    """What the primary test says at the cut."""

    events: int
    patients: int
    share: float
    z: float | None


def run(request: Request) -> None:
    """Make a look and register it, or add the recommendation to one that took place."""
    cut = _date(request.cut)
    protocol = load_protocol(request.trial)
    name = _analysis(protocol, request.analysis)
    looks = read_register(request.output)
    if request.recommendation is not None and any(e["analysis"] == name and e["look"] == request.look for e in looks):
        words, seen = request.recommendation, request.seen_by
        recommend(request.output, analysis=name, look=request.look, words=words, seen_by=seen)
        print(request.output / "looks.json")
        return
    check_output(request.output, (request.trial, request.data))
    earlier = check_look(looks, analysis=name, look=request.look, cut=cut, folder=request.output)
    try:
        plan = plan_looks(protocol, name)
        if not 1 <= request.look <= plan.looks:
            monitor_look(plan, look=request.look, events=[1])
        _make(request, protocol, name, plan, cut, looks, earlier)
    except DesignError as error:
        raise ArgumentError(str(error)) from error


def _make(  # noqa: PLR0917 - the one caller has just made them all
    request: Request,
    protocol: Protocol,
    name: str,
    plan: LookPlan,
    cut: date,
    looks: list[dict[str, Any]],
    earlier: list[dict[str, Any]],
) -> None:
    read = {name: plan.endpoints[request.look - 1]}
    at = ("look", DataCut(cutoff=cut, label=f"Look {request.look}, data up to {cut}"))
    with steps(5) as bar:
        bar.begin("read SDTM")
        data = read_sdtm(protocol, request.data)
        source = _source(data)
        bar.begin("derive and analyze by arm")
        unmasked = _with_endpoint(protocol, read)
        derived = derive(protocol, data, cut=at)
        _check_begun(protocol, data, derived, cut)
        counts = _counts(unmasked, _analyzed(unmasked, derived, request.trial), name, plan)
        before = [entry["events"] for entry in earlier]
        result = monitor_look(plan, look=request.look, events=[*before, counts.events], z=counts.z, share=counts.share)
        design = _planned(request.design, name, plan)
        letters = _letters(request.output, protocol)
        request.output.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=".look-", dir=request.output))
        try:
            bar.begin("write the closed report")
            facts = _facts(request, protocol, name, plan, cut, design)
            _closed(scratch / "closed", protocol, data, at, letters, read, facts, result, plan)
            bar.begin("write the open report")
            _open(scratch / "open", protocol, data, at, read, facts, result)
            _key(scratch / KEY_FILE, letters, protocol, plan, result)
            bar.begin("register the look")
            place = request.output / _folder_name(name, request.look)
            scratch.chmod(0o755)
            scratch.replace(place)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        write_register(request.output, [*looks, _entry(request, name, cut, result, source)])
        if not (request.output / MARK).is_file():
            write_mark(request.output, {"verb": "dmc", "study_id": protocol.study_id})
    for part in ("open", "closed"):
        print(place / part / "index.html")
    print(place / KEY_FILE)


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentError(f"--cut {text!r} is not a date; write it as 2020-01-31") from error


def _analysis(protocol: Protocol, name: str | None) -> str:
    known = designed(protocol)
    if name is None:
        primary = [n for n in known if protocol.analyses[n].role == "primary"]
        if len(primary) == 1:
            return primary[0]
        if len(known) == 1:
            return known[0]
        listed = ", ".join(primary or known) or "none"
        raise ArgumentError(f"name the analysis that is monitored with --analysis; those with a design: {listed}")
    if name not in known:
        raise ArgumentError(
            f"analysis {name!r} has no design to monitor; those that have: {', '.join(known) or 'none'}"
        )
    return name


def _source(data: Sdtm) -> dict[str, str]:
    return {name: hashlib.sha256(Path(path).read_bytes()).hexdigest() for name, path in sorted(data.files.items())}


def _check_begun(protocol: Protocol, data: Sdtm, derived: Derived, cut: date) -> None:
    if derived.adam["ADSL"].filter(pl.col("RANDFL") == "Y").height:
        return
    whole = derive(protocol, data, cut=("all", DataCut(label="All data"))).adam["ADSL"]
    days = whole.filter(pl.col("RANDFL") == "Y")["RANDDT"].drop_nulls().sort().to_list()
    when = f"the first was randomized on {days[0]}" if days else "nobody is randomized in these data"
    raise ArgumentError(f"the cut {cut} comes before the first patient: {when}; name a later date")


def _with_endpoint(protocol: Protocol, read: Mapping[str, str]) -> Protocol:
    analyses = {
        name: analysis.model_copy(update={"endpoint": read.get(name, analysis.endpoint), "data_cut": None})
        for name, analysis in protocol.analyses.items()
    }
    return protocol.model_copy(update={"analyses": analyses})


def _analyzed(protocol: Protocol, derived: Derived, trial: Path) -> Results:
    return analyze(
        protocol,
        derived.adam,
        list(derived.findings),
        cut_name=derived.cut_name,
        cutoff=derived.cutoff,
        protocol_text=trial.read_text(encoding="utf-8"),
    )


def _counts(protocol: Protocol, results: Results, name: str, plan: LookPlan) -> _Counts:
    """Events and Z of the planned test, in the two arms compared."""
    a = plan.assumptions
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
    test = rows.filter(
        (pl.col("variable") == "logrank")
        & (pl.col("statistic") == "z")
        & pl.col("declared").fill_null(value=False)
        & (pl.col("group_level") == a.experimental)
    )
    value = test["value"][0] if test.height else None
    total = sum(patients.values())
    share = patients[a.experimental] / total if 0 < patients[a.experimental] < total else a.ratio / (1 + a.ratio)
    return _Counts(events=events, patients=total, share=share, z=None if value is None else -float(value))


def _planned(path: Path | None, name: str, plan: LookPlan) -> dict[str, Any]:
    """Planned looks: of design.json where one is given, and whether it agrees with the protocol."""
    own = {"upper": plan.design.upper.tolist(), "events": list(plan.events), "source": "the protocol"}
    if path is None:
        return own
    file = path / "design.json" if path.is_dir() else path
    try:
        known = json.loads(file.read_text(encoding="utf-8"))["analyses"][name]["sequential"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArgumentError(f"{file} holds no design of {name!r} ({error}); make it with 'equipoise design'") from error
    agrees = len(known["upper"]) == plan.looks and all(
        abs(first - second) < 1e-9 for first, second in zip(known["upper"], own["upper"], strict=True)
    )
    words = "design.json" if agrees else "design.json, which differs from the protocol as it is now"
    return {"upper": known["upper"], "events": known["events"], "source": words}


def _letters(output: Path, protocol: Protocol) -> dict[str, str]:
    """Letters of the arms: those of an earlier look, else drawn."""
    for path in sorted(output.glob(f"*/{KEY_FILE}")):
        known = {arm: letter for letter, arm in json.loads(path.read_text(encoding="utf-8"))["arms"].items()}
        if set(known) == set(protocol.arms):
            return known
    arms = list(protocol.arms)
    secrets.SystemRandom().shuffle(arms)
    return {arm: LETTERS[k] for k, arm in enumerate(arms)}


def _facts(  # noqa: PLR0917 - as _make
    request: Request, protocol: Protocol, name: str, plan: LookPlan, cut: date, design: dict[str, Any]
) -> dict[str, Any]:
    endpoint = protocol.endpoints[plan.endpoints[request.look - 1]]
    return {
        "study_id": protocol.study_id,
        "title": protocol.trial.title,
        "synthetic": protocol.trial.synthetic,
        "analysis": name,
        "endpoint": endpoint.label,
        "cut": cut.isoformat(),
        "look": request.look,
        "looks": plan.looks,
        "planned": design | {"total": plan.events[-1]},
    }


def _open(  # noqa: PLR0917 - as _make
    folder: Path,
    protocol: Protocol,
    data: Sdtm,
    at: tuple[str, DataCut],
    read: Mapping[str, str],
    facts: dict[str, Any],
    result: MonitoredLook,
) -> None:
    """Write the open report, from data that hold no arm."""
    pooled = pooled_protocol(protocol, endpoint=read)
    derived = derive(pooled, pooled_data(protocol, data), cut=at)
    results = analyze(pooled, derived.adam, list(derived.findings), cut_name=derived.cut_name, cutoff=derived.cutoff)
    write_report(results, folder / "report")
    events = results.statistics.filter(
        (pl.col("analysis_id") == facts["analysis"])
        & (pl.col("variable") == "events")
        & (pl.col("statistic") == "n")
        & (pl.col("rule_set") == pooled.endpoints[pooled.analyses[facts["analysis"]].endpoint].rule_set.value)
    )["value"]
    count = int(events.max() or 0)  # type: ignore[arg-type]
    planned = {"final": result.final, "planned_information": result.planned_information}
    whole = len(protocol.ratio(protocol.analyses[facts["analysis"]].cohort)) == COMPARED
    information = count / facts["planned"]["total"] if whole else None
    write_open_look(facts, planned | {"events": (count,), "information": information}, folder)


def _closed(  # noqa: PLR0917 - as _make
    folder: Path,
    protocol: Protocol,
    data: Sdtm,
    at: tuple[str, DataCut],
    letters: Mapping[str, str],
    read: Mapping[str, str],
    facts: dict[str, Any],
    result: MonitoredLook,
    plan: LookPlan,
) -> None:
    """Write the closed report, arms as letters."""
    lettered = lettered_protocol(protocol, letters, endpoint=read)
    derived = derive(lettered, data, cut=at)
    results = analyze(
        without_codes(lettered), derived.adam, list(derived.findings), cut_name=derived.cut_name, cutoff=derived.cutoff
    )
    write_report(results, folder / "report")
    write_results(results, folder / "results")
    a = plan.assumptions
    sides = {"experimental": letters[a.experimental], "control": letters[a.control], "sided": a.sided}
    write_closed_look(facts, asdict(result), sides, folder)


def _key(path: Path, letters: Mapping[str, str], protocol: Protocol, plan: LookPlan, result: MonitoredLook) -> None:
    """Write the key of the letters and what it opens, readable by its owner alone."""
    a = plan.assumptions
    content = {
        "study_id": protocol.study_id,
        "arms": {letter: arm for arm, letter in sorted(letters.items(), key=lambda item: item[1])},
        "experimental": letters[a.experimental],
        "control": letters[a.control],
        "look": {**asdict(result), "efficacy_bound_reached": result.crossed, "futility_bound_reached": result.futile},
    }
    path.touch(mode=0o600)
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _folder_name(analysis: str, look: int) -> str:
    return f"{analysis}-look-{look}"


def _entry(request: Request, name: str, cut: date, result: MonitoredLook, source: dict[str, str]) -> dict[str, Any]:
    """What the register holds of a look: nothing by arm, no Z."""
    return {
        "analysis": name,
        "look": result.look,
        "final": result.final,
        "cut": cut.isoformat(),
        "events": result.events[-1],
        "information": result.information,
        "bound": result.upper,
        "alpha_spent": result.alpha_spent,
        "seen_by": request.seen_by,
        "data": {"folder": request.data.name, "sha256": source},
        "protocol_sha256": hashlib.sha256(request.trial.read_bytes()).hexdigest(),
        "recommendation": request.recommendation or PENDING,
    }
