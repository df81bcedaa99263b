"""Tables of answers being typed and of wordings."""

from django.db import migrations, models

_KEY: dict[str, bool] = {"blank": True, "editable": False, "primary_key": True, "serialize": False}


class Migration(migrations.Migration):
    """Drafts and wordings."""

    initial = True
    dependencies: list[tuple[str, str]] = []
    operations = [
        migrations.CreateModel(
            name="DiaryDraft",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "subject", "instrument", "target", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("subject", models.TextField()),
                ("instrument", models.TextField()),
                ("target", models.IntegerField()),
                ("answers", models.TextField()),
                ("started", models.TextField()),
                ("saved", models.DateTimeField()),
            ],
            options={"db_table": "diary_draft"},
        ),
        migrations.CreateModel(
            name="DiaryWording",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "site", "instrument", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("site", models.TextField()),
                ("instrument", models.TextField()),
                ("content", models.TextField()),
                ("loaded", models.DateTimeField()),
                ("by", models.TextField()),
            ],
            options={"db_table": "diary_wording"},
        ),
    ]
