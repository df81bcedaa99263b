"""An interim look at the record of a trial: arms from the vault, the look an event, the reports kept with the trial.

The unblinded statistician makes the look, by login, password and a code of the second factor; the key file must be
there. Password and code are asked for on the terminal, or read as two lines of standard input where there is none.
"""

import getpass
import hashlib
import io
import json
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from equipoise.cdisc import Sdtm, write_dataset
from equipoise.cli.dmc_arms import with_everybody
from equipoise.cli.dmc_look import LETTERS_FILE, LookTask, make_look, read_planned
from equipoise.cli.failure import ArgumentError
from equipoise.cli.output import MARK, check_output, write_mark
from equipoise.cli.steps import steps
from equipoise.cli.trial_place import needs_server, place_of
from equipoise.derive.sdtm import sdtm_from_ledger
from equipoise.design import MonitoredLook, plan_looks
from equipoise.ledger import TRIAL, Event, LedgerCut
from equipoise.protocol import Protocol

if TYPE_CHECKING:
    from equipoise.conduct.context import Context
    from equipoise.server.place import Place

__all__ = ["LedgerRequest", "is_record", "look_at_record", "recommend_in_record"]

SQLITE = "trial.sqlite3"
STATISTICIAN, MEMBER = "unblinded_statistician", "dmc_member"


@dataclass(frozen=True, kw_only=True)
class LedgerRequest:
    """What was asked for."""

    trial: Path
    where: Path | None
    """Folder of the trial's data, or its SQLite file."""
    database: str
    key: Path | None
    login: str
    analysis: str
    look: int
    cut: date
    design: Path | None
    output: Path | None


def is_record(path: Path) -> bool:
    """Tell whether a path is the record of a trial: its SQLite file, or the folder of it."""
    return path.is_file() or (path / SQLITE).is_file()


@needs_server
def look_at_record(request: LedgerRequest, protocol: Protocol) -> None:
    """Make a look: check that it may be made, then open the arms, analyze, keep the reports, record the look."""
    place = _started(request)
    from equipoise.server import trial
    from equipoise.server.ledger.store import chain_end, read_events
    from equipoise.server.monitoring.reports import letters_of_arms
    from equipoise.server.unblinding.reading import arms_for_analysis

    if trial.key() is None:
        raise ArgumentError(f"arms are opened with the key of the trial: {trial.key_problem()}")
    if request.output is not None:
        check_output(request.output, (request.trial, place.data))
        if _place(request, request.output).exists():
            raise ArgumentError(f"{_place(request, request.output)} exists; name another folder with --output")
    plan = plan_looks(protocol, request.analysis)
    planned = read_planned(request.design, request.analysis, plan)
    context = _statistician(request)
    _check_protocol(request, context)
    _check_look(request, context, plan.looks)
    before = _events_before(request, context)
    with steps(6) as bar:
        bar.begin("read the record")
        end = chain_end(TRIAL)
        events = list(read_events(TRIAL, "seq <= %s", [end.seq]))
        _check_begun(request, events)
        cut = LedgerCut(snapshot=end.seq, cutoff=request.cut)
        what = f"interim look {request.look} of {request.analysis}"
        arms = arms_for_analysis(context.study, context.command.actor, STATISTICIAN, what)
        data = sdtm_from_ledger(protocol, events, cut, arms)
        key = trial.key()
        assert key is not None  # noqa: S101 - asked above
        task = LookTask(
            protocol=protocol,
            protocol_text=request.trial.read_text(encoding="utf-8"),
            analysis=request.analysis,
            plan=plan,
            look=request.look,
            cut=request.cut,
            snapshot=end.seq,
            data=data,
            blinded=with_everybody(sdtm_from_ledger(protocol, events, cut)),
            before=before,
            letters=letters_of_arms(key, protocol.study_id, protocol.arms),
            planned=planned,
        )
        scratch = Path(tempfile.mkdtemp(prefix="equipoise-look-"))
        try:
            result = make_look(task, scratch, bar)
            bar.begin("record the look")
            _record(task, context, result, scratch, end.hash)
            _copy(request, task, scratch)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    trial.flush_heads()
    print(f"Look {request.look} of {request.analysis} is recorded, from the record up to event {end.seq}.")
    print(f"Reports: /api/looks/{request.analysis}/{request.look}/open, .../closed and .../letters of the server")


@needs_server
def recommend_in_record(request: LedgerRequest, protocol: Protocol, recommendation: str) -> None:
    """Record what the committee recommends on a look, by one of its members."""
    del protocol
    _started(request)
    from equipoise.server.sources import now

    account = _account(request.login)
    payload = {
        "analysis": request.analysis,
        "look": request.look,
        "date": now().date().isoformat(),
        "recommendation": recommendation,
    }
    _perform("record_look", account, MEMBER, payload)
    print(f"The recommendation on look {request.look} of {request.analysis} is recorded: {recommendation}.")


def _started(request: LedgerRequest) -> "Place":
    """Serve the trial in this process."""
    from equipoise.server.running import start

    where = request.where
    if where is not None and where.is_file() and where.name != SQLITE:
        raise ArgumentError(f"{where}: the record of a trial is its file {SQLITE}, or the folder that holds it")
    folder = where.parent if where is not None and where.is_file() else where
    place = place_of(request.trial, folder, request.database, request.key)
    if place.sqlite_file is not None and not place.sqlite_file.exists():
        raise ArgumentError(
            f"{place.sqlite_file}: there is no trial here; name the folder of the trial's data, --database, or a "
            "folder of SDTM files"
        )
    start(place)
    from equipoise.server.setup import adopted, migrate

    migrate()
    if adopted() is None:
        raise ArgumentError(f"{place.data}: no trial has begun here")
    return place


def _account(login: str) -> Any:
    """Prove who is there by password and second factor; both are asked for."""
    from django.http import HttpRequest

    from equipoise.ledger import Draft
    from equipoise.server.accounts.models import Account
    from equipoise.server.accounts.proof import has_second_factor, prove
    from equipoise.server.sources import entropy
    from equipoise.server.write import record_access

    password, code = _secrets()
    proof = prove(HttpRequest(), login, password, code)
    account = proof.account
    if account is not None and has_second_factor(account):
        payload = {"account": account.id, "origin": None, "means": "command line", "digest": None}
        note = Draft("logged_in", payload)
        record_access(note, actor=account.id, role="", request_id=f"access-{entropy(8).hex()}")
        return account
    known = Account.objects.filter(login=login.strip().lower()).values_list("id", flat=True).first()
    why = proof.why if account is None else "second factor"
    note = Draft("login_refused", {"account": known, "origin": None, "why": why})
    record_access(note, actor=known or "", role="", request_id=f"access-{entropy(8).hex()}")
    if account is not None:
        raise ArgumentError("your second factor is not set up: log in to the server once and set it up")
    if proof.why == "locked":
        raise ArgumentError("too many failures; wait a quarter of an hour")
    raise ArgumentError("login, password or code are wrong; a code is good once, so wait for the next one")


def _secrets() -> tuple[str, str]:
    if sys.stdin.isatty():
        return getpass.getpass("Password: "), getpass.getpass("Code of the second factor: ").strip()
    lines = [sys.stdin.readline().rstrip("\r\n") for _ in range(2)]
    if not all(lines):
        raise ArgumentError("give password and code of the second factor as two lines of standard input")
    return lines[0], lines[1]


def _statistician(request: LedgerRequest) -> "Context":
    """Check that the person may make looks; a refused attempt stands in the access chain."""
    from django.http import HttpRequest

    from equipoise.server.api.access import Asker, may
    from equipoise.server.api.problem import ProblemError

    asking = HttpRequest()
    asking.auth = Asker(_account(request.login), "command line")
    try:
        return may(asking, "make_look", STATISTICIAN, second_factor=True)
    except ProblemError as error:
        raise ArgumentError(f"{error.detail} {error.remedy}") from error


def _check_protocol(request: LedgerRequest, context: "Context") -> None:
    """The file must be the version in force: bounds and data are read by it."""
    latest = context.study.versions[-1]
    records = [r for kind in ("protocol_adopted", "amended") for r in context.study.records.get(kind, {}).values()]
    hashes = {r.values["version"]: r.values["sha256"] for r in records}
    given = hashlib.sha256(request.trial.read_bytes()).hexdigest()
    if hashes[latest] == given:
        return
    older = [version for version, digest in hashes.items() if digest == given]
    seen = f"it is version {older[0]}" if older else "the record has never adopted it as it is"
    raise ArgumentError(
        f"{request.trial} is not the protocol in force, version {latest} of the record: {seen}; give the file that was "
        "adopted"
    )


def _check_look(request: LedgerRequest, context: "Context", looks: int) -> None:
    from equipoise.server.monitoring.reports import look_problem
    from equipoise.server.sources import now

    today = now().date()
    if request.cut > today:
        raise ArgumentError(f"the cut {request.cut} lies in the future; today is {today}")
    problem = look_problem(
        context.study, analysis=request.analysis, look=request.look, cut=request.cut.isoformat(), looks=looks
    )
    if problem is not None:
        raise ArgumentError(f"{problem.reason} {problem.remedy}")


def _check_begun(request: LedgerRequest, events: list[Event]) -> None:
    """Refuse a cut before the first patient while the arms are still closed."""
    days = sorted(str(event.payload["date"]) for event in events if event.kind == "randomized")
    if not days or days[0] > request.cut.isoformat():
        when = f"the first was randomized on {days[0]}" if days else "nobody is randomized"
        raise ArgumentError(f"the cut {request.cut} comes before the first patient: {when}; name a later date")


def _events_before(request: LedgerRequest, context: "Context") -> tuple[int, ...]:
    """Events at the looks that the record holds; of more than two arms they are kept with the letters."""
    from equipoise.server import trial
    from equipoise.server.monitoring.reports import looks_made, read_report

    found = []
    for made in looks_made(context.study, request.analysis):
        count = made.get("events")
        if count is None:
            content = read_report(trial.key(), "letters", made)
            if content is None:
                raise ArgumentError(
                    f"the record does not hold the events of look {made['look']} of {request.analysis}: alpha cannot "
                    "be spent from there on"
                )
            count = json.loads(content)["look"]["events"][-1]
        found.append(int(count))
    return tuple(found)


def _digest(data: Sdtm, cut: date) -> str:
    """SHA-256 of the data without arms: of every data set as it would be written, in the order of their names.

    A hash of data with arms could be tried out against guessed arms; the arms are those of the vault at the snapshot.
    """
    found = hashlib.sha256()
    with tempfile.TemporaryDirectory() as folder:
        for name in sorted(data.datasets):
            path = Path(folder) / f"{name.lower()}.json"
            write_dataset(data.datasets[name], path, name=name, created=cut)
            found.update(f"{name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return found.hexdigest()


def _record(task: LookTask, context: "Context", result: MonitoredLook, folder: Path, last: str) -> None:
    """Keep the reports and record the look that names them."""
    from equipoise.server import trial
    from equipoise.server.accounts.models import Account
    from equipoise.server.monitoring.reports import keep_report

    key = trial.key()
    assert key is not None  # noqa: S101 - asked before the arms were opened
    kept = {
        part: keep_report(key, part, task.analysis, task.look, content)
        for part, content in (
            ("open", _zipped(folder / "open")),
            ("closed", _zipped(folder / "closed")),
            ("letters", (folder / LETTERS_FILE).read_bytes()),
        )
    }
    payload: dict[str, Any] = {
        "analysis": task.analysis,
        "look": task.look,
        "cut": task.cut.isoformat(),
        "snapshot": task.snapshot,
        "snapshot_hash": last,
        "data": _digest(task.blinded, task.cut),
        "protocol": hashlib.sha256(task.protocol_text.encode()).hexdigest(),
        "open_report": kept["open"],
        "closed_report": kept["closed"],
        "letters": kept["letters"],
    }
    if task.whole:
        spent = {"information": result.information, "bound": result.upper, "alpha_spent": result.alpha_spent}
        payload |= {"events": result.events[-1]} | {name: f"{value:.12f}" for name, value in spent.items()}
    account = Account.objects.get(id=context.command.actor)
    _perform("make_look", account, STATISTICIAN, payload)


def _perform(kind: str, account: Any, role: str, payload: Mapping[str, Any]) -> None:
    from equipoise.server.sources import entropy
    from equipoise.server.write import UnavailableError, Wish, perform

    wish = Wish(
        kind=kind,
        actor=account.id,
        role=role,
        request_id=f"dmc-{entropy(12).hex()}",
        payload=payload,
        second_factor=True,
    )
    try:
        refusal = perform(wish).refusal
    except UnavailableError as error:
        raise ArgumentError(str(error)) from error
    if refusal is not None:
        problems = "".join(f" {field}: {problem}." for field, problem in refusal.problems)
        raise ArgumentError(f"{refusal.reason}{problems} {refusal.remedy}")


def _zipped(folder: Path) -> bytes:
    """Zip of a folder, equal for equal files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), (1980, 1, 1, 0, 0, 0))
                archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _place(request: LedgerRequest, output: Path) -> Path:
    return output / f"{request.analysis}-look-{request.look}"


def _copy(request: LedgerRequest, task: LookTask, scratch: Path) -> None:
    """Write the reports out where a folder is named; the letters are read from the server alone."""
    if request.output is None:
        return
    place = _place(request, request.output)
    place.mkdir(parents=True)
    for part in ("open", "closed"):
        shutil.move(scratch / part, place / part)
        print(place / part / "index.html")
    if not (request.output / MARK).is_file():
        write_mark(request.output, {"verb": "dmc", "study_id": task.protocol.study_id})
