"""Coming in: tokens replayed, forged, ended and expired; sessions of another site, expired or forged; lockout."""

import datetime as dt
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import django.utils.timezone
import pytest
from django.test import Client
from tests.server.server_trial import PASSWORD, SECRET, ServerTrial

from equipoise.ledger import ACCESS, TRIAL
from equipoise.server.accounts.models import Account, Token
from equipoise.server.accounts.proof import code_at
from equipoise.server.ledger.store import chain_end, read_events
from equipoise.server.sources import replaced

READ = "subjects?role=site_coordinator&site=01"


@contextmanager
def at(trial: ServerTrial) -> Iterator[None]:
    """Django's own clock at the trial's time."""

    class Clock(dt.datetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:
            return trial.now.astimezone(tz)

    with replaced(trial.sources()), patch.object(django.utils.timezone, "datetime", Clock):
        yield


def bearer(trial: ServerTrial, token: str, path: str = READ) -> Any:
    with at(trial):
        return trial.client.get(f"/api/{path}", headers={"authorization": f"Bearer {token}"})


def log_in(
    trial: ServerTrial, who: str, *, password: str = PASSWORD, code: str | None = None, ip: str = "10.0.0.1"
) -> Any:
    trial.now += dt.timedelta(seconds=31)
    body = {"login": who, "password": password, "code": code or code_at(SECRET, int(trial.now.timestamp()) // 30)}
    with at(trial):
        return trial.client.post("/api/token", json.dumps(body), content_type="application/json", REMOTE_ADDR=ip)


def session(trial: ServerTrial, who: str, *, csrf: bool = False) -> Client:
    trial.account(who)
    client = Client(headers={"host": "localhost"}, enforce_csrf_checks=csrf)
    with at(trial):
        account = Account.objects.get(id=who)
        client.force_login(account, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def test_a_good_token_opens(trial: ServerTrial) -> None:
    token = log_in(trial, "coordinator@01").json()["token"] if trial.account("coordinator@01") else ""
    assert bearer(trial, token).status_code == 200


def test_forged_tokens_are_all_answered_alike(trial: ServerTrial) -> None:
    token = trial.account("coordinator@01")
    digest = Token.objects.filter(account_id="coordinator@01").values_list("digest", flat=True)[0]
    forged = ["", "x", token[:-1], token[:-1] + ("A" if token[-1] != "A" else "B"), token.upper(), token + "=", digest,
              f"eq_{digest}", "eq_" + "A" * 43, "' OR 1=1 --", "\udcff", "e" * 100_000]  # fmt: skip
    answers = {bearer(trial, text.encode("utf-8", "surrogatepass").decode("latin-1")).content for text in forged}
    assert len(answers) == 1
    assert json.loads(answers.pop())["code"] == "not_logged_in"
    nobody = trial.client.get(f"/api/{READ}")
    assert nobody.status_code == 401
    assert nobody["WWW-Authenticate"] == "Bearer"


def test_an_ended_token_is_not_taken_again(trial: ServerTrial) -> None:
    token = trial.account("coordinator@01")
    with at(trial):
        ended = trial.client.delete("/api/token", headers={"authorization": f"Bearer {token}"})
    assert ended.status_code == 204
    assert bearer(trial, token).status_code == 401


def test_a_token_expires(trial: ServerTrial) -> None:
    trial.account("coordinator@01")
    token = log_in(trial, "coordinator@01").json()["token"]
    trial.now += dt.timedelta(hours=7, minutes=59)
    assert bearer(trial, token).status_code == 200
    trial.now += dt.timedelta(minutes=1)
    assert bearer(trial, token).status_code == 401


def test_a_code_is_taken_once(trial: ServerTrial) -> None:
    trial.account("coordinator@01")
    assert log_in(trial, "coordinator@01").status_code == 200
    code = code_at(SECRET, int(trial.now.timestamp()) // 30)
    trial.now -= dt.timedelta(seconds=31)
    assert log_in(trial, "coordinator@01", code=code).status_code == 401
    trial.now -= dt.timedelta(seconds=31)
    subject = trial.randomized("01")
    before = chain_end(TRIAL)
    body = {"request_id": "break-0001", "role": "investigator", "site": "01", "subject": subject, "reason": "crisis",
            "payload": {}, "proof": trial.proof()}  # fmt: skip
    assert trial.post("commands/break_code", "investigator@01", body).status_code == 200
    again = {**body, "request_id": "break-0002", "reason": "another"}
    refused = trial.post("commands/break_code", "investigator@01", again)
    assert (refused.status_code, refused.json()["code"]) == (403, "proof_wrong")
    assert chain_end(TRIAL).seq == before.seq + 1


@pytest.mark.parametrize(
    "proof", [None, {"password": "wrong", "code": "000000"}, {"password": PASSWORD, "code": "000000"}]
)
def test_no_unblinding_without_proof(trial: ServerTrial, proof: dict[str, str] | None) -> None:
    subject, before = trial.randomized("01"), chain_end(TRIAL)
    before = chain_end(TRIAL)
    body = {"request_id": "break-0001", "role": "investigator", "site": "01", "subject": subject, "reason": "crisis",
            "payload": {}, "proof": proof}  # fmt: skip
    refused = trial.post("commands/break_code", "investigator@01", body)
    assert refused.status_code == 403
    assert refused.json()["code"] in ("second_factor", "proof_wrong")
    assert chain_end(TRIAL) == before


def test_a_closed_account_and_a_new_password_end_tokens_and_sessions(trial: ServerTrial) -> None:
    for what, who in (("close", "coordinator@01"), ("password", "investigator@01")):
        token, browser = trial.account(who), session(trial, who)
        role = who.partition("@")[0].replace("coordinator", "site_coordinator")
        path = f"subjects?role={role}&site=01"
        assert bearer(trial, token, path).status_code == 200
        trial.account("admin")
        body = {"role": "administrator"} | ({"proof": trial.proof()} if what == "password" else {})
        with at(trial):
            answer = trial.post(f"accounts/{who}/{what}", "admin", body)
        assert answer.status_code in (200, 204), answer.content
        assert bearer(trial, token, path).status_code == 401
        with at(trial):
            assert browser.get(f"/api/{path}").status_code == 401


def test_a_revoked_role_ends_at_once(trial: ServerTrial) -> None:
    token = trial.account("coordinator@01")
    assert bearer(trial, token).status_code == 200
    payload = {"person": "coordinator@01", "role": "site_coordinator", "site": "01"}
    trial.do("revoke_role", "admin", payload)
    refused = bearer(trial, token)
    assert (refused.status_code, refused.json()["code"]) == (403, "role_not_held")


def test_a_session_of_another_site_reaches_nothing(trial: ServerTrial) -> None:
    subject, browser = trial.randomized("02"), session(trial, "coordinator@01")
    before = chain_end(TRIAL)
    answers = {}
    for site in ("01", "02"):
        for name in (subject, "02-999"):
            where = f"role=site_coordinator&site={site}"
            with at(trial):
                answer = browser.get(f"/api/subjects/{name}/records?{where}")
            assert answer.status_code == 403
            answers.setdefault(site, set()).add(answer.content)
            body = {"request_id": f"steal-{site}-{name}", "role": "site_coordinator", "site": site, "subject": name,
                    "payload": {"date": trial.today, "how": "visit", "status": "alive"}}  # fmt: skip
            with at(trial):
                wrote = browser.post("/api/commands/record_contact", json.dumps(body), content_type="application/json")
            assert wrote.status_code == 403
    assert all(len(found) == 1 for found in answers.values()), "whether there is such a patient does not show"
    assert chain_end(TRIAL) == before
    tried = [e for e in read_events(ACCESS) if e.kind == "refused" and e.actor == "coordinator@01"]
    assert {e.payload["code"] for e in tried} == {"other_site", "role_not_held"}


def test_a_session_expires_and_a_forged_one_is_none(trial: ServerTrial) -> None:
    browser = session(trial, "coordinator@01")
    with at(trial):
        assert browser.get(f"/api/{READ}").status_code == 200
    trial.now += dt.timedelta(hours=8, minutes=1)
    with at(trial):
        assert browser.get(f"/api/{READ}").status_code == 401
    browser.cookies["sessionid"] = "abcdefghijklmnopqrstuvwxyz012345"
    with at(trial):
        assert browser.get(f"/api/{READ}").status_code == 401


def test_a_session_writes_with_its_csrf_token_alone(trial: ServerTrial) -> None:
    subject, browser = trial.screened("01"), session(trial, "coordinator@01", csrf=True)
    before = chain_end(TRIAL)
    body = {"request_id": "forged-0001", "role": "site_coordinator", "site": "01", "subject": subject, "payload": {}}
    with at(trial):
        answer = browser.post("/api/commands/randomize", json.dumps(body), content_type="application/json")
    assert answer.status_code == 403
    assert chain_end(TRIAL) == before


def test_without_second_factor_a_session_sees_nothing(trial: ServerTrial) -> None:
    with at(trial):
        account = Account.objects.create_account("newcomer", "another long password")
        client = Client(headers={"host": "localhost"})
        client.force_login(account, backend="allauth.account.auth_backends.AuthenticationBackend")
        assert client.get("/api/me").status_code == 401
        assert client.get("/").status_code == 302


def test_five_failures_lock_for_a_quarter_of_an_hour(trial: ServerTrial) -> None:
    trial.account("coordinator@01")
    for _ in range(4):
        assert log_in(trial, "coordinator@01", password="wrong").status_code == 401  # noqa: S106 - wrong on purpose
    assert log_in(trial, "coordinator@01", code="000000").status_code in (401, 429)
    assert log_in(trial, "coordinator@01").status_code == 429
    assert log_in(trial, "coordinator@01", ip="10.9.9.9").status_code == 429, (
        "the account is locked, not the address alone"
    )
    trial.now += dt.timedelta(minutes=16)
    assert log_in(trial, "coordinator@01").status_code == 200
    why = [e.payload["why"] for e in read_events(ACCESS) if e.kind == "login_refused"]
    assert why.count("locked") >= 2


def test_an_unknown_login_is_answered_as_a_wrong_password(trial: ServerTrial) -> None:
    trial.account("coordinator@01")
    wrong = log_in(trial, "coordinator@01", password="wrong")  # noqa: S106 - as above
    nobody = log_in(trial, "nobody")
    assert (wrong.status_code, wrong.content) == (nobody.status_code, nobody.content)


@pytest.mark.parametrize(
    "extra",
    [{"actor": "investigator@01"}, {"second_factor": True}, {"at": "2020-01-01T00:00:00Z"}, {"account": "admin"}],
)
def test_nobody_says_who_they_are_in_the_body(trial: ServerTrial, extra: dict[str, Any]) -> None:
    subject = trial.randomized("01")
    before = chain_end(TRIAL)
    body = {"request_id": "break-0001", "role": "investigator", "site": "01", "subject": subject, "reason": "crisis",
            "payload": {}, **extra}  # fmt: skip
    assert trial.post("commands/break_code", "investigator@01", body).status_code == 422
    assert chain_end(TRIAL) == before


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(trial: ServerTrial) -> None:
    trial.account("coordinator@01")
    browser = Client(headers={"host": "localhost"})
    with at(trial):
        answer = browser.post("/account/login/", {"login": "coordinator@01", "password": PASSWORD})
        assert (answer.status_code, answer["Location"]) == (302, "/account/2fa/authenticate/")
        assert browser.get("/api/me").status_code == 401, "half way is not in"
    cookie = answer.cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Strict"


def test_a_retry_after_a_lost_answer_needs_no_fresh_code(trial: ServerTrial) -> None:
    """Nothing is done twice, so nothing is proved twice: a physician's second click locks nobody out."""
    subject = trial.randomized("01")
    trial.account("investigator@01")
    body = {"request_id": "break-0001", "role": "investigator", "site": "01", "subject": subject, "reason": "crisis",
            "payload": {}, "proof": trial.proof()}  # fmt: skip
    with at(trial):
        first = trial.post("commands/break_code", "investigator@01", body)
        before = chain_end(TRIAL)
        for _ in range(6):
            assert trial.post("commands/break_code", "investigator@01", body).json() == first.json() | {
                "repeated": True
            }
        another = trial.post("commands/break_code", "investigator@01", body | {"reason": "another"})
        fresh = trial.post("commands/break_code", "investigator@01", body | {"request_id": "break-0002"})
    assert another.json()["code"] == "request_reused"
    assert fresh.json()["code"] == "proof_wrong", "a code is good for one request"
    assert chain_end(TRIAL) == before


def test_guessing_a_signature_locks_the_account(trial: ServerTrial) -> None:
    """Who has stolen a token cannot try codes and passwords without end."""
    subject = trial.randomized("01")
    body = {"request_id": "break-0001", "role": "investigator", "site": "01", "subject": subject, "reason": "crisis",
            "payload": {}}  # fmt: skip
    before, codes = chain_end(TRIAL), []
    for _ in range(6):
        with at(trial):
            answer = trial.post(
                "commands/break_code", "investigator@01", {**body, "proof": {"password": PASSWORD, "code": "000000"}}
            )
        codes.append(answer.json()["code"])
    assert codes[:4] == ["proof_wrong"] * 4
    assert codes[5] == "locked"
    with at(trial):
        right = trial.post("commands/break_code", "investigator@01", {**body, "proof": trial.proof()})
    assert right.status_code == 429
    assert chain_end(TRIAL) == before
    assert log_in(trial, "investigator@01").status_code == 429


def test_failures_from_one_address_lock_no_other_account(trial: ServerTrial) -> None:
    """Behind a proxy all share one address: nobody may keep a physician from breaking a code."""
    for who in ("coordinator@01", "investigator@01"):
        trial.account(who)
    for _ in range(6):
        log_in(trial, "coordinator@01", password="wrong")  # noqa: S106 - wrong on purpose
    assert log_in(trial, "Coordinator@01 ").status_code == 429, "however it is spelled"
    assert log_in(trial, "investigator@01").status_code == 200
