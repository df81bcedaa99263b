"""Table of the list of patients."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """The list of patients."""

    initial = True
    dependencies: list[tuple[str, str]] = []
    operations = [
        migrations.CreateModel(
            name="SubjectRow",
            fields=[
                ("subject", models.TextField(primary_key=True, serialize=False)),
                ("site", models.TextField(db_index=True)),
                ("stage", models.TextField()),
                ("stage_blinded", models.TextField()),
                ("randomized", models.CharField(max_length=10, null=True)),
            ],
            options={"db_table": "subject_list"},
        ),
    ]
