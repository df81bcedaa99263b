"""The record of a rehearsal as a database that `equipoise verify` and `equipoise serve` open: tables, vault, heads.

Only a rehearsal that was run in memory comes this way; a server writes no event that it has not decided itself.
"""

import errno
from collections.abc import Sequence
from typing import TYPE_CHECKING

from equipoise.cli.failure import ArgumentError
from equipoise.ledger import ACCESS, TRIAL, Draft, Event, Stamp, canonical_text
from equipoise.rehearsal.memory import Rehearsed
from equipoise.rehearsal.vault import RequestEntropy

if TYPE_CHECKING:
    from equipoise.server.keys import TrialKey
    from equipoise.server.place import Place

__all__ = ["write_record"]


def write_record(rehearsed: Rehearsed, place: "Place", *, seed: str) -> None:
    """Write the record of a rehearsal into an empty place.

    Parameters
    ----------
    rehearsed
        A run of a synthetic trial in memory.
    place
        Where the database, the key file and the heads come to lie.
    seed
        Text of the seed of its vault.

    Raises
    ------
    ArgumentError
        The protocol is not that of a synthetic trial, or the database holds one already.
    OSError
        The database cannot be written, for example because the disk is full.
    """
    from django.db import OperationalError, connection, transaction

    from equipoise.server.keys import make_key
    from equipoise.server.running import start

    if not rehearsed.protocol.trial.synthetic:
        raise ArgumentError(
            f"{rehearsed.protocol.study_id} is no synthetic trial: its record is made by a server alone"
        )
    assert place.key_file is not None  # noqa: S101 - the callers name one
    key = make_key(place.key_file, apart_from=[place.data])
    start(place)
    from equipoise.server.setup import adopted, migrate
    from equipoise.server.trial import flush_heads

    migrate()
    if adopted() is not None:
        raise ArgumentError(f"{place.data} holds the trial {adopted()}: name another folder")
    try:
        with transaction.atomic():
            _seal(rehearsed, key, seed)
            _events(rehearsed)
            _requests(rehearsed, key)
            _access(rehearsed, key)
            _read_models(rehearsed.events)
    except OperationalError as error:
        raise OSError(errno.EIO, str(error), str(place.data)) from error
    flush_heads()
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def _seal(rehearsed: Rehearsed, key: "TrialKey", seed: str) -> None:
    """Seal data key and seed of the vault with the key file, and write the allocations."""
    from equipoise.server.sources import Sources, replaced
    from equipoise.server.vault.models import Allocation
    from equipoise.server.vault.opening import make_seal

    with replaced(Sources(entropy=RequestEntropy(seed))):
        made = make_seal(key)
    if made.commitment != rehearsed.vault.commitment:
        raise ArgumentError("the seed is not that of the rehearsal's vault")
    rows = [
        Allocation(
            stage=row.slot.stage,
            number=row.slot.number,
            subject=row.subject,
            stratum=row.stratum,
            factors=canonical_text(dict(row.factors)),
            cohort=row.cohort,
            nonce=row.nonce,
            ciphertext=row.ciphertext,
            version=row.version,
        )
        for row in rehearsed.vault.rows
    ]
    Allocation.objects.bulk_create(rows)


def _events(rehearsed: Rehearsed) -> None:
    from equipoise.server.ledger.round_trip import ask
    from equipoise.server.ledger.store import inserting, lock

    lock(TRIAL)
    for statement in inserting(rehearsed.events):
        ask(statement)


def _requests(rehearsed: Rehearsed, key: "TrialKey") -> None:
    from equipoise.server.ledger.models import Request
    from equipoise.server.vault.seal import mac_key
    from equipoise.server.write import Wish, request_mac

    secret, rows = mac_key(key), []
    for granted in rehearsed.granted:
        command = granted.command
        wish = Wish(**{name: getattr(command, name) for name in Wish.__dataclass_fields__})
        values = (command.request_id, command.actor, wish.fingerprint(), granted.first, granted.last)
        names = ("request_id", "actor", "command", "first_seq", "last_seq", "mac")
        rows.append(Request(**dict(zip(names, (*values, request_mac(secret, *values)), strict=True))))
    Request.objects.bulk_create(rows, batch_size=500)


def _access(rehearsed: Rehearsed, key: "TrialKey") -> None:
    """Begin the access chain and add what was refused."""
    from equipoise.ledger.head import public_text
    from equipoise.server.ledger.store import append, lock
    from equipoise.server.vault.digests import seal_digest
    from equipoise.server.vault.models import Seal

    lock(ACCESS)
    first = rehearsed.events[0]
    seal = seal_digest(Seal.objects.get(number=1))
    opened = {"trial_hash": first.hash, "public_key": public_text(key.sign), "seal": seal}
    append(ACCESS, [Draft("access_opened", opened)], Stamp(first.at, "server", "server", "setup-0"))
    for refused in rehearsed.refused:
        command = refused.command
        payload = {"command": command.kind, "code": refused.refusal.code, "detail": None}
        append(ACCESS, [Draft("refused", payload, command.site, command.subject)], command.stamp())


def _read_models(events: Sequence[Event]) -> None:
    """Build the lists that a server keeps beside the record."""
    from equipoise.server.agenda import lines as agenda
    from equipoise.server.ledger.round_trip import ask
    from equipoise.server.ledger.shards import Loaded
    from equipoise.server.reading import queue
    from equipoise.server.subjects.models import SubjectRow
    from equipoise.server.vault.models import KitUse
    from equipoise.server.verification.folding import fold_trial

    folded = fold_trial(set())
    parts = {name: Loaded(shard, 0, 0) for name, shard in folded.shards.items()}
    SubjectRow.objects.bulk_create(folded.rows.values(), batch_size=500)
    uses = [KitUse(number=k, status=s, subject=who, request=r) for (k, s), (who, r) in folded.kits.items()]
    KitUse.objects.bulk_create(uses, batch_size=500)
    last = {event.subject: event for event in events if event.subject is not None}
    for statement in (*queue.following(events, parts), *agenda.following(list(last.values()), parts)):
        ask(statement)
