"""Tables of the vault. All are insert only; nothing in them tells an arm without the key."""

from django.db import models

__all__ = ["Allocation", "Counts", "GrantRow", "KitRow", "KitUse", "Seal", "Shipment"]


class Seal(models.Model):
    """The data key of the vault, sealed by the key file, and the seed, sealed by the data key. The last row holds."""

    number = models.IntegerField(primary_key=True)
    key_id = models.CharField(max_length=16)
    wrapped = models.BinaryField()
    """Nonce and ciphertext of the data key."""
    seed = models.BinaryField()
    """Nonce and ciphertext of the seed."""
    commitment = models.CharField(max_length=64)

    class Meta:
        """A row for each key file that the trial has had."""

        db_table = "vault_seal"


class Allocation(models.Model):
    """A sealed allocation."""

    pk = models.CompositePrimaryKey("stage", "number")
    stage = models.IntegerField()
    number = models.IntegerField()
    subject = models.TextField(unique=True)
    stratum = models.TextField()
    factors = models.TextField()
    cohort = models.TextField(null=True)
    nonce = models.BinaryField()
    ciphertext = models.BinaryField()
    version = models.IntegerField()

    class Meta:
        """A slot is used once, a subject has one."""

        db_table = "vault_allocation"


class Counts(models.Model):
    """Counts of the allocator after a slot, sealed: so that the next slot needs no replay from the first."""

    pk = models.CompositePrimaryKey("stage", "cohort", "number")
    stage = models.IntegerField()
    cohort = models.TextField()
    number = models.IntegerField()
    nonce = models.BinaryField()
    ciphertext = models.BinaryField()

    class Meta:
        """Derived from the allocations."""

        db_table = "vault_counts"


class KitRow(models.Model):
    """A kit: what everybody may see of it, and its contents, sealed."""

    number = models.TextField(primary_key=True)
    lot = models.TextField()
    expiry = models.CharField(max_length=10)
    nonce = models.BinaryField()
    ciphertext = models.BinaryField()

    class Meta:
        """Made by a delivery."""

        db_table = "vault_kit"


class Shipment(models.Model):
    """A kit sent to a site."""

    number = models.TextField(primary_key=True)
    site = models.TextField(db_index=True)

    class Meta:
        """A kit is sent once."""

        db_table = "vault_shipment"


class KitUse(models.Model):
    """What became of a kit."""

    pk = models.CompositePrimaryKey("number", "status")
    number = models.TextField()
    status = models.TextField()
    subject = models.TextField(null=True)
    request = models.TextField(null=True)

    class Meta:
        """A request of a subject is answered with one kit."""

        db_table = "vault_kit_use"
        constraints = [models.UniqueConstraint(fields=["subject", "request"], name="vault_kit_use_one")]


class GrantRow(models.Model):
    """A right to learn an arm that was used."""

    event = models.TextField(primary_key=True)
    subject = models.TextField()
    kind = models.TextField()
    actor = models.TextField()
    at = models.CharField(max_length=32)

    class Meta:
        """Kept with the first reading; each reading is in the access chain besides."""

        db_table = "vault_grant"
