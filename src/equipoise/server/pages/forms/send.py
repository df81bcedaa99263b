"""The page of a command: shown, renewed while somebody types, sent through the one way to write.

Nothing is decided here. What was typed is brought into the form that the command takes; everything else is answered by
`equipoise.conduct.decide`, and its refusal is put beside the fields that it names, with what was typed still there.
"""

import re
from dataclasses import dataclass, field, replace
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect

from equipoise.conduct import ACTIONS, COMMANDS, Refusal, check_payload
from equipoise.ledger import LedgerError
from equipoise.server.api.problem import status_of
from equipoise.server.ledger.requests import carried_out_before
from equipoise.server.pages.forms.build import Posted, Understood, parts_of, payload_of, rows_posted
from equipoise.server.pages.forms.inputs import Group, Input
from equipoise.server.pages.forms.place import in_words, placed
from equipoise.server.pages.forms.plan import Plan, button_of
from equipoise.server.pages.page import Call
from equipoise.server.pages.proof import given_proof
from equipoise.server.pages.words import translated as _
from equipoise.server.sources import entropy
from equipoise.server.write import Answer, Wish, perform

__all__ = ["Form", "command_page", "form_of", "new_request_id"]

_REQUEST = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{7,79}")


@dataclass(slots=True, kw_only=True)
class Form:
    """A command's form as it is drawn."""

    call: Call
    command: str
    plan: Plan
    parts: tuple[Input | Group, ...]
    understood: Understood
    request_id: str
    reason: str = ""
    refusal: Refusal | None = None
    top: list[tuple[str, str]] = field(default_factory=list)
    reason_problem: str = ""
    proof_problems: dict[str, str] = field(default_factory=dict)
    doubts: list[tuple[str, str]] = field(default_factory=list)

    @property
    def title(self) -> str:
        """Title of the page."""
        return self.plan.title or _(COMMANDS[self.command].doc).rstrip(".")

    @property
    def button(self) -> str:
        """Words of the button."""
        return button_of(self.call, self.command, self.plan)

    @property
    def asks_reason(self) -> bool:
        """Whether a reason is asked for."""
        return ACTIONS[self.command].reason or self.plan.reason

    @property
    def asks_proof(self) -> bool:
        """Whether password and second factor are asked for."""
        return ACTIONS[self.command].second_factor

    @property
    def blocked(self) -> Refusal | None:
        """Why there is nothing to fill in; what was sent is answered by the refusal itself."""
        return (self.plan.blocked or _without_choice(self.parts)) if self.call.request.method != "POST" else None

    @property
    def above(self) -> dict[str, Any] | None:
        """What stands above the form, with its template."""
        return None if self.plan.above is None else {"template": self.plan.above[0], **self.plan.above[1]}

    @property
    def beside(self) -> dict[str, Any] | None:
        """What the part beside the form shows, with its template."""
        if self.plan.beside is None:
            return None
        template, content = self.plan.beside(self.call, self.understood)
        return {"template": template, **content}

    @property
    def key(self) -> str:
        """Name under which the browser keeps what is typed."""
        return f"{self.call.account}:{self.call.request.path}"

    def render(self, status: int = 200) -> HttpResponse:
        """Draw the page."""
        return self.call.render("pages/command.html", status=status, form=self, beside=self.beside)


def command_page(call: Call, command: str, plan: Plan) -> HttpResponse:
    """Show a command's form, or carry out what was sent."""
    request = call.request
    if request.method != "POST":
        return form_of(call, command, plan, _asked(call, plan)).render()
    posted = _lists(request.POST)
    added = _rows_changed(posted)
    form = form_of(call, command, plan, added or posted)
    if call.htmx:
        beside = form.beside
        return call.render(beside["template"], form=form, beside=beside) if beside else HttpResponse(status=204)
    if added is not None:
        return form.render()
    return _sent(form)


def form_of(call: Call, command: str, plan: Plan, posted: Posted | None) -> Form:
    """Make a form, with what was posted or with the values to begin with."""
    fields = COMMANDS[command].fields
    given: Posted = posted if posted is not None else {}
    parts = parts_of(fields, plan.fields, posted)
    shown = given if posted is not None else _as_posted(parts)
    understood = payload_of(fields, plan.fields, shown, call.context.site.time_zone if _has_site(call) else "UTC")
    name = (given.get("request_id") or [""])[-1]
    return Form(
        call=call,
        command=command,
        plan=plan,
        parts=parts,
        understood=understood,
        request_id=name if _REQUEST.fullmatch(name) else new_request_id(),
        reason=(given.get("reason") or [""])[-1].replace("\r\n", "\n")[:4000],
    )


def new_request_id() -> str:
    """Number of a new wish."""
    return f"page-{entropy(12).hex()}"


def _without_choice(parts: tuple[Input | Group, ...]) -> Refusal | None:
    """Say it where a choice is asked for and there is nothing to choose from: no event, no open query, no kit."""
    for part in parts:
        if isinstance(part, Input) and part.kind == "choice" and part.required and not part.choices:
            reason = _("There is nothing to choose from: %(what)s.") % {"what": part.label[:1].lower() + part.label[1:]}
            return Refusal("nothing_to_choose", reason, _("It can be done once there is one that waits for it."))
    return None


def _has_site(call: Call) -> bool:
    return bool(call.context.command.subject or call.context.command.site)


def _lists(query: Any) -> dict[str, list[str]]:
    return {key: query.getlist(key) for key in query}


def _asked(call: Call, plan: Plan) -> Posted | None:
    """Values that a link gives to begin with, on top of the plan's own."""
    fields = COMMANDS[call.context.command.kind].fields
    asked = call.request.GET
    wanted = {f.name: asked.getlist(f.name) for f in fields if f.type != "records" and f.name in asked}
    return {**_as_posted(parts_of(fields, plan.fields, None)), **wanted} if wanted else None


def _as_posted(parts: tuple[Input | Group, ...]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for part in parts:
        for each in [part] if isinstance(part, Input) else [e for row in part.rows for e in row]:
            found[each.name] = list(each.picked) if each.kind == "choices" else [each.typed]
    return found


def _rows_changed(posted: dict[str, list[str]]) -> dict[str, list[str]] | None:
    """Add or drop a row, where a button of the form asks for it in a browser without script."""
    for name in (posted.get("_add") or [])[-1:]:
        number = max(rows_posted(name, posted), default=-1) + 1
        return {**posted, f"{name}.{number}._": [""]}
    for place in (posted.get("_drop") or [])[-1:]:
        return {key: value for key, value in posted.items() if not key.startswith(f"{place}.")}
    return None


def _sent(form: Form) -> HttpResponse:
    """Carry the command out, or show the form with what stands against it."""
    found = list(form.understood.problems)
    if form.asks_reason and not form.reason.strip():
        form.reason_problem = _("Say why, in a sentence.")
    if found:
        found += _missing(form)
    if found or form.reason_problem:
        refusal = Refusal("bad_value", _("Something is missing or does not fit."), "", tuple(found))
        return _refused(form, refusal)
    if _doubtful(form):
        return form.render(422)
    if form.asks_proof and not carried_out_before(form.request_id, form.call.context.command.actor):
        refused = given_proof(form.call)
        if refused is not None:
            form.proof_problems = dict(refused.problems)
            return _refused(form, Refusal(refused.code, refused.reason, refused.remedy))
    try:
        answer = _performed(form)
    except LedgerError as error:
        return _refused(form, Refusal("bad_value", str(error), _("Correct the value named.")))
    if answer.refusal is not None:
        return _refused(form, answer.refusal)
    return _done(form, answer)


def _missing(form: Form) -> list[tuple[str, str]]:
    """What is not filled in, where something else could not be understood: everything is said at once."""
    named = {name for name, _said in form.understood.problems}
    asked = tuple(field for field in COMMANDS[form.command].fields if field.name not in named)
    return [
        (p.field, p.said) for p in check_payload(asked, form.understood.payload) if p.missing and ":" not in p.field
    ]


def _doubtful(form: Form) -> bool:
    """Whether something looks wrong that nobody has confirmed."""
    if form.plan.doubts is None or form.call.request.POST.get("confirmed") == form.command:
        return False
    form.doubts = form.plan.doubts(form.call, form.understood)
    if form.doubts:
        form.parts, form.top = placed(form.parts, form.doubts, form.understood.places)
    return bool(form.doubts)


def _performed(form: Form) -> Answer:
    command, prepare = form.call.context.command, form.plan.prepare
    return perform(
        Wish(
            kind=form.command,
            actor=command.actor,
            role=command.role,
            request_id=form.request_id,
            payload=form.understood.payload if prepare is None else prepare(form.call, form.understood.payload),
            site=command.site,
            subject=command.subject,
            reason=form.reason.strip() or None if form.asks_reason else None,
            second_factor=form.asks_proof,
        )
    )


def _refused(form: Form, refusal: Refusal) -> HttpResponse:
    if refusal.code == "request_reused":
        form.request_id = new_request_id()
        reason = _("This form has been sent before, with other values; what was sent first is recorded.")
        remedy = _("Look at the record. Send again only if this is a second, separate entry.")
        refusal = Refusal(refusal.code, reason, remedy)
    form.parts, form.top = placed(form.parts, refusal.problems, form.understood.places)
    if form.reason_problem:
        form.top.append(("f-reason", form.reason_problem))
    form.top += [(f"f-{key.replace('.', '-')}", in_words(said)) for key, said in form.proof_problems.items()]
    form.refusal = _shortened(form, refusal)
    return form.render(max(400, status_of(refusal.code)))


def _shortened(form: Form, refusal: Refusal) -> Refusal:
    """Leave out the reason where it repeats what stands beside a field: the fields are listed under it."""
    if refusal.code not in _OF_FIELDS or not form.top or not all(where for where, _said in form.top):
        return refusal
    return replace(refusal, reason=_("Something is missing or does not fit."))


_OF_FIELDS = frozenset({"bad_value", "missing_field", "date_in_future", "after_death"})


def _done(form: Form, answer: Answer) -> HttpResponse:
    first = answer.events[0] if answer.events else None
    name = first.payload.get("record") if first is not None else None
    said = form.plan.done or (_("Recorded as %(name)s.") % {"name": name} if name else _("Recorded."))
    messages.success(form.call.request, said, extra_tags=form.request_id)
    subject = form.call.context.command.subject or (first.subject if first is not None else None)
    if form.plan.after is not None:
        target = form.plan.after(form.call)
    elif subject:
        target = form.call.url("subject", subject=subject)
    else:
        target = form.call.url("today")
    return HttpResponseRedirect(target, status=303)
