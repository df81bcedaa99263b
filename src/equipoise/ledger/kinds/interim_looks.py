"""Interim looks: what was looked at, what alpha it spent, who opened the reports, what was recommended."""

from equipoise.ledger.event import ACCESS
from equipoise.ledger.kind import Kind, register

__all__: list[str] = []

register(
    Kind(
        name="look_made",
        noun="interim look",
        scope="trial",
        fields={
            "analysis": "text",
            "look": "integer",
            "final": "boolean",
            "cut": "date",
            "snapshot": "integer",
            "snapshot_hash": "hash",
            "data": "hash",
            "protocol": "hash",
            "events": "integer?",
            "information": "decimal?",
            "bound": "decimal?",
            "alpha_spent": "decimal?",
            "open_report": "hash?",
            "closed_report": "hash?",
            "letters": "hash?",
        },
        key=("analysis", "look"),
        text="The data were looked at by arm: cut-off date, last event seen and its hash, hash of the data and of the "
        "protocol, events of the two arms compared (both together), the bound recomputed for them and the alpha spent "
        "so far; hashes of the reports as they are kept. Of more than two arms, events and what follows from them are "
        "kept sealed, with the letters.",
    ),
    Kind(
        name="look_recorded",
        noun="interim look",
        scope="trial",
        fields={
            "analysis": "text?",
            "look": "integer",
            "date": "date",
            "cut": "text?",
            "recommendation": "text",
            "comment": "text?",
        },
        key=("analysis", "look"),
        date="date",
        text="The data monitoring committee has met, and recommends.",
    ),
    Kind(
        name="look_opened",
        noun="interim look",
        scope="trial",
        chain=ACCESS,
        fields={"analysis": "text", "look": "integer", "report": "text"},
        text="Somebody opened the closed report of a look, or the letters of its arms.",
    ),
)
