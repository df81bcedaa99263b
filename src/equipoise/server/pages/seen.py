"""A patient as the role of a page may see it, folded from what the role may know and nothing else."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from equipoise.conduct import Subject, apply_all
from equipoise.conduct.nouns.central_review import REVIEW_KINDS
from equipoise.conduct.state import Record, State
from equipoise.ledger import kinds
from equipoise.server.pages.page import Call
from equipoise.server.subjects.view import OPEN_TREATMENT, seen_events, shown

__all__ = ["records_of", "seen_subject", "shown_values"]


def seen_subject(call: Call) -> Subject:
    """The patient of a page as the role knows it: no central review; of an unblinded patient, for who stays blinded,
    nothing after the unblinding.
    """
    whole = call.subject
    if call.desk.role in OPEN_TREATMENT:
        kept = {kind: records for kind, records in whole.records.items() if kind not in REVIEW_KINDS}
        return replace(whole, records=kept, review=None, gate=False)
    if not whole.unblinded and not any(kinds()[kind].sealed for kind in whole.records):
        kept = {kind: records for kind, records in whole.records.items() if kind not in REVIEW_KINDS}
        return replace(whole, records=kept, review=None, gate=False)
    seen = (event for event in seen_events(whole.id, call.desk.role) if event.kind not in REVIEW_KINDS)
    found = apply_all(State(), seen).subjects.get(whole.id) or Subject(id=whole.id)
    return replace(found, review=None, gate=False)


def records_of(subject: Subject, *kinds_wanted: str) -> list[Record]:
    """Records of some kinds that count, in the order in which they were made."""
    found = [r for kind in kinds_wanted for r in subject.records.get(kind, {}).values() if not r.retracted]
    return sorted(found, key=lambda record: (record.at, record.name))


def shown_values(record: Record) -> Mapping[str, Any]:
    """Values of a record that a blinded person may see."""
    return shown(record.kind, record.values)
