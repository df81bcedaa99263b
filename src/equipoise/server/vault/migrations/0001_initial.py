"""Tables of the vault, and the triggers that keep them."""

from django.db import migrations, models

from equipoise.server.insert_only import insert_only

TABLES = (
    "vault_seal",
    "vault_allocation",
    "vault_counts",
    "vault_kit",
    "vault_shipment",
    "vault_kit_use",
    "vault_grant",
)


class Migration(migrations.Migration):
    """Seal, allocations, counts, kits, grants."""

    initial = True

    dependencies: list[tuple[str, str]] = []

    operations = [
        migrations.CreateModel(
            name="Allocation",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "stage", "number", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("stage", models.IntegerField()),
                ("number", models.IntegerField()),
                ("subject", models.TextField(unique=True)),
                ("stratum", models.TextField()),
                ("factors", models.TextField()),
                ("cohort", models.TextField(null=True)),
                ("nonce", models.BinaryField()),
                ("ciphertext", models.BinaryField()),
                ("version", models.IntegerField()),
            ],
            options={
                "db_table": "vault_allocation",
            },
        ),
        migrations.CreateModel(
            name="Counts",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "stage", "cohort", "number", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("stage", models.IntegerField()),
                ("cohort", models.TextField()),
                ("number", models.IntegerField()),
                ("nonce", models.BinaryField()),
                ("ciphertext", models.BinaryField()),
            ],
            options={
                "db_table": "vault_counts",
            },
        ),
        migrations.CreateModel(
            name="GrantRow",
            fields=[
                ("event", models.TextField(primary_key=True, serialize=False)),
                ("subject", models.TextField()),
                ("kind", models.TextField()),
                ("actor", models.TextField()),
                ("at", models.CharField(max_length=32)),
            ],
            options={
                "db_table": "vault_grant",
            },
        ),
        migrations.CreateModel(
            name="KitRow",
            fields=[
                ("number", models.TextField(primary_key=True, serialize=False)),
                ("lot", models.TextField()),
                ("expiry", models.CharField(max_length=10)),
                ("nonce", models.BinaryField()),
                ("ciphertext", models.BinaryField()),
            ],
            options={
                "db_table": "vault_kit",
            },
        ),
        migrations.CreateModel(
            name="Seal",
            fields=[
                ("number", models.IntegerField(primary_key=True, serialize=False)),
                ("key_id", models.CharField(max_length=16)),
                ("wrapped", models.BinaryField()),
                ("seed", models.BinaryField()),
                ("commitment", models.CharField(max_length=64)),
            ],
            options={
                "db_table": "vault_seal",
            },
        ),
        migrations.CreateModel(
            name="Shipment",
            fields=[
                ("number", models.TextField(primary_key=True, serialize=False)),
                ("site", models.TextField(db_index=True)),
            ],
            options={
                "db_table": "vault_shipment",
            },
        ),
        migrations.CreateModel(
            name="KitUse",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "number", "status", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("number", models.TextField()),
                ("status", models.TextField()),
                ("subject", models.TextField(null=True)),
                ("request", models.TextField(null=True)),
            ],
            options={
                "db_table": "vault_kit_use",
                "constraints": [models.UniqueConstraint(fields=("subject", "request"), name="vault_kit_use_one")],
            },
        ),
        migrations.RunPython(insert_only(*TABLES)),
    ]
