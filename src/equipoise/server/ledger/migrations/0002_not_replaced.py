"""SQLite refuses to replace rows of the record."""

from django.db import migrations

from equipoise.server.insert_only import not_replaced


class Migration(migrations.Migration):
    """A trigger beside those against changing and deleting."""

    dependencies = [("ledger", "0001_initial")]
    operations = [migrations.RunPython(not_replaced("ledger_event", "ledger_request"))]
