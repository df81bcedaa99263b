"""Fields that hold more, and one more: SQLite makes both tables anew."""  # noqa: N999

from django.db import migrations, models


class Migration(migrations.Migration):
    """A later version."""

    dependencies = [("ledger", "0003_trail")]  # noqa: RUF012 - as Django has it
    operations = [  # noqa: RUF012 - as Django has it
        migrations.AlterField("EventRow", "chain", models.CharField(max_length=16)),
        migrations.AddField("EventRow", "note", models.TextField(null=True)),
        migrations.AlterField("Request", "mac", models.CharField(max_length=128)),
    ]
