"""Links from a patient's page to the pages of the blind and of the central review; by role alone."""

from equipoise.conduct import ACTIONS
from equipoise.server.pages.page import Call
from equipoise.server.pages.words import translated as _

__all__ = ["blind_links"]


def blind_links(call: Call) -> list[tuple[str, str, bool]]:
    """Words, address, and whether it is for an emergency."""
    role = call.desk.role
    pages = (
        (_("Treatment, and why it is closed"), "treatment", "see_arm"),
        (_("After blinded treatment"), "open_treatment", "see_open_treatment"),
        (_("Treatment for a safety report"), "safety_treatment", "see_arm_for_safety"),
        (_("Central review"), "review", "assign_reader"),
    )
    found = [(words, call.url(name), False) for words, name, right in pages if role in ACTIONS[right].roles]
    if role in ACTIONS["break_code"].roles:
        address = call.url("subject_command", command="break_code")
        found.append((_("Emergency: break the code"), address, True))
    return found
