"""The index of patients holds what a long trail is paged by: kinds are read from it, and the page's events alone."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Another index in the place of one; the table and its triggers stay as they are."""

    dependencies = [("ledger", "0002_not_replaced")]
    operations = [
        migrations.AddIndex(
            "EventRow", models.Index(fields=["subject", "seq", "kind", "chain"], name="ledger_event_trail")
        ),
        migrations.RemoveIndex("EventRow", "ledger_event_subject"),
    ]
