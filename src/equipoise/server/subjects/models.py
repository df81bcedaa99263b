"""Read models of patients: thrown away and rebuilt from the record at any time."""

from django.db import models

__all__ = ["SubjectRow"]


class SubjectRow(models.Model):
    """Where a patient stands: as the site knows it, and as those do who may not learn what came after unblinding."""

    subject = models.TextField(primary_key=True)
    site = models.TextField(db_index=True)
    stage = models.TextField()
    stage_blinded = models.TextField()
    randomized = models.CharField(max_length=10, null=True)
    """Day of randomization."""

    class Meta:
        """Derived from events alone; no clock, no counter."""

        db_table = "subject_list"
