"""Write the reference pages of commands and rights from their tables.

``python -m equipoise.conduct.reference docs/reference/commands.md docs/reference/rights.md``
"""

import sys
from pathlib import Path

from equipoise.conduct.field import Field
from equipoise.conduct.nouns import NOUNS
from equipoise.conduct.rights import ACTIONS, Action, Stage
from equipoise.conduct.roles import REACH, Role

__all__ = ["commands_page", "rights_page"]

_SHORT = {
    Role.SITE_COORDINATOR: "CO",
    Role.INVESTIGATOR: "IN",
    Role.PATIENT: "PA",
    Role.LOCAL_READER: "LR",
    Role.CENTRAL_READER_1: "R1",
    Role.CENTRAL_READER_2: "R2",
    Role.ADJUDICATOR: "AD",
    Role.PHARMACIST: "PH",
    Role.DATA_MANAGER: "DM",
    Role.BLINDED_STATISTICIAN: "BS",
    Role.UNBLINDED_STATISTICIAN: "US",
    Role.DMC_MEMBER: "MC",
    Role.SAFETY_OFFICE: "SO",
    Role.MONITOR: "MO",
    Role.AUDITOR: "AU",
    Role.ADMINISTRATOR: "AM",
}


def commands_page() -> str:
    """Every command: what it does, what it asks for, who may give it."""
    parts = [
        "# Commands",
        "",
        "Everything that changes a trial is a command: decided by `equipoise.conduct.decide`, which answers with",
        "events or with a refusal (a code, a reason, what would make it possible). Times and identifiers come with the",
        "command. This page is made from the tables of the program.",
        "",
    ]
    for title, noun in NOUNS.items():
        parts += [f"## {title}", ""]
        for spec in noun.COMMANDS:
            action = ACTIONS[spec.name]
            parts += [f"### `{spec.name}`", "", f"{spec.doc} {_asks(action)}", ""]
            if spec.fields:
                parts += ["| field | type | meaning |", "| --- | --- | --- |"]
                parts += [_row(field) for field in spec.fields]
                for field in spec.fields:
                    parts += [_row(inner, f"{field.name}: ") for inner in field.fields]
                parts.append("")
    return "\n".join(parts)


def _asks(action: Action) -> str:
    who = ", ".join(str(role).replace("_", " ") for role in Role if role in action.roles)
    more = [
        text
        for wanted, text in (
            (action.reason, "a reason"),
            (action.second_factor, "a second factor"),
            (action.task is not None, f"the task “{action.task}”, unless given by the investigator"),
        )
        if wanted
    ]
    return f"By: {who}." + (f" Needs {'; '.join(more)}." if more else "")


def _row(field: Field, before: str = "") -> str:
    kind = field.type.replace("_", " ")
    if field.choices:
        kind = " · ".join(field.choices)
    elif field.minimum is not None and field.maximum is not None and field.type == "integer":
        kind = f"{field.minimum} to {field.maximum}"
    optional = "" if field.required else " (optional)"
    return f"| `{before}{field.name}`{optional} | {kind} | {field.doc} |".replace("`" + before, f"{before}`", 1)


def rights_page() -> str:
    """The table of rights: action x role, with stages and conditions."""
    roles = list(Role)
    parts = [
        "# Rights",
        "",
        "One table says who may do what, when. Checks, menus and tests are made from it, and so is this page. A role",
        "at a site reaches its own site's patients, a patient only the patient's own records, every other role all",
        "sites.",
        "",
        *(f"* **{_SHORT[role]}** {str(role).replace('_', ' ')}: {REACH[role]}" for role in roles),
        "",
        "What a role may do depends besides on training in force (T: staff of sites and central readers), a task that",
        "the investigator has delegated (D), a reason in words (R) and a second factor just given (2).",
        "",
    ]
    groups = (("Commands", False, False), ("Reading", True, False), ("Access and depot", False, True))
    for title, reads, access in groups:
        head = " | ".join(_SHORT[role] for role in roles)
        parts += [f"## {title}", "", f"| action | {head} | asks | possible when |"]
        parts.append("| --- |" + " :-: |" * len(roles) + " --- | --- |")
        for name, row in ACTIONS.items():
            if (row.reads, row.access) == (reads, access):
                cells = " | ".join("●" if role in row.roles else "" for role in roles)
                asks = "T" * row.trained + "D" * (row.task is not None) + "R" * row.reason + "2" * row.second_factor
                when = ", ".join(stage.value for stage in Stage if stage in row.stages)
                parts.append(f"| `{name}` | {cells} | {asks} | {when} |")
        parts.append("")
    return "\n".join(parts)


if __name__ == "__main__":
    for path, page in zip(sys.argv[1:], (commands_page(), rights_page()), strict=False):
        Path(path).write_text(page, encoding="utf-8")
