"""Accounts: made with their first role and training in one form; a new password; closed."""

import re
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect

from equipoise.conduct import Role
from equipoise.conduct.command import refuse
from equipoise.conduct.roles import SITE_ROLES
from equipoise.server.accounts.making import LoginTakenError, close_account, make_account, reset_account
from equipoise.server.accounts.models import Account
from equipoise.server.pages.forms.send import new_request_id
from equipoise.server.pages.forms.typed import TypedError, read_date
from equipoise.server.pages.page import Call, Desk
from equipoise.server.pages.proof import given_proof
from equipoise.server.pages.setup.known import site_choices
from equipoise.server.pages.words import translated as _
from equipoise.server.write import Wish, perform

__all__ = ["account_page", "new_account_page"]

_LOGIN = re.compile(r"[^\s\x00-\x1f]{1,60}")
_FIELDS = ("login", "name", "role", "site", "trained", "request_id")


def new_account_page(call: Call) -> HttpResponse:
    """Ask for a new account, or make it and show its first password once."""
    sites = site_choices()
    roles = tuple((str(role), Desk(role)) for role in Role if role is not Role.PATIENT)
    typed = {name: call.request.GET.get(name, "") for name in _FIELDS}
    content: dict[str, Any] = {"sites": sites, "roles": roles, "site_roles": " ".join(sorted(SITE_ROLES))}
    if call.request.method != "POST":
        typed["request_id"] = new_request_id()
        return call.render("pages/setup/account_new.html", typed=typed, problems={}, **content)
    typed = {name: call.request.POST.get(name, "").strip()[:200] for name in _FIELDS}
    problems = _problems(typed, {site for site, _label in sites})
    made: tuple[Account, str] | None = None
    if not problems:
        try:
            made = make_account(typed["login"], typed["name"][:120], actor=call.account, role=str(call.desk.role))
        except LoginTakenError:
            problems["login"] = _("There is an account of this name. Choose another login, or open that account.")
    if made is None:
        content |= {"typed": typed, "problems": problems}
        return call.render("pages/setup/account_new.html", 422, **content)
    said = _granted(call, made[0], typed)
    return call.render("pages/setup/account_made.html", account=made[0], password=made[1], refusal=said, typed=typed)


def _problems(typed: dict[str, str], sites: set[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    if not _LOGIN.fullmatch(typed["login"]):
        found["login"] = _("Give a login without spaces, at most 60 characters.")
    role = typed["role"]
    if role and role not in set(Role) - {Role.PATIENT}:
        found["role"] = _("Choose a role of the list.")
    elif role in SITE_ROLES and typed["site"] not in sites:
        found["site"] = _("This role is held at a site: choose it. A site is opened on the page of sites.")
    elif role not in SITE_ROLES and typed["site"]:
        found["site"] = _("This role belongs to no site: leave the site out.")
    if typed["trained"]:
        try:
            typed["trained"] = read_date(typed["trained"])
        except TypedError as error:
            found["trained"] = str(error)
    return found


def _granted(call: Call, account: Account, typed: dict[str, str]) -> Any:
    """Give the new account its role and training; the refusal, where the trial refuses one."""
    payload: dict[str, Any] = {"person": account.id, "role": typed["role"]}
    if typed["site"]:
        payload["site"] = typed["site"]
    wishes = [("grant_role", payload)] if typed["role"] else []
    if typed["role"] and typed["trained"]:
        training = {"person": account.id, "course": _("Protocol"), "completed": typed["trained"]}
        wishes.append(("record_training", training))
    for kind, given in wishes:
        wish = Wish(
            kind=kind,
            actor=call.account,
            role=str(call.desk.role),
            request_id=f"{typed['request_id'][:60] or new_request_id()}-{kind}",
            payload=given,
        )
        answer = perform(wish)
        if answer.refusal is not None:
            return answer.refusal
    return None


def account_page(call: Call, person: str) -> HttpResponse:
    """Give an account a new password, or close it."""
    account = Account.objects.filter(id=person).first()
    if account is None:
        refuse("account_unknown", _("There is no such account."), _("Open the list of people and choose one."))
    asked = call.request.POST.get("do", "") if call.request.method == "POST" else ""
    problems: dict[str, str] = {}
    if asked == "password":
        refusal = given_proof(call)
        if refusal is None:
            new = reset_account(account, actor=call.account, role=str(call.desk.role))
            return call.render("pages/setup/account_made.html", account=account, password=new, typed={}, again=True)
        problems = dict(refusal.problems)
    if asked == "close":
        if account.id == call.account:
            refuse("own_account", _("This is your own account."), _("Another administrator can close it."))
        close_account(account, actor=call.account, role=str(call.desk.role))
        messages.success(call.request, _("The account is closed: nobody comes in with it any more."))
        return HttpResponseRedirect(call.url("person", person=person), status=303)
    own = account.id == call.account
    return call.render(
        "pages/setup/account.html", 422 if problems else 200, account=account, own=own, problems=problems
    )
