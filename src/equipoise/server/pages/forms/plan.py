"""What a page knows of a command beyond its declaration: choices, words, a part that follows the typing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from equipoise.conduct import ACTIONS, COMMANDS, Refusal
from equipoise.server.pages.forms.build import Understood
from equipoise.server.pages.forms.inputs import Tuned
from equipoise.server.pages.page import Call

__all__ = ["Beside", "Plan", "Planner", "button_of"]

Beside = tuple[str, dict[str, Any]]
"""Template of the part beside a form, and what it shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How a command is asked for in the browser; everything may be left as it is declared."""

    fields: Mapping[str, Tuned] = field(default_factory=dict)
    """Field -> what the page knows of it."""
    title: str = ""
    """Title of the page; the command's sentence unless given."""
    intro: str = ""
    """Why it is asked, or how to go about it."""
    more: tuple[str, str] | None = None
    """A link under the introduction: words and address."""
    consequence: str = ""
    """What will happen, of what cannot be taken back; shown apart."""
    button: str = ""
    """Verb and object."""
    beside: Callable[[Call, Understood], Beside] | None = None
    """Part that follows what is typed; shown beside the form and renewed while somebody types."""
    doubts: Callable[[Call, Understood], list[tuple[str, str]]] | None = None
    """What is possible but looks wrong, by name of the input: somebody confirms it, or corrects it."""
    prepare: Callable[[Call, dict[str, Any]], dict[str, Any]] | None = None
    """Completes what was typed with what follows from it, before it is sent."""
    after: Callable[[Call], str] | None = None
    """Address to go to when it is done; the patient's page, or today's, unless given."""
    done: str = ""
    """What is said when it is done."""
    columns: int = 1
    """Columns of inputs on a desk."""
    back: tuple[str, str] | None = None
    """Words and address of the page that it belongs to; the patient's page unless given."""
    above: Beside | None = None
    """What is to be looked at before the form is filled in."""
    blocked: Refusal | None = None
    """Why there is nothing to fill in now: shown in place of the form."""
    reason: bool = False
    """Whether a reason is asked for although the table of rights does not ask for one every time."""


Planner = Callable[[Call], Plan]
"""Makes the plan of a command for a request."""


def button_of(call: Call, command: str, plan: Plan) -> str:
    """Words of the button: verb and object, and the patient where it cannot be taken back."""
    if plan.button:
        return plan.button
    doc = COMMANDS[command].doc
    words = doc.partition(";")[0].partition(",")[0].rstrip(".")
    subject = call.context.command.subject
    return f"{words} ({subject})" if ACTIONS[command].second_factor and subject else words
