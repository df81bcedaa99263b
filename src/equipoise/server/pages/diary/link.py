"""The personal link of a patient: given, shown once, ended."""

from io import BytesIO
from urllib.parse import quote

import qrcode  # type: ignore[import-untyped]
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from qrcode.image.svg import SvgPathImage  # type: ignore[import-untyped]

from equipoise.conduct import diary_closed
from equipoise.conduct.command import refuse
from equipoise.ledger import utc_text
from equipoise.server.diary.links import LONGEST, end_links, give_link, links_of
from equipoise.server.pages.page import Call
from equipoise.server.pages.words import translated as _

__all__ = ["link_page"]

_DAYS = 190


def link_page(call: Call) -> HttpResponse:
    """Show whether a patient has a link; give one in its place, or end it."""
    request, subject = call.request, call.subject.id
    role = str(call.desk.role)
    if diary_closed(call.subject, call.today):
        refuse("diary_closed", _("No more questionnaires are asked for."), _("Nothing is to be done."))
    if request.method == "POST" and request.POST.get("do") == "end":
        end_links(subject, actor=call.account, role=role)
        messages.success(request, _("The link has ended: it opens nothing any more."))
        return HttpResponseRedirect(call.url("diary_link"), status=303)
    problem, address = "", ""
    text = request.POST.get("days", str(_DAYS)).strip()
    if request.method == "POST":
        if text.isascii() and text.isdigit() and len(text) < 5 and 1 <= int(text) <= LONGEST.days:
            secret, _row = give_link(subject, int(text), actor=call.account, role=role)
            address = request.build_absolute_uri(f"/diary/{secret}/")
        else:
            problem = _("Give a number of days from 1 to %(most)s.") % {"most": LONGEST.days}
    known = [{"made": utc_text(row.made), "expires": utc_text(row.expires)} for row in links_of(subject)]
    content = {"known": known, "address": address, "picture": _picture(address), "days": text, "problem": problem}
    return call.render("pages/diary/link.html", 422 if problem else 200, most=LONGEST.days, **content)


def _picture(address: str) -> str:
    """The address as a picture that a phone reads, as a data address."""
    if not address:
        return ""
    drawn = BytesIO()
    qrcode.make(address, image_factory=SvgPathImage, border=4).save(drawn)
    return "data:image/svg+xml;utf8," + quote(drawn.getvalue().decode("utf-8"))
