"""The trial as a whole: protocol versions, stages of allocation, cuts, the lock of the database."""

from equipoise.ledger.kind import Kind, register

__all__: list[str] = []

register(
    Kind(
        name="protocol_adopted",
        noun="protocol",
        scope="trial",
        fields={"version": "text", "text": "text", "sha256": "hash", "study_id": "text", "stage": "integer"},
        key=("version",),
        text="The protocol was adopted: the first event of the record.",
    ),
    Kind(
        name="amended",
        noun="protocol",
        scope="trial",
        fields={
            "version": "text",
            "text": "text",
            "sha256": "hash",
            "approved": "date",
            "summary": "text",
            "changes_allocation": "boolean",
            "stage": "integer",
        },
        key=("version",),
        text="A new version of the protocol was approved; sites follow it from their own effective dates. A change "
        "of arms, ratio, method or strata begins a new stage of allocation.",
    ),
    Kind(
        name="version_activated",
        noun="protocol",
        scope="site",
        fields={"version": "text", "effective": "date"},
        key=("version",),
        text="A site follows a version of the protocol from a day on.",
    ),
    Kind(
        name="consent_form_approved",
        noun="consent form",
        scope="site",
        fields={"form": "text", "version": "text", "effective": "date", "reconsent": "boolean"},
        key=(
            "form",
            "version",
        ),
        text="A version of a consent form is in use at a site from a day on; reconsent says whether patients "
        "consented before are asked again.",
    ),
    Kind(
        name="allocation_committed",
        noun="allocation",
        scope="trial",
        fields={"stage": "integer", "commitment": "hash"},
        key=("stage",),
        text="The sealed seed of a stage of allocation was fixed; its hash is published before the first patient.",
    ),
    Kind(
        name="crossover_opened",
        noun="crossover",
        scope="trial",
        fields={"record": "text", "date": "date"},
        key=("record",),
        date="date",
        text="The trial's decision that opens crossover for all, where the protocol asks for one.",
    ),
    Kind(
        name="database_locked",
        noun="lock",
        scope="trial",
        fields={"record": "text", "meaning": "text"},
        key=("record",),
        text="Nothing about patients is recorded any more.",
    ),
    Kind(
        name="database_unlocked",
        noun="lock",
        scope="trial",
        fields={"record": "text"},
        key=("record",),
        text="The lock was lifted; the event carries the reason.",
    ),
    Kind(
        name="data_cut_made",
        noun="data cut",
        scope="trial",
        fields={"name": "text", "cutoff": "date?"},
        key=("name",),
        text="A cut of the data: facts dated after the cut-off, or recorded after this event, are not in it.",
    ),
)
