"""equipoise dmc: an interim look at a data cut, as an open and a closed report for the monitoring board.

Data come from the record of a trial, where looks are events and reports are kept sealed, or from SDTM files, where a
register beside the reports holds the looks.
"""

import hashlib
import json
import math
import secrets
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from equipoise.cdisc import Sdtm
from equipoise.cli.derive import read_sdtm
from equipoise.cli.dmc_ledger import LedgerRequest, is_record, look_at_record, recommend_in_record
from equipoise.cli.dmc_look import LETTERS_FILE, LookTask, make_look, monitored_analysis, read_planned
from equipoise.cli.dmc_register import PENDING, check_look, read_register, recommend, write_register
from equipoise.cli.failure import ArgumentError
from equipoise.cli.output import MARK, check_output, write_mark
from equipoise.cli.steps import steps
from equipoise.design import DesignError, MonitoredLook, monitor_look, plan_looks
from equipoise.protocol import Protocol, load_protocol

__all__ = ["Request", "run"]

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
KEYS = "keys"
"""Folder of the keys of the letters, apart from the reports."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What was asked for on the command line."""

    trial: Path
    data: Path | None
    output: Path | None
    cut: str
    look: int
    analysis: str | None
    design: Path | None
    seen_by: list[str]
    recommendation: str | None
    database: str = ""
    key: Path | None = None
    login: str | None = None


def run(request: Request) -> None:
    """Make a look and record it, or add the recommendation to one that took place."""
    cut = _date(request.cut)
    protocol = load_protocol(request.trial)
    name = monitored_analysis(protocol, request.analysis)
    try:
        if request.database or request.data is None or is_record(request.data):
            _from_record(request, protocol, name, cut)
        else:
            _from_files(request, protocol, name, cut, request.data)
    except DesignError as error:
        raise ArgumentError(str(error)) from error


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentError(f"--cut {text!r} is not a date; write it as 2020-01-31") from error


def _from_record(request: Request, protocol: Protocol, name: str, cut: date) -> None:
    if request.seen_by:
        raise ArgumentError(
            "--seen-by is for SDTM files; the record of a trial knows who opens a report, as each opening is an event"
        )
    if request.login is None:
        raise ArgumentError(
            "who are you? Looks at the record of a trial are made by the unblinded statistician (--login NAME); "
            "password and code are asked for"
        )
    asked = LedgerRequest(
        trial=request.trial,
        where=request.data,
        database=request.database,
        key=request.key,
        login=request.login,
        analysis=name,
        look=request.look,
        cut=cut,
        design=request.design,
        output=request.output,
    )
    if request.recommendation is not None:
        recommend_in_record(asked, protocol, request.recommendation)
    else:
        look_at_record(asked, protocol)


def _from_files(request: Request, protocol: Protocol, name: str, cut: date, data_folder: Path) -> None:
    output = request.output
    if output is None:
        raise ArgumentError("name the folder of the looks with --output: reports and register are written there")
    looks = read_register(output)
    if request.recommendation is not None and any(e["analysis"] == name and e["look"] == request.look for e in looks):
        words, seen = request.recommendation, request.seen_by
        recommend(output, analysis=name, look=request.look, words=words, seen_by=seen)
        print(output / "looks.json")
        return
    check_output(output, (request.trial, data_folder))
    earlier = check_look(looks, analysis=name, look=request.look, cut=cut, folder=output)
    plan = plan_looks(protocol, name)
    if not 1 <= request.look <= plan.looks:
        monitor_look(plan, look=request.look, events=[1])
    with steps(5) as bar:
        bar.begin("read SDTM")
        data = read_sdtm(protocol, data_folder)
        task = LookTask(
            protocol=protocol,
            protocol_text=request.trial.read_text(encoding="utf-8"),
            analysis=name,
            plan=plan,
            look=request.look,
            cut=cut,
            snapshot=None,
            data=data,
            blinded=data,
            before=tuple(_events(output, entry) for entry in earlier),
            letters=_letters(output, protocol),
            planned=read_planned(request.design, name, plan),
        )
        _write(request, output, task, looks, _hashes(data), bar)


def _write(  # noqa: PLR0917 - the one caller has just made them all
    request: Request, output: Path, task: LookTask, looks: list[dict[str, Any]], source: dict[str, str], bar: Any
) -> None:
    """Make the look in a scratch folder, then put reports, key and register in place."""
    place = output / f"{task.analysis}-look-{task.look}"
    if place.exists():
        raise ArgumentError(f"{place} exists and is not in the register; move it away, so that nothing is lost")
    output.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=".look-", dir=output))
    try:
        result = make_look(task, scratch, bar)
        bar.begin("register the look")
        (output / KEYS).mkdir(mode=0o700, exist_ok=True)
        key = _key_file(output, task.analysis, task.look)
        (scratch / LETTERS_FILE).replace(key)
        scratch.chmod(0o755)
        scratch.replace(place)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    write_register(output, [*looks, _entry(request, task, result, source)])
    if not (output / MARK).is_file():
        write_mark(output, {"verb": "dmc", "study_id": task.protocol.study_id})
    for part in ("open", "closed"):
        print(place / part / "index.html")
    print(key)


def _hashes(data: Sdtm) -> dict[str, str]:
    return {name: hashlib.sha256(Path(path).read_bytes()).hexdigest() for name, path in sorted(data.files.items())}


def _key_file(output: Path, analysis: str, look: int) -> Path:
    return output / KEYS / f"{analysis}-look-{look}.json"


def _events(output: Path, entry: Mapping[str, Any]) -> int:
    """Events of an earlier look: in the register, or with more than two arms in the key of its letters."""
    if entry["events"] is not None:
        return int(entry["events"])
    path = _key_file(output, entry["analysis"], entry["look"])
    try:
        return int(json.loads(path.read_text(encoding="utf-8"))["look"]["events"][-1])
    except (OSError, ValueError, KeyError) as error:
        raise ArgumentError(
            f"{path}: the events of look {entry['look']} stand in it, and it cannot be read ({error}); bring it back "
            "from where it is kept"
        ) from error


def _letters(output: Path, protocol: Protocol) -> dict[str, str]:
    """Letters of the arms: those of an earlier look, else drawn."""
    for path in sorted((output / KEYS).glob("*.json")):
        known = {arm: letter for letter, arm in json.loads(path.read_text(encoding="utf-8"))["arms"].items()}
        if set(known) == set(protocol.arms):
            return known
    arms = list(protocol.arms)
    secrets.SystemRandom().shuffle(arms)
    return {arm: LETTERS[k] for k, arm in enumerate(arms)}


def _entry(request: Request, task: LookTask, result: MonitoredLook, source: dict[str, str]) -> dict[str, Any]:
    """What the register holds of a look: nothing by arm, no Z; with more than two arms no count of the two compared."""
    return {
        "analysis": task.analysis,
        "look": result.look,
        "final": result.final,
        "cut": task.cut.isoformat(),
        "events": result.events[-1] if task.whole else None,
        "information": result.information if task.whole else None,
        "bound": result.upper if task.whole and math.isfinite(result.upper) else None,
        "alpha_spent": result.alpha_spent if task.whole else None,
        "seen_by": request.seen_by,
        "data": {"folder": request.data.name if request.data else None, "sha256": source},
        "protocol_sha256": hashlib.sha256(request.trial.read_bytes()).hexdigest(),
        "recommendation": request.recommendation or PENDING,
    }
