"""Adverse events."""

from equipoise.ledger.kind import Kind, register

__all__: list[str] = []

register(
    Kind(
        name="adverse_event_recorded",
        noun="adverse event",
        fields={
            "record": "text",
            "term": "text",
            "code": "text?",
            "body_system": "text?",
            "grade": "integer",
            "onset": "text",
            "end": "text?",
            "outcome": "text",
            "related": "text",
            "action": "text",
            "serious": "boolean",
            "criteria": "list?",
            "expected": "boolean?",
        },
        key=("record",),
        text="An adverse event; a later event of the same record replaces its values.",
    ),
    Kind(
        name="serious_event_reported",
        noun="adverse event",
        fields={
            "record": "text",
            "event": "text",
            "aware": "text",
            "due": "text",
            "late": "boolean",
            "narrative": "text",
            "causality": "text",
        },
        key=("record",),
        text="The site reported a serious adverse event; 24 hours run from awareness.",
    ),
    Kind(
        name="narrative_added",
        noun="adverse event",
        fields={"record": "text", "event": "text", "narrative": "text"},
        key=("record",),
        text="More about a serious adverse event.",
    ),
)
