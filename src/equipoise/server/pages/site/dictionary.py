"""The dictionary of adverse events of a site: which terms are offered, and another file in its place."""

import hashlib

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse, HttpResponseRedirect

from equipoise.conduct import Refusal
from equipoise.ledger import Draft
from equipoise.server.pages.dictionary import LARGEST_FILE, DictionaryError, dictionary_of, keep_dictionary
from equipoise.server.pages.page import Call
from equipoise.server.pages.words import translated as _
from equipoise.server.sources import entropy
from equipoise.server.write import record_access

__all__ = ["dictionary_page"]


def dictionary_page(call: Call) -> HttpResponse:
    """Show the dictionary in use, or take a file in its place."""
    site = str(call.desk.site)
    problem, name = "", call.request.POST.get("name", "")[:80]
    if call.request.method == "POST":
        try:
            count = _taken(call, site, name, call.request.FILES.get("file"))
        except DictionaryError as error:
            problem = str(error)
        else:
            messages.success(call.request, _("The dictionary has %(n)s terms.") % {"n": count})
            return HttpResponseRedirect(call.url("dictionary"), status=303)
    dictionary = dictionary_of(site)
    refusal = Refusal("bad_file", problem, _("Nothing was changed; choose another file.")) if problem else None
    content = {
        "dictionary": dictionary,
        "classes": len(set(dictionary.terms.values())),
        "name": name,
        "problem": problem,
    }
    return call.render("pages/site/dictionary.html", 422 if problem else 200, refusal=refusal, **content,
                       most=LARGEST_FILE // 1_048_576)  # fmt: skip


def _taken(call: Call, site: str, name: str, file: UploadedFile | None) -> int:
    if not name.strip():
        raise DictionaryError(_("Name the dictionary, for example CTCAE 5.0."))
    if file is None:
        raise DictionaryError(_("Choose a file."))
    if (file.size or 0) > LARGEST_FILE:
        told = {"size": (file.size or 0) // 1_048_576 + 1, "most": LARGEST_FILE // 1_048_576}
        raise DictionaryError(_("The file has %(size)s MB; at most %(most)s MB can be sent here.") % told)
    content = file.read()
    count = keep_dictionary(site, name, content)
    digest = hashlib.sha256(content).hexdigest()
    payload = {"account": call.account, "what": f"dictionary of site {site} loaded, SHA-256 {digest}", "digest": None}
    draft = Draft("access_changed", payload, site)
    record_access(draft, actor=call.account, role=str(call.desk.role), request_id=f"access-{entropy(8).hex()}")
    return count
