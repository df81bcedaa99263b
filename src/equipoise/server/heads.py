"""Signed heads of the chains, written after the commit by a thread of each process, at the latest a second later."""

import atexit
import threading
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from equipoise.ledger import LedgerError, Link
from equipoise.ledger.head import HeadFile, sign_head

__all__ = ["INTERVAL", "HeadWriter"]

INTERVAL = 0.25
"""Seconds between two writings; several commits share one."""


class HeadWriter:
    """Writes the furthest head of each chain that it was told of."""

    def __init__(self, path: Path, key: Ed25519PrivateKey) -> None:
        self._file = HeadFile(path)
        self._key = key
        self._ends: dict[str, Link] = {}
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self.failure: str | None = None
        """Why the last writing failed; None where it did not."""

    def note(self, chain: str, end: Link) -> None:
        """Remember the end of a chain as committed; it is on the disk within a second."""
        with self._lock:
            known = self._ends.get(chain)
            if known is None or known.seq < end.seq:
                self._ends[chain] = end
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="heads", daemon=True)
                self._thread.start()
                atexit.register(self.flush)
        self._wake.set()

    def flush(self) -> None:
        """Write what is not written yet, now."""
        with self._lock:
            ends, self._ends = self._ends, {}
        if not ends:
            return
        try:
            self._file.write(*(sign_head(self._key, chain, end) for chain, end in ends.items()))
            self.failure = None
        except (OSError, LedgerError) as error:
            self.failure = _why(error)
            with self._lock:
                self._ends = {**ends, **self._ends}

    def _run(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            self.flush()
            threading.Event().wait(INTERVAL)


def _why(error: OSError | LedgerError) -> str:
    return f"{error.filename or 'file of heads'}: {error.strerror}" if isinstance(error, OSError) else str(error)
