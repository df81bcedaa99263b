"""Where every patient stands, as a role may know it, from the list of patients in one question to the database."""

import json
from typing import Any, NamedTuple

from equipoise.conduct import REACH, Reach
from equipoise.server.pages.page import Call
from equipoise.server.subjects.models import SubjectRow

__all__ = ["Standing", "standings"]


class Standing(NamedTuple):
    """A patient's line."""

    subject: str
    site: str
    known: dict[str, Any]
    """As `equipoise.server.subjects.progress.progress_of` writes it."""


def standings(call: Call) -> list[Standing]:
    """Patients that the role reaches, by number.

    Who is blinded is told of an unblinded patient what was known before the unblinding, and nothing later.
    """
    rows = SubjectRow.objects.order_by("subject")
    if REACH[call.desk.role] is Reach.OWN_SITE:
        rows = rows.filter(site=call.desk.site)
    column = "progress_blinded" if call.desk.blinded else "progress"
    found = list(rows.values_list("subject", "site", column))
    known = json.loads(f"[{','.join(text or '{}' for _subject, _site, text in found)}]")
    return [Standing(subject, site, each) for (subject, site, _text), each in zip(found, known, strict=True)]
