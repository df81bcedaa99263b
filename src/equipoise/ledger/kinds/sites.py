"""Sites: opening, closing, delegation of tasks, kits in stock."""

from equipoise.ledger.kind import Kind, register

__all__: list[str] = []

register(
    Kind(
        name="site_opened",
        noun="site",
        scope="site",
        fields={"name": "text", "time_zone": "text", "country": "text?", "version": "text", "date": "date"},
        text="A site takes part; its calendar is that of its time zone.",
    ),
    Kind(
        name="site_closed",
        noun="site",
        scope="site",
        fields={"record": "text", "to": "text", "date": "date"},
        key=("record",),
        text="A site takes no more patients (accrual) or does nothing more (all).",
    ),
    Kind(
        name="site_reopened",
        noun="site",
        scope="site",
        fields={"record": "text", "date": "date"},
        key=("record",),
        text="A closed site takes patients again.",
    ),
    Kind(
        name="task_delegated",
        noun="delegation",
        scope="site",
        fields={"record": "text", "person": "text", "task": "text", "start": "date", "end": "date?"},
        key=("record",),
        text="The investigator delegated a task to a person.",
    ),
    Kind(
        name="delegation_ended",
        noun="delegation",
        scope="site",
        fields={"record": "text", "person": "text", "task": "text", "end": "date"},
        key=("record",),
        text="A delegation ended.",
    ),
    Kind(
        name="kits_received",
        noun="kit",
        scope="site",
        fields={"record": "text", "lot": "text", "expires": "date", "kits": "list"},
        key=("record",),
        text="Kits arrived at a site.",
    ),
    Kind(
        name="kits_removed",
        noun="kit",
        scope="site",
        fields={"record": "text", "kits": "list", "why": "text", "date": "date"},
        key=("record",),
        text="Kits of a site's stock may no longer be used.",
    ),
)
