"""From first contact to the decision about eligibility."""

from equipoise.ledger.kind import Kind, register

__all__: list[str] = []

register(
    Kind(
        name="screened",
        noun="subject",
        fields={"date": "date", "person_key": "hash?", "rescreen_of": "text?"},
        date="date",
        text="A patient came for screening and got a number. The key is a keyed hash of identifying data, which "
        "never stand in the record.",
    ),
    Kind(
        name="registered",
        noun="subject",
        fields={"record": "text", "date": "date"},
        key=("record",),
        date="date",
        text="The patient was registered; criteria count from this day.",
    ),
    Kind(
        name="consented",
        noun="consent",
        fields={"record": "text", "form": "text", "version": "text", "date": "date"},
        key=("record",),
        date="date",
        text="The patient signed a version of a consent form.",
    ),
    Kind(
        name="baseline_recorded",
        noun="baseline",
        fields={"record": "text", "values": "map", "date": "date?"},
        key=("record",),
        text="Baseline facts of the protocol, by field. A later record adds fields and replaces those it names.",
    ),
    Kind(
        name="screen_failed",
        noun="subject",
        fields={"record": "text", "date": "date", "criteria": "list", "comment": "text?"},
        key=("record",),
        date="date",
        text="The patient is not eligible or did not go on.",
    ),
)
