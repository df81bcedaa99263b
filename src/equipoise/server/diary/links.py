"""Personal links: a patient opens his or her own diary with a secret that nobody else has.

The secret is drawn for the patient and shown once; a keyed hash of it is kept, outside of the record, in a table whose
rows can be deleted. It opens nothing but the own diary, and nothing at all after its last day, after the patient's
death, a withdrawal from visits, the end of follow-up or the lock of the records.
"""

import base64
import datetime as dt
import hashlib
from dataclasses import dataclass

from equipoise.conduct import Stage, diary_closed
from equipoise.conduct.context import local_date
from equipoise.ledger import Draft, canonical_text, utc_text
from equipoise.server import trial
from equipoise.server.accounts.models import DiaryLink
from equipoise.server.diary.drafts import forget_drafts
from equipoise.server.ledger import shards as states
from equipoise.server.sources import entropy, now
from equipoise.server.vault.seal import mac, mac_key
from equipoise.server.write import UnavailableError, record_access

__all__ = ["LONGEST", "Opened", "end_links", "find_link", "give_link", "link_digest", "links_of", "subject_of"]

LONGEST = dt.timedelta(days=400)
"""Longest time for which a link is given."""
PREFIX = "eqd_"


def give_link(subject: str, days: int, *, actor: str, role: str) -> tuple[str, DiaryLink]:
    """Make a link for a patient; earlier ones of the patient end. The secret cannot be read again.

    Parameters
    ----------
    subject
        The patient.
    days
        Days for which it opens the diary, at most those of ``LONGEST``.
    actor, role
        Who gives it.
    """
    end_links(subject, actor=actor, role=role)
    secret = PREFIX + base64.urlsafe_b64encode(entropy(32)).decode().rstrip("=")
    moment = now()
    expires = moment + min(dt.timedelta(days=days), LONGEST)
    row = DiaryLink(digest=_digest(secret), subject=subject, made=moment, expires=expires, by=actor)
    _note(subject, "given", row, actor=actor, role=role)
    row.save(force_insert=True)
    return secret, row


def end_links(subject: str, *, actor: str, role: str) -> int:
    """End every link of a patient; say how many there were."""
    rows = list(DiaryLink.objects.filter(subject=subject).order_by("digest"))
    for row in rows:
        _note(subject, "ended", row, actor=actor, role=role)
        row.delete()
    forget_drafts(subject)
    return len(rows)


def links_of(subject: str) -> list[DiaryLink]:
    """Links of a patient that have not expired, without their secrets."""
    return list(DiaryLink.objects.filter(subject=subject, expires__gt=now()).order_by("made", "digest"))


@dataclass(frozen=True, slots=True)
class Opened:
    """A link that has not ended."""

    subject: str
    open: bool
    """Whether it opens the diary; false once the diary is closed for good."""
    name: str
    """Name of the link, from which the secret cannot be guessed."""


def subject_of(secret: str) -> str | None:
    """Find whose diary a secret opens; nobody's where it is unknown, ended, or the diary is closed."""
    found = find_link(secret)
    return found.subject if found is not None and found.open else None


def find_link(secret: str) -> Opened | None:
    """Find the link of a secret; none where it is unknown, ended or expired."""
    if not secret.startswith(PREFIX) or trial.key() is None:
        return None
    row = DiaryLink.objects.filter(digest=_digest(secret)).first()
    if row is None or row.expires <= now():
        return None
    parts = states.load([f"subject:{row.subject}", "study"])
    subject = parts[f"subject:{row.subject}"].state
    site = states.load([f"site:{subject.site}"])[f"site:{subject.site}"].state
    today = local_date(utc_text(now()), site.time_zone)
    closed = parts["study"].state.stage is not Stage.RUNNING or diary_closed(subject, today)
    return Opened(str(row.subject), not closed, str(row.digest)[:16])


def link_digest(row: DiaryLink) -> str:
    """SHA-256 of the row of a link."""
    parts = [row.digest, row.subject, utc_text(row.made), utc_text(row.expires), row.by]
    return hashlib.sha256(canonical_text(parts).encode()).hexdigest()


def _digest(secret: str) -> str:
    key = trial.key()
    if key is None:
        raise UnavailableError(f"Links cannot be made: {trial.key_problem()}")
    return mac(mac_key(key), canonical_text(["diary", secret.encode("utf-8", "surrogatepass").hex()]))


def _note(subject: str, what: str, row: DiaryLink, *, actor: str, role: str) -> None:
    site = states.load([f"subject:{subject}"])[f"subject:{subject}"].state.site
    draft = Draft("diary_link_changed", {"what": what, "link": link_digest(row)}, site, subject)
    record_access(draft, actor=actor, role=role, request_id=f"link-{entropy(8).hex()}")
