"""Who gives somebody a new password could act in that name: the person and those who watch are told."""

import pytest
from tests.server.pages_client import Visitor
from tests.server.server_trial import ServerTrial

from equipoise.server.sources import replaced

ALARM = "Your password and second factor were reset"


def test_a_reset_is_shown_to_the_person_and_to_who_watches(trial: ServerTrial) -> None:
    from equipoise.server.accounts.making import reset_account
    from equipoise.server.accounts.models import Account

    watching = [Visitor(trial, who) for who in ("auditor", "monitor", "admin")]
    trial.account("investigator@01")
    for each in watching:
        assert "No account was given a new password by somebody else." in each.text("")
    with replaced(trial.sources()):
        account = Account.objects.get(id="investigator@01")
        reset_account(account, actor="admin", role="administrator")
    line = "investigator@01: new password, second factor ended, by admin, 1 Apr 2024"
    for each in watching:
        page = each.text("")
        assert line in page
        assert ALARM not in page
    assert "Password and second factor reset, 1 Apr 2024" in watching[0].text("people/investigator@01/")
    assert "Account made" in watching[0].text("people/investigator@01/")
    trial.tokens.clear()
    from tests.server.server_trial import SECRET

    from equipoise.server.accounts.proof import confirm_second_factor

    with replaced(trial.sources()):
        assert confirm_second_factor(account, SECRET, trial.proof()["code"])
    person = Visitor(trial, "investigator@01")
    assert ALARM in person.text("")
    assert "By admin, 1 Apr 2024" in person.text("")
    assert ALARM not in Visitor(trial, "coordinator@01").text("")
    trial.wait(31)
    assert ALARM not in person.text("")
    assert line not in watching[0].text("")


@pytest.mark.parametrize("wrong", ["nothing", "password", "used code"])
def test_nobody_is_reset_without_password_and_code_of_who_does_it(trial: ServerTrial, wrong: str) -> None:
    """A desk that was left open is not enough."""
    from equipoise.server.accounts.models import Account

    trial.account("investigator@01")
    admin = Visitor(trial, "admin")
    right = admin.proof()
    if wrong == "used code":
        assert admin.post("people/investigator@01/account/", {"do": "password", **right}).status_code == 200
    before = Account.objects.get(id="investigator@01").password
    bad = {"nothing": {}, "password": {**right, "proof.password": "guessed"}, "used code": right}[wrong]
    refused = admin.post("people/investigator@01/account/", {"do": "password", **bad})
    assert refused.status_code == 422
    assert "Sign with password and second factor" in refused.content.decode()
    body = {"role": "administrator"}
    if bad:
        body["proof"] = {"password": bad["proof.password"], "code": bad["proof.code"]}  # type: ignore[assignment]
    asked = trial.post("accounts/investigator@01/password", "admin", body)
    assert asked.status_code == 403
    assert asked.json()["code"] == ("proof_wrong" if bad else "second_factor")
    assert Account.objects.get(id="investigator@01").password == before


def test_letters_of_a_pattern_find_no_other_account(trial: ServerTrial) -> None:
    from equipoise.server.accounts.changes import changes_of

    trial.account("investigator@01")
    with replaced(trial.sources()):
        assert [change.what for change in changes_of("investigator@01")] == ["made"]
        for name in ("investigator%", "investigator_01", "%", "\\", '"'):
            assert changes_of(name) == []
