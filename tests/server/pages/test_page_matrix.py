"""The permission matrix of the pages: every role at every page of the table, where it may and where it may not.

Refused means: the trial chain has not moved, the attempt stands in the access chain, and a page says why.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from tests.server.noninterference.browse import PARTS, desk_routes, posted_sample
from tests.server.pages_client import Visitor
from tests.server.server_trial import ServerTrial
from tests.server.test_matrix import TELLING, who_is

from equipoise.conduct import ACTIONS, COMMANDS, Role
from equipoise.conduct.roles import SITE_ROLES
from equipoise.ledger import ACCESS, TRIAL
from equipoise.server.ledger.store import chain_end, read_events

OPEN = {200, 422}
"""A page that is shown; or a form that came back for what was typed into it."""


def filled(page: Any, subject: str) -> Iterator[dict[str, str]]:
    """What is put in for the parts of an address."""
    commands = tuple(name for name in COMMANDS if ACTIONS[name].subject is ("subject" in page.parts))
    values = {"subject": (subject,), "command": commands, **{name: found[:1] for name, found in PARTS.items()}}
    found: list[dict[str, str]] = [{}]
    for part in page.parts:
        found = [{**each, part: value} for each in found for value in values[part]]
    yield from found


@pytest.mark.parametrize("role", list(Role))
def test_every_role_at_every_page(trial: ServerTrial, role: Role, full: bool) -> None:
    """With an own patient in treatment, a patient of the other site, and one who does not exist."""
    visitor = Visitor(trial, who_is(role, "01-002"), raises=False)
    trial.account(PARTS["person"][0])
    desk = f"{role}@01" if role in SITE_ROLES else str(role)
    states = {"01-002": True, "02-001": role not in SITE_ROLES and role is not Role.PATIENT, "01-999": False}
    cells = 0
    for number, (page, subject) in enumerate((page, subject) for page in desk_routes() for subject in states):
        for place, parts in enumerate(filled(page, subject)):
            row = ACTIONS[page.action(parts)]
            if not full and role not in row.roles and (number + place) % 9:
                continue
            cells += 1
            route = re.sub(r"<\w+:(\w+)>", lambda part, parts=parts: parts[part[1]], page.route)
            state = trial.state
            stage = state.subjects[subject].stage if row.subject else state.study.stage
            allowed = row.allows(role, stage, own=states[subject] or not row.subject)
            allowed = allowed and not (row.subject and subject == "01-999")
            before, tried = chain_end(TRIAL), chain_end(ACCESS)
            answer = visitor.get(f"/at/{desk}/{route}")
            assert (answer.status_code in (*OPEN, 404) if allowed else answer.status_code in (403, 404, 409)), (
                page.name, parts, role, answer.status_code,
            )  # fmt: skip
            text = answer.content.decode()
            assert allowed is not ('class="refusal"' in text), (page.name, parts, role)
            assert len(text) < 130_000
            assert not any(word in text for word in TELLING), (page.name, parts)
            assert chain_end(TRIAL) == before
            if not allowed:
                assert chain_end(ACCESS).seq == tried.seq + 1
                last = next(read_events(ACCESS, "seq = %s", [tried.seq + 1]))
                assert (last.kind, last.role) == ("refused", str(role))
    assert cells > (100 if full else 10)


@pytest.mark.parametrize("role", list(Role))
def test_a_form_is_not_taken_from_who_may_not(trial: ServerTrial, role: Role, full: bool) -> None:
    """Every form, sent for a patient of the other site or by a role that has not the command: nothing is recorded."""
    visitor = Visitor(trial, who_is(role, "01-002"), raises=False)
    desk = f"{role}@01" if role in SITE_ROLES else str(role)
    before, sent = chain_end(TRIAL), 0
    for page in desk_routes():
        for place, parts in enumerate(filled(page, "02-001") if page.writes else ()):
            row = ACTIONS[page.action(parts)]
            reaches = role not in SITE_ROLES and role is not Role.PATIENT
            if (role in row.roles and (reaches or not row.subject)) or (not full and place % 7 != len(role) % 7):
                continue
            sent += 1
            route = re.sub(r"<\w+:(\w+)>", lambda part, parts=parts: parts[part[1]], page.route)
            data = {"request_id": f"matrix-{sent:08d}", **posted_sample(parts.get("command"))}
            answer = visitor.post(f"/at/{desk}/{route}", data)
            assert answer.status_code in (403, 404, 405, 409), (page.name, parts, role)
    assert sent > 5
    assert chain_end(TRIAL) == before


def test_nobody_is_let_in_without_login_second_factor_or_role(trial: ServerTrial) -> None:
    """Each page sends strangers to the login; an account without role opens no desk."""
    stranger = Visitor(trial, "stranger@01", raises=False)
    before = chain_end(TRIAL)
    for page in desk_routes():
        for parts in filled(page, "01-002"):
            route = re.sub(r"<\w+:(\w+)>", lambda part, parts=parts: parts[part[1]], page.route)
            role = "site_coordinator@01" if "subject" in page.parts else "data_manager"
            assert stranger.get(f"/at/{role}/{route}").status_code in (403, 404)
    stranger.client.logout()
    for page in desk_routes():
        parts = next(filled(page, "01-002"))
        route = re.sub(r"<\w+:(\w+)>", lambda part, parts=parts: parts[part[1]], page.route)
        answer = stranger.get(f"/at/data_manager/{route}")
        assert answer.status_code == 302
        assert answer["location"].startswith("/account/login/?next=/at/data_manager/")
    assert chain_end(TRIAL) == before
