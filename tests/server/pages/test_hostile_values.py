"""Every form with values that no site would type: refused or recorded, never an error of the server, never markup."""

import html
import re

import pytest
from tests.server.pages_client import Visitor
from tests.server.server_trial import ServerTrial
from tests.server.test_matrix import who_is

from equipoise.conduct import ACTIONS, COMMANDS, Role
from equipoise.conduct.roles import SITE_ROLES

SCRIPT = '"><script>alert(1)</script>{{ 7*7 }}{% now "Y" %}'
HOSTILE = (
    SCRIPT,
    "\x00",
    "\N{RIGHT-TO-LEFT OVERRIDE}evil\N{ZERO WIDTH SPACE}",
    "-1",
    "99999999999999999999999",
    "0001-01-01",
    "1900-01-01",
    "2199-12-31",
    "2024-01-08",
    "{seen} {0} %(x)s %s",
    "\N{PILE OF POO}\N{COMBINING DIAERESIS}",
    "'; DROP TABLE ledger_event;--",
    "NaN",
    "1e400",
    "../../etc/passwd",
    "yes",
    "0",
    "1",
    "T1",
    "AE-1",
    "x" * 5000,
)
_NAMED = re.compile(r'<(?:input|select|textarea)\b[^>]*\bname="([^"]+)"')
_KEPT = ("request_id", "csrfmiddlewaretoken", "_add", "_drop")


def forms() -> list[tuple[str, Role]]:
    """Each command with a role that may give it."""
    return [(name, sorted(ACTIONS[name].roles)[0]) for name in COMMANDS if Role.PATIENT not in ACTIONS[name].roles]


@pytest.mark.parametrize("part", range(4))
def test_no_value_breaks_a_form(trial: ServerTrial, part: int, full: bool) -> None:
    """Every field of every form, with one hostile value after the other; while typing and sent."""
    sent = 0
    for place, (command, role) in enumerate(forms()):
        if place % 4 != part:
            continue
        visitor = Visitor(trial, who_is(role, "01-002"))
        about = [f"subjects/{subject}/" for subject in ("01-001", "01-002")] if ACTIONS[command].subject else [""]
        desk = f"{role}@01" if role in SITE_ROLES else str(role)
        for number, prefix in enumerate(about):
            path = f"/at/{desk}/{prefix}do/{command}/"
            shown = visitor.get(path)
            names = sorted(set(_NAMED.findall(shown.content.decode())) - set(_KEPT))
            if shown.status_code != 200 or not names:
                continue
            turns = range(len(HOSTILE)) if full else range((place + number) % 7, len(HOSTILE), 7)
            for turn in turns:
                data = {html.unescape(name): HOSTILE[(turn + n) % len(HOSTILE)] for n, name in enumerate(names)}
                data |= visitor.proof() if "proof.code" in names and turn % 2 else {}
                for headers in ({"HX-Request": "true"}, {}):
                    request = f"hostile-{place:03d}-{number}-{turn:03d}"
                    answer = visitor.post(path, {**data, "request_id": request}, **headers)
                    sent += 1
                    assert answer.status_code < 500, (path, data)
                    assert "<script>alert" not in answer.content.decode(), (path, data)
    assert sent > 20
