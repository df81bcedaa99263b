"""The agenda of patients: thrown away and rebuilt from the record at any time."""

from django.db import models

__all__ = ["AgendaRow"]


class AgendaRow(models.Model):
    """What is asked for of a patient, whatever day it is."""

    subject = models.TextField(primary_key=True)
    site = models.TextField(db_index=True)
    opened = models.BooleanField()
    """Whether the patient was unblinded: then only who treats the patient may see the line."""
    day = models.CharField(max_length=10)
    """Calendar date at the site of the last event about the patient."""
    version = models.TextField()
    """Protocol version of that event."""
    soonest = models.CharField(max_length=10, null=True, db_index=True)
    """First of the last days of windows: nothing is overdue up to it."""
    things = models.TextField()
    """What is asked for, as JSON."""

    class Meta:
        """Derived from events alone; no clock, no counter."""

        db_table = "agenda"
