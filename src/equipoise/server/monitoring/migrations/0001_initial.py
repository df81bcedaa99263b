"""Table of the reports of interim looks, and the triggers that keep it."""

from django.db import migrations, models

from equipoise.server.insert_only import insert_only


class Migration(migrations.Migration):
    """Reports of interim looks."""

    initial = True
    dependencies: list[tuple[str, str]] = []
    operations = [
        migrations.CreateModel(
            name="LookReport",
            fields=[
                ("digest", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("content", models.BinaryField()),
            ],
            options={"db_table": "monitoring_report"},
        ),
        migrations.RunPython(insert_only("monitoring_report")),
    ]
