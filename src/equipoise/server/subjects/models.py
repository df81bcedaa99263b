"""Read models of patients: thrown away and rebuilt from the record at any time."""

from django.db import models

__all__ = ["ReadingRow", "SubjectRow"]


class SubjectRow(models.Model):
    """Where a patient stands: as the site knows it, and as those do who may not learn what came after unblinding."""

    subject = models.TextField(primary_key=True)
    site = models.TextField(db_index=True)
    stage = models.TextField()
    stage_blinded = models.TextField()
    randomized = models.CharField(max_length=10, null=True)
    """Day of randomization."""
    progress = models.TextField(default="")
    """How far the patient has come, as JSON; see `progress.progress_of`."""
    progress_blinded = models.TextField(default="")
    """The same before unblinding."""

    class Meta:
        """Derived from events alone; no clock, no counter."""

        db_table = "subject_list"


class ReadingRow(models.Model):
    """A central read that is still to be made, or a patient whom the adjudicator waits for."""

    pk = models.CompositePrimaryKey("subject", "assessment", "reader")
    subject = models.TextField()
    assessment = models.IntegerField()
    reader = models.IntegerField()
    """Number of the reader; 0 for the adjudicator; below 0 for a scan whose quality is to be checked."""
    scanned = models.CharField(max_length=10, null=True)
    """Day of the last scan of the assessment; none for the adjudicator."""
    since = models.CharField(max_length=10)
    """Day on which the read could begin."""
    person = models.TextField(null=True)
    """Who reads the patient as that reader."""
    ready = models.BooleanField()
    """Whether it is the next one that the reader may open."""
    triggers = models.TextField()
    """In what the readers differ, for the adjudicator; name of the scan, for one that is to be checked."""

    class Meta:
        """Derived from events alone."""

        db_table = "reading_list"
