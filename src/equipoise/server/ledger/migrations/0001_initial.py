"""Tables of the record, and the triggers that keep them."""

from django.db import migrations, models

from equipoise.server.insert_only import chained, insert_only


class Migration(migrations.Migration):
    """Events, requests, checkpoints."""

    initial = True
    dependencies: list[tuple[str, str]] = []
    operations = [
        migrations.CreateModel(
            name="Checkpoint",
            fields=[
                ("shard", models.TextField(primary_key=True, serialize=False)),
                ("seq", models.BigIntegerField()),
                ("state", models.TextField()),
            ],
            options={"db_table": "ledger_checkpoint"},
        ),
        migrations.CreateModel(
            name="EventRow",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "chain", "seq", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("chain", models.CharField(max_length=8)),
                ("seq", models.BigIntegerField()),
                ("at", models.CharField(max_length=32)),
                ("actor", models.TextField()),
                ("role", models.TextField()),
                ("site", models.TextField(null=True)),
                ("subject", models.TextField(null=True)),
                ("kind", models.TextField()),
                ("version", models.TextField()),
                ("payload", models.TextField()),
                ("reason", models.TextField(null=True)),
                ("request_id", models.TextField()),
                ("clock_drift", models.BooleanField()),
                ("prev_hash", models.CharField(max_length=64)),
                ("hash", models.CharField(max_length=64)),
            ],
            options={
                "db_table": "ledger_event",
                "indexes": [
                    models.Index(fields=["subject", "seq"], name="ledger_event_subject"),
                    models.Index(fields=["site", "kind", "seq"], name="ledger_event_site"),
                    models.Index(fields=["kind", "seq"], name="ledger_event_kind"),
                ],
                "constraints": [models.UniqueConstraint(fields=("chain", "prev_hash"), name="ledger_event_one_next")],
            },
        ),
        migrations.CreateModel(
            name="Request",
            fields=[
                ("request_id", models.TextField(primary_key=True, serialize=False)),
                ("actor", models.TextField()),
                ("command", models.CharField(max_length=64)),
                ("first_seq", models.BigIntegerField()),
                ("last_seq", models.BigIntegerField()),
                ("mac", models.CharField(max_length=64)),
            ],
            options={"db_table": "ledger_request"},
        ),
        migrations.RunPython(insert_only("ledger_event", "ledger_request")),
        migrations.RunPython(chained("ledger_event")),
    ]
