"""The permission matrix over HTTP: every role at every address, where it may and where it may not.

Refused means: the trial chain has not moved, the attempt stands in the access chain, and the answer is the same
whatever there is to know.
"""

import json
from typing import Any

import pytest
from django.test import Client
from tests.conduct.made_up import CENTRAL, PEOPLE
from tests.server.noninterference.observe import operations, sample, schema
from tests.server.server_trial import ServerTrial

from equipoise.conduct import ACTIONS, COMMANDS, Role, Stage
from equipoise.conduct.roles import SITE_ROLES
from equipoise.ledger import ACCESS, TRIAL
from equipoise.server.ledger.store import chain_end, read_events
from equipoise.server.pages.table import PAGES
from equipoise.server.vault.models import Allocation

RIGHTS = {"not_allowed", "role_not_held", "other_site", "other_subject", "not_now"}
ACTION = {
    ("get", "/api/subjects"): "see_accrual",
    ("get", "/api/subjects/{subject}/records"): "see_subject",
    ("get", "/api/subjects/{subject}/audit"): "see_audit_trail",
    ("get", "/api/subjects/{subject}/eligibility"): "see_subject",
    ("get", "/api/subjects/{subject}/central-answer"): "see_central_answer",
    ("get", "/api/sites"): "see_accrual",
    ("get", "/api/people"): "see_people",
    ("get", "/api/accrual"): "see_accrual",
    ("get", "/api/stock"): "see_stock",
    ("get", "/api/code-breaks"): "see_code_breaks",
    ("get", "/api/protocol"): "see_accrual",
    ("get", "/api/sdtm"): "export_blinded_sdtm",
    ("post", "/api/sdtm"): "export_unblinded_sdtm",
    ("post", "/api/subjects/{subject}/arm"): "see_arm",
    ("post", "/api/balance"): "see_balance",
    ("post", "/api/depot/deliveries"): "stock_depot",
    ("post", "/api/depot/shipments"): "stock_depot",
    ("post", "/api/accounts"): "manage_accounts",
    ("post", "/api/accounts/{account}/password"): "reset_account",
    ("post", "/api/accounts/{account}/close"): "manage_accounts",
    ("get", "/api/subjects/{subject}"): "see_subject",
    ("get", "/api/subjects/{subject}/due"): "see_subject",
    ("get", "/api/subjects/{subject}/open-treatment"): "see_open_treatment",
    ("get", "/api/subjects/{subject}/reading"): "see_scans_to_read",
    ("get", "/api/subjects/{subject}/side-by-side"): "see_reads_side_by_side",
    ("get", "/api/subjects/{subject}/diary"): "see_own_diary",
    ("get", "/api/subjects/{subject}/diary-link"): "give_diary_link",
    ("post", "/api/subjects/{subject}/diary-link"): "give_diary_link",
    ("post", "/api/subjects/{subject}/diary-link/end"): "give_diary_link",
    ("get", "/api/review-queue"): "see_review_queue",
    ("get", "/api/reader-agreement"): "see_reader_agreement",
    ("get", "/api/looks"): "see_looks",
    ("get", "/api/looks/{analysis}/{look}/open"): "see_looks",
    ("post", "/api/looks/{analysis}/{look}/closed"): "see_closed_report",
    ("post", "/api/looks/{analysis}/{look}/letters"): "see_closed_report",
}
"""Address -> the row of the table of rights that it must ask, written out here by hand."""
OWN = {("get", "/api/me"), ("post", "/api/token"), ("delete", "/api/token"), ("post", "/api/second-factor"),
       ("post", "/api/second-factor/confirm")}  # fmt: skip
"""Addresses of everybody: they tell and change what is one's own."""
TELLING = ("pazopanib", "placebo", "Pazopanib", "Placebo")


def action_of(method: str, path: str, role: Role) -> str:
    if "/commands/" in path:
        return path.rpartition("/")[2]
    found = ACTION[method, path]
    if found == "see_closed_report" and role in ACTIONS["see_closed_report_after_lock"].roles:
        return "see_closed_report_after_lock"
    return "see_arm_for_safety" if found == "see_arm" and role is Role.SAFETY_OFFICE else found


def who_is(role: Role, subject: str) -> str:
    if role is Role.PATIENT:
        return subject
    local = next((f"{name}@01" for name, held in PEOPLE.items() if held == role), None)
    return local or next((name for name, held in CENTRAL.items() if held == role), "admin")


def ask(trial: ServerTrial, method: str, path: str, role: Role, subject: str) -> Any:
    site = "01" if role in SITE_ROLES else None
    full = path.replace("{subject}", subject).replace("{account}", "nobody")
    full = full.replace("{analysis}", "primary").replace("{look}", "1")
    who = who_is(role, "01-002")
    headers = {"authorization": f"Bearer {trial.account(who)}"}
    if method == "get":
        return trial.client.get(full, {"role": str(role), **({"site": site} if site else {})}, headers=headers)
    trial.requests += 1
    described = schema()["paths"][path][method]["requestBody"]["content"]["application/json"]["schema"]
    body: dict[str, Any] = sample(described)
    body |= {"role": str(role)} | ({"site": site} if site and not path.startswith("/api/accounts") else {})
    if "/commands/" in path:
        body |= {"reason": "asked by a test", "request_id": f"matrix-{trial.requests:08d}"}
        body |= {"subject": subject} if ACTIONS[path.rpartition("/")[2]].subject else {}
    return trial.client.post(full, json.dumps(body), content_type="application/json", headers=headers)


@pytest.mark.parametrize("role", list(Role))
def test_every_role_at_every_address(trial: ServerTrial, role: Role, full: bool) -> None:
    """With an own patient in treatment, a patient of the other site, and one who does not exist."""
    trial.client = Client(headers={"host": "localhost"}, raise_request_exception=False)
    trial.account(who_is(role, "01-002"))
    states = {"01-002": True, "02-001": role not in SITE_ROLES and role is not Role.PATIENT, "01-999": False}
    cells, refusals = 0, set()
    for number, (method, path) in enumerate(operations()):
        if (method, path) in OWN:
            continue
        row = ACTIONS[action_of(method, path, role)]
        for subject, own in states.items():
            if not full and role not in row.roles and (number + cells) % 4:
                continue
            cells += 1
            study, stage = _stages(trial, subject)
            if subject == "01-999" and row.subject:
                allowed = False
            else:
                allowed = row.allows(role, stage if row.subject else study, own=own or not row.subject)
            before, tried = chain_end(TRIAL), chain_end(ACCESS)
            answer = ask(trial, method, path, role, subject)
            assert answer.status_code < 500, (path, answer.content)
            code = _code(answer)
            unknown = code in ("subject_unknown", "other_site") and subject == "01-999"
            assert (code in RIGHTS or unknown) is not allowed, (method, path, role, subject, stage, code)
            assert not any(word in answer.content.decode("latin-1") for word in TELLING)
            if code is not None:
                assert chain_end(TRIAL) == before, (path, role, subject)
            if not allowed:
                refusals.add((path, code, answer.content.replace(subject.encode(), b"")))
                assert chain_end(ACCESS).seq == tried.seq + 1
                last = next(read_events(ACCESS, "seq = %s", [tried.seq + 1]))
                assert (last.kind, last.role, last.payload["code"]) == ("refused", str(role), code)
    assert cells > (100 if full else 30)
    texts = {content for _, code, content in refusals if code in ("not_allowed", "other_site", "role_not_held")}
    assert len(texts) <= 3, "what is refused to a role is refused in the same words, whatever there is"


def _code(answer: Any) -> str | None:
    """Code of a refusal; a person named in a command who does not hold a role is no matter of rights."""
    if answer.status_code < 400:
        return None
    said = json.loads(answer.content)
    named = said["code"] == "role_not_held" and not said["detail"].startswith("You do not hold this role")
    return "person_named" if named else str(said["code"])


def _stages(trial: ServerTrial, subject: str) -> tuple[Stage, Stage]:
    state = trial.state
    return state.study.stage, state.subjects[subject].stage


def test_every_address_asks_the_table_of_rights() -> None:
    commands = {("post", f"/api/commands/{name}") for name, row in ACTIONS.items() if not row.reads and not row.access}
    assert set(operations()) == commands | set(ACTION) | OWN


def test_every_right_has_an_address() -> None:
    pages = {page.right for page in PAGES if page.right is not None}
    asked = {*ACTION.values(), *pages, "see_arm_for_safety", "see_closed_report_after_lock"} - set(COMMANDS)
    assert asked == {name for name, row in ACTIONS.items() if row.reads or row.access}


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.PATIENT])
def test_a_role_that_is_not_held_opens_nothing(trial: ServerTrial, role: Role) -> None:
    """Somebody with an account and no role, and somebody who names another's role."""
    before = chain_end(TRIAL)
    for who in ("stranger", "monitor" if role is not Role.MONITOR else "auditor"):
        for path in ("subjects", "people", "accrual", "stock", "code-breaks", "sdtm", "subjects/01-002/records"):
            answer = trial.get(f"{path}?role={role}&site=01", who)
            assert answer.status_code == 403, (path, role)
            assert answer.json()["code"] in ("not_allowed", "role_not_held")
        body = {"request_id": f"stranger-{who}", "role": str(role), "site": "01", "subject": "01-001", "payload": {}}
        assert trial.post("commands/randomize", who, body).status_code == 403
    assert chain_end(TRIAL) == before
    assert not Allocation.objects.filter(subject="01-001").exists()
