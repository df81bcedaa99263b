"""Who came in, who saw what, who was refused: the access chain."""

from equipoise.ledger.event import ACCESS
from equipoise.ledger.kind import Kind, register

__all__: list[str] = []

register(
    Kind(
        name="access_opened",
        noun="access",
        scope="trial",
        chain=ACCESS,
        fields={"trial_hash": "hash", "public_key": "text", "seal": "hash"},
        text="The access chain begins: hash of the first trial event, public key of heads, digest of the vault's seal.",
    ),
    Kind(
        name="logged_in",
        noun="access",
        scope="trial",
        chain=ACCESS,
        fields={"account": "text", "origin": "text?", "means": "text", "digest": "hash?"},
        text="Somebody proved who they are and has a session, or a token whose row has this digest.",
    ),
    Kind(
        name="login_refused",
        noun="access",
        scope="trial",
        chain=ACCESS,
        fields={"account": "text?", "origin": "text?", "why": "text"},
        text="A login failed; the account is named where it exists.",
    ),
    Kind(
        name="logged_out",
        noun="access",
        scope="trial",
        chain=ACCESS,
        fields={"account": "text"},
        text="A session ended.",
    ),
    Kind(
        name="unblinded_read",
        noun="access",
        scope="trial",
        chain=ACCESS,
        fields={"what": "text", "grant": "text?"},
        text="Somebody read what is blinded for others; what was read is not repeated.",
    ),
    Kind(
        name="kits_made",
        noun="depot",
        scope="trial",
        chain=ACCESS,
        fields={"lot": "text", "kits": "integer", "digest": "hash"},
        text="Kits were made and sealed in the vault; the digest is that of their rows.",
    ),
    Kind(
        name="kits_sent",
        noun="depot",
        scope="trial",
        chain=ACCESS,
        fields={"lot": "text", "to": "text", "kits": "list"},
        text="Kits were sent to a site.",
    ),
    Kind(
        name="refused",
        noun="access",
        scope="trial",
        chain=ACCESS,
        fields={"command": "text", "code": "text", "detail": "text?"},
        text="Somebody tried what they may not, or what is not possible now.",
    ),
    Kind(
        name="key_announced",
        noun="key",
        scope="trial",
        chain=ACCESS,
        fields={"public_key": "text", "proof": "text", "seal": "hash"},
        text="Heads are signed with another key from now on; the old key has signed the new public key.",
    ),
    Kind(
        name="restored_record_continued",
        noun="key",
        scope="trial",
        chain=ACCESS,
        fields={"made": "text", "known": "integer?", "have": "integer?"},
        text="A restored record goes on: moment of the backup; trial events at the signed heads before it, and in it.",
    ),
    Kind(
        name="access_changed",
        noun="access",
        scope="trial",
        chain=ACCESS,
        fields={"account": "text", "what": "text", "digest": "hash?"},
        text="An account, its password, second factor or tokens changed; the digest is that of its row from now on.",
    ),
    Kind(
        name="diary_link_changed",
        noun="access",
        chain=ACCESS,
        fields={"what": "text", "link": "hash"},
        text="A patient was given a personal link to the own diary, or it ended; the hash is that of its row.",
    ),
    Kind(
        name="wording_changed",
        noun="access",
        scope="trial",
        chain=ACCESS,
        fields={"what": "text", "instrument": "text", "wording": "hash"},
        text="The wording of a questionnaire was loaded for a site, or for all, or was deleted; the hash is its row's.",
    ),
)
