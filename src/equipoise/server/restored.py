"""What is remembered of a restore beside the database: from which backup, and how far the record had gone before.

A slot has the same uniforms whenever it is drawn. Where events were lost with a database, the next patients would be
given the slots of patients who are treated already: the right ones where these are entered again in the order in which
they came, the known ones where others come first. So a restored record waits until somebody lets it go on.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from equipoise.ledger import TRIAL, LedgerError
from equipoise.ledger.head import HeadFile
from equipoise.server.place import Place

__all__ = ["Restored", "forget_restore", "note_restore", "restored_from"]

_FILE = "restored.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """A restore after which nothing was allocated yet."""

    made: str
    """When the backup was made."""
    known: int | None
    """Event of the trial chain at which the signed head of before the restore stands."""
    have: int | None
    """The same for the head of the backup."""

    @property
    def behind(self) -> bool:
        """Whether signed heads show events that the backup lacks."""
        return self.known is not None and (self.have is None or self.known > self.have)


def note_restore(place: Place, *, made: str, heads_before: Path | None) -> Restored:
    """Remember a restore in the folder of the data."""
    known = None if heads_before is None else _signed_at(heads_before)
    found = Restored(made=made, known=known, have=_signed_at(place.head_file))
    content = {"made": found.made, "known": found.known, "have": found.have}
    (place.data / _FILE).write_text(json.dumps(content) + "\n", encoding="utf-8")
    return found


def restored_from(place: Place) -> Restored | None:
    """Give the restore after which nobody has let the record go on; a file that was damaged still says that one was."""
    try:
        text = (place.data / _FILE).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    try:
        found = json.loads(text)
        known, have = (found[name] if isinstance(found[name], int) else None for name in ("known", "have"))
        return Restored(made=str(found["made"])[:40], known=known, have=have)
    except (ValueError, TypeError, KeyError):
        return Restored(made="an unknown day", known=None, have=None)


def forget_restore(place: Place) -> None:
    """Let nothing wait any longer."""
    (place.data / _FILE).unlink(missing_ok=True)


def _signed_at(file: Path) -> int | None:
    try:
        head = HeadFile(file).read().get(TRIAL)
    except LedgerError:
        return None
    return None if head is None else head.seq
