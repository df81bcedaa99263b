"""Table of central reads to be made."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """The queue of central reads."""

    dependencies = [("subjects", "0001_initial")]
    operations = [
        migrations.CreateModel(
            name="ReadingRow",
            fields=[
                ("pk", models.CompositePrimaryKey("subject", "assessment", "reader", primary_key=True)),
                ("subject", models.TextField()),
                ("assessment", models.IntegerField()),
                ("reader", models.IntegerField()),
                ("scanned", models.CharField(max_length=10, null=True)),
                ("since", models.CharField(max_length=10)),
                ("person", models.TextField(null=True)),
                ("ready", models.BooleanField()),
                ("triggers", models.TextField()),
            ],
            options={"db_table": "reading_list"},
        ),
    ]
