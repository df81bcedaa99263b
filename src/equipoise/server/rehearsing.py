"""A server for a rehearsal: time, chance and who asks come with each request. Never for a real trial.

A server is one for a rehearsal where ``EQUIPOISE_REHEARSAL`` holds a seed (`equipoise serve --rehearsal SEED`). It then
serves only a trial whose protocol says ``trial.synthetic: true``, and reads the headers

    Rehearsal-At       time of the request, as the record writes it
    Rehearsal-Step     number of the request, from which with the seed its random bytes come
    Rehearsal-Actor    account that asks; it is made when it first does
    Rehearsal-Patient  patient who asks, in place of an account
    Rehearsal-Proof    1 where the person has just proved who they are

and answers two addresses of its own: ``POST /rehearsal/begin`` with the protocol's text, and ``GET /rehearsal/end``.
Every other server refuses these headers and knows neither address.
"""

import datetime as dt
import json
import os
import threading
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse

from equipoise.conduct.entropy import SeededEntropy
from equipoise.ledger import TRIAL
from equipoise.server.ledger.store import chain_end
from equipoise.server.rehearsal_setup import RehearsalRefusedError, begin
from equipoise.server.sources import Sources, replaced
from equipoise.server.trial import flush_heads

__all__ = ["HEADERS", "VARIABLE", "Middleware", "actor", "patient", "proof", "rehearsing"]

VARIABLE = "EQUIPOISE_REHEARSAL"
HEADERS = ("Rehearsal-At", "Rehearsal-Step", "Rehearsal-Actor", "Rehearsal-Patient", "Rehearsal-Proof")
_ALONE = threading.Lock()
"""Clock and entropy are the process's: one request of a rehearsal at a time."""


def rehearsing() -> str | None:
    """Seed of the rehearsal that this server is for; None for every other server."""
    return os.environ.get(VARIABLE) or None


def actor(request: HttpRequest) -> str | None:
    """Account that asks, in a rehearsal."""
    return request.headers.get("Rehearsal-Actor") if rehearsing() else None


def patient(request: HttpRequest) -> str | None:
    """Patient who asks, in a rehearsal."""
    return request.headers.get("Rehearsal-Patient") if rehearsing() else None


def proof(request: HttpRequest) -> bool:
    """Whether the person has just proved who they are, in a rehearsal."""
    return bool(rehearsing()) and request.headers.get("Rehearsal-Proof") == "1"


class Middleware:
    """Gives each request of a rehearsal its time and its random bytes; refuses what belongs to one elsewhere."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._answer = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request."""
        seed = rehearsing()
        if seed is None:
            given = [name for name in HEADERS if name in request.headers]
            return _refused(400, f"{given[0]}: this server is for no rehearsal") if given else self._answer(request)
        at = request.headers.get("Rehearsal-At")
        if at is None:
            return self._answer(request)
        try:
            moment = dt.datetime.fromisoformat(at)
        except ValueError:
            return _refused(400, f"Rehearsal-At: {at[:40]!r} is no moment; expected 2026-03-01T09:30:00.000000Z")
        step = request.headers.get("Rehearsal-Step")
        entropy = SeededEntropy(seed if step is None else f"{seed}/{step}")
        with _ALONE, replaced(Sources(clock=lambda: moment, entropy=entropy)):
            if request.path == "/rehearsal/begin" and request.method == "POST":
                return _begin(request)
            if request.path == "/rehearsal/end":
                return _end()
            return self._answer(request)


def _begin(request: HttpRequest) -> HttpResponse:
    """Begin the trial of the protocol in the body; the same protocol again changes nothing."""
    try:
        begun = begin(request.body.decode())
    except (RehearsalRefusedError, UnicodeDecodeError) as error:
        return _refused(409, str(error))
    return JsonResponse({"begun": begun})


def _end() -> HttpResponse:
    """Say where the trial chain ends."""
    flush_heads()
    end = chain_end(TRIAL)
    return JsonResponse({"seq": end.seq, "hash": end.hash})


def _refused(status: int, detail: str) -> HttpResponse:
    problem = {"type": "about:blank", "title": "Rehearsal", "status": status, "code": "rehearsal", "detail": detail}
    return HttpResponse(json.dumps(problem), status=status, content_type="application/problem+json")
