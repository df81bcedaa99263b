"""The pages of commands: one for those about a patient, one for those about a site or the trial."""

from django.http import Http404, HttpResponse

from equipoise.conduct import ACTIONS
from equipoise.server.pages.forms.send import command_page
from equipoise.server.pages.page import Call
from equipoise.server.pages.plans import plan_of

__all__ = ["about_subject", "about_trial"]


def about_subject(call: Call, command: str) -> HttpResponse:
    """Ask for a command about a patient, or carry it out."""
    if not ACTIONS[command].subject:
        raise Http404
    return command_page(call, command, plan_of(call, command))


def about_trial(call: Call, command: str) -> HttpResponse:
    """Ask for a command about a site or the trial, or carry it out."""
    if ACTIONS[command].subject:
        raise Http404
    return command_page(call, command, plan_of(call, command))
