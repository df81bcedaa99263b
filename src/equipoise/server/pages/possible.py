"""What a role may do now for a patient, and why not what it may not do now."""

from dataclasses import dataclass, replace

from equipoise.conduct import ACTIONS, COMMANDS, Refusal, obstacle
from equipoise.conduct.context import Context
from equipoise.server import trial
from equipoise.server.pages.page import Call

__all__ = ["Possible", "possible_actions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Possible:
    """A command of the role's menu."""

    command: str
    doc: str
    url: str
    refusal: Refusal | None = None
    """What stands against it; None where nothing is known to."""


def possible_actions(call: Call) -> list[Possible]:
    """List the commands of the role about the patient, in the order of the table of rights."""
    books = trial.rulebooks(call.study)
    found = []
    for name, row in ACTIONS.items():
        if name not in COMMANDS or not row.subject or call.desk.role not in row.roles:
            continue
        command = replace(call.context.command, kind=name)
        context = Context(books, call.context.state, command, call.context.vault)
        url = call.url("subject_command", command=name)
        found.append(Possible(command=name, doc=COMMANDS[name].doc, url=url, refusal=obstacle(context)))
    return found
