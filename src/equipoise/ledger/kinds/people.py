"""People: roles and training."""

from equipoise.ledger.kind import Kind, register

__all__: list[str] = []

register(
    Kind(
        name="role_granted",
        noun="person",
        scope="trial",
        fields={"record": "text", "person": "text", "role": "text"},
        key=("record",),
        text="A person has a role, at the site of the event or everywhere.",
    ),
    Kind(
        name="role_revoked",
        noun="person",
        scope="trial",
        fields={"record": "text", "person": "text", "role": "text"},
        key=("record",),
        text="A person has a role no longer.",
    ),
    Kind(
        name="training_recorded",
        noun="person",
        scope="trial",
        fields={"record": "text", "person": "text", "course": "text", "completed": "date", "expires": "date?"},
        key=("record",),
        text="A person was trained for the trial.",
    ),
)
