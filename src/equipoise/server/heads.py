"""Signed heads of the chains, written after the commit by a thread of each process, at the latest a second later.

A head is only moved on while the database holds the event at which it stands: where a tail was cut off or an older copy
was put in place, the head that proves it stays as it is, whatever is recorded afterwards.
"""

import atexit
import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import DatabaseError

from equipoise.ledger import LedgerError, Link
from equipoise.ledger.head import HeadFile, sign_head

__all__ = ["INTERVAL", "HeadWriter"]

INTERVAL = 0.25
"""Seconds between two writings; several commits share one."""
IDLE = 10.0
"""Seconds without a commit after which the thread ends; the next commit begins another."""
_LOG = logging.getLogger(__name__)


class HeadWriter:
    """Writes the furthest head of each chain that it was told of.

    Parameters
    ----------
    path
        File of heads.
    key
        Signs them.
    hash_of
        Gives the hash of an event of a chain as the database has it; None where it has none of that number.
    """

    def __init__(self, path: Path, key: Ed25519PrivateKey, hash_of: Callable[[str, int], str | None]) -> None:
        self._file = HeadFile(path)
        self._key = key
        self._hash_of = hash_of
        self._checked = -INTERVAL
        self._cut: set[str] = set()
        self._ends: dict[str, Link] = {}
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._at_exit = False
        self.failure: str | None = None
        """Why the last writing failed; None where it did not."""

    def note(self, chain: str, end: Link) -> None:
        """Remember the end of a chain as committed; it is on the disk within a second.

        Asks the database, so that it is called by a thread that may.
        """
        self._check()
        with self._lock:
            known = self._ends.get(chain)
            if known is None or known.seq < end.seq:
                self._ends[chain] = end
            self._wake.set()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="heads", daemon=True)
                self._thread.start()
            if not self._at_exit:
                self._at_exit = True
                atexit.register(self.flush)

    def behind(self, chain: str) -> str | None:
        """Say why the database is not what the signed head of a chain says; None where it is, as far as is known."""
        self._check()
        return self.failure if chain in self._cut else None

    def flush(self) -> None:
        """Write what is not written yet, now; what another thread is writing is on the disk too when this returns."""
        with self._writing:
            with self._lock:
                ends, self._ends = {chain: end for chain, end in self._ends.items() if chain not in self._cut}, {}
            if ends:
                self._write(ends)

    def _write(self, ends: dict[str, Link]) -> None:
        try:
            self._file.write(*(sign_head(self._key, chain, end) for chain, end in ends.items()))
            if not self._cut:
                self.failure = None
        except (OSError, LedgerError) as error:
            self._failed(_why(error))
            with self._lock:
                self._ends = {**ends, **self._ends}

    def _check(self) -> None:
        """See, now and then, whether the database still holds the events of the heads."""
        if time.monotonic() - self._checked < INTERVAL:
            return
        self._checked = time.monotonic()
        try:
            heads = self._file.read().values()
            gone = [head for head in heads if self._hash_of(head.chain, head.seq) != head.hash]
        except (OSError, LedgerError, DatabaseError) as error:
            self._failed(_why(error))
            return
        self._cut = {head.chain for head in gone}
        for head in gone:
            self._failed(
                f"{self._file.path}: the database no longer holds event {head.seq} of the {head.chain} chain as it was "
                "signed: events were lost, or an older copy was put in place. The head stays where it is. Find out by "
                "`equipoise verify`; only where the copy is wanted, move this file aside and keep it."
            )

    def _failed(self, why: str) -> None:
        if why != self.failure:
            _LOG.error("%s", why)
        self.failure = why

    def _run(self) -> None:
        while self._awaited():
            self.flush()
            threading.Event().wait(INTERVAL)

    def _awaited(self) -> bool:
        """Wait for a commit; False where none comes, and the thread ends."""
        if not self._wake.wait(IDLE):
            with self._lock:
                if not self._wake.is_set():
                    self._thread = None
                    return False
        self._wake.clear()
        return True


def _why(error: OSError | LedgerError | DatabaseError) -> str:
    return f"{error.filename or 'file of heads'}: {error.strerror}" if isinstance(error, OSError) else str(error)
