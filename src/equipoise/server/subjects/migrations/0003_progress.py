"""How far each patient has come."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Words and counts that the flow of the trial is added up from."""

    dependencies = [("subjects", "0002_reading")]
    operations = [
        migrations.AddField("subjectrow", "progress", models.TextField(default="")),
        migrations.AddField("subjectrow", "progress_blinded", models.TextField(default="")),
    ]
