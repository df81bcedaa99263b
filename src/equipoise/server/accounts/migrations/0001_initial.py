"""Tables of accounts and tokens."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import equipoise.server.accounts.models


class Migration(migrations.Migration):
    """Accounts, tokens."""

    initial = True
    dependencies: list[tuple[str, str]] = []
    operations = [
        migrations.CreateModel(
            name="Account",
            fields=[
                ("password", models.CharField(max_length=128, verbose_name="password")),
                (
                    "id",
                    models.TextField(
                        default=equipoise.server.accounts.models.new_identifier,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("login", models.CharField(max_length=60, unique=True)),
                ("name", models.CharField(blank=True, default="", max_length=120)),
                ("email", models.EmailField(blank=True, default="", max_length=254)),
                ("is_active", models.BooleanField(default=True)),
            ],
            options={"db_table": "account"},
        ),
        migrations.CreateModel(
            name="Token",
            fields=[
                ("digest", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("created", models.DateTimeField()),
                ("expires", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="tokens", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={"db_table": "account_token"},
        ),
        migrations.CreateModel(
            name="UsedCode",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "account_id", "counter", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("counter", models.BigIntegerField()),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={"db_table": "account_used_code"},
        ),
    ]
