"""Another key file for a trial: the vault's data key is sealed for it, and heads are signed with it from now on."""

from django.db import transaction

from equipoise.ledger import ACCESS, Draft, Stamp, utc_text
from equipoise.ledger.head import HeadFile, public_text, sign_head
from equipoise.server import trial
from equipoise.server.keys import TrialKey
from equipoise.server.ledger.store import append, chain_end, lock
from equipoise.server.sources import now
from equipoise.server.vault.digests import seal_digest
from equipoise.server.vault.opening import rotate_seal

__all__ = ["rotate"]


def rotate(old: TrialKey, new: TrialKey) -> None:
    """Replace the key of the trial. The old file opens the vault no longer; backups made before still need it.

    Raises
    ------
    VaultError
        The old key is not the one that the vault is sealed for.
    """
    public = public_text(new.sign)
    with transaction.atomic():
        lock(ACCESS)
        seal = seal_digest(rotate_seal(old, new))
        proof = old.sign.sign(bytes.fromhex(public)).hex()
        draft = Draft("key_announced", {"public_key": public, "proof": proof, "seal": seal})
        append(ACCESS, [draft], Stamp(utc_text(now()), "server", "server", f"key-{new.id}"))
    HeadFile(trial.place().head_file).write(
        *(sign_head(new.sign, chain, chain_end(chain)) for chain in ("trial", "access") if chain_end(chain).seq)
    )
