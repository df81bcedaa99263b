"""Changes of what was recorded: new events that keep the old value."""

from equipoise.ledger.kind import Kind, register

__all__: list[str] = []

register(
    Kind(
        name="corrected",
        noun="correction",
        change="corrected",
        fields={"of": "text", "key": "list", "changes": "map"},
        text="Fields of a record were corrected. `of` is the kind of the record, `key` the values that name it, "
        "`changes` field -> {old, new}. The event carries the reason.",
    ),
    Kind(
        name="retracted",
        noun="correction",
        change="retracted",
        fields={"of": "text", "key": "list"},
        text="A record was entered in error: it counts no more, and stays readable. The event carries the reason.",
    ),
)
