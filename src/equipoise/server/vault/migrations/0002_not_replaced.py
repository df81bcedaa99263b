"""SQLite refuses to replace rows of the vault."""

from django.db import migrations

from equipoise.server.insert_only import INSERT_ONLY, not_replaced


class Migration(migrations.Migration):
    """A trigger beside those against changing and deleting."""

    dependencies = [("vault", "0001_initial")]
    operations = [
        migrations.RunPython(not_replaced(*(table for table in INSERT_ONLY if table.startswith("vault_")))),
    ]
