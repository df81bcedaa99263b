"""What stands on every page: the trial, and the band of synthetic data."""

from functools import lru_cache
from typing import Any

from django.db import DatabaseError, connection
from django.http import HttpRequest

from equipoise.ledger import TRIAL
from equipoise.server import trial
from equipoise.server.ledger.store import read_events

__all__ = ["marks"]


def marks(_request: HttpRequest | None) -> dict[str, Any]:
    """Tell templates which trial this is, and whether its data are made up."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT hash FROM ledger_event WHERE chain = %s AND seq = 1", [TRIAL])
            row = cursor.fetchone()
    except DatabaseError:
        row = None
    study, synthetic = ("", False) if row is None else _facts(row[0])
    return {"study_id": study, "synthetic": synthetic}


@lru_cache(maxsize=16)
def _facts(_first: str) -> tuple[str, bool]:
    event = next(read_events(TRIAL, "seq = %s", [1]))
    protocol = trial.rulebook(event.payload["version"], event.payload["text"]).protocol
    return protocol.study_id, bool(protocol.trial.synthetic)
