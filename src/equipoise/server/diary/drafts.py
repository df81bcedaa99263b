"""Answers that a patient has typed and not handed in: kept so that the form can be gone on with, on any device.

They are no part of the record. A row goes when its form is handed in, when the patient's link ends, when the diary is
closed, and two months after it was saved last.
"""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass

from equipoise.ledger import utc_text
from equipoise.server.diary.models import DiaryDraft
from equipoise.server.sources import now

__all__ = ["KEPT", "Draft", "draft_of", "drafts_of", "forget_draft", "forget_drafts", "keep_draft"]

KEPT = dt.timedelta(days=60)
"""Time after which a draft is deleted."""


@dataclass(frozen=True, slots=True)
class Draft:
    """Answers so far."""

    answers: Mapping[str, int | None]
    """Item -> answer; nothing where the patient would rather not answer."""
    started: str
    """When it was begun, UTC."""
    saved: str
    """When it was saved, UTC."""


def keep_draft(subject: str, instrument: str, target: int, answers: Mapping[str, int | None], started: str) -> Draft:
    """Keep answers in place of those kept before; when the form was begun stays as it was."""
    moment = now()
    DiaryDraft.objects.filter(saved__lt=moment - KEPT).delete()
    before = draft_of(subject, instrument, target)
    begun = before.started if before is not None else started
    text = json.dumps(dict(sorted(answers.items())), separators=(",", ":"))
    DiaryDraft.objects.update_or_create(
        subject=subject,
        instrument=instrument,
        target=target,
        defaults={"answers": text, "started": begun, "saved": moment},
    )
    return Draft(answers, begun, utc_text(moment))


def draft_of(subject: str, instrument: str, target: int) -> Draft | None:
    """Answers so far of a form; none where there are none, or they are too old."""
    return drafts_of(subject).get((instrument, target))


def drafts_of(subject: str) -> dict[tuple[str, int], Draft]:
    """Answers so far of all forms of a patient."""
    rows = DiaryDraft.objects.filter(subject=subject, saved__gte=now() - KEPT).order_by("instrument", "target")
    return {
        (row.instrument, row.target): Draft(json.loads(row.answers), row.started, utc_text(row.saved)) for row in rows
    }


def forget_draft(subject: str, instrument: str, target: int) -> None:
    """Delete the draft of a form."""
    DiaryDraft.objects.filter(subject=subject, instrument=instrument, target=target).delete()


def forget_drafts(subject: str) -> None:
    """Delete all drafts of a patient."""
    DiaryDraft.objects.filter(subject=subject).delete()
