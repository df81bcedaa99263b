"""The kinds of events, a file per noun; importing this package declares them all."""

from equipoise.ledger.kinds import access, corrections

__all__ = ["access", "corrections"]
