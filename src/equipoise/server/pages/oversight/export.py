"""SDTM at a cut as files: without treatments, or with them for who may know them."""

from typing import Any

from django.http import HttpResponse

from equipoise.conduct import ACTIONS
from equipoise.conduct.command import refuse
from equipoise.server.api.export import blinded_files, unblinded_files
from equipoise.server.api.problem import ProblemError
from equipoise.server.pages.page import Call
from equipoise.server.pages.words import translated as _

__all__ = ["export_page", "unblinded_export"]

_FORMATS = (
    ("xpt", "SAS transport (XPT version 5)"),
    ("parquet", "Parquet"),
    ("csv", "CSV"),
    ("json", "Dataset-JSON"),
)


def export_page(call: Call) -> HttpResponse:
    """Show the cuts and formats; give the files without treatments where a format was chosen."""
    cut, ending = _asked(call)
    if not ending:
        return call.render("pages/oversight/export.html", **_choices(call))
    return _given(lambda: blinded_files(call.context, cut, ending))


def unblinded_export(call: Call) -> HttpResponse:
    """Give the files with treatments; asked for with password and second factor, and recorded as a reading."""
    cut, ending = _asked(call)
    return _given(lambda: unblinded_files(call.context, cut, ending or "parquet"))


def _asked(call: Call) -> tuple[str | None, str]:
    ending = call.request.GET.get("format", "")
    if ending and ending not in dict(_FORMATS):
        known = ", ".join(name for name, _words in _FORMATS)
        refuse("bad_value", _("There is no such format."), _("Choose one of: %(known)s.") % {"known": known})
    return call.request.GET.get("cut") or None, ending


def _given(make: Any) -> HttpResponse:
    try:
        answer: HttpResponse = make()
    except ProblemError as error:
        refuse(error.code, error.detail, error.remedy)
    return answer


def _choices(call: Call) -> dict[str, Any]:
    records = call.study.records.get("data_cut_made", {}).values()
    cuts = [(r.values["name"], r.values.get("cutoff") or "", r.at) for r in records if not r.retracted]
    role = call.desk.role
    return {
        "cuts": cuts,
        "formats": [(name, _(words)) for name, words in _FORMATS],
        "may_unblind": role in ACTIONS["export_unblinded_sdtm"].roles,
        "may_cut": role in ACTIONS["cut_data"].roles,
    }
