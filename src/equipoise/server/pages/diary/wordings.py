"""Wordings of questionnaires: which are loaded at a site or for all sites, another file in their place, an end."""

import re

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse, HttpResponseRedirect

from equipoise.conduct import Refusal
from equipoise.conduct.nouns.diaries import item_ranges
from equipoise.protocol import Instrument
from equipoise.server.diary.wording import (
    LARGEST_FILE,
    WordingError,
    delete_wording,
    keep_wording,
    read_wording,
    wording_digest,
    wordings_at,
)
from equipoise.server.pages.page import Call
from equipoise.server.pages.words import translated as _

__all__ = ["wordings_page"]

_NAME = re.compile(r"[\w][\w .()+-]{0,99}\.json", re.IGNORECASE)


def wordings_page(call: Call) -> HttpResponse:
    """Show what is loaded; take a file for a questionnaire, or delete what is loaded."""
    site, post = call.desk.site or "", call.request.POST
    problems: tuple[str, ...] = ()
    if call.request.method == "POST":
        try:
            said = _changed(call, site)
        except WordingError as error:
            problems = error.problems
        else:
            messages.success(call.request, said)
            return HttpResponseRedirect(call.url("wordings"), status=303)
    own, general = wordings_at(site), wordings_at("") if site else {}
    rows = []
    for name, label in _instruments(call).items():
        row = own.get(name) or general.get(name)
        rows.append(
            {
                "name": name,
                "label": label,
                "items": len(item_ranges(call.context.rules, name)),
                "loaded": row is not None,
                "own": name in own,
                "digest": wording_digest(row)[:12] if row else "",
            }
        )
    refusal = Refusal("bad_file", problems[0], _("Nothing was changed; choose another file.")) if problems else None
    top = [("f-file", said) for said in problems[1:]]
    content = {"rows": rows, "refusal": refusal, "top": top, "chosen": post.get("instrument", "")}
    return call.render(
        "pages/diary/wordings.html", 422 if problems else 200, most=LARGEST_FILE // 1_048_576, site=site, **content
    )


def _instruments(call: Call) -> dict[str, str]:
    parts = call.context.rules.protocol.instruments
    full = [part if isinstance(part, Instrument) else Instrument(name=part) for part in parts]
    return {part.name: part.label or part.name for part in full}


def _changed(call: Call, site: str) -> str:
    post, role = call.request.POST, str(call.desk.role)
    name = post.get("instrument", "")
    if name not in _instruments(call):
        raise WordingError([_("Choose a questionnaire of the protocol.")])
    if post.get("do") == "delete":
        there = delete_wording(site, name, actor=call.account, role=role)
        return _("The wording is deleted; item numbers stand in its place.") if there else _("No wording was loaded.")
    content = _content(call.request.FILES.get("file"))
    read_wording(content, name, item_ranges(call.context.rules, name))
    digest = keep_wording(site, name, content, actor=call.account, role=role)
    told = {"name": name, "digest": digest[:12]}
    return _("The wording of %(name)s is loaded. SHA-256 of the file begins with %(digest)s.") % told


def _content(file: UploadedFile | None) -> bytes:
    if file is None:
        raise WordingError([_("Choose a file.")])
    if (file.size or 0) > LARGEST_FILE:
        told = {"size": (file.size or 0) // 1_048_576 + 1, "most": LARGEST_FILE // 1_048_576}
        raise WordingError([_("The file has %(size)s MB; at most %(most)s MB can be sent here.") % told])
    if not _NAME.fullmatch(file.name or ""):
        raise WordingError([_("The name of the file is not used: give it letters, digits and the ending .json.")])
    return bytes(file.read())
