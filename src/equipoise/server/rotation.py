"""Another key file for a trial: the vault's data key is sealed for it, and heads are signed with it from now on."""

from django.db import transaction

from equipoise.ledger import ACCESS, CHAINS, Draft, Stamp, utc_text
from equipoise.ledger.head import public_text
from equipoise.server import trial
from equipoise.server.heads import HeadWriter
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
    writer = HeadWriter(trial.place().head_file, new.sign, trial.hash_of)
    for chain in CHAINS:
        end = chain_end(chain)
        if end.seq:
            writer.note(chain, end)
    writer.flush()
