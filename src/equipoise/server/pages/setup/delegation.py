"""The staff of a site: who works there, whose training is in force, which tasks the investigator has delegated."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect

from equipoise.conduct import Refusal, Role
from equipoise.conduct.nouns.people import TASKS
from equipoise.server.pages.forms.send import new_request_id
from equipoise.server.pages.forms.typed import TypedError, read_date
from equipoise.server.pages.page import Call
from equipoise.server.pages.setup.known import account_names
from equipoise.server.pages.words import translated as _
from equipoise.server.write import Wish, perform

__all__ = ["delegation_page", "task_words"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Somebody with roles at the site."""

    account: str
    name: str
    roles: tuple[Role, ...]
    trained: bool
    investigator: bool
    tasks: tuple[tuple[str, str, str], ...]
    """Task, its words, and the first day of the delegation in force (empty: none is)."""


def task_words() -> dict[str, str]:
    """Task that can be delegated -> words."""
    return {
        "screen": _("screen and register patients"),
        "consent": _("take consent"),
        "randomize": _("randomize"),
        "dispense": _("hand out kits"),
        "tumors": _("measure tumors and send scans"),
        "data": _("record data"),
    }


def delegation_page(call: Call) -> HttpResponse:
    """Show the staff of the site; delegate the tasks that were ticked."""
    refusal, start = None, call.today
    if call.request.method == "POST":
        ticked = [each for each in call.request.POST.getlist("task") if each.count("/") == 1][:200]
        start = call.request.POST.get("start", "").strip()[:40]
        refusal = _delegated(call, ticked, start)
        if refusal is None:
            messages.success(call.request, _("Delegated: %(n)s tasks.") % {"n": len(ticked)})
            return HttpResponseRedirect(call.url("delegation"), status=303)
    return call.render(
        "pages/setup/delegation.html",
        422 if refusal else 200,
        members=_members(call),
        refusal=refusal,
        start=start,
        request_id=new_request_id(),
    )


def _members(call: Call) -> list[Member]:
    names, site, words = account_names(), call.context.site, task_words()
    found = []
    for account, person in sorted(call.study.people.items()):
        roles = tuple(Role(role) for role, at in sorted(person.roles, key=str) if at == call.desk.site)
        if not roles:
            continue
        tasks = []
        for task in TASKS:
            periods = site.delegations.get((account, task), ())
            begun = [start for start, end in periods if end is None or call.today <= end]
            tasks.append((task, words[task], begun[-1] if begun else ""))
        found.append(
            Member(
                account=account,
                name=names.get(account, account),
                roles=roles,
                trained=person.trained_on(call.today),
                investigator=Role.INVESTIGATOR in roles,
                tasks=tuple(tasks),
            )
        )
    return found


def _delegated(call: Call, ticked: list[str], start: str) -> Refusal | None:
    """Delegate each task that was ticked; the first refusal ends it."""
    if not ticked:
        return Refusal("bad_value", _("No task is ticked."), _("Tick what each person is to do."))
    try:
        day = read_date(start)
    except TypedError as error:
        return Refusal("bad_value", str(error), _("Give the first day of the delegation."))
    request_id = call.request.POST.get("request_id", "")[:50] or new_request_id()
    for number, each in enumerate(ticked):
        person, _slash, task = each.partition("/")
        wish = Wish(
            kind="delegate_task",
            actor=call.account,
            role=str(call.desk.role),
            request_id=f"{request_id}-{number}",
            payload={"person": person, "task": task, "start": day},
            site=call.desk.site,
        )
        answer = perform(wish)
        if answer.refusal is not None:
            return answer.refusal
    return None
