"""The trial of a rehearsal's server: begun over HTTP, in an empty database, by a protocol marked as synthetic."""

from django.db import transaction

from equipoise.ledger import TRIAL
from equipoise.ledger.head import public_text
from equipoise.protocol import ProtocolError, parse_protocol
from equipoise.server import trial
from equipoise.server.accounts.models import Account
from equipoise.server.accounts.record import note_account
from equipoise.server.errors import ServerError
from equipoise.server.ledger.store import read_events
from equipoise.server.setup import SERVER, adopt, open_access
from equipoise.server.vault.models import Seal
from equipoise.server.vault.opening import make_seal

__all__ = ["ADMINISTRATOR", "RehearsalRefusedError", "account_of", "begin", "check_place"]

ADMINISTRATOR = "administrator"
"""Account that begins the trial."""


class RehearsalRefusedError(ServerError):
    """What a rehearsal's server will not do; the message says why."""


def check_place() -> None:
    """Refuse a database that holds a real trial.

    Raises
    ------
    RehearsalRefusedError
        Its protocol does not say that it is synthetic.
    """
    first = next(read_events(TRIAL, "seq = %s", [1]), None)
    if first is not None and not parse_protocol(str(first.payload["text"])).trial.synthetic:
        study = first.payload["study_id"]
        raise RehearsalRefusedError(f"the database holds {study}, a real trial: nothing is rehearsed in it")


def begin(text: str) -> bool:
    """Begin the trial; False where the database holds it already.

    Raises
    ------
    RehearsalRefusedError
        The protocol is wrong or not synthetic, or the database holds another trial.
    """
    check_place()
    try:
        protocol = parse_protocol(text)
    except ProtocolError as error:
        raise RehearsalRefusedError(str(error)) from error
    if not protocol.trial.synthetic:
        raise RehearsalRefusedError(f"{protocol.study_id} is not marked as synthetic (trial.synthetic: true)")
    first = next(read_events(TRIAL, "seq = %s", [1]), None)
    if first is not None:
        if first.payload["text"] != text:
            raise RehearsalRefusedError(f"the database holds another trial, {first.payload['study_id']}")
        return False
    opened = trial.key()
    if opened is None:
        raise RehearsalRefusedError(str(trial.key_problem()))
    with transaction.atomic():
        if not Seal.objects.exists():
            make_seal(opened)
    adopt(ADMINISTRATOR, text, protocol.version.number)
    open_access(public_text(opened.sign))
    return True


def account_of(name: str) -> Account:
    """Give the account of a person of the rehearsal; made, without password, when it is first asked for."""
    known: Account | None = Account.objects.filter(id=name).first()
    if known is not None:
        return known
    account = Account(id=name, login=name.lower())
    account.set_unusable_password()
    account.save(force_insert=True)
    note_account(account, "made", actor=SERVER, role=SERVER)
    return account
