"""Table of personal links to diaries."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Personal links."""

    dependencies = [("accounts", "0001_initial")]
    operations = [
        migrations.CreateModel(
            name="DiaryLink",
            fields=[
                ("digest", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("subject", models.TextField(db_index=True)),
                ("made", models.DateTimeField()),
                ("expires", models.DateTimeField()),
                ("by", models.TextField()),
            ],
            options={"db_table": "diary_link"},
        ),
    ]
