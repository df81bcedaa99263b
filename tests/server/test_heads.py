"""Signed heads are on the disk when whoever waits for them is told so."""

import threading
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from equipoise.ledger import Link
from equipoise.ledger.head import Head, HeadFile
from equipoise.server.heads import HeadWriter


def test_a_flush_waits_for_what_another_thread_is_writing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on = threading.Event(), threading.Event()
    write = HeadFile.write

    def slow(file: HeadFile, *heads: Head) -> None:
        begun.set()
        assert go_on.wait(300)
        write(file, *heads)

    monkeypatch.setattr(HeadFile, "write", slow)
    path = tmp_path / "heads"
    writer = HeadWriter(path, Ed25519PrivateKey.generate(), lambda _chain, _seq: None)
    writer.note("trial", Link(1, "ab" * 32, "2026-01-01T00:00:00Z"))
    assert begun.wait(300)
    waiting = threading.Thread(target=writer.flush)
    waiting.start()
    waiting.join(0.05)
    assert waiting.is_alive()
    assert not path.exists()
    go_on.set()
    waiting.join(300)
    assert HeadFile(path).read()["trial"].seq == 1
    assert writer.failure is None
