"""Treatment codes in the clear. Only `equipoise.server.unblinding` imports this module: an import contract says so."""

from collections.abc import Mapping

from equipoise.conduct.allocation_stage import StageDesign
from equipoise.conduct.vault import Grant, VaultError, VaultErrorCode
from equipoise.ledger import utc_text
from equipoise.server.keys import TrialKey
from equipoise.server.vault.models import Allocation, GrantRow
from equipoise.server.vault.opening import open_vault, sealed_row

__all__ = ["EVERYBODY", "reveal", "reveal_all"]

EVERYBODY = "*"
"""Subject of a grant that opens all arms."""


def reveal(key: TrialKey, stages: Mapping[int, StageDesign], subject: str, grant: Grant) -> str:
    """Give the arm of the subject named in the grant, and keep the grant."""
    if grant.subject != subject:
        raise VaultError(VaultErrorCode.NOT_ENTITLED, "the grant is for another subject")
    found = Allocation.objects.filter(subject=subject).first()
    if found is None:
        raise VaultError(VaultErrorCode.SUBJECT_UNKNOWN, f"subject {subject} has no allocation")
    _keep(grant)
    return open_vault(key, stages).arm(sealed_row(found))


def reveal_all(key: TrialKey, stages: Mapping[int, StageDesign], grant: Grant) -> dict[str, str]:
    """Give the arm of every subject, for a grant whose subject is `*`, and keep the grant."""
    if grant.subject != EVERYBODY:
        raise VaultError(VaultErrorCode.NOT_ENTITLED, "the grant is for one subject")
    _keep(grant)
    opened = open_vault(key, stages)
    return {row.subject: opened.arm(sealed_row(row)) for row in Allocation.objects.order_by("stage", "number")}


def _keep(grant: Grant) -> None:
    values = {"subject": grant.subject, "kind": grant.kind.value, "actor": grant.actor, "at": utc_text(grant.at)}
    GrantRow.objects.get_or_create(event=grant.event, defaults=values)
