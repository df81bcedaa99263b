"""Table of the agenda."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """What is asked for of each patient."""

    initial = True
    dependencies: list[tuple[str, str]] = []
    operations = [
        migrations.CreateModel(
            name="AgendaRow",
            fields=[
                ("subject", models.TextField(primary_key=True, serialize=False)),
                ("site", models.TextField(db_index=True)),
                ("opened", models.BooleanField()),
                ("day", models.CharField(max_length=10)),
                ("version", models.TextField()),
                ("soonest", models.CharField(db_index=True, max_length=10, null=True)),
                ("things", models.TextField()),
            ],
            options={"db_table": "agenda"},
        ),
    ]
