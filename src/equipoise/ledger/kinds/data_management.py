"""Queries, signatures, locks."""

from equipoise.ledger.kind import Kind, register

__all__: list[str] = []

register(
    Kind(
        name="query_opened",
        noun="query",
        fields={"record": "text", "of": "text", "field": "text?", "text": "text"},
        key=("record",),
        text="Somebody asks about a record.",
    ),
    Kind(
        name="query_answered",
        noun="query",
        fields={"record": "text", "query": "text", "text": "text"},
        key=("record",),
        text="An answer to a query.",
    ),
    Kind(
        name="query_closed",
        noun="query",
        fields={"record": "text", "query": "text"},
        key=("record",),
        text="A query is settled.",
    ),
    Kind(
        name="signed",
        noun="signature",
        fields={"record": "text", "of": "text", "meaning": "text", "hash": "hash"},
        key=("record",),
        text="A signature under a record as it was: its hash says which values.",
    ),
    Kind(
        name="subject_locked",
        noun="lock",
        fields={"record": "text"},
        key=("record",),
        text="The records of a patient are closed.",
    ),
    Kind(
        name="subject_unlocked",
        noun="lock",
        fields={"record": "text"},
        key=("record",),
        text="The records of a patient are open again; the event carries the reason.",
    ),
)
