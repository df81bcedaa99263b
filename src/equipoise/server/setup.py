"""From an empty folder to a trial that runs: tables, key, vault, protocol, the first administrator."""

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path

from django.core.management import call_command
from django.db import transaction

from equipoise.ledger import ACCESS, TRIAL, Draft, Stamp, utc_text
from equipoise.ledger.head import public_text
from equipoise.protocol import load_protocol
from equipoise.server import trial
from equipoise.server.accounts.models import Account
from equipoise.server.accounts.record import note_account
from equipoise.server.errors import ServerError
from equipoise.server.insert_only import kept_through
from equipoise.server.ledger.store import append, chain_end, lock, read_events
from equipoise.server.sources import entropy, now
from equipoise.server.vault.digests import seal_digest
from equipoise.server.vault.models import Seal
from equipoise.server.vault.opening import make_seal
from equipoise.server.write import Wish, perform

__all__ = ["SERVER", "FirstLogin", "adopt", "adopted", "migrate", "open_access", "set_up"]

SERVER = "server"
"""Actor and role of what the server itself records."""


@dataclass(frozen=True, slots=True, repr=False)
class FirstLogin:
    """Login of the first administrator; shown once, kept nowhere in the clear."""

    login: str
    password: str


def migrate() -> None:
    """Bring the tables of the database up to date; the triggers that keep the record outlive it."""
    with kept_through():
        call_command("migrate", verbosity=0, interactive=False)


def adopted() -> str | None:
    """STUDYID of the trial that the database holds; None where it holds none."""
    first = next(read_events(TRIAL, "seq = %s", [1]), None)
    return None if first is None else str(first.payload["study_id"])


def set_up(protocol_file: Path) -> FirstLogin | None:
    """Begin the trial of a protocol file; None where the database holds this trial already.

    Raises
    ------
    ServerError
        The database holds another trial, or the key cannot be used.
    ProtocolError
        Something is wrong with the file.
    """
    protocol = load_protocol(protocol_file)
    known = adopted()
    if known is not None:
        if known != protocol.study_id:
            raise ServerError(
                f"the database holds the trial {known}, and {protocol_file} is {protocol.study_id}: name another data "
                "folder (--data) or database."
            )
        return None
    opened = trial.key()
    if opened is None:
        raise ServerError(str(trial.key_problem()))
    with transaction.atomic():
        if not Seal.objects.exists():
            make_seal(opened)
        password = base64.b32encode(entropy(15)).decode().lower()
        account = Account.objects.create_account("administrator", password)
    adopt(account.id, protocol_file.read_text(encoding="utf-8"), protocol.version.number)
    open_access(public_text(opened.sign))
    note_account(account, "made", actor=SERVER, role=SERVER)
    return FirstLogin(account.login, password)


def adopt(administrator: str, text: str, version: str) -> None:
    """Record the protocol and the commitment of its allocation, in the name of an account."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    adopt = {"version": version, "text": text, "sha256": digest}
    commit = {"stage": 1, "commitment": Seal.objects.get(number=1).commitment}
    for number, (kind, payload) in enumerate((("adopt_protocol", adopt), ("commit_allocation", commit)), 1):
        wish = Wish(
            kind=kind,
            actor=administrator,
            role="administrator",
            request_id=f"setup-{number}",
            payload=payload,
            second_factor=True,
        )
        answer = perform(wish)
        if answer.refusal is not None:
            raise ServerError(f"the trial cannot begin: {answer.refusal.reason} {answer.refusal.remedy}")


def open_access(public_key: str) -> None:
    """Begin the access chain, bound to the first event of the trial."""
    with transaction.atomic():
        lock(ACCESS)
        if chain_end(ACCESS).seq:
            return
        first = next(read_events(TRIAL, "seq = %s", [1]))
        seal = seal_digest(Seal.objects.get(number=1))
        payload = {"trial_hash": first.hash, "public_key": public_key, "seal": seal}
        append(ACCESS, [Draft("access_opened", payload)], Stamp(utc_text(now()), SERVER, SERVER, "setup-0"))
