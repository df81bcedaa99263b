"""The stock of a site, for the pharmacist."""

from django.http import HttpResponse

from equipoise.server.pages.page import Call

__all__ = ["stock_page"]


def stock_page(call: Call) -> HttpResponse:
    """List the kits of the site by number: what is there, what was handed out, what was taken out."""
    kits = [
        {"kit": number, "expires": expires, "status": status, "late": status == "stock" and expires < call.today}
        for number, (expires, status) in sorted(call.context.site.kits.items())
    ]
    there = [kit for kit in kits if kit["status"] == "stock"]
    gone = [kit for kit in kits if kit["status"] != "stock"]
    return call.render("pages/site/stock.html", there=there, gone=gone)
