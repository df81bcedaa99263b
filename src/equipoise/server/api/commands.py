"""Commands over HTTP: one address for each, the same rules for all."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from equipoise.conduct import COMMANDS
from equipoise.server.api.access import AUTH, DIARY_AUTH, actor, proved
from equipoise.server.api.payloads import CommandIn, command_model
from equipoise.server.api.problem import Problem, ProblemError
from equipoise.server.ledger.requests import carried_out_before
from equipoise.server.write import Answer, Wish, perform

__all__ = ["REFUSALS", "Done", "router"]

router = Router(tags=["commands"], auth=AUTH)
REFUSALS = dict.fromkeys((400, 401, 403, 404, 409, 411, 413, 422, 429, 503, 507), Problem)


class Recorded(Schema):
    """An event that came of a command, as its author may see it."""

    kind: str
    at: str
    record: str | None = None
    subject: str | None = None


class Done(Schema):
    """What came of a command."""

    request_id: str
    repeated: bool
    """Whether the request had been carried out before; nothing was done twice."""
    events: list[Recorded]


def _endpoint(name: str) -> Callable[..., Any]:
    model = command_model(name)

    def run(request: HttpRequest, body: CommandIn) -> dict[str, Any]:
        return carry_out(request, name, body)

    run.__name__ = f"command_{name}"
    run.__doc__ = COMMANDS[name].doc
    run.__annotations__["body"] = model
    return run


def carry_out(request: HttpRequest, name: str, body: CommandIn) -> dict[str, Any]:
    """Hand a command to the one way to write, and say what came of it."""
    who = actor(request)
    again = body.proof is not None and carried_out_before(body.request_id, who)
    wish = Wish(
        kind=name,
        actor=who,
        role=body.role,
        request_id=body.request_id,
        payload=body.payload.dict(exclude_unset=True),
        site=body.site,
        subject=body.subject,
        reason=body.reason,
        second_factor=not again and proved(request, body.proof),
    )
    answer = perform(wish)
    if answer.refusal is not None:
        raise ProblemError.of(answer.refusal)
    return _said(wish, answer)


def _said(wish: Wish, answer: Answer) -> dict[str, Any]:
    # rules may add events about what their author may not see: only those about the wish itself are named
    first = answer.events[:1]
    events = [{"kind": e.kind, "at": e.at, "record": e.payload.get("record"), "subject": e.subject} for e in first]
    return {"request_id": wish.request_id, "repeated": answer.repeated, "events": events}


for _name in COMMANDS:
    _auth = DIARY_AUTH if _name == "submit_diary" else AUTH
    _answers = {200: Done, **REFUSALS}
    router.post(f"/{_name}", response=_answers, summary=COMMANDS[_name].doc, auth=_auth)(_endpoint(_name))
