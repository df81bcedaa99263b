"""Tables of diaries beside the record: answers that are being typed, and wordings that somebody has loaded."""

from django.db import models

__all__ = ["DiaryDraft", "DiaryWording"]


class DiaryDraft(models.Model):
    """Answers that a patient has typed and not handed in."""

    pk = models.CompositePrimaryKey("subject", "instrument", "target")
    subject = models.TextField()
    instrument = models.TextField()
    target = models.IntegerField()
    answers = models.TextField()
    """Item -> answer, as JSON; null where the patient would rather not answer."""
    started = models.TextField()
    """When it was begun, UTC."""
    saved = models.DateTimeField()

    class Meta:
        """No part of the record: rows go when the form is handed in, the link ends, or after two months."""

        db_table = "diary_draft"


class DiaryWording(models.Model):
    """Wording and layout of a questionnaire, at a site or at all sites."""

    pk = models.CompositePrimaryKey("site", "instrument")
    site = models.TextField()
    """Site for which it was loaded; empty for all sites."""
    instrument = models.TextField()
    content = models.TextField()
    loaded = models.DateTimeField()
    by = models.TextField()
    """Account of who loaded it."""

    class Meta:
        """Licensed text: it can be deleted; the access chain has its hash alone."""

        db_table = "diary_wording"
