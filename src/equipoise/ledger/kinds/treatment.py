"""Kits given to patients, doses, the end of treatment."""

from equipoise.ledger.kind import Kind, register

__all__: list[str] = []

register(
    Kind(
        name="kit_assigned",
        noun="kit",
        fields={"record": "text", "kit": "text", "date": "date"},
        key=("record",),
        date="date",
        text="The vault named the kit to dispense.",
    ),
    Kind(
        name="dispensed",
        noun="kit",
        fields={"record": "text", "kit": "text", "date": "date", "quantity": "integer?"},
        key=("record",),
        date="date",
        text="A kit was handed out.",
    ),
    Kind(
        name="kit_returned",
        noun="kit",
        fields={"record": "text", "kit": "text", "date": "date", "units_left": "integer?"},
        key=("record",),
        date="date",
        text="A kit came back.",
    ),
    Kind(
        name="wrong_kit_dispensed",
        noun="kit",
        fields={"record": "text", "kit": "text", "assigned": "text?", "date": "date", "what_was_done": "text"},
        key=("record",),
        date="date",
        text="A patient got a kit that was not assigned.",
    ),
    Kind(
        name="dose_recorded",
        noun="dose",
        fields={
            "record": "text",
            "start": "date",
            "end": "date?",
            "amount": "decimal",
            "unit": "text",
            "why": "text?",
            "phase": "text",
        },
        key=("record",),
        date="start",
        text="A period at one dose; 0 is an interruption.",
    ),
    Kind(
        name="treatment_stopped",
        noun="treatment",
        fields={"record": "text", "date": "date", "why": "text", "detail": "text?"},
        key=("record",),
        date="date",
        text="Assigned treatment ended for good.",
    ),
)
