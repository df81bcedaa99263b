"""The signed head outside the database shows when the tail of a chain is gone."""

import multiprocessing
from pathlib import Path

import pytest

pytest.importorskip("cryptography", reason="needs the extra 'server'")

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from equipoise.ledger import LedgerError, Link
from equipoise.ledger.head import HeadFile, check_head, public_text, sign_head

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def link(seq: int) -> Link:
    return Link(seq, f"{seq:064x}", "2026-03-01T09:30:00.000000Z")


def test_a_head_is_checked_with_the_public_key_alone() -> None:
    head = sign_head(KEY, "trial", link(7))
    assert check_head(head, public_text(KEY))
    assert not check_head(head._replace(seq=6), public_text(KEY))
    assert not check_head(head._replace(hash="0" * 64), public_text(KEY))
    assert not check_head(head._replace(chain="access"), public_text(KEY))
    assert not check_head(head._replace(signature="zz"), public_text(KEY))
    other = Ed25519PrivateKey.from_private_bytes(bytes(32))
    assert not check_head(head, public_text(other))


def test_a_head_never_goes_back_and_chains_do_not_disturb_each_other(tmp_path: Path) -> None:
    file = HeadFile(tmp_path / "heads.jsonl")
    assert file.read() == {}
    file.write(sign_head(KEY, "trial", link(5)), sign_head(KEY, "access", link(2)))
    file.write(sign_head(KEY, "trial", link(4)))
    file.write(sign_head(KEY, "access", link(9)))
    assert {chain: head.seq for chain, head in file.read().items()} == {"trial": 5, "access": 9}


def _write(path: Path, numbers: list[int]) -> None:
    for number in numbers:
        HeadFile(path).write(sign_head(KEY, "trial", link(number)))


def test_processes_that_write_at_once_keep_the_last(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    path = tmp_path / "heads.jsonl"
    writers = [context.Process(target=_write, args=(path, list(range(start, 40, 3)))) for start in (1, 2, 3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(300)
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    head = HeadFile(path).read()["trial"]
    assert head.seq == 39
    assert check_head(head, public_text(KEY))


_FORGED = b'{"chain":%s,"seq":%s,"hash":"00","at":"now","signature":%s}\n'


@pytest.mark.parametrize(
    "content",
    [
        b"nonsense\n",
        b'{"chain":"trial"}\n',
        b"\xff\xfe",
        b"[" * 100_000,
        b"[]\n",
        _FORGED % (b'["trial"]', b"5", b'"00"'),
        _FORGED % (b'"trial"', b'"5"', b'"00"'),
        _FORGED % (b'"trial"', b"[5]", b'"00"'),
        _FORGED % (b'"trial"', b"5.0", b'"00"'),
        _FORGED % (b'"trial"', b"true", b'"00"'),
        _FORGED % (b'"trial"', b"5", b"7"),
        _FORGED % (b'"trial"', b"5", b"null"),
        _FORGED % (b'"\\ud800"', b"5", b'"00"'),
    ],
)
def test_a_damaged_file_is_said_to_be_damaged(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "heads.jsonl"
    path.write_bytes(content)
    with pytest.raises(LedgerError, match="not a file of heads"):
        HeadFile(path).read()
