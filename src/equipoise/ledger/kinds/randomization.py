"""Allocation of a subject; the arm itself is in the vault."""

from equipoise.ledger.kind import Kind, register

__all__: list[str] = []

register(
    Kind(
        name="randomized",
        noun="allocation",
        fields={
            "record": "text",
            "date": "date",
            "stage": "integer",
            "slot": "integer",
            "cohort": "text?",
            "stratum": "text",
            "factors": "map",
            "receipt": "hash",
        },
        key=("record",),
        date="date",
        sealed_fields=(
            "slot",
            "receipt",
        ),
        text="The subject was allocated. The receipt proves the vault's entry without telling the arm.",
    ),
    Kind(
        name="randomized_in_error",
        noun="allocation",
        fields={"record": "text", "date": "date", "why": "text"},
        key=("record",),
        date="date",
        text="The subject should not have been randomized; slot and allocation stay.",
    ),
    Kind(
        name="stratum_corrected",
        noun="allocation",
        fields={"record": "text", "factor": "text", "allocated": "text", "corrected": "text"},
        key=("record",),
        text="The level of a factor was wrong at randomization. The allocated level stays; analyses by corrected "
        "strata read this.",
    ),
)
