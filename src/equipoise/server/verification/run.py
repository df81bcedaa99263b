"""Every check, one after the other."""

from equipoise.ledger import ACCESS, CHAINS, TRIAL, LedgerError, uncollected
from equipoise.ledger.head import Head, HeadFile, check_head, public_text
from equipoise.server import trial
from equipoise.server.agenda.lines import wrong_line as wrong_agenda
from equipoise.server.keys import TrialKey
from equipoise.server.ledger.models import Request
from equipoise.server.monitoring.reports import wrong_report
from equipoise.server.reading.queue import wrong_line
from equipoise.server.subjects.listing import row_values
from equipoise.server.subjects.models import SubjectRow
from equipoise.server.vault.seal import mac_key
from equipoise.server.verification.access import (
    AccessRead,
    read_access,
    wrong_account,
    wrong_link,
    wrong_token,
    wrong_wording,
)
from equipoise.server.verification.folding import Folded, fold_trial
from equipoise.server.verification.report import Report
from equipoise.server.verification.tables import missing_trigger, tables_said
from equipoise.server.verification.vault import check_vault
from equipoise.server.write import request_mac

__all__ = ["verify_trial"]


def verify_trial(public_key: str | None = None) -> Report:
    """Check the whole record of the trial that is served.

    Parameters
    ----------
    public_key
        Public key noted when the trial began; without it, and without the key, heads are checked with the key that the
        record names.
    """
    with uncollected():
        return _verified(public_key)


def _verified(public_key: str | None) -> Report:
    report = Report()
    heads = _heads(report)
    folded = fold_trial({heads[TRIAL].seq} if TRIAL in heads else set())
    access = read_access({heads[ACCESS].seq} if ACCESS in heads else set())
    chains = _check_chains(report, folded, access)
    if not chains:
        return report
    _check_heads(report, heads, folded, access, public_key)
    check_vault(report, folded, access)
    report.check("requests", lambda: _wrong_request(folded, trial.key()), f"{len(folded.requests)} as recorded")
    report.add("checkpoints", folded.checkpoint, f"{folded.kept} checkpoints are what the events give")
    report.check("list of patients", lambda: _wrong_row(folded), f"{len(folded.rows)} lines, rebuilt and compared")
    report.check("agenda", lambda: wrong_agenda(folded.shards, folded.last), "what is due, rebuilt and compared")
    subjects = {name[8:]: shard for name, shard in folded.shards.items() if name.startswith("subject:")}
    report.check("reads to be made", lambda: wrong_line(subjects), "rebuilt and compared")
    report.check("reports of interim looks", wrong_report, "kept as recorded")
    report.check("accounts", lambda: wrong_account(access), f"{len(access.accounts)} accounts as recorded")
    report.check("tokens", lambda: wrong_token(access), "tokens as given out")
    report.check("diary links", lambda: wrong_link(access), "links as given")
    report.check("wordings of questionnaires", lambda: wrong_wording(access), "wordings as loaded")
    report.check("triggers", missing_trigger, "the database refuses to change the record")
    report.add("tables", None, tables_said())
    return report


def _heads(report: Report) -> dict[str, Head]:
    try:
        return dict(HeadFile(trial.place().head_file).read())
    except LedgerError as error:
        report.add("head file", str(error), "")
        return {}


def _check_chains(report: Report, folded: Folded, access: AccessRead) -> bool:
    wrong = None if folded.fault is None else str(folded.fault)
    first = report.add("trial chain", wrong, f"{folded.end.seq} events, hash {folded.end.hash[:16]}...")
    wrong = None if access.fault is None else str(access.fault)
    if wrong is None and folded.end.seq and not access.end.seq:
        wrong = "access chain, event 1: missing"
    elif wrong is None and first and access.trial_hash != folded.first.hash:
        wrong = "access chain, event 1: belongs to another trial chain"
    second = report.add("access chain", wrong, f"{access.end.seq} events, hash {access.end.hash[:16]}...")
    return first and second


def _check_heads(
    report: Report, heads: dict[str, Head], folded: Folded, access: AccessRead, public_key: str | None
) -> None:
    wrong = _wrong_public_key(access, public_key)
    if wrong is not None:
        report.add("public key", wrong, "")
        return
    ends = {TRIAL: folded.end, ACCESS: access.end}
    hashes = {TRIAL: folded.hashes, ACCESS: access.hashes}
    for chain in CHAINS:
        head, end = heads.get(chain), ends[chain]
        if head is None:
            missing = f"{trial.place().head_file}: no head of the {chain} chain: a tail that was cut off would not show"
            report.add(f"{chain} head", missing, "")
            continue
        wrong = None
        if not any(check_head(head, key) for key in access.public_keys):
            wrong = "is not signed with the key of this trial"
        elif head.seq > end.seq:
            wrong = f"the head stands at event {head.seq}; the chain ends at {end.seq}: event {end.seq + 1} is missing"
        elif hashes[chain].get(head.seq) != head.hash:
            wrong = f"event {head.seq} is not the one of the signed head"
        report.add(f"{chain} head", wrong, f"signed at event {head.seq}; {end.seq - head.seq} events lie beyond it")


def _wrong_public_key(access: AccessRead, public_key: str | None) -> str | None:
    if public_key is not None and public_key.lower() not in access.public_keys:
        return f"the record does not name the public key {public_key[:16]}...: access chain, event 1 is another"
    key = trial.key()
    if key is not None and access.public_keys[-1] != public_text(key.sign):
        return f"the record names another key than {key.id}: the key file is of another trial or was replaced"
    return None


def _wrong_request(folded: Folded, key: TrialKey | None) -> str | None:
    secret = None if key is None else mac_key(key)
    left = dict(folded.requests)
    wrong: list[str] = []
    rows = Request.objects.values_list("request_id", "actor", "command", "first_seq", "last_seq", "mac")
    for name, actor, command, first, last, mac in rows.iterator(chunk_size=10_000):
        said = left.pop(name, None)
        if said is None:
            wrong.append(f"request {name}: has no event")
        elif (actor, first, last) != said:
            wrong.append(f"request {name}: is not as recorded")
        elif secret is not None and mac != request_mac(secret, name, actor, command, first, last):
            wrong.append(f"request {name}: was changed")
    wrong += [f"request {name}: is missing" for name in left]
    return min(wrong, default=None)


def _wrong_row(folded: Folded) -> str | None:
    rows = {row.subject: row for row in SubjectRow.objects.iterator()}
    for name in sorted(rows.keys() | folded.rows.keys()):
        row, built = rows.get(name), folded.rows.get(name)
        if row is None or built is None or row_values(row) != row_values(built):
            return f"patient {name}: the line in the list is not what the events give"
    return None
