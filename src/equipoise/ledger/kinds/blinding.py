"""Who may know a treatment, and crossover."""

from equipoise.ledger.kind import Kind, register

__all__: list[str] = []

register(
    Kind(
        name="unblinded",
        noun="blind",
        fields={"record": "text", "ground": "text", "date": "date", "result": "text?"},
        key=("record",),
        date="date",
        text="The treating physician may know the treatment: the gate that the protocol sets is open.",
    ),
    Kind(
        name="code_broken",
        noun="blind",
        fields={"record": "text", "ground": "text", "date": "date"},
        key=("record",),
        date="date",
        text="Emergency: the treating physician may know the treatment. The patient stays in the analysis; "
        "crossover is not opened.",
    ),
    Kind(
        name="safety_unblinded",
        noun="blind",
        fields={"record": "text", "event": "text", "date": "date"},
        key=("record",),
        date="date",
        text="The safety office may know the treatment for a report to authorities; the site stays blinded.",
    ),
    Kind(
        name="unblinding_reported",
        noun="blind",
        fields={"record": "text", "date": "date", "who": "text", "how": "text"},
        key=("record",),
        date="date",
        text="Somebody learned a treatment outside of the rules.",
    ),
    Kind(
        name="unblinding_assessed",
        noun="blind",
        fields={"record": "text", "of": "text", "impact": "text"},
        key=("record",),
        text="What an unblinding means for the trial.",
    ),
    Kind(
        name="blinded_treatment_ended",
        noun="treatment",
        fields={"record": "text", "date": "date"},
        key=("record",),
        date="date",
        text="Blinded treatment ended; what follows is known to those who may know the treatment.",
    ),
    Kind(
        name="open_label_started",
        noun="treatment",
        fields={"record": "text", "date": "date"},
        key=("record",),
        date="date",
        sealed=True,
        text="Treatment of the other arm began, openly.",
    ),
    Kind(
        name="open_label_dose_recorded",
        noun="dose",
        fields={"record": "text", "start": "date", "end": "date?", "amount": "decimal", "unit": "text", "why": "text?"},
        key=("record",),
        date="start",
        sealed=True,
        text="A period at one dose of the open treatment.",
    ),
    Kind(
        name="open_label_stopped",
        noun="treatment",
        fields={"record": "text", "date": "date", "why": "text", "detail": "text?"},
        key=("record",),
        date="date",
        sealed=True,
        text="The open treatment ended for good.",
    ),
)
