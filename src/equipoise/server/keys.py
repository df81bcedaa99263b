"""The key file: one secret of 256 bits, from which everything that is sealed or signed takes its key.

The file is text, readable by its owner alone (mode 0600), and lies neither with the data nor with the backups: whoever
has the database but not this file learns no allocation. Keys are derived from the secret by HKDF-SHA256:

* ``wrap`` seals the data key of the vault (AES-256-GCM); rotating the key file seals the same data key anew, so that
  receipts in the record stay valid;
* ``sign`` signs the heads of the chains (Ed25519); its public part stands in the record.
"""

import base64
import contextlib
import hashlib
import os
import secrets
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from equipoise.server.errors import ServerError

__all__ = ["KEY_VARIABLE", "TrialKey", "load_key", "make_key"]

KEY_VARIABLE = "EQUIPOISE_KEY_FILE"
_MARK = "equipoise key 1"


@dataclass(frozen=True, slots=True, repr=False)
class TrialKey:
    """The secret of a trial, opened."""

    secret: bytes

    @property
    def id(self) -> str:
        """Name of the key: 16 hexadecimal digits that tell nothing of the secret."""
        return hashlib.sha256(b"equipoise key id" + self.secret).hexdigest()[:16]

    @property
    def wrap(self) -> bytes:
        """Key of AES-256-GCM that seals the data key of the vault."""
        return self._derive(b"wrap")

    @property
    def sign(self) -> Ed25519PrivateKey:
        """Key that signs the heads of the chains."""
        return Ed25519PrivateKey.from_private_bytes(self._derive(b"sign"))

    def __repr__(self) -> str:
        """Name the key without its secret."""
        return f"TrialKey({self.id})"

    def _derive(self, purpose: bytes) -> bytes:
        return HKDF(SHA256(), 32, salt=b"equipoise", info=purpose).derive(self.secret)


def make_key(path: Path, *, apart_from: Iterable[Path] = ()) -> TrialKey:
    """Make a key file from the operating system's entropy.

    Raises
    ------
    ServerError
        Where the file exists, or would lie inside a folder that it must be apart from.
    """
    _apart(path, apart_from)
    key = TrialKey(secrets.token_bytes(32))
    text = f"{_MARK}\nid {key.id}\nsecret {base64.b64encode(key.secret).decode()}\n"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise ServerError(f"{path}: exists already; a key is never written over. Choose another name.") from error
    with os.fdopen(number, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return key


def load_key(path: Path, *, apart_from: Iterable[Path] = ()) -> TrialKey:
    """Read a key file.

    Raises
    ------
    ServerError
        Where it is missing, readable by others, among the data or the backups, or not a key file.
    """
    try:
        state = path.stat()
    except FileNotFoundError as error:
        raise ServerError(
            f"{path}: the key file is missing. Bring it back from where it is kept apart from the backups; "
            "without it nothing can be allocated or unblinded. (For a new trial: equipoise key make.)"
        ) from error
    except PermissionError as error:
        raise ServerError(f"{path}: the key file may not be read by this user.") from error
    _apart(path, apart_from)
    if not stat.S_ISREG(state.st_mode):
        raise ServerError(f"{path}: is not a file.")
    if state.st_mode & 0o077:
        raise ServerError(
            f"{path}: others may read the key file (mode {stat.S_IMODE(state.st_mode):04o}, expected 0600). "
            f"If nobody has: chmod 600 {path}. Otherwise make a new key: equipoise key rotate."
        )
    if state.st_uid not in (os.geteuid(), 0):
        raise ServerError(f"{path}: the key file belongs to another user.")
    return _parse(path)


def _parse(path: Path) -> TrialKey:
    wrong = f"{path}: is not a key file of equipoise, or was damaged; bring it back from where a copy is kept."
    try:
        mark, name, secret = path.read_text(encoding="ascii").splitlines()
    except PermissionError as error:
        raise ServerError(f"{path}: the key file may not be read by this user.") from error
    except (UnicodeDecodeError, ValueError) as error:
        raise ServerError(wrong) from error
    key = None
    with contextlib.suppress(ValueError):
        key = TrialKey(base64.b64decode(secret.removeprefix("secret "), validate=True))
    if key is None or mark != _MARK or len(key.secret) != 32 or name != f"id {key.id}":
        raise ServerError(wrong)
    return key


def _apart(path: Path, folders: Iterable[Path]) -> None:
    place = path.resolve()
    for folder in folders:
        if place.is_relative_to(folder.resolve()):
            raise ServerError(
                f"{path}: the key file lies inside {folder}, beside what it protects. Keep it in a folder of its own, "
                f"for example ~/.config/equipoise, and name it in {KEY_VARIABLE}."
            )
