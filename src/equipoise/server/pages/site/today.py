"""What is due today, by role: the first page."""

from django.http import HttpResponse

from equipoise.server.pages.page import Call
from equipoise.server.pages.today_parts import today_parts

__all__ = ["today"]


def today(call: Call) -> HttpResponse:
    """Show what is due, and what is wrong, at this desk."""
    return call.render("pages/today.html", parts=today_parts(call))
