"""Contacts, death, loss, withdrawal, transfer, the end of the study."""

from equipoise.ledger.kind import Kind, register

__all__: list[str] = []

register(
    Kind(
        name="contact_recorded",
        noun="follow-up",
        fields={"record": "text", "date": "date", "how": "text", "status": "text"},
        key=("record",),
        date="date",
        text="The patient's state on a day.",
    ),
    Kind(
        name="death_recorded",
        noun="death",
        fields={"record": "text", "date": "text", "cause": "text", "source": "text?"},
        key=("record",),
        text="The patient died.",
    ),
    Kind(
        name="lost_to_follow_up",
        noun="follow-up",
        fields={"record": "text", "date": "date", "last_contact": "date?"},
        key=("record",),
        date="date",
        text="The patient can no longer be reached.",
    ),
    Kind(
        name="found_again",
        noun="follow-up",
        fields={"record": "text", "date": "date"},
        key=("record",),
        date="date",
        text="A patient who was lost was reached.",
    ),
    Kind(
        name="therapy_recorded",
        noun="therapy",
        fields={"record": "text", "therapy": "text", "name": "text", "start": "text", "end": "text?"},
        key=("record",),
        text="A treatment besides the assigned one.",
    ),
    Kind(
        name="deviation_recorded",
        noun="deviation",
        fields={"record": "text", "date": "date", "category": "text", "description": "text", "major": "boolean"},
        key=("record",),
        date="date",
        text="The protocol was not followed.",
    ),
    Kind(
        name="withdrawn",
        noun="withdrawal",
        fields={"record": "text", "level": "text", "date": "date", "by": "text"},
        key=("record",),
        date="date",
        text="The patient withdrew from the drug, the visits, survival follow-up, or the use of data from now on.",
    ),
    Kind(
        name="transferred",
        noun="transfer",
        fields={"record": "text", "from_site": "text", "to_site": "text", "date": "date"},
        key=("record",),
        date="date",
        text="The patient is followed by another site.",
    ),
    Kind(
        name="study_ended",
        noun="subject",
        fields={"record": "text", "date": "date", "why": "text"},
        key=("record",),
        date="date",
        text="Follow-up of the patient ended.",
    ),
)
