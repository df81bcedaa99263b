"""Signed heads are on the disk when whoever waits for them is told so."""

import threading
import time
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


def test_a_thread_without_work_ends_and_the_next_commit_is_written_by_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("equipoise.server.heads.IDLE", 0.01)
    monkeypatch.setattr("equipoise.server.heads.INTERVAL", 0.01)
    path = tmp_path / "heads"
    writer = HeadWriter(path, Ed25519PrivateKey.generate(), lambda _chain, _seq: None)
    monkeypatch.setattr(writer, "_check", lambda: None)  # the database of this test knows no event
    for seq in range(1, 20):
        writer.note("trial", Link(seq, "ab" * 32, "2026-01-01T00:00:00Z"))
        until = time.monotonic() + 300
        while time.monotonic() < until and (not path.exists() or HeadFile(path).read()["trial"].seq < seq):
            time.sleep(0.001)
        assert HeadFile(path).read()["trial"].seq == seq
        while seq % 3 == 0 and time.monotonic() < until and writer._thread is not None:
            time.sleep(0.001)
        assert seq % 3 or writer._thread is None
