"""Table of the reports of interim looks; insert only."""

from django.db import models

__all__ = ["LookReport"]


class LookReport(models.Model):
    """A report as it is kept, found by the hash that stands in the record."""

    digest = models.CharField(max_length=64, primary_key=True)
    """SHA-256 of the content."""
    content = models.BinaryField()
    """Zip of the files; of the closed report and the letters nonce and ciphertext."""

    class Meta:
        """A report that no event names is of a look that was refused at the end; it can be read by nobody."""

        db_table = "monitoring_report"
