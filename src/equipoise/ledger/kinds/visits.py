"""Visits and what is measured at them."""

from equipoise.ledger.kind import Kind, register

__all__: list[str] = []

register(
    Kind(
        name="visit_recorded",
        noun="visit",
        fields={
            "record": "text",
            "visit": "text",
            "number": "integer",
            "status": "text",
            "date": "date?",
            "target": "date?",
            "window": "text?",
            "why": "text?",
        },
        key=("record",),
        date="date",
        text="A visit took place or was missed.",
    ),
    Kind(
        name="labs_recorded",
        noun="laboratory",
        fields={"record": "text", "date": "date", "laboratory": "text", "visit": "text?", "results": "list"},
        key=("record",),
        date="date",
        text="Results of a laboratory with its limits.",
    ),
    Kind(
        name="vitals_recorded",
        noun="vital signs",
        fields={"record": "text", "date": "date", "visit": "text?", "results": "list"},
        key=("record",),
        date="date",
        text="Vital signs.",
    ),
    Kind(
        name="diary_submitted",
        noun="diary",
        fields={
            "record": "text",
            "instrument": "text",
            "target": "integer",
            "date": "date",
            "answers": "map",
            "started": "text?",
        },
        key=("record",),
        date="date",
        text="A questionnaire as the patient filled it in; answers by item.",
    ),
    Kind(
        name="diary_missed",
        noun="diary",
        fields={"record": "text", "instrument": "text", "target": "integer", "date": "date", "why": "text"},
        key=("record",),
        date="date",
        text="A questionnaire was not filled in, and why.",
    ),
)
