"""Tables of the record. Events and requests are insert only: triggers of the database refuse everything else."""

from django.db import models

__all__ = ["Checkpoint", "EventRow", "Request"]


class EventRow(models.Model):
    """An event as `equipoise.ledger.StoredEvent` has it."""

    pk = models.CompositePrimaryKey("chain", "seq")
    chain = models.CharField(max_length=8)
    seq = models.BigIntegerField()
    at = models.CharField(max_length=32)
    actor = models.TextField()
    role = models.TextField()
    site = models.TextField(null=True)
    subject = models.TextField(null=True)
    kind = models.TextField()
    version = models.TextField()
    payload = models.TextField()
    reason = models.TextField(null=True)
    request_id = models.TextField()
    clock_drift = models.BooleanField()
    prev_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        """One event follows another: an end of a chain is joined to once."""

        db_table = "ledger_event"
        constraints = [models.UniqueConstraint(fields=["chain", "prev_hash"], name="ledger_event_one_next")]
        indexes = [
            models.Index(fields=["subject", "seq", "kind", "chain"], name="ledger_event_trail"),
            models.Index(fields=["site", "kind", "seq"], name="ledger_event_site"),
            models.Index(fields=["kind", "seq"], name="ledger_event_kind"),
        ]


class Request(models.Model):
    """A request that was carried out: asked again, it is answered again and nothing is done twice."""

    request_id = models.TextField(primary_key=True)
    actor = models.TextField()
    command = models.CharField(max_length=64)
    """SHA-256 of the command: another command under the same name is refused."""
    first_seq = models.BigIntegerField()
    last_seq = models.BigIntegerField()
    mac = models.CharField(max_length=64)
    """Of the other fields, under the trial's key."""

    class Meta:
        """Beside the events."""

        db_table = "ledger_request"


class Checkpoint(models.Model):
    """State of a shard as folded up to an event; thrown away and folded again at any time."""

    shard = models.TextField(primary_key=True)
    seq = models.BigIntegerField()
    state = models.TextField()

    class Meta:
        """Derived from events alone."""

        db_table = "ledger_checkpoint"
