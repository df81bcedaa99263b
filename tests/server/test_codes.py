"""Codes of the second factor on pages: good once at any door, counted when wrong, none while the account is locked."""

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.conf import settings
from django.test import Client, override_settings
from tests.server.server_trial import PASSWORD, SECRET, ServerTrial
from tests.server.test_access import at, log_in

from equipoise.ledger import ACCESS
from equipoise.server.accounts.models import Account
from equipoise.server.accounts.proof import code_at
from equipoise.server.ledger.store import read_events
from equipoise.server.sources import replaced

WHO = "coordinator@01"


def half_way(trial: ServerTrial) -> Client:
    """A browser that has given the password and not yet the code."""
    trial.account(WHO)
    browser = Client(headers={"host": "localhost"})
    with at(trial):
        answer = browser.post("/account/login/", {"login": WHO, "password": PASSWORD})
    assert answer["Location"] == "/account/2fa/authenticate/"
    return browser


def give(trial: ServerTrial, browser: Client, code: str) -> Any:
    with at(trial):
        return browser.post("/account/2fa/authenticate/", {"code": code})


def inside(trial: ServerTrial, browser: Client) -> bool:
    with at(trial):
        return bool(browser.get("/api/me").status_code == 200)


def test_a_code_of_a_page_is_good_once_at_every_door(trial: ServerTrial) -> None:
    browser, again = half_way(trial), half_way(trial)
    code = trial.proof()["code"]
    assert give(trial, browser, code).status_code == 302
    assert inside(trial, browser)
    assert give(trial, again, code).status_code == 200, "the same code in another browser"
    assert not inside(trial, again)
    body = {"login": WHO, "password": PASSWORD, "code": code}
    with at(trial):
        assert trial.client.post("/api/token", body, content_type="application/json").status_code == 401


def test_a_code_of_the_interface_is_not_taken_by_a_page(trial: ServerTrial) -> None:
    browser = half_way(trial)
    assert log_in(trial, WHO, code=(code := code_at_next(trial))).status_code == 200
    assert give(trial, browser, code).status_code == 200
    assert not inside(trial, browser)


def code_at_next(trial: ServerTrial) -> str:
    """The code that is shown when `log_in` has moved the clock."""
    return code_at(SECRET, int(trial.now.timestamp() + 31) // 30)


def test_wrong_codes_are_recorded_and_lock_the_account(trial: ServerTrial) -> None:
    browser = half_way(trial)
    answers = [give(trial, browser, "000000").status_code for _ in range(5)]
    assert answers[:4] == [200] * 4
    assert answers[4] == 429
    why = [e.payload["why"] for e in read_events(ACCESS) if e.kind == "login_refused" and e.actor == WHO]
    assert why == ["wrong"] * 5
    assert give(trial, browser, trial.proof()["code"]).status_code in (200, 302, 429)
    assert not inside(trial, browser), "the right code does not help while the account is locked"
    assert log_in(trial, WHO).status_code == 429


def test_a_recovery_code_is_good_once(trial: ServerTrial) -> None:
    browser, again = half_way(trial), half_way(trial)
    code = RecoveryCodes.activate(Account.objects.get(id=WHO)).generate_codes()[0]
    assert give(trial, browser, code).status_code == 302
    assert inside(trial, browser)
    give(trial, again, code)
    assert not inside(trial, again)


@pytest.mark.parametrize("kind", ["totp", "recovery_codes"])
def test_a_secret_that_does_not_open_lets_nobody_in(trial: ServerTrial, kind: str) -> None:
    """The secret of the data folder was lost: codes made from an empty secret are known to everybody."""
    trial.account(WHO)
    RecoveryCodes.activate(Account.objects.get(id=WHO))
    with override_settings(SECRET_KEY="another" + settings.SECRET_KEY):
        browser = half_way(trial)
        row = Authenticator.objects.get(user_id=WHO, type=kind)
        empty = code_at("", int(trial.now.timestamp()) // 30) if kind == "totp" else row.wrap().generate_codes()[0]
        give(trial, browser, empty)
        assert not inside(trial, browser)


def test_recovery_codes_that_were_looked_at_are_as_recorded(trial: ServerTrial) -> None:
    """When they were looked at is kept beside them, as a floating point number: it is no part of the record."""
    from equipoise.server.accounts.making import reset_account
    from equipoise.server.accounts.record import note_account
    from equipoise.server.verification.run import verify_trial

    trial.account("coordinator@01")
    account = Account.objects.get(id="coordinator@01")
    with replaced(trial.sources()):
        codes = RecoveryCodes.activate(account)
        note_account(account, "recovery codes made", actor=account.id, role="")
        codes.mark_as_viewed()
    assert codes.instance.data["viewed_at"] > 0
    trial.heads()
    report = verify_trial()
    assert report.intact, report.first
    codes.instance.data["seed"] = "00"
    codes.instance.save()
    assert "accounts" in str(verify_trial().first)
    with replaced(trial.sources()):
        reset_account(account, actor="admin", role="administrator")
    trial.heads()
    assert verify_trial().intact
