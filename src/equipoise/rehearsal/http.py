"""The same commands over HTTP: a server started with ``--rehearsal`` is driven through a whole synthetic trial.

Each request names its time, its number and who asks; the server draws its random bytes from its seed and the number. A
command that was carried out before is answered from the record, so that a rehearsal that was broken off goes on. What
is tried in vain leaves nothing from which it could be answered: of the time before the break it is not tried again,
since the record has gone on and the answer might be another.
"""

import http.client
import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from equipoise.conduct import Command, Refusal
from equipoise.protocol import Problem
from equipoise.rehearsal.commands import SETUP
from equipoise.rehearsal.errors import RehearsalError
from equipoise.rehearsal.memory import Refused
from equipoise.rehearsal.tries import in_vain

__all__ = ["Driven", "Send", "drive", "sender"]

Send = Callable[[str, str, bytes | None, dict[str, str]], tuple[int, bytes]]
"""Method, path, body and headers -> status and body of the answer."""


@dataclass(slots=True)
class Driven:
    """What a server made of the commands."""

    seq: int = 0
    hash: str = ""
    """Number and hash of the last event of its trial chain."""
    granted: int = 0
    repeated: int = 0
    """Of those granted, commands that had been carried out before."""
    passed: int = 0
    """Attempts of the time before a break, which were not tried again."""
    refused: list[Refused] = field(default_factory=list)


def sender(url: str) -> Send:
    """Give what sends requests to a server, over one connection.

    Raises
    ------
    RehearsalError
        The address is none of HTTP.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise _wrong(url, "no address of a server", "http://127.0.0.1:8000")
    make = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = make(parts.hostname, parts.port, timeout=120)

    def send(method: str, path: str, body: bytes | None, headers: dict[str, str]) -> tuple[int, bytes]:
        for last in (False, True):
            try:
                connection.request(method, f"{parts.path.rstrip('/')}{path}", body, headers)
                answer = connection.getresponse()
                return answer.status, answer.read()
            except (http.client.HTTPException, OSError) as error:
                connection.close()
                if last:
                    raise _wrong(url, f"the server does not answer: {error}", "a running server") from error
        raise AssertionError

    return send


def drive(
    commands: Sequence[Command],
    send: Send,
    *,
    address: str = "server",
    refusable: Collection[str] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Driven:
    """Give commands to a server, one after the other.

    Parameters
    ----------
    commands
        All commands of a trial in order; the first ones, by which it begins, are given together.
    send
        What sends a request; see `sender`.
    address
        Name of the server in messages.
    refusable
        Requests that may be refused: those that a run in memory refused. Any other refusal ends the run, since the
        server has another trial; unless given every refusal is kept.
    progress
        Told, now and then, how many commands of how many are done.

    Raises
    ------
    RehearsalError
        The server is for no rehearsal, holds another trial, refuses what it should grant, or fails.
    """
    driven = Driven()
    first = commands[0]
    _answered(send("POST", "/rehearsal/begin", str(first.payload["text"]).encode(), _head(first, step=False)), address)
    driven.granted += SETUP
    sent: set[str] = set()
    behind = False
    for number, command in enumerate(commands[SETUP:], SETUP):
        if progress is not None and number % 100 == 0:
            progress(number, len(commands))
        if behind and in_vain(command):
            driven.passed += 1
            continue
        status, said = send("POST", f"/api/commands/{command.kind}", _body(command), _head(command))
        answer = _answered((status, said), address, refusals=True)
        if status != _OK and refusable is not None and command.request_id not in refusable:
            message = f"refuses {command.kind}, which is granted in memory: {answer['detail']}"
            raise _wrong(address, message, "a server started with the seed of this run, and no other commands")
        if status != _OK:
            driven.refused.append(Refused(command, Refusal(answer["code"], answer["detail"], answer.get("remedy", ""))))
        elif command.request_id not in sent:  # what is sent twice counts once
            sent.add(command.request_id)
            behind = bool(answer["repeated"])
            driven.granted += 1
            driven.repeated += behind
    end = _answered(send("GET", "/rehearsal/end", None, _head(commands[-1])), address)
    driven.seq, driven.hash = end["seq"], end["hash"]
    return driven


_OK, _REQUEST, _FAILED = 200, 400, 500


def _head(command: Command, *, step: bool = True) -> dict[str, str]:
    who = "Rehearsal-Patient" if command.role == "patient" else "Rehearsal-Actor"
    head = {"Content-Type": "application/json", "Rehearsal-At": command.at, who: command.actor}
    if step:
        head["Rehearsal-Step"] = command.request_id
    if command.second_factor:
        head["Rehearsal-Proof"] = "1"
    return head


def _body(command: Command) -> bytes:
    body: dict[str, Any] = {"request_id": command.request_id, "role": command.role, "payload": dict(command.payload)}
    for name in ("site", "subject", "reason"):
        if getattr(command, name) is not None:
            body[name] = getattr(command, name)
    return json.dumps(body, ensure_ascii=False).encode()


def _answered(answer: tuple[int, bytes], address: str, *, refusals: bool = False) -> dict[str, Any]:
    status, said = answer
    try:
        content: dict[str, Any] = json.loads(said)
    except ValueError:
        content = {"detail": said[:200].decode(errors="replace")}
    if status == _OK or (refusals and _REQUEST < status < _FAILED and "code" in content):
        return content
    raise _wrong(address, f"answers {status}: {content.get('detail')}", "a server started with --rehearsal")


def _wrong(address: str, message: str, expected: str) -> RehearsalError:
    return RehearsalError((Problem(file=address, message=message, expected=expected),))
