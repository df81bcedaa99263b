"""What every page is made of: own scripts and styles alone, none inside the page, no other host, and few bytes."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from tests.server.noninterference.browse import PARTS, desk_routes
from tests.server.pages_client import Visitor
from tests.server.server_trial import ServerTrial
from tests.server.test_matrix import who_is

from equipoise.conduct import ACTIONS, COMMANDS, Role
from equipoise.conduct.roles import SITE_ROLES

POLICY = {"default-src 'self'", "img-src 'self' data:", "object-src 'none'", "base-uri 'none'", "form-action 'self'",
          "frame-ancestors 'none'"}  # fmt: skip
LARGEST = 200_000
"""Bytes of a page with its style and scripts."""
INLINE = re.compile(
    r"<script(?![^>]*\bsrc=)|<style|<[^>]*\s(?:on\w+|style)=|javascript:|<(?:iframe|object|embed|base)\b", re.I
)


def addresses(full: bool) -> Iterator[tuple[Role, str]]:
    """A page of each line of the table, and each command's form, for a role that may open it."""
    for page in desk_routes():
        named = page.right is None
        commands = [c for c in COMMANDS if ACTIONS[c].subject is ("subject" in page.parts)] if named else [""]
        for place, command in enumerate(commands):
            role = sorted(ACTIONS[command or page.right].roles, key=list(Role).index)[0]
            if role is not Role.PATIENT and (full or not named or place % 3 == 0):
                parts = {"subject": "01-002", "command": command, **{name: found[0] for name, found in PARTS.items()}}
                desk = f"{role}@01" if role in SITE_ROLES else str(role)
                yield (
                    role,
                    f"/at/{desk}/" + re.sub(r"<\w+:(\w+)>", lambda part, parts=parts: parts[part[1]], page.route),
                )


def check(answer: Any, where: str) -> None:
    """No script or style stands in the page, nothing comes from elsewhere, and all of it is small."""
    assert {each.strip() for each in answer["content-security-policy"].split(";")} == POLICY, where
    text = answer.content.decode()
    assert INLINE.search(text) is None, (where, INLINE.search(text))
    sources = re.findall(r'<(?:script|img|link|source)\b[^>]*\b(?:src|href)="([^"]+)"', text)
    assert all(source.startswith("/static/") for source in sources), (where, sources)
    assert not re.findall(r'(?:href|action|src|hx-\w+)="(?:https?:)?//', text), where
    sizes = [Path(str(finders.find(source.removeprefix("/static/")))).stat().st_size for source in set(sources)]
    assert len(answer.content) + sum(sizes) < LARGEST, where


def test_every_page_is_own_strict_and_small(trial: ServerTrial, full: bool) -> None:
    seen = set()
    for role, path in addresses(full):
        answer = Visitor(trial, who_is(role, "01-002"), raises=False).get(path)
        seen.add(answer.status_code)
        assert "no-store" in answer["cache-control"], path
        if answer["content-type"].startswith("text/html"):
            check(answer, path)
    assert {200, 404} >= seen - {403, 409, 422}


def test_pages_of_strangers_and_of_errors_too(trial: ServerTrial) -> None:
    stranger = Visitor(trial, "coordinator@01", raises=False)
    answers = [stranger.get("/at/nobody/"), stranger.get("subjects/01-999/"), stranger.get("/nowhere/"),
               stranger.post("subjects/01-002/do/record_contact/", {"date": "x"})]  # fmt: skip
    stranger.client.logout()
    answers += [stranger.get("/account/login/"), stranger.get("/diary/eqd_x/")]
    answers.append(stranger.post("/account/login/", {"login": "<script>", "password": "x"}))
    assert {answer.status_code for answer in answers} <= {200, 403, 404, 409, 422}
    for answer in answers:
        check(answer, str(answer.request["PATH_INFO"]))
        assert "no-store" in answer["cache-control"]
