"""Every role at every address, in an allowed and a forbidden state: refused changes nothing and leaks nothing."""

import json
from typing import Any

import pytest
from tests.conduct.made_up import CENTRAL, PEOPLE
from tests.server.server_trial import ServerTrial

from equipoise.conduct import ACTIONS, COMMANDS, Role
from equipoise.ledger import ACCESS
from equipoise.server.api.interface import api
from equipoise.server.ledger.store import read_events
from equipoise.server.sources import replaced

WHO = {role: f"{person}@01" for person, role in PEOPLE.items()} | {role: person for person, role in CENTRAL.items()}
WHO["administrator"] = "admin"
ROLES = sorted(WHO)
READS = {
    "subjects?{q}": "see_accrual",
    "subjects/{s}/records?{q}": "see_subject",
    "subjects/{s}/audit?{q}": "see_audit_trail",
    "subjects/{s}/eligibility?{q}": "see_subject",
    "subjects/{s}/central-answer?{q}": "see_central_answer",
    "sites?{q}": "see_accrual",
    "people?{q}": "see_people",
    "accrual?{q}": "see_accrual",
    "stock?{q}": "see_stock",
    "code-breaks?{q}": "see_code_breaks",
    "protocol?{q}": "see_accrual",
    "subjects/{s}?{q}": "see_subject",
    "subjects/{s}/due?{q}": "see_subject",
    "subjects/{s}/open-treatment?{q}": "see_open_treatment",
    "review-queue?{q}": "see_review_queue",
    "reader-agreement?{q}": "see_reader_agreement",
    "looks?{q}": "see_looks",
}
WORDS = ("pazopanib", "placebo", '"arm"', "receipt", "nonce", "prev_hash", "slot")


def query(role: str) -> str:
    site = "&site=01" if WHO[role].endswith("@01") else ""
    return f"role={role}{site}"


def body_of(command: str, role: str, trial: ServerTrial, **more: Any) -> dict[str, Any]:
    """A body that fits the interface, whatever it means."""
    from equipoise.server.api.payloads import command_model

    body: dict[str, Any] = {"request_id": f"matrix-{command}-{role}", "role": role, "reason": "a test", **more}
    if WHO[role].endswith("@01"):
        body["site"] = "01"
    values: dict[str, Any] = {}
    samples: dict[str, Any] = {
        "text": "x", "identifier": "x1", "date": trial.today, "partial_date": trial.today,
        "time": f"{trial.today}T09:00:00Z",
        "integer": 1, "decimal": "1", "boolean": False, "hash": "0" * 64, "texts": ["x"], "values": {}, "any": "x",
    }  # fmt: skip
    for field in COMMANDS[command].fields:
        if field.required:
            values[field.name] = _sample(field, samples)
    body["payload"] = values
    command_model(command)(**body)
    return body


def _sample(field: Any, samples: dict[str, Any]) -> Any:
    if field.type == "choice":
        return str(field.choices[0])
    if field.type == "records":
        return [{inner.name: _sample(inner, samples) for inner in field.fields if inner.required}] * (
            field.minimum or 1
        )
    return max(1, field.minimum or 1) if field.type == "integer" else samples[field.type]


@pytest.mark.parametrize("role", ROLES)
def test_reading_follows_the_table(trial: ServerTrial, role: str) -> None:
    before = trial.events()
    for address, action in READS.items():
        answer = trial.get(address.format(s="01-002", q=query(role)), WHO[role])
        allowed = Role(role) in ACTIONS[action].roles
        assert answer.status_code == (200 if allowed else 403), (address, answer.content)
        assert not any(word in answer.content.decode() for word in WORDS), address
        if not allowed:
            assert set(answer.json()) == {"type", "title", "status", "code", "detail", "remedy", "problems"}
    assert trial.events() == before


@pytest.mark.parametrize("role", ROLES)
def test_commands_that_the_table_refuses_change_nothing(trial: ServerTrial, role: str) -> None:
    """A role outside the table, whatever the state; the refusal is the same text for all and is recorded."""
    before = trial.events()
    for command in COMMANDS:
        if Role(role) in ACTIONS[command].roles:
            continue
        seen = sum(1 for _ in read_events(ACCESS))
        answer = trial.post(f"commands/{command}", WHO[role], body_of(command, role, trial, subject="01-002"))
        assert answer.status_code == 403, (command, answer.content)
        assert answer.json()["detail"] == "Your role may not do this."
        last = list(read_events(ACCESS))[seen:]
        assert [(e.kind, e.role, e.payload["command"]) for e in last if e.kind == "refused"] == [
            ("refused", role, command)
        ]
    assert trial.events() == before


@pytest.mark.parametrize("role", ["site_coordinator", "investigator", "pharmacist", "local_reader"])
def test_a_site_does_not_see_another(trial: ServerTrial, role: str) -> None:
    """The address of another site's patient, and of one who does not exist, answer alike."""
    who = WHO[role]
    for address in ("subjects/{s}/records?{q}", "subjects/{s}/audit?{q}", "subjects/{s}/central-answer?{q}"):
        if Role(role) not in ACTIONS[READS[address]].roles:
            continue
        theirs = trial.get(address.format(s="02-001", q=query(role)), who)
        nobody = trial.get(address.format(s="02-777", q=query(role)), who)
        assert theirs.status_code == nobody.status_code == 403
        assert theirs.content == nobody.content
        claimed = trial.get(address.format(s="02-001", q=f"role={role}&site=02"), who)
        assert claimed.status_code == 403
    listed = trial.get(f"subjects?{query(role)}", who)
    if listed.status_code == 200:
        assert {row["site"] for row in listed.json()} == {"01"}
    for command in COMMANDS:
        action = ACTIONS[command]
        if Role(role) in action.roles and action.subject:
            answer = trial.post(f"commands/{command}", who, body_of(command, role, trial, subject="02-001"))
            assert answer.status_code in (403, 422), (command, answer.content)


def test_a_role_that_is_not_held_is_refused(trial: ServerTrial) -> None:
    answer = trial.post("balance", "coordinator@01", {"role": "unblinded_statistician", "proof": trial.proof()})
    assert answer.status_code in (403,)
    assert answer.json()["code"] in ("role_not_held", "not_allowed", "proof_wrong")


def test_a_change_of_roles_takes_effect_at_once(trial: ServerTrial) -> None:
    assert trial.get(f"subjects/01-002/records?{query('monitor')}", "monitor").status_code == 200
    trial.do("revoke_role", "admin", {"person": "monitor", "role": "monitor"})
    answer = trial.get(f"subjects/01-002/records?{query('monitor')}", "monitor")
    assert answer.status_code == 403
    assert answer.json()["code"] == "role_not_held"


def test_the_balance_is_for_the_unblinded_statistician_with_a_second_factor(trial: ServerTrial) -> None:
    who = "unblinded_statistician"
    trial.account(who)
    without = trial.post("balance", who, {"role": who})
    assert (without.status_code, without.json()["code"]) == (403, "second_factor")
    answer = trial.post("balance", who, {"role": who, "proof": trial.proof()})
    assert answer.status_code == 200
    assert answer.json()["n"] == 4
    assert sum(sum(cohort["counts"].values()) for cohort in answer.json()["cohorts"]) == 4
    assert list(read_events(ACCESS))[-1].kind == "unblinded_read"
    for role in ROLES:
        if role != who:
            trial.account(WHO[role])
            refused = trial.post("balance", WHO[role], {"role": role, "proof": trial.proof()})
            assert refused.status_code == 403, role


def test_an_arm_is_read_only_after_unblinding_and_each_reading_is_recorded(trial: ServerTrial) -> None:
    ask = {"role": "investigator", "site": "01"}
    blinded = trial.post("subjects/01-002/arm", "investigator@01", ask)
    assert (blinded.status_code, blinded.json()["code"]) == (409, "not_unblinded")
    seen = sum(e.kind == "unblinded_read" for e in read_events(ACCESS))
    broken = trial.post("subjects/01-003/arm", "investigator@01", ask)
    assert broken.status_code == 200
    assert broken.json()["arm"] == trial.vault._arm("01-003")
    assert sum(e.kind == "unblinded_read" for e in read_events(ACCESS)) == seen + 1
    for role in ROLES:
        if role != "investigator":
            body = {"role": role} | ({"site": "01"} if WHO[role].endswith("@01") else {})
            assert trial.post("subjects/01-003/arm", WHO[role], body).status_code in (403, 409), role


def test_tokens_that_are_forged_replayed_or_over_are_not_taken(trial: ServerTrial) -> None:
    import datetime as dt

    from tests.server.server_trial import PASSWORD, SECRET

    from equipoise.server.accounts.proof import code_at

    token = trial.account("coordinator@01")
    for wrong in (token[:-1] + ("A" if token[-1] != "A" else "B"), "", "eq_", "x" * 5000, "\u00fc"):
        with replaced(trial.sources()):
            answer = trial.client.get("/api/me", headers={"authorization": f"Bearer {wrong}"})
        assert answer.status_code == 401
    trial.now += dt.timedelta(seconds=60)
    login = {"login": "coordinator@01", "password": PASSWORD, "code": code_at(SECRET, int(trial.now.timestamp()) // 30)}

    def come_in() -> Any:
        with replaced(trial.sources()):
            return trial.client.post("/api/token", json.dumps(login), content_type="application/json")

    first = come_in()
    assert first.status_code == 200
    assert come_in().status_code == 401, "a code is good once"
    headers = {"authorization": f"Bearer {first.json()['token']}"}
    with replaced(trial.sources()):
        assert trial.client.get("/api/me", headers=headers).status_code == 200
        assert trial.client.delete("/api/token", headers=headers).status_code == 204
        assert trial.client.get("/api/me", headers=headers).status_code == 401
    login["code"] = code_at(SECRET, int(trial.now.timestamp()) // 30 + 1)
    late = come_in()
    assert late.status_code == 200
    trial.now += dt.timedelta(hours=8, seconds=1)
    with replaced(trial.sources()):
        over = trial.client.get("/api/me", headers={"authorization": f"Bearer {late.json()['token']}"})
    assert over.status_code == 401


def test_five_failures_lock(trial: ServerTrial) -> None:
    from tests.server.server_trial import PASSWORD

    trial.account("coordinator@01")
    codes = []
    for _ in range(7):
        with replaced(trial.sources()):
            body = json.dumps({"login": "coordinator@01", "password": "wrong"})
            codes.append(trial.client.post("/api/token", body, content_type="application/json").status_code)
    assert codes[:4] == [401] * 4
    assert codes[-1] == 429
    with replaced(trial.sources()):
        body = json.dumps({"login": "coordinator@01", "password": PASSWORD, **trial.proof()})
        assert trial.client.post("/api/token", body, content_type="application/json").status_code == 429
    assert [e.payload["why"] for e in read_events(ACCESS) if e.kind == "login_refused"][-1] == "locked"


def test_every_address_is_tested_here() -> None:
    """An address that is added must be added to this matrix."""
    paths = set(api.get_openapi_schema()["paths"])
    read = {"/api/" + address.partition("?")[0].replace("{s}", "{subject}") for address in READS}
    commands = {f"/api/commands/{name}" for name in COMMANDS}
    others = {
        "/api/token", "/api/second-factor", "/api/second-factor/confirm", "/api/me", "/api/balance", "/api/accounts",
        "/api/accounts/{account}/password", "/api/accounts/{account}/close", "/api/subjects/{subject}/arm",
        "/api/depot/deliveries", "/api/depot/shipments", "/api/sdtm", "/api/subjects/{subject}/reading",
        "/api/subjects/{subject}/side-by-side", "/api/subjects/{subject}/diary", "/api/subjects/{subject}/diary-link",
        "/api/subjects/{subject}/diary-link/end", "/api/looks/{analysis}/{look}/open",
        "/api/looks/{analysis}/{look}/closed", "/api/looks/{analysis}/{look}/letters",
    }  # fmt: skip
    assert paths == read | commands | others
    assert set(COMMANDS) <= set(ACTIONS)
