"""Synthetic patients who go through the whole trial."""

from equipoise.rehearsal.errors import RehearsalError

__all__ = ["RehearsalError"]
