"""The page of a patient."""

from django.http import HttpResponse

from equipoise.server.pages.page import Call
from equipoise.server.pages.possible import possible_actions
from equipoise.server.pages.seen import seen_subject

__all__ = ["subject_page"]


def subject_page(call: Call) -> HttpResponse:
    """Show a patient: what is due, what can be done now, what is recorded."""
    return call.render("pages/subject.html", patient=seen_subject(call), possible=possible_actions(call))
